//! A price-time book: the better price first, among equals the older order. Integers only.
//!
//! It matches; it knows nothing of time, chance, fees or who can pay.

use super::ticks::Ticks;
use crate::domain::market::{DEPTH, Level};
use crate::domain::money::{Drops, Price};
use crate::domain::order::{OrderId, Side};

/// Whose an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// One of ours.
    Us(OrderId),
    /// A maker's, by its number. It has at most one order a side.
    Maker(u8),
    /// Of somebody who takes and goes.
    Passer,
}

/// An order as it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Whose it is.
    pub(super) owner: Owner,
    /// Buy or sell.
    pub(super) side: Side,
    /// Its limit.
    pub(super) limit: Ticks,
    /// XRP to trade, above zero.
    pub(super) quantity: Drops,
}

/// What becomes of that part of an arriving order that finds no match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remainder {
    /// It stays in the book.
    Rests,
    /// It is dropped.
    Lapses,
}

/// One side of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Party {
    /// Whose order.
    pub(super) owner: Owner,
    /// Which piece of that order this trade was, from 1 on.
    pub(super) piece: u32,
}

/// What happened when an arriving order met one that rested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// They traded, at the price of the one that rested.
    Traded {
        /// The one that arrived.
        taker: Party,
        /// The one that rested.
        maker: Party,
        /// On which side the taker was.
        taker_side: Side,
        /// The price.
        price: Ticks,
        /// XRP exchanged.
        quantity: Drops,
    },
    /// Both belonged to one owner, so the older was taken out: nobody trades with himself.
    Withdrawn(Owner),
}

/// Both sides of a market.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    bids: Vec<Resting>,
    asks: Vec<Resting>,
}

/// An order in the book. The book holds few enough that a sorted vector beats every tree.
#[derive(Clone, Copy, Debug)]
struct Resting {
    owner: Owner,
    price: Ticks,
    remaining: Drops,
    pieces: u32,
}

impl Owner {
    /// All our orders are one owner's.
    fn is_same_account(self, other: Self) -> bool {
        match (self, other) {
            (Self::Us(_), Self::Us(_)) => true,
            (Self::Maker(one), Self::Maker(another)) => one == another,
            _ => false,
        }
    }

    const fn is_us(self) -> bool {
        matches!(self, Self::Us(_))
    }
}

/// Whether an order on `side` at `price` comes before one at `other`.
fn is_better(side: Side, price: Ticks, other: Ticks) -> bool {
    match side {
        Side::Buy => price > other,
        Side::Sell => price < other,
    }
}

impl Book {
    /// Lets an order in: it takes what its limit reaches, best price first and oldest first, and then rests or lapses.
    pub(super) fn arrive(&mut self, order: Arrival, remainder: Remainder) -> Vec<Meeting> {
        let Arrival { owner, side, limit, quantity } = order;
        let facing = self.half_mut(side.opposite());
        let (mut left, mut pieces, mut exhausted) = (quantity, 0, 0);
        let mut meetings = Vec::new();
        for rests in facing.iter_mut() {
            if left <= Drops::ZERO || is_better(side.opposite(), limit, rests.price) {
                break;
            }
            if owner.is_same_account(rests.owner) {
                meetings.push(Meeting::Withdrawn(rests.owner));
                exhausted += 1;
                continue;
            }
            let traded = left.min(rests.remaining);
            left -= traded;
            rests.remaining -= traded;
            rests.pieces += 1;
            pieces += 1;
            meetings.push(Meeting::Traded {
                taker: Party { owner, piece: pieces },
                maker: Party { owner: rests.owner, piece: rests.pieces },
                taker_side: side,
                price: rests.price,
                quantity: traded,
            });
            exhausted += usize::from(rests.remaining == Drops::ZERO);
        }
        // Orders are used up from the front, so what is exhausted is a prefix.
        facing.drain(..exhausted);
        if left > Drops::ZERO && remainder == Remainder::Rests {
            self.rest(side, Resting { owner, price: limit, remaining: left, pieces });
        }
        meetings
    }

    /// Takes an owner's orders out; says whether there was one.
    pub(super) fn withdraw(&mut self, owner: Owner) -> bool {
        let before = self.bids.len() + self.asks.len();
        for half in [&mut self.bids, &mut self.asks] {
            half.retain(|rests| rests.owner != owner);
        }
        self.bids.len() + self.asks.len() < before
    }

