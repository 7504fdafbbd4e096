//! The second chance: before the files and the terminal are given back, whoever looks on may have tried again what failed.

use std::time::{Duration, Instant};

use super::Runner;
use super::end::Running;
use crate::session::phase::Phase;
use crate::session::plan::Event;
use crate::session::view::{EventKind, PhaseState};

impl Runner {
    /// Waits for a word of the operator, if anybody sees that it is waited for.
    pub(super) fn offer(&mut self, within: Duration) {
        let is_watched = self.views.receiver_count() > 0;
        let now = self.clock.now();
        let Some(ending) = &mut self.ending else { return };
        ending.current = Running { since: now, began: Instant::now(), within };
        self.changed = true;
        if !is_watched || !ending.causes.all().iter().all(|cause| cause.reason.leaves_the_operator_there()) {
            let next = ending.plan.on(Event::Enough);
            self.follow(next);
        }
    }

    /// The operator wants a phase that failed tried again; it is, as soon as nothing else runs.
    pub(super) fn try_again(&mut self, phase: Phase) {
        let now = self.clock.now();
        let Some(ending) = &mut self.ending else { return };
        if !ending.plan.failed().contains(&phase) {
            let text = format!("the {phase} of the end cannot be asked for: it has not failed");
            return self.books.feed.event(now, EventKind::Operator, text);
        }
        ending.of(phase).state = PhaseState::Waiting;
        "to be tried again, as asked".clone_into(&mut ending.of(phase).note);
        let next = ending.plan.on(Event::Again(phase));
        self.books.feed.event(now, EventKind::Operator, format!("the {phase} is tried again"));
        self.follow(next);
    }

    /// What its time was too short for may be done all the same while another phase runs, or nothing.
    pub(super) fn look_for_what_came_late(&mut self) {
        let Some(ending) = &self.ending else { return };
        let late = ending.plan.failed().iter().find_map(|&phase| Some((phase, self.outcome_of(phase)?.ok()?)));
        let (Some((phase, note)), Some(ending)) = (late, &mut self.ending) else { return };
        self.changed = true;
        ending.is_done(phase, note);
        let next = ending.plan.on(Event::Finished(phase));
        self.follow(next);
    }
}
