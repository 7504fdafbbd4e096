//! What is lost with the power: six kinds, each made of what a disk promises and no more.
//!
//! Bytes are safe after a sync of their file that succeeded, names after a sync of their folder. All else was only handed
//! over, and may be on the disk or not. A sector is 512 bytes: it is written in whole or, where said, not at all well.

use std::sync::Arc;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

use super::tape::{OnPlatter, Step};

/// What a disk writes at once.
pub const SECTOR: usize = 512;

/// What is lost with the power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All that was not synced, bytes and names.
    Unsynced,
    /// Nothing: the system had written everything by itself.
    Nothing,
    /// Of what was not synced, sectors here and there, in any order: each sector of each write, each truncation and each
    /// change of a name is there or not by chance. Zeros stand where a file grew over a sector that is not.
    Sectors,
    /// A torn tail: in each file, all from some byte on of what was handed over; of the names, all from some change on.
    Tail,
    /// A garbage tail: as the torn tail, but of what was lost, each write's place may be full of garbage instead. The
    /// system had made room for it, or the sector was half written, and the bytes never came.
    GarbageTail,
    /// A clobbered neighbour: in each file one sector that was being written is garbage in whole, and with it whatever was
    /// synced there before. Other writes are there or not, each in whole; so are all changes of names together.
    Neighbour,
}

impl Loss {
    /// All six.
    pub const ALL: [Self; 6] =
        [Self::Unsynced, Self::Nothing, Self::Sectors, Self::Tail, Self::GarbageTail, Self::Neighbour];

    /// As in a table.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Unsynced => "unsynced is lost",
            Self::Nothing => "nothing is lost",
            Self::Sectors => "random sectors",
            Self::Tail => "torn tail",
            Self::GarbageTail => "garbage tail",
            Self::Neighbour => "clobbered neighbour",
        }
    }
}

/// What is left of a file.
pub(super) fn left(file: &OnPlatter, steps: &[Step], loss: Loss, random: &mut Pcg64Mcg) -> Arc<Vec<u8>> {
    let mut left = Arc::clone(&file.safe);
    let pending: Vec<&Step> = file.pending.iter().map(|pending| &steps[pending.step]).collect();
    if pending.is_empty() {
        return left;
    }
    match loss {
        Loss::Unsynced => {}
        Loss::Nothing => pending.iter().for_each(|step| apply(&mut left, step)),
        Loss::Sectors => pending.iter().for_each(|step| some_sectors(&mut left, step, random)),
        Loss::Tail => torn(&mut left, &pending, random, |_, _, _| {}),
        Loss::GarbageTail => torn(&mut left, &pending, random, |left, rest, random| {
            if heads(random) {
                garble(left, rest.0, rest.1, random);
            }
        }),
        Loss::Neighbour => clobber(&mut left, &pending, random),
    }
    left
}

/// Which of the changes of names are kept.
pub(super) fn kept<'a, T>(changes: &'a [T], loss: Loss, random: &mut Pcg64Mcg) -> Vec<&'a T> {
    let until = match loss {
        Loss::Unsynced => 0,
        Loss::Nothing => changes.len(),
        Loss::Sectors => return changes.iter().filter(|_| heads(random)).collect(),
        Loss::Tail | Loss::GarbageTail => below(changes.len() + 1, random),
        Loss::Neighbour => below(2, random) * changes.len(),
    };
    changes[..until].iter().collect()
}

/// Carries out a write or a truncation as a whole.
pub(super) fn apply(file: &mut Arc<Vec<u8>>, step: &Step) {
    match step {
        Step::Write { offset, bytes, .. } => write(Arc::make_mut(file), *offset, bytes),
        Step::Resize { len, .. } => resize(Arc::make_mut(file), *len),
        _ => {}
    }
}

/// Writes into a file that grows where it ends before, by zeros if need be.
pub(super) fn write(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let end = offset + bytes.len();
    if file.len() < end {
        resize(file, end);
    }
    file[offset..end].copy_from_slice(bytes);
}

