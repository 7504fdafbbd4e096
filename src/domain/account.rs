//! One session's account, kept from its facts alone.
//!
//! The engine decides by it, the runner closes by it, a later start recovers by it. Replaying a session's facts into an
//! empty account gives the same account, so what can be shown live can be shown for ever.

use std::collections::{BTreeMap, HashSet};

use super::fact::{EndBegun, Fact, Intent, OrderStep, SessionOpened, Step, Totals, TruthCheck, Verdict};
use super::fill::Fill;
use super::inventory::Inventory;
use super::mode::{Mode, ModeChange};
use super::money::{Drops, Price, Rlusd, Value};
use super::order::{Gone, Order, OrderId, OrderStatus, Side};
use super::pnl::{Holding, ProfitAndLoss};
use super::time::Timestamp;

/// A session as its facts tell it.
#[derive(Clone, Debug, Default)]
pub struct Account {
    opened: Option<(Timestamp, Box<SessionOpened>)>,
    pnl: Option<ProfitAndLoss>,
    last_truth: Option<TruthCheck>,
    open: BTreeMap<OrderId, Order>,
    fills_seen: HashSet<String>,
    capital_seen: HashSet<String>,
    counts: Counts,
    mode: Mode,
    quoting_since: Option<Timestamp>,
    sealed: Option<(Timestamp, EndBegun)>,
    ended: bool,
    last_fact_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    bought: u32,
    sold: u32,
    notional: Value,
    spread: Value,
    orders: u32,
    cancelled: u32,
    quoting_ms: u64,
    incidents: u32,
}

/// What a fact did to the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It changed the account, or needed not to.
    Counted,
    /// The same fill or movement was counted before: nothing was counted twice.
    Duplicate,
    /// An order's life is over; this is all that is known of it.
    OrderGone(Box<Order>),
}

impl Account {
    /// Takes in one fact that happened at `at`. Facts of one session come in the order of their numbers.
    pub fn apply(&mut self, at: Timestamp, fact: &Fact) -> Applied {
        self.last_fact_at = Some(self.last_fact_at.map_or(at, |last| last.max(at)));
        match fact {
            Fact::SessionOpened(opened) => self.opened = Some((at, opened.clone())),
            Fact::Truth(truth) => self.truth(truth),
            Fact::Intent(intent) => self.intent(at, intent),
            Fact::Order(step) => return self.step(at, step),
            Fact::Fill(fill) => return self.fill(at, fill),
            Fact::Capital(capital) => {
                if !self.capital_seen.insert(capital.id.clone()) {
                    return Applied::Duplicate;
                }
                if let Some(pnl) = &mut self.pnl {
                    pnl.capital(capital);
                }
            }
            Fact::Mode(change) => self.change_mode(at, change),
            Fact::Incident(_) => self.counts.incidents += 1,
            Fact::EndBegun(seal) => self.seal(at, seal),
            Fact::SessionClosed(_) | Fact::SessionRecovered(_) => self.ended = true,
            // Another engine's sessions have rows, and no account.
            Fact::Guard(_) | Fact::Command(_) | Fact::Restored(_) | Fact::Adopted(_) | Fact::Backfilled(_) => {}
        }
        Applied::Counted
    }

    fn truth(&mut self, truth: &TruthCheck) {
        if self.pnl.is_none() && truth.verdict == Verdict::Opening {
            self.pnl = Some(ProfitAndLoss::starting_with(truth.venue, truth.mid));
        }
        self.last_truth = Some(truth.clone());
    }

    fn intent(&mut self, at: Timestamp, intent: &Intent) {
        match intent {
            Intent::Submit(spec) => {
                self.counts.orders += 1;
                self.open.insert(spec.id, Order::intended(spec.clone(), at));
            }
            Intent::Cancel { order, .. } => self.ask_cancel(at, *order),
        }
    }

    fn ask_cancel(&mut self, at: Timestamp, order: OrderId) {
        if let Some(order) = self.open.get_mut(&order) {
            order.cancel_asked_at = Some(at);
        }
    }

