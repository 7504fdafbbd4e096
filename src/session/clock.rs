//! The session's own clock: the machine's, or a simulated one that waits for acknowledgements.
//!
//! In simulated time nothing but [`Clock::reach`] moves the clock, so load changes nothing: a slow disk makes a
//! simulated day longer to run and leaves every fact in it the same.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::view::Pace;
use crate::domain::time::Timestamp;

/// Where simulated time begins: 2026-01-01T00:00:00Z.
pub const SIMULATED_EPOCH: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A step of the machine's clock against its own counter that is taken for a sleep, a stop or a hand that set it.
const JUMP: Duration = Duration::from_secs(10);

/// A session's clock.
#[derive(Debug)]
pub struct Clock {
    pace: Pace,
    /// The newest time that was told; time never runs backwards within a session.
    now: Timestamp,
    /// Where simulated time and the machine's counter were last known to agree, and for real time when it was last read.
    anchor: (Instant, Timestamp),
}

impl Clock {
    /// A clock that begins now: at the machine's time, or at [`SIMULATED_EPOCH`].
    pub fn start(pace: Pace) -> Self {
        let now = match pace {
            Pace::Real => machine_time(),
            Pace::Simulated { .. } | Pace::Max => SIMULATED_EPOCH,
        };
        Self { pace, now, anchor: (Instant::now(), now) }
    }

    /// How it runs.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Whether it is simulated.
    pub fn is_simulated(&self) -> bool {
        self.pace != Pace::Real
    }

    /// What time it is.
    pub fn now(&mut self) -> Timestamp {
        if self.pace == Pace::Real {
            self.now = self.now.max(machine_time());
        }
        self.now
    }

    /// If the machine's clock went on differently from its counter since the last call (it slept, was stopped, or was
    /// set), by how much. Simulated time never jumps.
    pub fn jump(&mut self) -> Option<Duration> {
        if self.pace != Pace::Real {
            return None;
        }
        let (then, time_then) = self.anchor;
        let (counter, time) = (then.elapsed(), machine_time());
        self.anchor = (Instant::now(), time);
        let passed = time.since(time_then);
        let set_back = time_then.since(time);
        let gap = passed.abs_diff(counter).max(set_back);
        (gap >= JUMP).then_some(gap)
    }

    /// Waits until `at` on this clock, and is there. At [`Pace::Max`] that is at once. Safe to drop: then nothing moved.
    pub async fn reach(&mut self, at: Timestamp) {
        match self.pace {
            Pace::Real => {
                let wait = at.since(machine_time());
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
            }
            Pace::Simulated { permille } => {
                let simulated = at.since(self.anchor.1);
                let real = simulated.saturating_mul(1_000).checked_div(u32::try_from(permille).unwrap_or(u32::MAX));
                tokio::time::sleep_until((self.anchor.0 + real.unwrap_or_default()).into()).await;
            }
            Pace::Max => {}
        }
        self.now = self.now.max(at);
    }
}

/// What time it is on this machine.
pub fn machine_time() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn at_full_speed_a_day_passes_at_once_and_time_never_goes_back() {
        let mut clock = Clock::start(Pace::Max);
        clock.reach(SIMULATED_EPOCH + Duration::from_hours(24)).await;
        clock.reach(SIMULATED_EPOCH).await;
        assert_eq!(clock.now(), SIMULATED_EPOCH + Duration::from_hours(24));
        assert_eq!(clock.jump(), None);
    }

    #[test]
    fn a_simulated_clock_stands_still_by_itself() {
        let mut clock = Clock::start(Pace::Simulated { permille: 1_000_000 });
        assert_eq!(clock.now(), clock.now());
        assert_eq!(clock.now(), SIMULATED_EPOCH);
    }
}
