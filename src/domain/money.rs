//! Exact money: XRP in drops, RLUSD and prices as decimals. No float, no silent rounding.
//!
//! Sums, differences and products here are exact or they panic: within the limits that parsing enforces they cannot
//! overflow for holdings that one operator can have, and a wrong number must never travel on. There is one rounding of
//! amounts, [`Rlusd::of`], and there are two of prices, [`Price::from_amounts`] and [`Price::to_tick`]; each is named
//! where it is used.

mod text;

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::{Decimal, RoundingStrategy};
use thiserror::Error;

/// Drops in one XRP.
pub const DROPS_PER_XRP: i64 = 1_000_000;

/// All XRP that can ever exist, in drops.
const ALL_DROPS: i64 = 100_000_000_000 * DROPS_PER_XRP;

/// Significant digits of an amount on the ledger.
const LEDGER_DIGITS: u32 = 16;

/// Significant digits that [`Price::from_amounts`] keeps: finer than any tick, and coarse enough that a price times any
/// holding stays exact in 28 digits.
const PRICE_DIGITS: u32 = 12;

/// Why a text or a number is not money.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Not a plain decimal number.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    /// XRP has six decimals.
    #[error("`{0}` has more than the six decimals of XRP")]
    FinerThanADrop(String),
    /// RLUSD has 16 significant digits on the ledger.
    #[error("`{0}` has more than 16 significant digits")]
    TooManyDigits(String),
    /// Beyond what can exist.
    #[error("`{0}` is more than can exist")]
    TooLarge(String),
    /// A price of zero or less.
    #[error("`{0}` is not a price: it must be above zero")]
    NotAPrice(String),
}

/// XRP, in drops of 10⁻⁶. Signed, so that it can be a change. Printed in XRP with six decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drops(i64);

/// An amount of RLUSD as the ledger keeps it: at most 16 significant digits where it is read. Signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rlusd(Decimal);

/// What something is worth in RLUSD: an exact product or sum, so it may have more digits than an amount. Signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(Decimal);

/// RLUSD per XRP, above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(Decimal);

/// Parts in ten thousand, signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bps(Decimal);

/// Which way a price gives when it must be put on a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// To the next tick below: a bid.
    Lower,
    /// To the next tick above: an ask.
    Higher,
}

impl Drops {
    /// None at all.
    pub const ZERO: Self = Self(0);

    /// From a number of drops.
    pub const fn new(drops: i64) -> Self {
        Self(drops)
    }

    /// From whole XRP.
    pub const fn from_xrp(xrp: i64) -> Self {
        Self(xrp * DROPS_PER_XRP)
    }

    /// The number of drops.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// In XRP, exactly.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 6)
    }

    /// Without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// What this much XRP is worth at `price`, exactly.
    pub fn at(self, price: Price) -> Value {
        Value(exact_product(self.to_decimal(), price.0))
    }

    /// For plotting only: never compute money from it.
    pub fn approx(self) -> f64 {
        approx(self.to_decimal())
    }
}

impl Rlusd {
    /// None at all.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// What `quantity` costs at `price`, rounded half to even to the ledger's 16 significant digits. The one rounding
    /// of amounts.
    pub fn of(quantity: Drops, price: Price) -> Self {
        let exact = exact_product(quantity.to_decimal(), price.0);
        Self(round_significant(exact, LEDGER_DIGITS))
    }

    /// From whole RLUSD.
    pub fn from_whole(rlusd: i64) -> Self {
        Self(Decimal::from(rlusd))
    }

    /// As a decimal, without trailing zeros.
    pub fn to_decimal(self) -> Decimal {
        self.0
    }

    /// As a valuation: RLUSD is worth itself.
    pub fn value(self) -> Value {
        Value(self.0)
    }

    /// Without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// The most XRP that this buys at `price`, rounded down to the drop; zero for nothing or less.
    pub fn buys_at(self, price: Price) -> Drops {
        Value(self.0).buys_at(price)
    }

    /// For plotting only: never compute money from it.
    pub fn approx(self) -> f64 {
        approx(self.0)
    }
}

impl Value {
    /// Worth nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// As a decimal, without trailing zeros.
    pub fn to_decimal(self) -> Decimal {
        self.0
    }

    /// The most XRP that is worth this at `price`, rounded down to the drop; zero for nothing or less.
    pub fn buys_at(self, price: Price) -> Drops {
        let drops = (self.0 / price.0 * Decimal::from(DROPS_PER_XRP)).floor();
        Drops(i64::try_from(drops).unwrap_or(ALL_DROPS).clamp(0, ALL_DROPS))
    }

    /// `self / whole` in bps, for display and for limits; zero if `whole` is.
    pub fn bps_of(self, whole: Self) -> Bps {
        if whole.0.is_zero() { Bps::default() } else { Bps::ratio(self.0, whole.0) }
    }

    /// For plotting only: never compute money from it.
    pub fn approx(self) -> f64 {
        approx(self.0)
    }
}

impl Price {
    /// A price of `mantissa` × 10^−`scale` RLUSD per XRP, or `None` if that is not above zero.
    pub fn new(mantissa: i64, scale: u32) -> Option<Self> {
        let price = Decimal::try_new(mantissa, scale).ok()?;
        (price > Decimal::ZERO).then(|| Self(price.normalize()))
    }

