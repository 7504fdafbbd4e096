//! Whether a database can have what belongs to it: names for all of it, and nothing else in the way of any of it.

use std::io;
use std::path::{Path, PathBuf};

use super::error::Odd;
use super::{Place, PlaceError};
use crate::disk::sidecar::sidecars;

/// What file systems allow for one name, in bytes or, where names are counted in UTF-16, in units of which there are
/// never more than bytes.
const LONGEST_NAME: usize = 255;

/// The longest ending that is put behind a database's name, with a number behind that in a full quarantine.
const LONGEST_ENDING: &str = ".rebuilding-journal.99";

impl Place {
    /// Refuses a name that could not be written down, or to which nothing could be added.
    pub(super) fn refuse_name_of_no_use(&self) -> Result<(), PlaceError> {
        let Some(name) = self.stem.to_str() else {
            return Err(PlaceError::NotText(self.database.clone()));
        };
        let (bytes, most) = (name.len(), LONGEST_NAME - LONGEST_ENDING.len());
        if bytes > most {
            return Err(PlaceError::NameTooLong { path: self.database.clone(), bytes, most });
        }
        Ok(())
    }

    /// Refuses files where folders belong, folders where files belong, and files of SQLite's that we may not use.
    pub(super) fn refuse_what_is_in_the_way(&self) -> Result<(), PlaceError> {
        for folder in [self.journal(), self.backups(), self.receipts(), self.quarantine()] {
            // What cannot be looked at is refused by whoever makes it, or writes into it.
            if std::fs::metadata(&folder).is_ok_and(|found| !found.is_dir()) {
                return Err(PlaceError::NotAFolder(folder));
            }
        }
        let beside = sidecars(&self.database);
        let files = [self.lock(), self.swap(), self.ballast()].into_iter().chain(segments(&self.journal()));
        refuse_no_files(beside.iter().cloned().chain(files))?;
        // SQLite follows a link to a database and none to what lies beside one.
        if let Some(path) = beside.iter().find(|path| path.is_symlink()).cloned() {
            return Err(PlaceError::NotAFile { path, is: Odd::Link });
        }
        // Of a folder that may not be written into, or not be entered, it is told below.
        if !may_be_used(self.folder()) {
            return Ok(());
        }
        match beside.into_iter().find_map(|file| Some((usable(&file).err()?, file))) {
            Some((source, path)) => Err(PlaceError::NotUsable { path, source }),
            None => Ok(()),
        }
    }
}

/// Refuses the first that is there and is no file. Nothing is opened: a pipe would be waited for.
pub(super) fn refuse_no_files(paths: impl IntoIterator<Item = PathBuf>) -> Result<(), PlaceError> {
    let odd = |path: &Path| match std::fs::metadata(path) {
        Ok(found) if found.is_file() => None,
        Ok(found) if found.is_dir() => Some(Odd::Folder),
        Ok(_) => Some(Odd::Device),
        // What is there and cannot be looked at is refused by whoever opens it.
        Err(_) => path.is_symlink().then_some(Odd::LinkToNowhere),
    };
    match paths.into_iter().find_map(|path| Some((odd(&path)?, path))) {
        Some((is, path)) => Err(PlaceError::NotAFile { path, is }),
        None => Ok(()),
    }
}

/// Whether files may be made in a folder, as far as its permissions tell.
#[cfg(unix)]
fn may_be_used(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Windows says no more than an attempt does.
#[cfg(windows)]
fn may_be_used(_folder: &Path) -> bool {
    true
}

/// Whatever is named as segments are.
fn segments(journal: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    // A folder that cannot be listed is refused by whoever reads it.
    let entries = std::fs::read_dir(journal).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
}

/// Whether a file may be read and written, if it is there. Nothing is opened: that would take SQLite's locks away.
#[cfg(unix)]
fn usable(path: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};
    match access(path, Access::READ_OK | Access::WRITE_OK) {
        // Of a disk that nobody may write the folder tells better than a file in it.
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::ROFS) => Ok(()),
        other => Ok(other?),
    }
}

/// Windows says no more than this without opening the file.
#[cfg(windows)]
fn usable(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if found.permissions().readonly() => Err(io::ErrorKind::PermissionDenied.into()),
        // What cannot be looked at is not there, or its opening says why.
        Ok(_) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_to_which_nothing_can_be_added_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let named = |bytes: usize| Place::around(folder.path().join("n".repeat(bytes) + ".db"));
        let refusal = named(240).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::NameTooLong { bytes: 240, most: 233, .. }), "{refusal}");
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
        let longest = named(233);
        longest.prepare().unwrap();
        std::fs::write(longest.swap().with_extension("rebuilding-journal.99"), b"").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_no_text_is_refused_before_anything_is_made() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        let refusal =
            Place::around(folder.path().join(std::ffi::OsStr::from_bytes(b"\xffs.db"))).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::NotText(_)), "{refusal}");
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
    }

    #[test]
    fn what_is_in_the_way_is_named_with_what_belongs_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::around(folder.path().join("s.db"));
        for wanted in [place.journal(), place.backups(), place.receipts(), place.quarantine()] {
            std::fs::write(&wanted, b"").unwrap();
            let refusal = place.prepare().unwrap_err();
            assert!(matches!(&refusal, PlaceError::NotAFolder(path) if *path == wanted), "{refusal}");
            assert!(refusal.to_string().contains("move it away"), "{refusal}");
            std::fs::remove_file(&wanted).unwrap();
        }
        for wanted in sidecars(place.database()).into_iter().chain([place.lock(), place.swap(), place.ballast()]) {
            std::fs::create_dir(&wanted).unwrap();
            let refusal = place.prepare().unwrap_err();
            assert!(matches!(&refusal, PlaceError::NotAFile { path, is: Odd::Folder } if *path == wanted), "{refusal}");
            std::fs::remove_dir(&wanted).unwrap();
        }
        place.prepare().unwrap();
        std::fs::create_dir(place.journal().join("0000000000.jsonl")).unwrap();
        assert!(matches!(place.prepare(), Err(PlaceError::NotAFile { .. })));
    }
}
