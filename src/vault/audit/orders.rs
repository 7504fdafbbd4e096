//! The orders of a database that are not known to be gone.

use serde::Serialize;

use super::tables::Tables;

/// What is asked about orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Orders {
    /// How many there are.
    pub count: u64,
    /// Those whose row says that the venue may hold them.
    pub open: Vec<OpenOrder>,
    /// Taken over from the earlier engine and known to be unproven: the next live session must prove them gone.
    pub unproven: Vec<OpenOrder>,
}

/// An order that is not known to be gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenOrder {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub session: Option<i64>,
    /// `BUY` or `SELL`, as the row says.
    pub side: String,
    /// Its status, as the row says.
    pub status: String,
}

/// What the earlier engine and this one call an order that may rest.
const OPEN: [&str; 8] =
    ["INTENDED", "SENT", "RESTING", "PARTIALLY_FILLED", "SUBMITTED", "ACTIVE", "CANCEL_RACE_UNKNOWN", "PENDING"];

pub(super) fn ask(tables: &Tables<'_>) -> rusqlite::Result<Orders> {
    let mut orders = Orders::default();
    tables.each("orders", &["id", "session_id", "side", "status"], &["created_at", "id"], |row| {
        orders.count += 1;
        let status = row.text(3).unwrap_or_default().to_ascii_uppercase();
        let list = match status.as_str() {
            "UNPROVEN" => &mut orders.unproven,
            open if OPEN.contains(&open) => &mut orders.open,
            _ => return,
        };
        let text = |at| row.text(at).unwrap_or_default().to_owned();
        list.push(OpenOrder { id: text(0), session: row.number(1), side: text(2), status });
    })?;
    Ok(orders)
}
