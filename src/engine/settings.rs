//! What the operator can set about the decisions. Defaults are the operator's own of today (DOMAIN).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

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

/// A setting that the engine cannot work with: which, what it is, what it must be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{key}` is {is}, but must be {must}")]
pub struct SettingsError {
    /// As in the config, after `engine.`: `limits.burst_fills`.
    pub key: &'static str,
    /// What it is set to.
    pub is: String,
    /// What would do.
    pub must: &'static str,
}

impl Settings {
    /// Whether the engine can work with these: to be asked before a session, for every wrong setting is named there.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |key, is: &dyn std::fmt::Display, must| Err(SettingsError { key, is: is.to_string(), must });
        let (widest, limits) = (Bps::from_whole(5_000), &self.limits);
        match self {
            _ if self.tick_s == 0 => wrong("tick_s", &self.tick_s, "at least 1"),
            _ if self.bid_offset_bps.abs() > widest => wrong("bid_offset_bps", &self.bid_offset_bps, "within ±5000"),
            _ if self.ask_offset_bps.abs() > widest => wrong("ask_offset_bps", &self.ask_offset_bps, "within ±5000"),
            _ if self.max_skew_bps.abs() != self.max_skew_bps || self.max_skew_bps > widest => {
                wrong("max_skew_bps", &self.max_skew_bps, "from 0 to 5000")
            }
            _ if self.min_order_rlusd <= Rlusd::ZERO => wrong("min_order_rlusd", &self.min_order_rlusd, "above 0"),
            _ if self.max_order_rlusd < self.min_order_rlusd => {
                wrong("max_order_rlusd", &self.max_order_rlusd, "at least min_order_rlusd")
            }
            _ if self.target_share_pct > 100 => wrong("target_share_pct", &self.target_share_pct, "from 0 to 100"),
            _ if self.requote_bps <= Bps::default() => wrong("requote_bps", &self.requote_bps, "above 0"),
            _ if self.price_decimals > 10 => wrong("price_decimals", &self.price_decimals, "at most 10"),
            _ if limits.max_drawdown_bps <= Bps::default() => {
                wrong("limits.max_drawdown_bps", &limits.max_drawdown_bps, "above 0")
            }
            _ if limits.stale_market_s == 0 => wrong("limits.stale_market_s", &limits.stale_market_s, "at least 1"),
            _ if limits.burst_fills == 0 => wrong("limits.burst_fills", &limits.burst_fills, "at least 1"),
            _ if limits.truth_check_s == 0 => wrong("limits.truth_check_s", &limits.truth_check_s, "at least 1"),
            _ => Ok(()),
        }
    }

    /// How often the engine looks at the time when nothing else happens.
    pub fn tick(&self) -> Duration {
        Duration::from_secs(u64::from(self.tick_s))
    }
}

impl Limits {
    /// A market without news for longer is stale.
    pub fn stale_market(&self) -> Duration {
        Duration::from_secs(u64::from(self.stale_market_s))
    }

    /// Degraded for longer than this halts.
    pub fn max_degraded(&self) -> Duration {
        Duration::from_secs(u64::from(self.max_degraded_s))
    }

    /// Within which fills on one side make a burst, and how long one idles after it.
    pub fn burst_window(&self) -> Duration {
        Duration::from_secs(u64::from(self.burst_window_s))
    }

    /// How often the venue is asked what we hold.
    pub fn truth_check(&self) -> Duration {
        Duration::from_secs(u64::from(self.truth_check_s))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_settings_to_work_with() {
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn a_wrong_setting_is_named_with_what_it_must_be() {
        let settings = Settings { max_order_rlusd: Rlusd::from_whole(5), ..Settings::default() };
        let text = settings.check().unwrap_err().to_string();
        assert_eq!(text, "`max_order_rlusd` is 5, but must be at least min_order_rlusd");
    }
}
