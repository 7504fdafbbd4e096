//! Drawdown: how much of the starting value is lost.

use rust_decimal::Decimal;

use crate::domain::halt::HaltReason;
use crate::domain::pnl::ProfitAndLoss;

use super::Fired;
use crate::engine::settings::Limits;

/// Fires when the profit so far is below −`max_drawdown_bps` of the starting value. Capital moved is not profit.
pub(super) fn over(pnl: &ProfitAndLoss, limits: &Limits) -> Option<(HaltReason, Fired)> {
    let profit = pnl.split().profit();
    let starting = pnl.starting().value;
    let allowed = limits.max_drawdown_bps.to_decimal() * starting.to_decimal();
    if profit.to_decimal() * Decimal::from(10_000) >= -allowed {
        return None;
    }
    let lost = (-profit.bps_of(starting).to_decimal()).round_dp(1);
    let measured = format!("{lost} bps, {} RLUSD", profit.to_decimal().round_dp(6));
    Some((
        HaltReason::RiskDrawdown,
        Fired { guard: "drawdown", measured, limit: format!("{} bps", limits.max_drawdown_bps) },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::inventory::Inventory;
    use crate::domain::money::{Drops, Rlusd};

    #[test]
    fn three_percent_may_be_lost_and_not_a_drop_more() {
        let start = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(100) };
        let mut pnl = ProfitAndLoss::starting_with(start, "1".parse().unwrap());
        pnl.mark("0.94".parse().unwrap());
        assert_eq!(over(&pnl, &Limits::default()), None);
        pnl.mark("0.939999".parse().unwrap());
        let (reason, fired) = over(&pnl, &Limits::default()).unwrap();
        assert_eq!(reason, HaltReason::RiskDrawdown);
        assert_eq!(fired.measured, "300.0 bps, -6.0001 RLUSD");
    }
}
