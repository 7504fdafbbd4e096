//! The rows of one adoption, wherever they lie: in a baseline, in a store, in any backup. They are proven by a digest of what
//! they say and not of the file around them, so that every copy that has them whole can bring a lost baseline back.

use rusqlite::types::{Value as Cell, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};
use sha2::{Digest as _, Sha256};

use super::ask::Ask;
use super::baseline::{Baseline, TABLES};
use super::error::StoreError;
use crate::domain::adoption::AdoptedRows;
use crate::journal::record::Hash;

/// What a backfill writes into the row of a session that had no end: no part of what was adopted.
const WRITTEN_LATER: [&str; 10] = [
    "status",
    "ended_at",
    "ended_at_source",
    "ended_at_uncertainty_s",
    "ended_at_evidence",
    "halt_reason",
    "ending_xrp",
    "ending_rlusd",
    "ending_value",
    "ending_value_approx",
];

impl Ask<'_> {
    /// What the rows that line `n` took over come to.
    pub fn adopted_rows(self, n: u64) -> Result<AdoptedRows, StoreError> {
        digest(self.connection(), n).map_err(StoreError::doing("read adopted rows"))
    }
}

impl Baseline {
    /// What its rows come to.
    pub fn rows(&self) -> Result<AdoptedRows, StoreError> {
        digest(self.connection(), 0).map_err(StoreError::doing("read adopted rows"))
    }

    /// A new one, of the rows that line `n` took over, if they come to what was `meant`; `None` if they do not.
    pub fn of_rows_in(copy: Ask<'_>, n: u64, meant: &AdoptedRows) -> Result<Option<Self>, StoreError> {
        if copy.adopted_rows(n)? != *meant {
            return Ok(None);
        }
        let baseline = Self::empty()?;
        take(copy.connection(), n, baseline.connection()).map_err(StoreError::doing("copy adopted rows"))?;
        Ok(Some(baseline).filter(|baseline| baseline.rows().is_ok_and(|rows| rows == *meant)))
    }
}

/// SHA-256 over every row that line `n` took over; a baseline's rows bear the number 0.
pub(super) fn digest(connection: &Connection, n: u64) -> rusqlite::Result<AdoptedRows> {
    let (mut sha256, mut count) = (Sha256::new(), 0);
    for table in TABLES {
        let mut rows = connection.prepare(&selection(table, n))?;
        // By their names, and without those that are NULL: a newer schema has more of them.
        let mut columns: Vec<(String, usize)> =
            rows.column_names().enumerate().map(|(place, name)| (name.to_owned(), place)).collect();
        columns.retain(|(name, _)| name != "n");
        columns.sort();
        sha256.update(table);
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            count += 1;
            sha256.update([0xff]);
            let open = table == "sessions" && row.get::<_, String>("status")? != "CLOSED";
            for (name, place) in columns.iter().filter(|(name, _)| !(open && WRITTEN_LATER.contains(&&**name))) {
                tell(&mut sha256, name, row, *place)?;
            }
        }
    }
    Ok(AdoptedRows { count, sha256: Hash(sha256.finalize().into()).to_string() })
}

fn tell(sha256: &mut Sha256, name: &str, row: &Row<'_>, place: usize) -> rusqlite::Result<()> {
    let mut part = |kind: u8, bytes: &[u8]| {
        sha256.update(name);
        sha256.update([0, kind]);
        sha256.update((bytes.len() as u64).to_le_bytes());
        sha256.update(bytes);
    };
    match row.get_ref(place)? {
        ValueRef::Null => {}
        ValueRef::Integer(number) => part(1, &number.to_le_bytes()),
        ValueRef::Real(number) => part(2, &number.to_bits().to_le_bytes()),
        ValueRef::Text(text) => part(3, text),
        ValueRef::Blob(bytes) => part(4, bytes),
    }
    Ok(())
}

