//! The session's own clock: the machine's, or a simulated one that waits for acknowledgements.
//!
//! In simulated time nothing but [`Clock::reach`] moves the clock, so load changes nothing: a slow disk makes a
//! simulated day longer to run and leaves every fact in it the same.

use std::fmt;
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
    /// When it began to run; the counter counts from here.
    began: Instant,
    /// The newest time that was told.
    steady: Steady,
    /// Counter and machine's time when the two were last compared.
    compared: (Duration, Timestamp),
}

/// Time that follows the machine's and never runs backwards, and never stands still: when the machine's time is set back,
/// the counter carries it on. A small lead is given up slowly, at half the counter's pace; a large one is kept.
#[derive(Clone, Copy, Debug)]
struct Steady {
    counter: Duration,
    time: Timestamp,
}

impl Steady {
    fn follow(&mut self, counter: Duration, machine: Timestamp) -> Timestamp {
        let passed = counter.saturating_sub(self.counter);
        let lead = (self.time + passed).since(machine);
        let slowed = if lead < JUMP { 2 } else { 1 };
        // What is less than a millisecond is left for the next time.
        let whole = Duration::from_millis(u64::try_from((passed / slowed).as_millis()).unwrap_or(u64::MAX));
        let carried = self.time + whole;
        if machine > carried {
            *self = Self { counter, time: machine };
        } else {
            *self = Self { counter: self.counter + whole * slowed, time: carried };
        }
        self.time
    }
}

/// How the machine's clock went on otherwise than its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// More time has passed than was counted: a sleep, a stop, or a hand that set it.
    Ahead(Duration),
    /// It was set back.
    Back(Duration),
}

impl fmt::Display for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (how, gap) = match self {
            Self::Ahead(gap) => ("jumped by", gap),
            Self::Back(gap) => ("was set back by", gap),
        };
        write!(f, "the clock {how} {}.{} s", gap.as_secs(), gap.subsec_millis() / 100)
    }
}

impl Clock {
    /// A clock that begins now: at the machine's time, or at [`SIMULATED_EPOCH`].
    pub fn start(pace: Pace) -> Self {
        let now = match pace {
            Pace::Real => machine_time(),
            Pace::Simulated { .. } | Pace::Max => SIMULATED_EPOCH,
        };
        let steady = Steady { counter: Duration::ZERO, time: now };
        Self { pace, began: Instant::now(), steady, compared: (Duration::ZERO, now) }
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
        match self.pace {
            Pace::Real => self.steady.follow(self.began.elapsed(), machine_time()),
            Pace::Simulated { .. } | Pace::Max => self.steady.time,
        }
    }

    /// If the machine's clock went on otherwise than its counter since the last call, how. Simulated time never jumps.
    pub fn jump(&mut self) -> Option<Jump> {
        if self.pace != Pace::Real {
            return None;
        }
        let now = (self.began.elapsed(), machine_time());
        let (counter, time) = std::mem::replace(&mut self.compared, now);
        let expected = time + now.0.saturating_sub(counter);
        let (ahead, back) = (now.1.since(expected), expected.since(now.1));
        match (ahead >= JUMP, back >= JUMP) {
            (true, _) => Some(Jump::Ahead(ahead)),
            (false, true) => Some(Jump::Back(back)),
            (false, false) => None,
        }
    }

    /// Waits until `at` on this clock, and is there. At [`Pace::Max`] that is at once. Safe to drop: then nothing moved.
    pub async fn reach(&mut self, at: Timestamp) {
        match self.pace {
            Pace::Real => loop {
                let wait = at.since(self.now());
                if wait.is_zero() {
                    return;
                }
                tokio::time::sleep(wait).await;
            },
            Pace::Simulated { permille } => {
                let simulated = at.since(SIMULATED_EPOCH);
                let real = simulated.saturating_mul(1_000).checked_div(u32::try_from(permille).unwrap_or(u32::MAX));
                tokio::time::sleep_until((self.began + real.unwrap_or_default()).into()).await;
            }
            Pace::Max => {}
        }
        self.steady.time = self.steady.time.max(at);
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
    use proptest::prelude::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_machine_that_was_set_back_by_a_day_stops_no_clock() {
        let mut steady = Steady { counter: Duration::ZERO, time: NOON };
        let yesterday = NOON - Duration::from_hours(24);
        for second in 1..=60 {
            let passed = Duration::from_secs(second);
            assert_eq!(steady.follow(passed, yesterday + passed), NOON + passed);
        }
    }

    #[test]
    fn a_small_lead_is_given_up_at_half_the_pace() {
        let mut steady = Steady { counter: Duration::ZERO, time: NOON };
        let late = |counter: u64| NOON - Duration::from_secs(1) + millis(counter);
        assert_eq!(steady.follow(millis(500), late(500)), NOON + millis(250));
        assert_eq!(steady.follow(millis(2_000), late(2_000)), late(2_000), "the machine has caught up");
        assert_eq!(steady.follow(millis(3_000), late(3_000)), late(3_000));
    }

    proptest! {
        /// However often it is asked, and whatever the machine's clock says: it never goes back, and in each stretch it
        /// goes on for at least half of what was counted, but for the millisecond that is not over.
        #[test]
        fn time_never_runs_backwards_and_never_stands_still(
            steps in proptest::collection::vec((0_u64..5_000, -100_000_i64..100_000), 1..200),
        ) {
            let mut steady = Steady { counter: Duration::ZERO, time: NOON };
            let (mut counter, mut offset) = (Duration::ZERO, 0_i64);
            for (micros, moved) in steps {
                counter += Duration::from_micros(micros);
                if moved % 10 == 0 {
                    offset += moved;
                }
                let machine = Timestamp::from_millis(
                    NOON.as_millis() + i64::try_from(counter.as_millis()).unwrap() + offset,
                );
                let before = steady.time;
                prop_assert!(steady.follow(counter, machine) >= before);
                prop_assert!(steady.time.since(NOON) + millis(1) >= counter / 2, "{steady:?} after {counter:?}");
            }
        }
    }

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
