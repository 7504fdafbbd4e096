//! Carrying the plan of the end out: what each phase does, when it is done, and what it could not do.
//!
//! No phase needs a value that has to be computed first, and no failure keeps the next phase from running.

use std::time::{Duration, Instant};

use super::Runner;
use super::phases::phase_words;
use super::readings::Readings;
use crate::domain::fact::{EndBegun, Fact, PhaseFailure, SessionClosed};
use crate::domain::halt::{Cause, Causes, HaltReason};
use crate::domain::incident::{Incident, Retry, Severity, Source};
use crate::domain::secret;
use crate::domain::time::Timestamp;
use crate::engine::Input;
use crate::keeper::health::{BackupDone, CheckpointAnswer, Done};
use crate::session::phase::Phase;
use crate::session::plan::{Event, Hurry, Next, Plan, Windows};
use crate::session::receipt::{PhaseTook, millis};
use crate::session::view::{EndView, Offer, PhaseState, PhaseView};
use crate::vault::backup::BackupKind;

/// An end on its way.
pub(super) struct Ending {
    pub plan: Plan,
    pub causes: Causes,
    began: Timestamp,
    impatience: u32,
    phases: Vec<PhaseView>,
    pub current: Running,
    /// The ticket whose acknowledgement ends the seal or the close.
    pub awaited: u64,
    /// The ledger of the newest truth check when settling began.
    pub settled_from: Option<u32>,
    /// Whether the digest of the session's readings has come.
    pub readings: Readings,
    pub failures: Vec<PhaseFailure>,
    pub closed: Option<(Timestamp, Box<SessionClosed>)>,
    /// Whether the row in the store was read back and says the same.
    pub row_verified: Option<Result<(), String>>,
    pub checkpoint: Option<Done<CheckpointAnswer>>,
    pub backup: Option<Done<BackupDone>>,
}

/// The phase that runs, and until when, on both clocks.
pub(super) struct Running {
    pub since: Timestamp,
    pub began: Instant,
    pub within: Duration,
}

impl Ending {
    fn begin(cause: Cause, plan: Plan) -> Self {
        let phases = Phase::ALL.map(|phase| PhaseView { phase, state: PhaseState::Waiting, note: String::new() });
        let began = cause.at;
        let mut causes = Causes::default();
        causes.push(cause);
        Self {
            plan,
            causes,
            began,
            impatience: 0,
            phases: phases.to_vec(),
            current: Running { since: began, began: Instant::now(), within: Duration::ZERO },
            awaited: 0,
            settled_from: None,
            readings: Readings::default(),
            failures: Vec::new(),
            closed: None,
            row_verified: None,
            checkpoint: None,
            backup: None,
        }
    }

    /// Whether the running phase waits for the disk rather than for the venue.
    pub fn waits_for_keeper(&self) -> bool {
        !matches!(self.plan.current(), Phase::Cancel | Phase::Settle)
    }

    /// As [`Self::waits_for_keeper`], or what else simulated time stands still for.
    pub fn waits_for_disk(&self) -> bool {
        self.waits_for_keeper() || self.readings.is_awaited()
    }

    /// When the running phase's time is over, if it waits for the venue: on the session's clock.
    pub fn session_deadline(&self) -> Option<Timestamp> {
        (!self.waits_for_keeper()).then(|| self.current.since + self.current.within)
    }

    /// When the running phase's time is over, if it waits for the disk: on this machine's clock.
    pub fn machine_deadline(&self) -> Option<Instant> {
        self.waits_for_keeper().then(|| self.current.began + self.current.within)
    }

    /// How long the running phase may take.
    pub fn within(&self) -> Duration {
        self.current.within
    }

    /// What can be seen of it.
    pub fn view(&self) -> EndView {
        let Running { since, within, .. } = self.current;
        EndView {
            causes: self.causes.all().to_vec(),
            began: self.began,
            phases: self.phases.clone(),
            impatience: self.impatience,
            offer: self.plan.is_offering().then_some(Offer { since, within }),
        }
    }

    /// How long each phase took that did what it should, or failed.
    pub fn took(&self) -> Vec<PhaseTook> {
        let took = |view: &PhaseView| match view.state {
            PhaseState::Finished(took) | PhaseState::Failed(took) => {
                Some(PhaseTook { phase: view.phase, took_ms: millis(took) })
            }
            PhaseState::Waiting | PhaseState::Running { .. } | PhaseState::LeftOut => None,
        };
        self.phases.iter().filter_map(took).collect()
    }

    /// Phases that were left out or cut short.
    pub fn left_out(&self) -> &[Phase] {
        self.plan.left_out()
    }

    /// Whether what comes of `phase` still counts.
    pub fn awaits(&self, phase: Phase) -> bool {
        self.plan.current() == phase || self.plan.failed().contains(&phase)
    }

