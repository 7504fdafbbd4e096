//! From lines to rows: each line is kept as it was written, its fact is told to the tables that people ask, and the
//! cursor moves, all in one transaction.
//!
//! A line at or below the cursor is passed over, so a batch can be given again after any doubt. A fact that cannot be
//! digested is kept as its raw line and becomes an incident; it never stops the lines behind it.

mod adopted;
mod ledger;
mod orders;
mod sessions;
mod watch;

use rusqlite::{Connection, ErrorCode};

use super::baseline::Shelf;
use super::error::StoreError;
use super::facts;
use super::writer::Store;
use crate::domain::fact::{Fact, Intent};
use crate::journal::record::Line;

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projected {
    /// How many lines were new.
    pub lines: u64,
    /// Those of them that are kept as raw lines only.
    pub undigested: Vec<Undigested>,
}

/// A line that the tables know nothing of, beside its incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undigested {
    /// Its number.
    pub n: u64,
    /// Why.
    pub why: String,
}

/// A fact on its way into the tables, with the columns that every table has.
struct Told<'a> {
    connection: &'a Connection,
    baselines: &'a Shelf,
    n: i64,
    at: &'a str,
    session: Option<i64>,
}

/// Why telling a fact did not work.
enum Refusal {
    /// The fact is to blame: it becomes an incident.
    Fact(String),
    /// The disk or SQLite is: the batch is tried again.
    Store(rusqlite::Error),
}

type Telling = Result<(), Refusal>;

/// How a batch is gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// One savepoint for all of it; the first fact that is refused stops it.
    Swift,
    /// A savepoint a fact, so that a refused one leaves nothing half told.
    EachAlone,
}

impl Store {
    /// Takes in the lines that are new, in one transaction, and moves the cursor. Lines at or below it must be the ones
    /// that the store has; the first new one must be the next.
    pub fn project(&mut self, lines: &[Line]) -> Result<Projected, StoreError> {
        if lines.is_empty() {
            return Ok(Projected::default());
        }
        let baselines = self.baselines.clone();
        self.write("project facts", |transaction| {
            let new = new_lines(transaction, lines)?;
            let projected = tell_all(transaction, &baselines, new).map_err(StoreError::doing("project facts"))?;
            if let Some(last) = new.last() {
                facts::set_cursor(transaction, last).map_err(StoreError::doing("move its cursor"))?;
            }
            Ok(projected)
        })
    }

    /// As [`Self::project`], and on disk when it returns: for lines that no journal has.
    pub fn project_durably(&mut self, lines: &[Line]) -> Result<Projected, StoreError> {
        self.synchronous("FULL")?;
        let projected = self.project(lines);
        // A connection that stays at FULL, because this failed, is slower and just as safe.
        self.synchronous("NORMAL").unwrap_or_default();
        projected
    }

    fn synchronous(&mut self, level: &str) -> Result<(), StoreError> {
        self.connected()?.pragma_update(None, "synchronous", level).map_err(StoreError::doing("set how it syncs"))
    }
}

/// The part of `lines` that lies behind the cursor, proven to continue the store's own story.
fn new_lines<'a>(connection: &Connection, lines: &'a [Line]) -> Result<&'a [Line], StoreError> {
    let cursor = facts::cursor(connection)?;
    let known = cursor.map_or(0, |(n, _)| lines.partition_point(|line| line.n <= n));
    let (old, new) = lines.split_at(known);
    for line in old {
        if !facts::holds(connection, line).map_err(StoreError::doing("compare a line"))? {
            return Err(StoreError::Forked { n: line.n });
        }
    }
    let (mut expected, mut prev) = cursor.map_or((0, None), |(n, hash)| (n + 1, Some(hash)));
    for line in new {
        if line.n != expected {
            return Err(StoreError::Gap { expected, got: line.n });
        }
        if prev.is_some_and(|prev| prev != line.prev) {
            return Err(StoreError::Forked { n: line.n });
        }
        (expected, prev) = (line.n + 1, Some(line.hash));
    }
    Ok(new)
}

