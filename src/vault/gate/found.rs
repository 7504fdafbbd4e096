//! The store of a new house. It is made whole beside its place and given its name last: a start that is cut off leaves no
//! database, or all of it, and never a torn one that looks as if a house had been here.

use std::sync::Arc;

use super::GateError;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::store::Store;
use crate::vault::swap::sidecars;

/// Makes it where no database is. An empty file or a sidecar that lies in its place is left to SQLite, which knows what
/// to do with each beside a new database.
pub(super) fn store(disk: &Arc<dyn Disk>, place: &Place) -> Result<(), GateError> {
    let database = place.database();
    let mut names = [database.to_owned()].into_iter().chain(sidecars(database));
    if names.any(|name| disk.look(&name).is_ok()) {
        return Ok(());
    }
    Ok(Store::found(&**disk, database)?)
}

#[cfg(test)]
mod tests {
    use crate::disk::sim::{Loss, MemoryDisk};

    use super::*;

    fn empty_place() -> (MemoryDisk, Place) {
        let (disk, place) = (MemoryDisk::new(1), Place::around("/sim/s.db"));
        disk.create_folder(place.folder()).unwrap();
        (disk, place)
    }

    #[test]
    fn a_new_database_is_there_in_whole_or_not_at_all_whenever_the_power_goes() {
        let (disk, place) = empty_place();
        let arc: Arc<dyn Disk> = Arc::new(disk.clone());
        store(&arc, &place).unwrap();
        let whole = disk.read(place.database()).unwrap();
        let tape = disk.tape();
        let mut platter = tape.platter();
        for position in 0..=tape.len() {
            platter.advance_to(position);
            for (kind, loss) in Loss::ALL.into_iter().enumerate() {
                let after = platter.after(loss, (position * 6 + kind) as u64);
                if let Ok(found) = after.read(place.database()) {
                    assert!(found == whole, "{} of {} bytes, {loss:?} at {position}", found.len(), whole.len());
                }
            }
        }
    }

    #[test]
    fn a_file_that_lies_there_already_is_left_as_it_is() {
        let (disk, place) = empty_place();
        disk.put(place.database(), b"");
        store(&(Arc::new(disk.clone()) as Arc<dyn Disk>), &place).unwrap();
        assert_eq!(disk.read(place.database()).unwrap(), b"");
    }
}
