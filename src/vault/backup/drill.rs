//! A restore that is only tried: the backup and the journal on top of it, in a scratch folder, compared table by table
//! with the live store.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

use crate::disk::Disk;
use crate::disk::place::Place;
use crate::store::{OpenError, Reader, Store, StoreError, compare_tables};
use crate::vault::replay::{ReplayError, replay};

/// What a drill found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drilled {
    /// How many lines of the journal came on top of the backup.
    pub replayed: u64,
    /// How many tables were compared.
    pub tables: u64,
    /// Where the restored store says something else than the live one, one sentence each.
    pub differences: Vec<String>,
}

/// A drill could not be carried out. Nothing but the scratch folder was touched.
#[derive(Debug, Error)]
pub enum DrillError {
    /// The backup could not be copied.
    #[error("the drill could not copy {}: {why}", path.display())]
    Copy {
        /// Which.
        path: std::path::PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
    /// A store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A store cannot be read or filled.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read, or not be projected.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

impl Drilled {
    /// Whether a restore would lose nothing.
    pub fn is_the_same(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Restores `backup` into `scratch`, an empty folder, and compares it with the live store of `place`, which must be at
/// rest. Readings are taken as the backup has them: those that came later have no other copy.
pub fn drill(disk: &Arc<dyn Disk>, place: &Place, backup: &Path, scratch: &Path) -> Result<Drilled, DrillError> {
    let restored = scratch.join("s.db");
    disk.copy(backup, &restored).map_err(|why| DrillError::Copy { path: backup.to_owned(), why })?;
    let mut store = Store::open_on(Arc::clone(disk), &restored)?.with_baselines_in(place.backups());
    let replayed = replay(&**disk, place, &mut store)?;
    let live = Reader::open_on(&**disk, place.database())?;
    let compared = compare_tables(live.ask(), store.ask()?, None, None)?;
    let mut differences: Vec<String> = compared.first.iter().map(ToString::to_string).collect();
    if store.ask()?.cursor()? != live.ask().cursor()? || store.ask()?.counts()? != live.ask().counts()? {
        differences.push("the restored store has other lines than the live one".to_owned());
    }
    Ok(Drilled { replayed, tables: compared.tables, differences })
}
