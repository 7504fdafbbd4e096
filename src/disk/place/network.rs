//! Whether a folder lies on another machine. Where the system cannot say, nothing is known against the place.

use std::path::Path;

use super::PlaceError;

/// Refuses a folder, which must be there, on another machine's disk.
pub(super) fn refuse(folder: &Path) -> Result<(), PlaceError> {
    match kind_of(folder) {
        Some(kind) => Err(PlaceError::Network { folder: folder.to_owned(), kind }),
        None => Ok(()),
    }
}

#[cfg(target_os = "linux")]
fn kind_of(folder: &Path) -> Option<String> {
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
fn kind_of(folder: &Path) -> Option<String> {
    use std::path::{Component, Prefix};
    let whole = std::path::absolute(folder).ok()?;
    if let Some(Component::Prefix(prefix)) = whole.components().next()
        && matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
    {
        return Some("a network share".to_owned());
    }
    let remote = crate::disk::windows::is_remote(&whole).unwrap_or(false);
    remote.then(|| "a network drive".to_owned())
}

#[cfg(not(any(target_os = "linux", windows)))]
fn kind_of(_folder: &Path) -> Option<String> {
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
            // Windows' disks under WSL, and host folders in many virtual machines.
            0x0102_1997 => Kind::Network("9p"),
            0x5346_414f => Kind::Network("afs"),
            0x00c3_6400 => Kind::Network("ceph"),
            0x0bd0_0bd0 => Kind::Network("lustre"),
            0x7375_7245 => Kind::Network("coda"),
            0x786f_4256 => Kind::Network("vboxsf"),
            0xbacb_acbc => Kind::Network("vmhgfs"),
            0x6573_5546 => Kind::Fuse,
            _ => Kind::Local,
        }
    }

    /// The kind of the FUSE file system that `folder` lies on, if it is one that talks to another machine.
    pub(super) fn network_fuse(mountinfo: &str, folder: &Path) -> Option<String> {
        const NETWORK: [&str; 16] = [
            "sshfs",
            "rclone",
            "s3fs",
            "glusterfs",
            "davfs",
            "gcsfuse",
            "curlftpfs",
            "google-drive-ocamlfuse",
            "onedriver",
            "pCloud.fs",
            "dbxfs",
            "blobfuse",
            "blobfuse2",
            "ceph-fuse",
            "juicefs",
            "vmhgfs-fuse",
        ];
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
    use std::path::Path;

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
