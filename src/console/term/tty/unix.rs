//! The terminal on Unix.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios};

use super::Room;
use crate::console::app::model::Size;

/// The terminal behind stdout, by a descriptor of our own: no lock of the standard library is held while a write blocks.
#[derive(Debug)]
pub struct Tty(File);

/// How the terminal treats what is typed and written: all of its settings, to be put back as they were.
#[derive(Clone, Debug)]
pub struct Modes(Termios);

impl Tty {
    /// Whether both stdin and stdout are a terminal.
    pub fn is_there() -> bool {
        rustix::termios::isatty(io::stdin()) && rustix::termios::isatty(io::stdout())
    }

    /// The terminal behind stdout.
    pub fn of_stdout() -> io::Result<Self> {
        Ok(Self::over(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
    }

    /// The terminal behind an open file.
    pub fn over(file: File) -> Self {
        Self(file)
    }

    /// How large it is; 80 × 24 if it does not know.
    pub fn size(&self) -> io::Result<Size> {
        let size = rustix::termios::tcgetwinsize(&self.0)?;
        if size.ws_col == 0 || size.ws_row == 0 {
            return Ok(Size::default());
        }
        Ok(Size { width: size.ws_col, height: size.ws_row })
    }

    /// Its settings.
    pub fn modes(&self) -> io::Result<Modes> {
        Ok(Modes(rustix::termios::tcgetattr(&self.0)?))
    }

    /// Puts settings in place at once, without waiting for anything to be read or written.
    pub fn set_modes(&self, modes: &Modes) -> io::Result<()> {
        Ok(rustix::termios::tcsetattr(&self.0, OptionalActions::Now, &modes.0)?)
    }

    /// Whether it still hands over each key as it is typed; a shell that had it in between has changed that.
    pub fn is_raw(&self) -> bool {
        self.modes().is_ok_and(|modes| !modes.0.local_modes.contains(LocalModes::ICANON))
    }

    /// Whether changing its settings stops nobody: from a background group the kernel would stop the whole process.
    pub fn is_ours(&self) -> bool {
        match rustix::termios::tcgetpgrp(&self.0) {
            Ok(group) => group == rustix::process::getpgrp(),
            // Not our controlling terminal, so that job control does not reach us from it; or it is gone.
            Err(_) => true,
        }
    }

    /// Whether writing to it stops nobody: with `stty tostop`, writing from the background does.
    pub fn may_be_written(&self) -> bool {
        self.is_ours() || self.modes().is_ok_and(|modes| !modes.0.local_modes.contains(LocalModes::TOSTOP))
    }

    /// Writes all of it; blocks for as long as nobody reads at the other end.
    pub fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match (&self.0).write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Somebody who shares this terminal has set it to non-blocking; ours to wait, not theirs to undo.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(PollFlags::OUT, None)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes for as long as there is room, and waits for room no longer than `within` in all.
    pub fn write_with_room(&self, bytes: &[u8], within: Duration) -> Room {
        let deadline = Instant::now() + within;
        // One byte at a time: room for one is all that `poll` promises, and a longer write could block.
        for byte in bytes.chunks(1) {
            match self.wait(PollFlags::OUT, Some(deadline)) {
                Ok(found) if found.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => return Room::Gone,
                Ok(found) if found.contains(PollFlags::OUT) => {}
                Ok(_) | Err(_) => return Room::None,
            }
            if self.write_all(byte).is_err() {
                return Room::Gone;
            }
        }
        Room::Enough
    }

    /// Whether a write would be taken at once.
    #[cfg(test)]
    pub fn has_room(&self) -> bool {
        self.wait(PollFlags::OUT, Some(Instant::now())).is_ok_and(|found| found.contains(PollFlags::OUT))
    }

    /// Blocks until the terminal hangs up. `false` if this cannot be watched on this terminal.
    pub fn hung_up(&self) -> bool {
        // No event is asked for: a hang-up and an error are always told.
        self.wait(PollFlags::empty(), None).is_ok_and(|found| found.intersects(PollFlags::HUP | PollFlags::ERR))
    }

    /// What `poll` finds; nothing if the deadline came first.
    fn wait(&self, wanted: PollFlags, deadline: Option<Instant>) -> io::Result<PollFlags> {
        loop {
            let mut watched = [PollFd::new(&self.0, wanted)];
            let left = deadline.map(|at| timespec(at.saturating_duration_since(Instant::now())));
            match poll(&mut watched, left.as_ref()) {
                Ok(_) => return Ok(watched[0].revents()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Modes {
    /// The same terminal, handing over each key as it is typed.
    #[must_use]
    pub fn raw(&self) -> Self {
        let mut raw = self.0.clone();
        raw.make_raw();
        Self(raw)
    }
}

/// Puts stdin on a pipe into which nobody ever writes, so that who reads it sleeps for ever.
///
/// After a hang-up each read of the terminal returns at once, and the reader of keys would spin on it.
pub(in crate::console::term) fn silence_stdin() -> io::Result<()> {
    let (reader, writer) = io::pipe()?;
    rustix::stdio::dup2_stdin(&reader)?;
    // Once closed, the pipe would end instead of being silent: it stays open as long as the process lives.
    std::mem::forget(writer);
    Ok(())
}

fn timespec(span: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX), tv_nsec: span.subsec_nanos().into() }
}
