//! A small ledger in memory: a price-time book, ledgers that close every few seconds, other traders.
//!
//! It exists so that a session can be watched, tested and replayed without a network, and it is shaped like the XRP
//! Ledger where that hurts a market maker. No clock, no I/O, no float, and no chance but the seed's: the same seed with
//! the same requests at the same moments gives the same events, byte for byte, on every machine, no matter how often it
//! is asked for news in between.
//!
//! # The model
//!
//! - **Ledgers.** The first is there at the start, with a full book. The next closes a second later, and from then on
//!   one every [`Settings::ledger_ms`]. Each close tells, in this order: [`VenueEvent::Ledger`], what happened to us in
//!   the order of application, [`VenueEvent::Book`].
//! - **Latency.** A request takes between the least and the greatest latency to arrive. A transaction that arrives
//!   before a close is applied in that ledger, else in a later one. Requests overtake each other.
//! - **Order.** Order of arrival is not order of application: all transactions of a ledger, ours and the others', are
//!   shuffled and then applied one after another. So a cancel can come after the fill, or even before the order that it
//!   is meant for: then [`VenueEvent::CancelFoundNothing`] says that it touched nothing, which proves nothing.
//! - **Orders.** An accepted order is first told by [`VenueEvent::Rests`], with its fee, and then each exchange by a
//!   [`VenueEvent::Filled`], also when it was taken entirely on arrival. An arriving order takes what its limit reaches
//!   at the prices of what rests; the remainder rests. If it meets an older order of ours, that one is taken out first:
//!   [`VenueEvent::Cancelled`], without a fee.
//! - **Funds.** An order binds what it offers, so all that rests is funded. One that we cannot cover in full is refused
//!   with `tecUNFUNDED_OFFER`. (The real ledger is laxer: it binds nothing, and takes orders that are covered in part.)
//! - **Fees.** Every transaction that gets into a ledger costs [`Settings::fee_drops`], a refused one and a cancel that
//!   found nothing too. If less than that is unbound, it costs what is. Malformed orders (nothing or less to trade, more
//!   than RLUSD 100 000, an id used before) get into no ledger: `temBAD_OFFER` and `tefPAST_SEQ` cost nothing, and are
//!   told as soon as they arrive, with the newest ledger's number.
//! - **Fills.** Ids are `39-12.1`, `39-12.2`, … for the pieces of order 39-12. The mid of a fill is the book's mid just
//!   before the transaction that brought it; if a side is missing then, the last one known.
//! - **Balances.** [`Request::Balances`] is answered when it arrives, as of the newest ledger: all that was told until
//!   then is in it, and nothing else.
//! - **The others.** Makers renew orders around a walking mid, passers take, see `crowd` and `walk`. They never run
//!   out of money. Beyond 60 bps from the mid stands a wall, so both sides are never empty after a ledger.

mod book;
mod chance;
mod crowd;
mod purse;
pub mod settings;
mod ticks;
mod walk;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

use self::book::{Arrival, Book, Meeting, Owner, Remainder};
use self::chance::{Chance, Stream};
use self::crowd::{Crowd, Deed};
use self::purse::Purse;
use self::settings::Settings;
use self::ticks::Ticks;
use self::wire::{Question, Transaction, Wire};
use super::Venue;
use crate::domain::fill::Fill;
use crate::domain::market;
use crate::domain::money::{Drops, Price, Toward};
use crate::domain::order::{OrderId, Side};
use crate::domain::time::Timestamp;
use crate::domain::venue::{Request, VenueEvent, VenueKind};

/// The number of the first ledger: near those of the real one, and easy to know.
pub const FIRST_LEDGER: u32 = 95_600_000;

/// From the start to the first close: life is to be seen at once.
const FIRST_CLOSE: Duration = Duration::from_secs(1);

/// The ledger in memory.
#[derive(Debug)]
pub struct Paper {
    every: Duration,
    wire: Wire,
    crowd: Crowd,
    order: Chance,
    purse: Purse,
    book: Book,
    /// The last one known.
    mid: Price,
    /// The newest ledger; `None` before the start.
    ledger: Option<u32>,
    next_close: Timestamp,
}

/// One transaction of a ledger.
enum Entry {
    Ours(Transaction),
    Theirs(Deed),
}

impl Paper {
    /// A ledger that begins at `session_start`. Settings that [`Settings::check`] would refuse are taken as the nearest
    /// that it would not.
    pub fn new(settings: &Settings, seed: u64, session_start: Timestamp) -> Self {
        let settings = settings.within_bounds();
        Self {
            every: Duration::from_millis(settings.ledger_ms.into()),
            wire: Wire::new(&settings, seed),
            crowd: Crowd::new(settings.start_mid, seed, session_start),
            order: Chance::new(seed, Stream::Order),
            purse: Purse::new(&settings),
            book: Book::default(),
            mid: settings.start_mid.to_tick(ticks::DECIMALS, Toward::Lower),
            ledger: None,
            next_close: session_start,
        }
    }

