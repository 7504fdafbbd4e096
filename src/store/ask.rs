//! What can be asked of a store, on the writing connection or on one that cannot write.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Params};

use super::error::{OpenError, StoreError};
use super::facts::{self, Facts};
use super::rows::{SessionDetail, SessionRow};
use super::sessions::{self, Replay};
use super::{migrate, open};
use crate::disk::{Disk, RealDisk};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::journal::record::Hash;

/// A connection that cannot write, safe beside a running session. Keep it short-lived: see the room's comment.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
}

/// Questions; each answer is one short read.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    connection: &'a Connection,
}

/// A session that nobody has closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOpen {
    /// Which.
    pub session: SessionId,
    /// Its venue's name.
    pub venue: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Its newest heartbeat that reached the store.
    pub last_heartbeat_at: Option<Timestamp>,
    /// Its newest other reading.
    pub last_reading_at: Option<Timestamp>,
}

/// What SQLite's own check found, one sentence each; empty when nothing.
pub type Damage = Vec<String>;

impl Reader {
    /// Opens the database at `path` for reading.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_on(&RealDisk, path)
    }

    /// As [`Self::open`], on that disk.
    pub fn open_on(disk: &dyn Disk, path: &Path) -> Result<Self, OpenError> {
        open::reader(disk, path).map(|connection| Self { connection })
    }

    /// Opens a copy that nobody writes, of any version of the schema, leaving nothing beside it.
    pub fn open_copy(disk: &dyn Disk, path: &Path) -> Result<Self, OpenError> {
        open::frozen(disk, path).map(|connection| Self { connection })
    }

    /// Opens a scratch copy of what may be damaged, to read what can still be read. SQLite may change the copy.
    pub(crate) fn open_damaged(disk: &dyn Disk, path: &Path) -> Result<Self, OpenError> {
        open::damaged(disk, path).map(|connection| Self { connection })
    }

    /// A handle by which another thread ends the question that is being answered.
    pub(crate) fn interrupter(&self) -> rusqlite::InterruptHandle {
        self.connection.get_interrupt_handle()
    }

    /// Questions on this connection.
    pub fn ask(&self) -> Ask<'_> {
        Ask::new(&self.connection)
    }
}

