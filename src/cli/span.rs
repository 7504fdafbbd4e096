//! Lengths of time and speeds, as people write them on a command line.

use std::time::Duration;

use thiserror::Error;

use crate::session::view::Pace;

/// The text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotADuration {
    /// Not numbers with units, largest first.
    #[error("write it as hours, minutes and seconds, like 2h, 10m, 90s or 1h30m")]
    Shape,
    /// No time at all.
    #[error("it must be longer than nothing")]
    Zero,
    /// More than a year.
    #[error("it must not be longer than a year (8760h)")]
    TooLong,
}

/// The text is not a speed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotASpeed {
    /// Not a number, or finer than a thousandth.
    #[error("write it as a number with up to three decimals, like 100 or 0.5, or as max")]
    Shape,
    /// Time would stand still.
    #[error("it must be above 0")]
    Zero,
    /// More than a million times as fast.
    #[error("it must not be above 1000000; max is as fast as it goes")]
    TooFast,
}

const UNITS: [(char, u64); 3] = [('h', 3_600), ('m', 60), ('s', 1)];
const LONGEST_S: u64 = 8_760 * 3_600;
const FASTEST_PERMILLE: u64 = 1_000_000_000;

/// Reads `2h`, `10m`, `90s`, `1h30m`: whole numbers with units, each unit once, the larger first.
pub fn parse_duration(text: &str) -> Result<Duration, NotADuration> {
    let mut rest = text;
    let mut seconds: u64 = 0;
    for (unit, worth) in UNITS {
        if let Some((number, after)) = rest.split_once(unit) {
            seconds = seconds.saturating_add(parse_whole(number)?.saturating_mul(worth));
            rest = after;
        }
    }
    match seconds {
        _ if !rest.is_empty() || text.is_empty() => Err(NotADuration::Shape),
        0 => Err(NotADuration::Zero),
        LONGEST_S.. if seconds > LONGEST_S => Err(NotADuration::TooLong),
        _ => Ok(Duration::from_secs(seconds)),
    }
}

/// Digits only; more than fits is as good as the most that does.
fn parse_whole(digits: &str) -> Result<u64, NotADuration> {
    let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if whole { Ok(digits.parse().unwrap_or(u64::MAX)) } else { Err(NotADuration::Shape) }
}

/// Reads `100`, `0.5` or `max`: how many times as fast as real time a simulated session's clock runs.
pub fn parse_speed(text: &str) -> Result<Pace, NotASpeed> {
    if text == "max" {
        return Ok(Pace::Max);
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 3 {
        return Err(NotASpeed::Shape);
    }
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let part: u64 = format!("{part:0<3}").parse().map_err(|_| NotASpeed::Shape)?;
    match whole.saturating_mul(1_000).saturating_add(part) {
        0 => Err(NotASpeed::Zero),
        permille if permille > FASTEST_PERMILLE => Err(NotASpeed::TooFast),
        permille => Ok(Pace::Simulated { permille }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        let seconds = |text: &str| parse_duration(text).map(|length| length.as_secs());
        assert_eq!(seconds("2h"), Ok(7_200));
        assert_eq!(seconds("10m"), Ok(600));
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("1h30m"), Ok(5_400));
        assert_eq!(seconds("1h1s"), Ok(3_601));
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["", "2", "h", "2x", "30m1h", "1h1h", "-2h", "2 h", "1.5h", "2H", "2h3", "m", "٢h"] {
            assert_eq!(parse_duration(text), Err(NotADuration::Shape), "{text}");
        }
        assert_eq!(parse_duration("0h0s"), Err(NotADuration::Zero));
        assert_eq!(parse_duration("8760h1s"), Err(NotADuration::TooLong));
        assert_eq!(parse_duration("99999999999999999999h"), Err(NotADuration::TooLong));
    }

    #[test]
    fn speeds_are_read_to_the_thousandth() {
        assert_eq!(parse_speed("max"), Ok(Pace::Max));
        assert_eq!(parse_speed("100"), Ok(Pace::Simulated { permille: 100_000 }));
        assert_eq!(parse_speed("0.5"), Ok(Pace::Simulated { permille: 500 }));
        assert_eq!(parse_speed("0.001"), Ok(Pace::Simulated { permille: 1 }));
        for text in ["", "fast", "-1", "1.", ".5", "0.0001", "1e3", "MAX", "1.2.3"] {
            assert_eq!(parse_speed(text), Err(NotASpeed::Shape), "{text}");
        }
        assert_eq!(parse_speed("0.000"), Err(NotASpeed::Zero));
        assert_eq!(parse_speed("1000000.001"), Err(NotASpeed::TooFast));
    }

    proptest! {
        #[test]
        fn any_length_up_to_a_year_is_read_back(hours in 0_u64..8_000, minutes in 0_u64..60, seconds in 1_u64..60) {
            let text = format!("{hours}h{minutes}m{seconds}s");
            prop_assert_eq!(parse_duration(&text), Ok(Duration::from_secs(hours * 3_600 + minutes * 60 + seconds)));
        }

        #[test]
        fn any_speed_is_read_back(permille in 1..=FASTEST_PERMILLE) {
            let text = format!("{}.{:03}", permille / 1_000, permille % 1_000);
            prop_assert_eq!(parse_speed(&text), Ok(Pace::Simulated { permille }));
        }

        #[test]
        fn no_text_makes_reading_panic(text in "\\PC{0,20}") {
            let _ = (parse_duration(&text), parse_speed(&text));
        }
    }
}
