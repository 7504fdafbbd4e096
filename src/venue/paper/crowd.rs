//! The other traders: makers who renew their orders around the walking mid, passers who take and go, and far away a
//! wall that never gives in, so that the book always has two sides.

use std::ops::RangeInclusive;

use super::book::{Arrival, Owner};
use super::chance::{Chance, Stream};
use super::walk::{BPS, SLOT_MS, Walk};
use crate::domain::money::{Drops, Price};
use crate::domain::order::Side;
use crate::domain::time::Timestamp;

/// A transaction of somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// A maker takes its orders out and places these.
    Renew {
        /// Which maker.
        maker: u8,
        /// Its new bid, if it wants one.
        bid: Option<Arrival>,
        /// Its new ask, if it wants one.
        ask: Option<Arrival>,
    },
    /// Somebody takes what is there.
    Take(Arrival),
}

/// All the others.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    chance: Chance,
    walk: Walk,
    opened_at: Timestamp,
    slot: i64,
    makers: Vec<Maker>,
    last_passer: Side,
}

/// Who quotes, and how.
#[derive(Clone, Debug)]
struct Maker {
    number: u8,
    distance: i64,
    xrp: RangeInclusive<i64>,
    renewed: i64,
}

/// The wall's number among the makers.
const WALL: u8 = 0;

/// How far the wall stands from the mid.
const WALL_DISTANCE: i64 = 60 * BPS;

/// What it always has left, on each side.
const WALL_QUANTITY: Drops = Drops::from_xrp(25_000);

/// Distance from the mid in thousandths of a basis point, and XRP, smallest and largest. So the touch of the others is
/// about 6 to 16 bps wide, and a quote 10 to 14 bps from the mid stands two or three levels behind it.
const MAKERS: [(i64, i64, i64); 7] = [
    (4_000, 15, 70),
    (6_500, 20, 110),
    (9_000, 30, 160),
    (13_000, 60, 250),
    (18_000, 80, 400),
    (26_000, 150, 600),
    (38_000, 300, 900),
];

/// Out of 1 000 slots, those in which a maker renews its orders.
const RENEWS: u64 = 220;

/// After so many slots a maker's orders have expired, and it renews them.
const EXPIRES: i64 = 60;

/// Out of 1 000 renewals, those in which a maker leaves one side empty.
const ABSTAINS: u64 = 180;

/// Out of 1 000 slots, those in which somebody comes to take.
const COMES: u64 = 170;

/// Out of 1 000 passers, those who take the likely side.
const LIKELY: u64 = 620;

/// How far from the mid a passer still takes.
const PATIENCE: i64 = 45 * BPS;

/// How much passers take: how many out of 100 are in this row or above, and XRP, smallest and largest. Many small, few
/// large.
const SIZES: [(u64, i64, i64); 5] = [(52, 2, 20), (79, 20, 80), (92, 80, 200), (98, 200, 400), (100, 400, 900)];

impl Crowd {
    /// The crowd around a mid that starts at `start`.
    pub(super) fn new(start: Price, seed: u64, opened_at: Timestamp) -> Self {
        let makers = MAKERS.iter().zip(WALL + 1..);
        let maker = |(&(distance, low, high), number)| Maker { number, distance, xrp: low..=high, renewed: 0 };
        Self {
            chance: Chance::new(seed, Stream::Crowd),
            walk: Walk::new(start, seed),
            opened_at,
            slot: 0,
            makers: makers.map(maker).collect(),
            last_passer: Side::Sell,
        }
    }

    /// What makes the first book: every maker places its orders.
    pub(super) fn open(&mut self) -> Vec<Deed> {
        (0..self.makers.len()).map(|maker| self.renew(maker)).collect()
    }

    /// What the others send up to the ledger that closes at `close`, in the order of sending.
    pub(super) fn act(&mut self, close: Timestamp) -> Vec<Deed> {
        let until = close.as_millis().saturating_sub(self.opened_at.as_millis()) / SLOT_MS;
        let mut deeds = Vec::new();
        while self.slot < until {
            self.slot += 1;
            self.walk.step();
            for maker in 0..self.makers.len() {
                let expired = self.slot - self.makers[maker].renewed >= EXPIRES;
                if self.chance.per_mille(RENEWS) || expired {
                    deeds.push(self.renew(maker));
                }
            }
            if self.chance.per_mille(COMES) {
                deeds.push(self.take());
            }
        }
        deeds
    }

