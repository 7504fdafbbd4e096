//! Exposure: how much we hold of either asset.

use crate::domain::halt::HaltReason;
use crate::domain::inventory::Inventory;
use crate::domain::money::Rlusd;

use super::Fired;
use crate::engine::settings::Limits;

/// Which cap is passed, if one is. `bettered` is what the market paid above our own asks: those were sized to fit, so
/// being paid better is not an exposure that anybody took.
pub(super) fn over(held: Inventory, bettered: Rlusd, limits: &Limits) -> Option<(HaltReason, Fired)> {
    if held.xrp > limits.max_xrp {
        let (measured, limit) = (format!("{} XRP", held.xrp), format!("{} XRP", limits.max_xrp));
        return Some((HaltReason::RiskXrpExposure, Fired { guard: "xrp_exposure", measured, limit }));
    }
    // Added only when it matters: it hardly ever does.
    if held.rlusd > limits.max_rlusd && held.rlusd > limits.max_rlusd + bettered {
        let (measured, limit) = (format!("{} RLUSD", held.rlusd), format!("{} RLUSD", limits.max_rlusd));
        return Some((HaltReason::RiskRlusdExposure, Fired { guard: "rlusd_exposure", measured, limit }));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Drops;

    fn over_with(xrp: &str, rlusd: &str, bettered: &str) -> Option<HaltReason> {
        let held = Inventory { xrp: xrp.parse().unwrap(), rlusd: rlusd.parse().unwrap() };
        over(held, bettered.parse().unwrap(), &Limits::default()).map(|(reason, _)| reason)
    }

    #[test]
    fn a_cap_may_be_reached_and_not_passed() {
        assert_eq!(over_with("150", "150", "0"), None);
        assert_eq!(over_with("150.000001", "0", "0"), Some(HaltReason::RiskXrpExposure));
        assert_eq!(over_with("0", "150.000001", "0"), Some(HaltReason::RiskRlusdExposure));
    }

    #[test]
    fn being_paid_better_than_asked_is_no_exposure() {
        assert_eq!(over_with("1", "150.02", "0.02"), None);
        assert_eq!(over_with("1", "150.03", "0.02"), Some(HaltReason::RiskRlusdExposure));
    }

    #[test]
    fn it_says_what_was_measured_against_what() {
        let held = Inventory { xrp: Drops::from_xrp(151), rlusd: Rlusd::ZERO };
        let (_, fired) = over(held, Rlusd::ZERO, &Limits::default()).unwrap();
        assert_eq!((fired.measured.as_str(), fired.limit.as_str()), ("151.000000 XRP", "150.000000 XRP"));
    }
}
