//! Readings on their way into their tables. They may be lost, never doubled: each has its own key.

use std::fmt::Write as _;
use std::sync::LazyLock;

use rusqlite::{Connection, ToSql};

use super::error::StoreError;
use super::writer::Store;
use crate::domain::market::{Book, DEPTH, Level};
use crate::domain::money::Price;
use crate::domain::reading::{Reading, Valuation};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

impl Store {
    /// Writes a batch of one session's readings in one transaction.
    pub fn write_readings(&mut self, session: SessionId, readings: &[Reading]) -> Result<(), StoreError> {
        if readings.is_empty() {
            return Ok(());
        }
        self.write("write readings", |transaction| {
            readings
                .iter()
                .try_for_each(|reading| match reading {
                    Reading::Market(book) => market(transaction, session, book),
                    Reading::Valuation(valuation) => value(transaction, session, valuation),
                    Reading::Heartbeat(at) => heartbeat(transaction, session, *at),
                })
                .map_err(StoreError::doing("write readings"))
        })
    }
}

/// Session, ledger, time, mid; then price, quantity and ours of each level a side; then three shadows.
pub(super) static MARKET_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let mut columns = String::from("session_id, ledger_index, created_at, mid_price");
    for side in ["bid", "ask"] {
        for level in 1..=DEPTH {
            // Writing into a String cannot fail.
            let _ = write!(columns, ", {side}{level}_price, {side}{level}_quantity, {side}{level}_ours");
        }
    }
    columns.push_str(", mid_price_approx, best_bid_approx, best_ask_approx");
    columns
});

pub(super) const VALUATION_COLUMNS: &str = "session_id, created_at, xrp_balance, rlusd_balance, mid_price, \
    total_value_rlusd, spread_profit, inventory_profit, network_fees, xrp_balance_approx, rlusd_balance_approx, \
    total_value_rlusd_approx";

static MARKET: LazyLock<String> = LazyLock::new(|| insert("market_snapshots", &MARKET_COLUMNS));

static VALUATION: LazyLock<String> = LazyLock::new(|| insert("valuation_snapshots", VALUATION_COLUMNS));

fn insert(table: &str, columns: &str) -> String {
    let places = vec!["?"; columns.split(',').count()].join(", ");
    format!("INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING")
}

fn market(connection: &Connection, session: SessionId, book: &Book) -> rusqlite::Result<()> {
    let mid = book.mid();
    let (at, mid_text) = (book.at.to_string(), mid.map(|mid| mid.to_string()));
    let levels: Vec<Option<String>> = [&book.bids, &book.asks].into_iter().flat_map(|side| level_texts(side)).collect();
    let best = |side: &[Level]| side.first().map(|level| level.price.approx());
    let shadows = [mid.map(Price::approx), best(&book.bids), best(&book.asks)];
    let head: [&dyn ToSql; 4] = [&session.0, &book.ledger, &at, &mid_text];
    let all = head.into_iter().chain(levels.iter().map(|text| text as &dyn ToSql));
    let all = all.chain(shadows.iter().map(|shadow| shadow as &dyn ToSql));
    connection.prepare_cached(&MARKET)?.execute(rusqlite::params_from_iter(all))?;
    Ok(())
}

fn level_texts(side: &[Level]) -> impl Iterator<Item = Option<String>> {
    (0..DEPTH).flat_map(|place| match side.get(place) {
        Some(level) => [Some(level.price.to_string()), Some(level.quantity.to_string()), Some(level.ours.to_string())],
        None => [const { None }; 3],
    })
}

fn value(connection: &Connection, session: SessionId, valuation: &Valuation) -> rusqlite::Result<()> {
    let (inventory, split) = (valuation.inventory, valuation.split);
    connection.prepare_cached(&VALUATION)?.execute(rusqlite::params![
        session.0,
        valuation.at.to_string(),
        inventory.xrp.to_string(),
        inventory.rlusd.to_string(),
        valuation.mid.to_string(),
        valuation.value.to_string(),
        split.spread.to_string(),
        split.inventory.to_string(),
        split.fees.to_string(),
        inventory.xrp.approx(),
        inventory.rlusd.approx(),
        valuation.value.approx(),
    ])?;
    Ok(())
}

/// A heartbeat that comes late never sets the clock back.
fn heartbeat(connection: &Connection, session: SessionId, at: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE sessions SET last_heartbeat_at = ?2
             WHERE session_id = ?1 AND (last_heartbeat_at IS NULL OR last_heartbeat_at < ?2)",
        )?
        .execute((session.0, at.to_string()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::inventory::Inventory;
    use crate::domain::money::{Drops, Rlusd};
    use crate::store::story::{Story, at};

    fn book(ledger: u32) -> Book {
        let level = |price: &str, xrp| Level {
            price: price.parse().unwrap(),
            quantity: Drops::from_xrp(xrp),
            ours: Drops::ZERO,
        };
        Book {
            ledger,
            at: at(i64::from(ledger) * 4),
            bids: vec![level("1.4186", 40), level("1.418", 900)],
            asks: (0..7).map(|step| level(&format!("1.42{step}1"), 10)).collect(),
        }
    }

    fn valuation(seconds: i64) -> Reading {
        let inventory = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) };
        let mid: Price = "1.4199".parse().unwrap();
        let value = inventory.value(mid);
        Reading::Valuation(Valuation {
            at: at(seconds),
            inventory,
            mid,
            value,
            split: crate::domain::pnl::Split::default(),
        })
    }

    #[test]
    fn a_batch_of_readings_is_written_once_even_if_it_comes_twice() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("s.db")).unwrap();
        let session = SessionId(1);
        store.project(&Story::of_an_open_session(1).lines()).unwrap();
        let batch = [
            Reading::Market(book(3)),
            valuation(12),
            Reading::Heartbeat(at(15)),
            Reading::Heartbeat(at(10)),
            Reading::Market(book(4)),
        ];
        store.write_readings(session, &batch).unwrap();
        store.write_readings(session, &batch).unwrap();
        let ask = store.ask().unwrap();
        assert_eq!(ask.last_heartbeat(session).unwrap(), Some(at(15)));
        assert_eq!(ask.last_reading_at(session).unwrap(), Some(at(16)));
        let row: (i64, String, String, Option<String>, String) = store
            .connected()
            .unwrap()
            .query_row(
                "SELECT (SELECT count(*) FROM market_snapshots), mid_price, bid2_quantity, bid3_price, ask5_price
                 FROM market_snapshots WHERE ledger_index = 3",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
            )
            .unwrap();
        assert_eq!(row, (2, "1.41935".into(), "900.000000".into(), None, "1.4241".into()));
    }
}
