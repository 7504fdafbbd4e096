//! The store, asked through plain `SQLite` on a copy: a look that leaves no trace beside the database.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// What stands for NULL in the texts here.
pub const NULL: &str = "∅";

/// A copy of a store. Only taken while no `neo` runs, or it would be torn.
pub struct Rows {
    connection: Connection,
    _copy: TempDir,
}

impl Rows {
    /// Copies a database, with what its write-ahead log holds.
    #[track_caller]
    pub fn of(database: &Path) -> Self {
        let copy = TempDir::new().expect("a folder for the copy");
        let path = copy.path().join("copy.db");
        fs::copy(database, &path).expect("a database to copy");
        let wal = database.with_extension("db-wal");
        if wal.exists() {
            fs::copy(wal, path.with_extension("db-wal")).expect("a log to copy");
        }
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("a database");
        Self { connection, _copy: copy }
    }

    /// All rows that answer a question, as texts.
    #[track_caller]
    pub fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        let mut statement = self.connection.prepare(sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|at| row.get_ref(at).map(text)).collect());
        rows.and_then(Iterator::collect).unwrap_or_else(|why| panic!("{sql}: {why}"))
    }

    /// The one number that answers a question.
    #[track_caller]
    pub fn count(&self, sql: &str) -> usize {
        self.ask(sql)[0][0].parse().unwrap_or_else(|why| panic!("{sql}: {why}"))
    }

    /// A session's row, by column.
    #[track_caller]
    pub fn session(&self, session: i64) -> BTreeMap<String, String> {
        let names = self.ask("SELECT name FROM pragma_table_info('sessions')");
        let row = self.ask(&format!("SELECT * FROM sessions WHERE session_id = {session}"));
        let row = row.into_iter().next().unwrap_or_else(|| panic!("no row of session {session}"));
        names.into_iter().map(|mut name| name.remove(0)).zip(row).collect()
    }

    /// Every journal line that the store keeps, in order.
    #[track_caller]
    pub fn lines(&self) -> Vec<String> {
        self.ask("SELECT line FROM facts ORDER BY n").into_iter().map(|mut row| row.remove(0)).collect()
    }
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => NULL.to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
    }
}
