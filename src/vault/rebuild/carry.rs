//! What no journal has, carried over into a store that is made anew.

use std::iter::once;
use std::path::PathBuf;
use std::sync::Arc;

use super::{RebuildError, Rebuilt, clear, failed, scratch, scratch_copy};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::words::{counted, counted_that};
use crate::store::{Salvaged, Store, StoreError};
use crate::vault::backup::newest_fit;
use crate::vault::readings::{Source, gather};

/// Readings: from the old store first, and what is broken there from the newest backup that is whole; then each session
/// whose digest does not hold gets them from the copy whose does. That they cannot be had stops nothing: they may be
/// lost, and the evidence is kept.
pub(super) fn carry_over(
    disk: &Arc<dyn Disk>,
    place: &Place,
    store: &mut Store,
    rebuilt: &mut Rebuilt,
) -> Result<(), RebuildError> {
    if !from_the_old(&**disk, place, store, rebuilt)? {
        from_the_newest_backup(&**disk, place, store, rebuilt)?;
    }
    let backups = Source::backups(&**disk, place).map_err(failed("list", &place.backups()))?;
    let gathered = gather(disk, place, store, None, once(Source::Old).chain(backups));
    clear(&**disk, &scratch(place))?;
    let gathered = gathered?;
    rebuilt.readings += gathered.readings;
    rebuilt.carried.extend(gathered.account);
    Ok(())
}

/// Whether all of it could be read.
fn from_the_old(
    disk: &dyn Disk,
    place: &Place,
    store: &mut Store,
    rebuilt: &mut Rebuilt,
) -> Result<bool, RebuildError> {
    if disk.look(place.database()).is_err() {
        return Ok(false);
    }
    let copy = scratch_copy(disk, place);
    take_from(disk, place, store, copy, "what is left of the old database", rebuilt)
}

fn from_the_newest_backup(
    disk: &dyn Disk,
    place: &Place,
    store: &mut Store,
    rebuilt: &mut Rebuilt,
) -> Result<(), RebuildError> {
    let newest = newest_fit(disk, &place.backups()).map_err(failed("list", &place.backups()))?;
    let Some((backup, _)) = newest else { return Ok(()) };
    let (file, scratch) = (place.backups().join(&backup.name), scratch(place));
    clear(disk, &scratch)?;
    let copy = disk.copy(&file, &scratch).map(|_| scratch).map_err(failed("copy", &file));
    take_from(disk, place, store, copy, &format!("the backup {}", backup.name), rebuilt)?;
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
            let but = if broken == 0 {
                String::new()
            } else {
                format!("; it could not be read at {}", counted(broken, "place"))
            };
            let readings = counted_that(readings, "reading", "was", "were");
            rebuilt.carried.push(format!("{readings} carried over from {source}{but}"));
            Ok(broken == 0)
        }
        Err(RebuildError::Store(StoreError::Open(why))) => {
            // It is of a copy: its name, and what helps a database, would say nothing here.
            let why = why.in_a_word();
            rebuilt.carried.push(format!("no readings could be carried over from {source}: {why}"));
            Ok(false)
        }
        Err(why @ RebuildError::File { .. }) => {
            rebuilt.carried.push(format!("no readings could be carried over from {source}: {why}"));
            Ok(false)
        }
        Err(why) => Err(why),
    }
}
