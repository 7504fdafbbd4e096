//! A disk in memory, for tests: it fails when told to and loses power in several ways, all from one seed.
//!
//! It promises what a disk promises and no more: bytes are safe after a sync that succeeded, names after a sync of their
//! folder, and what a failed sync was to save is lost although it can still be read.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::{Disk, DiskFile, Kind, Look};

const SECTOR: usize = 512;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct MemoryDisk(Arc<Mutex<State>>);

/// Which operations fail, and how. Operations that change something are counted from 0 on: create, write, sync, rename,
/// remove and the sync of a folder.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    first: u64,
    last: u64,
    kind: io::ErrorKind,
}

/// What is lost with the power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All that was not synced.
    Unsynced,
    /// Nothing: the system had written everything by itself.
    Nothing,
    /// Of what was not synced, some sectors of 512 bytes; zeros stand where a file grew.
    Sectors,
    /// Of what was not synced, all from some byte on.
    Tail,
}

#[derive(Debug)]
struct State {
    names: BTreeMap<PathBuf, usize>,
    safe_names: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    contents: Vec<Content>,
    operations: u64,
    faults: Vec<Fault>,
    lies: bool,
    random: Pcg64Mcg,
}

#[derive(Clone, Debug, Default)]
struct Content {
    shown: Vec<u8>,
    safe: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    content: usize,
}

impl Fault {
    /// Only the operation with that number fails.
    pub const fn once(operation: u64, kind: io::ErrorKind) -> Self {
        Self { first: operation, last: operation, kind }
    }

    /// That operation and all later ones fail.
    pub const fn from_then_on(operation: u64, kind: io::ErrorKind) -> Self {
        Self { first: operation, last: u64::MAX, kind }
    }
}

