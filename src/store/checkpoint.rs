//! Moving the write-ahead log into the database, on our own timer, with a look at the answer.

use std::path::Path;

use super::ask::Reader;
use super::error::{OpenError, StoreError};
use super::writer::Store;
use crate::disk::Disk;
use crate::disk::faults::Point;
use crate::disk::sidecar::Sidecar;

/// The answer row of `PRAGMA wal_checkpoint(TRUNCATE)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointAnswer {
    /// Whether a reader or writer kept it from finishing.
    pub busy: bool,
    /// Pages in the log; −1 if there is none.
    pub log: i64,
    /// Pages moved into the database.
    pub checkpointed: i64,
}

/// What the database has without its log: it only ever grows, by checkpoints, whoever makes them. That it has less than it
/// had is hidden by a log that has the same pages anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alone {
    /// The number of its newest line; `None` before the first.
    newest: Option<u64>,
    /// How many backups were ever put on record in it.
    backups: u64,
}

impl Alone {
    /// Looks at the database at `path` and not at its log. A checkpoint that is under way may make it unreadable.
    ///
    /// # Errors
    /// If it cannot be read alone. One that no checkpoint has filled yet has nothing.
    pub fn of(disk: &dyn Disk, path: &Path) -> Result<Self, StoreError> {
        let alone = match Reader::open_copy(disk, path) {
            Err(OpenError::Empty(_)) => return Ok(Self::default()),
            alone => alone?,
        };
        let newest = alone.ask().cursor()?.map(|(n, _)| n);
        Ok(Self { newest, backups: alone.ask().backups_ever()? })
    }

    /// Whether nothing of `before` is missing.
    pub fn has_all_of(&self, before: &Self) -> bool {
        self.newest >= before.newest && self.backups >= before.backups
    }
}

impl Store {
    /// Checkpoints and empties the write-ahead log. An answer with `busy` is not an error: a reader was in the way, and
    /// the next one will do it.
    pub fn checkpoint(&mut self) -> Result<CheckpointAnswer, StoreError> {
        StoreError::pass(Point::Checkpoint, "checkpoint")?;
        self.checkpoints += 1;
        let answer = self.connected()?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
            Ok(CheckpointAnswer { busy: row.get(0)?, log: row.get(1)?, checkpointed: row.get(2)? })
        });
        answer.map_err(StoreError::doing("checkpoint"))
    }

    /// Bytes in the write-ahead log, by its name only; `None` if the system does not say.
    pub fn wal_bytes(&self) -> Option<u64> {
        let log = self.disk().find(&Sidecar::Log.of(self.path())).ok()?;
        Some(log.map_or(0, |log| log.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use crate::store::Reader;
    use crate::store::story::Story;

    #[test]
    fn a_checkpoint_empties_the_log_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("s.db")).unwrap();
        store.project(&Story::of_a_day(1).lines()).unwrap();
        assert!(store.wal_bytes().unwrap() > 0);
        let answer = store.checkpoint().unwrap();
        assert!(!answer.busy);
        assert_eq!(store.wal_bytes(), Some(0));
    }

    #[test]
    fn a_database_alone_grows_by_checkpoints_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut store = Store::open(&path).unwrap();
        let alone = || Alone::of(&RealDisk, &path).unwrap();
        assert_eq!(alone(), Alone::default());
        let lines = Story::of_a_day(1).lines();
        store.project(&lines).unwrap();
        assert_eq!(alone(), Alone::default());
        store.checkpoint().unwrap();
        let filled = alone();
        assert_eq!(filled.newest, lines.last().map(|line| line.n));
        assert!(filled.has_all_of(&Alone::default()) && !Alone::default().has_all_of(&filled));
    }

    #[test]
    fn a_reader_in_the_way_is_an_answer_not_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut store = Store::open(&path).unwrap();
        let reader = Reader::open(&path).unwrap();
        reader.connection.execute_batch("BEGIN; SELECT count(*) FROM facts").unwrap();
        store.project(&Story::of_a_day(1).lines()).unwrap();
        assert!(store.checkpoint().unwrap().busy);
        drop(reader);
        assert!(!store.checkpoint().unwrap().busy);
        assert_eq!(store.wal_bytes(), Some(0));
    }
}
