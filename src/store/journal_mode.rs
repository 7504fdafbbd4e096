//! How a database keeps what is about to change. It stands in the file's first page, and writing that can fail.

use rusqlite::Connection;

/// Lets the database keep its changes in that mode from now on (`WAL`, `DELETE`, …); answers the mode that it has then,
/// in small letters.
///
/// SQLite answers the mode before it has written it: only who asks for what comes behind the answer hears of a failure.
pub(super) fn set(connection: &Connection, mode: &str) -> rusqlite::Result<String> {
    let mut pragma = connection.prepare(&format!("PRAGMA journal_mode = {mode}"))?;
    let mut answers = pragma.query([])?;
    let mut answer = String::new();
    while let Some(row) = answers.next()? {
        answer = row.get(0)?;
    }
    Ok(answer)
}
