//! An order's life, from the venue's events to facts, and the gate before the venue: nothing passes it that is not on
//! disk. Nothing here decides what to quote.

mod ending;
mod trouble;

use std::collections::VecDeque;

use crate::domain::account::Account;
use crate::domain::fact::{Fact, Intent, OrderStep, Step};
use crate::domain::fill::Fill;
use crate::domain::mode::Mode;
use crate::domain::money::{Drops, Price, Rlusd};
use crate::domain::order::{OrderId, OrderSpec, Side};
use crate::domain::session::SessionId;
use crate::domain::venue::Request;

use super::Ticket;
use super::state::{State, slot};

/// A cancel without an answer is asked again after this many ledgers; once halted, after [`HALTED_PATIENCE`].
const PATIENCE: u64 = 3;
const HALTED_PATIENCE: u64 = 2;
/// The longest back-off after refusals, in ledgers.
const LONGEST_BACK_OFF: u64 = 32;

/// How far a cancel of an order has come. Asked is not gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancel {
    NotAsked,
    /// Its intent is not yet known to be on disk.
    Intended,
    /// Handed to the venue after this many ledgers.
    Sent {
        at: u64,
    },
    /// The venue found nothing to cancel, after this many ledgers, and has not shown the order's end either.
    FoundNothing {
        at: u64,
    },
}

/// An order whose life is not over, as far as the gate is concerned. The rest of it is in the account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    pub id: OrderId,
    pub side: Side,
    pub price: Price,
    /// After how many ledgers it was handed over; `None` while it is intended.
    pub sent: Option<u64>,
    pub cancel: Cancel,
    /// Whether its silence was told.
    pub missed: bool,
}

/// What waits for its intent to be on disk.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    Submit(OrderId),
    Cancel(OrderId),
}

/// A side's refusals in a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals {
    pub streak: u32,
    pub code: String,
    /// No order before this many ledgers.
    pub until: u64,
}

/// Everything of ours that may be at the venue or on its way.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    session: SessionId,
    last: u32,
    live: Vec<Live>,
    waiting: VecDeque<(Ticket, Waiting)>,
    pub refusals: [Refusals; 2],
    /// Whether the end has begun: cancels are sent without an intent of their own.
    pub ending: bool,
    /// What sales brought above their limit prices: not an exposure that we asked for.
    pub bettered: Rlusd,
}

impl Orders {
    pub fn new(session: SessionId) -> Self {
        Self {
            session,
            last: 0,
            live: Vec::new(),
            waiting: VecDeque::new(),
            refusals: Default::default(),
            ending: false,
            bettered: Rlusd::ZERO,
        }
    }

    /// What a session's facts leave over.
    pub fn left_in(session: SessionId, account: &Account) -> Self {
        let live = account.open_orders().values().map(|order| Live {
            id: order.spec.id,
            side: order.spec.side,
            price: order.spec.price,
            sent: order.status.may_rest().then_some(0),
            cancel: Cancel::NotAsked,
            missed: false,
        });
        // Numbers begin at 1 and every intent takes one.
        let last = account.totals(account.last_fact_at().unwrap_or_default()).orders;
        Self { last, live: live.collect(), ending: account.sealed().is_some(), ..Self::new(session) }
    }

    pub fn live(&self) -> &[Live] {
        &self.live
    }

    pub fn on(&self, side: Side) -> Option<Live> {
        self.live.iter().find(|live| live.side == side).copied()
    }

    pub fn forget(&mut self, id: OrderId) {
        self.live.retain(|live| live.id != id);
    }

    fn get_mut(&mut self, id: OrderId) -> Option<&mut Live> {
        self.live.iter_mut().find(|live| live.id == id)
    }

    fn get(&self, id: OrderId) -> Option<Live> {
        self.live.iter().find(|live| live.id == id).copied()
    }

    /// Whether this session ever intended it.
    fn is_ours(&self, id: OrderId) -> bool {
        id.session == self.session && (1..=self.last).contains(&id.number)
    }

