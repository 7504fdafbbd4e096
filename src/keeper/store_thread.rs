//! The store's thread: projects acknowledged lines, answers for rows, does jobs, writes readings, in that order. A long
//! job lets the others go first, over and over.

mod inbox;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) use inbox::{Inbox, Vouch, Work};

use super::health::{CheckpointAnswer, Done};
use super::names::{LOOK, Noticed, StoreNames};
use super::news::News;
use super::{LastLog, Outlets};
use crate::beat::Step;
use crate::domain::reading::Reading;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::journal::record::Line;
use crate::store::{Alone, Projected, Store, StoreError};

/// Something to be done on the store's thread.
pub type Job = Box<dyn FnOnce(&mut Shift<'_>) + Send>;

/// A job's time on the store's thread. A long one lets the thread keep up with its duties in between.
pub struct Shift<'a>(&'a mut Projecting);

impl Shift<'_> {
    /// The store.
    pub fn store(&mut self) -> &mut Store {
        &mut self.0.store
    }

    /// Whether the store is not on the disk any more under its name, and only its own connection still has it.
    pub fn store_is_gone(&mut self) -> bool {
        self.0.look();
        !self.0.outlets.health().store.gone.is_empty()
    }

    /// Projects the facts that came meanwhile, answers for rows and writes readings. `Break` if the job is to leave off,
    /// because the keeper is being closed.
    pub fn keep_up(&mut self) -> ControlFlow<()> {
        if let Some(work) = self.0.work.pressing() {
            self.0.carry_out(work);
        }
        self.0.at(Step::Job);
        if self.0.work.is_hurried() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// What is answered once the thread cannot work any more.
const DIED: &str = "the store's thread has died";

/// How long to wait before a store that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Lines kept in memory for a store that fails. Beyond this it stays behind until the next start.
const BACKLOG: usize = 20_000;

/// The thread's own belongings.
pub(super) struct Projecting {
    store: Store,
    work: Arc<Inbox>,
    outlets: Outlets,
    names: StoreNames,
    /// Lines that the store has not taken yet.
    backlog: Vec<Line>,
    /// Tickets that the store must vouch for once the backlog is in.
    vouching: Vec<(u64, Instant)>,
    /// Questions in hand: whatever becomes of us, they are answered.
    owed: Owed,
    failing: bool,
    given_up: bool,
}

/// Who waits for an answer.
#[derive(Debug, Default)]
struct Owed {
    rows: Vec<SessionId>,
    checkpoints: Vec<Timestamp>,
    digests: Vec<SessionId>,
}

impl Projecting {
    pub(super) fn new(store: Store, work: Arc<Inbox>, outlets: Outlets) -> Self {
        let (names, backlog, vouching, owed) = (StoreNames::of(&store), Vec::new(), Vec::new(), Owed::default());
        let new = Self { store, work, outlets, names, backlog, vouching, owed, failing: false, given_up: false };
        new.note_alone();
        new
    }

    pub(super) fn run(mut self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut closing = false;
            while !closing {
                let is_behind = self.failing || !self.backlog.is_empty();
                let retry = if is_behind && !self.given_up { RETRY } else { LOOK };
                self.at(Step::Rest);
                let work = self.work.wait(Some(retry));
                closing = work.closing;
                self.carry_out(work);
            }
            self.at(Step::Checkpoint);
            self.empty_the_log();
        }));
        if let Err(panic) = outcome {
            let why = crate::domain::incident::panic_words(&*panic);
            self.give_up(&why);
            self.outlets.tell(News::ThreadDied { name: "store", why });
            let in_hand = std::mem::take(&mut self.owed);
            self.refuse(in_hand);
            self.refuse_until_closed();
        }
    }

    /// What others did to the files is looked for before each piece of work, what our own did is noted after it.
    fn carry_out(&mut self, work: Work) {
        self.at(Step::Files);
        self.look();
        self.at(Step::Facts);
        self.work_off(work);
        self.names.note(&self.store);
    }

    fn at(&self, step: Step) {
        self.outlets.beats.store.at(step);
    }

    /// A loss is told once; work goes on through the open handles.
    fn look(&mut self) {
        let what = match self.names.look(&self.store) {
            None => return,
            Some(Noticed::Touched(what)) => return self.outlets.touched(what),
            Some(Noticed::Lost(what) | Noticed::FolderLost(what)) => what,
        };
        if self.outlets.health().store.gone.is_empty() {
            self.outlets.health().store.gone.clone_from(&what);
            self.outlets.tell(News::StoreGone(what));
        }
    }

    fn work_off(&mut self, work: Work) {
        self.backlog.extend(work.lines);
        self.vouching.extend(work.vouch);
        let is_asked = !work.rows.is_empty() || !work.digests.is_empty();
        self.owed.rows.extend(work.rows);
        self.owed.checkpoints.extend(work.checkpoints);
        self.owed.digests.extend(work.digests);
        // On a full disk the room that is left is the journal's, until somebody waits for what the store has to say.
        let is_wanted = !self.vouching.is_empty() || is_asked || work.closing;
        if is_wanted || !self.outlets.space.is_full() {
            self.project();
        }
        if self.backlog.len() > BACKLOG {
            self.give_up("too far behind; the next start catches up from the journal");
        }
        self.at(Step::Questions);
        while let Some(&session) = self.owed.rows.first() {
            let row = self.store.ask().and_then(|ask| ask.session_row(session));
            let row = row.map(|row| row.map(Box::new)).map_err(|error| error.to_string());
            self.outlets.tell(News::Row(session, row));
            self.owed.rows.remove(0);
        }
        self.at(Step::Checkpoint);
        while let Some(&at) = self.owed.checkpoints.first() {
            self.checkpoint(at);
            self.owed.checkpoints.remove(0);
        }
        self.at(Step::Readings);
        self.write_readings(&work.readings);
        for job in work.jobs {
            self.at(Step::Job);
            job(&mut Shift(self));
        }
        self.at(Step::Questions);
        while let Some(&session) = self.owed.digests.first() {
            let digest = self.store.ask().and_then(|ask| ask.readings_digest(session));
            self.outlets.tell(News::Readings(session, digest.map_err(|error| error.to_string())));
            self.owed.digests.remove(0);
        }
        self.outlets.health().store.second_tries = self.store.second_tries();
    }

    fn project(&mut self) {
        if self.given_up || (self.backlog.is_empty() && self.vouching.is_empty()) {
            return;
        }
        let projected = match self.try_projecting() {
            // Once more, on the ballast's room.
            Err(error) if error.is_full() && !self.outlets.space.is_full() => {
                self.outlets.space.filled_up(&error.to_string());
                self.try_projecting()
            }
            outcome => outcome,
        };
        match projected {
            Ok(projected) => self.projected(projected),
            Err(error) => self.failed(&error),
        }
    }

    fn try_projecting(&mut self) -> Result<Projected, StoreError> {
        if self.vouching.is_empty() {
            self.store.project(&self.backlog)
        } else {
            self.store.project_durably(&self.backlog)
        }
    }

    fn projected(&mut self, projected: Projected) {
        for poison in projected.undigested {
            self.outlets.tell(News::Undigested { n: poison.n, why: poison.why });
        }
        if let Some(last) = self.backlog.last() {
            let (cursor, wal_bytes) = (Some(last.n), self.store.wal_bytes());
            let mut health = self.outlets.health();
            (health.store.cursor, health.store.wal_bytes) = (cursor, wal_bytes);
        }
        self.backlog.clear();
        for (ticket, handed_at) in std::mem::take(&mut self.vouching) {
            self.outlets.tell(News::Recorded { ticket, took: handed_at.elapsed() });
        }
        if self.failing {
            self.failing = false;
            self.outlets.health().store.trouble.clear();
            self.outlets.tell(News::StoreRecovered);
        }
    }

    /// Of a full disk both threads know already, and told it.
    fn failed(&mut self, error: &StoreError) {
        let why = error.to_string();
        self.outlets.health().store.trouble.clone_from(&why);
        if !self.failing && !error.is_full() {
            self.outlets.tell(News::StoreFailed(why.clone()));
        }
        self.failing = true;
        for (ticket, _) in std::mem::take(&mut self.vouching) {
            self.outlets
                .tell(News::Lost { ticket, why: format!("neither the journal nor the store could keep it: {why}") });
        }
    }

    fn give_up(&mut self, why: &str) {
        self.given_up = true;
        self.backlog = Vec::new();
        why.clone_into(&mut self.outlets.health().store.trouble);
        for (ticket, _) in std::mem::take(&mut self.vouching) {
            self.outlets.tell(News::Lost { ticket, why: why.to_owned() });
        }
    }

    /// Answers every question with a refusal, so that nobody waits for a thread that cannot work any more. A job that is
    /// not done says so itself.
    fn refuse_until_closed(&mut self) {
        self.at(Step::Rest);
        loop {
            let work = self.work.wait(None);
            for (ticket, _) in work.vouch {
                self.outlets.tell(News::Lost { ticket, why: DIED.to_owned() });
            }
            self.refuse(Owed { rows: work.rows, checkpoints: work.checkpoints, digests: work.digests });
            if work.closing {
                return;
            }
        }
    }

    fn refuse(&self, owed: Owed) {
        for session in owed.rows {
            self.outlets.tell(News::Row(session, Err(DIED.to_owned())));
        }
        for session in owed.digests {
            self.outlets.tell(News::Readings(session, Err(DIED.to_owned())));
        }
        for at in owed.checkpoints {
            self.outlets.tell(News::Checkpoint(Done { at, took: Duration::ZERO, result: Err(DIED.to_owned()) }));
        }
    }

    fn checkpoint(&mut self, at: Timestamp) {
        let began = Instant::now();
        let result = self.move_the_log();
        let done = Done { at, took: began.elapsed(), result };
        {
            let mut health = self.outlets.health();
            health.store.wal_bytes = self.store.wal_bytes();
            health.checkpoint = Some(done.clone());
        }
        self.outlets.tell(News::Checkpoint(done));
    }

    /// On a full disk only if the database cannot outgrow it on the way: half of it done would take room and free none.
    fn move_the_log(&mut self) -> Result<CheckpointAnswer, String> {
        let wal = self.store.wal_bytes().unwrap_or_default();
        if !self.outlets.space.has_room_for(wal) {
            return Err(
                "the disk is full, and the database may need more room first; the next start does it".to_owned()
            );
        }
        self.look();
        let answer = self.store.checkpoint();
        self.names.note(&self.store);
        self.note_alone();
        if let Err(error) = &answer
            && error.is_full()
        {
            self.outlets.space.filled_up(&error.to_string());
        }
        answer.map_err(|error| error.to_string()).and_then(refuse_busy)
    }

    /// Where it has less, or cannot be read, what was noted before goes on being the least that is there.
    fn note_alone(&self) {
        match Alone::of(&**self.store.disk(), self.store.path()) {
            Ok(alone) => {
                let mut health = self.outlets.health();
                if alone.has_all_of(&health.store.alone) {
                    health.store.alone = alone;
                }
            }
            Err(error) => tracing::info!(%error, "the database cannot be read without its log"),
        }
    }

    /// The last readings were written behind the end's own checkpoint; what is left lying is an empty log.
    fn empty_the_log(&mut self) {
        let left_full = self.work.last_log() == LastLog::LeftFull;
        if left_full || self.given_up || self.store.wal_bytes() == Some(0) {
            return;
        }
        if let Err(error) = self.move_the_log() {
            tracing::warn!(error, "the write-ahead log is not empty; the next start takes it up");
        }
    }

    fn write_readings(&mut self, readings: &[(SessionId, Reading)]) {
        if self.outlets.space.is_full() {
            self.outlets.health().store.readings_dropped += readings.len() as u64;
            return;
        }
        for of_one in readings.chunk_by(|one, other| one.0 == other.0) {
            let Some((session, _)) = of_one.first() else { continue };
            let readings: Vec<Reading> = of_one.iter().map(|(_, reading)| reading.clone()).collect();
            if let Err(error) = self.store.write_readings(*session, &readings) {
                // A reading may be lost; that it was is counted and shown.
                tracing::warn!(%error, lost = readings.len(), "readings could not be written");
                self.outlets.health().store.readings_dropped += readings.len() as u64;
                if error.is_full() {
                    return self.outlets.space.filled_up(&error.to_string());
                }
            }
        }
    }
}

/// A checkpoint that a reader kept from finishing did not do what it should.
fn refuse_busy(answer: CheckpointAnswer) -> Result<CheckpointAnswer, String> {
    if answer.busy {
        let CheckpointAnswer { log, checkpointed, .. } = answer;
        return Err(format!("busy: another connection reads; {checkpointed} of {log} pages were moved"));
    }
    Ok(answer)
}
