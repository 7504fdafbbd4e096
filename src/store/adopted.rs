//! What is asked of rows that were taken over from the earlier engine.

use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::ask::Ask;
use super::error::StoreError;
use super::rows::{AdoptedDetail, AdoptedFill, AdoptionRow};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

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

/// A row that shows that an adopted session was alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptedSign {
    /// In which table.
    pub table: &'static str,
    /// When.
    pub at: Timestamp,
}

/// What an adopted session held, as some row tells; money as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptedHeld {
    /// When.
    pub at: Timestamp,
    /// XRP.
    pub xrp: Option<String>,
    /// RLUSD.
    pub rlusd: Option<String>,
    /// What both were worth.
    pub value: Option<String>,
}

impl Ask<'_> {
    /// Every session's number and start, oldest start first.
    pub fn starts(self) -> Result<Vec<(SessionId, Timestamp)>, StoreError> {
        let rows =
            all(self.connection(), "SELECT session_id, started_at FROM sessions ORDER BY started_at", [], |row| {
                Ok((SessionId(row.get(0)?), row.get::<_, String>(1)?))
            })?;
        rows.into_iter().map(|(session, start)| Ok((session, moment(&start)?))).collect()
    }

    /// Adopted sessions without an end, in the order of their numbers.
    pub fn adopted_without_end(self) -> Result<Vec<SessionId>, StoreError> {
        let sql = "SELECT session_id FROM sessions WHERE origin = 'adopted' AND status = 'OPEN' ORDER BY session_id";
        all(self.connection(), sql, [], |row| row.get(0).map(SessionId))
    }

    /// The newest row of each adopted table from `from` on and before `before`.
    pub fn adopted_signs(self, from: Timestamp, before: Option<Timestamp>) -> Result<Vec<AdoptedSign>, StoreError> {
        const SQL: [(&str, &str); 7] = [
            (
                "market_snapshots",
                "SELECT max(created_at) FROM adopted_market_snapshots WHERE created_at >= ?1 AND created_at < ?2",
            ),
            (
                "valuation_snapshots",
                "SELECT max(created_at) FROM adopted_valuation_snapshots WHERE created_at >= ?1 AND created_at < ?2",
            ),
            (
                "system_metrics",
                "SELECT max(created_at) FROM adopted_system_metrics WHERE created_at >= ?1 AND created_at < ?2",
            ),
            (
                "inventory_ledger",
                "SELECT max(created_at) FROM adopted_inventory_ledger WHERE created_at >= ?1 AND created_at < ?2",
            ),
            (
                "fills",
                "SELECT max(created_at) FROM fills WHERE ledger_index IS NULL AND created_at >= ?1 AND created_at < ?2",
            ),
            (
                "orders",
                "SELECT max(created_at) FROM orders WHERE fees_xrp IS NULL AND created_at >= ?1 AND created_at < ?2",
            ),
            (
                "orders",
                "SELECT max(updated_at) FROM orders WHERE fees_xrp IS NULL AND updated_at >= ?1 AND updated_at < ?2",
            ),
        ];
        let window = window(from, before);
        let mut signs = Vec::new();
        for (table, sql) in SQL {
            for at in all(self.connection(), sql, [&window.0, &window.1], |row| row.get::<_, Option<String>>(0))?
                .into_iter()
                .flatten()
            {
                signs.push(AdoptedSign { table, at: moment(&at)? });
            }
        }
        Ok(signs)
    }

    /// When an adopted session wrote its ticks, oldest first.
    pub fn adopted_ticks(self, from: Timestamp, before: Option<Timestamp>) -> Result<Vec<Timestamp>, StoreError> {
        const SQL: &str = "SELECT created_at FROM adopted_valuation_snapshots WHERE created_at >= ?1 AND created_at < ?2
                           UNION SELECT created_at FROM adopted_market_snapshots WHERE created_at >= ?1 AND created_at < ?2
                           ORDER BY 1";
        let window = window(from, before);
        let ticks = all(self.connection(), SQL, [&window.0, &window.1], |row| row.get::<_, String>(0))?;
        ticks.iter().map(|at| moment(at)).collect()
    }

    /// The newest valuation from `from` up to `to`.
    pub fn adopted_valuation(self, from: Timestamp, to: Timestamp) -> Result<Option<AdoptedHeld>, StoreError> {
        const SQL: &str =
            "SELECT created_at, xrp_balance, rlusd_balance, total_value_rlusd FROM adopted_valuation_snapshots
                           WHERE created_at >= ?1 AND created_at <= ?2 ORDER BY created_at DESC, rowid DESC LIMIT 1";
        self.held(SQL, from, to)
    }

    /// The newest balances that the earlier engine's ledger gives from `from` up to `to`; no value.
    pub fn adopted_balances(self, from: Timestamp, to: Timestamp) -> Result<Option<AdoptedHeld>, StoreError> {
        const SQL: &str = "WITH rows AS (SELECT * FROM adopted_inventory_ledger WHERE created_at >= ?1 AND created_at <= ?2)
            SELECT (SELECT max(created_at) FROM rows),
              (SELECT new_balance FROM rows WHERE asset = 'XRP' ORDER BY created_at DESC, n DESC, length(source_key) DESC, source_key DESC LIMIT 1),
              (SELECT new_balance FROM rows WHERE asset = 'RLUSD' ORDER BY created_at DESC, n DESC, length(source_key) DESC, source_key DESC LIMIT 1), NULL
            WHERE EXISTS (SELECT 1 FROM rows)";
        self.held(SQL, from, to)
    }

    fn held(self, sql: &str, from: Timestamp, to: Timestamp) -> Result<Option<AdoptedHeld>, StoreError> {
        let rows = all(self.connection(), sql, [from.to_string(), to.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        let held = rows.into_iter().next();
        held.map(|(at, xrp, rlusd, value)| Ok(AdoptedHeld { at: moment(&at)?, xrp, rlusd, value })).transpose()
    }
}

fn window(from: Timestamp, before: Option<Timestamp>) -> (String, String) {
    (from.to_string(), before.map_or_else(|| "9999".to_owned(), |before| before.to_string()))
}

fn moment(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| StoreError::Unreadable { what: "a time", found: text.to_owned() })
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