/// The rows of a table that line `n` took over, in an order that every copy has.
fn selection(table: &str, n: u64) -> String {
    // These bear no line's number: a session belongs to the adoption among whose sessions it is, and an order to that of its
    // session; what belongs to none to the first, as no later one may have any. A baseline knows of no adoption.
    let by_session = format!(
        "coalesce((SELECT max(n) FROM adoptions WHERE session_id BETWEEN first_session AND last_session),
                  (SELECT min(n) FROM adoptions), 0) = {n}"
    );
    let (which, order) = match table {
        "sessions" => (format!("origin = 'adopted' AND {by_session}"), "session_id"),
        // Of our own orders the fees are always known.
        "orders" => (format!("fees_xrp IS NULL AND {by_session}"), "id"),
        "fills" | "capital_events" => (format!("n = {n}"), "id"),
        "adopted_texts" => (format!("n = {n}"), "table_name, row_key, column_name"),
        "adopted_refusals" => (format!("n = {n}"), "rowid"),
        _ => (format!("n = {n}"), "source_key"),
    };
    format!("SELECT * FROM {table} WHERE {which} ORDER BY {order}")
}

/// Copies the rows as they were when they were adopted.
fn take(copy: &Connection, n: u64, into: &Connection) -> rusqlite::Result<()> {
    into.execute_batch("BEGIN")?;
    for table in TABLES {
        let mut rows = copy.prepare(&selection(table, n))?;
        let columns: Vec<String> = rows.column_names().map(str::to_owned).collect();
        let places = vec!["?"; columns.len()].join(", ");
        let mut insert = into.prepare(&format!("INSERT INTO {table} ({}) VALUES ({places})", columns.join(", ")))?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let cells = columns.iter().enumerate().map(|(place, column)| match column.as_str() {
                "n" => Ok(Cell::Integer(0)),
                _ => row.get(place),
            });
            insert.execute(params_from_iter(cells.collect::<rusqlite::Result<Vec<Cell>>>()?))?;
        }
    }
    let unwritten = WRITTEN_LATER[1..].join(" = NULL, ");
    into.execute_batch(&format!(
        "UPDATE sessions SET status = 'OPEN', {unwritten} = NULL WHERE status = 'RECOVERED'; COMMIT"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::story::rows_taken_over;

    #[test]
    fn a_baseline_made_of_a_copy_says_what_the_first_one_said() {
        let first = rows_taken_over();
        let meant = first.rows().unwrap();
        let copy = Ask::new(first.connection());
        let again = Baseline::of_rows_in(copy, 0, &meant).unwrap().unwrap();
        assert_eq!(again.rows().unwrap(), meant);
        assert!(meant.count > 4);
    }

    #[test]
    fn an_end_that_was_given_later_changes_nothing_and_every_other_change_does() {
        let baseline = rows_taken_over();
        let meant = baseline.rows().unwrap();
        let change = |sql: &str| assert_eq!(baseline.connection().execute(sql, []).unwrap(), 1, "{sql}");
        change("UPDATE sessions SET status = 'RECOVERED', ended_at = 'x', ending_xrp = '1' WHERE session_id = 1");
        let copy = Ask::new(baseline.connection());
        let again = Baseline::of_rows_in(copy, 0, &meant).unwrap().unwrap();
        let ended = "SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL OR ending_xrp IS NOT NULL";
        assert_eq!(again.connection().query_row(ended, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
        for sql in [
            "UPDATE sessions SET started_at = 'y' WHERE session_id = 1",
            "UPDATE orders SET status = 'CANCELLED' WHERE rowid = 1",
            "UPDATE fills SET price = '9' WHERE rowid = 1",
            "DELETE FROM adopted_market_snapshots WHERE rowid = 1",
        ] {
            let before = baseline.rows().unwrap();
            change(sql);
            assert_ne!(baseline.rows().unwrap(), before, "{sql}");
            assert!(Baseline::of_rows_in(copy, 0, &meant).unwrap().is_none(), "{sql}");
        }
    }
}
