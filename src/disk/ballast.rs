//! The ballast: a file whose only use is to be removed. When the disk is full its room is what a session closes on.
//!
//! Its bytes cannot be compressed and are all written, so that the room is really taken on every file system.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::faults::{self, Point};
use super::{Disk, Kind};

/// How much room it keeps: enough for the facts of an end and of some minutes before it.
pub const BALLAST_BYTES: usize = 256 << 10;

/// The ballast of one place. Two threads may use it: each call leaves the file whole or absent.
#[derive(Clone, Debug)]
pub struct Ballast {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    seed: u64,
}

impl Ballast {
    /// The ballast at `path`, which is not looked at yet. Its bytes follow from `seed`: not those of another ballast, or
    /// a file system that keeps equal blocks once would keep no room.
    pub fn at(disk: Arc<dyn Disk>, path: impl Into<PathBuf>, seed: u64) -> Self {
        Self { disk, path: path.into(), seed }
    }

    /// Whether it lies there, whole.
    pub fn is_there(&self) -> bool {
        self.disk.look(&self.path).is_ok_and(|found| found.kind == Kind::File && found.bytes == BALLAST_BYTES as u64)
    }

    /// Makes it, if it is not there; returns when it is on disk. What could not be made whole is removed.
    pub fn make(&self) -> io::Result<()> {
        if self.is_there() {
            return Ok(());
        }
        self.disk.remove_if_there(&self.path)?;
        let made = self.write();
        if made.is_err() {
            // Half of it would take room away and give none back; the error that is told is the one of the writing.
            let _ = self.disk.remove_if_there(&self.path);
        }
        made
    }

    /// Removes it, so that others can have its room; no error if it is not there.
    pub fn release(&self) -> io::Result<()> {
        self.disk.remove_if_there(&self.path)?;
        self.disk.sync_folder(self.folder())
    }

    /// Bytes that we may still write beside it; `None` if the disk does not say.
    pub fn free(&self) -> Option<u64> {
        self.disk.free(self.folder())
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn write(&self) -> io::Result<()> {
        faults::hit(Point::Ballast)?;
        let mut bytes = vec![0; BALLAST_BYTES];
        Pcg64Mcg::seed_from_u64(self.seed).fill_bytes(&mut bytes);
        let mut file = self.disk.create(&self.path)?;
        file.write_at(0, &bytes)?;
        file.sync_data()?;
        self.disk.sync_folder(self.folder())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use crate::disk::memory::{Fault, MemoryDisk};

    const PATH: &str = "/house/s.ballast";

    fn on(disk: &MemoryDisk, seed: u64) -> Ballast {
        disk.create_folder(Path::new("/house")).unwrap();
        Ballast::at(Arc::new(disk.clone()), PATH, seed)
    }

    #[test]
    fn it_is_made_once_and_released_whole() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::at(Arc::new(RealDisk), folder.path().join("s.ballast"), 7);
        assert!(!ballast.is_there());
        ballast.release().unwrap();
        ballast.make().unwrap();
        ballast.make().unwrap();
        assert!(ballast.is_there());
        ballast.release().unwrap();
        assert!(!ballast.is_there() && RealDisk.names(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn its_room_is_really_taken_whatever_a_file_system_saves() {
        let (one, other) = (MemoryDisk::new(1), MemoryDisk::new(1));
        on(&one, 7).make().unwrap();
        on(&other, 8).make().unwrap();
        let bytes = one.read(Path::new(PATH)).unwrap();
        assert_ne!(bytes, other.read(Path::new(PATH)).unwrap());
        let mut counts = [0_u32; 256];
        for byte in &bytes {
            counts[usize::from(*byte)] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_250).contains(count)), "every byte about as often: {counts:?}");
    }

    #[test]
    fn half_a_ballast_is_none_and_takes_no_room() {
        for nth in 0..4 {
            let disk = MemoryDisk::new(1);
            let ballast = on(&disk, 7);
            disk.fail(Fault::once(disk.operations() + nth, io::ErrorKind::StorageFull));
            assert!(ballast.make().is_err(), "operation {nth}");
            assert!(disk.read(Path::new(PATH)).is_err(), "nothing is left after operation {nth}");
            ballast.make().unwrap();
            assert!(ballast.is_there());
        }
    }

    #[test]
    fn a_file_of_another_size_is_made_anew() {
        let disk = MemoryDisk::new(1);
        let ballast = on(&disk, 7);
        disk.put(Path::new(PATH), b"cut off");
        assert!(!ballast.is_there());
        ballast.make().unwrap();
        assert!(ballast.is_there());
    }
}
