//! How a connection is opened: the rules that measurements of disks and crashes asked for (DURABILITY), in one place.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::OpenError;
use super::journal_mode;
use super::migrate::{self, Found};
use crate::disk::sidecar::{Sidecar, sidecars};
use crate::disk::{Disk, Kind, Look};

/// Below this, two connections that checkpoint and write can corrupt a database.
const SQLITE_NEEDED: i32 = 3_051_003;

/// How long a lock of another connection is waited for: an end cannot wait long, and facts are safe in the journal.
const BUSY: Duration = Duration::from_millis(250);

/// For writers and readers alike; 1 MiB of cache is plenty for rows that are mostly appended.
const EVERYBODY: &str = "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -1024; PRAGMA foreign_keys = OFF;";

/// What is damaged is read as far as it goes: one bad cell is not to hide the whole page around it.
const SALVAGER: &str = "PRAGMA cell_size_check = OFF; PRAGMA temp_store = MEMORY;";

/// Most settings have the whole schema read first.
const NOTHING_SET: &str = "";

/// Foreign keys stay off: a fact that comes before the row it belongs to is kept all the same.
const WRITER: &str = "PRAGMA synchronous = NORMAL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
    PRAGMA wal_autocheckpoint = 0;";

/// For a store that is being made: with the power lost it is made again, and its whole log fits into memory.
const MAKER: &str = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;";

/// Else a statement is prepared anew whenever a value is bound to it that might make another plan better.
const STABLE_PLANS: (DbConfig, bool) = (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true);

/// How many prepared statements a connection keeps: more than the projection has.
const STATEMENTS_KEPT: usize = 64;

/// A way of opening a database.
pub(super) type Opening = fn(&dyn Disk, &Path) -> Result<Connection, OpenError>;

