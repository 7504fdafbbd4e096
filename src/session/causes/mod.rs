//! Who listens for what ends a session: signals on Unix, console events on Windows.
//!
//! A listener only tells; what follows is decided by the runner and its plan.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use tokio::sync::mpsc::UnboundedSender;

use super::control::Control;

/// Listens from now on, on the current tokio runtime, until the process ends.
///
/// # Errors
/// If the system does not let us listen; without it a session would die unclosed, so it must not begin.
pub fn listen(controls: &UnboundedSender<Control>) -> std::io::Result<()> {
    #[cfg(unix)]
    return unix::listen(controls);
    #[cfg(windows)]
    return windows::listen(controls);
}
