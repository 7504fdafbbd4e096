//! How a session ends, as facts: the seal, what it came to, and who closed it.

use serde::{Deserialize, Serialize};

use crate::domain::custody::ReadingsDigest;
use crate::domain::halt::{Cause, HaltReason};
use crate::domain::inventory::Inventory;
use crate::domain::money::Value;
use crate::domain::order::OrderId;
use crate::domain::pnl::{Holding, Split};
use crate::domain::session::EndedAtSource;
use crate::domain::time::Timestamp;

/// The seal: who wants the end, and what was true at that moment. From here on nothing but cancels is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndBegun {
    /// Why.
    pub cause: Cause,
    /// What we held by our books, if that was known already.
    pub holding: Option<Holding>,
    /// The orders that will be cancelled: their intents.
    pub cancels: Vec<OrderId>,
}

/// A phase of the end that did not do all it should have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseFailure {
    /// Which phase.
    pub phase: String,
    /// Why.
    pub why: String,
}

/// What a session came to: the same numbers for one that closed itself and for one that was recovered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// What was held at the start; `None` if that was never known.
    pub starting: Option<Holding>,
    /// What was held at the end, by our books.
    pub ending: Option<Holding>,
    /// Where the profit came from.
    pub split: Split,
    /// Capital moved in, less out.
    pub capital: Value,
    /// How many fills bought XRP.
    pub bought: u32,
    /// How many fills sold XRP.
    pub sold: u32,
    /// Σ quantity × mid over all fills.
    pub notional: Value,
    /// How many orders were intended.
    pub orders: u32,
    /// How many were taken out of the book because we asked.
    pub cancelled: u32,
    /// How long quotes were wanted, in milliseconds.
    pub quoting_ms: u64,
    /// How many incidents there were.
    pub incidents: u32,
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClosed {
    /// The cause that counts.
    pub reason: HaltReason,
    /// All causes, in order of arrival.
    pub causes: Vec<Cause>,
    /// What it came to.
    pub totals: Totals,
    /// What the venue said we hold, less what our books say; `None` if it did not say in time.
    pub residual: Option<Inventory>,
    /// Orders whose end nobody proved. Empty, or the operator must look.
    pub unproven: Vec<OrderId>,
    /// Orders that ended with the venue itself.
    pub venue_ended: Vec<OrderId>,
    /// What failed on the way to this fact.
    pub failures: Vec<PhaseFailure>,
    /// A digest of its readings; `None` if the store did not say in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readings: Option<ReadingsDigest>,
}

/// How a session that nobody closed was closed later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecovered {
    /// The sealed cause if there was one, else [`HaltReason::RecoveredCrash`].
    pub reason: HaltReason,
    /// All causes that were sealed.
    pub causes: Vec<Cause>,
    /// The latest evidence of its life.
    pub ended_at: Timestamp,
    /// What kind of evidence that is.
    pub source: EndedAtSource,
    /// What it came to.
    pub totals: Totals,
    /// Orders whose end nobody proved.
    pub unproven: Vec<OrderId>,
    /// Orders that ended with the venue itself.
    pub venue_ended: Vec<OrderId>,
}
