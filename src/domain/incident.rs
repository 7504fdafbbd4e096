//! Incidents: what went wrong, told so that a tired operator can act on it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::secret::hidden;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing is lost and nothing stops.
    Notice,
    /// Something did not work; the session goes on.
    Warning,
    /// Something failed that the operator relies on.
    Error,
}

/// Which part of the house it happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The chain of facts on disk.
    Journal,
    /// The database.
    Store,
    /// Copies of the database.
    Backup,
    /// Files, locks, space.
    Disk,
    /// Where we trade.
    Venue,
    /// The decisions.
    Engine,
    /// The runner, the end, the threads.
    Session,
    /// The terminal.
    Console,
    /// The start.
    Startup,
}

/// What the operator can have done again from the error pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Try the checkpoint again.
    Checkpoint,
    /// Try the backup again.
    Backup,
}

/// What went wrong: what was tried, what happened, what it means, what was done, what can be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number in the session, from 1 on.
    pub id: u32,
    /// How bad it is.
    pub severity: Severity,
    /// Where it happened.
    pub source: Source,
    /// A few words, without a full stop: `Backup failed`.
    pub title: String,
    /// What was tried, on what.
    pub tried: String,
    /// What happened: the error in its own words; a line for each thing, where it was several.
    pub happened: String,
    /// What it means for money, facts and the session.
    pub means: String,
    /// What the program has already done about it.
    pub done: String,
    /// What the operator can do.
    pub you_can: String,
    /// What can be tried again from the error pane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

impl Severity {
    /// As in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Source {
    /// As in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Store => "store",
            Self::Backup => "backup",
            Self::Disk => "disk",
            Self::Venue => "venue",
            Self::Engine => "engine",
            Self::Session => "session",
            Self::Console => "console",
            Self::Startup => "startup",
        }
    }
}

impl Incident {
    /// The same, without what looks like a secret in the words of others.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        for words in [&mut self.tried, &mut self.happened] {
            *words = hidden(words).into_owned();
        }
        self
    }
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.happened.replace('\n', "; "))
    }
}

/// What a panic said, as far as it said it in words.
pub fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|words| (*words).to_owned());
    let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
    words.map_or_else(|| "a panic without words".to_owned(), |words| hidden(&words).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_in_its_own_words_if_it_has_any() {
        assert_eq!(panic_words(&"no bid"), "no bid");
        assert_eq!(panic_words(&"no ask".to_owned()), "no ask");
        assert_eq!(panic_words(&7_u8), "a panic without words");
    }
}
