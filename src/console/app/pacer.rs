//! When to draw next. Pure: moments are passed in.
//!
//! What changed is drawn at once if the screen was quiet, else as soon as the frame rate allows; several changes before
//! that share one frame. When nothing changes nothing is due, but for the clock in the header.

use std::time::{Duration, Instant};

use crate::console::settings::FrameRate;

/// When to draw next.
#[derive(Clone, Debug)]
pub struct Pacer {
    least: Duration,
    last: Option<Instant>,
    due: Option<Instant>,
    beat: Option<Instant>,
}

impl Pacer {
    /// Draws at most this often.
    pub fn new(rate: FrameRate) -> Self {
        // A hair more than the rate asks for, so that rounding never makes one frame too many in a second.
        let least = Duration::from_secs(1) / rate.per_second() + Duration::from_micros(1);
        Self { least, last: None, due: None, beat: None }
    }

    /// Something on the screen may have changed.
    pub fn changed(&mut self, now: Instant) {
        self.due.get_or_insert(self.earliest(now));
    }

    /// The clock on the screen shows something new at `at`; `None` if it does not go by itself.
    pub fn beat_at(&mut self, at: Option<Instant>) {
        self.beat = at.map(|at| self.earliest(at));
    }

    /// When to look again; `None` while only news can make a difference.
    pub fn next(&self) -> Option<Instant> {
        self.due.into_iter().chain(self.beat).min()
    }

    /// Whether a frame is due.
    pub fn is_due(&self, now: Instant) -> bool {
        self.next().is_some_and(|at| at <= now)
    }

    /// Whether a change already waits for its frame: until then more news of the same kind need not be heard.
    pub fn has_change(&self) -> bool {
        self.due.is_some()
    }

    /// A frame was drawn, whether or not it wrote anything.
    pub fn drawn(&mut self, now: Instant) {
        *self = Self { least: self.least, last: Some(now), due: None, beat: None };
    }

    fn earliest(&self, wanted: Instant) -> Instant {
        self.last.map_or(wanted, |last| wanted.max(last + self.least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// Draws whenever the pacer says so while changes come at `changes` (ms); returns when frames were drawn (ms).
    fn frames(pacer: &mut Pacer, changes: &[u64], until: u64) -> Vec<u64> {
        let start = Instant::now();
        let mut drawn = Vec::new();
        for at in 0..until {
            let now = start + millis(at);
            changes.iter().filter(|&&change| change == at).for_each(|_| pacer.changed(now));
            if pacer.is_due(now) {
                drawn.push(at);
                pacer.drawn(now);
            }
        }
        drawn
    }

    #[test]
    fn a_key_on_a_quiet_screen_is_drawn_at_once() {
        assert_eq!(frames(&mut Pacer::new(FrameRate::MOST), &[500], 2_000), [500]);
    }

    #[test]
    fn a_screen_on_which_nothing_changes_is_never_drawn() {
        let mut pacer = Pacer::new(FrameRate::MOST);
        assert_eq!(pacer.next(), None);
        assert!(frames(&mut pacer, &[], 10_000).is_empty());
    }

    #[test]
    fn the_clock_alone_makes_one_frame_a_beat() {
        let start = Instant::now();
        let mut pacer = Pacer::new(FrameRate::MOST);
        pacer.drawn(start);
        pacer.beat_at(Some(start + millis(1_000)));
        assert!(!pacer.is_due(start + millis(999)));
        assert!(pacer.is_due(start + millis(1_000)));
        assert!(!pacer.has_change(), "a beat is no change: news is still to be heard");
        pacer.drawn(start + millis(1_000));
        assert_eq!(pacer.next(), None, "the next beat is for the caller to say");
    }

    proptest! {
        #[test]
        fn no_change_is_lost_and_none_waits_longer_than_a_frame(mut changes in proptest::collection::vec(0_u64..3_000, 0..400)) {
            changes.sort_unstable();
            let drawn = frames(&mut Pacer::new(FrameRate::MOST), &changes, 4_000);
            for change in changes {
                prop_assert!(drawn.iter().any(|&frame| (change..=change + 34).contains(&frame)), "{change}");
            }
        }

        #[test]
        fn no_second_has_more_frames_than_the_rate(
            mut changes in proptest::collection::vec(0_u64..3_000, 0..400),
            rate in 1_u32..=30,
        ) {
            changes.sort_unstable();
            let drawn = frames(&mut Pacer::new(FrameRate::try_from(rate).unwrap()), &changes, 6_000);
            for &first in &drawn {
                let within = drawn.iter().filter(|&&frame| (first..first + 1_000).contains(&frame)).count();
                prop_assert!(within <= rate as usize, "{within} frames within a second from {first} on");
            }
        }

        #[test]
        fn every_frame_has_a_change_that_was_not_yet_drawn(mut changes in proptest::collection::vec(0_u64..3_000, 0..100)) {
            changes.sort_unstable();
            let drawn = frames(&mut Pacer::new(FrameRate::MOST), &changes, 4_000);
            let mut from = 0;
            for frame in drawn {
                prop_assert!(changes.iter().any(|change| (from..=frame).contains(change)), "{frame}");
                from = frame + 1;
            }
        }
    }
}
