//! Noticing that the terminal has gone, on a thread that does nothing else.
//!
//! A child of a session leader that ignores SIGHUP gets no signal at all when the window closes; this thread sees it all
//! the same. On Windows a closed window is told to the process, so there is nothing to watch.

use std::io;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::guard::Guard;
use crate::console::app::msg::Msg;

/// Starts the thread. It tells once, and before that makes sure that nothing is written any more and nothing spins.
#[cfg(unix)]
pub fn watch(guard: Arc<Guard>, told: UnboundedSender<Msg>) -> io::Result<()> {
    let watch = move || {
        if !guard.tty().hung_up() {
            tracing::debug!("this terminal cannot be watched for a hang-up; signals and writes will tell");
            return;
        }
        guard.mark_gone();
        if let Err(error) = super::tty::silence_stdin() {
            tracing::error!(%error, "stdin could not be silenced after the hang-up; the input thread may use a whole core");
        }
        // Ignored: if nobody listens, the console has ended, and with it the need to know.
        let _ = told.send(Msg::TerminalGone("the terminal hung up".to_owned()));
    };
    std::thread::Builder::new().name("hangup".to_owned()).spawn(watch)?;
    Ok(())
}

/// Nothing to watch.
#[cfg(windows)]
pub fn watch(_guard: Arc<Guard>, _told: UnboundedSender<Msg>) -> io::Result<()> {
    Ok(())
}
