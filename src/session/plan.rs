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
    /// The operator wants a phase that failed tried again.
    Again(Phase),
    /// Nobody is there who could want that, or wants it any more.
    Enough,
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
    /// All is done but what failed and could be tried again: whoever looks on has that long to say so.
    Offer {
        /// The most that is waited.
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
    /// The last phase that was begun; the current one comes before it if it is tried again.
    reached: Phase,
    patience: Patience,
    left_out: Vec<Phase>,
    /// What could be tried again.
    failed: Vec<Phase>,
    /// What is to be tried again.
    again: Vec<Phase>,
    offers: bool,
}

/// How long whoever looks on may think about trying again what failed.
const OFFER: Duration = Duration::from_secs(10);

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

    /// What these do can be done at any time, and the session is closed before them.
    const fn can_be_repeated(self) -> bool {
        matches!(self, Self::Checkpoint | Self::Backup)
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
        let plan = Self {
            hurry,
            current: Phase::Seal,
            reached: Phase::Seal,
            patience: Patience::Patient,
            left_out: Vec::new(),
            failed: Vec::new(),
            again: Vec::new(),
            offers: false,
        };
        let first = plan.start(Phase::Seal);
        (plan, first)
    }

    /// A phase that fails or runs out of time never keeps the next one from running.
    pub fn on(&mut self, event: Event) -> Next {
        match event {
            Event::Finished(phase) if self.failed.contains(&phase) => self.is_mended(phase),
            Event::TimeUp(_) | Event::Enough if self.offers => self.withdraw(),
            Event::Finished(phase) | Event::Failed(phase) | Event::TimeUp(phase)
                if phase == self.current && !self.offers =>
            {
                if !matches!(event, Event::Finished(_)) && phase.can_be_repeated() {
                    self.failed.push(phase);
                }
                self.advance()
            }
            Event::Impatient => self.lose_patience(),
            Event::Hurry => self.speed_up(),
            Event::Again(phase) if self.failed.contains(&phase) => self.try_again(phase),
            // News of a phase that is already behind us: it was counted when we left it.
            Event::Finished(_) | Event::Failed(_) | Event::TimeUp(_) | Event::Again(_) | Event::Enough => {
                Next::KeepGoing
            }
        }
    }

    /// Phases that failed, and could be tried again.
    pub fn failed(&self) -> &[Phase] {
        &self.failed
    }

    /// Whether nothing runs any more, and a word is waited for.
    pub fn is_offering(&self) -> bool {
        self.offers
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

    /// What took too long has been done after all.
    fn is_mended(&mut self, phase: Phase) -> Next {
        self.failed.retain(|&failed| failed != phase);
        self.again.retain(|&again| again != phase);
        if self.offers && self.failed.is_empty() { self.withdraw() } else { Next::KeepGoing }
    }

    fn try_again(&mut self, phase: Phase) -> Next {
        if !self.again.contains(&phase) {
            self.again.push(phase);
        }
        if self.offers { self.advance() } else { Next::KeepGoing }
    }

    fn withdraw(&mut self) -> Next {
        self.failed.clear();
        self.again.clear();
        self.advance()
    }

    fn lose_patience(&mut self) -> Next {
        self.patience = match self.patience {
            Patience::Patient => Patience::Impatient,
            Patience::Impatient | Patience::Leaving => Patience::Leaving,
        };
        if self.offers {
            return self.withdraw();
        }
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
        if self.offers {
            return self.withdraw();
        }
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
        self.offers = false;
        let reached = self.reached;
        for phase in Phase::ALL.into_iter().filter(|&phase| phase > reached) {
            if phase == Phase::Release
                && let Some(next) = self.second_chance()
            {
                return next;
            }
            self.reached = phase;
            if self.wants(phase) {
                self.current = phase;
                return self.start(phase);
            }
            self.left_out.push(phase);
        }
        Next::Over
    }

    /// Before the files and the terminal are given back, what failed may be tried again.
    fn second_chance(&mut self) -> Option<Next> {
        if self.hurry == Hurry::Hurried || self.patience != Patience::Patient {
            return None;
        }
        if self.again.is_empty() {
            self.offers = !self.failed.is_empty();
            return self.offers.then_some(Next::Offer { within: OFFER });
        }
        self.current = self.again.remove(0);
        self.failed.retain(|&failed| failed != self.current);
        Some(self.start(self.current))
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
mod tests;
