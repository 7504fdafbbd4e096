//! A folder of our own, for work on copies: for its owner alone, and gone when it is dropped, after a panic too.

use std::io;
use std::path::{Path, PathBuf};

use super::real::private_folder;

/// A folder that goes with this value, with all that lies in it.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Makes a new one inside `parent`.
    pub fn within(parent: &Path) -> io::Result<Self> {
        let builder = private_folder();
        let pid = std::process::id();
        // Left behind by a process of our number that was killed, or another thread's: never shared, never reused.
        for nth in 0..u32::MAX {
            let folder = parent.join(format!("neo-scratch-{pid}-{nth}"));
            match builder.create(&folder) {
                Err(failure) if failure.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self { folder }),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nobody needs what is in it, and what cannot be removed bears a name that says what it is.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_is_its_own_and_leaves_nothing_behind() {
        let parent = tempfile::tempdir().unwrap();
        let (one, other) = (Scratch::within(parent.path()).unwrap(), Scratch::within(parent.path()).unwrap());
        assert_ne!(one.path(), other.path());
        std::fs::create_dir(one.path().join("deep")).unwrap();
        std::fs::write(one.path().join("deep/file"), b"x").unwrap();
        drop((one, other));
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn it_is_gone_after_a_panic_too() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().to_owned();
        let panicked = std::panic::catch_unwind(move || {
            let _scratch = Scratch::within(&path).unwrap();
            panic!("in the middle of it");
        });
        assert!(panicked.is_err());
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_look_into_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::within(parent.path()).unwrap();
        assert_eq!(std::fs::metadata(scratch.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
