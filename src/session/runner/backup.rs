//! Backups, as jobs on the store's own thread: the vault copies, the runner hears of it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::Runner;
use crate::domain::incident::Retry;
use crate::domain::time::Timestamp;
use crate::keeper::health::{BackupDone, Done, Progress};
use crate::keeper::{Door, News, Shift};
use crate::session::clock::machine_time;
use crate::session::view::{EventKind, Pending};
use crate::vault::backup::{self, BackupError, BackupKind, Order};

/// Progress is told no more often than this.
const APART: Duration = Duration::from_millis(100);

/// Backups of a session: which runs, and when the next is due.
pub(super) struct Backups {
    /// On the machine's clock.
    pub(super) next: Instant,
    every: Duration,
    running: Option<Running>,
}

struct Running {
    kind: BackupKind,
    /// Set when it is to be given up.
    given_up: Arc<AtomicBool>,
}

/// What a job needs to tell of its progress.
struct Telling {
    door: Door,
    tell: UnboundedSender<News>,
    told: Instant,
}

/// A backup that was asked for. When nobody works on it any more, done or not, what came of it is told: an end that waits
/// for it must not wait for a thread that has died.
struct Promised {
    kind: BackupKind,
    at: Timestamp,
    telling: Telling,
    began: Instant,
    result: Result<BackupDone, String>,
}

impl Promised {
    fn new(kind: BackupKind, at: Timestamp, telling: Telling) -> Self {
        let result = Err("nobody makes it: the store's thread has died".to_owned());
        Self { kind, at, telling, began: Instant::now(), result }
    }

    fn keep(mut self, shift: &mut Shift<'_>, order: Order, given_up: &AtomicBool) {
        self.began = Instant::now();
        self.result = make(shift, order, given_up, &mut self.telling).map_err(|error| error.to_string());
    }
}

impl Drop for Promised {
    fn drop(&mut self) {
        let result = std::mem::replace(&mut self.result, Err(String::new()));
        let done = Done { at: self.at, took: self.began.elapsed(), result };
        self.telling.door.note_backup(done.clone());
        // Nobody listens only once the session is over.
        let _ = self.telling.tell.send(News::Backup { kind: self.kind, done });
    }
}

impl Backups {
    pub(super) fn every(seconds: u32) -> Self {
        let every = Duration::from_secs(u64::from(seconds));
        Self { next: Instant::now() + every, every, running: None }
    }

    /// Whether one of that kind is under way.
    pub(super) fn is_making(&self, kind: BackupKind) -> bool {
        self.running.as_ref().is_some_and(|running| running.kind == kind)
    }
}

impl Runner {
    pub(super) fn back_up(&mut self, kind: BackupKind) {
        let now = self.clock.now();
        let order = Order { kind, folder: self.place.backups(), now: machine_time() };
        let given_up = Arc::new(AtomicBool::new(false));
        self.backups.running = Some(Running { kind, given_up: Arc::clone(&given_up) });
        let telling = Telling { door: self.door.clone(), tell: self.tell.clone(), told: Instant::now() };
        let promised = Promised::new(kind, now, telling);
        self.door.on_store(Box::new(move |shift| promised.keep(shift, order, &given_up)));
    }

    /// The timer: a backup that is late waits for none that runs.
    pub(super) fn back_up_on_time(&mut self, now: Instant) {
        if now < self.backups.next {
            return;
        }
        self.backups.next = now + self.backups.every;
        if self.ending.is_none() && self.backups.running.is_none() {
            self.back_up(BackupKind::Timer);
        }
    }

    /// The end makes a backup of its own, and cannot wait for another one first.
    pub(super) fn give_up_backup(&mut self) {
        if let Some(running) = &self.backups.running {
            running.given_up.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn backup_done(&mut self, kind: BackupKind, done: &Done<BackupDone>) {
        let running = self.backups.running.take_if(|running| running.kind == kind);
        if kind == BackupKind::Manual {
            self.pending.retain(|&pending| pending != Pending::Backup);
        }
        let now = self.clock.now();
        match &done.result {
            Ok(backup) => {
                let text =
                    format!("backup {} verified, {} bytes, {} ms", backup.name, backup.bytes, done.took.as_millis());
                self.books.feed.resolve(Retry::Backup, now);
                self.books.feed.event(now, EventKind::Keeping, text);
            }
            Err(_) if running.is_some_and(|running| running.given_up.load(Ordering::Relaxed)) => {
                let text = "backup given up: the session ends, and its own backup comes last".to_owned();
                self.books.feed.event(now, EventKind::Keeping, text);
            }
            Err(why) => self.books.incident(now, backup::failed(why.clone())),
        }
        if kind == BackupKind::Post {
            self.backup_of_the_end(done);
        }
    }
}

fn make(
    shift: &mut Shift<'_>,
    order: Order,
    given_up: &AtomicBool,
    telling: &mut Telling,
) -> Result<BackupDone, BackupError> {
    // It was there when the session began.
    if let Ok(None) = shift.store().disk().find(&order.folder) {
        // Nobody listens only once the session is over.
        let _ = telling.tell.send(News::BackupsGone(order.folder.clone()));
    }
    // Who opens it by its name finds another one, or none.
    if shift.store_is_gone() {
        return backup::make_of_open(shift.store(), order)?.put_on_record(shift.store());
    }
    let (disk, database) = (Arc::clone(shift.store().disk()), shift.store().path().to_owned());
    let made = backup::make(&disk, &database, order, |progress| {
        telling.tell_of(progress);
        if given_up.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { shift.keep_up() }
    })?;
    made.put_on_record(shift.store())
}

impl Telling {
    fn tell_of(&mut self, progress: Progress) {
        self.door.note_progress(progress);
        if self.told.elapsed() >= APART {
            self.told = Instant::now();
            // Nobody listens only once the session is over.
            let _ = self.tell.send(News::BackupGoesOn);
        }
    }
}
