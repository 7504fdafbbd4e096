//! SQLite: every journal line as it was written, and beside it the tables that people ask. Fast, and safe to lose.
//!
//! The journal is the truth; nothing here is acknowledged to anybody. A [`Store`] is the one writing connection and
//! belongs to one thread. Everybody else takes a [`Reader`], or puts questions to the [`history::History`], and reads
//! are short, because a reader that stays open keeps the write-ahead log from being emptied. Nobody may touch the live
//! files by other means inside this process: closing such a handle would drop SQLite's locks.

mod adopted;
mod adopted_clash;
mod adopted_rows;
mod ask;
mod backups;
mod baseline;
mod checkpoint;
mod compare;
mod digest;
mod error;
mod exact;
mod facts;
pub mod history;
mod journal_mode;
mod making;
mod migrate;
mod open;
mod project;
pub mod query;
mod readings;
pub mod rows;
mod salvage;
mod sessions;
mod snapshot;
#[cfg(test)]
pub(crate) mod story;
mod writer;

pub use adopted::{AdoptedHeld, AdoptedSign};
pub use adopted_clash::Clash;
pub use ask::{Ask, Damage, LeftOpen, Reader};
pub(crate) use backups::BackupRow;
pub use backups::{BackupKind, OnRecord};
pub use baseline::{Baseline, check_baseline, sha256_of};
pub use checkpoint::{Alone, CheckpointAnswer};
pub use compare::{HowItDiffers, RowDiffers, TablesCompared, compare_tables};
pub use digest::Ended;
pub use error::{OpenError, StoreError};
pub use facts::{FactRow, Facts, NotRead};
pub use project::{Projected, Undigested};
pub use salvage::Salvaged;
pub use sessions::Replay;
pub(crate) use snapshot::{Copied, Snapshot};
pub use writer::Store;
