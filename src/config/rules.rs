//! Which values are possible: what would make quotes cross, limits meaningless or a timer spin is refused.

use std::fmt::Display;

use rust_decimal::Decimal;

use super::Config;
use crate::domain::money::{Bps, Rlusd};
use crate::engine::settings::Limits;
use crate::{engine, keeper, logging, venue};

/// What a paper session may start with, in RLUSD.
const MOST_WORTH: u32 = 50_000;

/// A value that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    /// The key's whole name, `engine.limits.max_xrp`.
    pub(super) key: &'static str,
    /// The key that it does not go together with; the key itself if it is alone to blame.
    pub(super) beside: &'static str,
    /// The value as it is.
    pub(super) value: String,
    /// What is allowed: `it must be above 0`.
    pub(super) allowed: String,
}

/// Collects what is not allowed.
#[derive(Default)]
struct Rules(Vec<Violation>);

/// All values that cannot be, in the order of the template.
pub(super) fn violations(config: &Config) -> Vec<Violation> {
    let mut rules = Rules::default();
    rules.engine(&config.engine);
    rules.limits(&config.engine.limits);
    rules.paper(&config.paper);
    rules.keeper(&config.keeper);
    rules.log(&config.log);
    rules.0
}

impl Rules {
    fn check(&mut self, holds: bool, key: &'static str, value: impl Display, allowed: impl Into<String>) {
        self.check_beside(holds, key, key, value, allowed);
    }

    fn check_beside(
        &mut self,
        holds: bool,
        key: &'static str,
        beside: &'static str,
        value: impl Display,
        allowed: impl Into<String>,
    ) {
        if !holds {
            self.0.push(Violation { key, beside, value: value.to_string(), allowed: allowed.into() });
        }
    }

    fn above_zero<T: Copy + Display + Default + PartialOrd>(&mut self, key: &'static str, value: T) {
        self.check(value > T::default(), key, value, "it must be above 0");
    }

    fn between<T: Copy + Display + PartialOrd>(&mut self, key: &'static str, value: T, least: T, most: T) {
        let allowed = format!("it must be between {least} and {most}");
        self.check(value >= least && value <= most, key, value, allowed);
    }

    fn not_above<T: Copy + Display + PartialOrd>(
        &mut self,
        key: &'static str,
        value: T,
        most_key: &'static str,
        most: T,
    ) {
        let allowed = format!("it must not be above `{most_key}`, which is {most}");
        self.check_beside(value <= most, key, most_key, value, allowed);
    }

    /// An offset of 10 000 bps away from the mid would be a price of zero.
    fn less_than_everything(&mut self, key: &'static str, value: Bps) {
        self.between(key, value, Bps::from_whole(-9_999), Bps::from_whole(9_999));
    }

    fn engine(&mut self, set: &engine::settings::Settings) {
        self.between("engine.tick_s", set.tick_s, 1, 3_600);
        self.less_than_everything("engine.bid_offset_bps", set.bid_offset_bps);
        self.less_than_everything("engine.ask_offset_bps", set.ask_offset_bps);
        // Our own bid would meet our own ask.
        let width = set.bid_offset_bps + set.ask_offset_bps;
        let (bid, ask) = ("engine.bid_offset_bps", "engine.ask_offset_bps");
        let allowed = format!(
            "with `{bid}`, which is {}, it must come to more than 0, or our quotes would meet",
            set.bid_offset_bps
        );
        self.check_beside(width > Bps::default(), ask, bid, set.ask_offset_bps, allowed);
        self.between("engine.max_skew_bps", set.max_skew_bps, Bps::default(), Bps::from_whole(5_000));
        self.above_zero("engine.min_order_rlusd", set.min_order_rlusd);
        self.above_zero("engine.max_order_rlusd", set.max_order_rlusd);
        self.not_above("engine.min_order_rlusd", set.min_order_rlusd, "engine.max_order_rlusd", set.max_order_rlusd);
        self.between("engine.target_share_pct", set.target_share_pct, 0, 100);
        self.above_zero("engine.requote_bps", set.requote_bps);
        self.between("engine.price_decimals", set.price_decimals, 1, 10);
    }

    fn limits(&mut self, set: &Limits) {
        self.above_zero("engine.limits.max_xrp", set.max_xrp);
        self.above_zero("engine.limits.max_rlusd", set.max_rlusd);
        self.check(set.min_rlusd >= Rlusd::ZERO, "engine.limits.min_rlusd", set.min_rlusd, "it must not be below 0");
        self.not_above("engine.limits.min_rlusd", set.min_rlusd, "engine.limits.max_rlusd", set.max_rlusd);
        let (least, most) = (Bps::from_whole(1), Bps::from_whole(10_000));
        self.between("engine.limits.max_drawdown_bps", set.max_drawdown_bps, least, most);
        self.above_zero("engine.limits.stale_market_s", set.stale_market_s);
        self.above_zero("engine.limits.max_degraded_s", set.max_degraded_s);
        self.above_zero("engine.limits.burst_fills", set.burst_fills);
        self.above_zero("engine.limits.burst_window_s", set.burst_window_s);
        self.above_zero("engine.limits.truth_check_s", set.truth_check_s);
        self.above_zero("engine.limits.truth_warn_xrp", set.truth_warn_xrp);
        self.not_above(
            "engine.limits.truth_warn_xrp",
            set.truth_warn_xrp,
            "engine.limits.truth_halt_xrp",
            set.truth_halt_xrp,
        );
        self.above_zero("engine.limits.truth_warn_rlusd", set.truth_warn_rlusd);
        let (warn, halt) = (set.truth_warn_rlusd, set.truth_halt_rlusd);
        self.not_above("engine.limits.truth_warn_rlusd", warn, "engine.limits.truth_halt_rlusd", halt);
    }

