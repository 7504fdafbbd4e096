//! The terminal on Windows: its modes are two numbers, and nobody can be asked whether it has room.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crossterm_winapi::{ConsoleMode, Handle};
use windows_sys::Win32::System::Console::{
    ENABLE_ECHO_INPUT, ENABLE_LINE_INPUT, ENABLE_PROCESSED_INPUT, ENABLE_PROCESSED_OUTPUT,
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, ENABLE_WINDOW_INPUT,
};

use super::Room;
use crate::console::app::model::Size;

/// What raw mode takes away: lines, echo, and Ctrl+C as an event.
const COOKED_INPUT: u32 = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT;
/// Older consoles take escape sequences only when asked to, and until then print them as text.
const RAW_OUTPUT: u32 = ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;

/// The console behind stdout. Text goes through the standard library, which turns it into what the console reads.
#[derive(Debug)]
pub struct Tty(());

/// The console's modes, as the system counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modes {
    input: u32,
    output: u32,
}

impl Tty {
    /// Whether both stdin and stdout are a console.
    pub fn is_there() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// The console behind stdout.
    pub fn of_stdout() -> io::Result<Self> {
        Ok(Self(()))
    }

    /// How large it is.
    pub fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(Size { width, height })
    }

    /// Its modes.
    pub fn modes(&self) -> io::Result<Modes> {
        Ok(Modes { input: input()?.mode()?, output: output()?.mode()? })
    }

    /// Puts it into these modes: both are tried, whatever comes of the first.
    pub fn set_modes(&self, modes: &Modes) -> io::Result<()> {
        let of_input = input().and_then(|input| input.set_mode(modes.input));
        let of_output = output().and_then(|output| output.set_mode(modes.output));
        of_input.and(of_output)
    }

    /// Nobody but us changes it.
    pub fn is_raw(&self) -> bool {
        true
    }

    /// There is no job control here.
    pub fn is_ours(&self) -> bool {
        true
    }

    /// There is no job control here.
    pub fn may_be_written(&self) -> bool {
        true
    }

    /// Writes all of it; blocks while the operator marks text with the mouse.
    pub fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    /// Writes all of it, on a thread of its own: this console cannot be asked for room, and a write that blocks must not
    /// keep the process from ending.
    pub fn write_with_room(&self, bytes: &[u8], within: Duration) -> Room {
        let (done, is_done) = mpsc::channel();
        let bytes = bytes.to_owned();
        let write = move || {
            // Ignored: whoever waited has given up.
            let _ = done.send(Self(()).write_all(&bytes));
        };
        if thread::Builder::new().name("last words".to_owned()).spawn(write).is_err() {
            return Room::None;
        }
        match is_done.recv_timeout(within) {
            Ok(Ok(())) => Room::Enough,
            Ok(Err(_)) => Room::Gone,
            Err(_) => Room::None,
        }
    }
}

impl Modes {
    /// Each key and each change of the window's size as it comes, and escape sequences understood.
    #[must_use]
    pub fn raw(&self) -> Self {
        Self { input: self.input & !COOKED_INPUT | ENABLE_WINDOW_INPUT, output: self.output | RAW_OUTPUT }
    }
}

fn input() -> io::Result<ConsoleMode> {
    Handle::current_in_handle().map(ConsoleMode::from)
}

fn output() -> io::Result<ConsoleMode> {
    Handle::current_out_handle().map(ConsoleMode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_modes_change_what_they_must_and_leave_the_rest_as_it_was() {
        let quick_edit = 0x40;
        let raw = Modes { input: COOKED_INPUT | quick_edit, output: 0x2 }.raw();
        assert_eq!(raw, Modes { input: quick_edit | ENABLE_WINDOW_INPUT, output: 0x2 | RAW_OUTPUT });
        assert_eq!(raw.raw(), raw);
    }
}
