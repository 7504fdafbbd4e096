//! The earlier engine's times: ISO 8601 without a zone, and in UTC; in a database also seconds or milliseconds since 1970.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::domain::time::Timestamp;

/// 2000-01-01 and 2200-01-01: a time outside is a clock that was never set, or damage.
const SANE: std::ops::Range<i64> = 946_684_800_000..7_258_118_400_000;

/// A time with or without a zone, to the millisecond; `None` for everything else, and for absurd years.
pub fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| civil(text)).filter(|at| SANE.contains(&at.as_millis()))
}

/// As [`moment`], and a number of seconds or milliseconds since 1970: in sane years the two cannot be mistaken. Only for a
/// column of times, because elsewhere a number is a number.
pub fn moment_or_epoch(text: &str) -> Option<Timestamp> {
    moment(text).or_else(|| {
        let number: Decimal = text.trim().parse().ok()?;
        let whole = |millis: Decimal| millis.trunc().to_i64().filter(|millis| SANE.contains(millis));
        let seconds = number.checked_mul(Decimal::ONE_THOUSAND).and_then(whole);
        Some(Timestamp::from_millis(seconds.or_else(|| whole(number))?))
    })
}

fn civil(text: &str) -> Option<Timestamp> {
    // A civil time would pass over a zone that it cannot read.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"-:., T".contains(&byte)) || text.len() < 16 {
        return None;
    }
    let local: DateTime = text.parse().ok()?;
    let at = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp::from_millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_is_in_utc_and_one_with_a_zone_is_where_it_says() {
        for text in [
            "2026-04-13T03:36:18.000999",
            "2026-04-13 03:36:18,000",
            "2026-04-13T03:36:18Z",
            "2026-04-13T05:36:18+02:00",
        ] {
            assert_eq!(moment(text).unwrap().to_string(), "2026-04-13T03:36:18.000Z", "{text}");
        }
    }

    #[test]
    fn a_number_is_a_time_where_a_time_must_stand() {
        for text in ["1776051378", "1776051378.0", "1776051378000", " 1776051378000.9 "] {
            assert_eq!(moment_or_epoch(text).unwrap().to_string(), "2026-04-13T03:36:18.000Z", "{text}");
        }
        assert_eq!(moment_or_epoch("1776051378.5").unwrap().to_string(), "2026-04-13T03:36:18.500Z");
        for text in ["0", "-1776051378", "1776051378000000", "1e308", "1e10", "NaN", ""] {
            assert_eq!(moment_or_epoch(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["", "now", "1776051378", "2026-04-13", "2026-13-13T03:36:18", "1970-01-01T00:00:00", "9999-01-01T00:00:00"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
