//! The disk of this machine.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::faults::{self, Point};
use super::{Disk, DiskFile, FileId, Kind, Look};
use crate::domain::time::Timestamp;

/// The disk of this machine. Files are 0600 and folders 0700 where the system knows such things.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

#[derive(Debug)]
struct RealFile(File);

/// Opening a pipe, or a device, waits for whoever is at its other end.
fn refuse_pipe(path: &Path) -> io::Result<()> {
    let kind = fs::metadata(path)?.file_type();
    if kind.is_file() || kind.is_dir() { Ok(()) } else { Err(io::Error::other("it is no file")) }
}

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        Ok(Box::new(RealFile(options.open(path)?)))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        refuse_pipe(path)?;
        fs::read(path)
    }

    fn read_part(&self, path: &Path, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        refuse_pipe(path)?;
        let mut file = File::open(path)?;
        file.seek(io::SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(len as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn look(&self, path: &Path) -> io::Result<Look> {
        let found = fs::metadata(path)?;
        let kind = match found.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Folder,
            _ => Kind::Other,
        };
        // Some file systems keep no time; then nobody can draw conclusions from it.
        let since_1970 = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let modified = since_1970.and_then(|since| i64::try_from(since.as_millis()).ok()).map(Timestamp::from_millis);
        Ok(Look { kind, bytes: found.len(), modified, id: id_of(&found) })
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<u64> {
        refuse_pipe(from)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        let mut copy = options.open(to)?;
        let bytes = io::copy(&mut File::open(from)?, &mut copy)?;
        copy.sync_all()?;
        Ok(bytes)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        refuse_pipe(path)?;
        // Opened for writing because Windows flushes nothing else.
        OpenOptions::new().write(true).open(path)?.sync_all()
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                names.extend(entry.file_name().into_string());
            }
        }
        Ok(names)
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = folder.ancestors().take_while(|above| !is_here(above)).collect();
        private_folder().recursive(true).create(folder)?;
        missing.into_iter().filter_map(Path::parent).try_for_each(|parent| self.sync_folder(parent))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        patiently(|| fs::rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        patiently(|| fs::remove_file(path))
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(or_here(folder))?.sync_all()
    }

    /// Windows flushes no folder: the file system's own log keeps names.
    #[cfg(not(unix))]
    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn free(&self, folder: &Path) -> Option<u64> {
        match faults::hit(Point::FreeSpace) {
            Ok(()) => free_bytes(or_here(folder)),
            Err(_) => Some(0),
        }
    }
}

impl DiskFile for RealFile {
    #[cfg(unix)]
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.0, bytes, offset)
    }

    #[cfg(windows)]
    fn write_at(&mut self, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match std::os::windows::fs::FileExt::seek_write(&self.0, bytes, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    offset += written as u64;
                }
                Err(failure) if failure.kind() == io::ErrorKind::Interrupted => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    fn bytes(&self) -> io::Result<u64> {
        self.0.metadata().map(|found| found.len())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "another system does not say")]
fn id_of(found: &fs::Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    Some(FileId { device: found.dev(), number: found.ino() })
}

/// Windows tells it of open files only; there a database that is open keeps its name.
#[cfg(not(unix))]
fn id_of(_found: &fs::Metadata) -> Option<FileId> {
    None
}

/// Only the owner may read what we write.
pub(super) fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    // The local data folder is the owner's alone already.
    std::convert::identity(options);
}

/// Makes folders that only the owner may look into.
pub(crate) fn private_folder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "the other platform sets rights"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// The parent of a bare name is the empty path, which the system does not know.
pub(super) fn or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

#[cfg(windows)]
fn free_bytes(folder: &Path) -> Option<u64> {
    super::windows::free_bytes(folder).ok()
}

fn is_here(folder: &Path) -> bool {
    or_here(folder).exists()
}

#[cfg(not(windows))]
fn patiently(act: impl Fn() -> io::Result<()>) -> io::Result<()> {
    act()
}

/// Windows neither moves, replaces nor removes a file that somebody has open, a virus scanner for instance: most let go
/// soon.
#[cfg(windows)]
fn patiently(act: impl Fn() -> io::Result<()>) -> io::Result<()> {
    const TRIES: u32 = 40;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
    for _ in 1..TRIES {
        match act() {
            Err(failure) if super::windows::is_in_use(&failure) => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    act()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_at_an_offset_is_read_back_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut file = RealDisk.create(&path).unwrap();
        file.write_at(0, b"\n\n\n\n\n\n").unwrap();
        file.write_at(2, b"ab").unwrap();
        file.sync_data().unwrap();
        RealDisk.sync_folder(folder.path()).unwrap();
        RealDisk.sync_file(&path).unwrap();
        assert_eq!(RealDisk.read(&path).unwrap(), b"\n\nab\n\n");
        assert_eq!(RealDisk.read_part(&path, 3, 2).unwrap(), b"b\n");
        let found = RealDisk.look(&path).unwrap();
        assert_eq!((found.kind, found.bytes), (Kind::File, 6));
        assert_eq!(RealDisk.copy(&path, &folder.path().join("b")).unwrap(), 6);
        assert!(RealDisk.copy(&path, &folder.path().join("b")).is_err(), "never over another file");
    }

    #[test]
    fn a_file_that_is_there_already_is_never_created_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        drop(RealDisk.create(&path).unwrap());
        assert_eq!(RealDisk.create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn names_are_of_files_only() {
        let folder = tempfile::tempdir().unwrap();
        RealDisk.create_folder(&folder.path().join("deep/er")).unwrap();
        drop(RealDisk.create(&folder.path().join("a")).unwrap());
        assert_eq!(RealDisk.names(folder.path()).unwrap(), ["a"]);
    }

    #[cfg(unix)]
    #[test]
    fn files_and_folders_belong_to_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("outer/inner");
        RealDisk.create_folder(&inner).unwrap();
        drop(RealDisk.create(&inner.join("a")).unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder.path().join("outer")), 0o700);
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&inner.join("a")), 0o600);
    }
}
