//! The journal's thread: takes all facts that wait, appends them in one write, syncs once, acknowledges.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;

use super::health::Health;
use super::news::News;
use super::store_thread::{Inbox, Vouch};
use super::unpoisoned;
use crate::journal::record::Entry;
use crate::journal::writer::{Acknowledged, Writer};

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
    news: UnboundedSender<News>,
    health: Arc<Mutex<Health>>,
    /// Once the journal has failed for good, the store vouches for every fact until the next start.
    failed: bool,
}

/// More facts than this are not put into one write: an acknowledgement should not wait for a whole backlog.
const GROUP: usize = 256;

impl Appending {
    pub(super) fn new(
        writer: Writer,
        facts: Receiver<Handed>,
        work: Arc<Inbox>,
        news: UnboundedSender<News>,
        health: Arc<Mutex<Health>>,
    ) -> Self {
        Self { writer, facts, work, news, health, failed: false }
    }

    pub(super) fn run(mut self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| while self.keep_what_waits() {}));
        if let Err(panic) = outcome {
            let why = crate::domain::incident::panic_words(&*panic);
            self.tell(News::ThreadDied { name: "journal", why });
        }
        // Whatever ended us, the store must not wait for lines that nobody will send.
        self.work.close();
    }

    /// Waits for facts and keeps them; false once the door is closed.
    fn keep_what_waits(&mut self) -> bool {
        let mut group = Group::default();
        let mut open = match self.facts.recv() {
            Ok(handed) => group.take(handed),
            Err(_) => false,
        };
        while open && group.entries.len() < GROUP {
            match self.facts.try_recv() {
                Ok(handed) => open = group.take(handed),
                Err(_) => break,
            }
        }
        if !group.tickets.is_empty() {
            self.keep(group);
        }
        open
    }

    fn keep(&mut self, group: Group) {
        if self.failed {
            return self.let_the_store_vouch(group);
        }
        match self.writer.write_group(&group.entries) {
            Ok(Acknowledged { lines, moved }) => {
                let head = lines.last().map(|last| (last.n, last.hash.to_string()));
                // Before anybody hears of it: who asks for a row once its facts are on disk must find them in it.
                self.work.lines(lines, Vouch::No);
                self.acknowledge(&group, head);
                if let Some(trouble) = moved {
                    self.tell(News::JournalMoved(trouble.to_string()));
                }
                self.make_room();
            }
            Err(error) => {
                self.failed = true;
                unpoisoned(&self.health).journal.trouble = error.to_string();
                self.tell(News::JournalFailed(error.to_string()));
                self.let_the_store_vouch(group);
            }
        }
    }

    /// Nobody waits for this, so it is done after the acknowledgement.
    fn make_room(&mut self) {
        if let Err(error) = self.writer.make_room() {
            self.tell(News::JournalMoved(error.to_string()));
        }
    }

    fn acknowledge(&self, group: &Group, head: Option<(u64, String)>) {
        let Some(&(ticket, handed_at)) = group.tickets.last() else { return };
        let took = handed_at.elapsed();
        {
            let mut health = unpoisoned(&self.health);
            health.journal.last_ack = took;
            health.journal.segment = self.writer.segment().unwrap_or_default();
            health.journal.head = head.or(health.journal.head.take());
        }
        self.tell(News::Recorded { ticket, took });
    }

    fn let_the_store_vouch(&mut self, group: Group) {
        let lines = self.writer.chain_only(&group.entries);
        self.work.lines(lines, Vouch::For(group.tickets));
    }

    fn tell(&self, news: News) {
        // Nobody listens only once the session is over.
        let _ = self.news.send(news);
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
