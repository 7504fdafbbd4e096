//! Readings: what may be lost. They go straight to the store, in batches.

use super::inventory::Inventory;
use super::market::Book;
use super::money::{Price, Value};
use super::pnl::Split;
use super::time::Timestamp;

/// One reading of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The book after a ledger: a row of `market_snapshots`.
    Market(Book),
    /// What we hold and what it is worth after a ledger: a row of `valuation_snapshots`.
    Valuation(Valuation),
    /// The session is alive: `sessions.last_heartbeat_at`.
    Heartbeat(Timestamp),
}

/// What we hold and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// When.
    pub at: Timestamp,
    /// What we hold.
    pub inventory: Inventory,
    /// At which mid.
    pub mid: Price,
    /// XRP × mid + RLUSD.
    pub value: Value,
    /// Where the profit so far comes from.
    pub split: Split,
}

impl Reading {
    /// When it was read.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Market(book) => book.at,
            Self::Valuation(valuation) => valuation.at,
            Self::Heartbeat(at) => *at,
        }
    }
}
