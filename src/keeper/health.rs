//! How keeping goes, for the screen and for the receipt.

use std::fmt;
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::store::Alone;
pub use crate::store::CheckpointAnswer;

/// How the two copies are doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// The chain of facts.
    pub journal: JournalHealth,
    /// The database.
    pub store: StoreHealth,
    /// What others did to the files of either that may have left them whole.
    pub touches: Touches,
    /// The newest checkpoint and how it went.
    pub checkpoint: Option<Done<CheckpointAnswer>>,
    /// The newest backup and how it went.
    pub backup: Option<Done<BackupDone>>,
    /// Room on the disk that the files lie on, at the newest look; `None` before the first, and where nobody can say.
    pub space: Option<SpaceHealth>,
    /// How far a backup that is being made has come; `None` while none is.
    pub backing_up: Option<Progress>,
    /// When the newest heartbeat was handed over.
    pub heartbeat_at: Option<Timestamp>,
}

/// The journal's side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalHealth {
    /// The number and the hash (hex) of the newest acknowledged line; `None` before the first.
    pub head: Option<(u64, String)>,
    /// The open segment's file name.
    pub segment: String,
    /// How long the newest acknowledgement took.
    pub last_ack: Duration,
    /// What is not on the disk any more under its name, empty while all is.
    pub gone: String,
    /// What is wrong, empty when nothing is.
    pub trouble: String,
}

/// The store's side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreHealth {
    /// The newest projected line.
    pub cursor: Option<u64>,
    /// Bytes in the write-ahead log after the newest checkpoint or commit, if known.
    pub wal_bytes: Option<u64>,
    /// What the database had without its log when the session began, or after the newest checkpoint of ours.
    pub alone: Alone,
    /// Readings that were dropped because the store was behind.
    pub readings_dropped: u64,
    /// Writes that failed at first and were tried once more on a new connection.
    pub second_tries: u64,
    /// What is not on the disk any more under its name, empty while all is.
    pub gone: String,
    /// What is wrong, empty when nothing is.
    pub trouble: String,
}

/// Files that others touched: a time was set, a checkpoint was made by hand, or bytes were written over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touches {
    /// How many were noticed.
    pub noticed: u32,
    /// How many of them had been noticed when both copies were last found whole.
    pub found_whole: u32,
    /// The newest, in words.
    pub newest: String,
}

/// Which copy is not what it should be, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotWhole {
    /// The chain of facts.
    Journal(String),
    /// The database.
    Store(String),
}

impl Touches {
    /// Whether nobody has found the copies whole since the newest one.
    pub const fn are_open(&self) -> bool {
        self.noticed > self.found_whole
    }
}

impl fmt::Display for NotWhole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(what) => write!(f, "the journal is not whole: {what}"),
            Self::Store(what) => write!(f, "the database is not whole: {what}"),
        }
    }
}

impl JournalHealth {
    /// Whether nothing is wrong.
    pub const fn is_well(&self) -> bool {
        self.trouble.is_empty() && self.gone.is_empty()
    }
}

impl StoreHealth {
    /// Whether nothing is wrong.
    pub const fn is_well(&self) -> bool {
        self.trouble.is_empty() && self.gone.is_empty()
    }
}

/// Room on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceHealth {
    /// Bytes that we may still write.
    pub free: u64,
    /// Whether the ballast lies there, whose removal lets a session close on a full disk.
    pub ballast: bool,
    /// Whether it is so little that an operator should make room now.
    pub low: bool,
}

/// Something that was tried: when, how long it took, and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<T> {
    /// When it was over.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What came of it.
    pub result: Result<T, String>,
}

/// How far a backup has come. Once all is copied (`done` is `total`) the copy is being verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pages that are copied.
    pub done: u32,
    /// Pages that there are.
    pub total: u32,
}

/// A verified copy of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupDone {
    /// Its file name in `s.backups/`.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// The newest line in it.
    pub cursor: Option<u64>,
}