    /// It did what it should, at the first try or at a later one.
    pub fn is_done(&mut self, phase: Phase, note: String) {
        let took = match phase {
            Phase::Checkpoint => self.checkpoint.as_ref().map(|done| done.took),
            Phase::Backup => self.backup.as_ref().map(|done| done.took),
            Phase::Seal | Phase::Cancel | Phase::Settle | Phase::Close | Phase::Release => None,
        };
        self.failures.retain(|failure| failure.phase != phase.as_str());
        let state = PhaseState::Finished(took.unwrap_or_else(|| self.current.began.elapsed()));
        *self.of(phase) = PhaseView { phase, state, note };
    }

    pub fn of(&mut self, phase: Phase) -> &mut PhaseView {
        let place = Phase::ALL.iter().position(|&other| other == phase).unwrap_or_default();
        &mut self.phases[place]
    }
}

impl Runner {
    /// Someone or something wants the end. The first time it begins; later it is one more cause.
    pub(super) fn end(&mut self, reason: HaltReason, detail: String) {
        let now = self.clock.now();
        let detail = if secret::is_in(&detail) { secret::hidden(&detail).into_owned() } else { detail };
        let cause = Cause { reason, detail, at: now };
        let hurry = Hurry::of(reason, Windows::HERE);
        if let Some(ending) = &mut self.ending {
            ending.causes.push(cause);
            let event = if hurry == Hurry::Hurried { Event::Hurry } else { Event::Enough };
            let next = ending.plan.on(event);
            return self.follow(next);
        }
        let (plan, next) = Plan::begin(hurry);
        self.ending = Some(Ending::begin(cause.clone(), plan));
        self.give_up_backup();
        self.follow(next);
        self.seal(now, cause);
    }

    pub(super) fn lose_patience(&mut self) {
        let Some(ending) = &mut self.ending else { return };
        ending.impatience += 1;
        let before = ending.plan.current();
        let next = ending.plan.on(Event::Impatient);
        if ending.plan.current() != before {
            ending.of(before).state = PhaseState::LeftOut;
            "stopped waiting, as asked".clone_into(&mut ending.of(before).note);
        }
        self.follow(next);
    }

    /// Does what the plan says is next.
    pub(super) fn follow(&mut self, next: Next) {
        match next {
            Next::KeepGoing => {}
            Next::Shorten { within } => {
                if let Some(ending) = &mut self.ending {
                    ending.current.within = within;
                }
            }
            Next::Over => self.over = true,
            Next::Offer { within } => self.offer(within),
            Next::Start { phase, within } => {
                let now = self.clock.now();
                if let Some(ending) = &mut self.ending {
                    ending.current = Running { since: now, began: Instant::now(), within };
                    ending.of(phase).state = PhaseState::Running { since: now, within };
                    for left_out in ending.plan.left_out().to_vec() {
                        ending.of(left_out).state = PhaseState::LeftOut;
                    }
                }
                self.start(phase, now);
            }
        }
    }

    fn start(&mut self, phase: Phase, now: Timestamp) {
        match phase {
            // Sealing is begun by the cause itself.
            Phase::Seal => {}
            Phase::Cancel => self.step(now, Input::CancelRest),
            Phase::Settle => self.settle(now),
            Phase::Close => self.close(now),
            Phase::Checkpoint => {
                if let Some(ending) = &mut self.ending {
                    ending.checkpoint = None;
                }
                self.checkpoint();
            }
            Phase::Backup => {
                if let Some(ending) = &mut self.ending {
                    ending.backup = None;
                }
                if !self.backups.is_making(BackupKind::Post) {
                    self.back_up(BackupKind::Post);
                }
            }
            // Lock, terminal and receipt belong to who started us.
            Phase::Release => self.over = true,
        }
    }

    fn seal(&mut self, now: Timestamp, cause: Cause) {
        let sealed_before = self.books.account.sealed().is_some();
        self.step(now, Input::Seal(cause.clone()));
        if !sealed_before && self.books.account.sealed().is_none() {
            // The engine could not: the books knows enough.
            let account = &self.books.account;
            let cancels = account.open_orders().values().filter(|order| order.status.may_rest());
            let cancels = cancels.map(|order| order.spec.id).collect();
            let seal = EndBegun { cause, holding: account.holding(), cancels };
            self.books.write(now, Fact::EndBegun(seal));
        }
        let ticket = self.books.hand_in();
        if let Some(ending) = &mut self.ending {
            ending.awaited = ticket;
        }
    }

    /// Whether the running phase is done; if so, on to the next.
    pub(super) fn look_at_the_end(&mut self) {
        self.look_for_what_came_late();
        while let Some(ending) = &self.ending {
            if self.over || ending.plan.is_offering() {
                return;
            }
            let phase = ending.plan.current();
            let Some(outcome) = self.outcome_of(phase) else { return self.note_progress(phase) };
            self.leave(phase, outcome);
        }
    }

