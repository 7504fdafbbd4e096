//! Somebody else touched a file of ours. Whether both copies are whole is found out on a thread of its own, which keeps
//! nobody waiting; what is whole is told of, and only what is not ends the session.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::Runner;
use super::trouble::incident;
use crate::domain::incident::{Incident, Source, panic_words};
use crate::keeper::News;
use crate::keeper::health::NotWhole;
use crate::vault::closely::look_closely;

/// So long at least is between two close looks, whoever goes on touching; and so many times as long as the last one took.
const APART: Duration = Duration::from_secs(10);
const SHARE: u32 = 4;

/// Whoever touches a file once may do so every minute: after this long it is told of again.
const TOLD_APART: Duration = Duration::from_hours(1);

/// Close looks at both copies: whether one is due, and whether one runs.
pub(super) struct CloseLooks {
    due: bool,
    /// When the next may begin.
    not_before: Instant,
    running: bool,
    /// When it was last told that the copies are whole.
    told: Option<Instant>,
}

impl CloseLooks {
    pub fn new() -> Self {
        Self { due: false, not_before: Instant::now(), running: false, told: None }
    }

    pub fn is_due(&mut self) {
        self.due = true;
    }

    pub fn are_running(&self) -> bool {
        self.running
    }

    /// When the next begins; `None` if none is due.
    pub fn next(&self) -> Option<Instant> {
        (self.due && !self.running).then_some(self.not_before)
    }
}

impl Runner {
    /// During an end none is begun: what is open then is looked at when the files are closed.
    pub(super) fn look_closely_on_time(&mut self, now: Instant) {
        if self.close_looks.next().is_none_or(|next| now < next) {
            return;
        }
        self.close_looks.due = false;
        if self.ending.is_none() {
            self.close_looks.running = true;
            self.begin_close_look();
        }
    }

    fn begin_close_look(&mut self) {
        let health = self.door.health();
        let noticed = health.touches.noticed;
        let (disk, place, tell) = (Arc::clone(&self.disk), self.place.clone(), self.tell.clone());
        let began = Instant::now();
        let look = move || {
            let looked = catch_unwind(AssertUnwindSafe(|| look_closely(&*disk, &place, &health.store)));
            let found = looked.unwrap_or_else(|panic| Err(NotWhole::Store(panic_words(&*panic))));
            // Nobody listens only once the session is over.
            let _ = tell.send(News::LookedClosely { noticed, took: began.elapsed(), found });
        };
        if let Err(why) = thread::Builder::new().name("close look".into()).spawn(look) {
            let found = Err(NotWhole::Store(format!("nobody can look: {why}")));
            self.looked_closely(noticed, Duration::ZERO, found);
        }
    }

    pub(super) fn looked_closely(&mut self, noticed: u32, took: Duration, found: Result<(), NotWhole>) {
        let newest = self.door.health().touches.newest;
        let found = found.map_err(|not_whole| match not_whole {
            NotWhole::Journal(what) => NotWhole::Journal(format!("{newest}; looked at closely: {what}")),
            NotWhole::Store(what) => NotWhole::Store(format!("{newest}; looked at closely: {what}")),
        });
        self.close_looks.running = false;
        self.close_looks.not_before = Instant::now() + APART.max(took * SHARE);
        self.door.note_close_look(noticed, &found);
        match found {
            Ok(()) => self.found_whole(&newest, noticed, took),
            Err(NotWhole::Journal(what)) => self.journal_gone(what),
            Err(NotWhole::Store(what)) => self.store_gone(what),
        }
    }

    fn found_whole(&mut self, newest: &str, noticed: u32, took: Duration) {
        let took = took.as_millis();
        if self.close_looks.told.is_some_and(|told| told.elapsed() < TOLD_APART) {
            return tracing::info!(newest, noticed, took, "files were touched by somebody else again, and are whole");
        }
        self.close_looks.told = Some(Instant::now());
        let often = if noticed == 1 { String::new() } else { format!("; {noticed} touches in this session so far") };
        let now = self.clock.now();
        self.books.incident(
            now,
            Incident {
                means:
                    "nothing is lost: every line, every row that lines make, and the readings of every closed session \
                        are what they should be"
                        .into(),
                done: format!("both copies were recomputed and compared in {took} ms; the session goes on"),
                you_can:
                    "find out which program does it: a backup or a scanner should only read; what it does from here \
                          on is looked at closely, too, and told of once an hour"
                        .into(),
                ..incident(
                    Source::Disk,
                    "Files were touched by somebody else",
                    "to find the files as they were left",
                    format!("{newest}{often}"),
                )
            },
        );
    }
}
