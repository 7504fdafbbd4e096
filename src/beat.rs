//! The beat of a thread: which step it is at, for who looks whether it still moves.
//!
//! Beating is one store into an atomic. A stall is judged by who looks, and measured in looks: a process that was
//! stopped and goes on has missed looks, and none of its threads has stalled by that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often is looked.
pub const LOOK: Duration = Duration::from_millis(250);

/// What a thread is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It waits for something to do, and may do so for ever.
    Rest,
    /// Facts are written.
    Facts,
    /// Files are looked at.
    Files,
    /// Rows and sums are read.
    Questions,
    /// The write-ahead log is moved into the database.
    Checkpoint,
    /// A job, such as a backup.
    Job,
    /// Readings are written.
    Readings,
    /// A turn of the runner, its wait for the next thing included.
    Turn,
    /// What comes after the session's end: files are closed, the receipt is kept.
    Release,
}

/// The newest step of one thread.
#[derive(Debug, Default)]
pub struct Beat(AtomicU64);

/// Who looks at one beat.
#[derive(Debug, Default)]
pub struct Eye {
    seen: u64,
    still: Duration,
}

/// How long a thread has been at the same step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Still {
    /// The step.
    pub step: Step,
    /// For so long at least; zero at rest.
    pub lasted: Duration,
}

impl Step {
    const ALL: [Self; 9] = [
        Self::Rest,
        Self::Facts,
        Self::Files,
        Self::Questions,
        Self::Checkpoint,
        Self::Job,
        Self::Readings,
        Self::Turn,
        Self::Release,
    ];

    /// What the thread does, for a sentence that ends with it.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Rest => "waiting for something to do",
            Self::Facts => "writing facts",
            Self::Files => "looking at its files",
            Self::Questions => "reading rows back",
            Self::Checkpoint => "making a checkpoint",
            Self::Job => "making a backup",
            Self::Readings => "writing readings",
            Self::Turn => "carrying decisions out",
            Self::Release => "closing the files",
        }
    }
}

impl Beat {
    /// The thread begins this step. Called by that thread alone.
    pub fn at(&self, step: Step) {
        let count = (self.0.load(Ordering::Relaxed) >> 8) + 1;
        self.0.store(count << 8 | step as u64, Ordering::Relaxed);
    }
}

impl Eye {
    /// Looks once more, `passed` after the look before.
    pub fn look(&mut self, beat: &Beat, passed: Duration) -> Still {
        let now = beat.0.load(Ordering::Relaxed);
        let step = Step::ALL[usize::from(now.to_le_bytes()[0])];
        let moved = std::mem::replace(&mut self.seen, now) != now;
        // Looks that were missed are not the thread's fault: most likely nobody here was running.
        self.still = if moved || step == Step::Rest { Duration::ZERO } else { self.still + passed.min(LOOK * 2) };
        Still { step, lasted: self.still }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_at_the_same_step_stands_still_and_one_at_rest_does_not() {
        let (beat, mut eye) = (Beat::default(), Eye::default());
        beat.at(Step::Facts);
        let looks: Vec<Duration> = (0..3).map(|_| eye.look(&beat, LOOK).lasted).collect();
        assert_eq!(looks, [Duration::ZERO, LOOK, LOOK * 2]);
        beat.at(Step::Rest);
        assert_eq!((0..9).map(|_| eye.look(&beat, LOOK).lasted).max(), Some(Duration::ZERO));
    }

    #[test]
    fn the_same_step_begun_again_is_a_move() {
        let (beat, mut eye) = (Beat::default(), Eye::default());
        for _ in 0..9 {
            beat.at(Step::Turn);
            assert_eq!(eye.look(&beat, LOOK), Still { step: Step::Turn, lasted: Duration::ZERO });
        }
    }

    #[test]
    fn a_process_that_was_stopped_for_an_hour_has_no_stalled_thread() {
        let (beat, mut eye) = (Beat::default(), Eye::default());
        beat.at(Step::Facts);
        eye.look(&beat, LOOK);
        assert_eq!(eye.look(&beat, Duration::from_hours(1)).lasted, LOOK * 2);
    }

    #[test]
    fn every_step_is_known_by_its_number() {
        for (number, step) in Step::ALL.into_iter().enumerate() {
            assert_eq!(step as usize, number);
        }
    }
}
