//! What is in a database, found out on a scratch copy: whose it is, whether it is sound, and what its tables tell.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;

use super::orders::{self, Orders};
use super::sessions::{self, Sessions};
use super::sums::{self, Sums};
use super::tables::Tables;
use crate::disk::RealDisk;
use crate::journal::record::Hash;
use crate::store::{OpenError, Reader};
use crate::vault::whose::hash;

/// So many sentences of SQLite's own checks are kept.
const SENTENCES: usize = 100;

/// What is in a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inside {
    /// Whose it is.
    pub kind: DatabaseKind,
    /// What SQLite's checks found, one sentence each, at most a hundred; empty when it is sound.
    pub damage: Vec<String>,
    /// Questions that could not be answered, with SQLite's words.
    pub unanswered: Vec<String>,
    /// Its sessions.
    pub sessions: Sessions,
    /// Its orders.
    pub orders: Orders,
    /// Its sums.
    pub sums: Sums,
    /// The hash of its first line, by which two houses are told apart; `None` if that line is gone or not whole.
    #[serde(skip)]
    pub first_line: Option<Hash>,
}

/// Whose a database is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum DatabaseKind {
    /// Ours.
    Ours {
        /// Whether this program is the one for it.
        version: Version,
    },
    /// The earlier engine's.
    Earlier,
    /// Another program's.
    Foreign {
        /// A few of its tables.
        tables: Vec<String>,
    },
    /// Nobody's: there is no table in it.
    Blank,
    /// It cannot be told.
    #[default]
    Unknown,
}

/// How a database of ours and this program fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Version {
    /// It is this one's.
    This,
    /// An older program's: the next start brings it up to date.
    Older,
    /// A newer program's.
    Newer,
}

impl Inside {
    /// Examines a scratch copy; it may be written to while SQLite puts it in order. Never fails: what cannot be answered
    /// is part of the answer.
    pub(super) fn of(copy: &Path) -> Self {
        let mut inside = Self::default();
        let connection = match open(copy) {
            Ok(connection) => connection,
            Err(why) => {
                inside.damage.push(why.to_string());
                return inside;
            }
        };
        inside.damage = check(&connection);
        match Tables::of(&connection) {
            Ok(tables) => inside.ask(&tables, copy),
            Err(why) => inside.unanswered.push(format!("which tables there are: {why}")),
        }
        inside
    }

    /// Whether SQLite found nothing wrong with it.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.unanswered.is_empty()
    }

    fn ask(&mut self, tables: &Tables<'_>, copy: &Path) {
        self.kind = kind(tables, copy, &mut self.damage);
        if !matches!(self.kind, DatabaseKind::Ours { .. } | DatabaseKind::Earlier) {
            return;
        }
        // What cannot be opened has none, and is told of by its kind.
        self.first_line = Reader::open_damaged(&RealDisk, copy).ok().and_then(|reader| hash(reader.ask(), 0));
        match sessions::ask(tables, &self.kind) {
            Ok(sessions) => self.sessions = sessions,
            Err(why) => self.unanswered.push(format!("its sessions: {why}")),
        }
        match orders::ask(tables) {
            Ok(orders) => self.orders = orders,
            Err(why) => self.unanswered.push(format!("its orders: {why}")),
        }
        let (sums, unanswered) = sums::ask(tables, &self.kind, &self.sessions);
        self.sums = sums;
        self.unanswered.extend(unanswered);
    }
}

/// With writing allowed: a log or a rollback journal beside the copy is taken into it first.
fn open(copy: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Whatever stands in a database from elsewhere, it runs nothing here.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.execute_batch("PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

/// The quick check first: where it finds something the slow one says little more, and takes long for it.
fn check(connection: &Connection) -> Vec<String> {
    let mut damage = said(connection, "quick_check");
    if damage.is_empty() {
        damage = said(connection, "integrity_check");
    }
    damage.truncate(SENTENCES);
    damage
}

fn said(connection: &Connection, check: &str) -> Vec<String> {
    let rows = (|| {
        let mut asked = connection.prepare(&format!("PRAGMA {check}({SENTENCES})"))?;
        asked.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
    })();
    match rows {
        // Some of its rows have several lines, the first of which only says that more follow.
        Ok(rows) => rows
            .iter()
            .flat_map(|row| row.lines())
            .filter(|line| *line != "ok" && !line.starts_with("***"))
            .map(str::to_owned)
            .collect(),
        Err(why) => vec![why.to_string()],
    }
}

fn kind(tables: &Tables<'_>, copy: &Path, damage: &mut Vec<String>) -> DatabaseKind {
    match Reader::open(copy) {
        Ok(reader) => {
            // No page is broken by a bit that flips in the name of a column, and yet nothing fits any more.
            damage.extend(reader.ask().check_schema().err().map(|why| why.in_a_word()));
            DatabaseKind::Ours { version: Version::This }
        }
        Err(OpenError::Older { .. }) => DatabaseKind::Ours { version: Version::Older },
        Err(OpenError::Newer { .. }) => DatabaseKind::Ours { version: Version::Newer },
        Err(OpenError::Empty(_)) => DatabaseKind::Blank,
        Err(OpenError::NotOurs { .. } | OpenError::Earlier(_)) if is_earlier(tables) => DatabaseKind::Earlier,
        Err(OpenError::NotOurs { .. } | OpenError::Earlier(_)) => {
            DatabaseKind::Foreign { tables: tables.names().take(3).map(str::to_owned).collect() }
        }
        Err(_) => DatabaseKind::Unknown,
    }
}

/// Columns were added to the earlier engine's tables over time: these it had from the first day.
fn is_earlier(tables: &Tables<'_>) -> bool {
    tables.has("sessions", &["session_id", "started_at"])
        && tables.has("orders", &["id", "status"])
        && tables.has("fills", &["order_id", "quantity"])
}
