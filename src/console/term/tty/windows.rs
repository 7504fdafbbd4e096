//! The terminal on Windows. Its modes are crossterm's to keep, and nobody can be asked whether it has room.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::Room;
use crate::console::app::model::Size;

/// The console behind stdout. Text goes through the standard library, which turns it into what the console reads.
#[derive(Debug)]
pub struct Tty(());

/// Which of its two states the console is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modes {
    /// Lines, echo, and Ctrl+C as an event.
    Cooked,
    /// Each key as it is typed.
    Raw,
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

    /// Its state.
    pub fn modes(&self) -> io::Result<Modes> {
        Ok(if crossterm::terminal::is_raw_mode_enabled()? { Modes::Raw } else { Modes::Cooked })
    }

    /// Puts it into a state.
    pub fn set_modes(&self, modes: &Modes) -> io::Result<()> {
        match modes {
            Modes::Cooked => crossterm::terminal::disable_raw_mode(),
            Modes::Raw => crossterm::terminal::enable_raw_mode(),
        }
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

    /// Writes all of it: this console cannot be asked for room.
    pub fn write_with_room(&self, bytes: &[u8], _within: Duration) -> Room {
        if self.write_all(bytes).is_ok() { Room::Enough } else { Room::Gone }
    }
}

impl Modes {
    /// Each key as it is typed.
    #[must_use]
    pub fn raw(&self) -> Self {
        Self::Raw
    }
}
