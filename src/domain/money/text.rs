//! Money as text: what is read as money, how it is printed, and the same text in JSON. Nothing is rounded here.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ALL_DROPS, Bps, DROPS_PER_XRP, Drops, LEDGER_DIGITS, MoneyError, Price, Rlusd, Value};

/// Reads a plain decimal: an optional minus, digits, at most one point. No exponent, no plus, no spaces.
fn parse_plain(text: &str) -> Result<Decimal, MoneyError> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let number = if plain { Decimal::from_str_exact(text).ok() } else { None };
    number.map(|number| number.normalize()).ok_or_else(|| MoneyError::NotANumber(text.to_owned()))
}

fn significant_digits(number: Decimal) -> u32 {
    number.mantissa().unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
}

impl FromStr for Drops {
    type Err = MoneyError;

    /// Reads XRP, not drops: `4.000001` is 4 000 001 drops.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let xrp = parse_plain(text)?;
        if xrp.scale() > 6 {
            return Err(MoneyError::FinerThanADrop(text.to_owned()));
        }
        let drops = xrp.checked_mul(Decimal::from(DROPS_PER_XRP)).and_then(|drops| i64::try_from(drops).ok());
        let drops = drops.filter(|drops| drops.abs() <= ALL_DROPS);
        drops.map(Self).ok_or_else(|| MoneyError::TooLarge(text.to_owned()))
    }
}

impl FromStr for Rlusd {
    type Err = MoneyError;

    /// At most 16 significant digits, 18 decimals, and less than 10¹⁰.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let amount = parse_plain(text)?;
        if significant_digits(amount) > LEDGER_DIGITS || amount.scale() > 18 {
            return Err(MoneyError::TooManyDigits(text.to_owned()));
        }
        if amount.abs() >= Decimal::from(10_000_000_000_i64) {
            return Err(MoneyError::TooLarge(text.to_owned()));
        }
        Ok(Self(amount))
    }
}

impl FromStr for Value {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        parse_plain(text).map(Self)
    }
}

impl FromStr for Price {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let price = parse_plain(text)?;
        if price <= Decimal::ZERO {
            return Err(MoneyError::NotAPrice(text.to_owned()));
        }
        if significant_digits(price) > LEDGER_DIGITS {
            return Err(MoneyError::TooManyDigits(text.to_owned()));
        }
        Ok(Self(price))
    }
}

impl FromStr for Bps {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        parse_plain(text).map(Self)
    }
}

impl fmt::Display for Drops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.unsigned_abs() / DROPS_PER_XRP.unsigned_abs();
        let part = self.0.unsigned_abs() % DROPS_PER_XRP.unsigned_abs();
        f.pad_integral(self.0 >= 0, "", &format!("{whole}.{part:06}"))
    }
}

/// The types that are a decimal inside share their arithmetic and their text.
macro_rules! decimal_money {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}
decimal_money!(Rlusd, Value, Price, Bps);

macro_rules! money_as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
money_as_text!(Drops, Rlusd, Value, Price, Bps);
