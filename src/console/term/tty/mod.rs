//! The terminal behind stdout. All that differs between platforms is in here.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::silence_stdin;
#[cfg(unix)]
pub use unix::{Modes, Tty};
#[cfg(windows)]
pub use windows::{Modes, Tty};

/// Whether bytes were taken by the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// All of them.
    Enough,
    /// Nobody reads at the other end, as with a stalled ssh or Ctrl+S.
    None,
    /// The terminal hung up.
    Gone,
}
