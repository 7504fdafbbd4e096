//! The folder of backups: what stands there, which is the newest that is fit, and which are too many.

use std::cmp::Reverse;
use std::io;
use std::path::Path;

use super::apart::{Apart, apart};
use super::check::{Checked, check};
use super::{BackupError, BackupKind, file, name};
use crate::disk::{Disk, is_in_use};
use crate::domain::time::Timestamp;
use crate::store::{Ask, Reader};

/// How many copies of each kind are kept.
pub const KEPT: usize = 10;

/// A backup by its name; nobody has looked into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnShelf {
    /// Its file name.
    pub name: String,
    /// Why it was taken.
    pub kind: BackupKind,
    /// When it was taken, to the second.
    pub taken_at: Timestamp,
    /// Its size, in bytes.
    pub bytes: u64,
}

/// The backups in `folder`, newest first. A folder that is not there is an empty shelf. What cannot be looked at, a link
/// that leads nowhere for instance, stands on it all the same: it is unfit, and nobody's reason to miss the others.
pub fn shelf(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<OnShelf>> {
    let names = match disk.names(folder) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names?,
    };
    let mut found = Vec::new();
    for name in names {
        let Some(said) = name::read(&name) else { continue };
        let look = disk.look(&folder.join(&name)).ok();
        let bytes = look.map_or(0, |look| look.bytes);
        let backup = OnShelf { name, kind: said.kind, taken_at: said.taken_at, bytes };
        // A name knows seconds: two kinds of one second are told apart by when they were written.
        found.push(((said.taken_at, said.number, look.and_then(|look| look.modified)), backup));
    }
    found.sort_by(|(one, _), (other, _)| other.cmp(one));
    Ok(found.into_iter().map(|(_, backup)| backup).collect())
}

/// Those that hold lines of the chain, newest first: all but baselines, which hold adopted rows only.
pub fn with_lines(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<OnShelf>> {
    let mut with_lines = shelf(disk, folder)?;
    with_lines.retain(|backup| backup.kind != BackupKind::Baseline);
    Ok(with_lines)
}

/// The same as far as they can be opened, by their names. Of a shelf that cannot be listed there are none.
pub fn opened(disk: &dyn Disk, folder: &Path) -> Vec<(String, Reader)> {
    let open = |name: String| Reader::open_copy(disk, &folder.join(&name)).ok().map(|reader| (name, reader));
    with_lines(disk, folder).unwrap_or_default().into_iter().filter_map(|backup| open(backup.name)).collect()
}

/// The newest backup that is fit, with what is in it; `None` if there is none.
pub fn newest_fit(disk: &dyn Disk, folder: &Path) -> io::Result<Option<(OnShelf, Checked)>> {
    let whole = with_lines(disk, folder)?.into_iter();
    let mut fit =
        whole.filter_map(|backup| check(disk, &folder.join(&backup.name)).ok().map(|checked| (backup, checked)));
    let Some(mut newest) = fit.next() else { return Ok(None) };
    // Of one second the one counts that has more: copying them about takes the times from them.
    let second = newest.0.taken_at;
    for other in fit.take_while(|(backup, _)| backup.taken_at == second) {
        if other.1.head.map(|head| head.n) > newest.1.head.map(|head| head.n) {
            newest = other;
        }
    }
    Ok(Some(newest))
}

/// Those that may go: of each kind all but ten, those that hold most of the chain. Their names' times decide only between
/// equals: a clock that was set back makes what is newest look old. `spared` stays, and counts as one of its ten. A
/// baseline is part of the chain and always stays, and so does what is not part of the chain in `store`, and counts as none.
pub fn surplus<'a>(
    disk: &dyn Disk,
    folder: &Path,
    shelf: &'a [OnShelf],
    spared: Option<&str>,
    store: Ask<'_>,
) -> Vec<&'a OnShelf> {
    let apart: Vec<String> = apart(disk, folder, shelf, store).iter().map(Apart::name).collect();
    let prunable = BackupKind::ALL.into_iter().filter(|kind| *kind != BackupKind::Baseline);
    prunable
        .flat_map(|kind| {
            let of_kind = shelf.iter().filter(|backup| backup.kind == kind && !apart.contains(&backup.name));
            let (spared, mut others): (Vec<_>, Vec<_>) = of_kind.partition(|backup| Some(&*backup.name) == spared);
            let kept = KEPT - spared.len().min(1);
            if others.len() > kept {
                others.sort_by_cached_key(|backup| Reverse(cursor_of(disk, &folder.join(&backup.name))));
            }
            others.into_iter().skip(kept).collect::<Vec<_>>()
        })
        .collect()
}