    fn step(&mut self, at: Timestamp, step: &OrderStep) -> Applied {
        self.charge(&step.step);
        let status = match &step.step {
            Step::Sent => OrderStatus::Sent,
            Step::Rests { .. } => OrderStatus::Resting,
            Step::Refused { .. } => OrderStatus::Gone(Gone::Refused),
            Step::Cancelled { .. } => OrderStatus::Gone(Gone::Cancelled),
            Step::NeverSent => OrderStatus::Gone(Gone::NeverSent),
            Step::VenueEnded => OrderStatus::Gone(Gone::VenueEnded),
            Step::CancelSent => {
                self.ask_cancel(at, step.order);
                return Applied::Counted;
            }
            Step::CancelFoundNothing { .. } => return Applied::Counted,
        };
        let Some(order) = self.open.get_mut(&step.order) else { return Applied::Counted };
        order.updated_at = at;
        if let Step::Rests { ledger, .. } = step.step {
            order.resting_since = Some(ledger);
        }
        // A part may be filled on arrival, before the rest of it is said to rest.
        let touched = order.filled > Drops::ZERO && status == OrderStatus::Resting;
        order.status = if touched { OrderStatus::PartiallyFilled } else { status };
        if status == OrderStatus::Gone(Gone::Cancelled) {
            self.counts.cancelled += 1;
        }
        self.remove_if_gone(step.order)
    }

    fn charge(&mut self, step: &Step) {
        let (fee, mid) = match step {
            Step::Rests { fee, mid, .. }
            | Step::Refused { fee, mid, .. }
            | Step::Cancelled { fee, mid, .. }
            | Step::CancelFoundNothing { fee, mid, .. } => (*fee, *mid),
            Step::Sent | Step::CancelSent | Step::NeverSent | Step::VenueEnded => return,
        };
        if let Some(pnl) = &mut self.pnl {
            pnl.fee(fee, mid);
        }
    }

    fn fill(&mut self, at: Timestamp, fill: &Fill) -> Applied {
        if !self.fills_seen.insert(fill.id.clone()) {
            return Applied::Duplicate;
        }
        if let Some(pnl) = &mut self.pnl {
            pnl.fill(fill);
        }
        match fill.side {
            Side::Buy => self.counts.bought += 1,
            Side::Sell => self.counts.sold += 1,
        }
        self.counts.notional += fill.notional();
        self.counts.spread += fill.spread_profit();
        let Some(order) = self.open.get_mut(&fill.order) else { return Applied::Counted };
        order.filled += fill.quantity;
        order.exchanged += fill.rlusd;
        order.updated_at = at;
        order.status = if order.remaining() > Drops::ZERO {
            OrderStatus::PartiallyFilled
        } else {
            OrderStatus::Gone(Gone::Filled)
        };
        self.remove_if_gone(fill.order)
    }

    fn remove_if_gone(&mut self, id: OrderId) -> Applied {
        if !self.open.get(&id).is_some_and(|order| order.status.is_gone()) {
            return Applied::Counted;
        }
        self.open.remove(&id).map_or(Applied::Counted, |order| Applied::OrderGone(Box::new(order)))
    }

    fn change_mode(&mut self, at: Timestamp, change: &ModeChange) {
        self.stop_counting_quoting(at);
        self.quoting_since = (change.to == Mode::Quoting).then_some(at);
        self.mode = change.to;
    }

    fn stop_counting_quoting(&mut self, at: Timestamp) {
        if let Some(since) = self.quoting_since.take() {
            self.counts.quoting_ms += u64::try_from(at.since(since).as_millis()).unwrap_or(u64::MAX);
        }
    }

    fn seal(&mut self, at: Timestamp, seal: &EndBegun) {
        self.stop_counting_quoting(at);
        self.mode = Mode::Halted;
        if let (Some(pnl), Some(holding)) = (&mut self.pnl, &seal.holding) {
            pnl.mark(holding.mid);
        }
        for order in &seal.cancels {
            self.ask_cancel(at, *order);
        }
        if self.sealed.is_none() {
            self.sealed = Some((at, seal.clone()));
        }
    }

