//! The journal's lines behind a store's cursor, projected into it.

use thiserror::Error;

use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::reader::{ReadError, read_chain};
use crate::journal::record::Line;
use crate::store::{Store, StoreError};

/// Lines are projected in portions of this many.
const PORTION: usize = 1_000;

/// A store could not be brought to where the journal is. What was projected stays.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
    /// The store cannot be read or filled.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Projects all that comes behind the store's cursor, and says how many lines it was.
pub(super) fn replay(disk: &dyn Disk, place: &Place, store: &mut Store) -> Result<u64, ReplayError> {
    let cursor = store.ask()?.cursor()?.map(|(n, _)| n);
    let (mut portion, mut count, mut outcome) = (Vec::<Line>::new(), 0_u64, Ok(()));
    read_chain(disk, &place.journal(), None, |line| {
        if outcome.is_err() || cursor.is_some_and(|cursor| line.n <= cursor) {
            return;
        }
        count += 1;
        portion.push(line.to_line());
        if portion.len() == PORTION {
            outcome = store.project(&portion).map(drop);
            portion.clear();
        }
    })?;
    outcome?;
    store.project(&portion)?;
    Ok(count)
}
