//! The table of verified copies: what was made, what was pruned.

use rusqlite::params;

use super::ask::Ask;
use super::error::StoreError;
use super::facts;
use super::writer::Store;
use crate::domain::time::Timestamp;
use crate::journal::record::Hash;

/// Why a copy was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BackupKind {
    /// Before a session.
    Pre,
    /// After a session.
    Post,
    /// While one ran.
    Timer,
    /// The operator asked for it.
    Manual,
    /// The rows taken over from the earlier engine: part of the chain, and never removed.
    Baseline,
}

impl BackupKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pre, Self::Post, Self::Timer, Self::Manual, Self::Baseline];

    /// As in the file's name and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Post => "post",
            Self::Timer => "timer",
            Self::Manual => "manual",
            Self::Baseline => "baseline",
        }
    }
}

/// What the table says of a copy that was not pruned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnRecord {
    /// Its file name.
    pub name: String,
    /// Its size, in bytes.
    pub bytes: u64,
    /// The number of the newest line in it.
    pub cursor: Option<u64>,
}

/// A verified copy, as `backups` tells it.
pub(crate) struct BackupRow<'a> {
    /// Its file name.
    pub(crate) name: &'a str,
    /// Why it was taken.
    pub(crate) kind: BackupKind,
    /// When it was taken.
    pub(crate) at: Timestamp,
    /// Its size.
    pub(crate) bytes: u64,
    /// The newest line in it.
    pub(crate) cursor: Option<(u64, Hash)>,
}

impl Store {
    /// Puts a verified copy on record.
    pub(crate) fn record_backup(&mut self, backup: &BackupRow<'_>) -> Result<(), StoreError> {
        self.write("put a backup on record", |transaction| {
            let bytes = facts::key(backup.bytes);
            let (n, hash) = backup.cursor.map(|(n, hash)| (facts::key(n), hash.to_string())).unzip();
            transaction
                .execute(
                    "INSERT INTO backups (name, kind, created_at, bytes, cursor_n, cursor_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (name) DO UPDATE SET created_at = ?3, bytes = ?4, cursor_n = ?5, cursor_hash = ?6, removed_at = NULL",
                    params![backup.name, backup.kind.as_str(), backup.at.to_string(), bytes, n, hash],
                )
                .map_err(StoreError::doing("put a backup on record"))?;
            Ok(())
        })
    }

    /// Puts on record that copies are gone.
    pub(crate) fn record_pruned(&mut self, names: &[String], at: Timestamp) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        self.write("put pruned backups on record", |transaction| {
            names.iter().try_for_each(|name| {
                let pruned =
                    transaction.execute("UPDATE backups SET removed_at = ?2 WHERE name = ?1", (name, at.to_string()));
                pruned.map(drop).map_err(StoreError::doing("put pruned backups on record"))
            })
        })
    }
}

impl Ask<'_> {
    /// How many copies were ever put on record.
    pub(super) fn backups_ever(self) -> Result<u64, StoreError> {
        let count =
            self.rows("SELECT count(*) FROM backups", "count the backups on record", |row| row.get::<_, i64>(0))?;
        Ok(count.first().map_or(0, |count| count.unsigned_abs()))
    }

    /// The copies that are on record and were not pruned, by name.
    pub fn backups_on_record(self) -> Result<Vec<OnRecord>, StoreError> {
        const SQL: &str = "SELECT name, bytes, cursor_n FROM backups WHERE removed_at IS NULL ORDER BY name";
        self.rows(SQL, "read what backups are on record", |row| {
            let number = |column| row.get::<_, Option<i64>>(column).map(|number| number.map(i64::unsigned_abs));
            Ok(OnRecord { name: row.get(0)?, bytes: number(1)?.unwrap_or_default(), cursor: number(2)? })
        })
    }
}