/// The one writing connection to the database at `path`, made if there is none, its schema brought up to date.
pub(super) fn writer(disk: &dyn Disk, path: &Path) -> Result<Connection, OpenError> {
    check_sqlite()?;
    if look_before_opening(disk, path)? == Lies::Nowhere {
        create(disk, path)?;
    } else {
        refuse_strangers(disk, path)?;
    }
    let mut connection = connect(disk, path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let found = migrate::identify(&connection, path)?;
    let failed = |why| OpenError::from_sqlite(path, "setting it up for writing", why);
    if connection.is_readonly(rusqlite::MAIN_DB).map_err(failed)? {
        return Err(OpenError::ReadOnly(path.to_owned()));
    }
    let mode = journal_mode::set(&connection, "WAL").map_err(failed)?;
    if mode != "wal" {
        return Err(OpenError::Unreadable { path: path.to_owned(), why: format!("it stays in journal mode `{mode}`") });
    }
    connection.execute_batch(WRITER).map_err(failed)?;
    migrate::migrate(&mut connection, path, found)?;
    migrate::check_schema(&connection, path)?;
    Ok(connection)
}

/// The only connection to a store that is being made; nothing that it commits is safe, or lies in a log beside it.
pub(super) fn making(disk: &dyn Disk, path: &Path) -> Result<Connection, OpenError> {
    check_sqlite()?;
    if look_before_opening(disk, path)? == Lies::Nowhere {
        create(disk, path)?;
    }
    let mut connection = connect(disk, path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let failed = |why| OpenError::from_sqlite(path, "setting it up to be filled", why);
    // Before anything is read: a copy of a database with a log is then opened without shared memory.
    connection.execute_batch(MAKER).map_err(failed)?;
    let found = migrate::identify(&connection, path)?;
    journal_mode::set(&connection, "MEMORY").map_err(failed)?;
    migrate::migrate(&mut connection, path, found)?;
    Ok(connection)
}

/// A connection to a scratch copy of what may be damaged, to read what can still be read. SQLite may change the copy.
pub(super) fn damaged(disk: &dyn Disk, path: &Path) -> Result<Connection, OpenError> {
    check_sqlite()?;
    if look_before_opening(disk, path)? == Lies::Nowhere {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let connection = connect_with(&uri(disk, path), path, OpenFlags::SQLITE_OPEN_READ_WRITE, SALVAGER)?;
    // Whatever keeps the schema from being read keeps everything else, too.
    let schema = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    schema.map_err(|why| OpenError::from_sqlite(path, "reading its schema", why))?;
    Ok(connection)
}

/// A connection that cannot write, safe beside a running session.
pub(super) fn reader(disk: &dyn Disk, path: &Path) -> Result<Connection, OpenError> {
    check_sqlite()?;
    if look_before_opening(disk, path)? == Lies::Nowhere {
        return Err(OpenError::Missing(path.to_owned()));
    }
    refuse_strangers(disk, path)?;
    let connection = connect(disk, path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(|why| OpenError::from_sqlite(path, "setting it up for reading", why))?;
    match migrate::identify(&connection, path)? {
        Found::Nothing | Found::Ours(0) => Err(OpenError::Empty(path.to_owned())),
        Found::Ours(found) if found < migrate::newest() => {
            Err(OpenError::Older { path: path.to_owned(), found, known: migrate::newest() })
        }
        Found::Ours(_) => Ok(connection),
    }
}

/// A connection to a file that nobody writes: a copy of any version of ours, read without a lock and without a file
/// beside it. A write-ahead log beside it is not looked at.
pub(super) fn frozen(disk: &dyn Disk, path: &Path) -> Result<Connection, OpenError> {
    check_sqlite()?;
    if look_before_opening(disk, path)? == Lies::Nowhere {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let uri = uri(disk, path) + "&immutable=1";
    let connection = connect_to(&uri, path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match migrate::identify(&connection, path)? {
        Found::Nothing | Found::Ours(0) => Err(OpenError::Empty(path.to_owned())),
        Found::Ours(_) => Ok(connection),
    }
}

/// A connection to a new file that is filled by a copy: what is in it counts only when it was synced as a whole.
pub(super) fn blank(disk: &dyn Disk, path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(disk, path), flags)?;
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    Ok(connection)
}

/// A database without a name, in memory as long as it is small: of no use to anybody after a crash, so nothing is synced.
pub(super) fn scratch() -> Result<Connection, OpenError> {
    let nameless = Path::new("");
    let failed = |why| OpenError::from_sqlite(nameless, "making a scratch database", why);
    let mut connection = Connection::open(nameless).map_err(failed)?;
    connection.execute_batch("PRAGMA journal_mode = MEMORY").map_err(failed)?;
    connection.execute_batch(MAKER).map_err(failed)?;
    connection.set_db_config(STABLE_PLANS.0, STABLE_PLANS.1).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    migrate::migrate(&mut connection, nameless, Found::Nothing)?;
    Ok(connection)
}

fn check_sqlite() -> Result<(), OpenError> {
    if rusqlite::version_number() < SQLITE_NEEDED {
        return Err(OpenError::SqliteTooOld(rusqlite::version()));
    }
    Ok(())
}

/// Whether a database lies there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lies {
    Here,
    Nowhere,
}

/// Others' databases are known without their log and its index, which opening them in the ordinary way would change.
fn refuse_strangers(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
    let uri = uri(disk, path) + "&immutable=1";
    let looked_at = connect_with(&uri, path, OpenFlags::SQLITE_OPEN_READ_ONLY, NOTHING_SET);
    let found = looked_at.and_then(|connection| migrate::refuse_stranger(&connection, path));
    match found {
        Err(stranger @ (OpenError::NotOurs { .. } | OpenError::Earlier(_))) => Err(stranger),
        // Without its log one of ours may be torn, or not be anybody's yet: what is wrong shows when it is opened with it.
        Ok(()) | Err(_) => Ok(()),
    }
}

/// By name only, never through a handle: see the module comment of [`super`].
fn look_before_opening(disk: &dyn Disk, path: &Path) -> Result<Lies, OpenError> {
    let (lies, bytes) = match disk.look(path) {
        Ok(Look { kind: Kind::Folder, .. }) => return Err(OpenError::IsAFolder(path.to_owned())),
        // A pipe or a device: SQLite would wait for it, or call it a broken disk.
        Ok(Look { kind: Kind::Other, .. }) => return Err(OpenError::NotAFile(path.to_owned())),
        Ok(found) => (Lies::Here, found.bytes),
        Err(why) if why.kind() == ErrorKind::NotFound && path.is_symlink() => {
            let why = "it is a link to a file that is not there".to_owned();
            return Err(OpenError::Unreadable { path: path.to_owned(), why });
        }
        Err(why) if why.kind() == ErrorKind::NotFound => (Lies::Nowhere, 0),
        Err(why) => return Err(OpenError::Unreadable { path: path.to_owned(), why: why.to_string() }),
    };
    for beside in sidecars(path) {
        // SQLite would wait for a pipe for ever, and tells of a folder, or of a link, without its name.
        if beside.is_symlink() || disk.look(&beside).is_ok_and(|found| found.kind != Kind::File) {
            return Err(OpenError::NotAFile(beside));
        }
    }
    let wal = Sidecar::Log.of(path);
    match disk.look(&wal) {
        Ok(log) if bytes == 0 && log.bytes > 0 => {
            Err(OpenError::OrphanedLog { path: path.to_owned(), wal, bytes: log.bytes })
        }
        // A log that cannot be looked at beside a whole database is SQLite's to complain about.
        Ok(_) | Err(_) => Ok(lies),
    }
}

/// An empty file that only its owner can read; SQLite gives its companions the same permissions.
fn create(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
    let made = disk.create(path).and_then(|_empty| disk.sync_folder(folder_of(path)));
    made.map_err(|why| OpenError::NotCreated { path: path.to_owned(), why })
}

/// The folder that a file lies in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new(""))
}

fn connect(disk: &dyn Disk, path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    connect_to(&uri(disk, path), path, access)
}

fn connect_to(uri: &str, path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    connect_with(uri, path, access, EVERYBODY)
}

fn connect_with(uri: &str, path: &Path, access: OpenFlags, settings: &str) -> Result<Connection, OpenError> {
    let failed = |why| OpenError::from_sqlite(path, "connecting", why);
    let flags = access | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri, flags).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        // A checkpoint on close swallows its errors, and would write into a database that turns out not to be ours.
        (DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true),
        STABLE_PLANS,
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    ] {
        connection.set_db_config(config, on).map_err(failed)?;
    }
    connection.execute_batch(settings).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// `file:…?psow=0`: without it a torn write beside good rows can lose them.
pub(super) fn uri(disk: &dyn Disk, path: &Path) -> String {
    let mut uri = String::from("file:");
    for &byte in path_bytes(path).iter() {
        if byte.is_ascii_alphanumeric() || b"/.-_~:".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?psow=0");
    if let Some(vfs) = disk.vfs() {
        uri.push_str("&vfs=");
        uri.push_str(vfs);
    }
    uri
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> std::borrow::Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = path.as_os_str().as_bytes();
    // `//host/…` would be read as an authority.
    if bytes.starts_with(b"//") { [b"//", bytes].concat().into() } else { bytes.into() }
}

/// `C:\a b` is `///C:/a%20b` in a URI, and `\\?\C:\a b` is the same place.
#[cfg(windows)]
fn path_bytes(path: &Path) -> std::borrow::Cow<'_, [u8]> {
    let text = path.to_string_lossy();
    let text = text.strip_prefix(r"\\?\").unwrap_or(&text).replace('\\', "/");
    let has_drive = text.as_bytes().get(1) == Some(&b':');
    // `//host/…` would be read as an authority.
    let before = if has_drive {
        "///"
    } else if text.starts_with("//") {
        "//"
    } else {
        ""
    };
    format!("{before}{text}").into_bytes().into()
}

#[cfg(test)]
mod tests;
