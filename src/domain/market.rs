//! The market as we see it: the best levels of the book after a ledger.

use serde::{Deserialize, Serialize};

use super::money::{Bps, Drops, Price};
use super::order::Side;
use super::time::Timestamp;

/// How many levels a side we look at and keep.
pub const DEPTH: usize = 5;

/// What rests at one price, ours included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// RLUSD per XRP.
    pub price: Price,
    /// XRP offered or wanted there by all.
    pub quantity: Drops,
    /// The part of `quantity` that is ours.
    pub ours: Drops,
}

/// The best levels after one ledger, best first, at most [`DEPTH`] a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// The ledger that it was read from.
    pub ledger: u32,
    /// When that ledger closed.
    pub at: Timestamp,
    /// Highest first.
    pub bids: Vec<Level>,
    /// Lowest first.
    pub asks: Vec<Level>,
}

impl Book {
    /// Best bid and best ask, if both sides have one and they do not cross.
    pub fn touch(&self) -> Option<(Price, Price)> {
        let (bid, ask) = (self.bids.first()?.price, self.asks.first()?.price);
        (bid < ask).then_some((bid, ask))
    }

    /// (Best bid + best ask) / 2, or `None` for a book that is one-sided, empty or crossed.
    pub fn mid(&self) -> Option<Price> {
        self.touch().map(|(bid, ask)| Price::midway(bid, ask))
    }

    /// The touch's width in bps of the mid.
    pub fn spread(&self) -> Option<Bps> {
        let (bid, ask) = self.touch()?;
        let mid = Price::midway(bid, ask);
        Some(ask.bps_from(mid) - bid.bps_from(mid))
    }

    /// The best of others' prices on one side: what a quote of ours is measured against.
    pub fn others_best(&self, side: Side) -> Option<Price> {
        let levels = match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        levels.iter().find(|level| level.quantity > level.ours).map(|level| level.price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_of_the_touch_has_a_spread() {
        let level = |ticks| Level { price: Price::new(ticks, 5).unwrap(), quantity: Drops::new(1), ours: Drops::ZERO };
        for width in 1..2_000 {
            let (bids, asks) = (vec![level(141_950)], vec![level(141_950 + width)]);
            let spread = Book { ledger: 1, at: Timestamp::default(), bids, asks }.spread().unwrap();
            assert!(spread > Bps::default(), "{width}");
        }
    }
}