impl<'a> Ask<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection }
    }

    /// For the other files of this room that ask.
    pub(super) fn connection(self) -> &'a Connection {
        self.connection
    }

    /// The newest journal line that is in the store, and its hash; `None` before the first.
    pub fn cursor(self) -> Result<Option<(u64, Hash)>, StoreError> {
        facts::cursor(self.connection)
    }

    /// Every line from number `n` on, in order.
    pub fn facts_from(self, n: u64) -> Facts<'a> {
        Facts::from(self.connection, n)
    }

    /// The text that is kept as line `n`, whatever became of the columns beside it; `None` if there is none.
    pub fn line(self, n: u64) -> Result<Option<String>, StoreError> {
        facts::line(self.connection, n)
    }

    /// Line `n`, if it is kept here and its hash holds, however hard it is to reach in a damaged table.
    pub fn whole_line(self, n: u64) -> Option<String> {
        let sought = self.line(n).ok().flatten().filter(|text| facts::is_line(text, n));
        let is_not_due = || self.cursor().is_ok_and(|cursor| cursor.is_none_or(|(newest, _)| newest < n));
        sought.or_else(|| if is_not_due() { None } else { facts::line_by_walking(self.connection, n) })
    }

    /// The number of the newest line that is kept here and whole, however hard it is to reach in a damaged table.
    pub fn newest_whole_line(self) -> Option<u64> {
        facts::newest_by_walking(self.connection)
    }

    /// Every line of one session, in order.
    pub fn facts_of(self, session: SessionId) -> Facts<'a> {
        Facts::of(self.connection, session)
    }

    /// How many rows `facts`, `sessions` and `fills` have: what a copy is compared by.
    pub fn counts(self) -> Result<[u64; 3], StoreError> {
        const SQL: &str =
            "SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM sessions), (SELECT count(*) FROM fills)";
        let count = |row: &rusqlite::Row<'_>, column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        self.row(SQL, [], "count its rows", |row| Ok([count(row, 0)?, count(row, 1)?, count(row, 2)?]))
    }

    /// The version of its schema.
    pub fn schema(self) -> Result<i32, StoreError> {
        self.row("PRAGMA user_version", [], "read its schema's version", |row| row.get(0))
    }

    /// The number of the next session: never one that any row or line has had.
    pub fn next_session_id(self) -> Result<SessionId, StoreError> {
        const SQL: &str = "SELECT max(coalesce((SELECT max(session_id) FROM sessions), 0),
                                      coalesce((SELECT max(session_id) FROM facts), 0)) + 1";
        self.row(SQL, [], "number the next session", |row| row.get(0)).map(SessionId)
    }

    /// The row of one session; `None` if there is none.
    pub fn session_row(self, session: SessionId) -> Result<Option<SessionRow>, StoreError> {
        sessions::row(self.connection, session)
    }

    /// The newest `limit` sessions before `before` (from the newest on if `None`), newest first.
    pub fn sessions(self, before: Option<SessionId>, limit: u32) -> Result<Vec<SessionRow>, StoreError> {
        sessions::list(self.connection, before, limit)
    }

    /// One session, whole; `None` if there is none.
    pub fn session_detail(self, session: SessionId) -> Result<Option<SessionDetail>, StoreError> {
        sessions::detail(self.connection, session)
    }

    /// One session's facts, replayed into its account.
    pub fn replay(self, session: SessionId) -> Result<Replay, StoreError> {
        sessions::replay(self.facts_of(session), |_, _, _| {})
    }

    /// Sessions of our own whose row is `OPEN` or `CLOSING`, oldest first. Adopted ones were never ours to close: they
    /// are backfilled.
    pub fn open_sessions(self) -> Result<Vec<LeftOpen>, StoreError> {
        const SQL: &str = "SELECT session_id, venue, started_at, last_heartbeat_at FROM sessions
                           WHERE status IN ('OPEN', 'CLOSING') AND origin = 'own' ORDER BY session_id";
        let rows = (|| -> rusqlite::Result<Vec<_>> {
            let mut open = self.connection.prepare_cached(SQL)?;
            open.query_map([], |row| {
                Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, Option<String>>(3)?))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
        })()
        .map_err(StoreError::doing("look for sessions that nobody closed"))?;
        rows.into_iter()
            .map(|(id, venue, started_at, heartbeat)| {
                let session = SessionId(id);
                let last_reading_at = self.last_reading_at(session)?;
                let last_heartbeat_at = heartbeat.as_deref().map(moment).transpose()?;
                Ok(LeftOpen { session, venue, started_at: moment(&started_at)?, last_heartbeat_at, last_reading_at })
            })
            .collect()
    }

    /// The newest heartbeat of a session that reached the store.
    pub fn last_heartbeat(self, session: SessionId) -> Result<Option<Timestamp>, StoreError> {
        const SQL: &str = "SELECT max(last_heartbeat_at) FROM sessions WHERE session_id = ?1";
        let text: Option<String> = self.row(SQL, [session.0], "read a heartbeat", |row| row.get(0))?;
        text.as_deref().map(moment).transpose()
    }

    /// When the newest book or valuation of a session was read.
    pub fn last_reading_at(self, session: SessionId) -> Result<Option<Timestamp>, StoreError> {
        const MARKET: &str =
            "SELECT created_at FROM market_snapshots WHERE session_id = ?1 ORDER BY ledger_index DESC LIMIT 1";
        const VALUE: &str =
            "SELECT created_at FROM valuation_snapshots WHERE session_id = ?1 ORDER BY created_at DESC LIMIT 1";
        let mut newest = None;
        for sql in [MARKET, VALUE] {
            let text = self
                .connection
                .prepare_cached(sql)
                .and_then(|mut row| row.query_row([session.0], |row| row.get::<_, String>(0)).optional())
                .map_err(StoreError::doing("read the newest readings"))?;
            newest = newest.max(text.as_deref().map(moment).transpose()?);
        }
        Ok(newest)
    }

    /// SQLite's quick check: broken pages and trees. It cannot see a wrong digit; only the chain can.
    pub fn quick_check(self) -> Result<Damage, StoreError> {
        self.check("PRAGMA quick_check(20)")
    }

    /// The slow check, indexes against their tables too: for copies.
    pub fn integrity_check(self) -> Result<Damage, StoreError> {
        self.check("PRAGMA integrity_check(20)")
    }

    /// Refuses a schema of the newest version that is not what that version made; of older ones only the number is known.
    pub fn check_schema(self) -> Result<(), StoreError> {
        let path = self.connection.path().map_or_else(PathBuf::new, PathBuf::from);
        if self.schema()? == migrate::newest() { Ok(migrate::check_schema(self.connection, &path)?) } else { Ok(()) }
    }

    fn check(self, sql: &str) -> Result<Damage, StoreError> {
        let said = (|| {
            let mut check = self.connection.prepare(sql)?;
            check.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        })();
        let mut said = said.map_err(StoreError::doing("check itself"))?;
        said.retain(|line| line != "ok");
        Ok(said)
    }

    pub(super) fn rows<T>(
        self,
        sql: &str,
        doing: &'static str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let rows: rusqlite::Result<_> = (|| self.connection.prepare_cached(sql)?.query_map([], read)?.collect())();
        rows.map_err(StoreError::doing(doing))
    }

    fn row<T>(
        self,
        sql: &str,
        with: impl Params,
        doing: &'static str,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let row = self.connection.prepare_cached(sql).and_then(|mut row| row.query_row(with, read));
        row.map_err(StoreError::doing(doing))
    }
}

fn moment(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| StoreError::Unreadable { what: "a time", found: text.to_owned() })
}
