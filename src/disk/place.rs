//! Where a database and all that belongs to it lie, and whether that is a place to trust with money.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::real::or_here;
use super::{Disk, RealDisk};

/// Less free space than this and no session is started: a day's facts, readings and one backup must fit.
pub const LEAST_FREE_BYTES: u64 = 64 << 20;

/// A database `s.db` and what lies beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    database: PathBuf,
    stem: OsString,
}

/// No safe place for a database. Nothing was touched but folders that may have been created.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The path names no file.
    #[error("{path} is a folder and cannot be the database: give a file in it, as in --db {example}",
        path = .0.display(), example = .0.join("paper.db").display())]
    IsFolder(PathBuf),
    /// The path is a link that leads nowhere: to a disk that is not there, most likely.
    #[error("{path} is a link to a file that is not there: mount the disk that it leads to or mend the link, or choose \
        another place with --db", path = .0.display())]
    DanglingLink(PathBuf),
    /// The file has a second name, beside which a second journal and a second lock would lie.
    #[error("{path} has {names} names (hard links), and a lock beside one of them does not keep a second neo out by \
        another: remove the other names, or make a copy and use that with --db", path = .path.display())]
    SeveralNames {
        /// The database.
        path: PathBuf,
        /// How many.
        names: u64,
    },
    /// A folder does not exist and cannot be made.
    #[error("cannot create the folder {folder}: {source}; choose another place with --db", folder = .folder.display())]
    NotCreatable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing can be written there.
    #[error("cannot write into {folder}: {source}; make it writable, or choose another place with --db",
        folder = .folder.display())]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another machine's disk: locks and syncs do not hold there.
    #[error("{folder} is a network folder ({kind}), where locks and syncs cannot be trusted: \
        choose a place on a disk of this machine with --db", folder = .folder.display())]
    Network {
        /// The folder.
        folder: PathBuf,
        /// Which kind, as in `nfs`.
        kind: String,
    },
    /// The disk is nearly full.
    #[error("{folder} has {free} bytes left and {LEAST_FREE_BYTES} are needed to start: free some, or choose another \
        place with --db", folder = .folder.display())]
    TooLittleSpace {
        /// The folder.
        folder: PathBuf,
        /// Bytes that we may still write.
        free: u64,
    },
}

impl Place {
    /// The place around a database's path: `s.db` is followed by `s.journal/`, `s.lock` and so on. A name that does not
    /// end in `.db` is followed as a whole. A link is followed to the file itself: beside each of its names a journal and a
    /// lock of its own would lie, and two writers would meet in one database.
    pub fn around(database: impl Into<PathBuf>) -> Self {
        let database = behind_links(database.into());
        let is_db = database.extension() == Some(OsStr::new("db"));
        let stem = if is_db { database.file_stem() } else { database.file_name() }.unwrap_or_default().to_owned();
        Self { database, stem }
    }

    /// `s.db`
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// `s.journal/`: segments, and files of segments that were set aside.
    pub fn journal(&self) -> PathBuf {
        self.beside(".journal")
    }

    /// `s.backups/`
    pub fn backups(&self) -> PathBuf {
        self.beside(".backups")
    }

    /// `s.quarantine/`
    pub fn quarantine(&self) -> PathBuf {
        self.beside(".quarantine")
    }

    /// `s.receipts/`
    pub fn receipts(&self) -> PathBuf {
        self.beside(".receipts")
    }

    /// `s.lock`
    pub fn lock(&self) -> PathBuf {
        self.beside(".lock")
    }

    /// The folder that all of it lies in.
    pub fn folder(&self) -> &Path {
        or_here(self.database.parent().unwrap_or(Path::new("")))
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.stem.clone();
        name.push(suffix);
        self.database.with_file_name(name)
    }

    /// Creates the folders that a writer needs and refuses a place that is not safe.
    pub fn prepare(&self) -> Result<(), PlaceError> {
        if self.stem.is_empty() || self.database.is_dir() {
            return Err(PlaceError::IsFolder(self.database.clone()));
        }
        if self.database.is_symlink() {
            return Err(PlaceError::DanglingLink(self.database.clone()));
        }
        refuse_several_names(&self.database)?;
        make(self.folder())?;
        refuse_network(self.folder())?;
        for folder in [self.journal(), self.backups(), self.receipts()] {
            make(&folder)?;
        }
        for folder in [self.folder().to_owned(), self.journal()] {
            try_writing(&folder)?;
        }
        refuse_full(self.folder())
    }
}

