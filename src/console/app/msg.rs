//! What the console is told.

use std::sync::Arc;

use super::key::Key;
use super::model::{Size, StartStep};
use super::question::Question;
use crate::domain::time::Timestamp;
use crate::logging::LogLine;
use crate::session::view::SessionView;
use crate::store::rows::HistoryAnswer;

/// What the console is told.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted. Keys are commands here, so none of it is taken as keys.
    Paste,
    /// The terminal has this size now.
    Resize(Size),
    /// The session as it is now.
    View(Arc<SessionView>),
    /// A step of the start began, or is done; told by its text.
    Starting(StartStep),
    /// The start needs an answer before it can go on.
    Ask(Question),
    /// The history answered.
    History(HistoryAnswer),
    /// Lines that are new in the log, oldest first.
    LogGrew(Vec<Arc<LogLine>>),
    /// What time it is for the screen.
    Clock(Timestamp),
    /// The terminal hung up, or cannot be written to: why.
    TerminalGone(String),
    /// Something that cannot wait for a view, because there may never be another one.
    Alarm(String),
    /// No key will ever come again although the terminal is there: why.
    InputLost(String),
}
