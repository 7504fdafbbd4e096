//! The baselines: looked at, and made anew where one is gone or was changed and any copy still has its rows whole.
//!
//! The rows of another engine stand in no line of the journal, so a rebuild has them from a baseline alone. What a new one
//! is made of proves itself by the digest in the line that took the rows over; nothing else is believed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::backup::with_lines;
use super::quarantine::{Quarantine, QuarantineError};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::adoption::Adopted;
use crate::domain::fact::Fact;
use crate::journal::record::Line;
use crate::store::{Ask, Baseline, Reader, StoreError, check_baseline};

/// What a baseline is called until it is whole.
const HALF: &str = "baseline.unverified";

/// A baseline that does not lie where it should, as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The line that took its rows over.
    pub n: u64,
    /// What it says.
    pub adopted: Adopted,
    /// What is wrong with the baseline, in words.
    pub why: String,
}

/// A new baseline could not be put on the shelf. The rows are where they were.
#[derive(Debug, Error)]
pub enum NotPutBack {
    /// A file could not be written, renamed or listed.
    #[error("cannot {doing} {}: {why}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// It could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was changed could not be set aside.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
}

/// Every baseline of a store that is gone or was changed. Reads only.
pub fn lost(disk: &dyn Disk, place: &Place, ask: Ask<'_>) -> Result<Vec<Lost>, StoreError> {
    let mut lost = Vec::new();
    for adoption in ask.adoptions()? {
        let Some(adopted) = ask.line(adoption.n)?.and_then(|text| adopted_in(&Line::read(&text).ok()?)) else {
            continue;
        };
        if let Err(why) = check_baseline(disk, &place.backups(), &adopted) {
            lost.push(Lost { n: adoption.n, adopted, why });
        }
    }
    Ok(lost)
}

/// What an `adopted` line says; `None` for every other.
pub(super) fn adopted_in(line: &Line) -> Option<Adopted> {
    match line.fact() {
        Ok(Fact::Adopted(adopted)) => Some(*adopted),
        _ => None,
    }
}

/// Puts a baseline back under its name, made of the rows in `first` or else in the newest backup that has them whole;
/// which that was, or `None` if none has. One that was changed goes into the quarantine.
pub(super) fn put_back(
    disk: &Arc<dyn Disk>,
    place: &Place,
    lost: &Lost,
    first: Option<Ask<'_>>,
    evidence: &mut Quarantine,
) -> Result<Option<String>, NotPutBack> {
    let folder = place.backups();
    let Some((baseline, from)) = whole_rows(&**disk, &folder, lost, first)? else { return Ok(None) };
    let (half, path) = (folder.join(HALF), folder.join(&lost.adopted.baseline.name));
    disk.create_folder(&folder).map_err(file("make the folder", &folder))?;
    disk.remove_if_there(&half).map_err(file("remove the remains of an earlier try at", &half))?;
    baseline.write_to(&**disk, &half)?;
    evidence.take_in(&path)?;
    disk.rename(&half, &path).map_err(file("give its name to", &path))?;
    disk.sync_folder(&folder).map_err(file("make safe the names in", &folder))?;
    Ok(Some(from))
}

fn whole_rows(
    disk: &dyn Disk,
    folder: &Path,
    lost: &Lost,
    first: Option<Ask<'_>>,
) -> Result<Option<(Baseline, String)>, NotPutBack> {
    let Some(meant) = &lost.adopted.rows else { return Ok(None) };
    // A copy that cannot be read is none that is whole.
    let whole = |ask: Ask<'_>| Baseline::of_rows_in(ask, lost.n, meant).ok().flatten();
    if let Some(baseline) = first.and_then(whole) {
        return Ok(Some((baseline, "the database".to_owned())));
    }
    let on_shelf = with_lines(disk, folder).map_err(file("list", folder))?;
    let found = on_shelf.into_iter().find_map(|backup| {
        let copy = Reader::open_copy(disk, &folder.join(&backup.name)).ok()?;
        Some((whole(copy.ask())?, format!("the backup {}", backup.name)))
    });
    Ok(found)
}

fn file<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> NotPutBack + use<'a> {
    move |why| NotPutBack::File { doing, path: path.to_owned(), why }
}
