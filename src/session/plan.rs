//! The end of a session as a plan: which phase comes next, and how long it may take.
//!
//! Pure. It is told what has happened and answers what to start; nothing here waits, writes or draws, so every order of
//! events can be tried in a test. What a phase does lives with the runner.

use std::time::Duration;

use super::phase::Phase;
use crate::domain::halt::{Cause, HaltReason};

/// How long the world gives us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hurry {
    /// Nobody hurries us: a key, a signal, a halt, a terminal that has gone.
    Orderly,
    /// Windows ends the process five seconds after the event.
    Hurried,
}

/// How often the operator has said Ctrl+C after the end began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patience {
    /// Not at all.
    #[default]
    Patient,
    /// Once: stop waiting for the venue, leave out what is optional.
    Impatient,
    /// Twice: the process ends as soon as the session is closed.
    Leaving,
}

/// What happened since the last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The phase did all that it should.
    Finished(Phase),
    /// The phase could not do what it should.
    Failed(Phase),
    /// The phase's time is over.
    TimeUp(Phase),
    /// Ctrl+C again.
    Impatient,
    /// From now on there is less time: the window's X during an orderly end.
    Hurry,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Begin this phase; it may take that long.
    Start {
        /// Which.
        phase: Phase,
        /// The most it may take.
        within: Duration,
    },
    /// Go on with what is running.
    KeepGoing,
    /// The running phase has less time now, counted from its beginning.
    Shorten {
        /// The most it may take.
        within: Duration,
    },
    /// Nothing is left to do.
    Over,
}

/// One end, from the seal to the release.
#[derive(Clone, Debug)]
pub struct Plan {
    hurry: Hurry,
    current: Phase,
    patience: Patience,
    left_out: Vec<Phase>,
}

impl Hurry {
    /// How much time a cause leaves.
    pub const fn of(reason: HaltReason, on_windows: Windows) -> Self {
        match (reason, on_windows) {
            (HaltReason::SystemLogoff | HaltReason::SystemShutdown, _) | (HaltReason::TerminalClosed, Windows::Yes) => {
                Self::Hurried
            }
            _ => Self::Orderly,
        }
    }

    /// How much time is left after all of these: one that hurries is enough.
    pub fn of_all(causes: &[Cause], on_windows: Windows) -> Self {
        causes.iter().map(|cause| Self::of(cause.reason, on_windows)).max().unwrap_or(Self::Orderly)
    }
}

/// Whether this is Windows, where a terminal that closes takes the process with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// It is.
    Yes,
    /// It is not.
    No,
}

impl Windows {
    /// What this program was built for.
    pub const HERE: Self = if cfg!(windows) { Self::Yes } else { Self::No };
}

impl Phase {
    /// Without these a session is not closed; no hurry and no impatience leaves them out.
    const fn is_essential(self) -> bool {
        matches!(self, Self::Seal | Self::Close | Self::Release)
    }

    /// The most that this phase may take, or `None` if it is left out in that hurry. CONTRACT's table.
    const fn budget(self, hurry: Hurry) -> Option<Duration> {
        let millis = match (self, hurry) {
            (Self::Seal, _) => 50,
            (Self::Cancel, Hurry::Orderly) => 15_000,
            (Self::Settle, Hurry::Orderly) => 3_000,
            (Self::Settle, Hurry::Hurried) => 300,
            (Self::Close, Hurry::Orderly) => 1_000,
            (Self::Close, Hurry::Hurried) => 500,
            (Self::Cancel, Hurry::Hurried) | (Self::Checkpoint, Hurry::Orderly) => 2_000,
            (Self::Backup, Hurry::Orderly) => 10_000,
            (Self::Checkpoint | Self::Backup, Hurry::Hurried) => return None,
            (Self::Release, _) => 200,
        };
        Some(Duration::from_millis(millis))
    }
}

impl Plan {
    /// Begins an end; the answer is always the seal.
    pub fn begin(hurry: Hurry) -> (Self, Next) {
        let plan = Self { hurry, current: Phase::Seal, patience: Patience::Patient, left_out: Vec::new() };
        let first = plan.start(Phase::Seal);
        (plan, first)
    }

