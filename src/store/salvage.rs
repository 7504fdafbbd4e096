//! What no journal has, taken over from another store: readings, heartbeats, the record of backups. All of it may be
//! lost, so whatever is broken there is passed over, and counted.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params_from_iter};

use super::ask::Reader;
use super::error::StoreError;
use super::open;
use super::writer::Store;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

/// What was taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// Rows of books and valuations that were new here.
    pub readings: u64,
    /// Places at which the other store could not be read, or held what has no place here.
    pub broken: u64,
}

/// A table of readings and the column that orders them within a session.
const READINGS: [(&str, &str); 2] = [("market_snapshots", "ledger_index"), ("valuation_snapshots", "created_at")];

const DOING: &str = "take over readings";

impl Store {
    /// Takes over from the store at `from`, a scratch copy that may be damaged, whatever can still be read of it. Only
    /// sessions that this store has, and that the same line opened there, are looked at.
    ///
    /// An [`StoreError::Open`] means that nothing of the other one can be read; others are this store's own.
    pub fn salvage(&mut self, from: &Path) -> Result<Salvaged, StoreError> {
        let other = open::damaged(&**self.disk(), from)?;
        self.write(DOING, |transaction| {
            let mut salvage = Salvage { into: transaction, from: &other, done: Salvaged::default() };
            salvage.all().map_err(StoreError::doing(DOING))?;
            Ok(salvage.done)
        })
    }

    /// Puts one session's readings as another store has them in the place of those that are here; answers how many
    /// they are, or `None` if that store tells of another session of this number.
    pub fn take_readings_of(&mut self, session: SessionId, from: &Reader) -> Result<Option<u64>, StoreError> {
        self.write(DOING, |transaction| {
            let mut salvage = Salvage { into: transaction, from: &from.connection, done: Salvaged::default() };
            salvage.in_place_of(session.0).map_err(StoreError::doing(DOING))
        })
    }
}

/// An error is one of `into`; those of `from` are counted.
struct Salvage<'a> {
    into: &'a Transaction<'a>,
    from: &'a Connection,
    done: Salvaged,
}

/// How far reading one way came.
enum Came {
    ToTheEnd,
    ToDamage,
}

