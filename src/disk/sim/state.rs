//! The disk as a running system shows it, and the operations that change it. Each is counted, may be told to fail, and is
//! put on the tape.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::SeedableRng;

use super::fault::{Asks, Counted};
use super::loss;
use super::tape::{Found, Start, Step, Synced, Tape};
use crate::domain::time::Timestamp;

/// A file, whatever its name is or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileId(pub usize);

/// Which syncs do nothing and say that all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lies {
    /// None.
    Never,
    /// Those of files whose name ended like this when they were made.
    About(&'static str),
    /// All, those of folders too.
    Always,
}

#[derive(Debug)]
pub(super) struct State {
    pub names: BTreeMap<PathBuf, FileId>,
    pub folders: BTreeSet<PathBuf>,
    pub changes: Counted,
    pub reads: Counted,
    pub lies: Lies,
    pub random: Pcg64Mcg,
    pub tape: Tape,
    /// What the operations were that failed because they were told to, in a few words each.
    pub failed: Vec<String>,
    /// How many bytes all files together may have.
    pub room: Option<u64>,
    files: Vec<Shown>,
}

/// A file as the system shows it.
#[derive(Clone, Debug)]
struct Shown {
    bytes: Arc<Vec<u8>>,
    written_at: Timestamp,
    syncs: Syncs,
}

/// What an operation is done to.
#[derive(Clone, Copy, Debug)]
enum On<'a> {
    File(FileId),
    Name(Option<&'a Path>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syncs {
    Honestly,
    InWordsOnly,
}

impl State {
    /// A disk as it was found, all of it safe.
    pub fn found(start: Start, seed: u64) -> Self {
        let shown = |found: &Found| Shown {
            bytes: Arc::clone(&found.bytes),
            written_at: found.written_at,
            syncs: Syncs::Honestly,
        };
        Self {
            names: start.names.clone(),
            folders: start.folders.clone(),
            files: start.files.iter().map(shown).collect(),
            changes: Counted::default(),
            reads: Counted::default(),
            lies: Lies::Never,
            random: Pcg64Mcg::seed_from_u64(seed),
            tape: Tape::on(start),
            failed: Vec::new(),
            room: None,
        }
    }

    pub fn file(&self, path: &Path) -> io::Result<FileId> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What is in a file; not counted as a read.
    pub fn bytes(&self, file: FileId) -> &Arc<Vec<u8>> {
        &self.files[file.0].bytes
    }

    pub fn written_at(&self, file: FileId) -> Timestamp {
        self.files[file.0].written_at
    }

    pub fn read(&mut self, file: FileId) -> io::Result<&Arc<Vec<u8>>> {
        self.reads.pass(Asks::ForNothing)?;
        Ok(&self.files[file.0].bytes)
    }

    /// How many bytes may still be written; `None` if there is no end to it.
    pub fn free(&self) -> Option<u64> {
        let used = || self.names.values().map(|file| self.bytes(*file).len() as u64).sum();
        self.room.map(|room| room.saturating_sub(used()))
    }

    /// A new file; without a name nobody else finds it.
    pub fn create(&mut self, name: Option<&Path>) -> io::Result<FileId> {
        if name.is_some_and(|name| self.names.contains_key(name)) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.pass(Asks::ForRoom, "create", On::Name(name))?;
        let file = FileId(self.files.len());
        let syncs = match self.lies {
            Lies::Always => Syncs::InWordsOnly,
            Lies::About(ending) if name.is_some_and(|name| name.to_string_lossy().ends_with(ending)) => {
                Syncs::InWordsOnly
            }
            _ => Syncs::Honestly,
        };
        self.files.push(Shown { bytes: Arc::default(), written_at: self.now(), syncs });
        if let Some(name) = name {
            self.names.insert(name.to_owned(), file);
        }
        self.note(Step::Create { file, name: name.map(Path::to_owned) });
        Ok(file)
    }

