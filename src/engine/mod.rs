//! Pure decisions: [`step`] takes the state, the time and one input, and answers what is to be done.
//!
//! No clock, no I/O, no randomness, no tokio. One seed replays one whole day. The engine keeps its session's
//! [`crate::domain::account::Account`] from the facts that it emits, and never trades on what is not on disk: an order
//! is only asked for by the [`Input::Recorded`] of its intent. Only a cancel need not wait where waiting could be long:
//! at the end, on a full disk, and while a thread that keeps facts stands still.

mod desk;
mod guards;
mod market;
mod mode;
mod orders;
mod quote;
pub mod settings;
pub mod snapshot;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod truth;

use crate::domain::fact::Fact;
use crate::domain::halt::Cause;
use crate::domain::venue::{Request, VenueEvent};

pub use state::State;
pub use step::step;

/// Numbers the [`Effect::Record`]s of one engine, from 1 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What the engine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time has passed. Comes at least every [`settings::Settings::tick`].
    Tick,
    /// The venue said something.
    Venue(VenueEvent),
    /// All facts up to and with this ticket are on disk.
    Recorded(Ticket),
    /// The operator wants something.
    Operator(Wish),
    /// The clock jumped, or this process stood still: nothing we believe is proven until the next truth check.
    Doubt(String),
    /// The disk is full: nothing new may be begun that could not be written down. Stays until [`Input::RoomAgain`].
    DiskFull(String),
    /// There is room on the disk again.
    RoomAgain,
    /// A thread that keeps facts stands still: nothing is quoted until [`Input::MovesAgain`], and no cancel waits for it.
    Stalled(String),
    /// Both threads that keep facts move again.
    MovesAgain,
    /// The end begins: seal. Answered by an [`Effect::Record`] of the `EndBegun`; from here on only cancels are sent.
    /// A second seal changes nothing and answers nothing.
    Seal(Cause),
    /// Ask (again) for the cancellation of everything that may rest, whether or not the seal could be written. It
    /// belongs to the end: an engine that was not sealed is halted by it.
    CancelRest,
}

/// What an operator can want of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Stop quoting and take the quotes out; keep the session.
    Pause,
    /// Quote again, as soon as nothing else is in the way.
    Resume,
    /// Take every order out, once. Quoting goes on if it was on: each side is quoted anew when its old order is proven
    /// gone. A paused session stays empty.
    CancelAll,
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write this fact down and acknowledge it with [`Input::Recorded`].
    Record(Fact),
    /// Ask the venue.
    Request(Request),
    /// End the session.
    Halt(Cause),
}
