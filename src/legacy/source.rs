//! The earlier engine's database, read on a scratch copy: the original is never opened as a database, so nothing is ever
//! written to it or beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

use crate::disk::scratch::Scratch;
use crate::disk::sidecar::Sidecar;
use crate::disk::{Disk, RealDisk};
use crate::domain::adoption::Digested;
use crate::domain::words;
use crate::store::sha256_of;

/// How often a database that changes while it is copied is tried again.
const TRIES: u32 = 5;

/// `neo1`, as SQLite's `application_id`.
const OURS: i32 = 0x6e65_6f31;

/// A sound copy of an earlier database. The copy goes when this does.
#[derive(Debug)]
pub struct Source {
    // Before the folder, so that it is closed when the folder goes.
    connection: Connection,
    digested: Digested,
    #[allow(dead_code, reason = "it is held for its end")]
    scratch: Scratch,
}

/// Why a database cannot be read as the earlier engine's. Nothing was touched.
#[derive(Debug, Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("there is no database at {}; name the earlier engine's file", .0.display())]
    Missing(PathBuf),
    /// It cannot be read, or not be copied.
    #[error("cannot {doing} {}: {why}; nothing was touched", path.display())]
    Unreadable {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// It is something else than a database.
    #[error("{} is not a database; nothing was touched", .0.display())]
    NotADatabase(PathBuf),
    /// It was written while it was copied.
    #[error(
        "{} was written {TRIES} times while it was being copied; stop the earlier engine and try again: nothing was \
        touched", .0.display()
    )]
    Changing(PathBuf),
    /// It is damaged.
    #[error(
        "the database {} is malformed ({why}); nothing was touched: adopt a sound backup of it, or put one in its place \
        with `neo restore --from FILE --db {}`", path.display(), words::quoted(&path.to_string_lossy())
    )]
    Malformed {
        /// Which.
        path: PathBuf,
        /// SQLite's words.
        why: String,
    },
    /// It is one of ours.
    #[error("{} is this program's own database: there is nothing to adopt; use it with --db", .0.display())]
    Ours(PathBuf),
    /// It is another program's.
    #[error(
        "{} is not a database of the earlier engine: {why} (its tables: {tables}); nothing was touched", path.display()
    )]
    NotTheEarlierEngine {
        /// Which.
        path: PathBuf,
        /// What is missing.
        why: &'static str,
        /// A few of its tables.
        tables: String,
    },
}

/// A row as the source has it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) columns: Vec<(String, Value)>,
}

impl Source {
    /// Copies the database at `path` and looks whether it is the earlier engine's, and sound. `pause` is called before
    /// each further try, when it changed while it was copied.
    pub fn copy_of(path: &Path, pause: impl FnMut(u32)) -> Result<Self, SourceError> {
        Self::copy_on(&RealDisk, path, pause)
    }

    fn copy_on(disk: &dyn Disk, path: &Path, mut pause: impl FnMut(u32)) -> Result<Self, SourceError> {
        refuse_what_is_no_database(path)?;
        let doing = "make a scratch folder for a copy of";
        let scratch = Scratch::within(&std::env::temp_dir()).map_err(|why| SourceError::Unreadable {
            doing,
            path: path.to_owned(),
            why,
        })?;
        let copy = scratch.path().join("copy.db");
        let mut tried = 1;
        let sha256 = loop {
            if let Some(sha256) = copy_whole(disk, path, &copy)? {
                break sha256;
            }
            if tried == TRIES {
                return Err(SourceError::Changing(path.to_owned()));
            }
            pause(tried);
            tried += 1;
        };
        let connection = open(path, &copy)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let source = Self { connection, digested: Digested { name, sha256 }, scratch };
        source.recognize(path)?;
        Ok(source)
    }

    /// Its name and its digest.
    pub fn digested(&self) -> &Digested {
        &self.digested
    }

