//! Two threads behind one door: one appends to the journal, syncs and acknowledges; one projects into the store.
//!
//! ```text
//!  Door::record ──► journal thread ── append, sync ──► News::Recorded
//!                        │ acknowledged lines, in the order of their numbers
//!                        ▼
//!  Door::read, ────► store thread ── facts and projection, then questions, then jobs, then readings
//!  Door::on_store
//! ```
//!
//! The door never blocks. Closing overtakes readings, checkpoints and backups, never facts. If the journal cannot be
//! written, the store takes the facts itself and vouches for them; the next start puts them into the journal. If the
//! disk is full, facts wait in their order for room, and the store lets them go first. Both look every few seconds whether
//! what they write still lies under its name.

mod door;
pub mod health;
mod journal_thread;
mod names;
mod news;
pub mod settings;
mod space;
mod store_thread;

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

pub use door::Door;
pub use news::News;
pub use store_thread::{Job, Shift};

use crate::beat::Beat;
use crate::disk::ballast::Ballast;
use crate::journal::writer::Writer;
use crate::store::{Ask, Store};
use health::Health;
use space::Space;

/// The two threads.
#[derive(Debug)]
pub struct Keeper {
    door: Door,
    over: mpsc::Receiver<()>,
}

/// Which step each thread is at.
#[derive(Debug, Default)]
pub struct Beats {
    /// The one that appends.
    pub journal: Beat,
    /// The one that projects.
    pub store: Beat,
}

/// What closing does with the store's write-ahead log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastLog {
    /// It is moved into the database: an empty one is left lying.
    #[default]
    Emptied,
    /// It stays as it is, for lack of time; the next start takes it up.
    LeftFull,
}

/// How the threads ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Everything that was handed in has been kept, and both files are closed.
    InTime,
    /// Something still runs; what is acknowledged is safe all the same.
    TimeUp,
}

impl Keeper {
    /// Starts both threads, which give up `ballast` when the disk is full. What they have to tell comes through `news`.
    ///
    /// # Errors
    /// If the system gives us no thread, or the store cannot be read.
    pub fn start(
        writer: Writer,
        mut store: Store,
        ballast: Ballast,
        news: UnboundedSender<News>,
    ) -> std::io::Result<Self> {
        let cursor = store.ask().and_then(Ask::cursor).map_err(std::io::Error::other)?.map(|(n, _)| n);
        let health = Arc::new(Mutex::new(health_at_start(&writer, cursor)));
        let (queue, facts) = mpsc::channel();
        let (over_tx, over) = mpsc::channel();
        let work = Arc::new(store_thread::Inbox::default());
        let space = Arc::new(Space::new(ballast, news.clone(), Arc::clone(&health)));

        let beats = Arc::new(Beats::default());
        let outlets = Outlets { news, health: Arc::clone(&health), space, beats: Arc::clone(&beats) };
        let projecting = store_thread::Projecting::new(store, Arc::clone(&work), outlets.clone());
        let over_of_store = over_tx.clone();
        std::thread::Builder::new().name("store".into()).spawn(move || {
            projecting.run();
            // Fails only if nobody waits for us any more.
            let _ = over_of_store.send(());
        })?;

        let appending = journal_thread::Appending::new(writer, facts, Arc::clone(&work), outlets);
        std::thread::Builder::new().name("journal".into()).spawn(move || {
            appending.run();
            // Fails only if nobody waits for us any more.
            let _ = over_tx.send(());
        })?;
        Ok(Self { door: Door::new(queue, work, health, beats), over })
    }

    /// The door, to be cloned freely.
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Keeps what was handed in, then ends both threads; waits for that until `within` has passed.
    pub fn close(self, log: LastLog, within: Duration) -> Closed {
        let until = Instant::now() + within;
        self.door.close(log);
        for _thread in 0..2 {
            if self.over.recv_timeout(until.saturating_duration_since(Instant::now())).is_err() {
                return Closed::TimeUp;
            }
        }
        Closed::InTime
    }
}

/// What both threads tell through, and the room that they share.
#[derive(Clone, Debug)]
struct Outlets {
    news: UnboundedSender<News>,
    health: Arc<Mutex<Health>>,
    space: Arc<Space>,
    beats: Arc<Beats>,
}

impl Outlets {
    fn tell(&self, news: News) {
        // Nobody listens only once the session is over.
        let _ = self.news.send(news);
    }

    /// Others touched a file of ours: whether it is whole is for somebody else to find out.
    fn touched(&self, what: String) {
        tracing::info!(what, "a file was touched by somebody else");
        let mut health = self.health();
        health.touches.noticed += 1;
        health.touches.newest = what;
        drop(health);
        self.tell(News::Touched);
    }

    fn health(&self) -> std::sync::MutexGuard<'_, Health> {
        unpoisoned(&self.health)
    }
}

fn health_at_start(writer: &Writer, cursor: Option<u64>) -> Health {
    let mut health = Health::default();
    health.journal.head = writer.head().map(|head| (head.n, head.hash.to_string()));
    health.store.cursor = cursor;
    health
}

/// A lock that a panicking thread left behind guards plain values: they are still worth reading.
fn unpoisoned<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
