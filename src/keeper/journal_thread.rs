//! The journal's thread: takes all facts that wait, appends them in one write, syncs once, acknowledges.
//!
//! Facts that find no room on the disk wait here, in order, and are tried again every second; nothing overtakes them. Only
//! the end of a session cannot wait long for better times: then the store is asked to vouch for all of them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::Outlets;
use super::names::{JournalNames, Noticed};
use super::news::News;
use super::space::Seen;
use super::store_thread::{Inbox, Vouch};
use crate::beat::Step;
use crate::domain::fact::Fact;
use crate::journal::record::Entry;
use crate::journal::writer::{Acknowledged, Room, WriteError, Writer};

/// What comes through the door for this thread.
#[derive(Debug)]
pub(super) enum Handed {
    /// Facts that belong together.
    Facts { ticket: u64, entries: Vec<Entry>, at: Instant },
    /// Nothing more will come.
    Close,
}

/// Facts handed in by several calls, kept with one write and one sync.
#[derive(Debug, Default)]
struct Group {
    entries: Vec<Entry>,
    tickets: Vec<(u64, Instant)>,
}

/// The thread's own belongings.
pub(super) struct Appending {
    writer: Writer,
    facts: Receiver<Handed>,
    work: Arc<Inbox>,
    outlets: Outlets,
    names: JournalNames,
    /// Facts that are not on disk yet, oldest first; more than one only while there is no room for them.
    waiting: VecDeque<Group>,
    /// When those that found no room are tried again.
    retry_at: Option<Instant>,
    /// Until when the end of a session may wait for room; `None` while it does not.
    last_try: Option<Instant>,
    /// Once the journal has failed for good, the store vouches for every fact until the next start.
    failed: bool,
}

/// More facts than this are not put into one write: an acknowledgement should not wait for a whole backlog.
const GROUP: usize = 256;

/// How long to wait before facts that found no room are tried again.
const RETRY: Duration = Duration::from_secs(1);

/// How long the end of a session waits for room in all, and how long between two tries: its phase has a second or more.
const LAST_WAIT: Duration = Duration::from_millis(600);
const LAST_RETRY: Duration = Duration::from_millis(50);

/// How long the last reading back may take. A segment of hundreds of megabytes takes longer: then what was read back
/// longest ago comes first, and the next start reads the rest.
const LAST_READING: Duration = Duration::from_secs(1);

/// Whether anybody can still wait for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    Left,
    /// The session closes, and the operator waits for it.
    Short,
    /// The door closes.
    Over,
}

impl Appending {
    pub(super) fn new(writer: Writer, facts: Receiver<Handed>, work: Arc<Inbox>, outlets: Outlets) -> Self {
        let (names, waiting) = (JournalNames::of(&writer), VecDeque::new());
        Self { writer, facts, work, outlets, names, waiting, retry_at: None, last_try: None, failed: false }
    }