    fn note_progress(&mut self, phase: Phase) {
        let words = self.running_words(phase);
        if let Some(ending) = &mut self.ending {
            ending.of(phase).note = words;
        }
    }

    /// A phase is over: notes how it went, and starts the next.
    fn leave(&mut self, phase: Phase, outcome: Result<String, String>) {
        self.changed = true;
        let Some(ending) = &mut self.ending else { return };
        let event = match outcome {
            Ok(note) => {
                ending.is_done(phase, note);
                Event::Finished(phase)
            }
            Err(why) => {
                let took = ending.current.began.elapsed();
                let view = ending.of(phase);
                view.state = PhaseState::Failed(took);
                view.note.clone_from(&why);
                self.phase_failed(phase, why);
                Event::Failed(phase)
            }
        };
        let Some(ending) = &mut self.ending else { return };
        let next = ending.plan.on(event);
        self.follow(next);
    }

    fn phase_failed(&mut self, phase: Phase, why: String) {
        let now = self.clock.now();
        tracing::error!(%phase, %why, "a phase of the end failed");
        let Some(ending) = &mut self.ending else { return };
        ending.failures.push(PhaseFailure { phase: phase.as_str().to_owned(), why: why.clone() });
        let retry = match phase {
            // These two have told of themselves already, with what can be done.
            Phase::Checkpoint | Phase::Backup if !why.starts_with(OUT_OF_TIME) => return,
            Phase::Checkpoint => Some(Retry::Checkpoint),
            Phase::Backup => Some(Retry::Backup),
            Phase::Seal | Phase::Cancel | Phase::Settle | Phase::Close | Phase::Release => None,
        };
        self.books.incident(
            now,
            Incident {
                id: 0,
                severity: Severity::Error,
                source: Source::Session,
                title: format!("The end's phase “{phase}” failed"),
                tried: phase_words(phase).to_owned(),
                happened: why,
                means: "the phases after it run all the same".into(),
                done: "the receipt and the exit code say so".into(),
                you_can: "read the receipt; `neo verify` checks journal and store".into(),
                retry,
            },
        );
        self.books.hand_in();
    }

    /// The machine's own deadlines: the timer for checkpoints, and the running phase's time.
    pub(super) fn on_deadlines(&mut self) {
        let now = Instant::now();
        if now >= self.next_checkpoint {
            self.next_checkpoint = now + self.checkpoint_interval();
            // On a full disk it would take room that the end needs; and who reads at length would be in its way.
            if self.ending.is_none() && !self.is_out_of_room() && !self.close_looks.are_running() {
                self.checkpoint();
            }
        }
        self.give_up_waiting_for_room(now);
        self.look_at_the_threads(now);
        self.back_up_on_time(now);
        self.look_closely_on_time(now);
        if self.publish_at.is_some_and(|at| now >= at) {
            self.publish_now();
        }
        let time = self.clock.now();
        let Some(ending) = &self.ending else { return };
        let up = ending.machine_deadline().is_some_and(|at| now >= at)
            || ending.session_deadline().is_some_and(|at| time >= at);
        let phase = ending.plan.current();
        if up && !self.over && (ending.plan.is_offering() || self.outcome_of(phase).is_none()) {
            self.time_is_up(phase);
        }
    }

    fn time_is_up(&mut self, phase: Phase) {
        self.changed = true;
        let Some(ending) = &mut self.ending else { return };
        if ending.plan.is_offering() {
            let next = ending.plan.on(Event::Enough);
            return self.follow(next);
        }
        let within = ending.current.within;
        let took = ending.current.began.elapsed();
        // Who was told to stop waiting has not failed. A seal that is late is not lost: the close waits for it.
        let excused = within.is_zero() || phase == Phase::Seal;
        let view = ending.of(phase);
        if excused {
            view.state = if phase == Phase::Seal { PhaseState::Finished(took) } else { PhaseState::LeftOut };
            view.note = if phase == Phase::Seal {
                "the disk is late; it is waited for at the close"
            } else {
                "not waited for, as asked"
            }
            .into();
        } else {
            let why = self.unfinished_words(phase, within);
            if let Some(ending) = &mut self.ending {
                let view = ending.of(phase);
                view.state = PhaseState::Failed(took);
                view.note.clone_from(&why);
            }
            self.phase_failed(phase, why);
        }
        let Some(ending) = &mut self.ending else { return };
        let next = ending.plan.on(Event::TimeUp(phase));
        self.follow(next);
    }
}

/// How the words of a phase begin that ran out of time.
pub(super) const OUT_OF_TIME: &str = "not done within";
