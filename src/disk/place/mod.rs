//! Where a database and all that belongs to it lie, and whether that is a place to trust with money.

mod belongings;
mod cloud;
mod error;
mod network;
pub mod space;
mod writable;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

pub use error::PlaceError;
pub use space::LEAST_FREE_BYTES;

use super::RealDisk;
use super::real::or_here;
use super::sidecar::Sidecar;

/// What SQLite takes for a database in memory.
const IN_MEMORY: &str = ":memory:";

/// A database `s.db` and what lies beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    database: PathBuf,
    stem: OsString,
    /// What a house left beside a link to the database: it was moved away and linked back without it.
    left_behind: Option<PathBuf>,
}

impl Place {
    /// The place around a database's path: `s.db` is followed by `s.journal/`, `s.lock` and so on. A name that does not
    /// end in `.db` is followed as a whole. A link is followed to the file itself: beside each of its names a journal and a
    /// lock of its own would lie, and two writers would meet in one database.
    pub fn around(database: impl Into<PathBuf>) -> Self {
        let asked = Self::named(database.into());
        let found = Self::named(behind_links(asked.database.clone()));
        if found == asked {
            return found;
        }
        let mut belongings = [asked.journal(), Sidecar::Log.of(&asked.database)].into_iter();
        Self { left_behind: belongings.find(|path| path.exists()), ..found }
    }

    fn named(database: PathBuf) -> Self {
        let is_db = database.extension() == Some(OsStr::new("db"));
        let stem = if is_db { database.file_stem() } else { database.file_name() }.unwrap_or_default().to_owned();
        Self { database, stem, left_behind: None }
    }

    /// `s.db`
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// `s.journal/`: segments, and files of segments that were set aside.
    pub fn journal(&self) -> PathBuf {
        self.beside(".journal")
    }

    /// `s.backups/`
    pub fn backups(&self) -> PathBuf {
        self.beside(".backups")
    }

    /// `s.quarantine/`
    pub fn quarantine(&self) -> PathBuf {
        self.beside(".quarantine")
    }

    /// `s.receipts/`
    pub fn receipts(&self) -> PathBuf {
        self.beside(".receipts")
    }

    /// `s.ballast`: its removal lets a session close on a full disk.
    pub fn ballast(&self) -> PathBuf {
        self.beside(".ballast")
    }

    /// `s.lock`
    pub fn lock(&self) -> PathBuf {
        self.beside(".lock")
    }

    /// `s.swap`: while it lies there, an exchange of the database was begun and is to be finished.
    pub fn swap(&self) -> PathBuf {
        self.beside(".swap")
    }

    /// The folder that all of it lies in.
    pub fn folder(&self) -> &Path {
        or_here(self.database.parent().unwrap_or(Path::new("")))
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.stem.clone();
        name.push(suffix);
        self.database.with_file_name(name)
    }

    /// Refuses a place that is not safe for a writer, and creates the folders that one needs. Before anything is made
    /// there the place is looked at, from the nearest folder that exists. Who only reads needs none of this.
    pub fn prepare(&self) -> Result<(), PlaceError> {
        self.refuse_what_lies_there()?;
        // The journal's folder may be a link to another disk.
        for folder in [self.folder().to_owned(), self.journal()] {
            let there = nearest(&folder);
            network::refuse(there)?;
            cloud::refuse(there)?;
            space::refuse_full(&RealDisk, there)?;
        }
        writable::make(self.folder())?;
        writable::try_writing(self.folder())?;
        for folder in [self.journal(), self.backups(), self.receipts()] {
            writable::make(&folder)?;
        }
        writable::try_writing(&self.journal())
    }

    /// The first half of [`Place::prepare`]: whether names and files are what a writer needs. Makes and opens nothing.
    pub fn refuse_what_lies_there(&self) -> Result<(), PlaceError> {
        self.refuse_name()?;
        if let Some(left_behind) = &self.left_behind {
            return Err(PlaceError::LeftBehind { left_behind: left_behind.clone(), database: self.database.clone() });
        }
        self.refuse_what_is_in_the_way()
    }

    /// What there is of a database besides itself, and it could be made anew from.
    pub fn beside_it(&self) -> Option<PathBuf> {
        [self.journal(), self.backups()].into_iter().find(|folder| folder.is_dir())
    }

    /// Refuses what cannot be the name of a database that lasts.
    fn refuse_name(&self) -> Result<(), PlaceError> {
        let database = &self.database;
        if database.file_name() == Some(OsStr::new(IN_MEMORY)) {
            return Err(PlaceError::InMemory(database.clone()));
        }
        if self.stem.is_empty() || database.is_dir() {
            let path = database.clone();
            let beside = self.beside_it().filter(|_| !self.stem.is_empty());
            return Err(match beside {
                Some(beside) => PlaceError::FolderInItsPlace { path, beside },
                None => PlaceError::IsFolder(path),
            });
        }
        if database.is_symlink() {
            return Err(PlaceError::DanglingLink(database.clone()));
        }
        belongings::refuse_no_files([database.clone()])?;
        self.refuse_name_of_no_use()?;
        refuse_several_names(database)
    }
}