    /// The wall's order on one side, which it places anew at the end of every ledger. Its quantity is what is to be left
    /// of it: whatever has come to stand beyond the wall it takes as well.
    pub(super) fn wall(&self, side: Side) -> Arrival {
        let limit = self.walk.price_at(side, WALL_DISTANCE);
        Arrival { owner: Owner::Maker(WALL), side, limit, quantity: WALL_QUANTITY }
    }

    fn renew(&mut self, maker: usize) -> Deed {
        self.makers[maker].renewed = self.slot;
        let maker = self.makers[maker].clone();
        let (bid, ask) = (self.quote(&maker, Side::Buy), self.quote(&maker, Side::Sell));
        Deed::Renew { maker: maker.number, bid, ask }
    }

    fn quote(&mut self, maker: &Maker, side: Side) -> Option<Arrival> {
        if self.chance.per_mille(ABSTAINS) {
            return None;
        }
        let distance = self.chance.between(maker.distance * 4 / 5, maker.distance * 6 / 5);
        let limit = self.walk.price_at(side, distance);
        let quantity = self.quantity(*maker.xrp.start(), *maker.xrp.end());
        Some(Arrival { owner: Owner::Maker(maker.number), side, limit, quantity })
    }

    fn take(&mut self) -> Deed {
        // The crowd follows a drift; without one it leans against the last passer, who moved the price.
        let likely = self.walk.lean().unwrap_or(self.last_passer.opposite());
        let side = if self.chance.per_mille(LIKELY) { likely } else { likely.opposite() };
        self.last_passer = side;
        let limit = self.walk.price_at(side.opposite(), PATIENCE);
        Deed::Take(Arrival { owner: Owner::Passer, side, limit, quantity: self.size() })
    }

    /// How much a passer wants.
    fn size(&mut self) -> Drops {
        let drawn = self.chance.below(100);
        let row = SIZES.iter().find(|(up_to, ..)| drawn < *up_to);
        let &(_, low, high) = row.unwrap_or(&SIZES[0]);
        self.quantity(low, high)
    }

    /// Between so many XRP and so many, to the drop.
    fn quantity(&mut self, low: i64, high: i64) -> Drops {
        Drops::new(self.chance.between(Drops::from_xrp(low).get(), Drops::from_xrp(high).get()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_795_372_800_000);

    fn crowd() -> Crowd {
        Crowd::new("1.42".parse().unwrap(), 1, START)
    }

    #[test]
    fn no_maker_is_silent_for_longer_than_its_orders_last() {
        let mut crowd = crowd();
        crowd.open();
        for second in 1..=3_600 {
            crowd.act(START + Duration::from_secs(second));
            assert!(crowd.makers.iter().all(|maker| crowd.slot - maker.renewed < EXPIRES));
        }
    }

    #[test]
    fn what_the_crowd_does_depends_on_the_time_and_not_on_how_it_is_cut() {
        let (mut whole, mut cut) = (crowd(), crowd());
        let hour = |crowd: &mut Crowd, step: usize| -> Vec<Deed> {
            let seconds = (step..=3_600).step_by(step);
            seconds.flat_map(|second| crowd.act(START + Duration::from_secs(second as u64))).collect()
        };
        assert_eq!(hour(&mut whole, 3_600), hour(&mut cut, 4));
    }

    #[test]
    fn passers_take_both_sides_about_as_often_and_mostly_little() {
        let taken: Vec<Arrival> = crowd()
            .act(START + Duration::from_hours(10))
            .into_iter()
            .filter_map(|deed| match deed {
                Deed::Take(order) => Some(order),
                Deed::Renew { .. } => None,
            })
            .collect();
        let buys = taken.iter().filter(|order| order.side == Side::Buy).count() * 100 / taken.len();
        let small = taken.iter().filter(|order| order.quantity < Drops::from_xrp(80)).count() * 100 / taken.len();
        assert!((44..=56).contains(&buys), "{buys} % buy");
        assert!((75..=83).contains(&small), "{small} % are small");
    }
}
