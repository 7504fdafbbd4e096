//! Whether what the two threads write still lies under its name: each looks at its own files, by name only, every few
//! seconds. What is written through an open handle goes on as if nothing had happened, and nobody would find it again.
//!
//! A file that was touched and is still the same may be whole: a time was set, or somebody made a checkpoint by hand.
//! That is told as such, and found out by whoever compares the contents; nothing is read here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::disk::Disk;
use crate::disk::named::{Change, Named};
use crate::disk::sidecar::Sidecar;
use crate::journal::segment;
use crate::journal::writer::Writer;
use crate::store::Store;

/// How often is looked.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// What others did to our files, in words.
#[derive(Debug)]
pub(super) enum Noticed {
    /// The same file is there, and what is in it may be whole. Noticed once.
    Touched(String),
    /// A file, or a part of one, is not there any more.
    Lost(String),
    /// The journal's whole folder is not: nothing that is written there is found again.
    FolderLost(String),
}

impl Noticed {
    /// As others would have left a file that is whole: `may_be_whole` says it by its size before and now, in bytes.
    fn of(change: &Change, may_be_whole: impl FnOnce(u64, u64) -> bool) -> Self {
        match change.sizes() {
            Some((from, to)) if may_be_whole(from, to) => Self::Touched(change.to_string()),
            Some(_) | None => Self::Lost(change.to_string()),
        }
    }

    fn or_worse(self, other: Self) -> Self {
        if matches!(self, Self::Touched(_)) { other } else { self }
    }
}

/// The journal's folder, the segment that is being written, and those before it.
pub(super) struct JournalNames {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    folder: Named,
    before: Vec<Named>,
    open: Option<(String, Named)>,
    next: Instant,
}

impl JournalNames {
    pub fn of(writer: &Writer) -> Self {
        let (disk, path) = (Arc::clone(writer.disk()), writer.folder().to_owned());
        let mut folder = Named::at(&path);
        folder.note(&*disk);
        // A folder that cannot be read is told of by whoever cannot write there. Behind the head lies what nobody
        // acknowledged: the writer itself gives it another name.
        let names = disk.names(&path).unwrap_or_default();
        // A recovery at the start has written already: its segment is still being written.
        let open = writer.segment().map(|name| (name.clone(), noted(&*disk, Named::at(path.join(name)))));
        let is_open = |name: &str| open.as_ref().is_some_and(|(open, _)| open == name);
        let counts = |name: &str| segment::first(name).is_some_and(|n| writer.head().is_some_and(|head| n <= head.n));
        let before = names.iter().filter(|name| counts(name) && !is_open(name));
        let before = before.map(|name| noted(&*disk, Named::still(path.join(name)))).collect();
        Self { disk, path, folder, before, open, next: Instant::now() }
    }

    pub const fn next_look(&self) -> Instant {
        self.next
    }

    /// Looks, if it is time to; `open` is the segment that is being written.
    pub fn look(&mut self, open: Option<String>) -> Option<Noticed> {
        let now = Instant::now();
        if now < self.next {
            return None;
        }
        self.next = now + LOOK;
        self.look_now(open)
    }

    /// Looks, whatever the time.
    pub fn look_now(&mut self, open: Option<String>) -> Option<Noticed> {
        if let Some(change) = self.folder.change(&*self.disk) {
            return Some(Noticed::FolderLost(change.to_string()));
        }
        if let Some(change) = self.open.as_ref().and_then(|(_, named)| named.change(&*self.disk)) {
            return Some(Noticed::Lost(change.to_string()));
        }
        let touched = self.look_at_those_before();
        if !matches!(touched, Some(Noticed::Lost(_))) {
            self.note_the_open_one(open);
        }
        touched
    }

    /// Nobody has a reason to make them longer or shorter.
    fn look_at_those_before(&mut self) -> Option<Noticed> {
        let disk = &*self.disk;
        let noticed = self.before.iter_mut().filter_map(|named| {
            let noticed = Noticed::of(&named.change(disk)?, |from, to| from == to);
            if matches!(noticed, Noticed::Touched(_)) {
                named.note(disk);
            }
            Some(noticed)
        });
        noticed.reduce(Noticed::or_worse)
    }

    fn note_the_open_one(&mut self, open: Option<String>) {
        let Some(open) = open else { return };
        if self.open.as_ref().is_none_or(|(name, _)| *name != open) {
            let named = Named::at(self.path.join(&open));
            let left = self.open.replace((open, named));
            self.before.extend(left.map(|(name, _)| noted(&*self.disk, Named::still(self.path.join(name)))));
        }
        if let Some((_, named)) = &mut self.open {
            named.note(&*self.disk);
        }
    }
}

fn noted(disk: &dyn Disk, mut named: Named) -> Named {
    named.note(disk);
    named
}

/// The database and what SQLite keeps beside it.
pub(super) struct StoreNames {
    database: Named,
    log: Named,
    index: Named,
    openings: u64,
    checkpoints: u64,
}

impl StoreNames {
    pub fn of(store: &Store) -> Self {
        let [log, index] = [Sidecar::Log, Sidecar::Index].map(|sidecar| Named::at(sidecar.of(store.path())));
        // Windows tells the time of a change when it likes to, for a file that is open: there only a cut is seen.
        let database = if cfg!(windows) { Named::at(store.path()) } else { Named::still(store.path()) };
        let database = noted(&**store.disk(), database);
        let mut names = Self { database, log, index, openings: store.openings(), checkpoints: store.checkpoints() };
        names.note(store);
        names
    }

    /// What others did to them since they were noted. A checkpoint by hand writes into the database and may empty its log.
    pub fn look(&mut self, store: &Store) -> Option<Noticed> {
        let disk = &**store.disk();
        let database = self.database.change(disk).map(|change| Noticed::of(&change, |from, to| from <= to));
        let log = self.log.change(disk).map(|change| Noticed::of(&change, |_, _| true));
        let index = self.index.change(disk).map(|change| Noticed::of(&change, |_, _| false));
        // SQLite makes what lies beside the database anew when it is opened again.
        let beside = [log, index].into_iter().flatten().filter(|_| self.openings == store.openings());
        let noticed = database.into_iter().chain(beside).reduce(Noticed::or_worse)?;
        if matches!(noticed, Noticed::Touched(_)) {
            self.database.note(disk);
            self.log.note(disk);
        }
        Some(noticed)
    }

    /// What is there after work of our own. Into the database itself nothing writes but our checkpoints, and they cut the
    /// log.
    pub fn note(&mut self, store: &Store) {
        if self.checkpoints != store.checkpoints() {
            self.database.note(&**store.disk());
            self.checkpoints = store.checkpoints();
        }
        for named in [&mut self.log, &mut self.index] {
            if self.openings != store.openings() {
                named.forget();
            }
            named.note(&**store.disk());
        }
        self.openings = store.openings();
    }
}