    fn next_recorded(&mut self, ticket: Ticket) -> Option<Waiting> {
        self.waiting.pop_front_if(|(intent, _)| *intent <= ticket).map(|(_, waiting)| waiting)
    }
}

impl State {
    /// Intends a new order; it is sent when that is on disk.
    pub(super) fn place(&mut self, side: Side, price: Price, quantity: Drops) {
        self.orders.last += 1;
        let id = OrderId { session: self.orders.session, number: self.orders.last };
        let ticket = self.record(Fact::Intent(Intent::Submit(OrderSpec { id, side, price, quantity })));
        self.orders.live.push(Live { id, side, price, sent: None, cancel: Cancel::NotAsked, missed: false });
        self.orders.waiting.push_back((ticket, Waiting::Submit(id)));
    }

    /// Takes an order back: one that was never sent is dropped, one that may rest is to be cancelled. Asking for what
    /// was already asked changes nothing, until patience is over.
    pub(super) fn withdraw(&mut self, id: OrderId, why: &str) {
        let Some(live) = self.orders.get(id) else { return };
        if live.sent.is_none() {
            self.orders.waiting.retain(|(_, waiting)| !matches!(waiting, Waiting::Submit(order) if *order == id));
            self.record_step(id, Step::NeverSent);
        } else if live.cancel == Cancel::NotAsked || self.patience_is_over(live.cancel) {
            let ticket = self.record(Fact::Intent(Intent::Cancel { order: id, why: why.to_owned() }));
            if self.modes.is_writing_late() {
                return self.send_cancel(id);
            }
            self.set_cancel(id, Cancel::Intended);
            self.orders.waiting.push_back((ticket, Waiting::Cancel(id)));
        }
    }

    /// Hands over what is on disk up to `ticket`.
    pub(super) fn release(&mut self, ticket: Ticket) {
        // A ticket that was never given out proves nothing about later ones.
        let proven = ticket.min(self.issued);
        while let Some(waiting) = self.orders.next_recorded(proven) {
            match waiting {
                Waiting::Submit(id) => self.send(id),
                Waiting::Cancel(id) => self.send_cancel(id),
            }
        }
    }

    fn send(&mut self, id: OrderId) {
        let Some(spec) = self.account.open_orders().get(&id).map(|order| order.spec.clone()) else { return };
        if let Some(live) = self.orders.get_mut(id) {
            live.sent = Some(self.market.ledgers);
        }
        self.record_step(id, Step::Sent);
        self.request(Request::Submit(spec));
    }

    fn send_cancel(&mut self, id: OrderId) {
        // It may have gone while its cancel was written down.
        if self.orders.get(id).is_some_and(|live| live.sent.is_some()) {
            self.set_cancel(id, Cancel::Sent { at: self.market.ledgers });
            self.record_step(id, Step::CancelSent);
            self.request(Request::Cancel(id));
        }
    }

    /// Facts are written late. A cancel risks nothing, and what rests meanwhile does: none waits for the disk any more.
    pub(super) fn send_waiting_cancels(&mut self) {
        self.orders.waiting.retain(|(_, waiting)| !matches!(waiting, Waiting::Cancel(_)));
        for index in 0..self.orders.live.len() {
            let live = self.orders.live[index];
            if live.cancel == Cancel::Intended {
                self.send_cancel(live.id);
            }
        }
    }

    fn set_cancel(&mut self, id: OrderId, cancel: Cancel) {
        if let Some(live) = self.orders.get_mut(id) {
            live.cancel = cancel;
        }
    }

    pub(super) fn patience_is_over(&self, cancel: Cancel) -> bool {
        let halted = self.mode() == Mode::Halted;
        match cancel {
            Cancel::NotAsked | Cancel::Intended => false,
            Cancel::Sent { at } => self.market.ledgers - at >= if halted { HALTED_PATIENCE } else { PATIENCE },
            // The order may have been overtaken by its own cancel. Once halted every ledger counts.
            Cancel::FoundNothing { at } => self.market.ledgers - at >= if halted { 1 } else { PATIENCE },
        }
    }

