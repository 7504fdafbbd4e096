//! Stale: how long nothing was heard of the market, and how long we could not prove that we are right.

use std::time::Duration;

use super::{Fired, seconds};
use crate::engine::settings::Limits;

/// Fires when a market that we quote in was silent for longer than `stale_market_s`.
pub(super) fn over(silent: Duration, limits: &Limits) -> Option<Fired> {
    longer(silent, limits.stale_market(), "stale_market")
}

/// Fires when we were degraded for longer than `max_degraded_s`.
pub(super) fn degraded_over(degraded: Duration, limits: &Limits) -> Option<Fired> {
    longer(degraded, limits.max_degraded(), "degraded")
}

fn longer(span: Duration, limit: Duration, guard: &'static str) -> Option<Fired> {
    (span > limit).then(|| Fired { guard, measured: seconds(span), limit: format!("{} s", limit.as_secs()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_still_bearable() {
        assert_eq!(over(Duration::from_secs(30), &Limits::default()), None);
        let fired = over(Duration::from_millis(30_100), &Limits::default()).unwrap();
        assert_eq!((fired.measured.as_str(), fired.limit.as_str()), ("30.1 s", "30 s"));
    }
}
