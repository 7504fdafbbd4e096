//! What lies there, by names, sizes and times alone. Nothing is opened but the first hundred bytes of the database.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::AuditError;
use crate::disk::place::Place;
use crate::disk::sidecar::Sidecar;
use crate::disk::{Disk, Kind, Look};
use crate::domain::time::Timestamp;
use crate::domain::words::counted;
use crate::vault::strange_log::StrangeLog;

/// `SQLite format 3`, and a zero.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How many bytes a database's header has.
const HEADER: usize = 100;

/// `neo1`, as SQLite's application id.
const OURS: u32 = 0x6e65_6f31;

/// The database and what lies beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Files {
    /// The database itself.
    pub main: Main,
    /// Everything that belongs to it, the database first.
    pub seen: Vec<Seen>,
    /// Why nobody reads what lies in its log's place, if that is certain.
    pub strange_log: Option<StrangeLog>,
}

/// What lies at the database's own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Main {
    /// Nothing.
    Missing,
    /// A pipe, a device or the like: never opened.
    NotAFile,
    /// A file of no bytes.
    Empty,
    /// A file that does not begin as a database does.
    NotADatabase,
    /// What begins as a database.
    Database(Header),
}

/// The first hundred bytes of a database (sqlite.org/fileformat2.html, 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Bytes of a page.
    pub page_bytes: u64,
    /// Pages, if the header's own number can be trusted.
    pub pages: Option<u64>,
    /// Whether it is kept with a write-ahead log or a rollback journal.
    pub mode: Mode,
    /// Whether it says that it is ours.
    pub maker: Maker,
}

/// How a database is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// With a write-ahead log.
    Wal,
    /// With a rollback journal, or none.
    Rollback,
}

/// Whose a database says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Maker {
    /// Ours.
    Neo,
    /// It does not say, or another's.
    Other,
}

/// One name beside the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// What it is for.
    pub role: Role,
    /// Its name; a folder's ends with a slash.
    pub name: String,
    /// Its size in bytes; of a folder, of the files in it.
    pub bytes: u64,
    /// Of a folder: how many files are in it.
    pub files: Option<usize>,
    /// When it was last written; of a folder, its newest file.
    pub modified: Option<Timestamp>,
}

/// What a name beside a database is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The database.
    Database,
    /// `-wal`: what was committed and not yet copied into the database.
    Log,
    /// `-shm`: the index of that log, which every reader makes anew.
    LogIndex,
    /// `-journal`: what a change that was cut off must be taken back with.
    Rollback,
    /// `s.journal/`
    Journal,
    /// `s.backups/`
    Backups,
    /// `s.quarantine/`
    Quarantine,
    /// `s.receipts/`
    Receipts,
    /// `s.lock`
    Lock,
    /// `s.swap`: a restore or rebuild was begun and not finished.
    Swap,
    /// `s.db.bak.…`, as the earlier engine made them.
    Copy,
}

impl Files {
    /// The file or folder in that role, if it is there.
    pub fn get(&self, role: Role) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.role == role)
    }

    /// Bytes in that role; none if there is no such file.
    pub fn bytes(&self, role: Role) -> Option<u64> {
        self.get(role).map(|seen| seen.bytes)
    }
}

impl Role {
    /// What it is, and what its size means together with the rest.
    pub fn in_words(self, seen: &Seen) -> String {
        let files = seen.files.unwrap_or_default();
        match self {
            Self::Database => "the database".to_owned(),
            Self::Log if seen.bytes == 0 => "its log, empty".to_owned(),
            Self::Log => "its log".to_owned(),
            Self::LogIndex => "the log's index".to_owned(),
            Self::Rollback => "rollback journal".to_owned(),
            Self::Journal => counted(files, "segment"),
            Self::Backups => counted(files, "backup file"),
            Self::Quarantine => "what was set aside".to_owned(),
            Self::Receipts => counted(files, "receipt file"),
            Self::Lock => "the lock file".to_owned(),
            Self::Swap => "a swap, begun".to_owned(),
            Self::Copy => "a copy of it".to_owned(),
        }
    }
}

/// Looks at the database and what belongs to it. Only what is there is listed.
pub(super) fn look_around(disk: &dyn Disk, place: &Place) -> Result<Files, AuditError> {
    let main = place.database();
    let unreadable = |why| AuditError::Unreadable { path: main.to_owned(), why };
    let found = found(disk, main).map_err(unreadable)?;
    let mut seen: Vec<Seen> = found.iter().map(|look| file(Role::Database, main, look)).collect();
    for (role, path) in companions(place) {
        // What cannot be looked at cannot be told of; what hangs on it says so when it is read.
        if let Ok(look) = disk.look(&path) {
            seen.push(if look.kind == Kind::Folder { folder(disk, role, &path) } else { file(role, &path, &look) });
        }
    }
    for path in copies_beside(disk, main) {
        if let Ok(look) = disk.look(&path)
            && look.kind == Kind::File
        {
            seen.push(file(Role::Copy, &path, &look));
        }
    }
    let main = match found {
        None => Main::Missing,
        Some(look) if look.kind != Kind::File => Main::NotAFile,
        Some(look) if look.bytes == 0 => Main::Empty,
        Some(_) => disk.read_part(main, 0, HEADER).map_err(unreadable).map(|first| begins(&first))?,
    };
    let strange_log = StrangeLog::look(disk, &Sidecar::Log.of(place.database())).map_err(unreadable)?;
    Ok(Files { main, seen, strange_log })
}

