//! What the operator can set about the decisions. Defaults are the operator's own of today (DOMAIN).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::money::{Bps, Drops, Rlusd};

/// `[engine]` in the config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How often the engine looks at the time when nothing else happens, in seconds.
    pub tick_s: u32,
    /// Bid = mid × (1 − this).
    pub bid_offset_bps: Bps,
    /// Ask = mid × (1 + this).
    pub ask_offset_bps: Bps,
    /// The most that holding too much or too little XRP shifts both quotes.
    pub max_skew_bps: Bps,
    /// Smallest order worth placing, RLUSD.
    pub min_order_rlusd: Rlusd,
    /// Size of a quote, RLUSD.
    pub max_order_rlusd: Rlusd,
    /// Wanted share of XRP in the value.
    pub target_share_pct: u32,
    /// A resting quote is renewed when it is off by more than this.
    pub requote_bps: Bps,
    /// Decimals of the price's tick.
    pub price_decimals: u32,
    /// `[engine.limits]`
    pub limits: Limits,
}

/// `[engine.limits]` in the config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most XRP to hold. Quotes are sized to stay below; above it the session halts.
    pub max_xrp: Drops,
    /// The most RLUSD to hold. Quotes are sized to stay below; above it the session halts.
    pub max_rlusd: Rlusd,
    /// No bid is placed that could leave less RLUSD than this.
    pub min_rlusd: Rlusd,
    /// A loss of more than this part of the starting value halts.
    pub max_drawdown_bps: Bps,
    /// A market without news for longer is stale: quotes are taken out.
    pub stale_market_s: u32,
    /// Degraded for longer than this halts.
    pub max_degraded_s: u32,
    /// This many fills on one side …
    pub burst_fills: u32,
    /// … within this many seconds, and the market is hostile: idle.
    pub burst_window_s: u32,
    /// How often the venue is asked what we hold, in seconds.
    pub truth_check_s: u32,
    /// A difference of XRP between ledger and books that warns …
    pub truth_warn_xrp: Drops,
    /// … and one that degrades.
    pub truth_halt_xrp: Drops,
    /// A difference of RLUSD that warns …
    pub truth_warn_rlusd: Rlusd,
    /// … and one that degrades.
    pub truth_halt_rlusd: Rlusd,
}

impl Settings {
    /// How often the engine looks at the time when nothing else happens.
    pub fn tick(&self) -> Duration {
        Duration::from_secs(u64::from(self.tick_s))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tick_s: 4,
            bid_offset_bps: Bps::from_whole(10),
            ask_offset_bps: Bps::from_whole(14),
            max_skew_bps: Bps::from_whole(10),
            min_order_rlusd: Rlusd::from_whole(10),
            max_order_rlusd: Rlusd::from_whole(15),
            target_share_pct: 50,
            requote_bps: Bps::from_whole(3),
            price_decimals: 5,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_xrp: Drops::from_xrp(150),
            max_rlusd: Rlusd::from_whole(150),
            min_rlusd: Rlusd::from_whole(30),
            max_drawdown_bps: Bps::from_whole(300),
            stale_market_s: 30,
            max_degraded_s: 300,
            burst_fills: 3,
            burst_window_s: 30,
            truth_check_s: 60,
            truth_warn_xrp: Drops::from_xrp(1),
            truth_halt_xrp: Drops::from_xrp(5),
            truth_warn_rlusd: Rlusd::from_whole(2),
            truth_halt_rlusd: Rlusd::from_whole(10),
        }
    }
}