    /// A phase that fails or runs out of time never keeps the next one from running.
    pub fn on(&mut self, event: Event) -> Next {
        match event {
            Event::Finished(phase) | Event::Failed(phase) | Event::TimeUp(phase) if phase == self.current => {
                self.advance()
            }
            Event::Impatient => self.lose_patience(),
            Event::Hurry => self.speed_up(),
            // News of a phase that is already behind us: it was counted when we left it.
            Event::Finished(_) | Event::Failed(_) | Event::TimeUp(_) => Next::KeepGoing,
        }
    }

    /// The phase that runs.
    pub fn current(&self) -> Phase {
        self.current
    }

    /// How patient the operator still is.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    /// Phases that were left out or cut short by impatience or hurry, in order.
    pub fn left_out(&self) -> &[Phase] {
        &self.left_out
    }

    fn lose_patience(&mut self) -> Next {
        self.patience = match self.patience {
            Patience::Patient => Patience::Impatient,
            Patience::Impatient | Patience::Leaving => Patience::Leaving,
        };
        // Settling is short and gives the receipt its numbers: only who leaves cuts it off.
        let cut = match self.current {
            Phase::Cancel | Phase::Checkpoint | Phase::Backup => true,
            Phase::Settle => self.patience == Patience::Leaving,
            Phase::Seal | Phase::Close | Phase::Release => false,
        };
        if cut { self.cut_off() } else { Next::KeepGoing }
    }

    fn speed_up(&mut self) -> Next {
        self.hurry = Hurry::Hurried;
        match self.current.budget(self.hurry) {
            Some(within) => Next::Shorten { within },
            None => self.cut_off(),
        }
    }

    fn cut_off(&mut self) -> Next {
        self.left_out.push(self.current);
        self.advance()
    }

    fn advance(&mut self) -> Next {
        for phase in Phase::ALL.into_iter().filter(|&phase| phase > self.current) {
            if self.wants(phase) {
                self.current = phase;
                return self.start(phase);
            }
            self.left_out.push(phase);
        }
        Next::Over
    }

    /// Cancelling is wanted even without patience: its sending is never left out, only its waiting.
    fn wants(&self, phase: Phase) -> bool {
        let optional = matches!(phase, Phase::Checkpoint | Phase::Backup);
        phase.budget(self.hurry).is_some() && (phase.is_essential() || !optional || self.patience == Patience::Patient)
    }

