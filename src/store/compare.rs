//! Two stores of the same facts, table by table and row by row, in the order of their keys and in short pages.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::fmt;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};

use super::ask::Ask;
use super::error::StoreError;
use crate::domain::session::SessionId;

/// How many rows one short read takes.
const PAGE: usize = 500;

/// Tables that facts alone do not make: lines and cursor are compared by their numbers, readings by their digest, and
/// backups are taken by nobody's fact.
const NOT_MADE_BY_FACTS: [&str; 5] = ["backups", "facts", "journal_cursor", "market_snapshots", "valuation_snapshots"];

/// Columns that facts do not make, in tables that they make: a heartbeat is a reading.
const NOT_MADE_COLUMNS: [(&str, &str); 1] = [("sessions", "last_heartbeat_at")];

/// What comparing found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TablesCompared {
    /// How many tables were compared.
    pub tables: u64,
    /// How many rows the facts make.
    pub rows: u64,
    /// How many rows differ, are missing, or are there and should not be.
    pub different: u64,
    /// The first of them.
    pub first: Option<RowDiffers>,
    /// The tables that they are in.
    pub with_differences: Vec<String>,
}

/// A row that is not what the facts make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDiffers {
    /// In which table.
    pub table: String,
    /// Its key: `id = 39-12`.
    pub key: String,
    /// What of it.
    pub how: HowItDiffers,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HowItDiffers {
    /// The facts make it, and it is not there.
    Missing,
    /// It is there, and no fact makes it.
    Unfounded,
    /// A cell says something else.
    Cell {
        /// In which column.
        column: String,
        /// What the facts say.
        expected: String,
        /// What the store says.
        found: String,
    },
}

/// Compares every table that facts make, or those of them that are named; rows of one session only, where a table knows
/// of sessions and one is given.
pub fn compare_tables(
    expected: Ask<'_>,
    found: Ask<'_>,
    session: Option<SessionId>,
    only: Option<&[String]>,
) -> Result<TablesCompared, StoreError> {
    let (expected, found) = (expected.connection(), found.connection());
    let compare = || -> rusqlite::Result<TablesCompared> {
        let mut compared = TablesCompared::default();
        for table in tables(expected)? {
            if only.is_none_or(|only| only.contains(&table)) {
                let shape = Shape::of(expected, table, session)?;
                compare_rows(&shape, expected, found, &mut compared)?;
            }
        }
        Ok(compared)
    };
    compare().map_err(StoreError::doing("compare tables"))
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?;
    let names = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(names.into_iter().filter(|name| !NOT_MADE_BY_FACTS.contains(&name.as_str())).collect())
}

/// What is read of a table, and in which order.
struct Shape {
    table: String,
    /// The columns of the primary key; `rowid` where there is none.
    key: Vec<String>,
    /// All columns that facts make.
    columns: Vec<String>,
    session: Option<SessionId>,
}

impl Shape {
    fn of(connection: &Connection, table: String, session: Option<SessionId>) -> rusqlite::Result<Self> {
        let mut told = connection.prepare("SELECT name, pk FROM pragma_table_info(?1)")?;
        let told = told.query_map([&table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let told: Vec<(String, i64)> = told.collect::<rusqlite::Result<_>>()?;
        let session = session.filter(|_| told.iter().any(|(name, _)| name == "session_id"));
        let mut key: Vec<(i64, String)> =
            told.iter().filter(|(_, pk)| *pk > 0).map(|(name, pk)| (*pk, name.clone())).collect();
        key.sort();
        let mut key: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
        if key.is_empty() {
            key.push("rowid".to_owned());
        }
        let made = |name: &String| !NOT_MADE_COLUMNS.contains(&(table.as_str(), name.as_str()));
        let columns = told.into_iter().map(|(name, _)| name).filter(made).collect();
        Ok(Self { table, key, columns, session })
    }

    /// A page of rows behind a key, or from the first on.
    fn page(&self, behind: Option<&[Value]>) -> (String, Vec<Value>) {
        let keys = self.key.join(", ");
        let places = vec!["?"; self.key.len()].join(", ");
        let mut conditions = Vec::new();
        let mut with: Vec<Value> = Vec::new();
        if let Some(session) = self.session {
            conditions.push("session_id = ?".to_owned());
            with.push(Value::Integer(session.0));
        }
        if let Some(behind) = behind {
            conditions.push(format!("({keys}) > ({places})"));
            with.extend_from_slice(behind);
        }
        let conditions =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let columns = self.columns.join(", ");
        let sql = format!("SELECT {keys}, {columns} FROM {} {conditions} ORDER BY {keys} LIMIT {PAGE}", self.table);
        (sql, with)
    }

    fn differs(&self, row: &[Value], how: HowItDiffers) -> RowDiffers {
        let key: Vec<String> =
            self.key.iter().zip(row).map(|(name, value)| format!("{name} = {}", Said(value))).collect();
        RowDiffers { table: self.table.clone(), key: key.join(", "), how }
    }
}

/// The rows of a table in the order of their keys: the key's cells, then all columns.
struct Rows<'a> {
    shape: &'a Shape,
    connection: &'a Connection,
    page: VecDeque<Vec<Value>>,
    behind: Option<Vec<Value>>,
    over: bool,
}

impl<'a> Rows<'a> {
    fn of(shape: &'a Shape, connection: &'a Connection) -> Self {
        Self { shape, connection, page: VecDeque::new(), behind: None, over: false }
    }

