//! What a panic leaves behind: a line in the log, and its words for whoever closes the session after it.
//!
//! The hook writes to stderr only while no screen is held and the log does not go there: the log waits for nobody, a pipe
//! that is not read would keep the session from its end. And it never panics itself: a panic within a panic ends the
//! process, and the session would stay open.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use super::guard;
use crate::domain::secret::hidden;
use crate::logging;

/// A panic, as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// The thread's name.
    pub thread: String,
    /// What it said.
    pub message: String,
    /// `src/engine/mod.rs:12:5`
    pub place: String,
    /// The calls that led there, if `RUST_BACKTRACE` asks for them.
    pub backtrace: Option<String>,
}

/// The newest panic of each thread.
static NEWEST: LazyLock<Mutex<HashMap<ThreadId, Panicked>>> = LazyLock::new(Mutex::default);

/// From now on a panic is written to the log and kept for [`take_of`]. Call it once, before any thread starts.
pub fn install() {
    panic::set_hook(Box::new(|info| {
        let panicked = Panicked::from_hook(info);
        newest().insert(thread::current().id(), panicked.clone());
        if !guard::is_held() && !logging::is_echoed() {
            // Ignored: a terminal that cannot be written to cannot be told so either. Not `eprintln!`, which panics.
            let _ = writeln!(io::stderr().lock(), "neo: {panicked}");
        }
        let Panicked { thread, message, place, backtrace } = &panicked;
        tracing::error!(%thread, %place, backtrace = backtrace.as_deref(), "panicked: {message}");
    }));
}

/// The newest panic of a thread, taken out.
pub fn take_of(thread: ThreadId) -> Option<Panicked> {
    newest().remove(&thread)
}

impl Panicked {
    fn from_hook(info: &PanicHookInfo<'_>) -> Self {
        let backtrace = Backtrace::capture();
        Self {
            thread: thread::current().name().unwrap_or("unnamed").to_owned(),
            message: hidden(info.payload_as_str().unwrap_or("a panic without words")).into_owned(),
            place: info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string),
            backtrace: (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string()),
        }
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} thread panicked at {}: {}", self.thread, self.place, self.message)
    }
}

fn newest() -> MutexGuard<'static, HashMap<ThreadId, Panicked>> {
    NEWEST.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_and_the_place_of_a_panic_are_kept_for_its_thread() {
        let before = panic::take_hook();
        install();
        let doomed = thread::Builder::new().name("doomed".to_owned()).spawn(|| panic!("no {}", "bid")).unwrap();
        let id = doomed.thread().id();
        assert!(doomed.join().is_err());
        panic::set_hook(before);
        let panicked = take_of(id).unwrap();
        assert_eq!((panicked.thread.as_str(), panicked.message.as_str()), ("doomed", "no bid"));
        assert!(panicked.place.contains("panic.rs"), "{}", panicked.place);
        assert_eq!(take_of(id), None, "taken once");
    }
}
