//! How much room a disk has, and how much of it is enough for what.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::PlaceError;
use crate::disk::Disk;

/// Less free space than this and no session is started: a day's facts, readings and one backup must fit. With less a
/// session that runs warns.
pub const LEAST_FREE_BYTES: u64 = 64_000_000;

/// A session that stopped quoting on a full disk goes on with this: enough that it does not stop again at once.
pub const ENOUGH_AGAIN_BYTES: u64 = 16_000_000;

/// A copy leaves at least this much for the facts of the session that takes it.
const LEFT_BY_A_COPY: u64 = 16_000_000;

/// A copy would not leave enough room on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{folder} has {} left, and a copy of {} would leave too little of it for the session's facts: free some, then \
    try again", in_words(*.free), in_words(*.bytes), folder = .folder.display()
)]
pub struct NoRoomForCopy {
    /// Where the copy was to go.
    pub folder: PathBuf,
    /// Bytes that we may still write there.
    pub free: u64,
    /// The size of the copy.
    pub bytes: u64,
}

/// Refuses a copy of so many bytes into `folder` if it would fill the disk. Where the disk does not say how much room it
/// has, nothing is known against the copy.
pub fn refuse_too_large(disk: &dyn Disk, folder: &Path, bytes: u64) -> Result<(), NoRoomForCopy> {
    match disk.free(folder) {
        Some(free) if free < bytes.saturating_add(LEFT_BY_A_COPY) => {
            Err(NoRoomForCopy { folder: folder.to_owned(), free, bytes })
        }
        _ => Ok(()),
    }
}

pub(super) fn refuse_full(disk: &dyn Disk, folder: &Path) -> Result<(), PlaceError> {
    match disk.free(folder) {
        Some(free) if free < LEAST_FREE_BYTES => Err(PlaceError::TooLittleSpace { folder: folder.to_owned(), free }),
        _ => Ok(()),
    }
}

/// `63.2 MB`, in powers of ten as disks are sold; less than a megabyte in kB.
pub fn in_words(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    #[test]
    fn room_is_told_in_the_units_that_an_operator_thinks_in() {
        assert_eq!(in_words(0), "0.0 kB");
        assert_eq!(in_words(262_144), "262.1 kB");
        assert_eq!(in_words(LEAST_FREE_BYTES), "64.0 MB");
        assert_eq!(in_words(212_300_000_000), "212.3 GB");
    }

    #[test]
    fn a_copy_that_would_fill_the_disk_is_refused_with_both_sizes() {
        let folder = tempfile::tempdir().unwrap();
        refuse_too_large(&RealDisk, folder.path(), 1_000).unwrap();
        let refusal = refuse_too_large(&RealDisk, folder.path(), 1 << 60).unwrap_err();
        assert_eq!(refusal.bytes, 1 << 60);
        assert!(refusal.to_string().contains("1152921504.6 GB"), "{refusal}");
    }
}