/// What a name stands for; `None` if for nothing.
pub(super) fn found(disk: &dyn Disk, path: &Path) -> io::Result<Option<Look>> {
    match disk.look(path) {
        Ok(look) => Ok(Some(look)),
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(why) => Err(why),
    }
}

fn companions(place: &Place) -> Vec<(Role, PathBuf)> {
    let main = place.database();
    vec![
        (Role::Log, Sidecar::Log.of(main)),
        (Role::LogIndex, Sidecar::Index.of(main)),
        (Role::Rollback, Sidecar::Rollback.of(main)),
        (Role::Swap, place.swap()),
        (Role::Lock, place.lock()),
        (Role::Journal, place.journal()),
        (Role::Backups, place.backups()),
        (Role::Receipts, place.receipts()),
        (Role::Quarantine, place.quarantine()),
    ]
}

/// `s.db.bak.…` beside `s.db`, newest name first.
fn copies_beside(disk: &dyn Disk, main: &Path) -> Vec<PathBuf> {
    let folder = main.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = main.file_name().unwrap_or_default().to_string_lossy();
    let begin = format!("{name}.bak");
    // A folder that cannot be listed shows no copies; the database itself may still be read.
    let mut names = disk.names(folder).unwrap_or_default();
    names.retain(|name| name.starts_with(&begin) && Sidecar::owner(name).is_none());
    names.sort_unstable_by(|one, other| other.cmp(one));
    names.into_iter().map(|name| main.with_file_name(name)).collect()
}

fn file(role: Role, path: &Path, look: &Look) -> Seen {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Seen { role, name, bytes: look.bytes, files: None, modified: look.modified }
}

fn folder(disk: &dyn Disk, role: Role, path: &Path) -> Seen {
    let name = format!("{}/", path.file_name().unwrap_or_default().to_string_lossy());
    // As above: whoever reads what is in it says why it cannot be read.
    let names = disk.names(path).unwrap_or_default();
    let looks: Vec<Look> = names.iter().filter_map(|name| disk.look(&path.join(name)).ok()).collect();
    Seen {
        role,
        name,
        bytes: looks.iter().map(|look| look.bytes).sum(),
        files: Some(looks.len()),
        modified: looks.iter().filter_map(|look| look.modified).max(),
    }
}

/// Whether the header of the database at `main` says that it is kept with a write-ahead log.
pub(super) fn keeps_log(disk: &dyn Disk, main: &Path) -> io::Result<bool> {
    match disk.read_part(main, 0, HEADER) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        first => Ok(matches!(begins(&first?), Main::Database(Header { mode: Mode::Wal, .. }))),
    }
}

fn begins(first: &[u8]) -> Main {
    let number = |at: usize| -> Option<u32> { Some(u32::from_be_bytes(first.get(at..at + 4)?.try_into().ok()?)) };
    if !first.starts_with(MAGIC) {
        return Main::NotADatabase;
    }
    let page_bytes = first.get(16..18).map_or(0, |size| u64::from(u16::from_be_bytes([size[0], size[1]])));
    // The number of pages only counts if the writer that wrote it was the last one.
    let trusted = number(24).is_some() && number(24) == number(92);
    Main::Database(Header {
        page_bytes: if page_bytes == 1 { 65_536 } else { page_bytes },
        pages: number(28).filter(|pages| trusted && *pages > 0).map(u64::from),
        mode: if first.get(18..20) == Some(&[2, 2]) { Mode::Wal } else { Mode::Rollback },
        maker: if number(68) == Some(OURS) { Maker::Neo } else { Maker::Other },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use proptest::prelude::*;

    #[test]
    fn a_database_is_known_by_its_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let database = rusqlite::Connection::open(&path).unwrap();
        database
            .execute_batch("PRAGMA page_size = 8192; PRAGMA application_id = 1852141361; CREATE TABLE t (a)")
            .unwrap();
        drop(database);
        let Main::Database(header) = begins(&std::fs::read(&path).unwrap()) else { panic!("it is a database") };
        assert_eq!((header.page_bytes, header.pages), (8_192, Some(2)));
        assert_eq!((header.mode, header.maker), (Mode::Rollback, Maker::Neo));
        assert_eq!(begins(b"SQLite format 2\0"), Main::NotADatabase);
    }

    #[test]
    fn what_belongs_to_a_database_is_listed_and_its_neighbours_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("s.db");
        for name in ["s.db", "s.db-wal", "s.db.bak.20260418T192119Z", "s.db.bak.20260418T192119Z-shm", "t.db", "s.db2"]
        {
            std::fs::write(folder.path().join(name), b"x").unwrap();
        }
        std::fs::create_dir(folder.path().join("s.journal")).unwrap();
        std::fs::write(folder.path().join("s.journal/0000000000.jsonl"), b"{}\n").unwrap();
        let files = look_around(&RealDisk, &Place::around(&main)).unwrap();
        let names: Vec<&str> = files.seen.iter().map(|seen| seen.name.as_str()).collect();
        assert_eq!(names, ["s.db", "s.db-wal", "s.journal/", "s.db.bak.20260418T192119Z"]);
        assert_eq!(files.main, Main::NotADatabase);
        assert_eq!(files.get(Role::Journal).map(|journal| (journal.files, journal.bytes)), Some((Some(1), 3)));
    }

    proptest! {
        #[test]
        fn no_first_bytes_make_looking_panic(first in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = begins(&first);
            let _ = begins(&[MAGIC.as_slice(), &first].concat());
        }
    }
}