    /// A write that fails has written its first half.
    pub fn write(&mut self, file: FileId, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let growth = (offset + bytes.len()).saturating_sub(self.bytes(file).len()) as u64;
        let full = growth > 0 && self.free().is_some_and(|free| growth > free);
        let outcome = self.pass(Asks::ForRoom, "write", On::File(file));
        let outcome = outcome.and(if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) });
        let written = if outcome.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        self.change(file, |shown| loss::write(shown, offset, written));
        self.note(Step::Write { file, offset, bytes: written.into() });
        outcome
    }

    pub fn resize(&mut self, file: FileId, len: usize) -> io::Result<()> {
        let asks = if len > self.bytes(file).len() { Asks::ForRoom } else { Asks::ForNothing };
        self.pass(asks, "truncate", On::File(file))?;
        self.change(file, |shown| loss::resize(shown, len));
        self.note(Step::Resize { file, len });
        Ok(())
    }

    pub fn sync(&mut self, file: FileId) -> io::Result<()> {
        let outcome = self.pass(Asks::ForRoom, "sync", On::File(file));
        match (self.files[file.0].syncs, &outcome) {
            (Syncs::InWordsOnly, _) => {}
            (Syncs::Honestly, Ok(())) => self.note(Step::Sync { file, outcome: Synced::Safe }),
            (Syncs::Honestly, Err(_)) => self.note(Step::Sync { file, outcome: Synced::Failed }),
        }
        outcome
    }

    pub fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let file = self.file(from)?;
        self.pass(Asks::ForRoom, "rename", On::Name(Some(from)))?;
        self.names.remove(from);
        self.names.insert(to.to_owned(), file);
        self.note(Step::Rename { from: from.to_owned(), to: to.to_owned(), file });
        Ok(())
    }

    pub fn remove(&mut self, name: &Path) -> io::Result<()> {
        self.file(name)?;
        self.pass(Asks::ForNothing, "remove", On::Name(Some(name)))?;
        self.names.remove(name);
        self.note(Step::Remove { name: name.to_owned() });
        Ok(())
    }

    pub fn make_folder(&mut self, folder: &Path) -> io::Result<()> {
        if self.folders.contains(folder) {
            return Ok(());
        }
        self.pass(Asks::ForRoom, "make the folder", On::Name(Some(folder)))?;
        self.folders.extend(folder.ancestors().map(Path::to_owned));
        self.note(Step::MakeFolder { folder: folder.to_owned() });
        Ok(())
    }

    pub fn sync_folder(&mut self, folder: &Path) -> io::Result<()> {
        self.pass(Asks::ForRoom, "sync the folder", On::Name(Some(folder)))?;
        if self.lies != Lies::Always {
            self.note(Step::SyncFolder { folder: folder.to_owned() });
        }
        Ok(())
    }

    /// As somebody else would: whole and safe, not counted.
    pub fn put(&mut self, name: &Path, bytes: &[u8]) {
        let (file, bytes) = (FileId(self.files.len()), Arc::new(bytes.to_owned()));
        self.files.push(Shown { bytes: Arc::clone(&bytes), written_at: self.now(), syncs: Syncs::Honestly });
        self.names.insert(name.to_owned(), file);
        self.note(Step::Put { file, name: name.to_owned(), bytes });
    }

    /// Counts an operation that changes something, and notes it if it is told to fail.
    fn pass(&mut self, asks: Asks, doing: &str, on: On<'_>) -> io::Result<()> {
        let outcome = self.changes.pass(asks);
        if outcome.is_err() {
            let of = |file| self.names.iter().find(|(_, other)| **other == file).map(|(name, _)| name.as_path());
            let name = match on {
                On::File(file) => of(file),
                On::Name(name) => name,
            };
            let name = name.map_or_else(|| "a nameless file".to_owned(), |name| name.display().to_string());
            self.failed.push(format!("{doing} {name}"));
        }
        outcome
    }

    fn change(&mut self, file: FileId, change: impl FnOnce(&mut Vec<u8>)) {
        let now = self.now();
        let shown = &mut self.files[file.0];
        shown.written_at = now;
        change(Arc::make_mut(&mut shown.bytes));
    }

    /// The disk's own clock.
    pub fn now(&self) -> Timestamp {
        self.tape.time_of(self.tape.len())
    }

    fn note(&mut self, step: Step) {
        self.tape.steps.push(step);
    }
}
