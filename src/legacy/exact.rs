//! Numbers of the earlier engine, which kept money as floats, made exact: the shortest decimal that the float stands for is
//! what it said, and rounding that to what money can be is told to the last digit.

use std::fmt;

use crate::domain::money::{Drops, Price, Rlusd, Value};

/// More digits than this has no number of the source that is worth reading.
const MOST_DIGITS: usize = 36;

/// Digits of a float beyond the exponents of floats.
const LARGEST_EXPONENT: i64 = 400;

/// Significant digits that RLUSD and prices keep: as many as a float can be trusted with.
const SIGNIFICANT: u32 = 15;

/// Decimals that an amount of RLUSD may have.
const RLUSD_DECIMALS: u32 = 18;

/// Decimals to which differences are summed.
const SUM_DECIMALS: u32 = 28;

/// `mantissa` × 10^−`scale`, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exact {
    mantissa: i128,
    scale: u32,
}

/// Differences between what was taken and what the source said, to 28 decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    pub(super) numbers: u64,
    sum: i128,
    largest: i128,
}

impl Exact {
    /// The shortest decimal that a float stands for; `None` for infinity and what is no number.
    pub(super) fn of_float(number: f64) -> Option<Self> {
        if number.is_finite() { Self::of_text(&format!("{number:e}")) } else { None }
    }

    /// A decimal with or without an exponent; `None` for anything else, and beyond 36 digits.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().ok().filter(|exponent: &i64| exponent.abs() <= LARGEST_EXPONENT)?;
        let (negative, digits) = match digits.as_bytes().first()? {
            b'-' => (true, &digits[1..]),
            b'+' => (false, &digits[1..]),
            _ => (false, digits),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{part}");
        let significant = all.trim_start_matches('0');
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) || significant.len() > MOST_DIGITS {
            return None;
        }
        let magnitude: i128 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
        let mantissa = if negative { -magnitude } else { magnitude };
        let scale = i64::try_from(part.len()).ok()? - exponent;
        if let Ok(scale) = u32::try_from(scale) {
            return Some(Self { mantissa, scale }.shortened());
        }
        let factor = ten_to(u32::try_from(-scale).ok()?)?;
        Some(Self { mantissa: mantissa.checked_mul(factor)?, scale: 0 })
    }

    /// The product, if it has no more digits than can be counted.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        Some(Self { mantissa, scale: self.scale + other.scale }.shortened())
    }

    /// As XRP: six decimals, half to even.
    pub(super) fn to_drops(self) -> Option<(Drops, Self)> {
        let rounded = self.to_decimals(6);
        Some((rounded.to_string().parse().ok()?, rounded))
    }

    /// As RLUSD: 15 significant digits, half to even.
    pub(super) fn to_rlusd(self) -> Option<(Rlusd, Self)> {
        let rounded = self.to_significant(SIGNIFICANT)?.to_decimals(RLUSD_DECIMALS);
        Some((rounded.to_string().parse().ok()?, rounded))
    }

    /// As a price: 15 significant digits, half to even.
    pub(super) fn to_price(self) -> Option<(Price, Self)> {
        let rounded = self.to_significant(SIGNIFICANT)?;
        Some((rounded.to_string().parse().ok()?, rounded))
    }

    /// `self − other`, if it has no more digits than can be counted.
    pub(super) fn less(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let at = |number: Self| number.mantissa.checked_mul(ten_to(scale - number.scale)?);
        Some(Self { mantissa: at(self)?.checked_sub(at(other)?)?, scale }.shortened())
    }

    fn to_decimals(self, decimals: u32) -> Self {
        if self.scale <= decimals {
            return self;
        }
        Self { mantissa: half_even(self.mantissa, self.scale - decimals), scale: decimals }.shortened()
    }

    fn to_significant(self, digits: u32) -> Option<Self> {
        let has = self.mantissa.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
        let Some(surplus) = has.checked_sub(digits).filter(|surplus| *surplus > 0) else { return Some(self) };
        let mantissa = half_even(self.mantissa, surplus);
        Some(match self.scale.checked_sub(surplus) {
            Some(scale) => Self { mantissa, scale }.shortened(),
            None => Self { mantissa: mantissa.checked_mul(ten_to(surplus - self.scale)?)?, scale: 0 },
        })
    }

    /// Without zeros at its end.
    fn shortened(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }
}

impl Differences {
    /// Adds what one number lost or won by being rounded; a number that was not rounded counts for nothing.
    pub(super) fn add(&mut self, difference: Exact) {
        let rounded = difference.to_decimals(SUM_DECIMALS);
        // A difference is less than one unit in the last place that is kept, so it always fits.
        let units = ten_to(SUM_DECIMALS - rounded.scale).and_then(|factor| rounded.mantissa.checked_mul(factor));
        let units = units.unwrap_or_default();
        self.numbers += 1;
        self.sum = self.sum.saturating_add(units);
        self.largest = self.largest.max(units.abs());
    }

    /// Σ (taken − source).
    pub(super) fn sum(&self) -> Value {
        in_value(self.sum)
    }

    /// The largest |taken − source|.
    pub(super) fn largest(&self) -> Value {
        in_value(self.largest)
    }
}

fn in_value(units: i128) -> Value {
    let exact = Exact { mantissa: units, scale: SUM_DECIMALS }.shortened();
    exact.to_string().parse().unwrap_or_default()
}