/// The file that a path means in the end; a link that leads nowhere, or in a circle, is left as it is.
fn behind_links(path: PathBuf) -> PathBuf {
    if path.is_symlink() { path.canonicalize().unwrap_or(path) } else { path }
}

#[cfg(unix)]
fn refuse_several_names(database: &Path) -> Result<(), PlaceError> {
    // A database that cannot be looked at is none, or its opening says why.
    let names = std::fs::metadata(database).map_or(1, |found| std::os::unix::fs::MetadataExt::nlink(&found));
    if names > 1 {
        return Err(PlaceError::SeveralNames { path: database.to_owned(), names });
    }
    Ok(())
}

/// Windows does not say without opening the file.
#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "the other platform can fail")]
fn refuse_several_names(_database: &Path) -> Result<(), PlaceError> {
    Ok(())
}

fn make(folder: &Path) -> Result<(), PlaceError> {
    RealDisk.create_folder(folder).map_err(|source| PlaceError::NotCreatable { folder: folder.to_owned(), source })
}

/// Rights say less than an attempt does: root may write everywhere but on what is mounted read-only.
fn try_writing(folder: &Path) -> Result<(), PlaceError> {
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

/// Where the system cannot say what lies there, nothing is known against the place.
fn refuse_network(folder: &Path) -> Result<(), PlaceError> {
    match network_kind(folder) {
        Some(kind) => Err(PlaceError::Network { folder: folder.to_owned(), kind }),
        None => Ok(()),
    }
}

fn refuse_full(folder: &Path) -> Result<(), PlaceError> {
    match free_bytes(folder) {
        Some(free) if free < LEAST_FREE_BYTES => Err(PlaceError::TooLittleSpace { folder: folder.to_owned(), free }),
        _ => Ok(()),
    }
}

/// How many bytes we may still write into a folder; `None` if the system does not say.
#[cfg(unix)]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

/// How many bytes we may still write into a folder; `None` if the system does not say.
#[cfg(windows)]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    super::windows::free_bytes(folder).ok()
}

#[cfg(target_os = "linux")]
fn network_kind(folder: &Path) -> Option<String> {
    let found = rustix::fs::statfs(folder).ok()?.f_type;
    // The kernel's numbers have 32 bits; on some machines the field is signed and wider.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let magic = found as u32;
    match linux::kind_of(magic) {
        linux::Kind::Local => None,
        linux::Kind::Network(kind) => Some(kind.to_owned()),
        linux::Kind::Fuse => {
            let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
            linux::network_fuse(&mounts, &folder.canonicalize().ok()?)
        }
    }
}

#[cfg(windows)]
fn network_kind(folder: &Path) -> Option<String> {
    let whole = std::path::absolute(folder).ok()?;
    let remote = super::windows::is_remote(&whole).unwrap_or(false);
    remote.then(|| "a network drive".to_owned())
}

#[cfg(not(any(target_os = "linux", windows)))]
fn network_kind(_folder: &Path) -> Option<String> {
    None
}

/// How Linux names what lies behind a folder: statfs(2), and mountinfo in proc(5) for what FUSE hides.
#[cfg(any(target_os = "linux", test))]
mod linux {
    use std::path::Path;

    #[derive(Debug, PartialEq, Eq)]
    pub(super) enum Kind {
        Local,
        Network(&'static str),
        Fuse,
    }

    pub(super) const fn kind_of(magic: u32) -> Kind {
        match magic {
            0x6969 => Kind::Network("nfs"),
            0x517b => Kind::Network("smb"),
            0xff53_4d42 => Kind::Network("cifs"),
            0xfe53_4d42 => Kind::Network("smb2"),
            0x0102_1997 => Kind::Network("9p"),
            0x5346_414f => Kind::Network("afs"),
            0x00c3_6400 => Kind::Network("ceph"),
            0x6573_5546 => Kind::Fuse,
            _ => Kind::Local,
        }
    }

