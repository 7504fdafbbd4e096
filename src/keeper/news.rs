//! What the keeper's threads have to tell.

use std::path::PathBuf;
use std::time::Duration;

use super::health::{BackupDone, CheckpointAnswer, Done, NotWhole};
use crate::domain::custody::ReadingsDigest;
use crate::domain::session::SessionId;
use crate::store::BackupKind;
use crate::store::rows::SessionRow;

/// Something that the runner must know.
#[derive(Debug)]
pub enum News {
    /// All facts up to and with this ticket are on disk.
    Recorded {
        /// The ticket given to [`super::Door::record`].
        ticket: u64,
        /// From handing in to being on disk.
        took: Duration,
    },
    /// The facts of this ticket are on no disk.
    Lost {
        /// The ticket given to [`super::Door::record`].
        ticket: u64,
        /// Why.
        why: String,
    },
    /// The journal could not be written; from now on the store vouches for the facts.
    JournalFailed(String),
    /// The journal had to leave a file it no longer trusts, and goes on in a new one.
    JournalMoved(String),
    /// What is written of the journal does not lie under its name any more: deleted, moved, replaced or cut. Told once.
    JournalGone(String),
    /// The same of the store, which goes on through its open handles. Told once.
    StoreGone(String),
    /// Others touched a file of either, which may be whole all the same: what, and how often, is in the keeper's health.
    Touched,
    /// Both copies were looked at closely, on a thread of its own.
    LookedClosely {
        /// How many touches had been noticed when the look began.
        noticed: u32,
        /// How long it took.
        took: Duration,
        /// Whether both are whole.
        found: Result<(), NotWhole>,
    },
    /// The folder of backups is gone, and the backups in it with it; the one that is due makes it anew.
    BackupsGone(PathBuf),
    /// There is no room on the disk, and the ballast was given up for it: the end of the session can be written, and not
    /// much more. Facts that find no place wait, in order, and are tried again every second. Told once, until there is
    /// room again.
    DiskFull(String),
    /// There is room again: what waited is on disk, and the ballast lies there anew.
    SpaceIsBack {
        /// Bytes that we may still write, if the disk says.
        free: Option<u64>,
    },
    /// There is little room left on the disk; told once.
    LittleSpace {
        /// Bytes that we may still write.
        free: u64,
    },
    /// The store cannot take facts or readings; the journal goes on, and the next start catches up.
    StoreFailed(String),
    /// A line that the store cannot tell of in its tables; it is kept as it is.
    Undigested {
        /// Its number.
        n: u64,
        /// Why.
        why: String,
    },
    /// The store works again and has caught up.
    StoreRecovered,
    /// A checkpoint was tried.
    Checkpoint(Done<CheckpointAnswer>),
    /// A backup has come further; how far is in the keeper's health.
    BackupGoesOn,
    /// A backup was tried, by a job on the store's thread.
    Backup {
        /// Why.
        kind: BackupKind,
        /// How it went.
        done: Done<BackupDone>,
    },
    /// A session's row, as it stands in the store.
    Row(SessionId, Result<Option<Box<SessionRow>>, String>),
    /// The digest of a session's readings as they stand in the store, or why there is none.
    Readings(SessionId, Result<ReadingsDigest, String>),
    /// A thread died; it will not come back.
    ThreadDied {
        /// Which.
        name: &'static str,
        /// Its last words.
        why: String,
    },
}