/// The nearest folder above, or at, a path that exists.
fn nearest(folder: &Path) -> &Path {
    folder.ancestors().map(or_here).find(|above| above.exists()).unwrap_or(Path::new("."))
}

/// The file that a path means in the end; a link that leads nowhere, or in a circle, is left as it is.
fn behind_links(path: PathBuf) -> PathBuf {
    if path.is_symlink() { path.canonicalize().unwrap_or(path) } else { path }
}

#[cfg(unix)]
fn refuse_several_names(database: &Path) -> Result<(), PlaceError> {
    // A database that cannot be looked at is none, or its opening says why.
    let names = std::fs::metadata(database).map_or(1, |found| std::os::unix::fs::MetadataExt::nlink(&found));
    if names > 1 {
        return Err(PlaceError::SeveralNames { path: database.to_owned(), names });
    }
    Ok(())
}

/// Windows does not say without opening the file.
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "the other platform can fail")]
fn refuse_several_names(_database: &Path) -> Result<(), PlaceError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Disk;

    #[test]
    fn all_that_belongs_to_a_database_lies_beside_it() {
        let place = Place::around("/home/desk/paper.db");
        assert_eq!(place.journal(), Path::new("/home/desk/paper.journal"));
        assert_eq!(place.backups(), Path::new("/home/desk/paper.backups"));
        assert_eq!(place.quarantine(), Path::new("/home/desk/paper.quarantine"));
        assert_eq!(place.receipts(), Path::new("/home/desk/paper.receipts"));
        assert_eq!(place.lock(), Path::new("/home/desk/paper.lock"));
        assert_eq!(place.ballast(), Path::new("/home/desk/paper.ballast"));
        assert_eq!(place.folder(), Path::new("/home/desk"));
    }

    #[test]
    fn only_the_ending_db_is_left_out_of_the_names_beside() {
        assert_eq!(Place::around("run.v2").journal(), Path::new("run.v2.journal"));
        assert_eq!(Place::around("run.v2.db").journal(), Path::new("run.v2.journal"));
        assert_eq!(Place::around("s.db").folder(), Path::new("."));
    }

    #[test]
    fn a_place_is_prepared_once_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::around(folder.path().join("new/house/s.db"));
        place.prepare().unwrap();
        place.prepare().unwrap();
        assert!(place.journal().is_dir() && place.backups().is_dir() && place.receipts().is_dir());
        assert!(RealDisk.names(place.folder()).unwrap().is_empty(), "the probe is gone");
    }

    #[test]
    fn a_folder_is_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = Place::around(folder.path()).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::IsFolder(_)));
        assert!(refusal.to_string().contains("paper.db"), "{refusal}");
    }

    #[cfg(unix)]
    #[test]
    fn what_belongs_to_a_database_lies_beside_the_file_and_not_beside_a_link_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap().join("disk").join("s.db");
        Place::around(&real).prepare().unwrap();
        std::fs::write(&real, b"").unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink("disk/s.db", &link).unwrap();
        assert_eq!(Place::around(&link), Place::around(&real), "one lock, one journal");
        Place::around(&link).prepare().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_database_that_was_moved_and_linked_back_without_its_journal_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let asked = folder.path().join("s.db");
        Place::around(&asked).prepare().unwrap();
        let moved = folder.path().join("disk").join("s.db");
        std::fs::create_dir(moved.parent().unwrap()).unwrap();
        std::fs::write(&moved, b"").unwrap();
        std::os::unix::fs::symlink(&moved, &asked).unwrap();
        let refusal = Place::around(&asked).prepare().unwrap_err();
        assert!(refusal.to_string().contains("s.journal"), "{refusal}");
        assert!(!folder.path().join("disk/s.journal").exists(), "nothing was made");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nowhere_is_no_place_for_a_new_database() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink("not mounted/s.db", &link).unwrap();
        let refusal = Place::around(&link).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::DanglingLink(_)), "{refusal}");
        assert!(refusal.to_string().contains("--db"), "{refusal}");
    }

    #[cfg(unix)]
    #[test]
    fn a_database_of_two_names_is_refused_by_both() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("s.db"), folder.path().join("t.db"));
        std::fs::write(&one, b"").unwrap();
        std::fs::hard_link(&one, &other).unwrap();
        for name in [one, other] {
            let refusal = Place::around(name).prepare().unwrap_err();
            assert!(matches!(refusal, PlaceError::SeveralNames { names: 2, .. }), "{refusal}");
        }
    }

    #[test]
    fn a_database_in_memory_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = Place::around(folder.path().join(":memory:")).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::InMemory(_)), "{refusal}");
        assert!(refusal.to_string().contains("--db"), "{refusal}");
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
    }

    #[test]
    fn a_place_in_a_cloud_folder_is_refused_and_nothing_is_made_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".stfolder")).unwrap();
        let refusal = Place::around(folder.path().join("new/house/s.db")).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::CloudSync { .. }), "{refusal}");
        assert!(!folder.path().join("new").exists());
    }
}
