//! What the engine is doing, in one word, and every change of it with who, why and what would lead back.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the engine is doing. Who may move whom is decided in `engine::mode` and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Waiting for what it needs to quote: the first book, the first truth check.
    #[default]
    Starting,
    /// Quotes are wanted, placed and kept.
    Quoting,
    /// The operator wants none.
    Paused,
    /// The market is hostile. Costs nothing, resumes by itself.
    Idle,
    /// We cannot prove that we are right: cancel all, stop quoting, reconcile.
    Degraded,
    /// The session is going to close.
    Halted,
}

/// Who asked for a change of mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    /// The operator.
    Operator,
    /// A guard of the engine.
    Guard,
    /// The engine itself: it has what it needs, or has lost it.
    Engine,
    /// The session: its end was asked for.
    Session,
}

/// A change of mode, as a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeChange {
    /// What it was.
    pub from: Mode,
    /// What it is now.
    pub to: Mode,
    /// Who asked.
    pub by: Asker,
    /// Why, in a sentence without its full stop.
    pub why: String,
    /// What would lead back, in a sentence without its full stop; empty when nothing would.
    pub back: String,
}

impl Mode {
    /// As in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Quoting => "quoting",
            Self::Paused => "paused",
            Self::Idle => "idle",
            Self::Degraded => "degraded",
            Self::Halted => "halted",
        }
    }
}

impl Asker {
    /// As in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Guard => "guard",
            Self::Engine => "engine",
            Self::Session => "session",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