    fn next(&mut self) -> rusqlite::Result<Option<Vec<Value>>> {
        if self.page.is_empty() && !self.over {
            let (sql, values) = self.shape.page(self.behind.as_deref());
            let width = self.shape.key.len() + self.shape.columns.len();
            let mut page = self.connection.prepare_cached(&sql)?;
            let rows = page.query_map(params_from_iter(values), |row| {
                (0..width).map(|at| row.get_ref(at).map(cell_of)).collect()
            })?;
            self.page = rows.collect::<rusqlite::Result<_>>()?;
            self.over = self.page.len() < PAGE;
            self.behind = self.page.back().map(|row: &Vec<Value>| row[..self.shape.key.len()].to_vec());
        }
        Ok(self.page.pop_front())
    }
}

fn compare_rows(
    shape: &Shape,
    expected: &Connection,
    found: &Connection,
    compared: &mut TablesCompared,
) -> rusqlite::Result<()> {
    let (mut expected, mut found) = (Rows::of(shape, expected), Rows::of(shape, found));
    let (mut one, mut other) = (expected.next()?, found.next()?);
    let before = compared.different;
    loop {
        let order = match (&one, &other) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => by_key(&one[..shape.key.len()], &other[..shape.key.len()]),
        };
        let difference = match (order, &one, &other) {
            (Ordering::Less, Some(row), _) => Some(shape.differs(row, HowItDiffers::Missing)),
            (Ordering::Greater, _, Some(row)) => Some(shape.differs(row, HowItDiffers::Unfounded)),
            (_, Some(one), Some(other)) => cell(shape, one, other).map(|how| shape.differs(one, how)),
            _ => None,
        };
        if let Some(difference) = difference {
            compared.different += 1;
            compared.first.get_or_insert(difference);
        }
        if order != Ordering::Greater {
            compared.rows += 1;
            one = expected.next()?;
        }
        if order != Ordering::Less {
            other = found.next()?;
        }
    }
    compared.tables += 1;
    if compared.different > before {
        compared.with_differences.push(shape.table.clone());
    }
    Ok(())
}

/// A cell as it is. Text that is damaged is no text any more, and differs from every text.
fn cell_of(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Text(bytes) => {
            str::from_utf8(bytes).map_or_else(|_| Value::Blob(bytes.to_vec()), |text| Value::Text(text.to_owned()))
        }
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// The first cell that says something else.
fn cell(shape: &Shape, expected: &[Value], found: &[Value]) -> Option<HowItDiffers> {
    let cells = expected.iter().zip(found).skip(shape.key.len());
    let (column, (expected, found)) = shape.columns.iter().zip(cells).find(|(_, (one, other))| one != other)?;
    let said = |value| Said(value).to_string();
    Some(HowItDiffers::Cell { column: column.clone(), expected: said(expected), found: said(found) })
}

/// SQLite's own order: nothing, numbers, texts, bytes.
fn by_key(one: &[Value], other: &[Value]) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 1,
        Value::Text(_) => 2,
        Value::Blob(_) => 3,
    };
    let cells = one.iter().zip(other).map(|(one, other)| match (one, other) {
        (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
        (Value::Real(one), Value::Real(other)) => one.total_cmp(other),
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Blob(one), Value::Blob(other)) => one.cmp(other),
        (one, other) => rank(one).cmp(&rank(other)),
    });
    cells.fold(Ordering::Equal, Ordering::then)
}

