//! A folder of our own, for work on copies: for its owner alone, and gone when it is dropped, after a panic too.
//!
//! Whoever is killed leaves its folder behind. A lock in it, which goes with its process, tells those that are in use from
//! those that nobody needs: the next who makes one removes these.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::lock::{keep_name, try_lock};
use super::real::{private, private_folder};

/// How the folders are called: `neo-scratch-4711-0`, by process and number.
const PREFIX: &str = "neo-scratch-";

/// The file in it that is locked.
const LOCK: &str = "in-use.lock";

/// A folder that goes with this value, with all that lies in it.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    /// `None` once it is let go of: what is open cannot be removed everywhere.
    lock: Option<File>,
}

impl Scratch {
    /// Makes a new one inside `parent`, and removes those there whose process is gone.
    pub fn within(parent: &Path) -> io::Result<Self> {
        remove_abandoned(parent);
        let builder = private_folder();
        let pid = std::process::id();
        // Left behind by a process of our number that was killed, or another thread's: never shared, never reused.
        for nth in 0..u32::MAX {
            let folder = parent.join(format!("{PREFIX}{pid}-{nth}"));
            match builder.create(&folder) {
                Err(failure) if failure.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            if let Some(lock) = lock(&folder)? {
                return Ok(Self { folder, lock: Some(lock) });
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
        self.lock = None;
        // Nobody needs what is in it, and what cannot be removed now is removed by the next who makes one here.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Locks a folder; `None` if somebody else has it, or has removed it meanwhile because it was not locked yet.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private(&mut options);
    keep_name(&mut options);
    let path = folder.join(LOCK);
    let file = match options.open(&path) {
        Err(failure) if failure.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    Ok((try_lock(&file)? && path.exists()).then_some(file))
}

/// What cannot be listed or removed is left: it is untidy, and in nobody's way.
fn remove_abandoned(parent: &Path) {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    for folder in entries.filter(is_one_of_ours).map(|entry| entry.path()) {
        if let Ok(Some(lock)) = lock(&folder) {
            drop(Scratch { folder, lock: Some(lock) });
        }
    }
}

/// A folder, no link to one, that we own and that has a name as we give it: others' are not ours to lock or remove.
fn is_one_of_ours(entry: &std::fs::DirEntry) -> bool {
    let name = entry.file_name();
    let numbers = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split_once('-'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    numbers.is_some_and(|(pid, nth)| is_number(pid) && is_number(nth))
        && entry.metadata().is_ok_and(|found| found.is_dir() && is_owned_by_us(&found))
}

#[cfg(unix)]
fn is_owned_by_us(found: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(found) == rustix::process::geteuid().as_raw()
}

/// The temporary folder is each user's own.
#[cfg(not(unix))]
fn is_owned_by_us(_found: &std::fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

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

    #[test]
    fn the_next_one_removes_what_nobody_holds_and_nothing_else() {
        let parent = tempfile::tempdir().unwrap();
        let parent = parent.path();
        let in_use = Scratch::within(parent).unwrap();
        for name in ["neo-scratch-4711-0", "neo-scratch-4711-1", "neo-scratch-mine-0", "neo-scratch-7", "others"] {
            std::fs::create_dir(parent.join(name)).unwrap();
            std::fs::write(parent.join(name).join("s.db"), b"copy").unwrap();
        }
        std::fs::write(parent.join("neo-scratch-4711-0").join(LOCK), b"").unwrap();
        std::fs::write(parent.join("neo-scratch-4712-0"), b"a file").unwrap();
        let next = Scratch::within(parent).unwrap();
        let name = |scratch: &Scratch| scratch.path().file_name().unwrap().to_str().unwrap().to_owned();
        let mut left: Vec<String> = ["neo-scratch-4712-0", "neo-scratch-7", "neo-scratch-mine-0", "others"]
            .map(str::to_owned)
            .into_iter()
            .chain([name(&in_use), name(&next)])
            .collect();
        left.sort();
        assert_eq!(names(parent), left);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_is_called_like_one_is_not_followed() {
        let (parent, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("kept"), b"x").unwrap();
        std::os::unix::fs::symlink(other.path(), parent.path().join("neo-scratch-1-0")).unwrap();
        drop(Scratch::within(parent.path()).unwrap());
        assert_eq!(names(other.path()), ["kept"]);
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
