//! Reading the earlier database, row by row, into a baseline: what is taken, what is rounded, what is refused and why.
//!
//! Reads and counts only; whether it becomes part of a house is [`super::apply`]'s. So a dry run does all that the real
//! one does, but for the writing.

mod draft;
mod readings;
mod sessions;
pub mod spans;
mod trades;

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, ErrorCode, params};
use thiserror::Error;

use self::draft::{Draft, Unit};
use self::spans::Spans;
use self::trades::Known;
use super::exact::Differences;
use super::source::Source;
use crate::domain::adoption::{Adopted, Digested, RefusedRow, Rounding, TableLeft, TableTaken, UnprovenOrder};
use crate::domain::session::SessionId;
use crate::store::{Baseline, OpenError, StoreError};

/// All that can be taken of a source, and the account of it.
#[derive(Debug)]
pub struct Survey {
    /// The rows.
    pub baseline: Baseline,
    /// The account. Its baseline has no name and no digest before it is written.
    pub adopted: Adopted,
}

/// Why a source cannot be read, or its rows not be held.
#[derive(Debug, Error)]
pub enum SurveyError {
    /// SQLite could not read or hold a row.
    #[error("the earlier database could not be read to its end: {0}; nothing was touched")]
    Sqlite(#[from] rusqlite::Error),
    /// The rows that were taken could not be read again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no place for rows.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Why a row is not taken.
enum Stop {
    /// For a reason of its own: it is listed.
    Refused(String),
    /// Nothing more can be taken.
    Failed(rusqlite::Error),
}

/// A survey being made.
struct Taking<'a> {
    source: &'a Source,
    baseline: &'a Connection,
    spans: Spans,
    sessions: Option<(SessionId, SessionId)>,
    orders: HashMap<String, Known>,
    tables: Vec<TableTaken>,
    differences: BTreeMap<Unit, Differences>,
    between: u64,
    unproven: Vec<UnprovenOrder>,
    refused: Vec<RefusedRow>,
}

/// Tables of the source in the order in which they must be read.
const TAKEN: [&str; 9] = [
    "sessions",
    "market_snapshots",
    "valuation_snapshots",
    "system_metrics",
    "inventory_ledger",
    "orders",
    "fills",
    "capital_events",
    "engine_state",
];

/// Reads a source whole.
pub fn survey(source: &Source) -> Result<Survey, SurveyError> {
    let baseline = Baseline::empty()?;
    let mut taking = Taking::new(source, baseline.connection());
    baseline.connection().execute_batch("BEGIN")?;
    let tables = source.tables()?;
    for table in TAKEN {
        if tables.iter().any(|found| found.eq_ignore_ascii_case(table)) {
            taking.table(table)?;
        }
    }
    taking.sum_up_orders()?;
    baseline.connection().execute_batch("COMMIT")?;
    let mut left = Vec::new();
    for table in tables.into_iter().filter(|table| !TAKEN.iter().any(|taken| table.eq_ignore_ascii_case(taken))) {
        let rows = source.count(&table)?;
        left.push(TableLeft { table, rows, why: "this program knows no table of that name".to_owned() });
    }
    let mut adopted = taking.account(left);
    adopted.rows = Some(baseline.rows()?);
    Ok(Survey { baseline, adopted })
}

impl Survey {
    /// The numbers of the sessions that it would bring.
    pub fn sessions(&self) -> Result<Vec<SessionId>, SurveyError> {
        let mut numbers = self.baseline.connection().prepare("SELECT session_id FROM sessions ORDER BY 1")?;
        let numbers = numbers.query_map([], |row| row.get(0).map(SessionId))?.collect::<rusqlite::Result<_>>();
        Ok(numbers?)
    }
}

impl<'a> Taking<'a> {
    fn new(source: &'a Source, baseline: &'a Connection) -> Self {
        Self {
            source,
            baseline,
            spans: Spans::default(),
            sessions: None,
            orders: HashMap::new(),
            tables: Vec::new(),
            differences: BTreeMap::new(),
            between: 0,
            unproven: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn table(&mut self, table: &'static str) -> rusqlite::Result<()> {
        let mut count = TableTaken { table: table.to_owned(), read: 0, taken: 0, refused: 0 };
        let key = match table {
            "sessions" => "session_id",
            "engine_state" => "key",
            _ => "id",
        };
        let mut starts = Vec::new();
        self.source.rows(table, |row| {
            count.read += 1;
            let mut draft = Draft::new(row, key, count.read);
            let told = match table {
                "sessions" => self.session(&mut draft).map(|start| starts.push(start)),
                "market_snapshots" => self.market(&mut draft),
                "valuation_snapshots" => self.valuation(&mut draft),
                "system_metrics" => self.metrics(&mut draft),
                "inventory_ledger" => self.balance(&mut draft),
                "orders" => self.order(&mut draft),
                "fills" => self.fill(&mut draft),
                "capital_events" => self.capital(&mut draft),
                _ => self.state(&mut draft),
            };
            match told {
                Ok(()) => {
                    count.taken += 1;
                    self.keep_what_was_said(table, &draft)
                }
                Err(Stop::Refused(why)) => {
                    count.refused += 1;
                    self.refuse(table, &draft, why)
                }
                Err(Stop::Failed(why)) => Err(why),
            }
        })?;
        if table == "sessions" {
            let numbers = starts.iter().map(|(session, _)| *session);
            self.sessions = numbers.clone().min().zip(numbers.max());
            self.spans = Spans::new(starts);
        }
        self.tables.push(count);
        Ok(())
    }

    fn keep_what_was_said(&mut self, table: &str, draft: &Draft) -> rusqlite::Result<()> {
        for (unit, difference) in &draft.roundings {
            self.differences.entry(*unit).or_default().add(*difference);
        }
        let mut keep = self.baseline.prepare_cached(
            "INSERT INTO adopted_texts (n, table_name, row_key, column_name, text, taken) VALUES (0, ?1, ?2, ?3, ?4, ?5)",
        )?;
        for said in &draft.said {
            keep.execute(params![table, draft.key, said.column, said.text, said.taken])?;
        }
        Ok(())
    }

    fn refuse(&mut self, table: &str, draft: &Draft, why: String) -> rusqlite::Result<()> {
        self.baseline
            .prepare_cached(
                "INSERT INTO adopted_refusals (n, table_name, row_key, why, earlier) VALUES (0, ?1, ?2, ?3, ?4)",
            )?
            .execute(params![table, draft.key, why, draft.whole()])?;
        self.refused.push(RefusedRow { table: table.to_owned(), row: draft.key.clone(), why });
        Ok(())
    }

    fn account(self, left: Vec<TableLeft>) -> Adopted {
        let roundings = Unit::ALL.into_iter().filter_map(|unit| {
            let found = self.differences.get(&unit)?;
            let unit = unit.as_str().to_owned();
            Some(Rounding { unit, numbers: found.numbers, sum: found.sum(), largest: found.largest() })
        });
        let mut refused = self.refused;
        let roundings = roundings.collect();
        refused.truncate(Adopted::REFUSED_NAMED);
        Adopted {
            source: self.source.digested().clone(),
            baseline: Digested { name: String::new(), sha256: String::new() },
            rows: None,
            sessions: self.sessions,
            tables: self.tables,
            left,
            roundings,
            between: self.between,
            unproven: self.unproven,
            refused,
            replaced: None,
        }
    }
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Self::Refused(why)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(why: rusqlite::Error) -> Self {
        match why.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation) => {
                Self::Refused("another row with its key was taken before".to_owned())
            }
            _ => Self::Failed(why),
        }
    }
}

#[cfg(test)]
mod tests;
