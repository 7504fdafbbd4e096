//! A new database in the place of the old one, so that whatever happens one of the two is there.
//!
//! A marker, `s.swap`, is on disk before the first file moves. Whoever opens for writing finishes what it says first, so
//! between the two there is no state in which anybody works. The old files become evidence; nothing is deleted.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::quarantine::{Quarantine, QuarantineError};
use crate::disk::place::Place;
use crate::disk::replace::{CannotReplace, replace};
pub(super) use crate::disk::sidecar::sidecars;
use crate::disk::{Disk, Kind, Look};

/// Where the files of a marker go that nobody can read.
const UNREADABLE: &str = "unreadable-swap";

/// The new database is not in its place yet. Old and new are on disk, and the next start finishes what was begun.
#[derive(Debug, Error)]
pub enum SwapError {
    /// A step failed.
    #[error("cannot {doing} {}: {source}. Nothing was deleted; look at the disk, and the next start goes on from here",
        path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The marker could not be written.
    #[error(transparent)]
    Marker(#[from] CannotReplace),
    /// An old file could not be taken away.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// The new database is not where a rename could put it in place at once.
    #[error("{} does not lie beside {}: it cannot take its place in one step", new.display(), database.display())]
    Elsewhere {
        /// The new one.
        new: PathBuf,
        /// The old one.
        database: PathBuf,
    },
}

/// Both names are relative, so that the set can be moved.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    /// The new database, beside the old one.
    new: String,
    /// The evidence's folder in `s.quarantine/`.
    quarantine: String,
}

/// Puts `new`, a whole database in one file beside the old one, into the old one's place; the old files become evidence.
///
/// After an error either nothing has happened or the next start finishes it.
pub fn put_in_place(
    disk: &Arc<dyn Disk>,
    place: &Place,
    new: &Path,
    evidence: &mut Quarantine,
) -> Result<(), SwapError> {
    let elsewhere = || SwapError::Elsewhere { new: new.to_owned(), database: place.database().to_owned() };
    let name = new.file_name().and_then(|name| name.to_str()).ok_or_else(elsewhere)?;
    if place.database().with_file_name(name) != new {
        return Err(elsewhere());
    }
    disk.sync_file(new).map_err(failed("sync", new))?;
    disk.sync_folder(place.folder()).map_err(failed("make safe the names in", place.folder()))?;
    let mut old = sidecars(place.database()).into_iter().chain([place.database().to_owned()]);
    let is_there = |any: bool, old: PathBuf| match disk.find(&old) {
        Ok(found) => Ok(any || found.is_some()),
        Err(why) => Err(failed("look at", &old)(why)),
    };
    if !old.try_fold(false, is_there)? {
        // With nothing to put aside one step does it, and needs no marker.
        return move_in(&**disk, place, new);
    }
    let marker = Marker { new: name.to_owned(), quarantine: evidence.begin()? };
    let text = serde_json::to_vec(&marker).map_err(io::Error::from).map_err(failed("describe", &place.swap()))?;
    replace(&**disk, &place.swap(), &text)?;
    carry_out(disk, place, new, evidence)
}

/// Finishes a swap that was begun and cut off, and says what was done; `None` if there was none.
pub fn finish_begun(disk: &Arc<dyn Disk>, place: &Place) -> Result<Option<String>, SwapError> {
    let text = match disk.read(&place.swap()) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(failed("read", &place.swap())(why)),
        Ok(text) => text,
    };
    let Some(Marker { new, quarantine }) = read_marker(&text) else {
        let mut aside = Quarantine::resume(Arc::clone(disk), place, UNREADABLE.to_owned());
        aside.take_in(&place.swap())?;
        return Ok(Some(format!("what {} said could not be read; it is in the quarantine", place.swap().display())));
    };
    let new = place.database().with_file_name(new);
    let mut evidence = Quarantine::resume(Arc::clone(disk), place, quarantine.clone());
    // Whatever else bears that name is no database that we made.
    let is_file = |look: Look| look.kind == Kind::File;
    if disk.find(&new).map_err(failed("look at", &new))?.is_some_and(is_file) {
        carry_out(disk, place, &new, &mut evidence)?;
        return Ok(Some(format!(
            "an exchange of the database that was cut off is finished: the new one is in its place, the old one in \
             the quarantine, in {quarantine}"
        )));
    }
    remove_marker(&**disk, place)?;
    Ok(Some("an exchange of the database was cut off at its very end; nothing was left to do".to_owned()))
}

