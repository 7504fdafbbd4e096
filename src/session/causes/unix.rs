//! The signals that end a session, and those that would stop it.
//!
//! A stopped session would leave its orders to the market: what job control sends is answered with the reason, and
//! nothing else. Nobody can refuse SIGSTOP; the runner notices it by the time that it lost.
//!
//! A file that would become larger than the system allows kills whoever writes it. Heard, that signal does nothing, and
//! the write fails as on any disk that fails.
//!
//! A signal that was ignored when we began stays ignored: `nohup` and a shell's `&` mean it.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use crate::domain::halt::HaltReason;
use crate::session::control::Control;

/// Each signal, and what it means.
fn heard() -> [(SignalKind, fn() -> Control); 7] {
    let [tstp, ttin, ttou] =
        [rustix::process::Signal::TSTP, rustix::process::Signal::TTIN, rustix::process::Signal::TTOU]
            .map(|signal| SignalKind::from_raw(signal.as_raw()));
    [
        (SignalKind::interrupt(), || Control::Interrupt),
        (SignalKind::terminate(), || end(HaltReason::InterruptedSigterm)),
        (SignalKind::hangup(), || end(HaltReason::TerminalClosed)),
        (SignalKind::quit(), || end(HaltReason::InterruptedSigquit)),
        (tstp, || stays("SIGTSTP")),
        (ttin, || stays("SIGTTIN")),
        (ttou, || stays("SIGTTOU")),
    ]
}

pub(super) fn listen(controls: &UnboundedSender<Control>) -> std::io::Result<()> {
    let ignored = ignored();
    // Once somebody has listened it kills nobody any more; there is nothing to be told that the failed write does not tell.
    drop(signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?);
    for (kind, control) in heard() {
        if ignored >> (kind.as_raw_value() - 1) & 1 == 1 {
            continue;
        }
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

/// The signals that whoever started us had ignored, as a mask: bit n − 1 is signal n. Where the system does not show
/// it, none: then `nohup` does not hold, and a hang-up closes the session as it would without it.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

fn end(reason: HaltReason) -> Control {
    Control::End { reason, detail: String::new() }
}

fn stays(signal: &str) -> Control {
    Control::Refused(format!(
        "{signal} was refused: a stopped session could not take its orders out; q or SIGTERM ends it"
    ))
}