/// A cell in words.
struct Said<'a>(&'a Value);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("nothing"),
            Value::Integer(number) => number.fmt(f),
            Value::Real(number) => number.fmt(f),
            Value::Text(text) => f.write_str(text),
            Value::Blob(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl fmt::Display for RowDiffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, key, how } = self;
        match how {
            HowItDiffers::Missing => write!(f, "table {table} lacks the row {key}, which the journal makes"),
            HowItDiffers::Unfounded => write!(f, "table {table} has a row {key}, which nothing in the journal makes"),
            HowItDiffers::Cell { column, expected, found } => {
                write!(
                    f,
                    "table {table}, row {key}, column {column}: the journal makes it {expected}, the store says {found}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::story::Story;

    fn two() -> (Store, Store) {
        let store = || {
            let mut store = Store::scratch().unwrap();
            store.project(&Story::of_days(60).lines()).unwrap();
            store
        };
        (store(), store())
    }

    fn compare(expected: &mut Store, found: &mut Store, session: Option<i64>) -> TablesCompared {
        compare_tables(expected.ask().unwrap(), found.ask().unwrap(), session.map(SessionId), None).unwrap()
    }

    #[test]
    fn the_same_facts_make_the_same_tables() {
        let (mut expected, mut found) = two();
        let compared = compare(&mut expected, &mut found, None);
        assert_eq!((compared.different, compared.first), (0, None));
        assert!(compared.tables > 8 && compared.rows > 1_000, "{} {}", compared.tables, compared.rows);
    }

    #[test]
    fn one_cell_one_row_too_few_and_one_too_many_are_found_and_named() {
        for (change, said) in [
            (
                "UPDATE fills SET price = '9' WHERE id = '7/b'",
                "table fills, row id = 7/b, column price: the journal makes it 1.4186, the store says 9",
            ),
            ("DELETE FROM orders WHERE id = '7-3'", "table orders lacks the row id = 7-3"),
            (
                "INSERT INTO operator_commands VALUES (99999, 1, '', 'pause', '{}')",
                "table operator_commands has a row n = 99999",
            ),
            ("UPDATE incidents SET acknowledged_at = NULL WHERE session_id = 7", "column acknowledged_at"),
            (
                "UPDATE inventory_ledger SET change = '1' WHERE session_id = 7 AND asset = 'XRP' AND cause = 'opening'",
                "table inventory_ledger, row session_id = 7, asset = XRP",
            ),
        ] {
            let (mut expected, mut found) = two();
            found.connected().unwrap().execute(change, []).unwrap();
            let compared = compare(&mut expected, &mut found, None);
            let first = compared.first.unwrap().to_string();
            assert!(compared.different == 1 && first.contains(said), "{change}: {first}");
            let in_another = compare(&mut expected, &mut found, Some(8));
            assert_eq!(in_another.different, 0, "{change}");
        }
    }

    #[test]
    fn text_that_is_damaged_is_a_difference_and_no_error() {
        let (mut expected, mut found) = two();
        let damage = "UPDATE fills SET price = CAST(x'31FF' AS TEXT) WHERE id = '7/b'";
        found.connected().unwrap().execute(damage, []).unwrap();
        let compared = compare(&mut expected, &mut found, None);
        let first = compared.first.unwrap().to_string();
        assert!(compared.different == 1 && first.contains("table fills, row id = 7/b, column price"), "{first}");
    }

    #[test]
    fn a_heartbeat_is_no_fact() {
        let (mut expected, mut found) = two();
        found.connected().unwrap().execute("UPDATE sessions SET last_heartbeat_at = 'now'", []).unwrap();
        assert_eq!(compare(&mut expected, &mut found, None).different, 0);
    }
}
