//! What can go wrong with the store, each told with what to do about it.

use std::path::{Path, PathBuf};

use rusqlite::ffi;
use thiserror::Error;

use crate::disk;
use crate::disk::faults::{self, Point};
use crate::domain::words::{moved_away, quoted};

/// Why a store could not be opened. Nothing was written into it but what brings its schema up to date.
#[derive(Debug, Error)]
pub enum OpenError {
    /// There is no file.
    #[error("there is no database at {}; start `neo run` once, or name another one with --db", .0.display())]
    Missing(PathBuf),
    /// There is a database with nothing in it.
    #[error("the database {} is still empty; start `neo run` once", .0.display())]
    Empty(PathBuf),
    /// A folder lies where the database should.
    #[error("{} is a folder, not a database; name a file with --db", .0.display())]
    IsAFolder(PathBuf),
    /// A pipe or a device where the database should be; or one, a folder or a link, where what belongs to it should.
    #[error("{} is a folder, a link, a pipe or a device, and a file of the database belongs there; it was not opened: move it away, {moved}", .0.display(), moved = moved_away(.0))]
    NotAFile(PathBuf),
    /// The system does not let us read it.
    #[error("the database {} cannot be read: {why}; check who owns it", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// We may read it, not write it.
    #[error("the database {} is read-only; check its permissions and its folder's", .0.display())]
    ReadOnly(PathBuf),
    /// Something else than SQLite.
    #[error("{} is not a database; nothing in it was changed: move it away, or name another one with --db", .0.display())]
    NotADatabase(PathBuf),
    /// SQLite says that its structure is broken.
    #[error("the database {} is malformed ({why}): `neo audit` says what is left, and the next `neo run` makes it anew from the journal", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// SQLite's words.
        why: String,
    },
    /// A SQLite database of another program.
    #[error("{} is another program's database (its tables: {tables}); nothing in it was changed: name another one with --db", path.display())]
    NotOurs {
        /// Which file.
        path: PathBuf,
        /// A few of its tables.
        tables: String,
    },
    /// The earlier engine's.
    #[error("{} is a database of the earlier engine; nothing in it was changed: `neo audit {named}` explains what is in it, and `neo adopt {named}` takes it over", .0.display(), named = quoted(&.0.to_string_lossy()))]
    Earlier(PathBuf),
    /// Written by a newer program.
    #[error("the database {} is from a newer neo (its schema is {found}, this one knows {known}); run that one", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema's version.
        found: i32,
        /// The newest that this program knows.
        known: i32,
    },
    /// Written by an older program; only a writer brings it up to date.
    #[error("the database {} is from an older neo (its schema is {found}, this one needs {known}); start `neo run` once", path.display())]
    Older {
        /// Which file.
        path: PathBuf,
        /// Its schema's version.
        found: i32,
        /// What this program needs.
        known: i32,
    },
    /// The write-ahead log is there and its database is not: opening would delete the log.
    #[error(
        "the database {} is missing or empty, but {} with {bytes} bytes lies beside it; opening would destroy them, so \
         nothing was opened: `neo audit` says what is left, and the next `neo run` makes the database anew from the journal", path.display(), wal.display()
    )]
    OrphanedLog {
        /// The database.
        path: PathBuf,
        /// Its write-ahead log.
        wal: PathBuf,
        /// What is in the log.
        bytes: u64,
    },
    /// A rollback journal lies beside it, which only a writer could take into it, and which is not its own.
    #[error(
        "a rollback journal lies beside the database {}, which keeps none: the next `neo run` takes it out of the way, \
         and loses nothing", .0.display()
    )]
    StrangeRollback(PathBuf),
    /// The linked SQLite can corrupt a write-ahead log.
    #[error(
        "the SQLite in this program is {0}; versions below 3.51.3 can corrupt a database: build it with the bundled one"
    )]
    SqliteTooOld(&'static str),
    /// The file could not be made.
    #[error("the database {} could not be created: {why}", path.display())]
    NotCreated {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// Anything else that SQLite says.
    #[error("the database {} could not be opened, {doing}: {why}", path.display())]
    Failed {
        /// Which file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// SQLite's words.
        why: rusqlite::Error,
    },
}

/// Why the store could not do something. A write that failed happened wholly or not at all; doing it again is safe.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It could not be opened, or opened again after an error.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// SQLite could not do it.
    #[error("the store could not {doing}: {why}")]
    Sqlite {
        /// What was tried.
        doing: &'static str,
        /// SQLite's words.
        why: rusqlite::Error,
    },
    /// A line is missing between what the store has and what it was given.
    #[error(
        "the store was given journal line {got} where {expected} comes next; read the journal again from {expected}"
    )]
    Gap {
        /// The next line it can take.
        expected: u64,
        /// The line it was given.
        got: u64,
    },
    /// The store and the journal do not tell the same story.
    #[error(
        "journal line {n} is not the one that the store has or follows: journal and store belong to two histories; run `neo verify`"
    )]
    Forked {
        /// The first line that differs.
        n: u64,
    },
    /// What stands in the store is not what this program writes there.
    #[error("the store holds `{found}` as {what}; run `neo verify`")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// What stands there.
        found: String,
    },
}