fn ten_to(power: u32) -> Option<i128> {
    10_i128.checked_pow(power)
}

/// `mantissa` / 10^`places`, half to even.
fn half_even(mantissa: i128, places: u32) -> i128 {
    // Half of 10^37 is more than 36 digits can be, and more than a product of two amounts can be.
    let Some(divisor) = ten_to(places).filter(|_| places < 38) else { return 0 };
    let (quotient, rest) = (mantissa / divisor, (mantissa % divisor).unsigned_abs());
    let half = divisor.unsigned_abs() / 2;
    let away = rest > half || (rest == half && places > 0 && quotient % 2 != 0);
    if away { quotient + mantissa.signum() } else { quotient }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let places = self.scale as usize;
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        if part.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{part}") }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::of_text(text).unwrap()
    }

    #[test]
    fn a_float_is_the_shortest_decimal_that_it_stands_for() {
        for (float, text) in [
            (0.1, "0.1"),
            (7.360_440_476_310_779, "7.360440476310779"),
            (-1.0e-7, "-0.0000001"),
            (45.0, "45"),
            (0.0, "0"),
            (1.0e22, "10000000000000000000000"),
        ] {
            assert_eq!(Exact::of_float(float).unwrap().to_string(), text);
        }
        assert_eq!(Exact::of_float(f64::NAN), None);
        assert_eq!(Exact::of_float(f64::NEG_INFINITY), None);
    }

    #[test]
    fn half_goes_to_the_even_digit() {
        for (text, rounded) in [
            ("0.0000005", "0.000000"),
            ("0.0000015", "0.000002"),
            ("-0.0000025", "-0.000002"),
            ("2.5000005001", "2.500001"),
        ] {
            assert_eq!(exact(text).to_drops().unwrap().0.to_string(), rounded, "{text}");
        }
        assert_eq!(exact("79.2091780000000149").to_rlusd().unwrap().0.to_string(), "79.209178");
    }

    #[test]
    fn what_is_no_money_is_none() {
        for text in ["", "-", ".", "1.2.3", "1e", "1e999", "0x10", "1,5", "NaN", "inf", "--1", "1 2"] {
            assert_eq!(Exact::of_text(text), None, "{text}");
        }
        assert!(Exact::of_text("1e300").is_none() && exact("1e20").to_drops().is_none(), "more than can exist");
        assert!(exact("1e11").to_rlusd().is_none());
        assert!(exact("0").to_price().is_none() && exact("-1").to_price().is_none());
    }

    #[test]
    fn dust_is_rounded_away_and_counted() {
        let dust = Exact::of_float(7.105_427_357_601_002e-15).unwrap();
        let (drops, rounded) = dust.to_drops().unwrap();
        assert_eq!(drops, Drops::ZERO);
        let mut differences = Differences::default();
        differences.add(rounded.less(dust).unwrap());
        assert_eq!(differences.sum().to_string(), "-0.000000000000007105427357601");
        assert_eq!(Exact::of_float(5e-324).unwrap().to_drops().unwrap().0, Drops::ZERO);
    }

    proptest! {
        #[test]
        fn every_amount_becomes_the_nearest_drop(xrp in -1.0e7_f64..1.0e7) {
            let source = Exact::of_float(xrp).unwrap();
            let (drops, rounded) = source.to_drops().unwrap();
            let difference = rounded.less(source).unwrap();
            prop_assert_eq!(exact(&drops.to_string()), rounded);
            prop_assert!(difference.mantissa.unsigned_abs() * 2_000_000 <= 10_u128.pow(difference.scale), "{difference}");
        }

        #[test]
        fn rlusd_and_prices_keep_fifteen_digits_and_no_more(number in 1.0e-3_f64..9.0e9) {
            let source = Exact::of_float(number).unwrap();
            for (text, rounded) in [
                source.to_rlusd().map(|(amount, rounded)| (amount.to_string(), rounded)).unwrap(),
                source.to_price().map(|(price, rounded)| (price.to_string(), rounded)).unwrap(),
            ] {
                prop_assert_eq!(&text, &rounded.to_string());
                let digits = text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
                let significant = digits.iter().skip_while(|digit| **digit == b'0').count();
                prop_assert!(significant <= 15, "{}", text);
                let relative = (text.parse::<f64>().unwrap() - number).abs() / number;
                prop_assert!(relative < 1.0e-14, "{} of {}", text, number);
            }
        }

        #[test]
        fn the_source_is_what_was_taken_less_the_difference(number in any::<f64>()) {
            if let Some(source) = Exact::of_float(number)
                && let Some((_, rounded)) = source.to_rlusd()
                && let Some(difference) = rounded.less(source)
            {
                prop_assert_eq!(rounded.less(difference), Some(source));
            }
        }

        #[test]
        fn a_float_is_read_back_from_its_exact_text(number in -1.0e15_f64..1.0e15) {
            let back: f64 = Exact::of_float(number).unwrap().to_string().parse().unwrap();
            prop_assert!(back.to_bits() == number.to_bits() || number == 0.0, "{back} {number}");
        }

        #[test]
        fn no_text_makes_reading_panic(text in "[-+0-9.eE ]{0,60}") {
            if let Some(number) = Exact::of_text(&text) {
                let _ = (number.to_drops(), number.to_rlusd(), number.to_price(), number.times(number));
            }
        }
    }
}
