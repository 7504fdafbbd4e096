//! Ctrl+C, Ctrl+Break, the window's X, log-off and shutdown.
//!
//! As long as a listener lives, tokio's handler does not return, and Windows gives the process its five seconds.

use tokio::signal::windows;
use tokio::sync::mpsc::UnboundedSender;

use crate::domain::halt::HaltReason;
use crate::session::control::Control;

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
    forward!(controls, windows::ctrl_close(), end(HaltReason::TerminalClosed));
    forward!(controls, windows::ctrl_logoff(), end(HaltReason::SystemLogoff));
    forward!(controls, windows::ctrl_shutdown(), end(HaltReason::SystemShutdown));
    Ok(())
}

fn end(reason: HaltReason) -> Control {
    Control::End { reason, detail: String::new() }
}
