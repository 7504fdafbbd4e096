//! What is asked of rows that were taken over from the earlier engine.

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::ask::Ask;
use super::error::StoreError;
use super::rows::{AdoptedDetail, AdoptedFill, AdoptionRow};
use crate::domain::session::SessionId;

impl Ask<'_> {
    /// Every adoption, oldest first.
    pub fn adoptions(self) -> Result<Vec<AdoptionRow>, StoreError> {
        const SQL: &str =
            "SELECT n, source_name, source_sha256, baseline_name, first_session, last_session FROM adoptions
                           ORDER BY n";
        all(self.connection(), SQL, [], |row| {
            Ok(AdoptionRow {
                n: row.get::<_, i64>(0)?.unsigned_abs(),
                source_name: row.get(1)?,
                source_sha256: row.get(2)?,
                baseline_name: row.get(3)?,
                first_session: row.get(4)?,
                last_session: row.get(5)?,
            })
        })
    }

    /// Ids of adopted orders that may rest at the venue: nobody has proven them gone.
    pub fn unproven_adopted_orders(self) -> Result<Vec<String>, StoreError> {
        all(self.connection(), "SELECT id FROM orders WHERE status = 'UNPROVEN' ORDER BY created_at, id", [], |row| {
            row.get(0)
        })
    }
}

/// What there is of an adopted session beside its row.
pub(super) fn detail(connection: &Connection, session: SessionId) -> Result<AdoptedDetail, StoreError> {
    const ORDERS: &str =
        "SELECT count(*), count(*) FILTER (WHERE status = 'CANCELLED') FROM orders WHERE session_id = ?1";
    const UNPROVEN: &str =
        "SELECT id FROM orders WHERE session_id = ?1 AND status = 'UNPROVEN' ORDER BY created_at, id";
    const FILLS: &str = "SELECT created_at, order_id, side, price, quantity, mid_price_at_fill FROM fills
                         WHERE session_id = ?1 ORDER BY created_at, id";
    const SOURCE: &str =
        "SELECT source_name FROM adoptions WHERE ?1 BETWEEN first_session AND last_session ORDER BY n LIMIT 1";
    let doing = || StoreError::doing("read an adopted session");
    let (orders, cancelled) = connection
        .prepare_cached(ORDERS)
        .and_then(|mut row| row.query_row([session.0], |row| Ok((row.get(0)?, row.get(1)?))))
        .map_err(doing())?;
    let source =
        connection.prepare_cached(SOURCE).and_then(|mut row| row.query_row([session.0], |row| row.get(0)).optional());
    Ok(AdoptedDetail {
        source: source.map_err(doing())?.unwrap_or_default(),
        orders,
        cancelled,
        unproven: all(connection, UNPROVEN, [session.0], |row| row.get(0))?,
        fills: all(connection, FILLS, [session.0], |row| {
            Ok(AdoptedFill {
                at: row.get(0)?,
                order: row.get(1)?,
                side: row.get(2)?,
                price: row.get(3)?,
                quantity: row.get(4)?,
                mid: row.get(5)?,
            })
        })?,
    })
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    with: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let rows = connection.prepare_cached(sql).and_then(|mut rows| rows.query_map(with, read)?.collect());
    rows.map_err(StoreError::doing("read adopted rows"))
}
