//! Numbers and times as text. Money is shown exactly or rounded for the eye by decimals; it never meets a float here.

use std::time::Duration;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::money::{Bps, Drops, Price};
use crate::domain::order::{Gone, OrderStatus, Side};
use crate::domain::time::Timestamp;

/// What is not known. Never a zero.
pub const UNKNOWN: &str = "–";

/// Rounded for the eye to `places` decimals, half to even, all of them shown: `−0.10`.
pub fn rounded(number: Decimal, places: u32) -> String {
    let number = number.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven);
    let sign = if number < Decimal::ZERO { "−" } else { "" };
    format!("{sign}{:.*}", places as usize, number.abs())
}

/// A change, [`rounded`], with its sign whichever it is; nothing at all has none.
pub fn change(number: Decimal, places: u32) -> String {
    let text = rounded(number, places);
    let is_gain = number > Decimal::ZERO && text.bytes().any(|digit| matches!(digit, b'1'..=b'9'));
    if is_gain { format!("+{text}") } else { text }
}

/// To the last digit, as it is.
pub fn exact(number: Decimal) -> String {
    let sign = if number < Decimal::ZERO { "−" } else { "" };
    format!("{sign}{}", number.abs().normalize())
}

/// XRP to the drop.
pub fn xrp(amount: Drops) -> String {
    rounded(amount.to_decimal(), 6)
}

/// A price with the five decimals of the tick, rounded for the eye.
pub fn price(price: Price) -> String {
    rounded(price.to_decimal(), 5)
}

/// A distance in bps with one decimal.
pub fn bps(distance: Bps) -> String {
    rounded(distance.to_decimal(), 1)
}

/// A part in bps as per cent with one decimal: `52.5`.
pub fn percent(part: Bps) -> String {
    rounded(part.to_decimal() / Decimal::ONE_HUNDRED, 1)
}

/// Digits in groups of three: `95 600 123`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// The time of day, UTC: `12:41:07`.
pub fn clock(at: Timestamp) -> String {
    let seconds = seconds_of_day(at);
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// The time of day to the minute, UTC: `12:41`.
pub fn minute(at: Timestamp) -> String {
    let seconds = seconds_of_day(at);
    format!("{:02}:{:02}", seconds / 3_600, seconds / 60 % 60)
}

fn seconds_of_day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1_000).rem_euclid(86_400)
}

/// Day and time of an RFC 3339 text as it stands in the database: `2026-11-22 12:41:07`.
pub fn day_and_time(text: &str) -> String {
    text.chars().take(19).map(|letter| if letter == 'T' { ' ' } else { letter }).collect()
}

/// Day and minute of an RFC 3339 text as it stands in the database: `2026-11-22 12:41`.
pub fn day_and_minute(text: &str) -> String {
    day_and_time(text).chars().take(16).collect()
}

/// Whole hours, minutes and seconds: `0:12:41`.
pub fn lasted(span: Duration) -> String {
    let seconds = span.as_secs();
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// How long ago or how old, in one unit: `4 s`, `12 min`, `3 h`.
pub fn age(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

/// How long something took: `1.4 ms`, `31 ms`, `4.1 s`.
pub fn took(span: Duration) -> String {
    match (span.as_millis(), span.as_micros()) {
        (0, micros) => format!("{micros} µs"),
        (0..10, micros) => format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100),
        (millis @ 10..1_000, _) => format!("{millis} ms"),
        (millis, _) => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
    }
}

/// A size: `412 B`, `9.8 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// What we do on that side, in the trader's word.
pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// What we have there, in the trader's word.
pub const fn quote(side: Side) -> &'static str {
    match side {
        Side::Buy => "bid",
        Side::Sell => "ask",
    }
}

/// What is confirmed of an order, in a word or two.
pub const fn status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Intended => "intended",
        OrderStatus::Sent => "sent",
        OrderStatus::Resting => "resting",
        OrderStatus::PartiallyFilled => "partly filled",
        OrderStatus::Gone(Gone::Filled) => "filled",
        OrderStatus::Gone(Gone::Cancelled) => "cancelled",
        OrderStatus::Gone(Gone::Refused) => "refused",
        OrderStatus::Gone(Gone::NeverSent) => "never sent",
        OrderStatus::Gone(Gone::VenueEnded) => "venue ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn money_is_rounded_for_the_eye_half_to_even_with_all_its_digits() {
        assert_eq!(rounded(decimal("148.025"), 2), "148.02");
        assert_eq!(rounded(decimal("-0.00014"), 4), "−0.0001");
        assert_eq!(rounded(decimal("7"), 4), "7.0000");
    }

    #[test]
    fn a_change_that_rounds_to_nothing_has_no_sign() {
        assert_eq!(change(decimal("0.42"), 2), "+0.42");
        assert_eq!(change(decimal("-0.42"), 2), "−0.42");
        assert_eq!(change(decimal("0.0000001"), 4), "0.0000");
        assert_eq!(change(decimal("-0.0000001"), 4), "0.0000");
    }

    #[test]
    fn digits_come_in_groups_of_three() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_251), "1 251");
        assert_eq!(grouped(95_600_123), "95 600 123");
    }

    #[test]
    fn spans_and_sizes_are_short() {
        assert_eq!(lasted(Duration::from_secs(761)), "0:12:41");
        assert_eq!(age(Duration::from_secs(119)), "119 s");
        assert_eq!(age(Duration::from_mins(2)), "2 min");
        assert_eq!(took(Duration::from_millis(4_100)), "4.1 s");
        assert_eq!(took(Duration::from_micros(420)), "420 µs");
        assert_eq!(took(Duration::from_micros(1_420)), "1.4 ms");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(9_812_345), "9.8 MB");
    }

    #[test]
    fn a_time_before_1970_still_has_a_clock() {
        assert_eq!(clock(Timestamp::from_millis(-1)), "23:59:59");
    }
}