fn extended(why: &rusqlite::Error) -> Option<i32> {
    why.sqlite_error().map(|code| code.extended_code)
}

/// Whether it is what stands in the file, and neither the disk under it nor who else has it.
fn is_damage(why: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{ConstraintViolation, DatabaseCorrupt, NotADatabase};
    // What a constraint refuses here has the place taken that a line alone may take: a row from elsewhere stands there.
    let says_so = matches!(why.sqlite_error_code(), Some(ConstraintViolation | DatabaseCorrupt | NotADatabase));
    says_so || !matches!(why, rusqlite::Error::SqliteFailure(..))
}

/// `SQLITE_FULL`; and what becomes of no room for the index beside the log, which SQLite tells as an error of the disk.
fn is_full(why: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(code, _) = why else { return false };
    code.code == rusqlite::ErrorCode::DiskFull || code.extended_code == ffi::SQLITE_IOERR_SHMSIZE
}

impl OpenError {
    /// Whether the database, or what lies in its place, is not one that this program may work with as it is.
    pub const fn is_unsound(&self) -> bool {
        match self {
            Self::IsAFolder(_)
            | Self::NotAFile(_)
            | Self::Unreadable { .. }
            | Self::NotADatabase(_)
            | Self::Malformed { .. }
            | Self::NotOurs { .. }
            | Self::Earlier(_)
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::OrphanedLog { .. }
            | Self::StrangeRollback(_) => true,
            Self::Missing(_)
            | Self::Empty(_)
            | Self::ReadOnly(_)
            | Self::SqliteTooOld(_)
            | Self::NotCreated { .. }
            | Self::Failed { .. } => false,
        }
    }

    /// The same about another file: the one that an operator named, where a scratch copy of it was opened.
    #[must_use]
    pub fn of(mut self, named: &Path) -> Self {
        match &mut self {
            Self::Missing(path)
            | Self::Empty(path)
            | Self::IsAFolder(path)
            | Self::NotAFile(path)
            | Self::ReadOnly(path)
            | Self::StrangeRollback(path)
            | Self::NotADatabase(path)
            | Self::Earlier(path)
            | Self::Unreadable { path, .. }
            | Self::Malformed { path, .. }
            | Self::NotOurs { path, .. }
            | Self::Newer { path, .. }
            | Self::Older { path, .. }
            | Self::OrphanedLog { path, .. }
            | Self::NotCreated { path, .. }
            | Self::Failed { path, .. } => named.clone_into(path),
            Self::SqliteTooOld(_) => {}
        }
        self
    }

