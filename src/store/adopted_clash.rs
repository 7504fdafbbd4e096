//! Whether rows that would be taken over can be told from all that a store has. What cannot be told apart could not be
//! brought back by its own digest if its baseline were lost.

use rusqlite::{OptionalExtension as _, params};
use thiserror::Error;

use super::ask::Ask;
use super::baseline::Baseline;
use super::error::StoreError;

/// Why rows must not be taken over.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Clash {
    /// A row has the key of another one.
    #[error("the database has a row {id} in {table} already, which is another one")]
    Key {
        /// The table that both are in.
        table: &'static str,
        /// The key.
        id: String,
    },
    /// A second adoption whose sessions or orders would lie among those of the first.
    #[error("its sessions lie among those that the database took over from {source_name} before")]
    Among {
        /// The first one's database.
        source_name: String,
    },
    /// A second adoption with orders that belong to none of its sessions.
    #[error(
        "its order {id} belongs to none of its sessions, and could as well be one of {source_name}, taken over before"
    )]
    OfNoSession {
        /// The order.
        id: String,
        /// The first one's database.
        source_name: String,
    },
}

impl Ask<'_> {
    /// What speaks against taking over the rows of a baseline; sessions of the same number aside.
    pub fn clash_with(self, baseline: &Baseline) -> Result<Option<Clash>, StoreError> {
        self.clash(baseline).map_err(StoreError::doing("compare rows to be taken over"))
    }

    fn clash(self, baseline: &Baseline) -> rusqlite::Result<Option<Clash>> {
        const AMONG: &str = "SELECT source_name FROM adoptions WHERE first_session <= ?2 AND last_session >= ?1
            OR EXISTS (SELECT 1 FROM orders WHERE fees_xrp IS NULL AND session_id BETWEEN ?1 AND ?2) ORDER BY n LIMIT 1";
        const OF_NO_SESSION: &str = "SELECT id FROM orders WHERE (session_id BETWEEN ?1 AND ?2) IS NOT TRUE LIMIT 1";
        let (ours, theirs) = (self.connection(), baseline.connection());
        for table in ["orders", "fills", "capital_events"] {
            let mut known = ours.prepare(&format!("SELECT 1 FROM {table} WHERE id = ?1"))?;
            let mut ids = theirs.prepare(&format!("SELECT id FROM {table}"))?;
            for id in ids.query_map([], |row| row.get::<_, String>(0))? {
                let id = id?;
                if known.exists([&id])? {
                    return Ok(Some(Clash::Key { table, id }));
                }
            }
        }
        let before = "SELECT source_name FROM adoptions ORDER BY n LIMIT 1";
        let Some(source_name) = ours.query_row(before, [], |row| row.get(0)).optional()? else { return Ok(None) };
        let sessions = "SELECT min(session_id), max(session_id) FROM sessions";
        let (first, last): (Option<i64>, Option<i64>) =
            theirs.query_row(sessions, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let Some(source_name) = ours.query_row(AMONG, params![first, last], |row| row.get(0)).optional()? {
            return Ok(Some(Clash::Among { source_name }));
        }
        let stray = theirs.query_row(OF_NO_SESSION, params![first, last], |row| row.get(0)).optional()?;
        Ok(stray.map(|id| Clash::OfNoSession { id, source_name }))
    }
}
