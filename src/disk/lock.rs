//! One writer a database: an OS lock on `s.lock`, and in that file who holds it, for the message to whoever comes second.
//!
//! The lock goes with its process, however that ends. The file stays: removing it would let two processes hold locks on
//! two files of one name. An operator may remove it all the same, to be rid of a message; so the journal's folder, which
//! nobody removes lightly, is locked as well.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::real::private;
use super::{Disk as _, RealDisk};
use crate::domain::time::Timestamp;

/// Who has the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// On which machine.
    pub host: String,
    /// Since when.
    pub since: Timestamp,
}

/// The lock, held until it is dropped.
#[derive(Debug)]
pub struct Lock {
    // Closing the files releases the lock.
    _file: File,
    _folder: Option<File>,
}

/// The database could not be locked.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another neo has this database ({}), by its lock file {path}: end that one first, or use another --db",
        .holder.as_ref().map_or_else(|| "it has not said who it is".to_owned(), ToString::to_string), path = .path.display())]
    Held {
        /// The lock file.
        path: PathBuf,
        /// Who has it; `None` in the moment in which it has not written that yet.
        holder: Option<Holder>,
    },
    /// Another process has it, and its lock file was removed.
    #[error("another neo has this database, although its lock file was removed (it holds {folder}): end that one first, \
        or use another --db", folder = .folder.display())]
    StillHeld {
        /// The journal's folder.
        folder: PathBuf,
    },
    /// The lock file cannot be used.
    #[error("cannot lock the database by {path}: {source}; check who may write there", path = .path.display())]
    Unusable {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} on {}, since {}", self.pid, self.host, self.since)
    }
}

impl Lock {
    /// Takes the lock at `path` for `holder`, at once or not at all.
    pub fn take(path: &Path, holder: &Holder) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private(&mut options);
        keep_name(&mut options);
        let mut file = options.open(path).map_err(unusable)?;
        if !try_lock(&file).map_err(unusable)? {
            return Err(LockError::Held { path: path.to_owned(), holder: holder_of(path) });
        }
        sign(&mut file, holder).map_err(unusable)?;
        Ok(Self { _file: file, _folder: None })
    }

    /// Locks the journal's folder as well.
    #[cfg(unix)]
    pub fn with_folder(self, folder: &Path) -> Result<Self, LockError> {
        let unusable = |source| LockError::Unusable { path: folder.to_owned(), source };
        let opened = File::open(folder).map_err(unusable)?;
        if !try_lock(&opened).map_err(unusable)? {
            return Err(LockError::StillHeld { folder: folder.to_owned() });
        }
        Ok(Self { _folder: Some(opened), ..self })
    }

    /// Windows locks no folders; there the lock file itself cannot be removed while it is held.
    #[cfg(windows)]
    pub fn with_folder(self, _folder: &Path) -> Result<Self, LockError> {
        Ok(self)
    }
}

/// Who the lock file says holds, or last held, the lock: without the lock itself it proves nothing.
pub fn holder_of(path: &Path) -> Option<Holder> {
    // A pipe would be waited for.
    serde_json::from_slice(&RealDisk.read(path).ok()?).ok()
}

/// The standard library lets others remove what it has open; a lock file that is held keeps its name.
pub(super) fn keep_name(options: &mut OpenOptions) {
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(options, super::windows::ALL_BUT_REMOVE);
    #[cfg(not(windows))]
    // Names are nobody's here: the folder is locked as well.
    std::convert::identity(options);
}

fn sign(file: &mut File, holder: &Holder) -> io::Result<()> {
    let mut text = serde_json::to_vec(holder)?;
    text.push(b'\n');
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&text)?;
    file.sync_all()
}

#[cfg(not(windows))]
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(std::fs::TryLockError::WouldBlock) => Ok(false),
        Err(std::fs::TryLockError::Error(failure)) => Err(failure),
    }
}

#[cfg(windows)]
pub(super) use super::windows::try_lock;

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(pid: u32) -> Holder {
        Holder { pid, host: "blackbird".to_owned(), since: Timestamp::from_millis(1_795_372_801_007) }
    }

    #[test]
    fn a_second_writer_is_refused_and_told_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.lock");
        let _first = Lock::take(&path, &holder(101)).unwrap();
        let refusal = Lock::take(&path, &holder(202)).unwrap_err();
        assert!(matches!(&refusal, LockError::Held { holder: Some(found), .. } if *found == holder(101)));
        let message = refusal.to_string();
        assert!(message.contains("pid 101 on blackbird, since 2026-11-22T18:40:01.007Z"), "{message}");
        assert!(message.contains("s.lock"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_second_writer_is_refused_even_if_the_lock_file_was_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = (folder.path().join("s.lock"), folder.path());
        let first = Lock::take(&path, &holder(101)).unwrap().with_folder(journal).unwrap();
        std::fs::remove_file(&path).unwrap();
        let refusal = Lock::take(&path, &holder(202)).unwrap().with_folder(journal).unwrap_err();
        assert!(matches!(&refusal, LockError::StillHeld { .. }), "{refusal}");
        drop(first);
        Lock::take(&path, &holder(303)).unwrap().with_folder(journal).unwrap();
    }

    #[test]
    fn a_lock_ends_with_its_holder_and_leaves_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.lock");
        drop(Lock::take(&path, &holder(4_000_000_000)).unwrap());
        assert!(path.exists());
        let _second = Lock::take(&path, &holder(7)).unwrap();
        assert_eq!(holder_of(&path), Some(holder(7)), "the shorter text replaces the longer one whole");
    }

    #[test]
    fn a_holder_that_has_not_signed_yet_is_still_a_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.lock");
        let silent = File::create(&path).unwrap();
        assert!(try_lock(&silent).unwrap());
        let refusal = Lock::take(&path, &holder(2)).unwrap_err();
        assert!(matches!(&refusal, LockError::Held { holder: None, .. }));
        assert!(refusal.to_string().contains("has not said who it is"));
    }

    #[test]
    fn a_lock_file_that_cannot_be_opened_is_no_holder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Lock::take(folder.path(), &holder(1)).unwrap_err(), LockError::Unusable { .. }));
    }
}
