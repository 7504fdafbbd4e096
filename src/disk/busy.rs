//! For tests: a disk on which somebody else writes while databases are copied.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Disk, DiskFile, Look, RealDisk};

/// Whenever a database was copied somebody writes, so many times.
#[derive(Debug)]
pub(crate) struct Busy {
    pub(crate) writes: AtomicU32,
    pub(crate) write: fn(&Path),
}

impl Disk for Busy {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.create(path)
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        RealDisk.read(path)
    }
    fn read_part(&self, path: &Path, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        RealDisk.read_part(path, offset, len)
    }
    fn look(&self, path: &Path) -> io::Result<Look> {
        RealDisk.look(path)
    }
    fn copy(&self, from: &Path, to: &Path) -> io::Result<u64> {
        let copied = RealDisk.copy(from, to);
        let left = self.writes.load(Ordering::Relaxed);
        if left > 0 && from.extension().is_some_and(|end| end == "db") {
            self.writes.store(left - 1, Ordering::Relaxed);
            (self.write)(from);
        }
        copied
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_file(path)
    }
    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        RealDisk.names(folder)
    }
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        RealDisk.create_folder(folder)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        RealDisk.sync_folder(folder)
    }
}

/// A byte more at its end.
pub(crate) fn longer(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes.push(b'x');
    std::fs::write(path, bytes).unwrap();
}
