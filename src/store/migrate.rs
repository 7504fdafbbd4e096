//! The schema and its versions: `PRAGMA user_version` says which, and each step up is one transaction.

use std::path::Path;
use std::sync::OnceLock;

use rusqlite::{Connection, TransactionBehavior};

use super::error::OpenError;

/// `neo1`, as SQLite's `application_id`: what makes a database ours.
const APPLICATION_ID: i32 = 0x6e65_6f31;

/// Step `i` brings version `i` to `i + 1`. A step that was released is never changed, and each changes what tables,
/// indexes and views there are: by these a version is known, too.
const STEPS: &[&str] = &[include_str!("schema/0001_first_light.sql"), include_str!("schema/0002_adopted.sql")];

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing is in it yet.
    Nothing,
    /// Ours, of this version.
    Ours(i32),
}

/// The newest version that this program knows.
pub(super) fn newest() -> i32 {
    i32::try_from(STEPS.len()).unwrap_or(i32::MAX)
}

/// Looks at what `path` is, and refuses what is not ours or is newer than this program. Changes nothing.
pub(super) fn identify(connection: &Connection, path: &Path) -> Result<Found, OpenError> {
    let failed = |why| OpenError::from_sqlite(path, "looking at what it is", why);
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let (application, version) = (number("application_id").map_err(failed)?, number("user_version").map_err(failed)?);
    if application == APPLICATION_ID {
        return ours(connection, path, version);
    }
    let mut tables = tables(connection).map_err(failed)?;
    if tables.is_empty() && application == 0 {
        return Ok(Found::Nothing);
    }
    let path = path.to_owned();
    let has = |names: &[&str]| names.iter().all(|name| tables.iter().any(|table| table == name));
    if has(&["facts", "journal_cursor", "sessions"]) {
        let why = "its mark says that it is another program's, and its tables are ours".to_owned();
        return Err(OpenError::Malformed { path, why });
    }
    if application == 0 && has(&["sessions", "orders", "market_snapshots"]) {
        return Err(OpenError::Earlier(path));
    }
    tables.truncate(3);
    Err(OpenError::NotOurs { path, tables: tables.join(", ") })
}

/// As [`identify`], of whose it is alone: one with our mark is let pass before anything else of it is read.
pub(super) fn refuse_stranger(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let mark = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
    if mark.is_ok_and(|mark| mark == APPLICATION_ID) { Ok(()) } else { identify(connection, path).map(drop) }
}

/// A database with our mark, of the version that its header says. That number is one flipped bit away from another one:
/// where it is not the newest's, the schema itself must not be the newest's either.
fn ours(connection: &Connection, path: &Path, version: i32) -> Result<Found, OpenError> {
    let failed = |why| OpenError::from_sqlite(path, "looking at what it is", why);
    let (known, path) = (newest(), path.to_owned());
    if version != known && declarations(connection).map_err(failed)? == model().map_err(failed)?.declarations {
        let why = format!("it says that its schema is version {version}, and it is version {known}");
        return Err(OpenError::Malformed { path, why });
    }
    if version > known { Err(OpenError::Newer { path, found: version, known }) } else { Ok(Found::Ours(version)) }
}

/// Brings a database that [`identify`] let pass to the newest version.
pub(super) fn migrate(connection: &mut Connection, path: &Path, found: Found) -> Result<(), OpenError> {
    let version = match found {
        Found::Nothing => 0,
        Found::Ours(version) => version,
    };
    let done = usize::try_from(version).unwrap_or(0);
    for (step, sql) in (version + 1..).zip(STEPS.iter().skip(done)) {
        step_up(connection, step, sql)
            .map_err(|why| OpenError::from_sqlite(path, "bringing its schema up to date", why))?;
    }
    Ok(())
}

fn step_up(connection: &mut Connection, version: i32, sql: &str) -> rusqlite::Result<()> {
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.execute_batch(sql)?;
    step.pragma_update(None, "user_version", version)?;
    step.commit()
}

/// Refuses a database of the newest version whose schema is not what that version made: a bit that flips in the name of a
/// column breaks no page, and yet nothing fits any more. What somebody added is theirs.
pub(super) fn check_schema(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |why| OpenError::from_sqlite(path, "comparing its schema", why);
    let (found, wanted) = (declarations(connection).map_err(failed)?, &model().map_err(failed)?.declarations);
    wanted.iter().find(|one| !found.contains(one)).map_or(Ok(()), |(name, _)| {
        let why = format!("in its schema `{}` is damaged", String::from_utf8_lossy(name));
        Err(OpenError::Malformed { path: path.to_owned(), why })
    })
}

/// What there is, by name, and how it was declared.
type Declarations = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn declarations(connection: &Connection) -> rusqlite::Result<Declarations> {
    // As bytes: where one is damaged it may be no text any more.
    let mut all =
        connection.prepare("SELECT CAST(name AS BLOB), CAST(sql AS BLOB) FROM sqlite_schema ORDER BY name")?;
    all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// A new database, as it is made once, in memory.
struct Model {
    declarations: Declarations,
    /// As a file: of one that keeps a log, which is what its header says at these two bytes.
    bytes: Vec<u8>,
}

const KEEPS_LOG: (std::ops::Range<usize>, u8) = (18..20, 2);

fn model() -> rusqlite::Result<&'static Model> {
    static MODEL: OnceLock<Model> = OnceLock::new();
    if let Some(known) = MODEL.get() {
        return Ok(known);
    }
    let mut connection = Connection::open_in_memory()?;
    for (version, sql) in (1..).zip(STEPS) {
        step_up(&mut connection, version, sql)?;
    }
    let declarations = declarations(&connection)?;
    let mut bytes = connection.serialize(rusqlite::MAIN_DB)?.to_vec();
    bytes[KEEPS_LOG.0].fill(KEEPS_LOG.1);
    Ok(MODEL.get_or_init(|| Model { declarations, bytes }))
}

/// A new database of the newest version, with nothing in it, as the bytes of its file.
pub(super) fn blank() -> rusqlite::Result<&'static [u8]> {
    Ok(&model()?.bytes)
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut some = connection.prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")?;
    some.query_map([], |row| row.get(0))?.collect()
}
