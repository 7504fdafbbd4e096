//! What we hold by the ledger's own count: independent of our books, so that the two can be compared.

use super::book::{Arrival, Book};
use super::settings::Settings;
use super::ticks::Ticks;
use crate::domain::inventory::Inventory;
use crate::domain::money::{Drops, Rlusd};
use crate::domain::order::Side;

/// Our account on the ledger. Never below zero: an order in the book binds what it offers.
#[derive(Clone, Debug)]
pub(super) struct Purse {
    holding: Inventory,
    fee: Drops,
}

impl Purse {
    /// As a session starts.
    pub(super) fn new(settings: &Settings) -> Self {
        let holding =
            Inventory { xrp: settings.start_xrp.max(Drops::ZERO), rlusd: settings.start_rlusd.max(Rlusd::ZERO) };
        Self { holding, fee: Drops::new(settings.fee_drops.into()) }
    }

    /// What we hold.
    pub(super) fn holding(&self) -> Inventory {
        self.holding
    }

    /// Pays for one transaction, and says how much: the fee, or all unbound XRP if that is less, as on the real ledger.
    pub(super) fn pay_fee(&mut self, book: &Book) -> Drops {
        let fee = self.fee.min(self.unbound_xrp(book));
        self.holding.xrp -= fee;
        fee
    }

    /// Whether we hold what an order offers, besides what our orders in the book offer already.
    pub(super) fn covers(&self, order: Arrival, book: &Book) -> bool {
        match order.side {
            Side::Buy => cost(order.limit, order.quantity) <= self.unbound_rlusd(book),
            Side::Sell => order.quantity <= self.unbound_xrp(book),
        }
    }

    /// Exchanges, and says for how much RLUSD.
    pub(super) fn exchange(&mut self, side: Side, quantity: Drops, price: Ticks) -> Rlusd {
        let rlusd = cost(price, quantity);
        self.holding = match side {
            Side::Buy => self.holding.changed_by(quantity, -rlusd),
            Side::Sell => self.holding.changed_by(-quantity, rlusd),
        };
        rlusd
    }

    fn unbound_xrp(&self, book: &Book) -> Drops {
        self.holding.xrp - book.ours(Side::Sell).map(|(_, quantity)| quantity).sum()
    }

    fn unbound_rlusd(&self, book: &Book) -> Rlusd {
        self.holding.rlusd - book.ours(Side::Buy).map(|(price, quantity)| cost(price, quantity)).sum()
    }
}

fn cost(price: Ticks, quantity: Drops) -> Rlusd {
    Rlusd::of(quantity, price.to_price())
}
