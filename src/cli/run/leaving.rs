//! Leaving while the session starts: the first wish for an end stops the start between two of its steps, the second ends
//! the process at once, because a step can hang in a disk that does not answer. Nothing of ours rests yet, and every step
//! of the start may be killed anywhere: the next one finishes what was begun.

use color_eyre::Result;
use color_eyre::eyre::{WrapErr as _, eyre};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::{Exit, TERMINAL_PATIENCE};
use crate::cli::say_within;
use crate::console::run::WayOut;
use crate::domain::halt::HaltReason;
use crate::session::control::Control;
use crate::session::plan::{Hurry, Windows};

/// Why there will be no session.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    /// The operator or the system wants none.
    Asked,
    /// The console died, with these words.
    Died(String),
}

impl Wish {
    /// What asks for the end here, if it does. If the system is about to take the terminal away, it is left alone from now
    /// on.
    fn of(asked: Control, way_out: Option<&WayOut>) -> Option<Self> {
        match asked {
            Control::End { reason: HaltReason::ConsolePanic, detail } => Some(Self::Died(detail)),
            Control::End { reason, .. } => {
                if let Some(way_out) = way_out.filter(|_| Hurry::of(reason, Windows::HERE) == Hurry::Hurried) {
                    way_out.abandon();
                }
                Some(Self::Asked)
            }
            Control::Interrupt => Some(Self::Asked),
            _ => None,
        }
    }

    fn left(&self) -> Result<()> {
        match self {
            Self::Asked => Ok(()),
            Self::Died(words) => Err(eyre!("the console died during the start, so no session was begun: {words}")),
        }
    }
}

/// Listens for an end while there is no session that could be ended.
pub struct Leaving {
    wanted: watch::Receiver<Option<Wish>>,
    stop: oneshot::Sender<()>,
    listening: JoinHandle<UnboundedReceiver<Control>>,
}

impl Leaving {
    /// From now on the controls are listened to here.
    pub fn listen(runtime: &Runtime, controls: UnboundedReceiver<Control>, way_out: Option<WayOut>) -> Self {
        let (want, wanted) = watch::channel(None);
        let (stop, stopped) = oneshot::channel();
        let listening = runtime.spawn(listen(controls, want, stopped, way_out));
        Self { wanted, stop, listening }
    }

    /// Whether an end is wanted.
    pub fn is_wanted(&self) -> bool {
        self.wanted.borrow().is_some()
    }

    /// Waits until an end is wanted.
    pub async fn wanted(&self) {
        // Whoever listens does so for longer than anybody waits.
        let _ = self.wanted.clone().wait_for(Option::is_some).await;
    }

    /// The start was left. That is as it should be, unless it was because the console died.
    pub fn left(&self) -> Result<()> {
        self.wanted.borrow().as_ref().map_or(Ok(()), Wish::left)
    }

    /// The start is over: the controls are the session's, unless an end was wanted before.
    pub fn hand_over(self, runtime: &Runtime) -> Result<Option<UnboundedReceiver<Control>>> {
        // Whoever listens has ended only if it has panicked, and then that is told.
        let _ = self.stop.send(());
        let controls = runtime.block_on(self.listening).wrap_err("the start's ear for signals died")?;
        let wish = self.wanted.borrow().clone();
        wish.map_or(Ok(Some(controls)), |wish| wish.left().map(|()| None))
    }
}

async fn listen(
    mut controls: UnboundedReceiver<Control>,
    want: watch::Sender<Option<Wish>>,
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
        // A terminal that goes is told of twice: by a signal, and by whoever watches the terminal.
        let insists = !matches!(control, Control::End { reason: HaltReason::TerminalClosed, .. });
        let Some(wish) = Wish::of(control, way_out.as_ref()) else { continue };
        let is_first = want.send_if_modified(|wanted| wanted.is_none().then(|| *wanted = Some(wish)).is_some());
        if !is_first {
            if insists {
                leave_at_once(way_out.as_ref());
            }
            continue;
        }
        tracing::warn!("{LEAVING}");
        if let Some(way_out) = &way_out {
            way_out.tell(LEAVING);
        }
    }
}

const LEAVING: &str = "leaving once this step is over; Ctrl+C or SIGTERM once more leaves at once";
const LEFT: &str = "left before a session began; nothing of ours rests";
const LEFT_AT_ONCE: &str = "left at once, as asked: no session was begun, and nothing of ours rests";

/// The thread that starts the session may hang for ever: the terminal is given back from here, and nothing is waited for.
fn leave_at_once(way_out: Option<&WayOut>) -> ! {
    if let Some(way_out) = way_out {
        way_out.give_back(TERMINAL_PATIENCE);
    }
    say_within(LEFT_AT_ONCE.to_owned(), TERMINAL_PATIENCE);
    std::process::exit(Exit::Done as i32);
}

/// The last word of a start that was left between two of its steps.
pub fn say_left() {
    say_within(LEFT.to_owned(), TERMINAL_PATIENCE);
}
