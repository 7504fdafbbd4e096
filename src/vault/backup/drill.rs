//! A restore that is only tried: the backup and the journal on top of it, in a scratch folder, compared table by table
//! with what the facts make, and with the live store.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

use crate::disk::Disk;
use crate::disk::place::Place;
use crate::store::{OpenError, Reader, Store, StoreError, compare_tables};
use crate::vault::replay::{ReplayError, replay};
use crate::vault::verify::{VerifyError, first_row_apart};

/// What a drill found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drilled {
    /// How many lines of the journal came on top of the backup.
    pub replayed: u64,
    /// How many tables were compared.
    pub tables: u64,
    /// Where the restored store or the live one is not what the facts make it, one sentence each, with what to do.
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
    /// The tables cannot be made again from the facts.
    #[error(transparent)]
    Compare(#[from] VerifyError),
}

impl Drilled {
    /// Whether a restore would lose nothing.
    pub fn is_the_same(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Restores `backup` into `scratch`, an empty folder, and compares it with what the journal's facts make, and with the
/// live store of `place`, which must be at rest. Readings are taken as the backup has them: those that came later have no
/// other copy.
pub fn drill(disk: &Arc<dyn Disk>, place: &Place, backup: &Path, scratch: &Path) -> Result<Drilled, DrillError> {
    let restored = scratch.join("s.db");
    disk.copy(backup, &restored).map_err(|why| DrillError::Copy { path: backup.to_owned(), why })?;
    let mut store = Store::open_on(Arc::clone(disk), &restored)?.with_baselines_in(place.backups());
    let (replayed, stopped) = match replay(&**disk, place, &mut store) {
        Ok(replayed) => (replayed.lines, None),
        // A row that nobody can read keeps the lines behind it from being told.
        Err(ReplayError::Store(why)) if !why.is_full() => (0, Some(why.to_string())),
        Err(why) => return Err(why.into()),
    };
    drop(store);
    let (live, restored) = (Reader::open_on(&**disk, place.database())?, Reader::open_on(&**disk, &restored)?);
    // Whatever stopped the lines is likely to be a row, which can be named.
    let hurt = apart(&**disk, place, &restored)?.or(stopped);
    let Some(hurt) = hurt else {
        let (tables, differences) = beside(&restored, &live)?;
        return Ok(Drilled { replayed, tables, differences });
    };
    let name = backup.file_name().unwrap_or_default().to_string_lossy();
    let mut differences = vec![format!(
        "the backup {name}: {hurt}; `neo backup create` makes one without this fault, and a `neo restore` of this one \
         makes every table anew from the journal"
    )];
    // Only the facts can tell of the live store, where what was restored cannot.
    differences.extend(apart(&**disk, place, &live)?.map(|row| in_the_live_one(&row)));
    Ok(Drilled { replayed, tables: 0, differences })
}

/// The live store beside one that is what the facts make it: how many tables were compared, and what differs.
fn beside(restored: &Reader, live: &Reader) -> Result<(u64, Vec<String>), StoreError> {
    let compared = compare_tables(restored.ask(), live.ask(), None, None)?;
    let mut differences: Vec<String> = compared.first.iter().map(|row| in_the_live_one(&row.to_string())).collect();
    if restored.ask().cursor()? != live.ask().cursor()? || restored.ask().counts()? != live.ask().counts()? {
        differences
            .push("the restored store has other lines than the live one; `neo verify --all` says which".to_owned());
    }
    Ok((compared.tables, differences))
}

fn in_the_live_one(row: &str) -> String {
    format!("the live database: {row}; `neo rebuild` makes its tables anew from the journal")
}

/// The first row that is not what the facts make it, or what keeps it from being read.
fn apart(disk: &dyn Disk, place: &Place, store: &Reader) -> Result<Option<String>, DrillError> {
    match first_row_apart(disk, place, store) {
        Ok(apart) => Ok(apart.map(|row| row.to_string())),
        Err(VerifyError::Store(why)) => Ok(Some(why.to_string())),
        Err(why) => Err(why.into()),
    }
}
