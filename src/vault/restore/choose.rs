//! Which backup to restore from, and whether it can be trusted.

use std::path::{Path, PathBuf};

use super::{RestoreError, file};
use crate::disk::place::Place;
use crate::disk::sidecar::sidecars;
use crate::disk::{Disk, Look};
use crate::domain::time::Timestamp;
use crate::journal::record::Head;
use crate::store::BackupKind;
use crate::vault::backup::{self, OnShelf, Unfit, check};

/// The copy that a file is checked and restored from, so that nobody changes it in between.
const BORROWED: &str = "backup.db";

/// A backup that is fit.
pub(super) struct Chosen {
    pub(super) name: String,
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Where it is to be read from.
    pub(super) base: PathBuf,
    pub(super) taken_at: Option<Timestamp>,
    pub(super) bytes: u64,
    pub(super) head: Option<Head>,
    pub(super) passed_over: Vec<String>,
}

pub(super) fn choose(
    disk: &dyn Disk,
    place: &Place,
    from: Option<&Path>,
    scratch: &Path,
) -> Result<Chosen, RestoreError> {
    match from {
        None => newest(disk, &place.backups()),
        Some(path) => this_one(disk, path, scratch),
    }
}

/// Our own shelf is written by whoever has the lock only: nothing on it changes.
fn newest(disk: &dyn Disk, folder: &Path) -> Result<Chosen, RestoreError> {
    let mut passed_over = Vec::new();
    for OnShelf { name, taken_at, bytes, .. } in backup::with_lines(disk, folder).map_err(file("list", folder))? {
        let path = folder.join(&name);
        match check(disk, &path) {
            Err(why) => passed_over.push(format!("{name}: {why}")),
            Ok(checked) => {
                let (base, taken_at) = (path.clone(), Some(taken_at));
                return Ok(Chosen { name, path, base, taken_at, bytes, head: checked.head, passed_over });
            }
        }
    }
    Err(RestoreError::NoBackup { folder: folder.to_owned(), passed_over })
}

fn this_one(disk: &dyn Disk, path: &Path, scratch: &Path) -> Result<Chosen, RestoreError> {
    let said = backup::said_by(path);
    if said.is_some_and(|(kind, _)| kind == BackupKind::Baseline) {
        return Err(RestoreError::Baseline(path.to_owned()));
    }
    let look = |path: &Path| disk.look(path).map_err(file("look at", path));
    let before = look(path)?;
    refuse_companions(disk, path)?;
    let base = scratch.join(BORROWED);
    let bytes = disk.copy(path, &base).map_err(file("make a scratch copy of", path))?;
    let after = look(path)?;
    refuse_change(path, &before, &after, bytes)?;
    let checked = check(disk, &base).map_err(|why| unfit(path, why))?;
    Ok(Chosen {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        path: path.to_owned(),
        base,
        taken_at: said.map(|(_, taken_at)| taken_at),
        bytes,
        head: checked.head,
        passed_over: Vec::new(),
    })
}

/// The words are to name the file that was chosen, not our copy of it.
fn unfit(path: &Path, why: Unfit) -> RestoreError {
    let why = match why {
        Unfit::Open(why) => Unfit::Open(why.of(path)),
        why => why,
    };
    RestoreError::Unfit { path: path.to_owned(), why: Box::new(why) }
}

/// A file with a write-ahead log or a rollback journal beside it is not whole without it.
fn refuse_companions(disk: &dyn Disk, path: &Path) -> Result<(), RestoreError> {
    for companion in sidecars(path) {
        let found = disk.find(&companion).map_err(file("look at", &companion))?;
        if found.is_some_and(|found| found.bytes > 0) {
            let why = format!("{} lies beside it: somebody has it open, or did not close it", companion.display());
            return Err(RestoreError::InUse { path: path.to_owned(), why });
        }
    }
    Ok(())
}

fn refuse_change(path: &Path, before: &Look, after: &Look, copied: u64) -> Result<(), RestoreError> {
    if before == after && after.bytes == copied {
        return Ok(());
    }
    let why = "it changed while it was being read".to_owned();
    Err(RestoreError::InUse { path: path.to_owned(), why })
}
