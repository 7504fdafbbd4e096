//! Whether a stream can be written to without being stopped for it.

use std::io::{self, Write};

/// Whether a write stops nobody. With `stty tostop` one from a background group would stop the process, and one that
/// refuses to be stopped would be tried for ever.
#[cfg(unix)]
pub fn may_be_written(stream: impl std::os::fd::AsFd) -> bool {
    use rustix::termios::{LocalModes, tcgetattr, tcgetpgrp};
    match tcgetpgrp(&stream) {
        Ok(group) if group != rustix::process::getpgrp() => {
            tcgetattr(&stream).is_ok_and(|modes| !modes.local_modes.contains(LocalModes::TOSTOP))
        }
        // In the foreground; or no terminal, or not the one that job control reaches us from.
        Ok(_) | Err(_) => true,
    }
}

/// There is no job control.
#[cfg(not(unix))]
pub fn may_be_written<S>(_: S) -> bool {
    true
}

/// Stderr; what it may not take is left out.
pub(super) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if may_be_written(io::stderr()) { io::stderr().write(line) } else { Ok(line.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
