//! The digest of a session's readings: over every column of its rows, table by table, in the order of their keys.
//!
//! What is digested: the table's name, then each row as its cells, each a letter for its type, its length in bytes and
//! its bytes. The columns are named, so that a schema that grows leaves old digests true.

use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use sha2::{Digest as _, Sha256};

use super::ask::Ask;
use super::error::StoreError;
use super::facts::FactRow;
use super::readings::{MARKET_COLUMNS, VALUATION_COLUMNS};
use crate::domain::custody::ReadingsDigest;
use crate::domain::fact::Fact;
use crate::domain::session::SessionId;
use crate::journal::record::Hash;

/// How many rows one short read takes.
const PAGE: i64 = 1_000;

/// A session that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Which.
    pub session: SessionId,
    /// The digest of its readings, if it was closed in order.
    pub closed_with: Option<ReadingsDigest>,
}

impl Ended {
    /// Whether these are its readings; of a session without a digest, whether there are any.
    pub fn is_met_by(&self, found: &ReadingsDigest) -> bool {
        self.closed_with.as_ref().map_or(found.market + found.valuations > 0, |closed_with| closed_with == found)
    }
}

impl Ask<'_> {
    /// The sessions whose end lies behind line `cursor`, or all that have ended; without a digest only those that began
    /// there, too: nobody could say what a session lacks of which a part was here.
    pub fn ended_behind(self, cursor: Option<u64>) -> Result<Vec<Ended>, StoreError> {
        let first = cursor.map_or(0, |n| n + 1);
        let sql = format!(
            "SELECT n, session_id, at, kind, line FROM facts
             WHERE n >= {first} AND kind IN ('session_opened', 'session_closed', 'session_recovered') ORDER BY n"
        );
        let (mut began, mut ended) = (Vec::new(), Vec::new());
        for row in self.rows(&sql, "look for sessions that have ended", FactRow::read)? {
            // A line that cannot be read proves nothing of any reading.
            let (Some(session), Ok((_, fact))) = (row.session, row.fact()) else { continue };
            let closed_with = match fact {
                Fact::SessionOpened(_) => {
                    began.push(session);
                    continue;
                }
                Fact::SessionClosed(closed) => closed.readings,
                _ => None,
            };
            if closed_with.is_some() || began.contains(&session) {
                ended.push(Ended { session, closed_with });
            }
        }
        Ok(ended)
    }

    /// The digest of all readings of a session. Read in short pages: nobody may add to them meanwhile.
    pub fn readings_digest(self, session: SessionId) -> Result<ReadingsDigest, StoreError> {
        let mut sum = Sha256::new();
        let mut table =
            |name: &str, key: &str, columns: &str| rows(self.connection(), name, key, columns, session, &mut sum);
        let market = table("market_snapshots", "ledger_index", &MARKET_COLUMNS);
        let valuations =
            market.and_then(|market| Ok((market, table("valuation_snapshots", "created_at", VALUATION_COLUMNS)?)));
        let (market, valuations) = valuations.map_err(StoreError::doing("digest readings"))?;
        Ok(ReadingsDigest { market, valuations, sha256: Hash(sum.finalize().into()).to_string() })
    }
}

/// Takes one table's rows in; answers how many there are.
fn rows(
    connection: &Connection,
    table: &str,
    key: &str,
    columns: &str,
    session: SessionId,
    sum: &mut Sha256,
) -> rusqlite::Result<u64> {
    let width = columns.split(',').count();
    let begin = format!("SELECT {columns}, {key} FROM {table} WHERE session_id = ?1");
    let first = format!("{begin} AND ?2 IS NULL ORDER BY {key} LIMIT {PAGE}");
    let next = format!("{begin} AND {key} > ?2 ORDER BY {key} LIMIT {PAGE}");
    sum.update(table);
    let (mut count, mut after) = (0, Value::Null);
    loop {
        let sql = if after == Value::Null { &first } else { &next };
        let mut page = connection.prepare_cached(sql)?;
        let mut found = page.query((session.0, &after))?;
        let before = count;
        let mut newest = Value::Null;
        while let Some(row) = found.next()? {
            for column in 0..width {
                take_in(sum, row.get_ref(column)?);
            }
            newest = row.get(width)?;
            count += 1;
        }
        if count - before < PAGE.unsigned_abs() {
            return Ok(count);
        }
        after = newest;
    }
}

fn take_in(sum: &mut Sha256, cell: ValueRef<'_>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        sum.update([kind]);
        sum.update((bytes.len() as u64).to_le_bytes());
        sum.update(bytes);
    };
    match cell {
        ValueRef::Null => put(b'n', b""),
        ValueRef::Integer(number) => put(b'i', &number.to_le_bytes()),
        ValueRef::Real(number) => put(b'r', &number.to_bits().to_le_bytes()),
        ValueRef::Text(text) => put(b't', text),
        ValueRef::Blob(bytes) => put(b'b', bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::market::{Book, Level};
    use crate::domain::money::Drops;
    use crate::domain::reading::Reading;
    use crate::store::Store;
    use crate::store::story::at;

    fn book(ledger: u32) -> Reading {
        let level =
            |price: &str| Level { price: price.parse().unwrap(), quantity: Drops::from_xrp(4), ours: Drops::ZERO };
        let (bids, asks) = (vec![level("1.4186")], vec![level("1.42")]);
        Reading::Market(Book { ledger, at: at(i64::from(ledger) * 4), bids, asks })
    }

    fn digest(store: &mut Store, session: i64) -> ReadingsDigest {
        store.ask().unwrap().readings_digest(SessionId(session)).unwrap()
    }

    #[test]
    fn the_same_rows_have_the_same_digest_whatever_order_they_came_in() {
        let folder = tempfile::tempdir().unwrap();
        let mut one = Store::open(&folder.path().join("one.db")).unwrap();
        let mut other = Store::open(&folder.path().join("other.db")).unwrap();
        let books: Vec<Reading> = (1..2_500).map(book).collect();
        one.write_readings(SessionId(1), &books).unwrap();
        other.write_readings(SessionId(2), &[book(1)]).unwrap();
        other.write_readings(SessionId(1), &books.iter().rev().cloned().collect::<Vec<_>>()).unwrap();
        assert_eq!(digest(&mut one, 1), digest(&mut other, 1));
        assert_eq!((digest(&mut one, 1).market, digest(&mut other, 2).market), (2_499, 1));
    }

    #[test]
    fn every_cell_counts() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("s.db")).unwrap();
        store.write_readings(SessionId(1), &(1..4).map(book).collect::<Vec<_>>()).unwrap();
        let mut seen = vec![digest(&mut store, 1).sha256];
        for change in [
            "UPDATE market_snapshots SET bid1_price = '1.4187' WHERE ledger_index = 2",
            "UPDATE market_snapshots SET ask5_price = '' WHERE ledger_index = 2",
            "UPDATE market_snapshots SET mid_price_approx = 9.0 WHERE ledger_index = 3",
            "DELETE FROM market_snapshots WHERE ledger_index = 1",
        ] {
            store.connected().unwrap().execute(change, []).unwrap();
            let digest = digest(&mut store, 1).sha256;
            assert!(!seen.contains(&digest), "{change}");
            seen.push(digest);
        }
    }
}
