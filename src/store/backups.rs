//! The table of verified copies: what was made, what was pruned.

use rusqlite::params;

use super::error::StoreError;
use super::facts;
use super::writer::Store;
use crate::domain::time::Timestamp;
use crate::journal::record::Hash;

/// A verified copy, as `backups` tells it.
pub(crate) struct BackupRow<'a> {
    /// Its file name.
    pub(crate) name: &'a str,
    /// `pre`, `post`, `timer`, `manual`.
    pub(crate) kind: &'static str,
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
                    params![backup.name, backup.kind, backup.at.to_string(), bytes, n, hash],
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
