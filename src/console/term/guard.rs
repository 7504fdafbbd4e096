//! Taking the terminal, and giving it back exactly once, whoever comes first: the drawing thread, the one that waits for
//! it, or a panic.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use thiserror::Error;

use super::tty::{Modes, Room, Tty};

/// Alternate screen, cleared; no cursor; pasted text marked as such, so that it is not taken as keys.
const TAKE: &[u8] = b"\x1b[?1049h\x1b[2J\x1b[?25l\x1b[?2004h";
/// The reverse, in reverse order, with colours back to normal first.
const GIVE_BACK: &[u8] = b"\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// How long giving back waits for room in a terminal that may not be read.
pub const PATIENCE: Duration = Duration::from_millis(200);

/// Whether any terminal is held: then nothing but frames may be written to it.
static HELD: AtomicBool = AtomicBool::new(false);

/// A terminal that was taken.
#[derive(Debug)]
pub struct Guard {
    tty: Tty,
    found: Modes,
    gone: AtomicBool,
    given_back: OnceLock<Terminal>,
}

/// What became of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// As it was before; can be written to.
    Usable,
    /// It hung up: nothing may be written to it any more.
    Gone,
    /// Nobody reads it: its modes are as before, but it would block whoever writes to it.
    Stuck,
}

/// The terminal could not be taken; it is as it was before.
#[derive(Debug, Error)]
pub enum TakeError {
    /// There is none.
    #[error("the console needs a terminal on stdin and stdout; run it in one, or use `--headless`")]
    NoTerminal,
    /// A shell has put this program into the background.
    #[error(
        "the console cannot take the terminal from the background; bring it to the front with `fg`, or use `--headless`"
    )]
    InBackground,
    /// It answered with an error.
    #[error("could not take the terminal ({0}); use another one, or `--headless`")]
    Failed(#[from] io::Error),
}

/// Whether a terminal is held by this process.
pub fn is_held() -> bool {
    HELD.load(Ordering::SeqCst)
}

impl Guard {
    /// Takes the terminal: its modes first, then its screen.
    pub fn take(tty: Tty) -> Result<Self, TakeError> {
        if !tty.is_ours() {
            return Err(TakeError::InBackground);
        }
        let guard = Self { found: tty.modes()?, tty, gone: AtomicBool::new(false), given_back: OnceLock::new() };
        HELD.store(true, Ordering::SeqCst);
        // From here on an early return drops the guard, which puts everything back.
        guard.take_again()?;
        Ok(guard)
    }

    /// Takes it once more after a shell had it in between.
    pub fn take_again(&self) -> io::Result<()> {
        self.tty.set_modes(&self.found.raw())?;
        self.tty.write_all(TAKE)
    }

    /// The terminal that is held.
    pub fn tty(&self) -> &Tty {
        &self.tty
    }

    /// The terminal hung up: nothing is ever written to it again.
    pub fn mark_gone(&self) {
        self.gone.store(true, Ordering::SeqCst);
    }

    /// Whether it hung up.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// Gives the terminal back, in reverse order, waiting for room no longer than `patience`. The first call does it;
    /// every other one only learns what became of it. Never panics.
    pub fn give_back(&self, patience: Duration) -> Terminal {
        *self.given_back.get_or_init(|| {
            let became = self.give_back_now(patience);
            HELD.store(false, Ordering::SeqCst);
            became
        })
    }

    fn give_back_now(&self, patience: Duration) -> Terminal {
        if self.is_gone() {
            return Terminal::Gone;
        }
        let room = if self.tty.may_be_written() { self.tty.write_with_room(GIVE_BACK, patience) } else { Room::None };
        if self.tty.is_ours() {
            // Ignored: it fails only on a terminal that is gone, and nobody is there to be told.
            let _ = self.tty.set_modes(&self.found);
        }
        match room {
            Room::Enough => Terminal::Usable,
            Room::None => Terminal::Stuck,
            Room::Gone => {
                self.mark_gone();
                Terminal::Gone
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.give_back(PATIENCE);
    }
}
