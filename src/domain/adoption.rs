//! What was taken over from the earlier engine, and the ends that its sessions were given afterwards.
//!
//! The adopted rows themselves lie in a baseline, a database beside the backups that is named here by its digest: so
//! they are part of the chain without standing in it.

use serde::{Deserialize, Serialize};

use super::halt::HaltReason;
use super::money::{Drops, Price, Rlusd, Value};
use super::order::Side;
use super::session::{EndedAtSource, SessionId};
use super::time::Timestamp;

/// A file that cannot change without being noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digested {
    /// Its name, without its folder.
    pub name: String,
    /// The SHA-256 of its bytes, 64 hex digits. Of a database with a write-ahead log: of the main file's bytes and the
    /// log's behind them.
    pub sha256: String,
}

/// A database of the earlier engine was taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// The earlier engine's database.
    pub source: Digested,
    /// The adopted rows, in the backups' folder.
    pub baseline: Digested,
    /// What the adopted rows come to, wherever they lie; `None` in lines that were written before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<AdoptedRows>,
    /// The first and the last of its sessions; `None` if it had none.
    pub sessions: Option<(SessionId, SessionId)>,
    /// What was read and taken, a table each.
    pub tables: Vec<TableTaken>,
    /// Tables that were not taken, and why.
    pub left: Vec<TableLeft>,
    /// What rounding came to, a unit each.
    pub roundings: Vec<Rounding>,
    /// Fills, orders and movements that belong to no session.
    pub between: u64,
    /// Orders that may rest at the venue: the next live session must prove them gone.
    pub unproven: Vec<UnprovenOrder>,
    /// Rows that could not be taken: the first [`Adopted::REFUSED_NAMED`] of them; all are in the baseline.
    pub refused: Vec<RefusedRow>,
    /// The quarantine folder with the damaged database in whose place this one was adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
}

/// What adopted rows come to. Any copy whose rows come to the same can stand in for the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedRows {
    /// How many there are, in all tables.
    pub count: u64,
    /// The SHA-256 of what they say, 64 hex digits; not of what a backfill writes into a session's row later.
    pub sha256: String,
}

/// How a table was taken over. `read` = `taken` + `refused`, always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableTaken {
    /// Its name in the source.
    pub table: String,
    /// Rows that were read.
    pub read: u64,
    /// Rows that were taken.
    pub taken: u64,
    /// Rows that were not.
    pub refused: u64,
}

/// A table that stays behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLeft {
    /// Its name in the source.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// Why it was not taken.
    pub why: String,
}

/// What rounding came to in one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounding {
    /// `XRP`, `RLUSD`, or `RLUSD per XRP` for prices.
    pub unit: String,
    /// How many numbers were rounded.
    pub numbers: u64,
    /// Σ (taken − source), to 28 decimals.
    pub sum: Value,
    /// The largest |taken − source|, to 28 decimals.
    pub largest: Value,
}

/// An order of the earlier engine of which nobody knows that it is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnprovenOrder {
    /// The earlier engine's own id.
    pub id: String,
    /// Its session, if it has one.
    pub session: Option<SessionId>,
    /// Buy or sell.
    pub side: Side,
    /// Limit, RLUSD per XRP.
    pub price: Price,
    /// XRP to trade.
    pub quantity: Drops,
    /// The sequence number by which the ledger knows the offer.
    pub offer_sequence: Option<i64>,
    /// What the earlier engine called its status.
    pub status: String,
}

/// A row that could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Its table in the source.
    pub table: String,
    /// Its key there.
    pub row: String,
    /// Why.
    pub why: String,
}

/// An adopted session was given an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfilled {
    /// The latest evidence of its life, or the operator's word.
    pub ended_at: Timestamp,
    /// What kind of evidence: `log`, `evidence` or `operator`.
    pub source: EndedAtSource,
    /// The evidence itself, in words.
    pub evidence: String,
    /// It may have lived this many seconds longer; `None` if nobody can say.
    pub uncertainty_s: Option<u64>,
    /// Why it ended, where a log says so.
    pub reason: Option<HaltReason>,
    /// What it held at its end; `None` if nothing tells.
    pub ending: Option<LastHeld>,
}

/// What an adopted session held by its last evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastHeld {
    /// XRP.
    pub xrp: Drops,
    /// RLUSD.
    pub rlusd: Rlusd,
    /// What both were worth in RLUSD, if a price is known.
    pub value: Option<Value>,
    /// When that was.
    pub at: Timestamp,
    /// Which rows tell, in words.
    pub from: String,
}

impl Adopted {
    /// How many refused rows the fact itself names.
    pub const REFUSED_NAMED: usize = 100;

    /// How many rows were taken in all.
    pub fn rows_taken(&self) -> u64 {
        self.tables.iter().map(|table| table.taken).sum()
    }

    /// How many rows were refused in all.
    pub fn rows_refused(&self) -> u64 {
        self.tables.iter().map(|table| table.refused).sum()
    }
}