/// Cuts a file, or lets it grow by zeros; `Vec::resize` goes byte by byte where nothing is optimised.
pub(super) fn resize(file: &mut Vec<u8>, len: usize) {
    file.truncate(len);
    file.extend_from_slice(&vec![0; len - file.len()]);
}

fn some_sectors(left: &mut Arc<Vec<u8>>, step: &Step, random: &mut Pcg64Mcg) {
    let Step::Write { offset, bytes, .. } = step else {
        if heads(random) {
            apply(left, step);
        }
        return;
    };
    for (start, end) in sectors(*offset, bytes.len()) {
        if heads(random) {
            write(Arc::make_mut(left), start, &bytes[start - offset..end - offset]);
        }
    }
}

/// Keeps all up to some byte; `lost` is told the place, offset and length, of each write or part of one behind it.
fn torn(
    left: &mut Arc<Vec<u8>>,
    pending: &[&Step],
    random: &mut Pcg64Mcg,
    lost: impl Fn(&mut Vec<u8>, (usize, usize), &mut Pcg64Mcg),
) {
    // A truncation counts as one byte: it is there or not.
    let size = |step: &&Step| if let Step::Write { bytes, .. } = step { bytes.len() } else { 1 };
    let mut kept = below(pending.iter().map(size).sum::<usize>() + 1, random);
    for step in pending {
        let whole = size(step) <= kept;
        match step {
            Step::Write { offset, bytes, .. } if !whole => {
                let left = Arc::make_mut(left);
                write(left, *offset, &bytes[..kept]);
                lost(left, (offset + kept, bytes.len() - kept), random);
            }
            _ if whole => apply(left, step),
            _ => {}
        }
        kept -= size(step).min(kept);
    }
}

fn clobber(left: &mut Arc<Vec<u8>>, pending: &[&Step], random: &mut Pcg64Mcg) {
    let writes: Vec<usize> = (0..pending.len())
        .filter(|nth| matches!(pending[*nth], Step::Write { bytes, .. } if !bytes.is_empty()))
        .collect();
    let hit = (!writes.is_empty()).then(|| writes[below(writes.len(), random)]);
    for (nth, step) in pending.iter().enumerate() {
        if Some(nth) != hit {
            if heads(random) {
                apply(left, step);
            }
            continue;
        }
        apply(left, step);
        if let Step::Write { offset, bytes, .. } = step {
            let (first, last) = (offset / SECTOR, (offset + bytes.len() - 1) / SECTOR);
            // At its two ends a write has neighbours; between them it has only itself.
            let sector = match below(3, random) {
                0 => first,
                1 => last,
                _ => first + below(last - first + 1, random),
            };
            let left = Arc::make_mut(left);
            let end = ((sector + 1) * SECTOR).min(left.len());
            garble(left, sector * SECTOR, end - sector * SECTOR, random);
        }
    }
}

fn garble(file: &mut Vec<u8>, offset: usize, len: usize, random: &mut Pcg64Mcg) {
    let mut garbage = vec![0; len];
    random.fill_bytes(&mut garbage);
    write(file, offset, &garbage);
}

/// The parts of a write that lie in one sector each: where they start and end in the file.
fn sectors(offset: usize, len: usize) -> impl Iterator<Item = (usize, usize)> {
    let end = offset + len;
    let mut start = offset;
    std::iter::from_fn(move || {
        let part = (start < end).then(|| (start, ((start / SECTOR + 1) * SECTOR).min(end)))?;
        start = part.1;
        Some(part)
    })
}

pub(super) fn heads(random: &mut Pcg64Mcg) -> bool {
    random.next_u32().is_multiple_of(2)
}

/// A number below `end`, which is not 0.
fn below(end: usize, random: &mut Pcg64Mcg) -> usize {
    usize::try_from(random.next_u64() % end as u64).unwrap_or(0)
}
