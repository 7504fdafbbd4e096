//! Files that may fail: the few things that the journal needs of a disk, with a real one behind them and, in builds made
//! for tests, one in memory that fails and loses power on demand.
//!
//! Nothing here knows what a fact is. Nothing here syncs by itself what it was not asked to sync: when something is
//! safe on disk is decided by whoever calls, and can so be tested against every loss of power.

use std::fmt::Debug;
use std::io;
use std::path::Path;

use crate::domain::time::Timestamp;

pub mod ballast;
#[cfg(test)]
pub(crate) mod busy;
pub mod faults;
pub mod file_system;
pub mod held;
pub mod lock;
pub mod named;
pub mod place;
pub mod real;
pub mod replace;
pub mod scratch;
pub mod sidecar;
#[cfg(any(test, feature = "faults"))]
pub mod sim;
#[cfg(windows)]
mod windows;

pub use real::RealDisk;
#[cfg(any(test, feature = "faults"))]
pub use sim as memory;

/// Where files live.
pub trait Disk: Send + Sync + Debug {
    /// Creates a file that must not exist yet, readable by its owner alone. Its name is only safe after
    /// [`Disk::sync_folder`].
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Reads a whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Reads up to `len` bytes from `offset` on; fewer where the file ends before.
    fn read_part(&self, path: &Path, offset: u64, len: usize) -> io::Result<Vec<u8>>;

    /// What lies behind a name, links followed. Opens nothing: a database that SQLite has open may be looked at.
    fn look(&self, path: &Path) -> io::Result<Look>;

    /// Copies a file to a name that must not exist yet, readable by its owner alone, and syncs it. Its name is only safe
    /// after [`Disk::sync_folder`]. Returns its size in bytes.
    fn copy(&self, from: &Path, to: &Path) -> io::Result<u64>;

    /// Flushes to the disk what others, a process that was killed for instance, wrote into a file and left in the
    /// system's memory.
    fn sync_file(&self, path: &Path) -> io::Result<()>;

    /// The names of the files in a folder, in no order; names that are not UTF-8 are none of ours and left out.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Creates a folder and those above it, where missing, for their owner alone; their names are on disk on return.
    fn create_folder(&self, folder: &Path) -> io::Result<()>;

    /// Gives a file another name, in place of a file that has it already.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// As [`Disk::look`]; `None` where nothing lies.
    fn find(&self, path: &Path) -> io::Result<Option<Look>> {
        match self.look(path) {
            Err(failure) if failure.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// As [`Disk::remove`]; where nothing lies nothing is to be done.
    fn remove_if_there(&self, path: &Path) -> io::Result<()> {
        match self.remove(path) {
            Err(failure) if failure.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    /// Makes the names in a folder safe: to be called after create, rename and remove.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// How many bytes we may still write into a folder; `None` if the disk does not say.
    fn free(&self, _folder: &Path) -> Option<u64> {
        None
    }

    /// The name of the VFS by which SQLite finds the files of this disk; `None` for its usual one.
    fn vfs(&self) -> Option<&str> {
        None
    }
}

/// Whether an error means that the disk is full, or that we may not have more of it.
pub fn is_full(failure: &io::Error) -> bool {
    matches!(failure.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether an error means that somebody has the file open, where the system minds that.
#[cfg(windows)]
pub fn is_in_use(failure: &io::Error) -> bool {
    windows::is_in_use(failure)
}

/// Whether an error means that somebody has the file open, where the system minds that.
#[cfg(not(windows))]
pub fn is_in_use(failure: &io::Error) -> bool {
    failure.kind() == io::ErrorKind::ResourceBusy
}

/// What lies behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last written, by the clock of its disk; `None` if the disk does not say.
    pub modified: Option<Timestamp>,
    /// Which file it is, whatever it is called; `None` if the system does not say.
    pub id: Option<FileId>,
}

/// A file, told apart from every other one that there is at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// The device that it lies on.
    pub device: u64,
    /// Its number there.
    pub number: u64,
}

/// What a name can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A pipe, a device or the like.
    Other,
}

/// A file open for writing. After a write or sync that failed it is not to be used again: what the system still shows of
/// it may never reach the disk.
pub trait DiskFile: Send + Debug {
    /// Writes all the bytes at that offset; the file grows where it ends before.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// How long the file is now, by its handle, whoever made it so.
    fn bytes(&self) -> io::Result<u64>;

    /// Returns when the bytes, and the size needed to read them, are on disk.
    fn sync_data(&mut self) -> io::Result<()>;
}