    /// The names of its tables, without SQLite's own.
    pub(super) fn tables(&self) -> rusqlite::Result<Vec<String>> {
        let mut names = self.connection.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        )?;
        names.query_map([], |row| row.get(0))?.collect()
    }

    /// How many rows a table has.
    pub(super) fn count(&self, table: &str) -> rusqlite::Result<u64> {
        let sql = format!("SELECT count(*) FROM {}", quoted(table));
        self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
    }

    /// Gives every row of a table to `take`, in the table's own order, until it fails.
    pub(super) fn rows<E: From<rusqlite::Error>>(
        &self,
        table: &str,
        mut take: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.prepare(&format!("SELECT * FROM {}", quoted(table)))?;
        let names: Vec<String> = statement.column_names().map(str::to_lowercase).collect();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let values = names.iter().enumerate().map(|(place, name)| {
                // A text that is no UTF-8 is kept as its bytes.
                let value = row.get_ref(place)?;
                let value = Value::try_from(value)
                    .unwrap_or_else(|_| Value::Blob(value.as_bytes().unwrap_or_default().to_vec()));
                Ok((name.clone(), value))
            });
            take(Row { columns: values.collect::<rusqlite::Result<_>>()? })?;
        }
        Ok(())
    }

    fn recognize(&self, path: &Path) -> Result<(), SourceError> {
        let failed = |why: rusqlite::Error| malformed(path, &why);
        let application: i32 =
            self.connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
        if application == OURS {
            return Err(SourceError::Ours(path.to_owned()));
        }
        let tables = self.tables().map_err(failed)?;
        let stranger = |why| SourceError::NotTheEarlierEngine {
            path: path.to_owned(),
            why,
            tables: tables.iter().take(5).cloned().collect::<Vec<_>>().join(", "),
        };
        if !tables.iter().any(|table| table.eq_ignore_ascii_case("sessions")) {
            return Err(stranger("it has no table `sessions`"));
        }
        let mut columns =
            self.connection.prepare("SELECT lower(name) FROM pragma_table_info('sessions')").map_err(failed)?;
        let columns: rusqlite::Result<Vec<String>> = columns.query_map([], |row| row.get(0)).map_err(failed)?.collect();
        let columns = columns.map_err(failed)?;
        if !["session_id", "started_at"].iter().all(|needed| columns.iter().any(|column| column == needed)) {
            return Err(stranger("its sessions have no `session_id` or no `started_at`"));
        }
        Ok(())
    }
}

impl Row {
    /// The value of a column; `None` if the table has no such column, or NULL there.
    pub(super) fn value(&self, column: &str) -> Option<&Value> {
        let found = self.columns.iter().find(|(name, _)| name == column);
        found.map(|(_, value)| value).filter(|value| **value != Value::Null)
    }
}

fn refuse_what_is_no_database(path: &Path) -> Result<(), SourceError> {
    let unreadable = |why: io::Error| match why.kind() {
        io::ErrorKind::NotFound => SourceError::Missing(path.to_owned()),
        _ => SourceError::Unreadable { doing: "read", path: path.to_owned(), why },
    };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(SourceError::NotADatabase(path.to_owned()));
    }
    let head = RealDisk.read_part(path, 0, 16).map_err(unreadable)?;
    if head != b"SQLite format 3\0" {
        return Err(SourceError::NotADatabase(path.to_owned()));
    }
    Ok(())
}

/// Copies the database with what lies beside it; its digest, or `None` if something of it changed meanwhile.
fn copy_whole(disk: &dyn Disk, path: &Path, copy: &Path) -> Result<Option<String>, SourceError> {
    let failed = |doing, path: &Path| {
        let path = path.to_owned();
        move |why| SourceError::Unreadable { doing, path, why }
    };
    let before = stamps(path).map_err(failed("look at", path))?;
    let (mut originals, mut copies) = (Vec::new(), Vec::new());
    for ((from, to), stamp) in files_of(path).into_iter().zip(files_of(copy)).zip(&before) {
        disk.remove_if_there(&to).map_err(failed("remove", &to))?;
        if stamp.is_some_and(|(bytes, _)| bytes > 0) {
            // By bytes alone: an original that nobody may write would give a copy that SQLite cannot recover its log in.
            match disk.copy(&from, &to) {
                // It was there a moment ago.
                Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
                outcome => outcome.map_err(failed("copy", &from))?,
            };
            originals.push(from);
            copies.push(to);
        }
    }
    let digest = |files: &[PathBuf]| sha256_of(disk, &files.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    let taken = digest(&copies).map_err(failed("read the copy of", path))?;
    let again = match digest(&originals) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        again => again.map_err(failed("read", path))?,
    };
    let after = stamps(path).map_err(failed("look at", path))?;
    Ok((taken == again && before == after).then_some(taken))
}

/// Size and time of a file.
type Stamp = (u64, Option<SystemTime>);

/// Size and time of each file; `None` where there is none.
fn stamps(path: &Path) -> io::Result<Vec<Option<Stamp>>> {
    let stamp = |file: &PathBuf| match fs::metadata(file) {
        Ok(found) => Ok(Some((found.len(), found.modified().ok()))),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(why),
    };
    files_of(path).iter().map(stamp).collect()
}