impl MemoryDisk {
    /// An empty disk; what it loses by chance follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            names: BTreeMap::new(),
            safe_names: BTreeMap::new(),
            folders: BTreeSet::new(),
            contents: Vec::new(),
            operations: 0,
            faults: Vec::new(),
            lies: false,
            random: Pcg64Mcg::seed_from_u64(seed),
        })))
    }

    /// A disk that says it has synced and has not: a control, on which tests of durability must fail.
    pub fn lying(seed: u64) -> Self {
        let disk = Self::new(seed);
        disk.state().lies = true;
        disk
    }

    /// Lets operations fail.
    pub fn fail(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// How many operations that change something there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Puts a file on the disk as somebody else would: whole and safe, not counted as an operation.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        state.contents.push(Content { shown: bytes.to_owned(), safe: bytes.to_owned(), unsynced: Vec::new() });
        let content = state.contents.len() - 1;
        state.names.insert(path.to_owned(), content);
        state.safe_names.insert(path.to_owned(), content);
    }

    /// Another disk, as this one would be found after the power was lost now. It has no faults.
    #[must_use]
    pub fn after_power_loss(&self, loss: Loss) -> Self {
        let mut state = self.state();
        let keeps_names = match loss {
            Loss::Unsynced => false,
            Loss::Nothing => true,
            Loss::Sectors | Loss::Tail => heads(&mut state.random),
        };
        let names = if keeps_names { &state.names } else { &state.safe_names };
        let names = names.clone();
        let after = Self::new(state.random.next_u64());
        let State { contents, random, folders, .. } = &mut *state;
        let found: Vec<Vec<u8>> = contents.iter().map(|content| content.after(loss, random)).collect();
        after.state().folders.clone_from(folders);
        for (path, content) in names {
            after.put(&path, &found[content]);
        }
        after
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn operate(&mut self) -> io::Result<()> {
        let number = self.operations;
        self.operations += 1;
        match self.faults.iter().find(|fault| (fault.first..=fault.last).contains(&number)) {
            Some(fault) => Err(io::Error::new(fault.kind, format!("injected at operation {number}"))),
            None => Ok(()),
        }
    }

    fn content(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync(&mut self, content: usize) -> io::Result<()> {
        let outcome = self.operate();
        let lies = self.lies;
        let content = &mut self.contents[content];
        if lies {
            return outcome;
        }
        // Saved now, or, after a failure, forgotten: a second sync would succeed and save nothing of it.
        for (offset, bytes) in std::mem::take(&mut content.unsynced) {
            if outcome.is_ok() {
                write(&mut content.safe, offset, &bytes);
            }
        }
        outcome
    }
}

impl Content {
    fn after(&self, loss: Loss, random: &mut Pcg64Mcg) -> Vec<u8> {
        let mut left = self.safe.clone();
        match loss {
            Loss::Unsynced => {}
            Loss::Nothing => left.clone_from(&self.shown),
            Loss::Sectors => {
                for (offset, bytes) in &self.unsynced {
                    for (nth, sector) in bytes.chunk_by_sector(*offset) {
                        if heads(random) {
                            write(&mut left, nth, sector);
                        }
                    }
                }
            }
            Loss::Tail => {
                let total: usize = self.unsynced.iter().map(|(_, bytes)| bytes.len()).sum();
                let mut kept = usize::try_from(random.next_u64() % (total as u64 + 1)).unwrap_or(0);
                for (offset, bytes) in &self.unsynced {
                    let part = bytes.len().min(kept);
                    write(&mut left, *offset, &bytes[..part]);
                    kept -= part;
                }
            }
        }
        left
    }
}

fn heads(random: &mut Pcg64Mcg) -> bool {
    random.next_u32().is_multiple_of(2)
}

trait BySector {
    fn chunk_by_sector(&self, offset: usize) -> Vec<(usize, &[u8])>;
}

impl BySector for Vec<u8> {
    /// The parts of a write at `offset` that lie in one sector each, with their own offsets.
    fn chunk_by_sector(&self, offset: usize) -> Vec<(usize, &[u8])> {
        let mut parts = Vec::new();
        let mut start = 0;
        while start < self.len() {
            let end = (start + SECTOR - (offset + start) % SECTOR).min(self.len());
            parts.push((offset + start, &self[start..end]));
            start = end;
        }
        parts
    }
}

fn write(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = offset + bytes.len();
    file.resize(file.len().max(end), 0);
    file[offset..end].copy_from_slice(bytes);
}

impl Disk for MemoryDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.operate()?;
        state.contents.push(Content::default());
        let content = state.contents.len() - 1;
        state.names.insert(path.to_owned(), content);
        Ok(Box::new(MemoryFile { disk: self.clone(), content }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.state();
        Ok(state.contents[state.content(path)?].shown.clone())
    }

    fn read_part(&self, path: &Path, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        Ok(self.read(path)?.into_iter().skip(from).take(len).collect())
    }

    fn look(&self, path: &Path) -> io::Result<Look> {
        if self.state().folders.contains(path) {
            return Ok(Look { kind: Kind::Folder, bytes: 0, modified: None });
        }
        Ok(Look { kind: Kind::File, bytes: self.read(path)?.len() as u64, modified: None })
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<u64> {
        let bytes = self.read(from)?;
        let mut copy = self.create(to)?;
        copy.write_at(0, &bytes)?;
        copy.sync_data()?;
        Ok(bytes.len() as u64)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let content = state.content(path)?;
        state.sync(content)
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        if !state.folders.contains(folder) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = state.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.state().folders.extend(folder.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let content = state.content(from)?;
        state.operate()?;
        state.names.remove(from);
        state.names.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.content(path)?;
        state.operate()?;
        state.names.remove(path);
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        if state.lies {
            return Ok(());
        }
        let State { names, safe_names, .. } = &mut *state;
        safe_names.retain(|path, _| path.parent() != Some(folder));
        let inside = names.iter().filter(|(path, _)| path.parent() == Some(folder));
        safe_names.extend(inside.map(|(path, content)| (path.clone(), *content)));
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    /// A write that fails has written its first half.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let mut state = self.disk.state();
        let outcome = state.operate();
        let written = if outcome.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        let content = &mut state.contents[self.content];
        write(&mut content.shown, offset, written);
        content.unsynced.push((offset, written.to_owned()));
        outcome
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.disk.state().sync(self.content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> &'static Path {
        Path::new("/folder/a")
    }

    fn disk_with_safe_file(seed: u64) -> (MemoryDisk, Box<dyn DiskFile>) {
        let disk = MemoryDisk::new(seed);
        disk.create_folder(Path::new("/folder")).unwrap();
        let mut file = disk.create(path()).unwrap();
        file.write_at(0, b"safe").unwrap();
        file.sync_data().unwrap();
        disk.sync_folder(Path::new("/folder")).unwrap();
        (disk, file)
    }

    #[test]
    fn what_was_not_synced_goes_with_the_power() {
        let (disk, mut file) = disk_with_safe_file(1);
        file.write_at(4, b" and not").unwrap();
        assert_eq!(disk.read(path()).unwrap(), b"safe and not");
        assert_eq!(disk.after_power_loss(Loss::Unsynced).read(path()).unwrap(), b"safe");
        assert_eq!(disk.after_power_loss(Loss::Nothing).read(path()).unwrap(), b"safe and not");
        let torn = disk.after_power_loss(Loss::Tail).read(path()).unwrap();
        assert!(b"safe and not".starts_with(&torn[..]) && torn.len() >= 4, "{torn:?}");
    }

    #[test]
    fn a_name_is_only_safe_when_its_folder_was_synced() {
        let disk = MemoryDisk::new(1);
        let mut file = disk.create(path()).unwrap();
        file.write_at(0, b"x").unwrap();
        file.sync_data().unwrap();
        assert!(disk.after_power_loss(Loss::Unsynced).read(path()).is_err());
    }

    #[test]
    fn after_a_failed_sync_the_next_one_succeeds_and_saves_nothing() {
        let (disk, mut file) = disk_with_safe_file(1);
        disk.fail(Fault::once(disk.operations() + 1, io::ErrorKind::Other));
        file.write_at(0, b"SAFE").unwrap();
        assert!(file.sync_data().is_err());
        file.sync_data().unwrap();
        assert_eq!(disk.read(path()).unwrap(), b"SAFE", "reading back proves nothing");
        assert_eq!(disk.after_power_loss(Loss::Unsynced).read(path()).unwrap(), b"safe");
    }

    #[test]
    fn a_disk_that_lies_loses_what_it_said_was_safe() {
        let disk = MemoryDisk::lying(1);
        let mut file = disk.create(path()).unwrap();
        file.write_at(0, b"x").unwrap();
        file.sync_data().unwrap();
        disk.sync_folder(Path::new("/folder")).unwrap();
        assert!(disk.after_power_loss(Loss::Unsynced).read(path()).is_err());
    }

    #[test]
    fn faults_come_once_or_from_then_on() {
        let (disk, mut file) = disk_with_safe_file(1);
        disk.fail(Fault::once(disk.operations(), io::ErrorKind::StorageFull));
        assert_eq!(file.write_at(0, b"abcd").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(disk.read(path()).unwrap(), b"abfe", "half of it was written");
        assert!(file.sync_data().is_ok());
        disk.fail(Fault::from_then_on(disk.operations(), io::ErrorKind::Other));
        assert!((0..3).all(|_| file.sync_data().is_err()));
    }
}
