//! What the console wants done.

use super::question::Answer;
use crate::session::control::Control;
use crate::store::rows::HistoryQuery;

/// What the console wants done. Whoever carries it out never waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the session.
    Control(Control),
    /// Ask the history; the answer comes as a [`super::msg::Msg::History`].
    AskHistory(HistoryQuery),
    /// Tell whoever asked a [`super::question::Question`].
    Answer(Answer),
    /// Take the terminal once more and draw everything.
    Redraw,
    /// Never write to the terminal again.
    StopDrawing,
}
