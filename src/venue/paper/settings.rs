//! What the operator can set about the paper ledger.

use serde::{Deserialize, Serialize};

use crate::domain::money::{Drops, Price, Rlusd};

/// `[paper]` in the config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// XRP that a session starts with.
    pub start_xrp: Drops,
    /// RLUSD that a session starts with.
    pub start_rlusd: Rlusd,
    /// Where the mid starts, RLUSD per XRP.
    pub start_mid: Price,
    /// Time between two ledgers, in milliseconds.
    pub ledger_ms: u32,
    /// What a transaction costs, in drops.
    pub fee_drops: u32,
    /// How long a request takes to arrive, at least, in milliseconds.
    pub min_latency_ms: u32,
    /// How long a request takes to arrive, at most, in milliseconds.
    pub max_latency_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            start_xrp: Drops::from_xrp(100),
            start_rlusd: Rlusd::from_whole(140),
            start_mid: Price::new(142, 2).expect("1.42 is a price"),
            ledger_ms: 4_000,
            fee_drops: 12,
            min_latency_ms: 80,
            max_latency_ms: 900,
        }
    }
}