impl Salvage<'_> {
    fn all(&mut self) -> rusqlite::Result<()> {
        for session in self.sessions()? {
            if !self.is_the_same(session)? {
                self.done.broken += 1;
                continue;
            }
            for (table, order) in READINGS {
                self.readings(table, order, session)?;
            }
            self.heartbeat(session)?;
        }
        self.backups()
    }

    fn in_place_of(&mut self, session: i64) -> rusqlite::Result<Option<u64>> {
        if !self.is_the_same(session)? {
            return Ok(None);
        }
        for (table, order) in READINGS {
            self.into.execute(&format!("DELETE FROM {table} WHERE session_id = ?1"), [session])?;
            self.readings(table, order, session)?;
        }
        self.heartbeat(session)?;
        Ok(Some(self.done.readings))
    }

    fn sessions(&self) -> rusqlite::Result<Vec<i64>> {
        let mut sessions = self.into.prepare("SELECT session_id FROM sessions ORDER BY session_id")?;
        sessions.query_map([], |row| row.get(0))?.collect()
    }

    /// Whether both tell of one session and not of two that bear one number: by the line that opened it. One that cannot
    /// be read there, or was lost, is no evidence against it.
    fn is_the_same(&self, session: i64) -> rusqlite::Result<bool> {
        const SQL: &str = "SELECT line FROM facts WHERE session_id = ?1 AND kind = 'session_opened'";
        let here = self.into.query_row(SQL, [session], |row| row.get::<_, String>(0)).optional()?;
        let there = self.from.query_row(SQL, [session], |row| row.get::<_, String>(0));
        Ok(there.map_or(true, |there| here.is_none_or(|here| here == there)))
    }

    /// Forward until the end or the first damage; then backward from the end, so that of a page that is broken in the
    /// middle of a session both sides are kept.
    fn readings(&mut self, table: &str, order: &str, session: i64) -> rusqlite::Result<()> {
        let Some(columns) = self.columns(table)? else { return Ok(()) };
        for direction in ["ASC", "DESC"] {
            let rows = format!("SELECT {columns} FROM {table} WHERE session_id = ?1 ORDER BY {order} {direction}");
            if let Came::ToTheEnd = self.take(table, &columns, &rows, &[Value::Integer(session)])? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn backups(&mut self) -> rusqlite::Result<()> {
        let Some(columns) = self.columns("backups")? else { return Ok(()) };
        let before = self.done.readings;
        self.take("backups", &columns, &format!("SELECT {columns} FROM backups"), &[])?;
        self.done.readings = before;
        Ok(())
    }

    fn heartbeat(&mut self, session: i64) -> rusqlite::Result<()> {
        const SQL: &str = "SELECT last_heartbeat_at FROM sessions WHERE session_id = ?1";
        let there = self.from.query_row(SQL, [session], |row| row.get::<_, Option<String>>(0)).optional();
        let Ok(there) = there else {
            self.done.broken += 1;
            return Ok(());
        };
        if let Some(text) = there.flatten().filter(|text| text.parse::<Timestamp>().is_ok()) {
            self.into.execute(
                "UPDATE sessions SET last_heartbeat_at = ?2
                 WHERE session_id = ?1 AND (last_heartbeat_at IS NULL OR last_heartbeat_at < ?2)",
                (session, text),
            )?;
        }
        Ok(())
    }

    /// The columns that both have, so that a store of an older schema gives what it has; `None` if there are none.
    fn columns(&mut self, table: &str) -> rusqlite::Result<Option<String>> {
        let ours = columns(self.into, table)?;
        let Ok(theirs) = columns(self.from, table) else {
            self.done.broken += 1;
            return Ok(None);
        };
        let both: Vec<String> = ours.into_iter().filter(|name| theirs.contains(name)).collect();
        Ok((!both.is_empty()).then(|| both.join(", ")))
    }

    fn take(&mut self, table: &str, columns: &str, rows: &str, with: &[Value]) -> rusqlite::Result<Came> {
        let count = columns.split(',').count();
        let places = vec!["?"; count].join(", ");
        let mut insert = self
            .into
            .prepare_cached(&format!("INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING"))?;
        let Ok(mut select) = self.from.prepare_cached(rows) else { return Ok(self.damage()) };
        let Ok(mut rows) = select.query(params_from_iter(with)) else { return Ok(self.damage()) };
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(Came::ToTheEnd),
                Err(_) => break,
            };
            let Ok(values) = (0..count).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Vec<_>>>() else {
                self.done.broken += 1;
                continue;
            };
            match insert.execute(params_from_iter(values)) {
                Ok(new) => self.done.readings += new as u64,
                Err(why) if why.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                    self.done.broken += 1;
                }
                Err(why) => return Err(why),
            }
        }
        Ok(self.damage())
    }

    fn damage(&mut self) -> Came {
        self.done.broken += 1;
        Came::ToDamage
    }
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut names = Vec::new();
    connection.pragma(None, "table_info", table, |row| {
        names.push(row.get(1)?);
        Ok(())
    })?;
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::super::error::OpenError;
    use super::*;
    use crate::domain::market::Book;
    use crate::domain::reading::Reading;
    use crate::store::story::{Story, at};

    fn books(range: std::ops::Range<u32>) -> Vec<Reading> {
        let book = |ledger| Book { ledger, at: at(i64::from(ledger)), bids: Vec::new(), asks: Vec::new() };
        range.map(|ledger| Reading::Market(book(ledger))).collect()
    }

    fn store(folder: &Path, name: &str, story: &Story) -> Store {
        let mut made = Store::open(&folder.join(name)).unwrap();
        made.project(&story.lines()).unwrap();
        made
    }

    fn count(store: &mut Store) -> i64 {
        store.connected().unwrap().query_row("SELECT count(*) FROM market_snapshots", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn readings_and_heartbeats_are_taken_over_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut old = store(folder.path(), "old.db", &Story::of_a_day(1));
        old.write_readings(SessionId(1), &books(0..100)).unwrap();
        old.write_readings(SessionId(1), &[Reading::Heartbeat(at(7))]).unwrap();
        drop(old);
        let mut new = store(folder.path(), "new.db", &Story::of_a_day(1));
        let old = folder.path().join("old.db");
        assert_eq!(new.salvage(&old).unwrap(), Salvaged { readings: 100, broken: 0 });
        assert_eq!(new.salvage(&old).unwrap(), Salvaged::default());
        assert_eq!(new.ask().unwrap().last_heartbeat(SessionId(1)).unwrap(), Some(at(7)));
    }

    #[test]
    fn one_sessions_readings_are_put_in_the_place_of_what_was_here() {
        let folder = tempfile::tempdir().unwrap();
        let mut old = store(folder.path(), "old.db", &Story::of_days(2));
        old.write_readings(SessionId(1), &books(0..100)).unwrap();
        old.write_readings(SessionId(2), &books(0..9)).unwrap();
        old.checkpoint().unwrap();
        let digest = old.ask().unwrap().readings_digest(SessionId(1)).unwrap();
        let mut new = store(folder.path(), "new.db", &Story::of_days(2));
        new.write_readings(SessionId(1), &books(90..110)).unwrap();
        let old = Reader::open_copy(&crate::disk::RealDisk, &folder.path().join("old.db")).unwrap();
        assert_eq!(new.take_readings_of(SessionId(1), &old).unwrap(), Some(100));
        assert_eq!(new.ask().unwrap().readings_digest(SessionId(1)).unwrap(), digest);
        assert_eq!(count(&mut new), 100, "of the other session nothing was asked");
    }

    #[test]
    fn readings_of_another_session_of_that_number_are_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let mut other = Story::of_a_day(1);
        other.facts[0].0 = at(-1);
        let mut old = store(folder.path(), "old.db", &other);
        old.write_readings(SessionId(1), &books(0..100)).unwrap();
        drop(old);
        let mut new = store(folder.path(), "new.db", &Story::of_a_day(1));
        assert_eq!(new.salvage(&folder.path().join("old.db")).unwrap(), Salvaged { readings: 0, broken: 1 });
        assert_eq!(count(&mut new), 0);
    }

    #[test]
    fn of_a_store_with_a_broken_page_both_sides_of_it_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let mut old = store(folder.path(), "old.db", &Story::of_a_day(1));
        old.write_readings(SessionId(1), &books(0..3_000)).unwrap();
        let leaf: i64 = old
            .connected()
            .unwrap()
            .query_row(
                "SELECT pageno FROM dbstat WHERE name = 'market_snapshots' AND pagetype = 'leaf' ORDER BY path LIMIT 1 OFFSET 9",
                [],
                |row| row.get(0),
            )
            .unwrap();
        old.checkpoint().unwrap();
        drop(old);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = usize::try_from(leaf - 1).unwrap() * 4_096;
        bytes[at..at + 4_096].fill(0xa5);
        std::fs::write(&path, bytes).unwrap();
        let mut new = store(folder.path(), "new.db", &Story::of_a_day(1));
        let salvaged = new.salvage(&path).unwrap();
        assert!(salvaged.broken > 0 && (2_500..3_000).contains(&salvaged.readings), "{salvaged:?}");
        assert_eq!(count(&mut new).unsigned_abs(), salvaged.readings);
    }

    #[test]
    fn a_file_that_is_no_database_gives_nothing_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        std::fs::write(&path, "Dear diary".repeat(1_000)).unwrap();
        let mut new = store(folder.path(), "new.db", &Story::of_a_day(1));
        assert!(matches!(new.salvage(&path), Err(StoreError::Open(OpenError::NotADatabase(_)))));
    }
}
