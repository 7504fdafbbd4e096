//! The door: what can be handed to the keeper. Nothing here blocks.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::health::{BackupDone, Done, Health, NotWhole, Progress};
use super::journal_thread::Handed;
use super::store_thread::{Inbox, Job};
use super::{Beats, LastLog, unpoisoned};
use crate::domain::reading::Reading;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::journal::record::Entry;

/// The way in to both threads. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Door {
    facts: Sender<Handed>,
    work: Arc<Inbox>,
    health: Arc<Mutex<Health>>,
    beats: Arc<Beats>,
}

/// The journal's thread is gone: nothing can be recorded any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody keeps facts any more: the journal's thread is gone")]
pub struct NobodyKeeps;

impl Door {
    pub(super) fn new(facts: Sender<Handed>, work: Arc<Inbox>, health: Arc<Mutex<Health>>, beats: Arc<Beats>) -> Self {
        Self { facts, work, health, beats }
    }

    /// Hands in facts that belong together. They are acknowledged by [`super::News::Recorded`] with this `ticket` or a
    /// later one; tickets rise from call to call.
    ///
    /// # Errors
    /// If the journal's thread is gone.
    pub fn record(&self, ticket: u64, entries: Vec<Entry>) -> Result<(), NobodyKeeps> {
        self.facts.send(Handed::Facts { ticket, entries, at: Instant::now() }).map_err(|_| NobodyKeeps)
    }

    /// Hands in a reading. It may be lost, and is if the store is far behind.
    pub fn read(&self, session: SessionId, reading: Reading) {
        if let Reading::Heartbeat(at) = reading {
            unpoisoned(&self.health).heartbeat_at = Some(at);
        }
        if !self.work.reading(session, reading) {
            unpoisoned(&self.health).store.readings_dropped += 1;
        }
    }

    /// Asks for a checkpoint; answered by [`super::News::Checkpoint`], stamped `at`.
    pub fn checkpoint(&self, at: Timestamp) {
        self.work.checkpoint(at);
    }

    /// Asks for a session's row as it stands in the store once all facts so far are in it; answered by
    /// [`super::News::Row`]. Overtakes checkpoints, jobs and readings.
    pub fn row(&self, session: SessionId) {
        self.work.row(session);
    }

    /// Asks for the digest of a session's readings; answered by [`super::News::Readings`]. All that were handed in before
    /// are in it; books and valuations of that session that come later are not kept.
    pub fn digest_readings(&self, session: SessionId) {
        self.work.digest(session);
    }

    /// Has `job` done on the store's own connection, when nothing more urgent waits.
    pub fn on_store(&self, job: Job) {
        self.work.job(job);
    }

    /// Which step each thread is at.
    pub fn beats(&self) -> &Beats {
        &self.beats
    }

    /// How keeping goes.
    pub fn health(&self) -> Health {
        unpoisoned(&self.health).clone()
    }

    /// Notes what a close look at both copies found, at so many touches. What is not whole counts as gone: nobody makes a
    /// backup of it, and nothing is called verified.
    pub fn note_close_look(&self, noticed: u32, found: &Result<(), NotWhole>) {
        let mut health = unpoisoned(&self.health);
        match found {
            Ok(()) => health.touches.found_whole = noticed,
            Err(NotWhole::Journal(what)) => health.journal.gone.clone_from(what),
            Err(NotWhole::Store(what)) => health.store.gone.clone_from(what),
        }
    }

    /// Notes how far a backup has come, for the screen.
    pub fn note_progress(&self, progress: Progress) {
        unpoisoned(&self.health).backing_up = Some(progress);
    }

    /// Notes what came of a backup, for the screen.
    pub fn note_backup(&self, done: Done<BackupDone>) {
        let mut health = unpoisoned(&self.health);
        health.backing_up = None;
        health.backup = Some(done);
    }

    pub(super) fn close(&self, log: LastLog) {
        // Readings and jobs that still wait are overtaken from now on; facts are not.
        self.work.hurry(log);
        // If the journal's thread is gone the store's must be told by us.
        if self.facts.send(Handed::Close).is_err() {
            self.work.close();
        }
    }
}
