//! A question in SQL from outside: read-only, one statement, this database and no other.

use std::path::Path;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use serde::Serialize;
use thiserror::Error;

use super::ask::Reader;
use super::error::OpenError;

/// An answer: a name for each column, a cell for each column in each row.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Table {
    /// The names, as the question gives them.
    pub columns: Vec<String>,
    /// The rows, in the order of the answer.
    pub rows: Vec<Vec<Cell>>,
}

/// One value of SQLite's. As JSON: null, a number, a text; bytes as a text of hex digits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// NULL
    Null,
    /// INTEGER
    Integer(i64),
    /// REAL: a shadow or something the question computed, never money.
    Real(f64),
    /// TEXT
    Text(String),
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum QueryError {
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nothing was asked.
    #[error(
        "there is no question; try: SELECT session_id, started_at, ended_at, status FROM sessions ORDER BY session_id"
    )]
    Nothing,
    /// More than one statement.
    #[error("only one statement can be asked at a time")]
    Several,
    /// It would write, attach or change a setting.
    #[error("only questions are answered here: nothing that writes, attaches or changes a setting")]
    NotAQuestion,
    /// SQLite cannot make sense of it, or could not finish.
    #[error("the question was not answered: {0}")]
    Failed(rusqlite::Error),
}

impl QueryError {
    /// Whether pages of the database are to blame, and not the question.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Failed(why) if why.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseCorrupt))
    }
}

impl From<rusqlite::Error> for QueryError {
    fn from(why: rusqlite::Error) -> Self {
        match why {
            rusqlite::Error::MultipleStatement => Self::Several,
            why => match why.sqlite_error_code() {
                Some(rusqlite::ErrorCode::AuthorizationForStatementDenied | rusqlite::ErrorCode::ReadOnly) => {
                    Self::NotAQuestion
                }
                _ => Self::Failed(why),
            },
        }
    }
}

/// Puts one question to the database at `path`, safe beside a running session. The whole answer is held in memory.
pub fn query(path: &Path, sql: &str) -> Result<Table, QueryError> {
    let mut reader = Reader::open(path)?;
    reader.connection.authorizer(Some(only_questions))?;
    let mut statement = reader.connection.prepare(sql)?;
    if !statement.readonly() {
        return Err(QueryError::NotAQuestion);
    }
    if statement.column_count() == 0 {
        return Err(QueryError::Nothing);
    }
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let width = columns.len();
    let mut answer = statement.query([])?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next()? {
        rows.push((0..width).map(|column| row.get_ref(column).map(Cell::from)).collect::<rusqlite::Result<_>>()?);
    }
    Ok(Table { columns, rows })
}

fn only_questions(asked: AuthContext<'_>) -> Authorization {
    /// Pragmas that tell and set nothing, whatever they are given.
    const TELLING: [&str; 9] = [
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "quick_check",
        "integrity_check",
        "compile_options",
    ];
    match asked.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if function_name != "load_extension" => Authorization::Allow,
        AuthAction::Pragma { pragma_name, .. } if TELLING.contains(&pragma_name) => Authorization::Allow,
        AuthAction::Pragma { pragma_name: "user_version" | "application_id", pragma_value: None } => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(bytes) => Self::Text(String::from_utf8_lossy(bytes).into_owned()),
            ValueRef::Blob(bytes) => Self::Text(hex(bytes)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::story::Story;

    fn asked(sql: &str) -> Result<Table, QueryError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        Store::open(&path).unwrap().project(&Story::of_a_day(1).lines()).unwrap();
        query(&path, sql)
    }

    #[test]
    fn the_question_that_uncovered_the_defect_still_works() {
        let table =
            asked("SELECT session_id, ended_at IS NULL AS unended, status FROM sessions ORDER BY session_id;").unwrap();
        assert_eq!(table.columns, ["session_id", "unended", "status"]);
        assert_eq!(table.rows, [[Cell::Integer(1), Cell::Integer(0), Cell::Text("CLOSED".into())]]);
    }

    #[test]
    fn the_views_and_the_schema_can_be_asked() {
        for sql in [
            "SELECT * FROM v_sessions",
            "SELECT * FROM v_fills",
            "SELECT * FROM v_mid",
            "SELECT * FROM v_value",
            "PRAGMA table_info(fills)",
            "EXPLAIN QUERY PLAN SELECT * FROM fills WHERE session_id = 1",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT * FROM n -- nine",
        ] {
            asked(sql).unwrap();
        }
    }

    #[test]
    fn nothing_but_a_question_is_answered() {
        for sql in [
            "DELETE FROM facts",
            "UPDATE sessions SET status = 'OPEN' RETURNING status",
            "CREATE TABLE t (a)",
            "CREATE TEMP TABLE t (a)",
            "ATTACH 'x.db' AS x",
            "PRAGMA query_only = 0",
            "PRAGMA wal_checkpoint(TRUNCATE)",
            "PRAGMA user_version = 7",
            "BEGIN",
            "VACUUM",
            "SELECT load_extension('x')",
        ] {
            assert!(matches!(asked(sql), Err(QueryError::NotAQuestion | QueryError::Failed(_))), "{sql}");
        }
    }

    #[test]
    fn several_and_none_are_told_apart_from_nonsense() {
        assert!(matches!(asked("SELECT 1; SELECT 2"), Err(QueryError::Several)));
        assert!(matches!(asked("SELECT 1; DELETE FROM facts"), Err(QueryError::NotAQuestion | QueryError::Several)));
        assert!(matches!(asked("  -- nothing"), Err(QueryError::Nothing)));
        assert!(matches!(asked("SELEKT 1"), Err(QueryError::Failed(_))));
    }
}
