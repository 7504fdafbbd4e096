//! The last lines of the log, in memory, for whoever looks. Nothing here knows that a screen exists.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// How many lines the ring keeps.
pub const RING_KEPT: usize = 2_000;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Counts all lines of this process from 0 on.
    pub number: u64,
    /// When, RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// How loud.
    pub level: tracing::Level,
    /// Which module.
    pub target: String,
    /// The message with its fields, `message field=value`.
    pub message: String,
}

/// The last lines of the log, shared between those who write and those who look.
#[derive(Clone, Default)]
pub struct LogRing(Arc<Shared>);

#[derive(Default)]
struct Shared {
    kept: Mutex<Kept>,
    on_growth: OnceLock<Hook>,
    /// Whether the hook was called and nobody has looked since.
    told: AtomicBool,
}

#[derive(Default)]
struct Kept {
    next: u64,
    lines: VecDeque<Arc<LogLine>>,
}

/// What is called when there is something new to look at.
type Hook = Box<dyn Fn() + Send + Sync>;

impl LogRing {
    /// The lines from number `from` on, oldest first. Whoever looks is told again at the next new line.
    pub fn since(&self, from: u64) -> Vec<Arc<LogLine>> {
        // Before looking: a line that comes while we look must be told, even if we have seen it already.
        self.0.told.store(false, Ordering::SeqCst);
        let kept = self.kept();
        let oldest = kept.lines.front().map_or(0, |line| line.number);
        let skipped = usize::try_from(from.saturating_sub(oldest)).unwrap_or(usize::MAX);
        kept.lines.iter().skip(skipped).cloned().collect()
    }

    /// Adds a line; the oldest one goes when there are more than [`RING_KEPT`].
    pub fn push(&self, at: String, level: tracing::Level, target: &str, message: String) {
        {
            let mut kept = self.kept();
            let line = LogLine { number: kept.next, at, level, target: target.to_owned(), message };
            kept.next += 1;
            kept.lines.push_back(Arc::new(line));
            if kept.lines.len() > RING_KEPT {
                kept.lines.pop_front();
            }
        }
        if !self.0.told.swap(true, Ordering::SeqCst)
            && let Some(hook) = self.0.on_growth.get()
        {
            hook();
        }
    }

    /// Calls `hook` when there is a new line, once until somebody looks with [`Self::since`]. It runs on whichever
    /// thread logs, so it must not block and must not log. The first hook stays; answers whether this one was it.
    pub fn on_growth(&self, hook: Box<dyn Fn() + Send + Sync>) -> bool {
        let taken = self.0.on_growth.set(hook).is_ok();
        // Lines from before the hook were told to nobody.
        self.0.told.store(false, Ordering::SeqCst);
        taken
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here can panic half-way, so what a poisoned lock holds is whole.
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LogRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept();
        f.debug_struct("LogRing").field("next", &kept.next).field("kept", &kept.lines.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn say(ring: &LogRing, message: &str) {
        ring.push("2026-11-22T18:40:01.123Z".to_owned(), tracing::Level::INFO, "neo", message.to_owned());
    }

    #[test]
    fn lines_are_numbered_and_read_from_any_number_on() {
        let ring = LogRing::default();
        for message in ["one", "two", "three"] {
            say(&ring, message);
        }
        let read = |from| ring.since(from).iter().map(|line| line.message.clone()).collect::<Vec<_>>();
        assert_eq!(read(0), ["one", "two", "three"]);
        assert_eq!(read(2), ["three"]);
        assert!(read(3).is_empty());
    }

    #[test]
    fn the_oldest_lines_go_and_numbers_stay() {
        let ring = LogRing::default();
        for n in 0..RING_KEPT + 10 {
            say(&ring, &n.to_string());
        }
        let lines = ring.since(0);
        assert_eq!(lines.len(), RING_KEPT);
        assert_eq!((lines[0].number, lines[0].message.as_str()), (10, "10"));
        assert_eq!(ring.since(RING_KEPT as u64 + 9).len(), 1);
    }

    #[test]
    fn the_hook_is_called_once_until_somebody_looks() {
        let ring = LogRing::default();
        say(&ring, "before the hook");
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        assert!(ring.on_growth(Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        })));
        say(&ring, "one");
        say(&ring, "two");
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        ring.since(0);
        say(&ring, "three");
        assert_eq!(calls.load(Ordering::SeqCst), 2);
        assert!(!ring.on_growth(Box::new(|| ())), "a second hook is not taken");
    }
}
