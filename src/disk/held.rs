//! Whether somebody holds a lock, found out without taking it: whoever only asks must not be in the way of a start.

use std::io;
use std::path::Path;

/// Whether a process holds the lock file at `path` right now. Takes no lock and writes nothing. Where the system does not
/// tell, the process that signed the file is asked for: one that runs is taken for its holder.
pub fn is_held(path: &Path) -> bool {
    // No lock file, no holder; and one that cannot be read is told of by whoever wants to lock it.
    held(path).unwrap_or(false)
}

#[cfg(target_os = "linux")]
fn held(path: &Path) -> io::Result<bool> {
    let lock = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(path)?);
    match std::fs::read_to_string("/proc/locks") {
        Ok(table) => Ok(is_in(&table, lock)),
        Err(_) => Ok(signer_runs(path)),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn held(path: &Path) -> io::Result<bool> {
    std::fs::metadata(path).map(|_| signer_runs(path))
}

/// A byte that another process has locked cannot be read, whether the file reaches there or not.
#[cfg(windows)]
fn held(path: &Path) -> io::Result<bool> {
    let file = std::fs::File::open(path)?;
    match std::os::windows::fs::FileExt::seek_read(&file, &mut [0], super::windows::FAR.into()) {
        Err(failure) => Ok(super::windows::is_locked(&failure)),
        Ok(_) => Ok(false),
    }
}

#[cfg(unix)]
fn signer_runs(path: &Path) -> bool {
    let pid = super::lock::holder_of(path).and_then(|holder| i32::try_from(holder.pid).ok());
    pid.and_then(rustix::process::Pid::from_raw).is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

/// `1: FLOCK  ADVISORY  WRITE 2531 fe:00:5955625 0 EOF`, see proc(5): the number of the file is the last of three. The
/// device is left out, because some file systems (btrfs, overlays) show another one here than to whoever asks the file.
#[cfg(target_os = "linux")]
fn is_in(table: &str, inode: u64) -> bool {
    table.lines().any(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (kind, mode) = (words.next(), words.nth(1));
        let file = words.nth(1).and_then(|file| file.rsplit(':').next()?.parse::<u64>().ok());
        kind == Some("FLOCK") && mode == Some("WRITE") && file == Some(inode)
    })
}

#[cfg(test)]
mod tests {
    use super::super::lock::{Holder, Lock};
    use super::*;
    use crate::domain::time::Timestamp;

    fn holder() -> Holder {
        Holder { pid: std::process::id(), host: "blackbird".to_owned(), since: Timestamp::default() }
    }

    #[test]
    fn a_lock_is_seen_while_it_is_held_and_not_a_moment_longer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.lock");
        assert!(!is_held(&path), "there is no file");
        let lock = Lock::take(&path, &holder()).unwrap();
        assert!(is_held(&path));
        drop(lock);
        #[cfg(target_os = "linux")]
        assert!(!is_held(&path), "its signer runs, and holds it no more");
    }

    #[test]
    fn looking_takes_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.lock");
        drop(Lock::take(&path, &holder()).unwrap());
        let before = std::fs::read(&path).unwrap();
        is_held(&path);
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert!(Lock::take(&path, &holder()).is_ok());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_a_whole_lock_on_that_very_file_counts() {
        let table = "1: FLOCK  ADVISORY  WRITE 2531 fe:00:5955625 0 EOF\n2: FLOCK  ADVISORY  READ 2531 fe:00:77 0 EOF\n\
            3: POSIX  ADVISORY  WRITE 9 fe:00:78 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 9 fe:00:79 0 EOF\nnonsense";
        assert!(is_in(table, 5_955_625));
        for other in [77, 78, 79, 595_562, 2531] {
            assert!(!is_in(table, other), "{other}");
        }
    }
}
