//! The log: a daily file of JSON lines, and a ring of its last lines for the screen.
//!
//! The ring lies below the console: the console reads it, nothing here knows that a screen exists.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// How many lines the ring keeps.
pub const RING_KEPT: usize = 2_000;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Counts all lines of this process from 0 on.
    pub number: u64,
    /// When, RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// How loud.
    pub level: tracing::Level,
    /// Which module.
    pub target: String,
    /// The message with its fields, `message field=value`.
    pub message: String,
}

/// The last lines of the log, shared between those who write and those who look.
#[derive(Clone, Debug, Default)]
pub struct LogRing(Arc<Mutex<VecDeque<Arc<LogLine>>>>);

impl LogRing {
    /// The lines from number `from` on, oldest first.
    pub fn since(&self, from: u64) -> Vec<Arc<LogLine>> {
        let lines = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        lines.iter().filter(|line| line.number >= from).cloned().collect()
    }
}
