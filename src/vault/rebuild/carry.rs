//! What no journal has, carried over into a store that is made anew.

use std::path::PathBuf;
use std::sync::Arc;

use super::{RebuildError, Rebuilt, clear, failed, scratch, scratch_copy};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::store::{Salvaged, Store, StoreError};
use crate::vault::backup::newest_fit;

/// Readings: from the old store first, and what is broken there from the newest backup that is whole. That they cannot
/// be had stops nothing: they may be lost, and the evidence is kept.
pub(super) fn carry_over(
    disk: &Arc<dyn Disk>,
    place: &Place,
    store: &mut Store,
    rebuilt: &mut Rebuilt,
) -> Result<(), RebuildError> {
    if disk.look(place.database()).is_ok() {
        let copy = scratch_copy(&**disk, place);
        if take_from(&**disk, place, store, copy, "what is left of the old database", rebuilt)? {
            return Ok(());
        }
    }
    let backup = newest_fit(&**disk, &place.backups()).map_err(failed("list", &place.backups()))?;
    if let Some((backup, _)) = backup {
        let (file, scratch) = (place.backups().join(&backup.name), scratch(place));
        clear(&**disk, &scratch)?;
        let copy = disk.copy(&file, &scratch).map(|_| scratch).map_err(failed("copy", &file));
        take_from(&**disk, place, store, copy, &format!("the backup {}", backup.name), rebuilt)?;
    }
    Ok(())
}

/// Whether all of the copy could be read.
fn take_from(
    disk: &dyn Disk,
    place: &Place,
    store: &mut Store,
    copy: Result<PathBuf, RebuildError>,
    source: &str,
    rebuilt: &mut Rebuilt,
) -> Result<bool, RebuildError> {
    let outcome = copy.and_then(|copy| Ok(store.salvage(&copy)?));
    clear(disk, &scratch(place))?;
    match outcome {
        Ok(Salvaged { readings, broken }) => {
            rebuilt.readings += readings;
            let but = if broken == 0 { String::new() } else { format!("; it could not be read at {broken} place(s)") };
            rebuilt.carried.push(format!("{readings} reading(s) were carried over from {source}{but}"));
            Ok(broken == 0)
        }
        Err(why @ (RebuildError::Store(StoreError::Open(_)) | RebuildError::File { .. })) => {
            rebuilt.carried.push(format!("no readings could be carried over from {source}: {why}"));
            Ok(false)
        }
        Err(why) => Err(why),
    }
}