/// The newest line that a copy says it holds; `None` if it holds none, or is no copy that can be read.
fn cursor_of(disk: &dyn Disk, path: &Path) -> Option<u64> {
    let copy = Reader::open_copy(disk, path).ok()?;
    copy.ask().cursor().ok()?.map(|(n, _)| n)
}

/// Removes these, and says which. One that somebody has open stays where that counts, and goes another time.
pub fn prune<'a>(
    disk: &dyn Disk,
    folder: &Path,
    backups: impl IntoIterator<Item = &'a OnShelf>,
) -> Result<Vec<String>, BackupError> {
    let mut pruned = Vec::new();
    for backup in backups {
        let path = folder.join(&backup.name);
        match disk.remove(&path) {
            Err(why) if is_in_use(&why) => {}
            outcome => {
                outcome.map_err(file("remove the old copy", &path))?;
                pruned.push(backup.name.clone());
            }
        }
    }
    if !pruned.is_empty() {
        disk.sync_folder(folder).map_err(file("sync", folder))?;
    }
    Ok(pruned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::MemoryDisk;
    use crate::store::Store;

    fn folder() -> &'static Path {
        Path::new("/s.backups")
    }

    fn shelf_of(disk: &MemoryDisk, names: &[String]) -> Vec<OnShelf> {
        disk.create_folder(folder()).unwrap();
        for name in names {
            disk.put(&folder().join(name), b"x");
        }
        shelf(disk, folder()).unwrap()
    }

    fn pre(second: usize) -> String {
        format!("20261122T1840{second:02}Z-pre.db")
    }

    #[test]
    fn the_newest_stands_first_and_two_of_one_second_by_their_numbers() {
        let names = [pre(1), pre(2), "20261122T184002Z-pre-10.db".into(), "20261122T184002Z-pre-9.db".into()];
        let found: Vec<String> = shelf_of(&MemoryDisk::new(1), &names).into_iter().map(|backup| backup.name).collect();
        assert_eq!(found, ["20261122T184002Z-pre-10.db", "20261122T184002Z-pre-9.db", &pre(2), &pre(1)]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_empty_shelf() {
        assert_eq!(shelf(&MemoryDisk::new(1), folder()).unwrap(), []);
    }

    #[test]
    fn ten_of_each_kind_stay_and_every_baseline() {
        let baselines = (0..12).map(|second| format!("20261122T1840{second:02}Z-baseline.db"));
        let names: Vec<String> = (0..12).map(pre).chain(baselines).collect();
        let disk = MemoryDisk::new(1);
        let shelf = shelf_of(&disk, &names);
        let home = tempfile::tempdir().unwrap();
        let mut store = Store::open(&home.path().join("s.db")).unwrap();
        let gone: Vec<&str> = surplus(&disk, folder(), &shelf, None, store.ask().unwrap())
            .into_iter()
            .map(|backup| &*backup.name)
            .collect();
        assert_eq!(gone, [pre(1), pre(0)]);
        let spared = surplus(&disk, folder(), &shelf, Some(&pre(0)), store.ask().unwrap());
        assert_eq!(spared.into_iter().map(|backup| &*backup.name).collect::<Vec<_>>(), [pre(2), pre(1)]);
    }
}