    pub(super) fn run(mut self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            while self.keep_what_waits() {}
            self.look_a_last_time();
        }));
        if let Err(panic) = outcome {
            let why = crate::domain::incident::panic_words(&*panic);
            self.outlets.tell(News::ThreadDied { name: "journal", why });
        }
        // Whatever ended us, the store must not wait for lines that nobody will send.
        self.work.close();
    }

    /// Waits for facts, or for the time to look or to try again, and keeps what there is; false once the door is closed.
    fn keep_what_waits(&mut self) -> bool {
        let mut group = Group::default();
        let looks = [self.outlets.space.next_look(), self.names.next_look()];
        let until = self.retry_at.into_iter().chain(looks).min();
        let patience = until.map_or(RETRY, |until| until.saturating_duration_since(Instant::now()));
        self.outlets.beats.journal.at(Step::Rest);
        let mut open = match self.facts.recv_timeout(patience) {
            Ok(handed) => group.take(handed),
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        };
        while open && group.entries.len() < GROUP {
            match self.facts.try_recv() {
                Ok(handed) => open = group.take(handed),
                Err(_) => break,
            }
        }
        if !group.tickets.is_empty() {
            self.waiting.push_back(group);
        }
        let is_last = |group: &Group| group.entries.iter().any(|entry| matches!(entry.fact, Fact::SessionClosed(_)));
        self.keep(match open {
            false => Time::Over,
            true if self.waiting.iter().any(is_last) => Time::Short,
            true => Time::Left,
        });
        self.look();
        open
    }

    /// Keeps all that waits, in order, or as much as there is room for.
    fn keep(&mut self, time: Time) {
        // The end of a session does not wait for the next try of what came before it.
        let waits = match time {
            Time::Left => true,
            Time::Short => self.last_try.is_some(),
            Time::Over => false,
        };
        if waits && self.retry_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        self.retry_at = None;
        while let Some(group) = self.waiting.pop_front() {
            self.outlets.beats.journal.at(Step::Facts);
            if self.failed {
                self.let_the_store_vouch(group);
                continue;
            }
            match self.write(&group) {
                Ok(kept) => self.acknowledge(&group, kept),
                Err(error) if error.is_full() && self.may_wait(time) => {
                    self.outlets.health().journal.trouble = error.to_string();
                    self.waiting.push_front(group);
                    return;
                }
                Err(error) => {
                    self.failed = true;
                    self.outlets.health().journal.trouble = error.to_string();
                    self.outlets.tell(News::JournalFailed(error.to_string()));
                    self.let_the_store_vouch(group);
                }
            }
        }
    }

    /// Whether what found no room can be tried again, and when.
    fn may_wait(&mut self, time: Time) -> bool {
        let now = Instant::now();
        let pause = match time {
            Time::Left => RETRY,
            Time::Short if now < *self.last_try.get_or_insert(now + LAST_WAIT) => LAST_RETRY,
            Time::Short | Time::Over => return false,
        };
        self.retry_at = Some(now + pause);
        true
    }

    /// Writes a group; if there is no room for it, once more on the ballast's.
    fn write(&mut self, group: &Group) -> Result<Acknowledged, WriteError> {
        self.look_for_a_cut();
        match self.writer.write_group(&group.entries) {
            Err(error) if error.is_full() => {
                self.filled_up(&error);
                self.writer.write_group(&group.entries)
            }
            outcome => outcome,
        }
    }

    fn filled_up(&mut self, error: &WriteError) {
        self.outlets.space.filled_up(&error.to_string());
        self.writer.use_room(Room::None);
    }

    fn acknowledge(&mut self, group: &Group, kept: Acknowledged) {
        let Acknowledged { lines, moved } = kept;
        let head = lines.last().map(|last| (last.n, last.hash.to_string()));
        // Before anybody hears of it: who asks for a row once its facts are on disk must find them in it.
        self.work.lines(lines, Vouch::No);
        self.tell_recorded(group, head);
        if let Some(trouble) = moved {
            self.left_a_file(&trouble);
        }
        // Nobody waits for this, so it is done after the acknowledgement.
        self.outlets.beats.journal.at(Step::Files);
        self.look_for_a_cut();
        if let Err(trouble) = self.writer.make_room() {
            self.left_a_file(&trouble);
        }
    }

    fn left_a_file(&mut self, trouble: &WriteError) {
        if trouble.is_full() {
            self.filled_up(trouble);
        } else {
            self.outlets.tell(News::JournalMoved(trouble.to_string()));
        }
    }

    fn tell_recorded(&self, group: &Group, head: Option<(u64, String)>) {
        let Some(&(ticket, handed_at)) = group.tickets.last() else { return };
        let took = handed_at.elapsed();
        {
            let mut health = self.outlets.health();
            health.journal.last_ack = took;
            health.journal.segment = self.writer.segment().unwrap_or_default();
            health.journal.head = head.or(health.journal.head.take());
            health.journal.trouble.clear();
        }
        self.outlets.tell(News::Recorded { ticket, took });
    }

    fn look(&mut self) {
        self.outlets.beats.journal.at(Step::Files);
        if self.outlets.space.look(!self.waiting.is_empty()) == Seen::RoomAgain {
            self.writer.use_room(Room::Ahead);
        }
        let is_due = Instant::now() >= self.names.next_look();
        if let Some(noticed) = self.names.look(self.writer.segment()) {
            self.notice(noticed);
        }
        // One that cannot be read now is read in the next round, and once more at the end.
        if is_due && let Ok(Some(change)) = self.writer.changed() {
            self.notice(Noticed::Lost(change.to_string()));
        }
    }

    /// By the handle, in a microsecond: the names are looked at too rarely to be sure to see it.
    fn look_for_a_cut(&mut self) {
        if let Some(cut) = self.writer.cut() {
            self.notice(Noticed::Lost(cut.to_string()));
        }
    }

    /// What is called verified after this was there, whole, once nothing more was to be written.
    fn look_a_last_time(&mut self) {
        self.look_for_a_cut();
        if let Some(noticed) = self.names.look_now(self.writer.segment()) {
            self.notice(noticed);
        }
        let began = Instant::now();
        for _ in 0..self.writer.stretches() {
            match self.writer.changed() {
                Ok(None) if began.elapsed() < LAST_READING => {}
                Ok(None) => return,
                Ok(Some(change)) => return self.notice(Noticed::Lost(change.to_string())),
                Err(why) => return self.notice(Noticed::Lost(format!("the journal cannot be read back: {why}"))),
            }
        }
    }

    /// A loss is told once. The lines that are gone are in the store; those to come go where they are found again.
    fn notice(&mut self, noticed: Noticed) {
        let what = match noticed {
            Noticed::Touched(what) => return self.outlets.touched(what),
            Noticed::Lost(what) => what,
            Noticed::FolderLost(what) => {
                self.failed = true;
                what
            }
        };
        self.writer.leave_segment();
        if self.outlets.health().journal.gone.is_empty() {
            self.outlets.health().journal.gone.clone_from(&what);
            self.outlets.tell(News::JournalGone(what));
        }
    }

    fn let_the_store_vouch(&mut self, group: Group) {
        let lines = self.writer.chain_only(&group.entries);
        self.work.lines(lines, Vouch::For(group.tickets));
    }
}

impl Group {
    /// Takes in what was handed over; false once nothing more will come.
    fn take(&mut self, handed: Handed) -> bool {
        match handed {
            Handed::Facts { ticket, entries, at } => {
                self.entries.extend(entries);
                self.tickets.push((ticket, at));
                true
            }
            Handed::Close => false,
        }
    }
}
