//! Where files go that are in the way: a dated folder in `s.quarantine/`, one a cause. Nothing in this program ever
//! deletes from there, because what was put there may be the only evidence of something.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::time::Timestamp;

/// Evidence of one cause. Its folder is made with the first file that is taken in.
#[derive(Debug)]
pub struct Quarantine {
    disk: Arc<dyn Disk>,
    root: PathBuf,
    wanted: String,
    name: Option<String>,
}

/// A file could not be taken in. It is where it was.
#[derive(Debug, Error)]
#[error("cannot {doing} {}: {source}. Nothing was deleted; look at the disk, and who may write there", path.display())]
pub struct QuarantineError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Quarantine {
    /// An empty one, for files that are in the way because of `why`, such as `malformed` or `stale-wal`.
    pub fn new(disk: Arc<dyn Disk>, place: &Place, why: &str, now: Timestamp) -> Self {
        Self { disk, root: place.quarantine(), wanted: format!("{}-{why}", now.for_names()), name: None }
    }

    /// One that was begun by a process that is gone: `name` is its folder's.
    pub(super) fn resume(disk: Arc<dyn Disk>, place: &Place, name: String) -> Self {
        Self { disk, root: place.quarantine(), wanted: name.clone(), name: Some(name) }
    }

    /// Its folder's name in `s.quarantine/`; `None` while nothing is in it.
    pub fn name(&self) -> Option<String> {
        self.name.clone()
    }

    /// Takes a file in by its name; both folders' names are on disk on return. A file that is not there is no error: it
    /// may have been taken in before.
    pub fn take_in(&mut self, path: &Path) -> Result<(), QuarantineError> {
        if !self.lies_there(path)? {
            return Ok(());
        }
        let to = self.free_path(path)?;
        self.disk.rename(path, &to).map_err(failed("move into the quarantine", path))?;
        // First where it is, then where it was: with the power lost between the two it is in both, never in neither.
        self.sync(to.parent().unwrap_or(&self.root))?;
        self.sync(path.parent().unwrap_or(Path::new("")))
    }

    /// Copies a file in that is to stay where it is. A file that is not there is no error.
    pub fn keep_copy(&mut self, path: &Path) -> Result<(), QuarantineError> {
        if !self.lies_there(path)? {
            return Ok(());
        }
        let to = self.free_path(path)?;
        self.disk.copy(path, &to).map_err(failed("keep a copy of", path))?;
        self.sync(to.parent().unwrap_or(&self.root))
    }

    /// Makes the folder now, so that its name can be written down before the first file is moved.
    pub(super) fn begin(&mut self) -> Result<String, QuarantineError> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let mut nth = 1;
        let name = loop {
            let name = if nth == 1 { self.wanted.clone() } else { format!("{}-{nth}", self.wanted) };
            if !self.lies_there(&self.root.join(&name))? {
                break name;
            }
            nth += 1;
        };
        let folder = self.root.join(&name);
        self.disk.create_folder(&folder).map_err(failed("make the folder", &folder))?;
        self.name = Some(name.clone());
        Ok(name)
    }

    fn lies_there(&self, path: &Path) -> Result<bool, QuarantineError> {
        Ok(self.disk.find(path).map_err(failed("look at", path))?.is_some())
    }

    /// The file's own name in the folder; with a number behind it, if another file had that name before.
    fn free_path(&mut self, path: &Path) -> Result<PathBuf, QuarantineError> {
        let name = self.begin()?;
        let folder = self.root.join(name);
        // A resumed folder may have been lost with the power, while it was empty.
        self.disk.create_folder(&folder).map_err(failed("make the folder", &folder))?;
        let name = path.file_name().unwrap_or_default();
        let mut to = folder.join(name);
        let mut nth = 2;
        while self.lies_there(&to)? {
            let mut numbered = name.to_owned();
            numbered.push(format!(".{nth}"));
            to = folder.join(numbered);
            nth += 1;
        }
        Ok(to)
    }

    fn sync(&self, folder: &Path) -> Result<(), QuarantineError> {
        self.disk.sync_folder(folder).map_err(failed("make safe the names in", folder))
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> QuarantineError {
    move |source| QuarantineError { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::{Fault, Loss, MemoryDisk};

    const NOW: Timestamp = Timestamp::from_millis(1_795_372_801_007);

    fn house() -> (MemoryDisk, Place, Quarantine) {
        let disk = MemoryDisk::new(1);
        disk.create_folder(Path::new("/h")).unwrap();
        let place = Place::around("/h/s.db");
        disk.put(place.database(), b"evidence");
        let quarantine = Quarantine::new(Arc::new(disk.clone()), &place, "malformed", NOW);
        (disk, place, quarantine)
    }

    fn inside(name: &str, file: &str) -> PathBuf {
        Path::new("/h/s.quarantine").join(name).join(file)
    }

    #[test]
    fn a_file_is_taken_in_under_its_own_name_in_a_dated_folder() {
        let (disk, place, mut quarantine) = house();
        assert_eq!(quarantine.name(), None, "nothing is in it, so no folder was made");
        quarantine.take_in(place.database()).unwrap();
        assert_eq!(quarantine.name().as_deref(), Some("20261122T184001Z-malformed"));
        assert_eq!(disk.read(&inside("20261122T184001Z-malformed", "s.db")).unwrap(), b"evidence");
        assert!(disk.read(place.database()).is_err());
    }

    #[test]
    fn what_is_not_there_makes_no_folder() {
        let (disk, _, mut quarantine) = house();
        quarantine.take_in(Path::new("/h/s.db-wal")).unwrap();
        quarantine.keep_copy(Path::new("/h/s.db-wal")).unwrap();
        assert_eq!(quarantine.name(), None);
        assert!(disk.look(Path::new("/h/s.quarantine")).is_err());
    }

    #[test]
    fn nothing_that_was_taken_in_is_ever_covered() {
        let (disk, place, mut quarantine) = house();
        quarantine.keep_copy(place.database()).unwrap();
        quarantine.take_in(place.database()).unwrap();
        disk.put(place.database(), b"of another cause");
        let mut next = Quarantine::new(Arc::new(disk.clone()), &place, "malformed", NOW);
        next.take_in(place.database()).unwrap();
        let first = quarantine.name().unwrap();
        assert_eq!(disk.read(&inside(&first, "s.db")).unwrap(), b"evidence");
        assert_eq!(disk.read(&inside(&first, "s.db.2")).unwrap(), b"evidence");
        assert_eq!(disk.read(&inside("20261122T184001Z-malformed-2", "s.db")).unwrap(), b"of another cause");
    }

    #[test]
    fn whichever_operation_fails_and_however_power_is_lost_the_file_is_somewhere() {
        for nth in 0..5 {
            for loss in [Loss::Unsynced, Loss::Nothing, Loss::Sectors, Loss::Tail] {
                let (disk, place, mut quarantine) = house();
                disk.fail(Fault::once(disk.operations() + nth, io::ErrorKind::Other));
                let outcome = quarantine.take_in(place.database());
                let after = disk.after_power_loss(loss);
                let taken = after.read(&inside("20261122T184001Z-malformed", "s.db"));
                let left = after.read(place.database());
                assert!(taken.is_ok() || left.is_ok(), "{nth} {loss:?}");
                assert!(outcome.is_err() || taken.is_ok(), "{nth} {loss:?}: said to be taken in");
            }
        }
    }
}