    /// Closes the next ledger and tells what it brought.
    fn close(&mut self) -> Vec<VenueEvent> {
        let closed_at = self.next_close;
        let (index, theirs, wait) = match self.ledger {
            None => (FIRST_LEDGER, self.crowd.open(), self.every.min(FIRST_CLOSE)),
            Some(newest) => (newest.saturating_add(1), self.crowd.act(closed_at), self.every),
        };
        self.next_close = closed_at + wait;
        self.ledger = Some(index);

        let mut news = vec![VenueEvent::Ledger { index, closed_at }];
        let ours = self.wire.take_transactions(closed_at).into_iter().map(Entry::Ours);
        let mut entries: Vec<Entry> = ours.chain(theirs.into_iter().map(Entry::Theirs)).collect();
        self.order.shuffle(&mut entries);
        for entry in entries {
            self.mid = self.book.mid().unwrap_or(self.mid);
            match entry {
                Entry::Ours(Transaction::Submit(order, arrival)) => self.submit(index, order, arrival, &mut news),
                Entry::Ours(Transaction::Cancel(order)) => news.push(self.cancel(index, order)),
                Entry::Theirs(deed) => self.carry_out(index, deed, &mut news),
            }
        }
        self.renew_wall(index, &mut news);
        news.push(VenueEvent::Book(self.snapshot(index, closed_at)));
        news
    }

    fn submit(&mut self, ledger: u32, order: OrderId, arrival: Arrival, news: &mut Vec<VenueEvent>) {
        let fee = self.purse.pay_fee(&self.book);
        if !self.purse.covers(arrival, &self.book) {
            let code = "tecUNFUNDED_OFFER".to_owned();
            news.push(VenueEvent::Refused { order, ledger, code, fee });
            return;
        }
        news.push(VenueEvent::Rests { order, ledger, fee });
        self.arrive(ledger, arrival, Remainder::Rests, news);
    }

    fn cancel(&mut self, ledger: u32, order: OrderId) -> VenueEvent {
        let fee = self.purse.pay_fee(&self.book);
        if self.book.withdraw(Owner::Us(order)) {
            VenueEvent::Cancelled { order, ledger, fee }
        } else {
            VenueEvent::CancelFoundNothing { order, ledger, fee }
        }
    }

    fn carry_out(&mut self, ledger: u32, deed: Deed, news: &mut Vec<VenueEvent>) {
        match deed {
            Deed::Take(order) => self.arrive(ledger, order, Remainder::Lapses, news),
            Deed::Renew { maker, bid, ask } => {
                self.book.withdraw(Owner::Maker(maker));
                for order in [bid, ask].into_iter().flatten() {
                    self.arrive(ledger, order, Remainder::Rests, news);
                }
            }
        }
    }

    fn renew_wall(&mut self, ledger: u32, news: &mut Vec<VenueEvent>) {
        self.mid = self.book.mid().unwrap_or(self.mid);
        let walls = [Side::Buy, Side::Sell].map(|side| self.crowd.wall(side));
        self.book.withdraw(walls[0].owner);
        for wall in walls {
            let quantity = wall.quantity + self.book.within_reach(wall.side, wall.limit);
            self.arrive(ledger, Arrival { quantity, ..wall }, Remainder::Rests, news);
        }
    }

    /// Lets an order into the book, and tells what that did to us.
    fn arrive(&mut self, ledger: u32, order: Arrival, remainder: Remainder, news: &mut Vec<VenueEvent>) {
        for meeting in self.book.arrive(order, remainder) {
            match meeting {
                Meeting::Traded { taker, maker, taker_side, price, quantity } => {
                    for (party, side) in [(taker, taker_side), (maker, taker_side.opposite())] {
                        if let Owner::Us(order) = party.owner {
                            let fill = self.fill(ledger, order, party.piece, side, price, quantity);
                            news.push(VenueEvent::Filled(fill));
                        }
                    }
                }
                Meeting::Withdrawn(Owner::Us(order)) => {
                    news.push(VenueEvent::Cancelled { order, ledger, fee: Drops::ZERO });
                }
                Meeting::Withdrawn(Owner::Maker(_) | Owner::Passer) => {}
            }
        }
    }

    fn fill(&mut self, ledger: u32, order: OrderId, piece: u32, side: Side, price: Ticks, quantity: Drops) -> Fill {
        let rlusd = self.purse.exchange(side, quantity, price);
        // Every price times every quantity here is above zero, so there is always a price from the amounts.
        let price = Price::from_amounts(rlusd, quantity).unwrap_or_else(|| price.to_price());
        Fill { id: format!("{order}.{piece}"), order, side, price, quantity, rlusd, mid: self.mid, ledger }
    }

    fn answer(&self, question: Question, ledger: u32) -> VenueEvent {
        match question {
            Question::Balances => VenueEvent::Balances { inventory: self.purse.holding(), ledger },
            Question::Malformed(order, code) => {
                VenueEvent::Refused { order, ledger, code: code.to_owned(), fee: Drops::ZERO }
            }
        }
    }

    fn snapshot(&self, ledger: u32, at: Timestamp) -> market::Book {
        market::Book { ledger, at, bids: self.book.levels(Side::Buy), asks: self.book.levels(Side::Sell) }
    }
}

impl Venue for Paper {
    fn kind(&self) -> VenueKind {
        VenueKind::Paper
    }

    fn request(&mut self, now: Timestamp, request: Request) {
        self.wire.send(now, request);
    }

    fn due(&self) -> Timestamp {
        let question = self.wire.next_question().filter(|_| self.ledger.is_some());
        question.map_or(self.next_close, |question| question.min(self.next_close))
    }

    fn advance(&mut self, now: Timestamp) -> Vec<VenueEvent> {
        let mut news = Vec::new();
        while self.due() <= now {
            // A question that arrives with a close finds that ledger closed.
            let arrived = self.wire.next_question().is_some_and(|question| question < self.next_close);
            match (self.ledger, arrived) {
                (Some(ledger), true) => {
                    let question = self.wire.take_question();
                    news.extend(question.map(|question| self.answer(question, ledger)));
                }
                (None, _) | (Some(_), false) => news.extend(self.close()),
            }
        }
        news
    }
}
