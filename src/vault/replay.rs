//! The journal's lines, read and proven on one thread while they are projected or compared on another.

use std::mem;
use std::ops::RangeBounds;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use thiserror::Error;

use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::reader::{ChainReport, ReadError, read_chain};
use crate::journal::record::Line;
use crate::store::{Store, StoreError, Undigested};

/// Lines are handed over in portions of this many.
const PORTION: usize = 8_192;

/// Portions that may wait between the reading and the projecting.
const WAITING: usize = 4;

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

/// What was projected.
#[derive(Debug, Default)]
pub(super) struct Replayed {
    /// How many lines.
    pub lines: u64,
    /// The first that this program understands and the tables refuse: rows stand in its way that no line before it made.
    pub refused: Option<Undigested>,
}

/// Projects all that comes behind the store's cursor.
pub(super) fn replay(disk: &dyn Disk, place: &Place, store: &mut Store) -> Result<Replayed, ReplayError> {
    let from = store.ask()?.cursor()?.map_or(0, |(n, _)| n + 1);
    let mut replayed = Replayed::default();
    read_in_portions(disk, &place.journal(), None, from.., |portion| {
        let projected = store.project(&portion)?;
        replayed.lines += projected.lines;
        // An adoption may lack its baseline, which is not the store's fault.
        let is_understood = |line: &Line| line.kind != "adopted" && line.fact().is_ok();
        let mut refused = projected.undigested.into_iter();
        let refused = refused.find(|one| portion.iter().any(|line| line.n == one.n && is_understood(line)));
        replayed.refused = replayed.refused.take().or(refused);
        Ok::<_, ReplayError>(())
    })?;
    Ok(replayed)
}

/// Reads and proves the journal on a thread of its own, and gives the lines of those numbers to `take` on this one.
/// `known` is as in [`read_chain`]. The first failure of `take` is the last portion that it is given.
pub(super) fn read_in_portions<E: From<ReadError>>(
    disk: &dyn Disk,
    folder: &Path,
    known: Option<u64>,
    numbers: impl RangeBounds<u64> + Send,
    take: impl FnMut(Vec<Line>) -> Result<(), E>,
) -> Result<ChainReport, E> {
    std::thread::scope(|scope| {
        let (hand_over, portions) = sync_channel::<Vec<Line>>(WAITING);
        let reading = scope.spawn(move || {
            let mut portion = Vec::new();
            // Nobody takes it after a failure on the other side, which tells of itself.
            let send = |portion| drop(hand_over.send(portion));
            let report = read_chain(disk, folder, known, |line| {
                if numbers.contains(&line.n) {
                    portion.push(line.to_line());
                }
                if portion.len() == PORTION {
                    send(mem::take(&mut portion));
                }
            })?;
            send(portion);
            Ok::<_, ReadError>(report)
        });
        let taken = portions.into_iter().try_for_each(take);
        let read = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        taken.and(read.map_err(E::from))
    })
}