    /// The kind of the FUSE file system that `folder` lies on, if it is one that talks to another machine.
    pub(super) fn network_fuse(mountinfo: &str, folder: &Path) -> Option<String> {
        const NETWORK: [&str; 8] =
            ["sshfs", "rclone", "s3fs", "glusterfs", "davfs", "gcsfuse", "curlftpfs", "google-drive-ocamlfuse"];
        let mounted = mountinfo.lines().filter_map(|line| {
            let (before, after) = line.split_once(" - ")?;
            let at = before.split(' ').nth(4)?.replace("\\040", " ");
            folder.starts_with(&at).then(|| (at.len(), after.split(' ').next().unwrap_or_default()))
        });
        // Of several mounts at one place the last one covers the others.
        let (_, kind) = mounted.max_by_key(|(length, _)| *length)?;
        let inner = kind.strip_prefix("fuse.")?;
        NETWORK.contains(&inner).then(|| inner.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::linux::{Kind, kind_of, network_fuse};
    use super::*;

    #[test]
    fn all_that_belongs_to_a_database_lies_beside_it() {
        let place = Place::around("/home/desk/paper.db");
        assert_eq!(place.journal(), Path::new("/home/desk/paper.journal"));
        assert_eq!(place.backups(), Path::new("/home/desk/paper.backups"));
        assert_eq!(place.quarantine(), Path::new("/home/desk/paper.quarantine"));
        assert_eq!(place.receipts(), Path::new("/home/desk/paper.receipts"));
        assert_eq!(place.lock(), Path::new("/home/desk/paper.lock"));
        assert_eq!(place.folder(), Path::new("/home/desk"));
    }

    #[test]
    fn only_the_ending_db_is_left_out_of_the_names_beside() {
        assert_eq!(Place::around("run.v2").journal(), Path::new("run.v2.journal"));
        assert_eq!(Place::around("run.v2.db").journal(), Path::new("run.v2.journal"));
        assert_eq!(Place::around("s.db").folder(), Path::new("."));
    }

    #[test]
    fn a_place_is_prepared_once_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::around(folder.path().join("new/house/s.db"));
        place.prepare().unwrap();
        place.prepare().unwrap();
        assert!(place.journal().is_dir() && place.backups().is_dir() && place.receipts().is_dir());
        assert!(RealDisk.names(place.folder()).unwrap().is_empty(), "the probe is gone");
    }

    #[test]
    fn a_folder_is_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = Place::around(folder.path()).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::IsFolder(_)));
        assert!(refusal.to_string().contains("paper.db"), "{refusal}");
    }

    #[cfg(unix)]
    #[test]
    fn what_belongs_to_a_database_lies_beside_the_file_and_not_beside_a_link_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap().join("disk").join("s.db");
        Place::around(&real).prepare().unwrap();
        std::fs::write(&real, b"").unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink("disk/s.db", &link).unwrap();
        assert_eq!(Place::around(&link), Place::around(&real), "one lock, one journal");
        Place::around(&link).prepare().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nowhere_is_no_place_for_a_new_database() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink("not mounted/s.db", &link).unwrap();
        let refusal = Place::around(&link).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::DanglingLink(_)), "{refusal}");
        assert!(refusal.to_string().contains("--db"), "{refusal}");
    }

    #[cfg(unix)]
    #[test]
    fn a_database_of_two_names_is_refused_by_both() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("s.db"), folder.path().join("t.db"));
        std::fs::write(&one, b"").unwrap();
        std::fs::hard_link(&one, &other).unwrap();
        for name in [one, other] {
            let refusal = Place::around(name).prepare().unwrap_err();
            assert!(matches!(refusal, PlaceError::SeveralNames { names: 2, .. }), "{refusal}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), b"").unwrap();
        let refusal = Place::around(folder.path().join("file/s.db")).prepare().unwrap_err();
        assert!(matches!(refusal, PlaceError::NotCreatable { .. }), "{refusal}");
        assert!(refusal.to_string().contains("--db"), "{refusal}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_written_into_is_refused() {
        assert!(matches!(try_writing(Path::new("/proc/self")), Err(PlaceError::ReadOnly { .. })));
    }

    #[test]
    fn other_machines_disks_are_known_by_their_numbers() {
        assert_eq!(kind_of(0x6969), Kind::Network("nfs"));
        assert_eq!(kind_of(0x0102_1997), Kind::Network("9p"));
        assert_eq!(kind_of(0xef53), Kind::Local, "ext4");
        assert_eq!(kind_of(0x6573_5546), Kind::Fuse);
    }

    #[test]
    fn behind_fuse_only_what_talks_to_another_machine_is_refused() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
            40 22 0:35 / /mnt/far\\040away rw,nosuid shared:1 - fuse.sshfs desk@far: rw\n\
            41 22 0:36 / /mnt/vault rw - fuse.gocryptfs /home/vault rw\n";
        assert_eq!(network_fuse(mounts, Path::new("/mnt/far away/neo")), Some("sshfs".to_owned()));
        assert_eq!(network_fuse(mounts, Path::new("/mnt/vault/neo")), None);
        assert_eq!(network_fuse(mounts, Path::new("/home/desk")), None);
    }
}