fn tell_all(connection: &Connection, baselines: &Shelf, lines: &[Line]) -> rusqlite::Result<Projected> {
    connection.execute_batch("SAVEPOINT batch")?;
    if let Some(projected) = go_through(connection, baselines, lines, Care::Swift)? {
        connection.execute_batch("RELEASE batch")?;
        return Ok(projected);
    }
    connection.execute_batch("ROLLBACK TO batch; RELEASE batch")?;
    Ok(go_through(connection, baselines, lines, Care::EachAlone)?.unwrap_or_default())
}

/// `None` if a fact was refused and cannot be taken back alone.
fn go_through(
    connection: &Connection,
    baselines: &Shelf,
    lines: &[Line],
    care: Care,
) -> rusqlite::Result<Option<Projected>> {
    let mut projected = Projected { lines: lines.len() as u64, undigested: Vec::new() };
    for line in lines {
        let at = line.at.to_string();
        facts::insert(connection, line, &at)?;
        let session = line.session.map(|session| session.0);
        let told = Told { connection, baselines, n: facts::key(line.n), at: &at, session };
        let why = match &line.fact() {
            Err(why) => why.to_string(),
            Ok(fact) if care == Care::Swift => match told.tell(fact) {
                Ok(()) => continue,
                Err(Refusal::Fact(_)) => return Ok(None),
                Err(Refusal::Store(why)) => return Err(why),
            },
            Ok(fact) => match told.tell_alone(fact)? {
                None => continue,
                Some(why) => why,
            },
        };
        told.keep_raw(&line.kind, &why)?;
        projected.undigested.push(Undigested { n: line.n, why });
    }
    Ok(Some(projected))
}

impl Told<'_> {
    fn tell(&self, fact: &Fact) -> Telling {
        match fact {
            Fact::SessionOpened(opened) => self.opened(opened),
            Fact::Truth(truth) => self.truth(truth),
            Fact::Intent(Intent::Submit(spec)) => self.intended(spec),
            Fact::Intent(Intent::Cancel { order, .. }) => self.cancel_asked(*order),
            Fact::Order(step) => self.step(step),
            Fact::Fill(fill) => self.fill(fill),
            Fact::Capital(capital) => self.capital(capital),
            Fact::Mode(change) => self.mode(change),
            Fact::Guard(guard) => self.guard(guard),
            Fact::Command(command) => self.command(command),
            Fact::Incident(incident) => self.incident(incident),
            Fact::EndBegun(seal) => self.sealed(seal),
            Fact::SessionClosed(closed) => self.closed(closed),
            Fact::SessionRecovered(recovered) => self.recovered(recovered),
            Fact::Adopted(adopted) => self.adopted(adopted),
            Fact::Backfilled(backfilled) => self.backfilled(backfilled),
            // It is of no session and of no table: its line in `facts` is all there is to it.
            Fact::Restored(_) => Ok(()),
        }
    }

    /// Why the fact was refused, with nothing of it left behind; `None` if it was told.
    fn tell_alone(&self, fact: &Fact) -> rusqlite::Result<Option<String>> {
        self.connection.execute_batch("SAVEPOINT fact")?;
        let why = match self.tell(fact) {
            Ok(()) => None,
            Err(Refusal::Store(why)) => return Err(why),
            Err(Refusal::Fact(why)) => {
                self.connection.execute_batch("ROLLBACK TO fact")?;
                Some(why)
            }
        };
        self.connection.execute_batch("RELEASE fact")?;
        Ok(why)
    }

    /// The session of a fact that makes no sense without one.
    fn session(&self) -> Result<i64, Refusal> {
        self.session.ok_or_else(|| Refusal::Fact("it names no session".to_owned()))
    }

    /// One statement, prepared once; answers how many rows it changed.
    fn execute(&self, sql: &str, with: impl rusqlite::Params) -> rusqlite::Result<usize> {
        self.connection.prepare_cached(sql)?.execute(with)
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(why: rusqlite::Error) -> Self {
        match why.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig) => {
                Self::Fact(why.to_string())
            }
            _ => Self::Store(why),
        }
    }
}

/// For numbers that money cannot hold.
fn beyond(what: &str) -> Refusal {
    Refusal::Fact(format!("{what} cannot be kept exactly"))
}

#[cfg(test)]
mod adopted_tests;
#[cfg(test)]
mod tests;