/// The folder in the quarantine that has the old files of an exchange that was begun; `None` if there was none.
pub(super) fn evidence_of(disk: &Arc<dyn Disk>, place: &Place) -> Option<String> {
    read_marker(&disk.read(&place.swap()).ok()?).map(|marker| marker.quarantine)
}

/// Everything behind the marker; each step can be done again. The main file goes first, because a companion that lost
/// its database is nothing that anybody opens, and a database that lost its log is.
fn carry_out(disk: &Arc<dyn Disk>, place: &Place, new: &Path, evidence: &mut Quarantine) -> Result<(), SwapError> {
    evidence.take_in(place.database())?;
    for sidecar in sidecars(place.database()) {
        evidence.take_in(&sidecar)?;
    }
    move_in(&**disk, place, new)?;
    remove_marker(&**disk, place)
}

fn move_in(disk: &dyn Disk, place: &Place, new: &Path) -> Result<(), SwapError> {
    disk.rename(new, place.database()).map_err(failed("put in the database's place", new))?;
    disk.sync_folder(place.folder()).map_err(failed("make safe the names in", place.folder()))
}

fn remove_marker(disk: &dyn Disk, place: &Place) -> Result<(), SwapError> {
    disk.remove(&place.swap()).map_err(failed("remove", &place.swap()))?;
    disk.sync_folder(place.folder()).map_err(failed("make safe the names in", place.folder()))
}

