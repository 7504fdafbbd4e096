//! The lines as they were written: put away, counted by the cursor, and read back in pages.

use std::collections::VecDeque;

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::StoreError;
use crate::domain::fact::{Fact, NotAFact};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::journal::record::{Hash, Line};

/// How many rows one short read takes.
const PAGE: usize = 1_000;

/// A row of `facts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRow {
    /// The line's number.
    pub n: u64,
    /// Whose it is.
    pub session: Option<SessionId>,
    /// When it happened, as in the line.
    pub at: String,
    /// What kind of fact it says it is.
    pub kind: String,
    /// The journal line, byte for byte, without its newline.
    pub line: String,
}

/// Why a kept line is not a fact that this program can read.
#[derive(Debug, thiserror::Error)]
#[error("line {n} of the store: {why}")]
pub struct NotRead {
    n: u64,
    why: String,
}

/// Rows of `facts` in the order of their numbers, read in short pages so that no checkpoint waits for them.
#[derive(Debug)]
pub struct Facts<'a> {
    connection: &'a Connection,
    session: Option<SessionId>,
    next: i64,
    page: VecDeque<FactRow>,
    over: bool,
}

impl FactRow {
    /// When it happened, and what.
    pub fn fact(&self) -> Result<(Timestamp, Fact), NotRead> {
        #[derive(Deserialize)]
        struct Written<'a> {
            #[serde(borrow)]
            body: &'a RawValue,
        }
        let not_read = |why: String| NotRead { n: self.n, why };
        let at = self.at.parse().map_err(|why: crate::domain::time::NotATime| not_read(why.to_string()))?;
        let written: Written<'_> = serde_json::from_str(&self.line).map_err(|why| not_read(why.to_string()))?;
        let fact = Fact::from_parts(&self.kind, written.body.get());
        fact.map(|fact| (at, fact)).map_err(|why: NotAFact| not_read(why.to_string()))
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            n: row.get::<_, i64>(0)?.unsigned_abs(),
            session: row.get::<_, Option<i64>>(1)?.map(SessionId),
            at: row.get(2)?,
            kind: row.get(3)?,
            line: row.get(4)?,
        })
    }
}

impl<'a> Facts<'a> {
    pub(super) fn from(connection: &'a Connection, n: u64) -> Self {
        Self { connection, session: None, next: key(n), page: VecDeque::new(), over: false }
    }

    pub(super) fn of(connection: &'a Connection, session: SessionId) -> Self {
        Self { session: Some(session), ..Self::from(connection, 0) }
    }

    fn turn_page(&mut self) -> rusqlite::Result<()> {
        const COLUMNS: &str = "SELECT n, session_id, at, kind, line FROM facts";
        let limit = key(PAGE as u64);
        let rows = if let Some(session) = self.session {
            let sql = format!("{COLUMNS} WHERE session_id = ?1 AND n >= ?2 ORDER BY n LIMIT ?3");
            let mut page = self.connection.prepare_cached(&sql)?;
            page.query_map((session.0, self.next, limit), FactRow::read)?.collect::<rusqlite::Result<VecDeque<_>>>()?
        } else {
            let mut page = self.connection.prepare_cached(&format!("{COLUMNS} WHERE n >= ?1 ORDER BY n LIMIT ?2"))?;
            page.query_map((self.next, limit), FactRow::read)?.collect::<rusqlite::Result<VecDeque<_>>>()?
        };
        self.over = rows.len() < PAGE;
        self.next = rows.back().map_or(self.next, |row| key(row.n) + 1);
        self.page = rows;
        Ok(())
    }
}

impl Iterator for Facts<'_> {
    type Item = Result<FactRow, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty()
            && !self.over
            && let Err(why) = self.turn_page()
        {
            self.over = true;
            return Some(Err(StoreError::Sqlite { doing: "read facts", why }));
        }
        self.page.pop_front().map(Ok)
    }
}

/// The text that is kept as line `n`, whatever became of the columns beside it; `None` if there is none.
pub(super) fn line(connection: &Connection, n: u64) -> Result<Option<String>, StoreError> {
    let mut text =
        connection.prepare_cached("SELECT line FROM facts WHERE n = ?1").map_err(StoreError::doing("read a line"))?;
    text.query_row([key(n)], |row| row.get(0)).optional().map_err(StoreError::doing("read a line"))
}

