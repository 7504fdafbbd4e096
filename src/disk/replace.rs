//! Replacing a small file so that, whatever happens, either the old or the new one is there, whole.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::Disk;

/// A file could not be replaced; the old one is as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step} {path}: {source}. The file is as it was before", path = path.display())]
pub struct CannotReplace {
    step: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl From<CannotReplace> for io::Error {
    fn from(cannot: CannotReplace) -> Self {
        Self::new(cannot.source.kind(), cannot)
    }
}

/// Writes `bytes` to a file beside `path`, syncs it, renames it into place and syncs the folder.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), CannotReplace> {
    let beside = beside(path);
    let failed = |step, path: &Path| {
        let path = path.to_owned();
        move |source| CannotReplace { step, path, source }
    };
    let outcome = write(disk, &beside, bytes)
        .map_err(failed("write", &beside))
        .and_then(|()| disk.rename(&beside, path).map_err(failed("put a new file in the place of", path)));
    if outcome.is_err() {
        // A leftover harms nobody: the next replacement removes it first.
        let _ = disk.remove(&beside);
    }
    outcome?;
    disk.sync_folder(path.parent().unwrap_or(Path::new(""))).map_err(failed("make safe the name of", path))
}

fn write(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    disk.remove_if_there(path)?;
    let mut file = disk.create(path)?;
    file.write_at(0, bytes)?;
    file.sync_data()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use crate::disk::memory::{Fault, Loss, MemoryDisk};

    const PATH: &str = "/s.receipts/39.txt";

    fn disk_with_old() -> MemoryDisk {
        let disk = MemoryDisk::new(7);
        disk.create_folder(Path::new("/s.receipts")).unwrap();
        replace(&disk, Path::new(PATH), b"old").unwrap();
        disk
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipt.txt");
        replace(&RealDisk, &path, b"old").unwrap();
        replace(&RealDisk, &path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(RealDisk.names(folder.path()).unwrap(), ["receipt.txt"]);
    }

    #[test]
    fn whichever_operation_fails_and_however_power_is_lost_old_or_new_is_there_whole() {
        for nth in 0..6 {
            for loss in [Loss::Unsynced, Loss::Nothing, Loss::Sectors, Loss::Tail] {
                let disk = disk_with_old();
                disk.fail(Fault::once(disk.operations() + nth, io::ErrorKind::StorageFull));
                let outcome = replace(&disk, Path::new(PATH), b"new");
                let found = disk.after_power_loss(loss).read(Path::new(PATH)).unwrap();
                assert!(found == b"old" || found == b"new", "{nth} {loss:?}: {found:?}");
                if outcome.is_ok() {
                    assert_eq!(found, b"new", "{nth} {loss:?}");
                }
            }
        }
    }

    #[test]
    fn a_leftover_of_an_earlier_attempt_is_in_nobodys_way() {
        let disk = disk_with_old();
        drop(disk.create(Path::new("/s.receipts/39.txt.new")).unwrap());
        replace(&disk, Path::new(PATH), b"new").unwrap();
        assert_eq!(disk.read(Path::new(PATH)).unwrap(), b"new");
    }
}
