//! Questions to a database of which nobody knows what it has: a column that is missing answers nothing, a table that is
//! missing has no rows, and every value comes as the text that the database would print.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use rust_decimal::Decimal;

use crate::domain::time::Timestamp;

/// One row: a text a column that was asked for.
pub(super) struct Row(Vec<Option<String>>);

/// The tables of a copy and their columns.
pub(super) struct Tables<'a> {
    connection: &'a Connection,
    columns: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Tables<'a> {
    /// Learns which tables and columns there are.
    pub fn of(connection: &'a Connection) -> rusqlite::Result<Self> {
        const SQL: &str = "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c
                           WHERE t.type = 'table'";
        let mut columns = BTreeMap::<String, BTreeSet<String>>::new();
        let mut asked = connection.prepare(SQL)?;
        let mut rows = asked.query([])?;
        while let Some(row) = rows.next()? {
            let (table, column) = (text(row.get_ref(0)?), text(row.get_ref(1)?));
            columns.entry(table.unwrap_or_default()).or_default().insert(column.unwrap_or_default());
        }
        drop(rows);
        drop(asked);
        Ok(Self { connection, columns })
    }

    /// Its tables, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// Whether a table has all these columns.
    pub fn has(&self, table: &str, columns: &[&str]) -> bool {
        self.columns.get(table).is_some_and(|known| columns.iter().all(|column| known.contains(*column)))
    }

    /// Gives each row of a table to `each`, in that order; a column that is missing is NULL in every row.
    pub fn each(
        &self,
        table: &str,
        wanted: &[&str],
        order: &[&str],
        mut each: impl FnMut(&Row),
    ) -> rusqlite::Result<()> {
        let Some(known) = self.columns.get(table) else { return Ok(()) };
        let column = |name: &&str| if known.contains(*name) { format!("\"{name}\"") } else { "NULL".to_owned() };
        let wanted: Vec<String> = wanted.iter().map(column).collect();
        let order: Vec<String> = order.iter().filter(|name| known.contains(**name)).map(column).collect();
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
        self.ask(&format!("SELECT {} FROM \"{table}\"{order}", wanted.join(", ")), |row| {
            each(row);
        })
    }

    /// Gives each row of an answer to `each`.
    pub fn ask(&self, sql: &str, mut each: impl FnMut(&Row)) -> rusqlite::Result<()> {
        let mut asked = self.connection.prepare(sql)?;
        let width = asked.column_count();
        let mut rows = asked.query([])?;
        while let Some(row) = rows.next()? {
            let texts = (0..width).map(|at| row.get_ref(at).map(text)).collect::<rusqlite::Result<_>>()?;
            each(&Row(texts));
        }
        Ok(())
    }
}

impl Row {
    /// The text of a column; `None` for NULL.
    pub fn text(&self, at: usize) -> Option<&str> {
        self.0.get(at)?.as_deref()
    }

    /// A whole number.
    pub fn number(&self, at: usize) -> Option<i64> {
        self.text(at)?.parse().ok()
    }

    /// An amount, exactly as the source prints it.
    pub fn amount(&self, at: usize) -> Option<Decimal> {
        Decimal::from_str(self.text(at)?).ok()
    }

    /// A moment.
    pub fn moment(&self, at: usize) -> Option<Timestamp> {
        moment(self.text(at)?)
    }
}

/// A moment, also as the earlier engine wrote it: without a zone, and in UTC.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1);
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        // The shortest text that means this very number; amounts of money are read from the text.
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(_) => Some("(bytes)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_answers_nothing_and_what_is_strange_is_a_text() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (a, b); INSERT INTO t VALUES (1.5, 'x'), (NULL, x'00'), ('2', 0.1)")
            .unwrap();
        let tables = Tables::of(&connection).unwrap();
        let mut seen = Vec::new();
        tables.each("t", &["a", "nowhere", "b"], &["b", "nowhere"], |row| seen.push(row.0.clone())).unwrap();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            seen,
            [[text("2"), None, text("0.1")], [text("1.5"), None, text("x")], [None, None, text("(bytes)")]]
        );
        tables.each("nowhere", &["a"], &[], |_| panic!("it has no rows")).unwrap();
        assert!(tables.has("t", &["a", "b"]) && !tables.has("t", &["c"]) && !tables.has("u", &[]));
    }

    #[test]
    fn a_moment_without_a_zone_is_in_utc() {
        for text in ["2026-04-18T16:35:35.000000", "2026-04-18 16:35:35", "2026-04-18T16:35:35.000Z"] {
            assert_eq!(moment(text).unwrap().to_string(), "2026-04-18T16:35:35.000Z", "{text}");
        }
        assert_eq!(moment("yesterday"), None);
    }
}
