//! Every limit with what is used of it.

use rust_decimal::Decimal;

use super::LimitView;
use crate::domain::money::{Drops, Rlusd};
use crate::domain::time::Timestamp;
use crate::engine::guards::seconds;
use crate::engine::state::State;

impl State {
    /// Only what can be measured is there: before the first truth check there is no exposure to show.
    pub(super) fn limit_views(&self, now: Timestamp) -> Vec<LimitView> {
        let limits = &self.settings.limits;
        let mut views = Vec::with_capacity(5);
        if let Some(pnl) = self.account.pnl() {
            let held = pnl.inventory();
            views.push(xrp(held.xrp, limits.max_xrp));
            views.push(rlusd(
                "RLUSD",
                held.rlusd,
                limits.max_rlusd,
                permille(held.rlusd.to_decimal(), limits.max_rlusd.to_decimal()),
            ));
            let floor_used = permille(limits.min_rlusd.to_decimal(), held.rlusd.to_decimal());
            views.push(rlusd("floor", held.rlusd, limits.min_rlusd, floor_used));
            let profit = pnl.split().profit().bps_of(pnl.starting().value).to_decimal();
            let lost = (-profit).max(Decimal::ZERO);
            let allowed = limits.max_drawdown_bps.to_decimal();
            views.push(LimitView {
                name: "drawdown",
                measured: format!("{:.1}", percent(lost)),
                limit: format!("{:.1} %", percent(allowed)),
                used_permille: permille(lost, allowed),
            });
        }
        if let Some(news) = self.market.news_at {
            let age = now.since(news);
            let used = age.as_millis() * 1_000 / limits.stale_market().as_millis().max(1);
            views.push(LimitView {
                name: "market",
                measured: seconds(age).trim_end_matches(" s").to_owned(),
                limit: format!("{} s", limits.stale_market_s),
                used_permille: u32::try_from(used).unwrap_or(u32::MAX),
            });
        }
        views
    }
}

fn xrp(held: Drops, limit: Drops) -> LimitView {
    let (held, limit) = (held.to_decimal(), limit.to_decimal());
    LimitView {
        name: "XRP",
        measured: format!("{held:.1}"),
        limit: format!("{} XRP", limit.normalize()),
        used_permille: permille(held, limit),
    }
}

fn rlusd(name: &'static str, held: Rlusd, limit: Rlusd, used_permille: u32) -> LimitView {
    LimitView { name, measured: format!("{:.1}", held.to_decimal()), limit: format!("{limit} RLUSD"), used_permille }
}

fn percent(bps: Decimal) -> Decimal {
    bps / Decimal::ONE_HUNDRED
}

/// `part / whole` in thousandths, rounded down; all that can be shown if there is no whole.
fn permille(part: Decimal, whole: Decimal) -> u32 {
    if part <= Decimal::ZERO {
        return 0;
    }
    let used = part.checked_mul(Decimal::ONE_THOUSAND).and_then(|part| part.checked_div(whole));
    used.filter(|used| !used.is_sign_negative()).and_then(|used| u32::try_from(used.floor()).ok()).unwrap_or(u32::MAX)
}
