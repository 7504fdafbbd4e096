//! A small file system of a test's own, so that a disk can really be full, or read-only, without harm to anybody.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory, mounted on a folder for as long as this lives.
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts one of so many megabytes on a folder. `None` where that is not allowed, and says so: the twins of these
    /// tests, on which faults are injected, run everywhere.
    pub fn on(folder: &Path, megabytes: u32) -> Option<Self> {
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { folder: folder.to_owned() }),
            refused => {
                let why = refused.map_or_else(|why| why.to_string(), |output| format!("{output:?}"));
                let mut stderr = std::io::stderr();
                // Past the harness, which shows nothing of a test that passes.
                let said = writeln!(
                    stderr,
                    "NOT RUN on a real full disk: no small file system can be mounted here ({why}); only the twin of \
                     this test, with injected faults, stands for it"
                );
                said.expect("a stderr");
                None
            }
        }
    }

    /// Fills it up to the last byte but `left`.
    pub fn fill_but(&self, left: u64) {
        let space = rustix::fs::statvfs(&self.folder).expect("a file system");
        let free = space.f_bavail * space.f_frsize;
        let mut file = File::create(self.filling()).expect("a file");
        let zeros = vec![0; 64 << 10];
        let mut wanted = free.saturating_sub(left);
        while wanted > 0 {
            let part = zeros.len().min(usize::try_from(wanted).expect("small"));
            match file.write(&zeros[..part]) {
                Ok(0) | Err(_) => break,
                Ok(written) => wanted -= written as u64,
            }
        }
    }

    /// Fills it up to the last byte, faster than anybody else can.
    pub fn fill(&self) {
        self.fill_but(0);
    }

    /// Gives the room back.
    pub fn free(&self) {
        fs::remove_file(self.filling()).expect("it was filled");
    }

    /// From now on nothing can be written on it.
    pub fn make_read_only(&self) {
        let done = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.folder).status();
        assert!(done.expect("mount").success());
    }

    fn filling(&self) -> PathBuf {
        self.folder.join("filling")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that a failed test left behind may still have files open there.
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
