//! Backups whose newest line is not in the chain: beyond its end, beside it, or another database's. What they hold may be
//! nowhere else, so nobody prunes them, and whoever starts or looks is told.

use std::fmt;
use std::path::{Path, PathBuf};

use super::BackupKind;
use super::shelf::OnShelf;
use crate::disk::Disk;
use crate::domain::words::{moved_away, quoted};
use crate::store::{Ask, Reader};
use crate::vault::whose::{differ, hash};

/// A backup that is not part of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// Its file.
    pub path: PathBuf,
    /// Its newest line.
    pub n: u64,
    /// Whose lines it has.
    pub of: Of,
}

/// Whose lines a backup has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// This database's, up to somewhere: it begins as the chain does.
    ThisDatabase,
    /// Another's.
    Another,
}

/// Those on the shelf that are not part of the chain in `store`. What cannot be read tells nothing.
pub fn apart<'a>(
    disk: &dyn Disk,
    folder: &Path,
    shelf: impl IntoIterator<Item = &'a OnShelf>,
    store: Ask<'_>,
) -> Vec<Apart> {
    let with_lines = shelf.into_iter().filter(|backup| backup.kind != BackupKind::Baseline);
    with_lines.filter_map(|backup| one_apart(disk, folder.join(&backup.name), store)).collect()
}

fn one_apart(disk: &dyn Disk, path: PathBuf, store: Ask<'_>) -> Option<Apart> {
    let reader = Reader::open_copy(disk, &path).ok()?;
    let (n, newest) = reader.ask().cursor().ok()??;
    if hash(store, n) == Some(newest) {
        return None;
    }
    let of = if differ(hash(reader.ask(), 0), hash(store, 0)) { Of::Another } else { Of::ThisDatabase };
    Some(Apart { path, n, of })
}

impl Apart {
    /// Its file's name.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, n, path) = (self.name(), self.n, quoted(&self.path.to_string_lossy()));
        match self.of {
            Of::ThisDatabase => write!(
                f,
                "the backup {name} is of this database, and its line {n} is not in the journal: it may have facts that \
                 nothing else has"
            )?,
            Of::Another => write!(
                f,
                "the backup {name} is another database's: its first line is not the journal's. If journal and database \
                 were exchanged, put the right ones back"
            )?,
        }
        let away = moved_away(&self.path);
        write!(
            f,
            "; it is kept, and never pruned. `neo sessions --db {path}` shows what is in it; to be done with it, {away}"
        )
    }
}
