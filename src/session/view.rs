//! What can be seen of a session: one plain value, published by the runner whenever something changed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::phase::Phase;
use crate::disk::lock::Holder;
use crate::domain::fill::Fill;
use crate::domain::halt::Cause;
use crate::domain::incident::{Incident, Retry};
use crate::domain::money::Price;
use crate::domain::order::Order;
use crate::domain::session::{SessionId, SessionMode};
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueKind;
use crate::engine;
use crate::keeper::health::Health;

/// How many mids are kept for the chart: an hour of ledgers.
pub const MIDS_KEPT: usize = 900;
/// How many fills, gone orders and events are kept; older ones are in the store.
pub const RECENT_KEPT: usize = 500;

/// A session at one moment. Cheap to clone: what grows is shared.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// When, on the session's own clock.
    pub now: Timestamp,
    /// When, on this machine's clock; between two views the session's time goes on at [`Identity::pace`].
    pub taken: Instant,
    /// Who and where.
    pub identity: Arc<Identity>,
    /// What the engine does and knows.
    pub engine: Arc<engine::snapshot::Snapshot>,
    /// How keeping goes.
    pub keeper: Arc<Health>,
    /// The mid after each ledger, oldest first.
    pub mids: Arc<VecDeque<(Timestamp, Price)>>,
    /// Our newest fills, oldest first.
    pub fills: Arc<VecDeque<(Timestamp, Fill)>>,
    /// Orders whose life is over, oldest first.
    pub gone: Arc<VecDeque<Order>>,
    /// What happened, in sentences, oldest first.
    pub events: Arc<VecDeque<Event>>,
    /// Every incident of this session, oldest first.
    pub incidents: Arc<Vec<IncidentView>>,
    /// What was asked for and has not happened yet, in words: `pausing…`.
    pub pending: Vec<Pending>,
    /// The threads and how they are.
    pub threads: Vec<ThreadView>,
    /// The end, once it has begun.
    pub end: Option<EndView>,
}

/// Who and where a session is: what an operator checks before anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub session: SessionId,
    /// The operator's own name for it; may be empty.
    pub label: String,
    /// Whose money it is.
    pub mode: SessionMode,
    /// Where it trades.
    pub venue: VenueKind,
    /// The database's path as the operator gave it.
    pub database: String,
    /// What all randomness comes from.
    pub seed: u64,
    /// The first 12 hex digits of the effective config's hash.
    pub config_hash: String,
    /// Version and commit.
    pub build: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it is meant to last, on its own clock.
    pub duration: Option<Duration>,
    /// How time runs.
    pub pace: Pace,
    /// What the start found, checked and did.
    pub start: StartAccount,
}

/// What the start found, checked and did, before there was a session. Its times are this machine's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartAccount {
    /// What the system calls the file system that the database lies on: `ext4`; `None` if it does not say.
    pub file_system: Option<String>,
    /// Who holds the lock: this process, and since when.
    pub lock: Option<Holder>,
    /// What was done in order to open both copies, and how long each took.
    pub steps: Vec<(String, Duration)>,
    /// What was found and put right, in sentences; empty after an ordinary end.
    pub account: Vec<String>,
    /// What was ever put away; `None` if nothing was.
    pub quarantine: Option<Quarantined>,
}

/// What lies in quarantine: nothing of it is ever deleted by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// How many folders there are, one for each time.
    pub folders: usize,
    /// The newest one's name, which begins with its time.
    pub newest: String,
}

/// How the session's clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// With the machine's.
    Real,
    /// Simulated, in thousandths of real time.
    Simulated {
        /// 1000 is as fast as real time; 100 000 a hundred times faster.
        permille: u64,
    },
    /// Simulated, as fast as facts are acknowledged.
    Max,
}

/// Something that happened, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What kind, for its colour.
    pub kind: EventKind,
    /// Without a full stop: `sold 7.390000 at 1.42214   +0.0087 spread`.
    pub text: String,
}

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// We bought.
    Bought,
    /// We sold.
    Sold,
    /// A quote moved, an order was placed or taken out.
    Order,
    /// The mode changed.
    Mode,
    /// Checkpoints, backups.
    Keeping,
    /// Something went wrong.
    Trouble,
    /// The operator asked for something.
    Operator,
}

/// An incident and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentView {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub incident: Incident,
    /// Whether the operator has read it.
    pub acknowledged: bool,
    /// Since when what failed has worked again; `None` while it has not, and where nothing can be tried again.
    pub resolved: Option<Timestamp>,
}

impl IncidentView {
    /// Whether nobody has read it and nothing has put it right.
    pub const fn is_new(&self) -> bool {
        !self.acknowledged && self.resolved.is_none()
    }
}

/// What was asked for and has not happened yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pending {
    /// `pausing…`: quotes are not yet proven gone.
    Pausing,
    /// `resuming…`
    Resuming,
    /// `cancelling all…`
    CancellingAll,
    /// `checkpoint…`
    Checkpoint,
    /// `backup…`
    Backup,
}

/// A thread or task and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadView {
    /// As in ARCHITECTURE: `journal`, `store`, `runner`, …
    pub name: &'static str,
    /// Whether it lives and moves.
    pub pulse: Pulse,
    /// What it does, in a few words.
    pub doing: String,
}

/// Whether a thread lives and moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// It does.
    Moves,
    /// It has been at one step for too long.
    StandsStill,
    /// It has ended, and will not come back.
    Dead,
}

/// The end, phase by phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndView {
    /// All causes so far; the one that counts is `causes[reason_index]`.
    pub causes: Vec<Cause>,
    /// When the first of them came, on the session's clock.
    pub began: Timestamp,
    /// Each phase in order.
    pub phases: Vec<PhaseView>,
    /// How often Ctrl+C was said after the end began.
    pub impatience: u32,
    /// Nothing runs any more, and the operator may have what failed tried again.
    pub offer: Option<Offer>,
}

/// How long a word of the operator is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Since when, on the session's clock.
    pub since: Timestamp,
    /// The most that is waited.
    pub within: Duration,
}

impl EndView {
    /// What failed and could be tried again, the first first.
    pub fn repeatable(&self) -> impl Iterator<Item = Retry> + '_ {
        let failed = |phase: &&PhaseView| matches!(phase.state, PhaseState::Failed(_));
        self.phases.iter().filter(failed).filter_map(|phase| match phase.phase {
            Phase::Checkpoint => Some(Retry::Checkpoint),
            Phase::Backup => Some(Retry::Backup),
            Phase::Seal | Phase::Cancel | Phase::Settle | Phase::Close | Phase::Release => None,
        })
    }
}

/// One phase of the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseView {
    /// Which.
    pub phase: Phase,
    /// How far it is.
    pub state: PhaseState,
    /// What there is to say: `1 of 2 gone, 39-12 waits for ledger 95 600 131`.
    pub note: String,
}

/// How far a phase of the end is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhaseState {
    /// Its turn has not come.
    Waiting,
    /// Since when it runs (session clock), and how long it may.
    Running {
        /// Since when.
        since: Timestamp,
        /// How long it may take.
        within: Duration,
    },
    /// It did what it should.
    Finished(Duration),
    /// It did not; the note says why.
    Failed(Duration),
    /// It was left out, by impatience or for lack of time.
    LeftOut,
}
