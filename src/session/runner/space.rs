//! What a full disk means for a session: the engine stops quoting, and goes on when there is room. What cannot be written
//! waits with the keeper; an end does not wait for it.

use std::time::Instant;

use super::Runner;
use super::trouble::incident;
use crate::disk::place::space::in_words;
use crate::domain::halt::HaltReason;
use crate::domain::incident::{Incident, Severity, Source};
use crate::engine::Input;
use crate::session::view::EventKind;

impl Runner {
    pub(super) fn disk_full(&mut self, why: String) {
        let now = self.clock.now();
        self.full_since = Some(Instant::now());
        self.books.incident(
            now,
            Incident {
                severity: Severity::Error,
                means: "the session can be closed, and hardly more be written; what finds no room waits, in order"
                    .into(),
                done: "gave up the ballast, takes every order out and does not quote; looks for room all the time"
                    .into(),
                you_can: "free space on the disk of the database: quoting resumes by itself".into(),
                ..incident(Source::Disk, "The disk is full", "to write facts down", why)
            },
        );
        self.step(now, Input::DiskFull("the disk is full".to_owned()));
    }

    pub(super) fn space_is_back(&mut self, free: Option<u64>) {
        let now = self.clock.now();
        self.full_since = None;
        let free = free.map(|free| format!(", {}", in_words(free))).unwrap_or_default();
        let text = format!("there is room on the disk again{free}; the ballast lies there anew");
        self.books.feed.event(now, EventKind::Keeping, text);
        self.step(now, Input::RoomAgain);
    }

    pub(super) fn little_space(&mut self, free: u64) {
        let now = self.clock.now();
        self.books.incident(
            now,
            Incident {
                severity: Severity::Notice,
                means: "nothing is lost; when the disk is full the session stops quoting".into(),
                done: "goes on, and looks every few seconds".into(),
                you_can: "free space on the disk of the database, before it is full".into(),
                ..incident(
                    Source::Disk,
                    "Little room is left on the disk",
                    "to look ahead",
                    format!("{} are left", in_words(free)),
                )
            },
        );
    }

    /// Whether the keeper may never answer, so that an end must not wait for it.
    pub(super) fn is_out_of_room(&self) -> bool {
        self.full_since.is_some()
    }

    /// Until when a simulated session, whose own time stands still while facts wait, waits for room.
    pub(super) fn room_deadline(&self) -> Option<Instant> {
        let stands_still = self.ending.is_none() && self.clock.is_simulated() && self.books.awaits_acknowledgement();
        let since = self.full_since.filter(|_| stands_still)?;
        Some(since + self.settings.limits.max_degraded())
    }

    /// Ends a simulated session whose time stands still for longer than the engine would have waited.
    pub(super) fn give_up_waiting_for_room(&mut self, now: Instant) {
        if self.room_deadline().is_some_and(|at| now >= at) {
            let waited = self.settings.limits.max_degraded().as_secs();
            self.end(HaltReason::StoreFailure, format!("the disk was full for {waited} s"));
        }
    }
}