    /// The price at which `rlusd` was exchanged for `quantity`: the ratio, rounded half to even to 12 significant
    /// digits. `None` if either is not above zero. The amounts stay what is true; this is for showing and comparing.
    pub fn from_amounts(rlusd: Rlusd, quantity: Drops) -> Option<Self> {
        if quantity <= Drops::ZERO || rlusd <= Rlusd::ZERO {
            return None;
        }
        let price = round_significant(rlusd.0 / quantity.to_decimal(), PRICE_DIGITS);
        (price > Decimal::ZERO).then_some(Self(price))
    }

    /// Half-way between two prices, exactly: the mid of a best bid and a best ask.
    pub fn midway(one: Self, other: Self) -> Self {
        Self(exact_product(exact_sum(one.0, other.0), Decimal::new(5, 1)))
    }

    /// This price moved by `bps`: × (1 + bps / 10 000), rounded half to even to 12 significant digits. Zero or below
    /// is answered by the price itself; an offset of −10 000 bps is refused by the config.
    #[must_use]
    pub fn moved_by(self, bps: Bps) -> Self {
        let factor = Decimal::ONE + bps.0 / Decimal::from(10_000);
        let moved = round_significant(self.0 * factor, PRICE_DIGITS);
        if moved > Decimal::ZERO { Self(moved) } else { self }
    }

    /// This price on a tick of 10^−`decimals`, in the direction that gives nothing away. Never below one tick.
    #[must_use]
    pub fn to_tick(self, decimals: u32, toward: Toward) -> Self {
        let strategy = match toward {
            Toward::Lower => RoundingStrategy::ToZero,
            Toward::Higher => RoundingStrategy::AwayFromZero,
        };
        let on_tick = self.0.round_dp_with_strategy(decimals, strategy).normalize();
        if on_tick > Decimal::ZERO { Self(on_tick) } else { Self(Decimal::new(1, decimals)) }
    }

    /// How far `self` lies above `reference`, in bps; below is negative. For display and for limits.
    pub fn bps_from(self, reference: Self) -> Bps {
        Bps::ratio(self.0 - reference.0, reference.0)
    }

    /// As a decimal, without trailing zeros.
    pub fn to_decimal(self) -> Decimal {
        self.0
    }

    /// For plotting only: never compute money from it.
    pub fn approx(self) -> f64 {
        approx(self.0)
    }
}

impl Bps {
    /// From whole basis points.
    pub fn from_whole(bps: i64) -> Self {
        Self(Decimal::from(bps))
    }

    /// `part / whole`, rounded half to even to a millionth of a basis point: ratios are for limits and for showing.
    fn ratio(part: Decimal, whole: Decimal) -> Self {
        Self((part / whole * Decimal::from(10_000)).round_dp(6).normalize())
    }

    /// As a decimal, in bps.
    pub fn to_decimal(self) -> Decimal {
        self.0
    }

    /// From a decimal, in bps.
    pub fn from_decimal(bps: Decimal) -> Self {
        Self(bps)
    }

    /// Without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// For plotting only: never compute money from it.
    pub fn approx(self) -> f64 {
        approx(self.0)
    }
}

/// Adds exactly.
///
/// # Panics
/// If the sum needs more than 28 digits.
fn exact_sum(a: Decimal, b: Decimal) -> Decimal {
    let sum = a.checked_add(b).filter(|sum| sum.scale() >= a.scale().max(b.scale()) || sum.is_zero());
    sum.expect("a sum of money stays within 28 digits").normalize()
}

/// Multiplies exactly.
///
/// # Panics
/// If the product needs more than 28 digits.
fn exact_product(a: Decimal, b: Decimal) -> Decimal {
    let (a, b) = (a.normalize(), b.normalize());
    let product = a.mantissa().checked_mul(b.mantissa());
    let product = product.and_then(|m| Decimal::try_from_i128_with_scale(m, a.scale() + b.scale()).ok());
    product.expect("a product of money stays within 28 digits").normalize()
}

fn round_significant(number: Decimal, digits: u32) -> Decimal {
    number.round_sf_with_strategy(digits, RoundingStrategy::MidpointNearestEven).unwrap_or(number).normalize()
}

fn approx(number: Decimal) -> f64 {
    use rust_decimal::prelude::ToPrimitive;
    number.to_f64().unwrap_or(f64::NAN)
}

macro_rules! additive_money {
    ($($name:ident: $add:expr, $sub:expr;)*) => {$(
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self($add(self.0, other.0))
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self($sub(self.0, other.0))
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::default(), Add::add)
            }
        }
    )*};
}
additive_money! {
    Drops: checked_drops_sum, checked_drops_difference;
    Rlusd: exact_sum, |a, b: Decimal| exact_sum(a, -b);
    Value: exact_sum, |a, b: Decimal| exact_sum(a, -b);
    Bps: exact_sum, |a, b: Decimal| exact_sum(a, -b);
}

fn checked_drops_sum(a: i64, b: i64) -> i64 {
    a.checked_add(b).expect("a sum of drops stays within what can exist")
}

fn checked_drops_difference(a: i64, b: i64) -> i64 {
    a.checked_sub(b).expect("a difference of drops stays within what can exist")
}

#[cfg(test)]
mod tests;
