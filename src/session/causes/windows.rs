//! Ctrl+C, Ctrl+Break, the window's X, log-off and shutdown.
//!
//! As long as a listener lives, tokio's handler does not return, and Windows gives the process its five seconds.

use std::sync::Once;
use std::thread;
use std::time::Duration;

use tokio::signal::windows;
use tokio::sync::mpsc::UnboundedSender;

use crate::domain::halt::HaltReason;
use crate::logging;
use crate::session::control::Control;

/// The most that an end may take once Windows has announced its own: CONTRACT's 4 s, less what ending a process takes.
const HURRIED: Duration = Duration::from_millis(3_900);

/// Each kind of event has a type of its own in tokio, with the same shape.
macro_rules! forward {
    ($controls:expr, $listener:expr, $control:expr) => {{
        let mut listener = $listener?;
        let controls = $controls.clone();
        tokio::spawn(async move {
            while listener.recv().await.is_some() {
                if controls.send($control).is_err() {
                    return; // The session is over: nobody is left to tell.
                }
            }
        });
    }};
}

pub(super) fn listen(controls: &UnboundedSender<Control>) -> std::io::Result<()> {
    forward!(controls, windows::ctrl_c(), Control::Interrupt);
    forward!(controls, windows::ctrl_break(), end(HaltReason::InterruptedSigbreak));
    forward!(controls, windows::ctrl_close(), hurried_end(HaltReason::TerminalClosed));
    forward!(controls, windows::ctrl_logoff(), hurried_end(HaltReason::SystemLogoff));
    forward!(controls, windows::ctrl_shutdown(), hurried_end(HaltReason::SystemShutdown));
    Ok(())
}

fn end(reason: HaltReason) -> Control {
    Control::End { reason, detail: String::new() }
}

/// The console goes, and the process with it.
fn hurried_end(reason: HaltReason) -> Control {
    static FIRST: Once = Once::new();
    FIRST.call_once(|| {
        logging::leave_the_terminal();
        leave_in_time();
    });
    end(reason)
}

/// Ends the process when its time is over, whatever still waits for a disk or a terminal: what is acknowledged is on
/// disk, and the next start does the rest.
fn leave_in_time() {
    let leave = || {
        thread::sleep(HURRIED);
        std::process::exit(1);
    };
    if let Err(error) = thread::Builder::new().name("last call".to_owned()).spawn(leave) {
        tracing::warn!(%error, "no thread to end this process in time; Windows will, a second later");
    }
}
