//! SIGINT, SIGTERM, SIGHUP and SIGQUIT.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use crate::domain::halt::HaltReason;
use crate::session::control::Control;

pub(super) fn listen(controls: &UnboundedSender<Control>) -> std::io::Result<()> {
    let heard: [(SignalKind, fn() -> Control); 4] = [
        (SignalKind::interrupt(), || Control::Interrupt),
        (SignalKind::terminate(), || end(HaltReason::InterruptedSigterm)),
        (SignalKind::hangup(), || end(HaltReason::TerminalClosed)),
        (SignalKind::quit(), || end(HaltReason::InterruptedSigquit)),
    ];
    for (kind, control) in heard {
        let mut stream = signal(kind)?;
        let controls = controls.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if controls.send(control()).is_err() {
                    return; // The session is over: nobody is left to tell.
                }
            }
        });
    }
    Ok(())
}

fn end(reason: HaltReason) -> Control {
    Control::End { reason, detail: String::new() }
}
