//! Two stores of one chain compared, table by table and row by row. What no journal has is left out: readings, signs of
//! life, and the record of backups.

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::ask::Ask;
use super::error::StoreError;

/// Tables that are not made from facts.
const NOT_FROM_FACTS: [&str; 3] = ["market_snapshots", "valuation_snapshots", "backups"];

/// Columns that are not made from facts.
const SIGNS_OF_LIFE: [&str; 1] = ["last_heartbeat_at"];

/// How many tables were compared, and where `one` says something else than `other`: a sentence for each table, which
/// names the first row.
pub(crate) fn tables(one: Ask<'_>, other: Ask<'_>) -> Result<(u64, Vec<String>), StoreError> {
    let names = |ask: Ask<'_>| {
        const SQL: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        ask.rows(SQL, "list its tables", |row| row.get::<_, String>(0))
    };
    let all: BTreeSet<String> = names(one)?.into_iter().chain(names(other)?).collect();
    let compared: Vec<String> = all.into_iter().filter(|name| !NOT_FROM_FACTS.contains(&&**name)).collect();
    let mut differences = Vec::new();
    for table in &compared {
        let found = first_difference(one.connection(), other.connection(), table);
        differences.extend(found.map_err(StoreError::doing("compare its tables"))?);
    }
    Ok((compared.len() as u64, differences))
}

fn first_difference(one: &Connection, other: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let columns = columns(other, table)?;
    if columns != self::columns(one, table)? {
        return Ok(Some(format!("table {table} has other columns")));
    }
    let list = columns.join(", ");
    // All columns order the rows: a table may have no key of its own.
    let sql = format!("SELECT {list} FROM {table} ORDER BY {list}");
    let (mut one, mut other) = (one.prepare(&sql)?, other.prepare(&sql)?);
    let (mut ones, mut others) = (one.query([])?, other.query([])?);
    let row = |row: Option<&rusqlite::Row<'_>>| {
        row.map(|row| (0..columns.len()).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Vec<_>>>())
            .transpose()
    };
    for place in 1_u64.. {
        let (left, right) = (row(ones.next()?)?, row(others.next()?)?);
        if left != right {
            let what = match (left, right) {
                (None, _) => "is missing after the restore".to_owned(),
                (_, None) => "is in none of the live tables".to_owned(),
                (Some(left), Some(right)) => {
                    let differ = columns.iter().zip(left.iter().zip(&right)).find(|(_, (left, right))| left != right);
                    format!("differs in {}", differ.map_or("a column", |(name, _)| name))
                }
            };
            return Ok(Some(format!("table {table}: row {place} {what}")));
        }
        if left.is_none() {
            break;
        }
    }
    Ok(None)
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut asked = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let all: Vec<String> = asked.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(all.into_iter().filter(|name| !SIGNS_OF_LIFE.contains(&&**name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::Reading;
    use crate::domain::session::SessionId;
    use crate::store::Store;
    use crate::store::story::{Story, at};

    fn store(folder: &std::path::Path, name: &str) -> Store {
        let mut store = Store::open(&folder.join(name)).unwrap();
        store.project(&Story::of_days(2).lines()).unwrap();
        store
    }

    #[test]
    fn two_stores_of_one_chain_are_the_same_whatever_they_read_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (store(folder.path(), "a.db"), store(folder.path(), "b.db"));
        other.write_readings(SessionId(1), &[Reading::Heartbeat(at(99_999))]).unwrap();
        let (compared, differences) = tables(one.ask().unwrap(), other.ask().unwrap()).unwrap();
        assert!(compared >= 8, "{compared}");
        assert_eq!(differences, [""; 0]);
    }

    #[test]
    fn the_first_row_that_differs_is_named_by_table_and_column() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (store(folder.path(), "a.db"), store(folder.path(), "b.db"));
        one.connected().unwrap().execute_batch("UPDATE fills SET price = '9' WHERE rowid = 2").unwrap();
        other.connected().unwrap().execute_batch("DELETE FROM facts WHERE n = 0").unwrap();
        let (_, differences) = tables(one.ask().unwrap(), other.ask().unwrap()).unwrap();
        assert_eq!(differences.len(), 2, "{differences:?}");
        assert!(differences[1].starts_with("table fills: row "), "{differences:?}");
    }
}