    /// What is wrong, without the file's name and without advice: of a copy, to which what helps a database does not apply.
    pub fn in_a_word(&self) -> String {
        match self {
            Self::Missing(_) => "it is not there".to_owned(),
            Self::Empty(_) => "it is empty".to_owned(),
            Self::IsAFolder(_) => "it is a folder".to_owned(),
            Self::NotAFile(_) => "it is no file".to_owned(),
            Self::Unreadable { why, .. } => format!("it cannot be read ({why})"),
            Self::ReadOnly(_) => "it is read-only".to_owned(),
            Self::NotADatabase(_) => "it is not a database".to_owned(),
            Self::Malformed { why, .. } => format!("it is malformed ({why})"),
            Self::NotOurs { tables, .. } => format!("it is another program's database (its tables: {tables})"),
            Self::Earlier(_) => "it is a database of the earlier engine".to_owned(),
            Self::Newer { found, known, .. } => {
                format!("it is from a newer neo (its schema is {found}, this one knows {known})")
            }
            Self::Older { found, known, .. } => {
                format!("it is from an older neo (its schema is {found}, this one needs {known})")
            }
            Self::OrphanedLog { bytes, .. } => {
                format!("it is missing or empty, and a write-ahead log with {bytes} bytes lies beside it")
            }
            Self::StrangeRollback(_) => "a rollback journal lies beside it, which is not its own".to_owned(),
            Self::SqliteTooOld(_) => self.to_string(),
            Self::NotCreated { why, .. } => format!("it could not be created ({why})"),
            Self::Failed { doing, why, .. } => format!("it could not be opened, {doing} ({why})"),
        }
    }

    /// What an error of SQLite's means for `path`.
    pub(super) fn from_sqlite(path: &Path, doing: &'static str, why: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match why.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotADatabase(path),
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => Self::Malformed { path, why: why.to_string() },
            Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::PermissionDenied) => {
                Self::Unreadable { path, why: why.to_string() }
            }
            Some(rusqlite::ErrorCode::ReadOnly) if extended(&why) == Some(ffi::SQLITE_READONLY_ROLLBACK) => {
                Self::StrangeRollback(path)
            }
            Some(rusqlite::ErrorCode::ReadOnly) => Self::ReadOnly(path),
            _ => Self::Failed { path, doing, why },
        }
    }
}

impl StoreError {
    /// Whether there was no room on the disk: the database is as it was, and may be written when there is.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Sqlite { why, .. } | Self::Open(OpenError::Failed { why, .. }) => is_full(why),
            Self::Open(OpenError::NotCreated { why, .. }) => disk::is_full(why),
            _ => false,
        }
    }

    /// Whether what stands in the database is to blame: asked again it would say the same.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite { why, .. } => is_damage(why),
            Self::Open(why) => matches!(why, OpenError::Malformed { .. } | OpenError::NotADatabase(_)),
            Self::Unreadable { .. } => true,
            Self::Gap { .. } | Self::Forked { .. } => false,
        }
    }

    /// What is wrong, as [`OpenError::in_a_word`].
    pub fn in_a_word(&self) -> String {
        match self {
            Self::Open(why) => why.in_a_word(),
            Self::Sqlite { doing, .. } if self.is_damage() => format!("it is damaged: SQLite could not {doing}"),
            Self::Unreadable { what, found } => format!("it is damaged: it holds `{found}` as {what}"),
            other => other.to_string(),
        }
    }

    /// For `map_err`: what was tried, around what SQLite says.
    pub(super) fn doing(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |why| Self::Sqlite { doing, why }
    }

    /// Passes a point at which a build for tests can be told to fail, as SQLite would.
    pub(crate) fn pass(point: Point, doing: &'static str) -> Result<(), Self> {
        faults::hit(point).map_err(|fault| {
            let full = fault.kind() == std::io::ErrorKind::StorageFull;
            let code = if full { ffi::SQLITE_FULL } else { ffi::SQLITE_IOERR };
            Self::doing(doing)(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some(fault.to_string())))
        })
    }
}
