//! Whether the threads that keep facts still move, and what it means if one does not.
//!
//! In simulated time nothing happens while facts wait, so there a stall is told and changes no decision: one seed makes
//! one session on every disk.

use std::time::{Duration, Instant};

use super::Runner;
use super::trouble::{in_seconds, incident};
use crate::beat::{Beat, Eye, LOOK, Step, Still};
use crate::domain::halt::HaltReason;
use crate::domain::incident::{Incident, Severity, Source};
use crate::engine::Input;
use crate::session::view::{EventKind, Pulse};

/// A runner that comes this late to its own next turn has not followed the market: the process was stopped, or starved.
const STOOD_STILL: Duration = Duration::from_secs(3);

/// What is known of the threads' beats.
pub(super) struct Threads {
    journal: Thread,
    store: Thread,
    looked: Instant,
    /// When the runner's newest turn was over.
    turned: Instant,
}

struct Thread {
    name: &'static str,
    eye: Eye,
    newest: Still,
    stalled: bool,
}

/// What one look told of a thread.
enum Told {
    Nothing,
    Stalls,
    Moves,
}

impl Threads {
    pub fn new() -> Self {
        let thread = |name| Thread {
            name,
            eye: Eye::default(),
            newest: Still { step: Step::Rest, lasted: Duration::ZERO },
            stalled: false,
        };
        let now = Instant::now();
        Self { journal: thread("journal"), store: thread("store"), looked: now, turned: now }
    }

    /// When to look again.
    pub fn next_look(&self) -> Instant {
        self.looked + LOOK
    }

    /// Whether nothing is acknowledged for now.
    pub fn is_journal_stalled(&self) -> bool {
        self.journal.stalled
    }

    /// How the thread of that name is, if it stands still.
    pub fn stalled(&self, name: &str) -> Option<(Pulse, String)> {
        let thread = [&self.journal, &self.store].into_iter().find(|thread| thread.name == name && thread.stalled)?;
        Some((Pulse::StandsStill, thread.in_words()))
    }
}

impl Thread {
    fn look(&mut self, beat: &Beat, passed: Duration, limit: Duration) -> Told {
        self.newest = self.eye.look(beat, passed);
        let stalled = self.newest.lasted >= limit;
        match (std::mem::replace(&mut self.stalled, stalled), stalled) {
            (false, true) => Told::Stalls,
            (true, false) => Told::Moves,
            (false, false) | (true, true) => Told::Nothing,
        }
    }

    fn in_words(&self) -> String {
        format!("has stood still for {}, {}", in_seconds(self.newest.lasted), self.newest.step.in_words())
    }
}

impl Runner {
    /// Looks whether both threads move, if it is time to.
    pub(super) fn look_at_the_threads(&mut self, now: Instant) {
        if now < self.threads.next_look() {
            return;
        }
        let passed = now - std::mem::replace(&mut self.threads.looked, now);
        let (beats, keeping) = (self.door.beats(), &self.keeping);
        let in_s = |seconds: u32| Duration::from_secs(u64::from(seconds));
        let Threads { journal, store, .. } = &mut self.threads;
        let of_journal = journal.look(&beats.journal, passed, in_s(keeping.journal_stall_s));
        let of_store = store.look(&beats.store, passed, in_s(keeping.store_stall_s));
        let lost = journal.newest.lasted >= in_s(keeping.journal_lost_s);
        self.changed |= journal.stalled || store.stalled;
        self.tell_of_journal(&of_journal);
        self.tell_of_store(&of_store);
        if lost && self.ending.is_none() {
            let why = format!("the journal's thread {}", self.threads.journal.in_words());
            self.end(HaltReason::StoreFailure, why);
        }
    }

    fn tell_of_journal(&mut self, told: &Told) {
        let lost_after = self.keeping.journal_lost_s;
        match told {
            Told::Nothing => {}
            Told::Moves => self.moves_again("journal"),
            Told::Stalls => self.stands_still(Incident {
                severity: Severity::Error,
                means: "nothing is acknowledged, so nothing new is sent; what is acknowledged is safe".into(),
                done: format!("takes every order out, and ends the session if it lasts for {lost_after} s"),
                you_can: "look at the disk of the journal; quoting goes on by itself once it answers".into(),
                ..incident(
                    Source::Journal,
                    "The journal stands still",
                    "to write facts down in time",
                    format!("the journal's thread {}", self.threads.journal.in_words()),
                )
            }),
        }
    }

    fn tell_of_store(&mut self, told: &Told) {
        match told {
            Told::Nothing => {}
            Told::Moves => self.moves_again("store"),
            Told::Stalls => self.stands_still(Incident {
                means: "facts are safe in the journal; the database, checkpoints and backups wait".into(),
                done: "takes every order out, and quotes again once the thread moves".into(),
                you_can: "look at the disk of the database; an end does not wait for it".into(),
                ..incident(
                    Source::Store,
                    "The store stands still",
                    "to keep the second copy level",
                    format!("the store's thread {}", self.threads.store.in_words()),
                )
            }),
        }
    }

    fn stands_still(&mut self, incident: Incident) {
        let now = self.clock.now();
        if self.clock.is_simulated() {
            tracing::warn!("{incident}");
            return self.books.feed.event(now, EventKind::Trouble, incident.happened);
        }
        let why = incident.happened.clone();
        self.books.incident(now, incident);
        self.step(now, Input::Stalled(why));
    }

    fn moves_again(&mut self, name: &str) {
        let now = self.clock.now();
        let text = format!("the {name}'s thread moves again");
        tracing::info!("{text}");
        self.books.feed.event(now, EventKind::Keeping, text);
        let Threads { journal, store, .. } = &self.threads;
        if !self.clock.is_simulated() && !journal.stalled && !store.stalled {
            self.step(now, Input::MovesAgain);
        }
    }

    /// Called as each turn begins: simulated time stands still with the process, real time does not.
    pub(super) fn notice_a_standstill(&mut self) {
        let stood = self.threads.turned.elapsed();
        if stood >= STOOD_STILL && !self.clock.is_simulated() {
            let now = self.clock.now();
            self.step(now, Input::Doubt(format!("this process stood still for {}", in_seconds(stood))));
        }
    }

    /// Called as each turn ends.
    pub(super) fn has_turned(&mut self) {
        self.threads.turned = Instant::now();
        self.beat.at(Step::Turn);
    }
}
