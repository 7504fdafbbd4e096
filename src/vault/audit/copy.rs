//! A scratch copy of a database as it was at one moment, taken by reading alone: no lock, no handle of SQLite's, nothing
//! written beside it. Somebody may be writing meanwhile.
//!
//! The database is copied first and its log second. As long as the log is not begun anew in between, every page that a
//! checkpoint could have changed under our hands stands in the log that we copy afterwards, and wins over it.

use std::io;
use std::path::{Path, PathBuf};

use super::AuditError;
use super::files::found;
use crate::disk::scratch::Scratch;
use crate::disk::sidecar::Sidecar;
use crate::disk::{Disk, Kind, Look};

/// So often a database may change while it is copied.
const TRIES: usize = 20;

/// What SQLite may write into the copy while it is examined.
const ROOM: u64 = 4 << 20;

/// The head of a log names the generation that its frames belong to.
const LOG_HEAD: usize = 32;

/// A copy that goes with this value.
#[derive(Debug)]
pub(super) struct Copied {
    database: PathBuf,
    _scratch: Scratch,
}

/// All that tells whether a database changed.
#[derive(Debug, PartialEq, Eq)]
struct Moment {
    main: Option<Look>,
    log: Option<Look>,
    log_head: Vec<u8>,
    rollback: Option<Look>,
    /// What the database's own header says of how it is kept.
    keeps_log: bool,
}

impl Copied {
    /// The copy's file.
    pub fn database(&self) -> &Path {
        &self.database
    }
}

/// Copies the database at `main`, with its log or rollback journal, into a new folder inside `temp`.
pub(super) fn copy(disk: &dyn Disk, main: &Path, temp: &Path) -> Result<Copied, AuditError> {
    let unreadable = |why| AuditError::Unreadable { path: main.to_owned(), why };
    for _ in 0..TRIES {
        let before = Moment::of(disk, main).map_err(unreadable)?;
        refuse_too_little(disk, temp, before.bytes())?;
        let scratch = Scratch::within(temp).map_err(|why| AuditError::NoScratch { folder: temp.to_owned(), why })?;
        let database = scratch.path().join("copy.db");
        match copy_once(disk, main, &database, &before) {
            // It was moved or removed between the look and the copy.
            Err(why) if why.kind() == io::ErrorKind::NotFound => continue,
            Err(why) if crate::disk::is_full(&why) => {
                return Err(AuditError::TooLittleRoom { folder: temp.to_owned(), free: 0, needed: before.bytes() });
            }
            outcome => outcome.map_err(unreadable)?,
        }
        if Moment::of(disk, main).map_err(unreadable)?.is_still(&before) {
            return Ok(Copied { database, _scratch: scratch });
        }
    }
    Err(AuditError::KeepsChanging { path: main.to_owned(), tries: TRIES })
}

fn copy_once(disk: &dyn Disk, main: &Path, to: &Path, before: &Moment) -> io::Result<()> {
    disk.copy(main, to)?;
    // A database that keeps a log has no rollback journal: SQLite would roll another database's pages back into the copy.
    let rollback = before.rollback.filter(|_| !before.keeps_log);
    for (sidecar, look) in [(Sidecar::Log, before.log), (Sidecar::Rollback, rollback)] {
        if look.is_some_and(|look| look.bytes > 0) {
            disk.copy(&sidecar.of(main), &sidecar.of(to))?;
        }
    }
    Ok(())
}

fn refuse_too_little(disk: &dyn Disk, temp: &Path, bytes: u64) -> Result<(), AuditError> {
    let needed = bytes.saturating_add(ROOM);
    match disk.free(temp) {
        Some(free) if free < needed => Err(AuditError::TooLittleRoom { folder: temp.to_owned(), free, needed }),
        _ => Ok(()),
    }
}

impl Moment {
    fn of(disk: &dyn Disk, main: &Path) -> io::Result<Self> {
        let wal = Sidecar::Log.of(main);
        // What is no file is never opened, and told of as being in the way.
        let file = |path: &Path| Ok::<_, io::Error>(found(disk, path)?.filter(|look| look.kind == Kind::File));
        let log = file(&wal)?.filter(|look| look.bytes > 0);
        let log_head = match log.map(|_| disk.read_part(&wal, 0, LOG_HEAD)) {
            Some(Err(why)) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            Some(Ok(head)) => head,
            Some(Err(_)) | None => Vec::new(),
        };
        let rollback = file(&Sidecar::Rollback.of(main))?;
        // Looked for only where it matters: of a database that is gone by now nothing is read.
        let keeps_log = rollback.is_some() && super::files::keeps_log(disk, main)?;
        Ok(Self { main: found(disk, main)?, log, log_head, rollback, keeps_log })
    }

    fn bytes(&self) -> u64 {
        [self.main, self.log, self.rollback].iter().flatten().map(|look| look.bytes).sum()
    }

    /// Whether what was copied since `before` belongs together.
    fn is_still(&self, before: &Self) -> bool {
        let bytes = |log: Option<Look>| log.map_or(0, |log| log.bytes);
        let same_log = self.log_head == before.log_head && bytes(self.log) >= bytes(before.log);
        // Without a log nothing makes up for a page that changed.
        let same_main = self.main == before.main || (bytes(before.log) > 0 && self.main.is_some());
        same_log && same_main && self.rollback == before.rollback
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::disk::RealDisk;
    use crate::disk::busy::{Busy, longer};

    fn grow_the_log(path: &Path) {
        longer(&Sidecar::Log.of(path));
        longer(path);
    }

    fn begin_the_log_anew(path: &Path) {
        std::fs::write(Sidecar::Log.of(path), [9; 64]).unwrap();
    }

    /// A file and a log, tried on a disk that is written so often; where the copy ended, and what is left in `temp`.
    fn tried(writes: u32, write: fn(&Path)) -> (Result<Vec<u8>, AuditError>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let temp = tempfile::tempdir().unwrap();
        let main = folder.path().join("s.db");
        std::fs::write(&main, b"main").unwrap();
        std::fs::write(Sidecar::Log.of(&main), [1; 64]).unwrap();
        let disk = Busy { writes: AtomicU32::new(writes), write };
        let copied = copy(&disk, &main, temp.path()).map(|copied| std::fs::read(copied.database()).unwrap());
        (copied, std::fs::read_dir(temp.path()).unwrap().count())
    }

    #[test]
    fn a_log_that_only_grows_is_no_reason_to_copy_again() {
        let (copied, left) = tried(1, grow_the_log);
        assert_eq!((copied.unwrap().as_slice(), left), (&b"main"[..], 0));
    }

    #[test]
    fn a_log_that_was_begun_anew_is_and_the_second_copy_is_whole() {
        let (copied, left) = tried(1, begin_the_log_anew);
        assert_eq!((copied.unwrap().as_slice(), left), (&b"main"[..], 0));
    }

    #[test]
    fn a_database_that_never_stands_still_is_given_up_with_a_word() {
        let (copied, left) = tried(u32::MAX, |path| {
            std::fs::remove_file(Sidecar::Log.of(path)).unwrap_or_default();
            longer(path);
        });
        let refusal = copied.unwrap_err();
        assert!(matches!(refusal, AuditError::KeepsChanging { tries: TRIES, .. }), "{refusal}");
        assert_eq!(left, 0, "nothing is left behind");
    }

    #[test]
    fn a_copy_that_would_not_fit_is_not_begun() {
        let temp = tempfile::tempdir().unwrap();
        let refusal = refuse_too_little(&RealDisk, temp.path(), u64::MAX).unwrap_err();
        assert!(refusal.to_string().contains("temporary"), "{refusal}");
    }
}
