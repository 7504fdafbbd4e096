//! What can be asked of a running session from outside: by the console, by a signal, by a timer.

use crate::domain::halt::HaltReason;
use crate::engine::Wish;

/// A message to the runner. Sending one never blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// The operator wants something of the engine.
    Wish(Wish),
    /// Checkpoint the store now.
    Checkpoint,
    /// Back the store up now.
    Backup,
    /// An incident was read.
    Acknowledge {
        /// Its number in the session.
        incident: u32,
    },
    /// Something went wrong outside of the runner, in the console for example.
    Trouble(Box<crate::domain::incident::Incident>),
    /// Something was asked of the process that it does not do: what, and why.
    Refused(String),
    /// End the session. Said again, it is one more cause; see [`Control::Interrupt`] for impatience.
    End {
        /// Why.
        reason: HaltReason,
        /// What exactly; may be empty.
        detail: String,
    },
    /// Ctrl+C, as a key or a signal: the first ends the session, the second stops the waiting and leaves out what is
    /// optional, the third ends the process after the session is closed.
    Interrupt,
}
