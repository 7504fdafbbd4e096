//! Guards: what is measured against which limit, and what follows. One file a guard; each measures, none acts.
//!
//! A guard's window only counts time in which it applies: every change of mode makes the windows begin anew.

pub(super) mod burst;
mod drawdown;
mod exposure;
mod stale;

use std::time::Duration;

use crate::domain::fact::{Fact, GuardFired};
use crate::domain::halt::{Cause, HaltReason};
use crate::domain::mode::{Asker, Mode};
use crate::domain::order::Side;
use crate::domain::time::Timestamp;

use super::Effect;
use super::mode::{Ask, Trouble};
use super::settings::Limits;
use super::state::State;

use burst::Burst;

/// A guard that found its limit passed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fired {
    guard: &'static str,
    measured: String,
    limit: String,
}

/// What the guards remember.
#[derive(Clone, Debug, Default)]
pub(super) struct Guards {
    pub burst: Burst,
    /// Whether a fill came since the guards looked.
    filled: Option<Side>,
    /// Whether what we hold, or the mid, changed since.
    value_changed: bool,
}

impl Guards {
    pub fn value_changed(&mut self) {
        self.value_changed = true;
    }

    pub fn on_fill(&mut self, now: Timestamp, side: Side, limits: &Limits) {
        self.value_changed = true;
        self.filled = Some(side);
        self.burst.on_fill(now, side, limits);
    }

    pub fn forget_windows(&mut self) {
        self.burst.forget();
    }
}

impl State {
    /// Lets every guard look at what may have changed for it.
    pub(super) fn watch(&mut self) {
        let filled = self.guards.filled.take();
        match self.mode() {
            Mode::Halted => return,
            Mode::Quoting => {
                self.watch_market();
                if let Some(side) = filled {
                    self.watch_burst(side);
                }
            }
            Mode::Idle => self.watch_idle(filled),
            Mode::Paused => self.watch_idle(None),
            Mode::Degraded => self.watch_degraded(),
            Mode::Starting => {}
        }
        if std::mem::take(&mut self.guards.value_changed) {
            self.watch_value();
        }
    }

    fn watch_value(&mut self) {
        let Some(pnl) = self.account.pnl() else { return };
        let limits = &self.settings.limits;
        let over = exposure::over(pnl.inventory(), self.orders.bettered, limits);
        if let Some((reason, fired)) = over.or_else(|| drawdown::over(pnl, limits)) {
            self.fire_and_halt(reason, fired);
        }
    }

    /// How long ago the newest book came; `None` before the first.
    pub(super) fn market_age(&self) -> Option<Duration> {
        self.market.news_at.map(|news| self.moment().since(news))
    }

    fn watch_market(&mut self) {
        let heard = self.market.news_at.map_or(self.modes.since(), |news| news.max(self.modes.since()));
        if let Some(fired) = stale::over(self.moment().since(heard), &self.settings.limits) {
            let why = format!("no news of the market for {} (limit {})", fired.measured, fired.limit);
            self.fire(fired, "cancels all and stops quoting");
            self.truth.ask_anew();
            self.ask(Ask::Degrade { trouble: Trouble::StaleMarket, news: self.market.news }, why);
        }
    }

    fn watch_burst(&mut self, side: Side) {
        if let Some(fired) = self.guards.burst.over(side, &self.settings.limits) {
            let until = self.moment() + self.settings.limits.burst_window();
            let why = format!("the market is one-sided: {} (limit {})", fired.measured, fired.limit);
            self.fire(fired, "cancels all and idles for the window");
            self.guards.burst.set_off(side);
            self.ask(Ask::Idle { until }, why);
        }
    }

    /// A further fill on the side that set the idling off makes it begin anew.
    fn watch_idle(&mut self, filled: Option<Side>) {
        let Some(until) = self.modes.idle_until() else { return };
        let now = self.moment();
        if filled.is_some() && filled == self.guards.burst.side() {
            let until = now + self.settings.limits.burst_window();
            self.ask(Ask::Idle { until }, "that side was filled again".to_owned());
        } else if now >= until {
            self.ask(Ask::Calm, "the side was not filled again within the window".to_owned());
        }
    }

    fn watch_degraded(&mut self) {
        let Some(fired) = stale::degraded_over(self.moment().since(self.modes.since()), &self.settings.limits) else {
            return;
        };
        let troubles = self.modes.troubles();
        let reason = if troubles.iter().any(|trouble| matches!(trouble, Trouble::DiskFull | Trouble::Stall)) {
            HaltReason::StoreFailure
        } else if troubles.contains(&Trouble::StaleMarket) {
            HaltReason::RiskStaleMarket
        } else if troubles.contains(&Trouble::Truth) {
            HaltReason::InventoryTruthHalt
        } else {
            HaltReason::EngineRequestedHalt
        };
        self.fire_and_halt(reason, fired);
    }

    fn fire(&mut self, fired: Fired, action: &str) {
        let Fired { guard, measured, limit } = fired;
        self.record(Fact::Guard(GuardFired { guard: guard.to_owned(), measured, limit, action: action.to_owned() }));
    }

    /// Halted is final and unwatched, so this happens once.
    fn fire_and_halt(&mut self, reason: HaltReason, fired: Fired) {
        let detail = format!("{} {} (limit {})", fired.guard, fired.measured, fired.limit);
        self.fire(fired, "ends the session");
        self.ask(Ask::Halt(Asker::Guard), detail.clone());
        self.emit(Effect::Halt(Cause { reason, detail, at: self.moment() }));
    }
}

/// Seconds with one decimal: `31.2 s`.
pub(super) fn seconds(span: Duration) -> String {
    let tenths = span.as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}