    /// The mid moved: what we hold is worth something else now.
    pub fn mark(&mut self, mid: Price) {
        if let Some(pnl) = &mut self.pnl {
            pnl.mark(mid);
        }
    }

    /// How the session began, and when; `None` before its first fact.
    pub fn opened(&self) -> Option<(Timestamp, &SessionOpened)> {
        self.opened.as_ref().map(|(at, opened)| (*at, &**opened))
    }

    /// Profit and loss; `None` until the first truth check says what we hold.
    pub fn pnl(&self) -> Option<&ProfitAndLoss> {
        self.pnl.as_ref()
    }

    /// What we hold by our books; `None` until the first truth check.
    pub fn inventory(&self) -> Option<Inventory> {
        self.pnl.as_ref().map(ProfitAndLoss::inventory)
    }

    /// What we hold, valued at the newest mid; `None` until the first truth check.
    pub fn holding(&self) -> Option<Holding> {
        self.pnl.as_ref().map(ProfitAndLoss::holding)
    }

    /// The newest truth check.
    pub fn last_truth(&self) -> Option<&TruthCheck> {
        self.last_truth.as_ref()
    }

    /// Orders whose life is not over, by id.
    pub fn open_orders(&self) -> &BTreeMap<OrderId, Order> {
        &self.open
    }

    /// Whether an order may rest at the venue, as far as the facts go.
    pub fn anything_may_rest(&self) -> bool {
        self.open.values().any(|order| order.status.may_rest())
    }

    /// What the orders that may rest could still buy and sell: XRP to come in, RLUSD to come in.
    pub fn resting_exposure(&self) -> (Drops, Rlusd) {
        let mut incoming = (Drops::ZERO, Rlusd::ZERO);
        for order in self.open.values() {
            match order.spec.side {
                Side::Buy => incoming.0 += order.remaining(),
                Side::Sell => incoming.1 += Rlusd::of(order.remaining(), order.spec.price),
            }
        }
        incoming
    }

    /// Whether a fill with this id was counted.
    pub fn knows_fill(&self, id: &str) -> bool {
        self.fills_seen.contains(id)
    }

    /// The mode that the facts tell.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The seal, and when, if the end has begun.
    pub fn sealed(&self) -> Option<(Timestamp, &EndBegun)> {
        self.sealed.as_ref().map(|(at, seal)| (*at, seal))
    }

    /// Whether the session was closed, by itself or by a later start.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// When the newest fact happened.
    pub fn last_fact_at(&self) -> Option<Timestamp> {
        self.last_fact_at
    }

    /// How many fills bought and sold XRP.
    pub fn fills(&self) -> (u32, u32) {
        (self.counts.bought, self.counts.sold)
    }

    /// How long quotes were wanted until `now`, in milliseconds.
    pub fn quoting_ms(&self, now: Timestamp) -> u64 {
        let running = self.quoting_since.map_or(0, |since| now.since(since).as_millis());
        self.counts.quoting_ms.saturating_add(u64::try_from(running).unwrap_or(u64::MAX))
    }

    /// The notional-weighted mean of the realized spreads, in bps; zero without fills.
    pub fn volume_weighted_spread(&self) -> super::money::Bps {
        self.counts.spread.bps_of(self.counts.notional)
    }

    /// What the session came to, as of `now`.
    pub fn totals(&self, now: Timestamp) -> Totals {
        let pnl = self.pnl.as_ref();
        Totals {
            starting: pnl.map(ProfitAndLoss::starting),
            ending: pnl.map(ProfitAndLoss::holding),
            split: pnl.map(ProfitAndLoss::split).unwrap_or_default(),
            capital: pnl.map(ProfitAndLoss::capital_moved).unwrap_or_default(),
            bought: self.counts.bought,
            sold: self.counts.sold,
            notional: self.counts.notional,
            orders: self.counts.orders,
            cancelled: self.counts.cancelled,
            quoting_ms: self.quoting_ms(now),
            incidents: self.counts.incidents,
        }
    }
}

#[cfg(test)]
mod tests;