    fn record_step(&mut self, order: OrderId, step: Step) {
        self.record(Fact::Order(OrderStep { order, step }));
    }

    pub(super) fn on_rests(&mut self, order: OrderId, ledger: u32, fee: Drops) {
        if let Some(live) = self.orders.get(order) {
            self.orders.refusals[slot(live.side)] = Refusals::default();
        }
        self.on_step(order, |mid| Step::Rests { ledger, fee, mid });
        self.ask_again_if_overtaken(order);
    }

    /// It came to rest behind its own cancel, which is spent: there is nothing more to be patient for.
    fn ask_again_if_overtaken(&mut self, order: OrderId) {
        if !self.orders.get(order).is_some_and(|live| matches!(live.cancel, Cancel::FoundNothing { .. })) {
            return;
        }
        if self.orders.ending {
            self.send_cancel(order);
        } else {
            self.set_cancel(order, Cancel::NotAsked);
        }
    }

    pub(super) fn on_cancelled(&mut self, order: OrderId, ledger: u32, fee: Drops) {
        self.on_step(order, |mid| Step::Cancelled { ledger, fee, mid });
    }

    /// Proves nothing: it was filled and we shall hear of it, or it is yet to arrive.
    pub(super) fn on_found_nothing(&mut self, order: OrderId, ledger: u32, fee: Drops) {
        if self.orders.get(order).is_some_and(|live| matches!(live.cancel, Cancel::Sent { .. })) {
            self.set_cancel(order, Cancel::FoundNothing { at: self.market.ledgers });
        }
        self.on_step(order, |mid| Step::CancelFoundNothing { ledger, fee, mid });
    }

    /// Backs off from that side for twice as long after each refusal in a row.
    pub(super) fn on_refused(&mut self, order: OrderId, ledger: u32, code: String, fee: Drops) {
        if let Some(live) = self.orders.get(order) {
            let refusals = &mut self.orders.refusals[slot(live.side)];
            let streak = refusals.streak + 1;
            let back_off = LONGEST_BACK_OFF.min(1 << streak.min(6));
            *refusals = Refusals { streak, code: code.clone(), until: self.market.ledgers + back_off };
            if streak == trouble::REFUSALS_TO_TELL {
                self.report_refusals(live, &code);
            }
        }
        self.on_step(order, |mid| Step::Refused { ledger, code, fee, mid });
    }

    /// What the venue says of an order of ours is a fact even when the order is over: it may have cost a fee.
    fn on_step(&mut self, order: OrderId, step: impl FnOnce(Price) -> Step) {
        self.guards.value_changed();
        self.wanted.look_again();
        let Some(mid) = self.market.mid else {
            return self.report_stranger(order, "before the first book, so that its fee cannot be valued");
        };
        if !self.orders.is_ours(order) {
            self.report_stranger(order, "which this session never intended");
        }
        self.record_step(order, step(mid));
    }

    /// A fill is ours because the venue's record says so, whatever we thought of its order. The same one counts once.
    pub(super) fn on_fill(&mut self, fill: Fill) {
        if self.account.knows_fill(&fill.id) {
            return;
        }
        match self.account.open_orders().get(&fill.order) {
            Some(order) if fill.side == Side::Sell => {
                let asked = Rlusd::of(fill.quantity, order.spec.price);
                if fill.rlusd > asked {
                    self.orders.bettered += fill.rlusd - asked;
                }
            }
            Some(_) => {}
            None => self.report_stranger(fill.order, "whose life was over, or which this session never intended"),
        }
        self.guards.on_fill(self.now.unwrap_or_default(), fill.side, &self.settings.limits);
        self.wanted.look_again();
        self.record(Fact::Fill(fill));
    }
}
