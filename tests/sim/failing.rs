//! How an operation of the disk fails, and how many sessions are tried with it at once.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};

use neo_console::disk::sim::Fault;

/// Most of the time they wait, so that many go at once.
const AT_ONCE: usize = 12;

/// An operation that no session comes to.
pub const NEVER: u64 = u64::MAX / 2;

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    ErrorOnce,
    ErrorFromThenOn,
    FullOnce,
    FullForAWhile,
    FullFromThenOn,
}

impl How {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::ErrorOnce, Self::ErrorFromThenOn, Self::FullOnce, Self::FullForAWhile, Self::FullFromThenOn];

    /// The operation of that number fails like this.
    pub fn at(self, operation: u64) -> Fault {
        match self {
            Self::ErrorOnce => Fault::once(operation, ErrorKind::Other),
            Self::ErrorFromThenOn => Fault::from_then_on(operation, ErrorKind::Other),
            Self::FullOnce => Fault::once(operation, ErrorKind::StorageFull),
            Self::FullForAWhile => Fault::for_a_while(operation, 9, ErrorKind::StorageFull),
            Self::FullFromThenOn => Fault::from_then_on(operation, ErrorKind::StorageFull),
        }
    }

    /// Whether the disk never works again.
    pub fn is_for_good(self) -> bool {
        matches!(self, Self::ErrorFromThenOn | Self::FullFromThenOn)
    }
}

/// Every how many operations one fails: each with `NEO_SWEEP=all`, else as said.
pub fn stride(unless_all: usize) -> usize {
    if std::env::var("NEO_SWEEP").is_ok_and(|wish| wish == "all") { 1 } else { unless_all }
}

/// Runs `work` on this thread until it is done.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

/// Does `work` with every case, several at a time.
pub fn each<T: Sync>(cases: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(case);
                }
            });
        }
    });
}