    fn start(&self, phase: Phase) -> Next {
        let waits = matches!(phase, Phase::Cancel) && self.patience >= Patience::Impatient;
        let within = if waits { Some(Duration::ZERO) } else { phase.budget(self.hurry) };
        within.map_or(Next::Over, |within| Next::Start { phase, within })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use proptest::prelude::*;

    /// Carries a plan out, each phase ending as `outcome` says; returns the phases that were started.
    fn carry_out(hurry: Hurry, outcome: impl Fn(Phase) -> Event) -> (Vec<Phase>, Plan) {
        let (mut plan, mut next) = Plan::begin(hurry);
        let mut started = Vec::new();
        while let Next::Start { phase, .. } = next {
            started.push(phase);
            next = plan.on(outcome(phase));
        }
        (started, plan)
    }

    #[test]
    fn an_orderly_end_runs_every_phase_once_and_in_order() {
        let (started, plan) = carry_out(Hurry::Orderly, Event::Finished);
        assert_eq!(started, Phase::ALL);
        assert!(plan.left_out().is_empty());
    }

    #[test]
    fn a_phase_that_fails_never_keeps_the_next_from_running() {
        let (started, _) = carry_out(Hurry::Orderly, Event::Failed);
        assert_eq!(started, Phase::ALL);
    }

    #[test]
    fn a_hurried_end_fits_into_four_seconds_and_still_closes() {
        let (started, plan) = carry_out(Hurry::Hurried, Event::TimeUp);
        let total: Duration = started.iter().filter_map(|phase| phase.budget(Hurry::Hurried)).sum();
        assert!(total <= Duration::from_secs(4), "{total:?}");
        assert!(started.contains(&Phase::Close));
        assert_eq!(plan.left_out(), [Phase::Checkpoint, Phase::Backup]);
    }

    #[test]
    fn one_cause_that_hurries_is_enough_wherever_it_stands() {
        let cause = |reason| Cause { reason, detail: String::new(), at: Timestamp::from_millis(0) };
        let (quit, gone) = (cause(HaltReason::OperatorQuit), cause(HaltReason::TerminalClosed));
        assert_eq!(Hurry::of_all(&[], Windows::Yes), Hurry::Orderly);
        assert_eq!(Hurry::of_all(&[quit.clone(), gone.clone()], Windows::Yes), Hurry::Hurried);
        assert_eq!(Hurry::of_all(&[gone, quit], Windows::No), Hurry::Orderly);
    }

    #[test]
    fn impatience_stops_the_waiting_but_not_the_closing() {
        let (mut plan, _) = Plan::begin(Hurry::Orderly);
        assert!(matches!(plan.on(Event::Finished(Phase::Seal)), Next::Start { phase: Phase::Cancel, .. }));
        assert!(matches!(plan.on(Event::Impatient), Next::Start { phase: Phase::Settle, .. }));
        assert!(matches!(plan.on(Event::Finished(Phase::Settle)), Next::Start { phase: Phase::Close, .. }));
        assert!(matches!(plan.on(Event::Finished(Phase::Close)), Next::Start { phase: Phase::Release, .. }));
        assert_eq!(plan.left_out(), [Phase::Cancel, Phase::Checkpoint, Phase::Backup]);
    }

    #[test]
    fn impatience_during_the_seal_still_sends_the_cancels() {
        let (mut plan, _) = Plan::begin(Hurry::Orderly);
        assert_eq!(plan.on(Event::Impatient), Next::KeepGoing);
        let next = plan.on(Event::Finished(Phase::Seal));
        assert_eq!(next, Next::Start { phase: Phase::Cancel, within: Duration::ZERO });
    }

    #[test]
    fn the_windows_x_during_an_orderly_end_shortens_what_runs() {
        let (mut plan, _) = Plan::begin(Hurry::Orderly);
        plan.on(Event::Finished(Phase::Seal));
        assert_eq!(plan.on(Event::Hurry), Next::Shorten { within: Duration::from_secs(2) });
    }

    #[test]
    fn late_news_of_a_phase_that_was_given_up_changes_nothing() {
        let (mut plan, _) = Plan::begin(Hurry::Orderly);
        plan.on(Event::Finished(Phase::Seal));
        plan.on(Event::TimeUp(Phase::Cancel));
        assert_eq!(plan.on(Event::Finished(Phase::Cancel)), Next::KeepGoing);
    }

    proptest! {
        #[test]
        fn whatever_happens_the_session_is_sealed_closed_and_released_once_each(
            hurried: bool,
            events in proptest::collection::vec((0_u8..5, 0_usize..7), 0..40),
        ) {
            let (mut plan, first) = Plan::begin(if hurried { Hurry::Hurried } else { Hurry::Orderly });
            let mut started = Vec::new();
            let mut note = |next: Next| match next {
                Next::Start { phase, .. } => { started.push(phase); true }
                Next::KeepGoing | Next::Shorten { .. } => true,
                Next::Over => false,
            };
            let mut going = note(first);
            for (what, which) in events {
                if !going { break }
                let phase = Phase::ALL[which];
                going = note(plan.on(match what {
                    0 => Event::Finished(phase),
                    1 => Event::Failed(phase),
                    2 => Event::TimeUp(phase),
                    3 => Event::Impatient,
                    _ => Event::Hurry,
                }));
            }
            while going {
                going = note(plan.on(Event::TimeUp(plan.current())));
            }
            prop_assert!(started.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", started);
            for phase in [Phase::Seal, Phase::Cancel, Phase::Close, Phase::Release] {
                prop_assert!(started.contains(&phase), "{:?} is missing in {:?}", phase, started);
            }
        }
    }
}
