//! Whether what the two threads write still lies under its name: each looks at its own files, by name only, every few
//! seconds. What is written through an open handle goes on as if nothing had happened, and nobody would find it again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::disk::Disk;
use crate::disk::named::Named;
use crate::disk::sidecar::Sidecar;
use crate::journal::segment;
use crate::journal::writer::Writer;
use crate::store::Store;

/// How often is looked.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// What is no longer there of the journal, in words.
#[derive(Debug)]
pub(super) enum Lost {
    /// A segment, or a part of one: the next lines find a place in a new one.
    Segment(String),
    /// The whole folder: nothing that is written there is found again.
    Folder(String),
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
    pub fn look(&mut self, open: Option<String>) -> Option<Lost> {
        let now = Instant::now();
        if now < self.next {
            return None;
        }
        self.next = now + LOOK;
        self.look_now(open)
    }

    /// Looks, whatever the time.
    pub fn look_now(&mut self, open: Option<String>) -> Option<Lost> {
        if let Some(change) = self.folder.change(&*self.disk) {
            return Some(Lost::Folder(change.to_string()));
        }
        self.look_at_segments(open).map(Lost::Segment)
    }

    fn look_at_segments(&mut self, open: Option<String>) -> Option<String> {
        if let Some(change) = self.open.as_ref().and_then(|(_, named)| named.change(&*self.disk)) {
            return Some(change.to_string());
        }
        if let Some(change) = self.before.iter().find_map(|named| named.change(&*self.disk)) {
            return Some(change.to_string());
        }
        let open = open?;
        if self.open.as_ref().is_none_or(|(name, _)| *name != open) {
            let named = Named::at(self.path.join(&open));
            let left = self.open.replace((open, named));
            self.before.extend(left.map(|(name, _)| noted(&*self.disk, Named::still(self.path.join(name)))));
        }
        let (_, named) = self.open.as_mut()?;
        named.note(&*self.disk);
        None
    }
}

fn noted(disk: &dyn Disk, mut named: Named) -> Named {
    named.note(disk);
    named
}

/// The database and what SQLite keeps beside it.
pub(super) struct StoreNames {
    database: Named,
    beside: [Named; 2],
    openings: u64,
    checkpoints: u64,
}

impl StoreNames {
    pub fn of(store: &Store) -> Self {
        let beside = [Sidecar::Log, Sidecar::Index].map(|sidecar| Named::at(sidecar.of(store.path())));
        // Windows tells the time of a change when it likes to, for a file that is open: there only a cut is seen.
        let database = if cfg!(windows) { Named::at(store.path()) } else { Named::still(store.path()) };
        let database = noted(&**store.disk(), database);
        let mut names = Self { database, beside, openings: store.openings(), checkpoints: store.checkpoints() };
        names.note(store);
        names
    }

    /// What others did to them since they were noted, in words.
    pub fn change(&self, store: &Store) -> Option<String> {
        let beside = self.beside.iter().filter(|_| self.openings == store.openings());
        let mut all = std::iter::once(&self.database).chain(beside);
        all.find_map(|named| named.change(&**store.disk())).map(|change| change.to_string())
    }

    /// What is there after work of our own. Into the database itself nothing writes but our checkpoints. SQLite makes what lies beside the database anew when it is opened again, and
    /// we cut the log ourselves.
    pub fn note(&mut self, store: &Store) {
        if self.checkpoints != store.checkpoints() {
            self.database.note(&**store.disk());
            self.checkpoints = store.checkpoints();
        }
        for named in &mut self.beside {
            if self.openings != store.openings() {
                named.forget();
            }
            named.note(&**store.disk());
        }
        self.openings = store.openings();
    }
}
