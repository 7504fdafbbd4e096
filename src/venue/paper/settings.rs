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

/// A setting that no paper ledger can run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// Which setting, as in the config.
    pub key: &'static str,
    /// What was asked for.
    pub value: String,
    /// What can be asked for.
    pub rule: &'static str,
}

/// Shortest and longest time between two ledgers, in milliseconds.
const LEDGER_MS: (u32, u32) = (100, 60_000);

/// The longest way of a request, in milliseconds.
const LATENCY_MS: u32 = 60_000;

/// The highest fee: 1 XRP.
const FEE_DROPS: u32 = 1_000_000;

impl Settings {
    /// Names each setting that no paper ledger can run on.
    pub fn out_of_bounds(&self) -> Vec<OutOfBounds> {
        let near = self.within_bounds();
        let all = [
            ("paper.start_xrp", self.start_xrp.to_string(), near.start_xrp == self.start_xrp, "zero or more"),
            ("paper.start_rlusd", self.start_rlusd.to_string(), near.start_rlusd == self.start_rlusd, "zero or more"),
            ("paper.start_mid", self.start_mid.to_string(), near.start_mid == self.start_mid, "from 0.01 to 10000"),
            ("paper.ledger_ms", self.ledger_ms.to_string(), near.ledger_ms == self.ledger_ms, "from 100 to 60000"),
            ("paper.fee_drops", self.fee_drops.to_string(), near.fee_drops == self.fee_drops, "at most 1000000"),
            (
                "paper.max_latency_ms",
                self.max_latency_ms.to_string(),
                self.max_latency_ms <= LATENCY_MS,
                "at most 60000",
            ),
            (
                "paper.min_latency_ms",
                self.min_latency_ms.to_string(),
                self.min_latency_ms <= self.max_latency_ms,
                "at most `paper.max_latency_ms`",
            ),
        ];
        let wrong = all.into_iter().filter(|(_, _, fits, _)| !fits);
        wrong.map(|(key, value, _, rule)| OutOfBounds { key, value, rule }).collect()
    }

    /// The nearest settings that a paper ledger can run on.
    pub(super) fn within_bounds(&self) -> Self {
        let max_latency_ms = self.max_latency_ms.max(self.min_latency_ms).min(LATENCY_MS);
        Self {
            start_xrp: self.start_xrp.max(Drops::ZERO),
            start_rlusd: self.start_rlusd.max(Rlusd::ZERO),
            start_mid: self.start_mid.clamp(lowest_mid(), highest_mid()),
            ledger_ms: self.ledger_ms.clamp(LEDGER_MS.0, LEDGER_MS.1),
            fee_drops: self.fee_drops.min(FEE_DROPS),
            min_latency_ms: self.min_latency_ms.min(max_latency_ms),
            max_latency_ms,
        }
    }
}

fn lowest_mid() -> Price {
    Price::new(1, 2).expect("0.01 is a price")
}

fn highest_mid() -> Price {
    Price::new(10_000, 0).expect("10000 is a price")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_run_on() {
        assert_eq!(Settings::default().out_of_bounds(), []);
    }

    #[test]
    fn each_setting_out_of_bounds_is_named_with_its_rule() {
        let settings = Settings { ledger_ms: 0, min_latency_ms: 901, ..Settings::default() };
        let wrong = |key, value: &str, rule| OutOfBounds { key, value: value.to_owned(), rule };
        let expected = [
            wrong("paper.ledger_ms", "0", "from 100 to 60000"),
            wrong("paper.min_latency_ms", "901", "at most `paper.max_latency_ms`"),
        ];
        assert_eq!(settings.out_of_bounds(), expected);
        assert_eq!(settings.within_bounds().out_of_bounds(), []);
    }
}
