//! How sizes, numbers and lists are said, here and where the report is printed.

use crate::domain::time::Timestamp;
use crate::domain::words::counted;
pub use crate::domain::words::quoted;

/// A size: `0 B`, `32.7 kB`, `4.4 MB`.
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

/// Numbers of sessions, ascending, as a person says them: `5`, `1 to 37`, `3, 5 and 19 to 21`.
pub fn numbers(of: &[i64]) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for &number in of {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let said: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| match last.saturating_sub(first) {
            0 => first.to_string(),
            1 => format!("{first}, {last}"),
            _ => format!("{first} to {last}"),
        })
        .collect();
    listed(&said)
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(of: &[String]) -> String {
    match of {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// A moment to the second, for sentences; the files' list and the JSON have the milliseconds.
pub fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.split('.').next().map_or(text.clone(), |seconds| format!("{seconds}Z"))
}

/// Lines that a session has in the journal and not in the store yet.
pub fn on_their_way(lines: u64) -> String {
    let their = if lines == 1 { "its" } else { "their" };
    format!("the session that runs has {} on {their} way to the store", counted(lines, "line"))
}

/// How long ago: `3 minutes`, `5 hours`, `12 days`.
pub fn span(of: std::time::Duration) -> String {
    let seconds = of.as_secs();
    let (number, what) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    counted(usize::try_from(number).unwrap_or(usize::MAX), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_runs() {
        assert_eq!(numbers(&[]), "");
        assert_eq!(numbers(&[5]), "5");
        assert_eq!(numbers(&[5, 6]), "5, 6");
        assert_eq!(numbers(&(1..=37).collect::<Vec<_>>()), "1 to 37");
        assert_eq!(numbers(&[3, 5, 19, 20, 21]), "3, 5 and 19 to 21");
        assert_eq!(numbers(&[i64::MAX - 1, i64::MAX]), format!("{}, {}", i64::MAX - 1, i64::MAX));
    }

    #[test]
    fn sizes_and_spans_are_short() {
        assert_eq!([size(0), size(999), size(32_768), size(4_399_104)], ["0 B", "999 B", "32.7 kB", "4.3 MB"]);
        let seconds = |seconds| span(std::time::Duration::from_secs(seconds));
        assert_eq!(
            [seconds(1), seconds(150), seconds(7_200), seconds(400_000)],
            ["1 second", "2 minutes", "2 hours", "4 days"]
        );
    }
}
