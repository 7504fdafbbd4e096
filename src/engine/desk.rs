//! The desk: what is wanted meets what is there. At most one order a side is alive, and the next is only placed when the
//! one before is proven gone.
//!
//! A resting quote is renewed when its price is off by more than `requote_bps`, when less than half of the wanted size is
//! left of it, or when limits no longer allow what is left. An order that is on its way is left alone until it rests,
//! unless the engine stops quoting: a cancel that overtakes its order proves nothing.

use crate::domain::inventory::Inventory;
use crate::domain::mode::Mode;
use crate::domain::money::Drops;
use crate::domain::order::{OrderStatus, Side};

use super::orders::{Cancel, Live};
use super::quote::{self, Quote, Reference, Withheld};
use super::state::{State, slot};

/// An order that is not answered for this many ledgers is told as an incident and asked to be cancelled.
pub(super) const SILENCE: u64 = 5;

/// The quotes that are wanted, and from what they were made.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub quotes: [Result<Quote, Withheld>; 2],
    made_from: Option<(Reference, Inventory)>,
    look: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { quotes: [Err(Withheld::OneSided); 2], made_from: None, look: true }
    }
}

impl Wanted {
    /// Something changed that may matter to the desk.
    pub fn look_again(&mut self) {
        self.look = true;
    }
}

impl State {
    /// Brings what is there nearer to what is wanted.
    pub(super) fn tend(&mut self) {
        if !std::mem::take(&mut self.wanted.look) {
            return;
        }
        match self.mode() {
            Mode::Halted if self.orders.ending => self.chase_cancels(),
            Mode::Quoting => {
                self.want();
                self.tend_side(Side::Buy);
                self.tend_side(Side::Sell);
            }
            mode => self.clear_out(mode),
        }
    }

    /// Works out the wanted quotes, if anything that they are made from has changed.
    fn want(&mut self) {
        let Some((reference, held)) = self.market.reference.zip(self.held()) else {
            self.wanted.quotes = [Err(Withheld::OneSided); 2];
            self.wanted.made_from = None;
            return;
        };
        if self.market_age().is_none_or(|age| age > self.settings.limits.stale_market()) {
            self.wanted.quotes = [Err(Withheld::OldBook); 2];
            self.wanted.made_from = None;
            return;
        }
        if self.wanted.made_from != Some((reference, held)) {
            self.wanted.quotes = quote::quotes(&self.settings, reference, held);
            self.wanted.made_from = Some((reference, held));
        }
    }

    fn tend_side(&mut self, side: Side) {
        let wanted = self.wanted.quotes[slot(side)];
        if let Some(live) = self.orders.on(side) {
            if live.cancel != Cancel::NotAsked {
                self.withdraw(live.id, "the cancel before was not answered");
            } else if let Some(why) = self.unwanted(&live, wanted) {
                self.withdraw(live.id, why);
            }
        }
        let backs_off = self.market.ledgers < self.orders.refusals[slot(side)].until;
        if let Ok(quote) = wanted
            && !backs_off
            && self.orders.on(side).is_none()
        {
            self.place(side, quote.price, quote.quantity);
        }
    }

    /// Why an order should go, if it should.
    fn unwanted(&mut self, live: &Live, wanted: Result<Quote, Withheld>) -> Option<&'static str> {
        let order = self.account.open_orders().get(&live.id)?;
        let (status, remaining) = (order.status, order.remaining());
        if status == OrderStatus::Sent {
            let silent = self.market.ledgers - live.sent?;
            return (silent >= SILENCE).then(|| {
                self.report_silence(*live, silent);
                "no answer from the venue"
            });
        }
        let Ok(quote) = wanted else { return Some("this side is withheld") };
        if quote::is_off(live.price, quote.price, self.settings.requote_bps) {
            Some("off the wanted price")
        } else if remaining > quote.most && remaining > self.allowed(live) {
            Some("larger than the limits allow")
        } else if remaining.get() < quote.quantity.get() / 2 {
            Some("mostly filled")
        } else {
            None
        }
    }

    /// The most that may still be promised at an order's own price.
    fn allowed(&self, live: &Live) -> Drops {
        self.held().map_or(Drops::ZERO, |held| quote::most(&self.settings, held, live.price, live.side).0)
    }

    fn clear_out(&mut self, mode: Mode) {
        let why = match mode {
            Mode::Paused => "the operator paused",
            Mode::Idle => "the market is one-sided",
            Mode::Halted => "the session ends",
            Mode::Starting | Mode::Quoting | Mode::Degraded => "we cannot prove that we are right",
        };
        // Withdrawing one that was never sent takes it out of the list: from the end, no other moves.
        for index in (0..self.orders.live().len()).rev() {
            self.withdraw(self.orders.live()[index].id, why);
        }
    }
}
