//! What past sessions look like when they are read: rows of the tables, as plain values.

use serde::Serialize;

use crate::domain::fact::{GuardFired, PhaseFailure, SessionOpened, Totals};
use crate::domain::fill::Fill;
use crate::domain::halt::Cause;
use crate::domain::incident::Incident;
use crate::domain::inventory::Inventory;
use crate::domain::money::Bps;
use crate::domain::order::OrderId;
use crate::domain::session::{Origin, SessionId};
use crate::domain::time::Timestamp;

/// A row of `sessions`, texts as they stand in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SessionRow {
    /// `session_id`
    pub session_id: i64,
    /// `label`
    pub label: String,
    /// `mode`
    pub mode: String,
    /// `venue`
    pub venue: String,
    /// `status`
    pub status: String,
    /// `started_at`
    pub started_at: String,
    /// `ended_at`
    pub ended_at: Option<String>,
    /// `ended_at_source`
    pub ended_at_source: Option<String>,
    /// `halt_reason`
    pub halt_reason: Option<String>,
    /// `halt_detail`, JSON
    pub halt_detail: Option<String>,
    /// `starting_xrp`
    pub starting_xrp: Option<String>,
    /// `starting_rlusd`
    pub starting_rlusd: Option<String>,
    /// `starting_value`
    pub starting_value: Option<String>,
    /// `ending_xrp`
    pub ending_xrp: Option<String>,
    /// `ending_rlusd`
    pub ending_rlusd: Option<String>,
    /// `ending_value`
    pub ending_value: Option<String>,
    /// `last_heartbeat_at`
    pub last_heartbeat_at: Option<String>,
    /// `parent_session_id`
    pub parent_session_id: Option<i64>,
    /// `config_hash`
    pub config_hash: Option<String>,
    /// `build`
    pub build: Option<String>,
    /// `host`
    pub host: Option<String>,
    /// `pid`
    pub pid: Option<i64>,
    /// How many fills it had.
    pub fills: i64,
    /// How many incidents it had.
    pub incidents: i64,
    /// Session profit in RLUSD, exact text; `None` while it is open, and for an adopted one.
    pub profit: Option<String>,
    /// `origin`: `own`, or `adopted` from the earlier engine.
    pub origin: String,
    /// `ended_at_uncertainty_s`: it may have lived this many seconds longer.
    pub ended_at_uncertainty_s: Option<i64>,
    /// `ended_at_evidence`: what tells when it ended, in words.
    pub ended_at_evidence: Option<String>,
}

impl SessionRow {
    /// Whether it was taken over from the earlier engine: nothing of it runs, whatever its status says.
    pub fn is_adopted(&self) -> bool {
        self.origin == Origin::Adopted.as_str()
    }

    /// Whether nobody knows when it ended: it was taken over, and nothing was found that tells.
    pub fn has_no_known_end(&self) -> bool {
        self.is_adopted() && self.ended_at.is_none()
    }
}

/// A row of `adoptions`, texts as they stand in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AdoptionRow {
    /// The number of its line.
    pub n: u64,
    /// The earlier engine's database, without its folder.
    pub source_name: String,
    /// Its digest.
    pub source_sha256: String,
    /// Where the adopted rows lie, in the backups' folder.
    pub baseline_name: String,
    /// The first of its sessions.
    pub first_session: Option<i64>,
    /// The last of its sessions.
    pub last_session: Option<i64>,
}

/// What there is of an adopted session beside its row. The earlier engine kept no facts, so there are no totals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AdoptedDetail {
    /// The database that it was taken from.
    pub source: String,
    /// How many orders it had.
    pub orders: i64,
    /// How many of them the earlier engine called cancelled.
    pub cancelled: i64,
    /// Orders that may rest at the venue, by the earlier engine's ids.
    pub unproven: Vec<String>,
    /// Its fills, oldest first.
    pub fills: Vec<AdoptedFill>,
}

/// A fill of the earlier engine, texts as they stand in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AdoptedFill {
    /// When.
    pub at: String,
    /// Of which order, by the earlier engine's id.
    pub order: String,
    /// `BUY` or `SELL`.
    pub side: String,
    /// RLUSD per XRP.
    pub price: String,
    /// XRP.
    pub quantity: String,
    /// The mid that it met, if that was kept.
    pub mid: Option<String>,
}

/// All that a past session's page shows, from its facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SessionDetail {
    /// Its row.
    pub row: SessionRow,
    /// How it began; `None` if that line cannot be read.
    pub opened: Option<Box<SessionOpened>>,
    /// What it came to; `None` while it is open.
    pub totals: Option<Totals>,
    /// The notional-weighted mean of its realized spreads, in bps.
    pub volume_weighted_spread: Bps,
    /// All causes of its end.
    pub causes: Vec<Cause>,
    /// What the venue said we hold, less what the books say.
    pub residual: Option<Inventory>,
    /// Orders whose end nobody proved.
    pub unproven: Vec<OrderId>,
    /// Orders that ended with the venue itself.
    pub venue_ended: Vec<OrderId>,
    /// Phases of the end that failed.
    pub failures: Vec<PhaseFailure>,
    /// Its fills, oldest first.
    pub fills: Vec<(Timestamp, Fill)>,
    /// Guards that fired, oldest first.
    pub guards: Vec<(Timestamp, GuardFired)>,
    /// Its incidents, oldest first; behind them those that the store made, numbered 0.
    pub incidents: Vec<(Timestamp, Incident)>,
    /// What there is of a session of the earlier engine; `None` for our own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adopted: Option<AdoptedDetail>,
    /// What this page cannot vouch for, one sentence each; empty, or `neo verify` has work.
    pub doubts: Vec<String>,
}

/// What is asked of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryQuery {
    /// The newest `limit` sessions before `before` (all if `None`), newest first.
    List {
        /// Only sessions with a lower number.
        before: Option<SessionId>,
        /// At most this many.
        limit: u32,
    },
    /// One session, whole.
    Detail(SessionId),
}

/// What the history answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryAnswer {
    /// For [`HistoryQuery::List`].
    List {
        /// As it was asked.
        before: Option<SessionId>,
        /// The rows, newest first.
        rows: Vec<SessionRow>,
    },
    /// For [`HistoryQuery::Detail`]; `None` if there is no such session.
    Detail(SessionId, Option<Box<SessionDetail>>),
    /// It could not be read: why.
    Failed(String),
}