/// A database and what belongs to it. Not the index of its log: that is made anew from the log.
fn files_of(database: &Path) -> [PathBuf; 3] {
    [database.to_owned(), Sidecar::Log.of(database), Sidecar::Rollback.of(database)]
}

fn open(path: &Path, copy: &Path) -> Result<Connection, SourceError> {
    let failed = |why: rusqlite::Error| malformed(path, &why);
    // For writing, because a log is taken in when it is opened: it is our own copy.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags).map_err(failed)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(failed)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false).map_err(failed)?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0").map_err(failed)?;
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if found != "ok" {
        return Err(SourceError::Malformed { path: path.to_owned(), why: found.replace('\n', "; ") });
    }
    Ok(connection)
}

fn malformed(path: &Path, why: &rusqlite::Error) -> SourceError {
    if why.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
        return SourceError::NotADatabase(path.to_owned());
    }
    SourceError::Malformed { path: path.to_owned(), why: why.to_string() }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::disk::busy::{Busy, longer};

    fn earlier(folder: &Path) -> PathBuf {
        let path = folder.join("old.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(
            "CREATE TABLE sessions (session_id INTEGER, started_at TEXT); INSERT INTO sessions VALUES (1, 'x')",
        )
        .unwrap();
        path
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_log_beside_the_database_is_read_and_nothing_is_written_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = earlier(folder.path());
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute("INSERT INTO sessions VALUES (2, 'y')", []).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let original = [path.clone(), Sidecar::Log.of(&path)];
        let path = elsewhere.path().join("old.db");
        let copied = [path.clone(), Sidecar::Log.of(&path)];
        for (from, to) in original.iter().zip(&copied) {
            fs::copy(from, to).unwrap();
        }
        let before = copied.each_ref().map(|file| fs::read(file).unwrap());
        let source = Source::copy_of(&path, |_| {}).unwrap();
        assert_eq!(source.count("sessions").unwrap(), 2);
        let scratch = source.scratch.path().to_owned();
        drop(source);
        assert!(!scratch.exists());
        assert_eq!(names(elsewhere.path()), ["old.db", "old.db-wal"]);
        let after = copied.each_ref().map(|file| fs::read(file).unwrap());
        assert!(before == after);
    }

    #[test]
    fn what_is_not_the_earlier_engines_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(matches!(Source::copy_of(&at("none.db"), |_| {}), Err(SourceError::Missing(_))));
        fs::write(at("text.db"), "words, and no database").unwrap();
        assert!(matches!(Source::copy_of(&at("text.db"), |_| {}), Err(SourceError::NotADatabase(_))));
        assert!(matches!(Source::copy_of(folder.path(), |_| {}), Err(SourceError::NotADatabase(_))));
        Connection::open(at("other.db")).unwrap().execute_batch("CREATE TABLE trades (id)").unwrap();
        let other = Source::copy_of(&at("other.db"), |_| {}).unwrap_err().to_string();
        assert!(other.contains("trades"), "{other}");
        drop(crate::store::Store::open(&at("ours.db")).unwrap());
        assert!(matches!(Source::copy_of(&at("ours.db"), |_| {}), Err(SourceError::Ours(_))));
    }

    #[test]
    fn a_database_that_changes_while_it_is_copied_is_copied_again_and_given_up_after_five_tries() {
        let folder = tempfile::tempdir().unwrap();
        let path = earlier(folder.path());
        let tried = |writes, write| {
            let mut pauses = 0;
            let copied = Source::copy_on(&Busy { writes: AtomicU32::new(writes), write }, &path, |_| pauses += 1);
            (copied.map(|source| source.count("sessions").unwrap()), pauses)
        };
        let one_more: fn(&Path) = |path| {
            let writer = Connection::open(path).unwrap();
            writer.execute("INSERT INTO sessions VALUES (2, 'y')", []).unwrap();
        };
        let (copied, pauses) = tried(1, one_more);
        assert_eq!((copied.unwrap(), pauses), (2, 1), "the second copy has what came meanwhile");
        let (copied, pauses) = tried(u32::MAX, longer);
        let refusal = copied.unwrap_err();
        assert!(matches!(refusal, SourceError::Changing(_)) && pauses == TRIES - 1, "{refusal} after {pauses}");
        assert!(refusal.to_string().contains("stop the earlier engine"), "{refusal}");
        assert_eq!(names(folder.path()), ["old.db"], "nothing is left beside it");
    }

    #[test]
    fn a_half_copied_database_is_malformed() {
        let folder = tempfile::tempdir().unwrap();
        let path = earlier(folder.path());
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(matches!(Source::copy_of(&path, |_| {}), Err(SourceError::Malformed { .. })));
    }
}
