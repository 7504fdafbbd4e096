//! Why no writer may begin, and what is left to the operator.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::journal::reader::ReadError;
use crate::journal::writer::{KeptError, WriteError};
use crate::store::{OpenError, StoreError};
use crate::vault::audit::words::quoted;
use crate::vault::mend::MendError;
use crate::vault::quarantine::QuarantineError;
use crate::vault::rebuild::RebuildError;
use crate::vault::replay::ReplayError;
use crate::vault::swap::SwapError;

/// Why no writer may begin. What was put right before stays put right; all else is as it was, or can be begun again.
#[derive(Debug, Error)]
pub enum GateError {
    /// The files cannot be looked at.
    #[error("the files of the database cannot be looked at: {0}; check who may read them, and the disk")]
    Look(#[from] io::Error),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read or caught up.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
    /// The journal cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What only the store has cannot be put back into the journal.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The journal cannot be mended.
    #[error(transparent)]
    Mend(MendError),
    /// The store cannot be made anew.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// An exchange of the store cannot be finished.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// What is in the way cannot be taken away.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// What a machine cannot decide.
    #[error("{0}")]
    Undecided(Dilemma),
    /// Whoever opens wanted to leave, and did so between two steps.
    #[error("left, as asked, before {before}; the next start finishes what was begun")]
    Left {
        /// The step that was not begun.
        before: String,
    },
}

/// What a machine cannot decide, with what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dilemma {
    /// The database that it is about, for the commands.
    pub database: PathBuf,
    /// One sentence.
    pub what: String,
    /// The evidence, one sentence each.
    pub found: Vec<String>,
    /// What can be done, the likeliest first.
    pub choices: Vec<Choice>,
    /// What was put right before it was met, one sentence each. Nothing else was changed.
    pub done: Vec<String>,
}

/// What an operator can have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A verified backup, and what the journal has behind it.
    Restore {
        /// Its file name in `s.backups/`.
        backup: String,
    },
    /// The store anew, from the journal alone.
    Rebuild,
    /// The journal anew, from the store's own copies of its lines.
    Mend,
    /// Everything stays as it is.
    Leave,
}

impl Choice {
    /// What it means.
    pub fn in_words(&self) -> String {
        match self {
            Self::Restore { backup } => {
                format!("put the backup {backup} in the database's place, with all that the journal has behind it")
            }
            Self::Rebuild => "make the database anew from the journal".to_owned(),
            Self::Mend => "put the journal right from the database, as far as that goes".to_owned(),
            Self::Leave => "leave everything as it is, and look first".to_owned(),
        }
    }

    /// The command that does the same to that database.
    pub fn command(&self, database: &Path) -> String {
        let verb = match self {
            Self::Restore { backup } => &format!("restore --from {backup}"),
            Self::Rebuild => "rebuild",
            Self::Mend => "verify --mend",
            Self::Leave => "audit",
        };
        format!("neo {verb} --db {}", quoted(&database.to_string_lossy()))
    }
}

impl Dilemma {
    /// The same, met after this was put right.
    #[must_use]
    pub fn after(mut self, done: impl IntoIterator<Item = String>) -> Self {
        self.done.splice(0..0, done);
        self
    }
}

impl fmt::Display for Dilemma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.done.as_slice() {
            [] => write!(f, "{}. Nothing was changed", self.what)?,
            done => write!(f, "{}. Before that {}; nothing else was changed", self.what, done.join("; "))?,
        }
        for found in &self.found {
            write!(f, "\n  found: {found}")?;
        }
        for choice in &self.choices {
            write!(f, "\n  you can: {} (`{}`)", choice.in_words(), choice.command(&self.database))?;
        }
        Ok(())
    }
}

impl From<ReplayError> for GateError {
    fn from(why: ReplayError) -> Self {
        match why {
            ReplayError::Journal(why) => why.into(),
            ReplayError::Store(why) => why.into(),
        }
    }
}

impl From<Dilemma> for GateError {
    fn from(dilemma: Dilemma) -> Self {
        Self::Undecided(dilemma)
    }
}
