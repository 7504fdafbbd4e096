//! Leaving while the session starts: the first wish for an end stops the start between two of its steps, the second ends
//! the process at once, because a step can hang in a disk that does not answer. Nothing of ours rests yet, and every step
//! of the start may be killed anywhere: the next one finishes what was begun.

use std::io::Write as _;

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::{Exit, TERMINAL_PATIENCE};
use crate::console::run::WayOut;
use crate::session::control::Control;
use crate::session::plan::{Hurry, Windows};

/// Listens for an end while there is no session that could be ended.
pub struct Leaving {
    wanted: watch::Receiver<bool>,
    stop: oneshot::Sender<()>,
    listening: JoinHandle<UnboundedReceiver<Control>>,
}

impl Leaving {
    /// From now on the controls are listened to here.
    pub fn listen(runtime: &Runtime, controls: UnboundedReceiver<Control>, way_out: Option<WayOut>) -> Self {
        let (want, wanted) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let listening = runtime.spawn(listen(controls, want, stopped, way_out));
        Self { wanted, stop, listening }
    }

    /// Whether an end is wanted.
    pub fn is_wanted(&self) -> bool {
        *self.wanted.borrow()
    }

    /// Waits until an end is wanted.
    pub async fn wanted(&self) {
        // Whoever listens does so for longer than anybody waits.
        let _ = self.wanted.clone().wait_for(|wanted| *wanted).await;
    }

    /// The start is over: the controls are the session's, unless an end was wanted before.
    pub fn hand_over(self, runtime: &Runtime) -> Result<Option<UnboundedReceiver<Control>>> {
        // Whoever listens has ended only if it has panicked, and then that is told.
        let _ = self.stop.send(());
        let controls = runtime.block_on(self.listening).wrap_err("the start's ear for signals died")?;
        Ok((!*self.wanted.borrow()).then_some(controls))
    }
}

async fn listen(
    mut controls: UnboundedReceiver<Control>,
    want: watch::Sender<bool>,
    mut stopped: oneshot::Receiver<()>,
    way_out: Option<WayOut>,
) -> UnboundedReceiver<Control> {
    loop {
        let control = tokio::select! {
            // What was asked before the start was over counts for it.
            biased;
            Some(control) = controls.recv() => control,
            _ = &mut stopped => return controls,
        };
        if let Control::Refused(words) = &control {
            tracing::warn!("{words}");
            if let Some(way_out) = &way_out {
                way_out.alarm(words);
            }
        }
        if !wants_the_end(&control, way_out.as_ref()) {
            continue;
        }
        if want.send_replace(true) {
            leave_at_once(way_out.as_ref());
        }
        tracing::warn!("{LEAVING}");
        if let Some(way_out) = &way_out {
            way_out.tell(LEAVING);
        }
    }
}

const LEAVING: &str = "leaving once this step is over; Ctrl+C or SIGTERM once more leaves at once";

/// Whether this asks for the end. If the system is about to take the terminal away, it is left alone from now on.
fn wants_the_end(asked: &Control, way_out: Option<&WayOut>) -> bool {
    if let (Control::End { reason, .. }, Some(way_out)) = (asked, way_out)
        && Hurry::of(*reason, Windows::HERE) == Hurry::Hurried
    {
        way_out.abandon();
    }
    matches!(asked, Control::End { .. } | Control::Interrupt)
}

/// The thread that starts the session may hang for ever: the terminal is given back from here, and nothing is waited for.
fn leave_at_once(way_out: Option<&WayOut>) -> ! {
    if let Some(way_out) = way_out {
        way_out.give_back(TERMINAL_PATIENCE);
    }
    // Nobody may read it; the process ends all the same.
    let _ = writeln!(std::io::stderr(), "left at once, as asked: no session was begun, and nothing of ours rests");
    std::process::exit(Exit::Done as i32);
}