/// A name that leads out of the folder is none that we wrote.
fn read_marker(text: &[u8]) -> Option<Marker> {
    let marker: Marker = serde_json::from_slice(text).ok()?;
    let plain = |name: &str| Path::new(name).file_name().is_some_and(|only| only == name);
    (plain(&marker.new) && plain(&marker.quarantine)).then_some(marker)
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SwapError {
    move |source| SwapError::File { doing, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::{Fault, Loss, MemoryDisk};
    use crate::domain::time::Timestamp;

    const NEW: &str = "/h/s.db.new";

    fn house() -> (MemoryDisk, Place) {
        let disk = MemoryDisk::new(3);
        disk.create_folder(Path::new("/h")).unwrap();
        for (path, bytes) in [("/h/s.db", "old"), ("/h/s.db-wal", "old log"), ("/h/s.db-shm", "old index")] {
            disk.put(Path::new(path), bytes.as_bytes());
        }
        let mut new = disk.create(Path::new(NEW)).unwrap();
        new.write_at(0, b"new").unwrap();
        (disk, Place::around("/h/s.db"))
    }

    fn swap(disk: &MemoryDisk, place: &Place) -> Result<(), SwapError> {
        let disk: Arc<dyn Disk> = Arc::new(disk.clone());
        let mut evidence = Quarantine::new(Arc::clone(&disk), place, "malformed", Timestamp::from_millis(0));
        put_in_place(&disk, place, Path::new(NEW), &mut evidence)
    }

    #[test]
    fn where_nothing_lies_nothing_is_put_aside() {
        let (disk, place) = house();
        for old in ["/h/s.db", "/h/s.db-wal", "/h/s.db-shm"] {
            disk.remove(Path::new(old)).unwrap();
        }
        swap(&disk, &place).unwrap();
        assert_eq!(read(&disk, "/h/s.db").as_deref(), Some("new"));
        assert!(disk.look(&place.quarantine()).is_err() && disk.look(&place.swap()).is_err());
    }

    fn finish(disk: &MemoryDisk, place: &Place) -> Option<String> {
        let disk: Arc<dyn Disk> = Arc::new(disk.clone());
        finish_begun(&disk, place).unwrap()
    }

    fn read(disk: &MemoryDisk, path: &str) -> Option<String> {
        disk.read(Path::new(path)).ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn assert_new_with_evidence(disk: &MemoryDisk, what: &str) {
        let folder = "/h/s.quarantine/19700101T000000Z-malformed";
        assert_eq!(read(disk, "/h/s.db").as_deref(), Some("new"), "{what}");
        for (path, evidence) in [("s.db", "old"), ("s.db-wal", "old log"), ("s.db-shm", "old index")] {
            assert_eq!(read(disk, &format!("{folder}/{path}")).as_deref(), Some(evidence), "{what}");
            assert!(path == "s.db" || read(disk, &format!("/h/{path}")).is_none(), "{what}: {path} is beside the new");
        }
        assert!(read(disk, "/h/s.swap").is_none() && read(disk, NEW).is_none(), "{what}");
    }

    fn assert_old(disk: &MemoryDisk, what: &str) {
        for (path, old) in [("s.db", "old"), ("s.db-wal", "old log"), ("s.db-shm", "old index")] {
            assert_eq!(read(disk, &format!("/h/{path}")).as_deref(), Some(old), "{what}");
        }
    }

    #[test]
    fn the_new_database_is_in_place_and_the_old_one_is_evidence() {
        let (disk, place) = house();
        swap(&disk, &place).unwrap();
        assert_new_with_evidence(&disk.after_power_loss(Loss::Unsynced), "after the power went");
        assert_eq!(finish(&disk, &place), None);
    }

    #[test]
    fn whichever_operation_fails_and_however_power_is_lost_it_is_old_or_new_and_finishing_works() {
        let (disk, place) = house();
        let before = disk.operations();
        swap(&disk, &place).unwrap();
        let steps = disk.operations() - before;
        assert!(steps > 12, "{steps}");
        for nth in 0..steps {
            for loss in [Loss::Unsynced, Loss::Nothing, Loss::Sectors, Loss::Tail] {
                let what = format!("operation {nth}, {loss:?}");
                let (disk, place) = house();
                disk.fail(Fault::from_then_on(disk.operations() + nth, io::ErrorKind::Other));
                swap(&disk, &place).unwrap_err();
                let after = disk.after_power_loss(loss);
                let begun = read(&after, "/h/s.swap").is_some();
                match finish(&after, &place) {
                    None if read(&after, "/h/s.db").as_deref() == Some("old") => assert_old(&after, &what),
                    None | Some(_) => assert_new_with_evidence(&after, &what),
                }
                assert!(!begun || read(&after, "/h/s.db").as_deref() == Some("new"), "{what}: begun is finished");
                assert_eq!(finish(&after, &place), None, "{what}: finished once, finished for ever");
            }
        }
    }

    #[test]
    fn finishing_that_is_cut_off_can_be_finished_too() {
        let (disk, place) = house();
        disk.fail(Fault::from_then_on(disk.operations() + 7, io::ErrorKind::Other));
        swap(&disk, &place).unwrap_err();
        let begun = disk.after_power_loss(Loss::Nothing);
        assert!(read(&begun, "/h/s.swap").is_some());
        for nth in 0..12 {
            let again = begun.after_power_loss(Loss::Nothing);
            again.fail(Fault::from_then_on(nth, io::ErrorKind::Other));
            let shared: Arc<dyn Disk> = Arc::new(again.clone());
            drop(finish_begun(&shared, &place));
            let after = again.after_power_loss(Loss::Unsynced);
            finish(&after, &place);
            assert_new_with_evidence(&after, &format!("cut off at {nth}"));
        }
    }

    #[test]
    fn a_marker_that_nobody_can_read_is_kept_and_stops_nothing() {
        for text in ["", "{\"new\":\"../../etc/x\",\"quarantine\":\"q\"}", "\u{0}\u{0}\u{0}"] {
            let (disk, place) = house();
            disk.put(&place.swap(), text.as_bytes());
            assert!(finish(&disk, &place).unwrap().contains("could not be read"));
            assert_old(&disk, text);
            assert_eq!(finish(&disk, &place), None);
            assert_eq!(read(&disk, "/h/s.quarantine/unreadable-swap/s.swap").as_deref(), Some(text));
        }
    }

    #[test]
    fn a_database_that_lies_elsewhere_is_not_put_in_place() {
        let (disk, place) = house();
        disk.put(Path::new("/other/s.db.new"), b"new");
        let shared: Arc<dyn Disk> = Arc::new(disk.clone());
        let mut evidence = Quarantine::new(Arc::clone(&shared), &place, "restore", Timestamp::from_millis(0));
        let outcome = put_in_place(&shared, &place, Path::new("/other/s.db.new"), &mut evidence);
        assert!(matches!(outcome, Err(SwapError::Elsewhere { .. })));
        assert_old(&disk, "elsewhere");
    }
}
