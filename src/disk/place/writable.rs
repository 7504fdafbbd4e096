//! Whether a folder can be made and written into. Rights say less than an attempt does: root may write everywhere but on
//! what is mounted read-only.

use std::io;
use std::path::Path;

use super::PlaceError;
use crate::disk::{Disk, RealDisk};

pub(super) fn make(folder: &Path) -> Result<(), PlaceError> {
    RealDisk.create_folder(folder).map_err(|source| PlaceError::NotCreatable { folder: folder.to_owned(), source })
}

pub(super) fn try_writing(folder: &Path) -> Result<(), PlaceError> {
    let probe = folder.join(format!(".neo-{}.probe", std::process::id()));
    let attempt = || {
        match RealDisk.create(&probe) {
            // Left behind by a process of our number that died here: it was writable then, removing it shows if it is.
            Err(failure) if failure.kind() == io::ErrorKind::AlreadyExists => {}
            outcome => drop(outcome?),
        }
        RealDisk.remove(&probe)
    };
    attempt().map_err(|source| PlaceError::ReadOnly { folder: folder.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), b"").unwrap();
        let refusal = make(&folder.path().join("file/inner")).unwrap_err();
        assert!(matches!(refusal, PlaceError::NotCreatable { .. }), "{refusal}");
        assert!(refusal.to_string().contains("--db"), "{refusal}");
    }

    #[test]
    fn a_probe_leaves_nothing_even_where_one_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!(".neo-{}.probe", std::process::id()));
        std::fs::write(left, b"").unwrap();
        try_writing(folder.path()).unwrap();
        try_writing(folder.path()).unwrap();
        assert!(RealDisk.names(folder.path()).unwrap().is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_written_into_is_refused() {
        assert!(matches!(try_writing(Path::new("/proc/self")), Err(PlaceError::ReadOnly { .. })));
    }
}