/// The text of line `n` in a table whose ways down are damaged: a text is believed that says this number and whose hash
/// holds.
pub(super) fn line_by_walking(connection: &Connection, n: u64) -> Option<String> {
    walk(connection, UP, |text| is_line(&text, n).then_some(text)).0.or_else(|| {
        let (found, _) = walk(connection, DOWN, |text| is_line(&text, n).then_some(text));
        found
    })
}

/// The newest line that is kept and whole, as far as a damaged table can be walked.
pub(super) fn newest_by_walking(connection: &Connection) -> Option<u64> {
    let whole = |text: String| Line::read(&text).ok().map(|line| line.n);
    match walk(connection, DOWN, whole) {
        (Some(newest), _) => Some(newest),
        (None, Walked::Through) => None,
        // What lies before the first page that cannot be read, seen from the other end.
        (None, Walked::Short) => {
            let mut newest = None;
            walk(connection, UP, |text| {
                newest = newest.max(whole(text));
                None::<()>
            });
            newest
        }
    }
}

/// Every line, and every line backwards.
const UP: &str = "SELECT line FROM facts ORDER BY n";
const DOWN: &str = "SELECT line FROM facts ORDER BY n DESC";

/// How far a walk got.
enum Walked {
    Through,
    /// To a page that cannot be read.
    Short,
}

/// Hands over one text after the other until `see` answers something.
fn walk<T>(connection: &Connection, way: &str, mut see: impl FnMut(String) -> Option<T>) -> (Option<T>, Walked) {
    let mut pass = || -> rusqlite::Result<Option<T>> {
        let mut way = connection.prepare_cached(way)?;
        let mut rows = way.query([])?;
        while let Some(row) = rows.next()? {
            let seen = row.get_ref(0)?.as_str().ok().and_then(|text| see(text.to_owned()));
            if seen.is_some() {
                return Ok(seen);
            }
        }
        Ok(None)
    };
    pass().map_or((None, Walked::Short), |seen| (seen, Walked::Through))
}

/// Whether this is line `n`, and whole.
pub(super) fn is_line(text: &str, n: u64) -> bool {
    text.contains(&format!("\"n\":{n},")) && Line::read(text).is_ok_and(|line| line.n == n)
}

/// A line's number as SQLite keeps it. Numbers count facts from 0 on: none can be beyond `i64`.
pub(super) fn key(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The newest line that is in the store; `None` before the first.
pub(super) fn cursor(connection: &Connection) -> Result<Option<(u64, Hash)>, StoreError> {
    let row = connection
        .prepare_cached("SELECT n, hash FROM journal_cursor")
        .and_then(|mut row| row.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))).optional())
        .map_err(StoreError::doing("read its cursor"))?;
    row.map(|(n, hash)| {
        let unreadable = || StoreError::Unreadable { what: "a hash", found: hash.clone() };
        Ok((n.unsigned_abs(), Hash::from_hex(&hash).ok_or_else(unreadable)?))
    })
    .transpose()
}

pub(super) fn set_cursor(connection: &Connection, line: &Line) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO journal_cursor (id, n, hash) VALUES (1, ?1, ?2) ON CONFLICT (id) DO UPDATE SET n = ?1, hash = ?2")?
        .execute((key(line.n), line.hash.to_string()))?;
    Ok(())
}

pub(super) fn insert(connection: &Connection, line: &Line, at: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO facts (n, session_id, at, kind, line) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((key(line.n), line.session.map(|session| session.0), at, &line.kind, &line.text))?;
    Ok(())
}

/// Whether the store's line of that number is this one.
pub(super) fn holds(connection: &Connection, line: &Line) -> rusqlite::Result<bool> {
    let mut kept = connection.prepare_cached("SELECT line = ?2 FROM facts WHERE n = ?1")?;
    Ok(kept.query_row((key(line.n), &line.text), |row| row.get(0)).optional()?.unwrap_or(false))
}
