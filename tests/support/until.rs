//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine: only a test that fails waits for it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often is looked, where nothing wakes us.
const GLANCE: Duration = Duration::from_millis(4);

/// Looks until there is something to see. Panics with `what` was awaited when patience is over.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(GLANCE);
    }
}

/// Looks until something is so.
#[track_caller]
pub fn until_so(what: &str, mut look: impl FnMut() -> bool) {
    until(what, || look().then_some(()));
}