    fn paper(&mut self, set: &venue::paper::settings::Settings) {
        for wrong in set.out_of_bounds() {
            self.check(false, wrong.key, wrong.value, format!("it must be {}", wrong.rule));
        }
        // Of more than that, or of smaller parts, an amount has more digits than the ledger keeps and a fact can tell.
        let worth = set.start_xrp.to_decimal().checked_mul(set.start_mid.to_decimal());
        let worth = worth.and_then(|worth| worth.checked_add(set.start_rlusd.to_decimal()));
        let allowed =
            format!("with `paper.start_xrp` at `paper.start_mid` it must be worth {MOST_WORTH} RLUSD at most");
        let fits = worth.is_some_and(|worth| worth <= Decimal::from(MOST_WORTH));
        self.check(fits, "paper.start_rlusd", set.start_rlusd, allowed);
        let parts = set.start_rlusd.to_decimal().normalize().scale();
        self.check(parts <= 6, "paper.start_rlusd", set.start_rlusd, "it must not have more than six decimals");
    }

    fn keeper(&mut self, set: &keeper::settings::Settings) {
        self.between("keeper.checkpoint_s", set.checkpoint_s, 1, 86_400);
        self.between("keeper.heartbeat_s", set.heartbeat_s, 1, 3_600);
        self.between("keeper.backup_every_s", set.backup_every_s, 1, 86_400);
        self.between("keeper.journal_stall_s", set.journal_stall_s, 1, 3_600);
        self.between("keeper.store_stall_s", set.store_stall_s, 1, 3_600);
        self.between("keeper.journal_lost_s", set.journal_lost_s, 1, 3_600);
        self.not_above("keeper.journal_stall_s", set.journal_stall_s, "keeper.journal_lost_s", set.journal_lost_s);
    }

    fn log(&mut self, set: &logging::settings::Settings) {
        self.between("log.keep_days", set.keep_days, 1, 36_500);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Drops;

    fn refused(change: impl FnOnce(&mut Config)) -> Vec<&'static str> {
        let mut config = Config::default();
        change(&mut config);
        violations(&config).into_iter().map(|violation| violation.key).collect()
    }

    #[test]
    fn the_defaults_are_possible() {
        assert_eq!(refused(|_| ()), [""; 0]);
    }

    #[test]
    fn quotes_that_would_meet_each_other_are_refused() {
        assert_eq!(refused(|c| c.engine.bid_offset_bps = Bps::from_whole(-14)), ["engine.ask_offset_bps"]);
        assert_eq!(refused(|c| c.engine.bid_offset_bps = Bps::from_whole(-13)), [""; 0]);
    }

    #[test]
    fn an_offset_that_would_make_a_price_of_zero_is_refused() {
        assert_eq!(refused(|c| c.engine.bid_offset_bps = Bps::from_whole(10_000)), ["engine.bid_offset_bps"]);
        assert!(refused(|c| c.engine.ask_offset_bps = Bps::from_whole(-10_000)).contains(&"engine.ask_offset_bps"));
    }

    #[test]
    fn a_least_above_a_most_is_refused_at_the_least() {
        assert_eq!(refused(|c| c.engine.min_order_rlusd = Rlusd::from_whole(16)), ["engine.min_order_rlusd"]);
        assert_eq!(refused(|c| c.engine.limits.truth_warn_xrp = Drops::from_xrp(6)), ["engine.limits.truth_warn_xrp"]);
        assert_eq!(refused(|c| c.paper.min_latency_ms = 901), ["paper.min_latency_ms"]);
    }

    #[test]
    fn a_start_that_no_fact_could_tell_to_the_last_digit_is_refused() {
        let start = |xrp: i64, rlusd: &str| {
            let rlusd: Rlusd = rlusd.parse().unwrap();
            refused(move |c| {
                c.paper.start_xrp = Drops::from_xrp(xrp);
                c.paper.start_rlusd = rlusd;
            })
        };
        assert!(start(0, "0").is_empty() && start(0, "50000").is_empty() && start(30_000, "140.123456").is_empty());
        for (xrp, rlusd) in [(0, "50000.01"), (40_000, "0"), (i64::MAX / 1_000_000, "1"), (100, "0.0000001")] {
            assert_eq!(start(xrp, rlusd), ["paper.start_rlusd"], "{xrp} XRP and {rlusd}");
        }
    }

    #[test]
    fn a_timer_that_would_spin_is_refused() {
        let spinning = refused(|c| {
            c.engine.tick_s = 0;
            c.engine.limits.truth_check_s = 0;
            c.paper.ledger_ms = 0;
            c.keeper.checkpoint_s = 0;
            c.keeper.heartbeat_s = 0;
            c.keeper.backup_every_s = 0;
            c.log.keep_days = 0;
        });
        assert_eq!(
            spinning,
            [
                "engine.tick_s",
                "engine.limits.truth_check_s",
                "paper.ledger_ms",
                "keeper.checkpoint_s",
                "keeper.heartbeat_s",
                "keeper.backup_every_s",
                "log.keep_days"
            ]
        );
    }
}
