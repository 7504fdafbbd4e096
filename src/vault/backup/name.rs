//! What backups are called: `20261122T184001Z-pre.db`, or with `-2`, `-3` before the `.db` when several were made in one
//! second. The name says when and why; nothing else in the folder is taken for a backup.

use std::io;
use std::path::Path;

use super::BackupKind;
use crate::disk::Disk;
use crate::domain::time::Timestamp;

/// What a copy is called while nobody has verified it.
pub(super) const UNVERIFIED: &str = "unverified";

const DATABASE: &str = ".db";

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) taken_at: Timestamp,
    pub(super) kind: BackupKind,
    /// 1, or which of several of one second.
    pub(super) number: u32,
}

/// `20261122T184001Z-pre`
pub(super) fn stem(now: Timestamp, kind: BackupKind) -> String {
    format!("{}-{}", now.for_names(), kind.as_str())
}

/// The first name that no file has.
pub(super) fn free(disk: &dyn Disk, folder: &Path, stem: &str) -> io::Result<String> {
    let taken = disk.names(folder)?;
    let first = format!("{stem}{DATABASE}");
    let mut names = std::iter::once(first).chain((2..=u32::MAX).map(|number| format!("{stem}-{number}{DATABASE}")));
    names.find(|name| !taken.contains(name)).ok_or_else(|| io::ErrorKind::AlreadyExists.into())
}

/// What a file's name says; `None` if it is no backup's.
pub(super) fn read(name: &str) -> Option<Said> {
    let (stamp, rest) = name.strip_suffix(DATABASE)?.split_once('-')?;
    let taken_at = moment(stamp)?;
    let (kind, number) = rest.split_once('-').map_or((rest, Some(1)), |(kind, number)| (kind, number.parse().ok()));
    let kind = BackupKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
    Some(Said { taken_at, kind, number: number? })
}

fn moment(stamp: &str) -> Option<Timestamp> {
    let plain = stamp.len() == 16 && stamp.is_ascii();
    let (day, time) = stamp.strip_suffix('Z').filter(|_| plain)?.split_once('T')?;
    let part = |text: &str, from: usize, to: usize| text.get(from..to).map(str::to_owned);
    let (year, month, day) = (part(day, 0, 4)?, part(day, 4, 6)?, part(day, 6, 8)?);
    let (hour, minute, second) = (part(time, 0, 2)?, part(time, 2, 4)?, part(time, 4, 6)?);
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}.000Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-11-22T18:40:01.999Z".parse().unwrap()
    }

    #[test]
    fn a_name_says_when_and_why() {
        assert_eq!(stem(at(), BackupKind::Pre), "20261122T184001Z-pre");
        for kind in BackupKind::ALL {
            let said = read(&format!("{}.db", stem(at(), kind))).unwrap();
            assert_eq!((said.kind, said.number), (kind, 1));
            assert_eq!(said.taken_at.to_string(), "2026-11-22T18:40:01.000Z");
        }
        assert_eq!(read("20261122T184001Z-pre-12.db").unwrap().number, 12);
    }

    #[test]
    fn other_names_are_no_backups() {
        for other in [
            "20261122T184001Z-pre.unverified",
            "20261122T184001Z-coffee.db",
            "20261122T184001Z-pre-x.db",
            "20261322T184001Z-pre.db",
            "20261122T18400éZ-pre.db",
            "20261122T184001Z.db",
            "s.db",
            "-pre.db",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
