//! What the engine knows. It changes only in [`super::step`], and its books only by the facts that it records.

use crate::domain::account::{Account, Applied};
use crate::domain::fact::Fact;
use crate::domain::incident::Incident;
use crate::domain::inventory::Inventory;
use crate::domain::mode::Mode;
use crate::domain::money::Price;
use crate::domain::order::Side;
use crate::domain::pnl::Holding;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::domain::venue::Request;

use super::desk::Wanted;
use super::guards::Guards;
use super::market::Market;
use super::mode::{Ask, Modes};
use super::orders::Orders;
use super::settings::Settings;
use super::truth::Truth;
use super::{Effect, Ticket};

/// The engine of one session.
#[derive(Clone, Debug)]
pub struct State {
    pub(super) settings: Settings,
    pub(super) account: Account,
    pub(super) market: Market,
    pub(super) modes: Modes,
    pub(super) orders: Orders,
    pub(super) wanted: Wanted,
    pub(super) truth: Truth,
    pub(super) guards: Guards,
    /// The time of this step; `None` before the first.
    pub(super) now: Option<Timestamp>,
    /// The newest ticket given out.
    pub(super) issued: Ticket,
    /// Incidents of this session so far.
    incidents: u32,
    outbox: Vec<Effect>,
}

impl State {
    /// A session that is about to begin, in [`Mode::Starting`]. It asks for balances on its first input.
    pub fn new(settings: Settings, session: SessionId) -> Self {
        Self::with(settings, Orders::new(session), Account::default(), Modes::starting())
    }

    /// The engine of a session whose engine is gone, rebuilt from the facts of that session. It is [`Mode::Halted`]: it
    /// can cancel and account, and never trades.
    pub fn halted(settings: Settings, session: SessionId, account: Account) -> Self {
        let orders = Orders::left_in(session, &account);
        let mut state = Self::with(settings, orders, account, Modes::halted("rebuilt from its facts, to be closed"));
        state.market.mid = state.account.holding().map(|holding| holding.mid);
        state
    }

    fn with(settings: Settings, orders: Orders, account: Account, modes: Modes) -> Self {
        let incidents = account.totals(Timestamp::default()).incidents;
        Self {
            settings,
            account,
            market: Market::default(),
            modes,
            orders,
            wanted: Wanted::default(),
            truth: Truth::default(),
            guards: Guards::default(),
            now: None,
            issued: Ticket(0),
            incidents,
            outbox: Vec::new(),
        }
    }

    /// The session's books, as its facts tell them.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// What the engine is doing.
    pub fn mode(&self) -> Mode {
        self.modes.mode()
    }

    /// Why, in a sentence without its full stop.
    pub fn mode_why(&self) -> &str {
        self.modes.why()
    }

    /// What the operator has set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The newest mid of a whole book; `None` before the first.
    pub fn mid(&self) -> Option<Price> {
        self.market.mid
    }

    /// The number for the session's next incident, whichever room tells it.
    pub fn next_incident(&self) -> u32 {
        self.incidents + 1
    }

    /// Takes a fact into the books that the session recorded without the engine: its opening, an incident of another
    /// room, a command that is not a [`super::Wish`]. It gets no ticket.
    pub fn take_in(&mut self, at: Timestamp, fact: &Fact) {
        if matches!(fact, Fact::Incident(_)) {
            self.incidents += 1;
        }
        self.apply(at, fact);
    }

    pub(super) fn moment(&self) -> Timestamp {
        self.now.unwrap_or_default()
    }

    /// The one way into the books, and out to the journal.
    pub(super) fn record(&mut self, fact: Fact) -> Ticket {
        let at = self.moment();
        self.apply(at, &fact);
        self.issued.0 += 1;
        self.outbox.push(Effect::Record(fact));
        self.issued
    }

    fn apply(&mut self, at: Timestamp, fact: &Fact) {
        if let Applied::OrderGone(order) = self.account.apply(at, fact) {
            self.orders.forget(order.spec.id);
        }
    }

    pub(super) fn request(&mut self, request: Request) {
        self.outbox.push(Effect::Request(request));
    }

    pub(super) fn emit(&mut self, effect: Effect) {
        self.outbox.push(effect);
    }

    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.outbox)
    }

    /// Records an incident under the session's next number.
    pub(super) fn report(&mut self, mut incident: Incident) {
        self.incidents += 1;
        incident.id = self.incidents;
        self.record(Fact::Incident(incident));
    }

    /// Asks for a change of mode, and records it if there is one.
    pub(super) fn ask(&mut self, ask: Ask, why: String) {
        let now = self.moment();
        if let Some(change) = self.modes.ask(now, ask, why) {
            // A guard's window only counts time in which it applies.
            self.guards.forget_windows();
            self.wanted.look_again();
            self.record(Fact::Mode(change));
        }
    }

    pub(super) fn held(&self) -> Option<Inventory> {
        self.account.inventory()
    }

    pub(super) fn holding(&self) -> Option<Holding> {
        self.account.holding()
    }
}

/// Where a side's things lie in arrays of two.
pub(super) const fn slot(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}
