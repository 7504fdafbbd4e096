//! Baselines: databases with our own schema that hold nothing but rows taken over from another engine. A fact names one
//! by its digest, and projecting that fact copies its rows; so a baseline never changes, and is never pruned.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};

use super::adopted_rows::digest;
use super::error::{OpenError, StoreError};
use super::migrate::{self, Found};
use super::open;
use crate::disk::Disk;
use crate::domain::adoption::{Adopted, Digested};
use crate::journal::record::Hash;

/// Everything that a baseline may hold, in an order in which it can be copied.
pub(super) const TABLES: [&str; 11] = [
    "sessions",
    "orders",
    "fills",
    "capital_events",
    "adopted_market_snapshots",
    "adopted_valuation_snapshots",
    "adopted_inventory_ledger",
    "adopted_system_metrics",
    "adopted_engine_state",
    "adopted_texts",
    "adopted_refusals",
];

/// How much of a file is read at once.
const PART: usize = 1 << 20;

/// A baseline in the making, in memory: what nobody wants is gone without a trace.
#[derive(Debug)]
pub struct Baseline {
    connection: Connection,
}

/// Where a store finds its baselines.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
}

impl Baseline {
    /// An empty one, with the newest schema.
    pub fn empty() -> Result<Self, OpenError> {
        let memory = Path::new(":memory:");
        let failed = |why| OpenError::from_sqlite(memory, "making it", why);
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        migrate::migrate(&mut connection, memory, Found::Nothing)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection })
    }

    /// To write rows into it, and to ask it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Writes it to a file that must not exist yet, and syncs it; its name is the caller's to make safe.
    pub fn write_to(&self, disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
        let file = |why| StoreError::Open(OpenError::NotCreated { path: path.to_owned(), why });
        drop(disk.create(path).map_err(file)?);
        let write = || {
            let mut copy = open::blank(disk, path)?;
            Backup::new(&self.connection, &mut copy)?.run_to_completion(i32::MAX, std::time::Duration::ZERO, None)?;
            copy.close().map_err(|(_, why)| why)
        };
        write().map_err(StoreError::doing("write a baseline"))?;
        disk.sync_file(path).map_err(file)
    }
}

impl Shelf {
    /// Opens the baseline of an adoption, or says why not.
    pub(super) fn open(&self, adopted: &Adopted) -> Result<Connection, String> {
        open_baseline(&*self.disk, &self.folder, adopted)
    }
}

/// Whether the baseline of an adoption lies in `folder` as it should; if not, why, in words.
pub fn check_baseline(disk: &dyn Disk, folder: &Path, adopted: &Adopted) -> Result<(), String> {
    open_baseline(disk, folder, adopted).map(drop)
}

/// By its bytes, or else by its rows: one that was made anew after the first was lost has other bytes.
fn open_baseline(disk: &dyn Disk, folder: &Path, adopted: &Adopted) -> Result<Connection, String> {
    let Digested { name, sha256 } = &adopted.baseline;
    if Path::new(name).components().count() != 1 {
        return Err(format!("its baseline has the name `{name}`, which leads out of the backups' folder"));
    }
    let path = folder.join(name);
    let unreadable = |why: &dyn std::fmt::Display| format!("its baseline {} cannot be read: {why}", path.display());
    let found = match sha256_of(disk, &[&path]) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            return Err(format!("its baseline {} is gone", path.display()));
        }
        found => found.map_err(|why| unreadable(&why))?,
    };
    // Nobody writes it, so nothing is to be locked, and nothing laid beside it.
    let uri = open::uri(disk, &path) + "&immutable=1";
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri, flags).map_err(|why| unreadable(&why))?;
    // What cannot be read to its end is not what was meant either.
    let same_rows = || adopted.rows.is_some() && digest(&connection, 0).ok() == adopted.rows;
    if found == *sha256 || same_rows() {
        return Ok(connection);
    }
    Err(format!("its baseline {} was changed: its digest is {found} and was {sha256}", path.display()))
}

/// The SHA-256 of files' bytes, one behind the other, as 64 hex digits.
pub fn sha256_of(disk: &dyn Disk, paths: &[&Path]) -> io::Result<String> {
    let mut digest = Sha256::new();
    for path in paths {
        let mut offset = 0;
        loop {
            let part = disk.read_part(path, offset, PART)?;
            digest.update(&part);
            offset += part.len() as u64;
            if part.len() < PART {
                break;
            }
        }
    }
    Ok(Hash(digest.finalize().into()).to_string())
}
