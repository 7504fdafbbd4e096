//! Exact sums and products that answer `None` where money's own arithmetic would panic.
//!
//! What is projected comes from a file. A line with absurd numbers must become an incident, never stop a start.

use rust_decimal::Decimal;

use crate::domain::inventory::Inventory;
use crate::domain::money::Price;

/// `a + b` to the last digit.
pub(super) fn sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    // Zeros at the end are no digits: with a 0.00000 a sum may well have fewer decimals than that.
    let (a, b) = (a.normalize(), b.normalize());
    let sum = a.checked_add(b)?;
    (sum.is_zero() || sum.scale() >= a.scale().max(b.scale())).then(|| sum.normalize())
}

/// `a − b` to the last digit.
pub(super) fn difference(a: Decimal, b: Decimal) -> Option<Decimal> {
    sum(a, -b)
}

/// XRP × mid + RLUSD to the last digit.
pub(super) fn value(inventory: Inventory, mid: Price) -> Option<Decimal> {
    let (xrp, mid) = (inventory.xrp.to_decimal().normalize(), mid.to_decimal().normalize());
    let mantissa = xrp.mantissa().checked_mul(mid.mantissa())?;
    let product = Decimal::try_from_i128_with_scale(mantissa, xrp.scale() + mid.scale()).ok()?;
    sum(product, inventory.rlusd.to_decimal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_none_instead_of_a_rounding() {
        let (large, small) = (Decimal::MAX, Decimal::new(1, 20));
        assert_eq!(sum(large, large), None);
        assert_eq!(sum(large, small), None);
        assert_eq!(difference(Decimal::ONE, Decimal::ONE), Some(Decimal::ZERO));
    }

    #[test]
    fn nothing_with_decimals_adds_nothing() {
        let (nothing, whole) = (Decimal::new(0, 5), Decimal::from(140));
        assert_eq!((sum(nothing, whole), sum(whole, nothing)), (Some(whole), Some(whole)));
        let inventory = Inventory { xrp: "0".parse().unwrap(), rlusd: "140".parse().unwrap() };
        assert_eq!(value(inventory, "1.42015".parse().unwrap()), Some(whole));
    }

    #[test]
    fn a_value_is_the_same_as_moneys_own() {
        let inventory = Inventory { xrp: "98.765432".parse().unwrap(), rlusd: "141.0000001".parse().unwrap() };
        let mid = "1.42015".parse().unwrap();
        assert_eq!(value(inventory, mid), Some(inventory.value(mid).to_decimal()));
    }
}
