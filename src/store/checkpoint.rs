//! Moving the write-ahead log into the database, on our own timer, with a look at the answer.

use super::error::StoreError;
use super::writer::Store;
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
