//! Where the mid goes: calm most of the time, drifting for a few minutes now and then, sometimes with gaps.
//!
//! The walk is counted in thousandths of a basis point from where it started, so it feels the same at every price. It is
//! pulled back to its start, gently: a day stays sane, ten minutes do not notice.

use super::chance::{Chance, Stream};
use super::ticks::Ticks;
use crate::domain::money::Price;
use crate::domain::order::Side;

/// One step of the walk, and one chance for each trader to act, in milliseconds.
pub(super) const SLOT_MS: i64 = 500;

/// Thousandths of a basis point in the whole.
const WHOLE: i64 = 10_000_000;

/// One basis point.
pub(super) const BPS: i64 = 1_000;

/// Lowest and highest price that a walk can start from: 0.01 and 10 000 RLUSD.
const START: (i64, i64) = (1_000, 1_000_000_000);

/// No walk goes further from its start: 15 %.
const FARTHEST: i64 = 1_500 * BPS;

/// Part of the distance to the start that each slot takes back.
const PULL: i64 = 40_000;

/// The walk of one session.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    chance: Chance,
    start: Ticks,
    offset: i64,
    regime: Regime,
}

/// What kind of market it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Regime {
    /// Small steps, no direction.
    Calm,
    /// A drift of this much each slot, for so many slots more.
    Trending { drift: i64, slots: i64 },
    /// Gaps, for so many slots more.
    Jumping { slots: i64 },
}

impl Walk {
    /// A calm walk from `start`, or from the nearest price that a walk can start from.
    pub(super) fn new(start: Price, seed: u64) -> Self {
        let ticks = Ticks::of_limit(start, Side::Buy).map_or(START.1, Ticks::get).clamp(START.0, START.1);
        Self { chance: Chance::new(seed, Stream::Walk), start: Ticks::new(ticks), offset: 0, regime: Regime::Calm }
    }

    /// Goes on for one slot.
    pub(super) fn step(&mut self) {
        self.regime = self.next_regime();
        let (reach, push) = match self.regime {
            Regime::Calm => (300, 0),
            Regime::Trending { drift, .. } => (400, drift),
            Regime::Jumping { .. } => (450, self.gap()),
        };
        let stride = self.chance.bell(reach) + push - self.offset / PULL;
        self.offset = (self.offset + stride).clamp(-FARTHEST, FARTHEST);
    }

    /// The price so many thousandths of a basis point away from the mid: below it for a bid, above it for an ask. Never
    /// nearer than asked.
    pub(super) fn price_at(&self, side: Side, distance: i64) -> Ticks {
        // At most 10⁹ ticks × 2 × 10⁷: within 64 bits.
        let mid = self.start.get() * (WHOLE + self.offset) / WHOLE;
        let distance = distance.clamp(0, WHOLE);
        Ticks::new(match side {
            Side::Buy => mid * (WHOLE - distance) / WHOLE,
            Side::Sell => (mid * (WHOLE + distance) + WHOLE - 1) / WHOLE,
        })
    }

    /// The side that those take who follow the drift, while there is one.
    pub(super) fn lean(&self) -> Option<Side> {
        match self.regime {
            Regime::Trending { drift, .. } => Some(if drift > 0 { Side::Buy } else { Side::Sell }),
            Regime::Calm | Regime::Jumping { .. } => None,
        }
    }

    fn next_regime(&mut self) -> Regime {
        match self.regime {
            Regime::Calm if self.chance.one_in(1_400) => {
                let slots = self.chance.between(240, 600);
                let drift = self.chance.between(10 * BPS, 40 * BPS) / slots;
                Regime::Trending { drift: if self.chance.one_in(2) { drift } else { -drift }, slots }
            }
            Regime::Calm if self.chance.one_in(1_800) => Regime::Jumping { slots: self.chance.between(60, 240) },
            Regime::Trending { drift, slots } if slots > 1 => Regime::Trending { drift, slots: slots - 1 },
            Regime::Jumping { slots } if slots > 1 => Regime::Jumping { slots: slots - 1 },
            Regime::Calm | Regime::Trending { .. } | Regime::Jumping { .. } => Regime::Calm,
        }
    }

    /// A gap of 5 to 20 bps, seldom; else nothing.
    fn gap(&mut self) -> i64 {
        if !self.chance.one_in(80) {
            return 0;
        }
        let gap = self.chance.between(5 * BPS, 20 * BPS);
        if self.chance.one_in(2) { gap } else { -gap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: usize = 86_400_000 / 500;

    fn walk(seed: u64) -> Walk {
        Walk::new("1.42".parse().unwrap(), seed)
    }

    #[test]
    fn a_day_stays_within_a_fifth_of_its_start() {
        for seed in 0..20 {
            let mut walk = walk(seed);
            for _ in 0..DAY {
                walk.step();
                assert!(
                    (113_600..=170_400).contains(&walk.price_at(Side::Buy, 0).get()),
                    "seed {seed}: {:?}",
                    walk.price_at(Side::Buy, 0)
                );
            }
        }
    }

    #[test]
    fn a_day_is_mostly_calm_and_has_trends_and_jumps() {
        let mut walk = walk(1);
        let (mut calm, mut trending, mut jumping) = (0, 0, 0);
        for _ in 0..DAY {
            walk.step();
            match walk.regime {
                Regime::Calm => calm += 1,
                Regime::Trending { .. } => trending += 1,
                Regime::Jumping { .. } => jumping += 1,
            }
        }
        assert!(calm > DAY / 2 && trending > DAY / 20 && jumping > DAY / 50, "{calm} {trending} {jumping}");
    }

    #[test]
    fn a_walk_moves() {
        let mut walk = walk(1);
        (0..1_200).for_each(|_| walk.step());
        assert_ne!(walk.offset, 0);
    }

    #[test]
    fn a_price_is_never_nearer_to_the_mid_than_asked() {
        let walk = walk(1);
        assert_eq!(walk.price_at(Side::Buy, 4 * BPS), Ticks::new(141_943));
        assert_eq!(walk.price_at(Side::Sell, 4 * BPS), Ticks::new(142_057));
    }

    proptest! {
        #[test]
        fn a_walk_from_anywhere_has_prices(start in 1_i64.., scale in 0_u32..=18, seed: u64) {
            let mut walk = Walk::new(Price::new(start, scale).unwrap(), seed);
            for _ in 0..50 {
                walk.step();
                prop_assert!(walk.price_at(Side::Buy, 60 * BPS) < walk.price_at(Side::Sell, 60 * BPS));
            }
        }
    }
}
