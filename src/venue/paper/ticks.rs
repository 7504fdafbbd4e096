//! Prices inside this room: whole ticks. Exact money becomes ticks at the border, and back, without a loss.

use rust_decimal::Decimal;

use crate::domain::money::{Price, Toward};
use crate::domain::order::Side;

/// Decimals of a tick.
pub(super) const DECIMALS: u32 = 5;

/// A price in ticks of 0.00001 RLUSD per XRP, above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticks(i64);

impl Ticks {
    /// From a number of ticks; less than one is one.
    pub(super) fn new(ticks: i64) -> Self {
        Self(ticks.max(1))
    }

    /// The number of ticks.
    pub(super) const fn get(self) -> i64 {
        self.0
    }

    /// The limit of an order, put on the tick that gives nothing away; `None` beyond 64 bits.
    pub(super) fn of_limit(price: Price, side: Side) -> Option<Self> {
        let toward = match side {
            Side::Buy => Toward::Lower,
            Side::Sell => Toward::Higher,
        };
        let on_tick = price.to_tick(DECIMALS, toward).to_decimal();
        let ticks = on_tick.checked_mul(Decimal::from(10_i64.pow(DECIMALS)))?;
        i64::try_from(ticks).ok().map(Self::new)
    }

    /// As exact money.
    pub(super) fn to_price(self) -> Price {
        Price::new(self.0, DECIMALS).expect("a tick is at least one, so a price")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_limit_finer_than_a_tick_gives_nothing_away() {
        let price = "1.418625".parse().unwrap();
        assert_eq!(Ticks::of_limit(price, Side::Buy), Some(Ticks(141_862)));
        assert_eq!(Ticks::of_limit(price, Side::Sell), Some(Ticks(141_863)));
    }

    #[test]
    fn a_limit_beyond_all_prices_is_no_tick() {
        assert_eq!(Ticks::of_limit("9999999999999999".parse().unwrap(), Side::Buy), None);
    }

    proptest! {
        #[test]
        fn ticks_become_money_and_ticks_again(ticks in 1..i64::MAX / 1_000_000) {
            let ticks = Ticks::new(ticks);
            prop_assert_eq!(Ticks::of_limit(ticks.to_price(), Side::Buy), Some(ticks));
            prop_assert_eq!(Ticks::of_limit(ticks.to_price(), Side::Sell), Some(ticks));
        }
    }
}
