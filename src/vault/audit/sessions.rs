//! The sessions that a database tells of, and what else it says about their ends.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inside::DatabaseKind;
use super::tables::{Row, Tables};
use crate::domain::time::Timestamp;

/// All sessions of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sessions {
    /// In the order of their numbers.
    pub all: Vec<Session>,
    /// A halt reason under a key of its own, which outlives its session.
    pub keyed_reason: Option<KeyedReason>,
    /// The newest sign of life of all: a tick, an order's change, a fill.
    pub last_sign: Option<Timestamp>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// `session_id`
    pub number: i64,
    /// When it began; `None` if that cannot be read.
    pub started_at: Option<Timestamp>,
    /// When it ended, if the database says so.
    pub ended_at: Option<Timestamp>,
    /// `status`
    pub status: Option<String>,
    /// `halt_reason`
    pub halt_reason: Option<String>,
    /// `pid`
    pub pid: Option<i64>,
    /// Whose session it was.
    pub origin: Origin,
    /// Whether its times are the machine's, and can be compared with others'.
    pub clock: ClockKind,
}

/// Whose session it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Ours.
    Own,
    /// The earlier engine's, taken over.
    Adopted,
    /// The earlier engine's, in its own database.
    Earlier,
}

/// What a session's times are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// The machine's.
    Real,
    /// Simulated: it may run ahead of the next session's beginning.
    Simulated,
}

/// A halt reason that does not belong to a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyedReason {
    /// What it says.
    pub reason: String,
    /// When it was written.
    pub written_at: Timestamp,
}

impl Session {
    /// Whether a start of ours will close it by itself.
    pub fn is_left_open(&self) -> bool {
        self.origin == Origin::Own && matches!(self.status.as_deref(), Some("OPEN" | "CLOSING"))
    }

    /// Whether it is over by its own row.
    pub fn is_over(&self) -> bool {
        self.ended_at.is_some()
    }
}

impl Sessions {
    /// The one with the highest number.
    pub fn newest(&self) -> Option<&Session> {
        self.all.last()
    }

    /// The newest moment at which the machine's own clock stood in it.
    pub fn newest_moment(&self) -> Option<Timestamp> {
        let real = self.all.iter().filter(|session| session.clock == ClockKind::Real);
        real.filter_map(|session| session.started_at).max()
    }
}

/// Asks for them.
pub(super) fn ask(tables: &Tables<'_>, kind: &DatabaseKind) -> rusqlite::Result<Sessions> {
    const WANTED: [&str; 7] = ["session_id", "started_at", "ended_at", "status", "halt_reason", "pid", "origin"];
    let simulated = simulated(tables)?;
    let mut all = Vec::new();
    tables.each("sessions", &WANTED, &["session_id"], |row| {
        // A row without a number is no session; the integrity check tells of rows that cannot be.
        if let Some(number) = row.number(0) {
            let clock = simulated.get(&number).copied().unwrap_or(ClockKind::Real);
            all.push(session(row, number, kind, clock));
        }
    })?;
    Ok(Sessions { all, keyed_reason: keyed_reason(tables)?, last_sign: last_sign(tables)? })
}

fn session(row: &Row, number: i64, kind: &DatabaseKind, clock: ClockKind) -> Session {
    let owned = |at| row.text(at).filter(|text| !text.is_empty()).map(str::to_owned);
    Session {
        number,
        started_at: row.moment(1),
        ended_at: row.moment(2),
        status: owned(3),
        halt_reason: owned(4),
        pid: row.number(5),
        origin: match kind {
            DatabaseKind::Earlier => Origin::Earlier,
            _ if row.text(6) == Some("adopted") => Origin::Adopted,
            _ => Origin::Own,
        },
        clock,
    }
}

/// The session's own opening fact says what its clock is.
fn simulated(tables: &Tables<'_>) -> rusqlite::Result<BTreeMap<i64, ClockKind>> {
    const SQL: &str = "SELECT session_id, json_extract(line, '$.body.clock') FROM facts
                       WHERE kind = 'session_opened' AND json_valid(line)";
    let mut clocks = BTreeMap::new();
    if tables.has("facts", &["session_id", "kind", "line"]) {
        tables.ask(SQL, |row| {
            if let (Some(session), Some(clock)) = (row.number(0), row.text(1)) {
                let real = clock == "real";
                clocks.insert(session, if real { ClockKind::Real } else { ClockKind::Simulated });
            }
        })?;
    }
    Ok(clocks)
}

/// The earlier engine kept one reason for all sessions in `engine_state`.
fn keyed_reason(tables: &Tables<'_>) -> rusqlite::Result<Option<KeyedReason>> {
    let mut found = None;
    if tables.has("engine_state", &["key", "value", "updated_at"]) {
        tables.each("engine_state", &["key", "value", "updated_at"], &["updated_at"], |row| {
            let is_reason = row.text(0).is_some_and(|key| key.contains("halt") && key.contains("reason"));
            if let (true, Some(reason), Some(written_at)) = (is_reason, row.text(1), row.moment(2)) {
                found = Some(KeyedReason { reason: reason.to_owned(), written_at });
            }
        })?;
    }
    Ok(found)
}

fn last_sign(tables: &Tables<'_>) -> rusqlite::Result<Option<Timestamp>> {
    const SIGNS: [(&str, &str); 5] = [
        ("market_snapshots", "created_at"),
        ("valuation_snapshots", "created_at"),
        ("orders", "created_at"),
        ("orders", "updated_at"),
        ("fills", "created_at"),
    ];
    let mut newest = None;
    for (table, column) in SIGNS {
        if tables.has(table, &[column]) {
            tables.ask(&format!("SELECT max({column}) FROM {table}"), |row| newest = newest.max(row.moment(0)))?;
        }
    }
    Ok(newest)
}