    /// How many orders rest.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.bids.len() + self.asks.len()
    }

    /// Half-way between the best bid and the best ask, if there are both.
    pub(super) fn mid(&self) -> Option<Price> {
        let (bid, ask) = (self.bids.first()?, self.asks.first()?);
        Some(Price::midway(bid.price.to_price(), ask.price.to_price()))
    }

    /// What an order on `side` with this limit would find: all XRP within its reach.
    pub(super) fn within_reach(&self, side: Side, limit: Ticks) -> Drops {
        let facing = self.half(side.opposite()).iter();
        facing.take_while(|rests| !is_better(side.opposite(), limit, rests.price)).map(|rests| rests.remaining).sum()
    }

    /// What is left of our orders on one side: limit and XRP.
    pub(super) fn ours(&self, side: Side) -> impl Iterator<Item = (Ticks, Drops)> {
        self.half(side).iter().filter(|rests| rests.owner.is_us()).map(|rests| (rests.price, rests.remaining))
    }

    /// The best levels of one side, best first, with our part marked.
    pub(super) fn levels(&self, side: Side) -> Vec<Level> {
        let by_price = self.half(side).chunk_by(|one, next| one.price == next.price);
        let level = |orders: &[Resting]| Level {
            price: orders[0].price.to_price(),
            quantity: orders.iter().map(|rests| rests.remaining).sum(),
            ours: orders.iter().filter(|rests| rests.owner.is_us()).map(|rests| rests.remaining).sum(),
        };
        by_price.take(DEPTH).map(level).collect()
    }

    fn half(&self, side: Side) -> &[Resting] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn half_mut(&mut self, side: Side) -> &mut Vec<Resting> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn rest(&mut self, side: Side, order: Resting) {
        let half = self.half_mut(side);
        let place = half.partition_point(|rests| !is_better(side, order.price, rests.price));
        half.insert(place, order);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::session::SessionId;

    fn us(number: u32) -> Owner {
        Owner::Us(OrderId { session: SessionId(1), number })
    }

    fn order(owner: Owner, side: Side, ticks: i64, drops: i64) -> Arrival {
        Arrival { owner, side, limit: Ticks::new(ticks), quantity: Drops::new(drops) }
    }

    /// Owner of what rested, ticks and drops of each trade.
    fn trades(meetings: &[Meeting]) -> Vec<(Owner, i64, i64)> {
        let trade = |meeting: &Meeting| match *meeting {
            Meeting::Traded { maker, price, quantity, .. } => Some((maker.owner, price.get(), quantity.get())),
            Meeting::Withdrawn(_) => None,
        };
        meetings.iter().filter_map(trade).collect()
    }

    fn total(book: &Book) -> i64 {
        book.bids.iter().chain(&book.asks).map(|rests| rests.remaining.get()).sum()
    }

    #[test]
    fn the_better_price_goes_first_and_among_equals_the_older() {
        let mut book = Book::default();
        for (number, ticks) in [(1, 101), (2, 100), (3, 101), (4, 100)] {
            book.arrive(order(Owner::Maker(number), Side::Sell, ticks, 5), Remainder::Rests);
        }
        let met = book.arrive(order(Owner::Passer, Side::Buy, 101, 17), Remainder::Lapses);
        let expected = [(2, 100, 5), (4, 100, 5), (1, 101, 5), (3, 101, 2)];
        assert_eq!(trades(&met), expected.map(|(number, ticks, drops)| (Owner::Maker(number), ticks, drops)));
    }

    #[test]
    fn a_taker_pays_the_price_of_what_rests_and_no_more_than_its_limit() {
        let mut book = Book::default();
        book.arrive(order(Owner::Maker(1), Side::Buy, 100, 5), Remainder::Rests);
        book.arrive(order(Owner::Maker(2), Side::Buy, 98, 5), Remainder::Rests);
        let met = book.arrive(order(us(1), Side::Sell, 99, 8), Remainder::Rests);
        assert_eq!(trades(&met), [(Owner::Maker(1), 100, 5)]);
        assert_eq!(book.ours(Side::Sell).collect::<Vec<_>>(), [(Ticks::new(99), Drops::new(3))]);
    }

    #[test]
    fn the_pieces_of_an_order_are_counted_from_its_arrival_to_its_end() {
        let mut book = Book::default();
        book.arrive(order(Owner::Maker(1), Side::Sell, 100, 2), Remainder::Rests);
        let taken = book.arrive(order(us(1), Side::Buy, 100, 6), Remainder::Rests);
        let given = book.arrive(order(Owner::Passer, Side::Sell, 100, 3), Remainder::Lapses);
        assert!(matches!(taken[..], [Meeting::Traded { taker: Party { piece: 1, .. }, .. }]), "{taken:?}");
        assert!(matches!(given[..], [Meeting::Traded { maker: Party { piece: 2, .. }, .. }]), "{given:?}");
    }

    #[test]
    fn what_a_passer_does_not_find_lapses() {
        let mut book = Book::default();
        assert_eq!(book.arrive(order(Owner::Passer, Side::Buy, 100, 5), Remainder::Lapses), []);
        assert_eq!(total(&book), 0);
    }

    #[test]
    fn nobody_trades_with_himself() {
        let mut book = Book::default();
        book.arrive(order(us(1), Side::Sell, 100, 5), Remainder::Rests);
        book.arrive(order(Owner::Maker(1), Side::Sell, 101, 5), Remainder::Rests);
        let met = book.arrive(order(us(2), Side::Buy, 101, 7), Remainder::Rests);
        assert_eq!(met[0], Meeting::Withdrawn(us(1)));
        assert_eq!(trades(&met), [(Owner::Maker(1), 101, 5)]);
        assert_eq!(total(&book), 2);
    }

    #[test]
    fn only_what_rests_can_be_withdrawn() {
        let mut book = Book::default();
        book.arrive(order(us(1), Side::Buy, 100, 5), Remainder::Rests);
        assert!(!book.withdraw(us(2)));
        assert!(book.withdraw(us(1)));
        assert!(!book.withdraw(us(1)));
    }

    #[test]
    fn a_level_adds_up_its_orders_and_marks_ours() {
        let mut book = Book::default();
        book.arrive(order(Owner::Maker(1), Side::Buy, 142_000, 5), Remainder::Rests);
        book.arrive(order(us(1), Side::Buy, 142_000, 3), Remainder::Rests);
        let price = "1.42".parse().unwrap();
        assert_eq!(book.levels(Side::Buy), [Level { price, quantity: Drops::new(8), ours: Drops::new(3) }]);
    }

    #[test]
    fn no_more_levels_are_shown_than_are_looked_at() {
        let mut book = Book::default();
        for ticks in 1..=9 {
            book.arrive(order(us(1), Side::Buy, ticks, 5), Remainder::Rests);
        }
        let best: Vec<_> = book.levels(Side::Buy).iter().map(|level| level.price.to_string()).collect();
        assert_eq!(best, ["0.00009", "0.00008", "0.00007", "0.00006", "0.00005"]);
    }

    fn arrivals() -> impl Strategy<Value = Vec<(u8, bool, i64, i64)>> {
        prop::collection::vec((0_u8..6, any::<bool>(), 90_i64..110, 1_i64..50), 1..80)
    }

    proptest! {
        #[test]
        fn every_drop_that_arrives_is_traded_withdrawn_or_rests(arrivals in arrivals()) {
            let mut book = Book::default();
            for (maker, buys, ticks, drops) in arrivals {
                let side = if buys { Side::Buy } else { Side::Sell };
                let before = total(&book);
                let own_before: i64 = book.half(side.opposite()).iter()
                    .filter(|rests| rests.owner == Owner::Maker(maker)).map(|rests| rests.remaining.get()).sum();
                let met = book.arrive(order(Owner::Maker(maker), side, ticks, drops), Remainder::Rests);
                let own_after: i64 = book.half(side.opposite()).iter()
                    .filter(|rests| rests.owner == Owner::Maker(maker)).map(|rests| rests.remaining.get()).sum();
                let traded: i64 = trades(&met).iter().map(|trade| trade.2).sum();
                // Each trade takes its quantity from what arrived and from what rested.
                prop_assert_eq!(total(&book), before + drops - 2 * traded - (own_before - own_after));
            }
        }

        #[test]
        fn a_book_is_never_crossed_and_always_sorted(arrivals in arrivals()) {
            let mut book = Book::default();
            for (maker, buys, ticks, drops) in arrivals {
                let side = if buys { Side::Buy } else { Side::Sell };
                book.arrive(order(Owner::Maker(maker), side, ticks, drops), Remainder::Rests);
                prop_assert!(book.bids.is_sorted_by(|one, next| one.price >= next.price));
                prop_assert!(book.asks.is_sorted_by(|one, next| one.price <= next.price));
                if let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) {
                    prop_assert!(bid.price < ask.price);
                }
                prop_assert!(book.bids.iter().chain(&book.asks).all(|rests| rests.remaining > Drops::ZERO));
            }
        }
    }
}
