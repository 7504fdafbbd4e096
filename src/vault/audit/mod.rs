//! The doctor: what lies there, what it says, what is likely to have happened, and what to do.
//!
//! Works on scratch copies that are gone afterwards. Nothing here locks, writes beside what is examined, or opens it with
//! SQLite; a running session does not notice. First everything is looked at ([`Examined`]), then judged by pure functions.

mod copy;
mod files;
mod finding;
mod house;
mod inside;
mod judge;
mod orders;
mod sessions;
mod shelf;
mod story;
mod sums;
mod tables;
#[cfg(test)]
mod tests;
pub mod words;

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

pub use files::{Files, Main, Role, Seen};
pub use finding::{Finding, Severity};
pub use house::Chain;
pub use inside::{DatabaseKind, Inside, Version};
pub use judge::judge;
pub use shelf::{CopyState, OneCopy, Shelf};
pub use story::{Next, likely, next};

use crate::disk::Disk;
use crate::disk::held::is_held;
use crate::disk::lock::{Holder, holder_of};
use crate::disk::place::Place;
use crate::disk::sidecar::Sidecar;
use crate::domain::time::Timestamp;

/// Damage in a database that is being written is believed when it was found so many times.
const DOUBTS: usize = 3;

/// Everything that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Examined {
    /// When.
    pub now: Timestamp,
    /// The database, as it was named.
    pub database: String,
    /// Who has it right now.
    pub running: Option<Holder>,
    /// The files.
    pub files: Files,
    /// Why no session can start with what lies there; `None` if names and files are what a writer needs.
    pub in_the_way: Option<String>,
    /// What is in the database; `None` if there is none to look into.
    pub inside: Option<Inside>,
    /// The journal; `None` if there is none.
    pub chain: Option<Chain>,
    /// The copies.
    pub shelf: Shelf,
}

/// What was seen, what it means, and what to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What was seen.
    pub examined: Examined,
    /// The findings, the gravest first; empty if there is nothing to say.
    pub findings: Vec<Finding>,
    /// The likely story.
    pub likely: String,
    /// The command that comes next.
    pub next: Next,
}

/// Why nothing could be said. Nothing was changed.
#[derive(Debug, Error)]
pub enum AuditError {
    /// There is nothing at all.
    #[error("there is no database at {}, and nothing that belongs to one; name another one", .0.display())]
    Nothing(PathBuf),
    /// A folder in which no database lies.
    #[error("there is no database in the folder {}; name the file itself", .0.display())]
    NoneIn(PathBuf),
    /// A folder in which several lie.
    #[error("there are several databases in {} ({}); name one of them", folder.display(), names.join(", "))]
    SeveralIn {
        /// The folder.
        folder: PathBuf,
        /// Their names.
        names: Vec<String>,
    },
    /// The system does not let us read it.
    #[error("{} cannot be read: {why}; check who owns it, and the disk", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// There is no room for a scratch copy.
    #[error(
        "a scratch copy needs {needed} bytes, and the temporary folder {} has {free} left: free some, or name another \
         folder in TMPDIR (TEMP on Windows)", folder.display()
    )]
    TooLittleRoom {
        /// The temporary folder.
        folder: PathBuf,
        /// Bytes that are left.
        free: u64,
        /// Bytes that are needed.
        needed: u64,
    },
    /// No scratch folder can be made.
    #[error("no scratch folder can be made in {}: {why}; name another folder in TMPDIR (TEMP on Windows)", folder.display())]
    NoScratch {
        /// The temporary folder.
        folder: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// Somebody never stops writing.
    #[error("{} was changed each of the {tries} times it was copied: ask again when less is written", path.display())]
    KeepsChanging {
        /// Which file.
        path: PathBuf,
        /// How often.
        tries: usize,
    },
}

/// Examines the database at `target`, or the only one in that folder, with scratch copies in `temp`.
pub fn audit(disk: &dyn Disk, target: &Path, temp: &Path, now: Timestamp) -> Result<Report, AuditError> {
    let database = the_one_in(target)?;
    let place = Place::around(&database);
    let files = files::look_around(disk, &place)?;
    // The lock file alone is left by whoever asked for a lock.
    if files.main == Main::Missing && files.seen.iter().all(|seen| seen.role == Role::Lock) {
        return Err(AuditError::Nothing(database));
    }
    let running = running(&place);
    let (inside, chain) = look_inside(disk, &place, &files, temp, running.is_some())?;
    let shelf = shelf::ask(disk, &place, &files, temp)?;
    let database = database.display().to_string();
    let in_the_way = place.refuse_what_lies_there().err().map(|why| why.to_string());
    let examined = Examined { now, database, running, files, in_the_way, inside, chain, shelf };
    let findings = judge(&examined);
    let (likely, next) = (likely(&examined, &findings), next(&examined, &findings));
    Ok(Report { examined, findings, likely, next })
}

fn look_inside(
    disk: &dyn Disk,
    place: &Place,
    files: &Files,
    temp: &Path,
    is_written: bool,
) -> Result<(Option<Inside>, Option<Chain>), AuditError> {
    let has_journal = files.get(Role::Journal).and_then(|journal| journal.files).is_some_and(|files| files > 0);
    if !matches!(files.main, Main::Database(_)) {
        return Ok((None, has_journal.then(|| house::ask(disk, place, None))));
    }
    for doubts in 0.. {
        let copied = copy::copy(disk, place.database(), temp)?;
        let inside = Inside::of(copied.database());
        if inside.is_sound() || !is_written || doubts >= DOUBTS {
            // A database of ours has a journal: that none lies there is a finding, too.
            let wanted = has_journal || matches!(inside.kind, DatabaseKind::Ours { .. });
            let copy = inside.is_sound().then(|| copied.database());
            return Ok((Some(inside), wanted.then(|| house::ask(disk, place, copy))));
        }
    }
    Ok((None, None))
}

fn running(place: &Place) -> Option<Holder> {
    let unsigned = Holder { pid: 0, host: "this machine".to_owned(), since: Timestamp::default() };
    is_held(&place.lock()).then(|| holder_of(&place.lock()).unwrap_or(unsigned))
}

/// The database that is meant by a file's name or by its folder's.
fn the_one_in(target: &Path) -> Result<PathBuf, AuditError> {
    // A folder that lies in the place of a database is looked at as such.
    let named_so = target.extension().is_some_and(|end| end == "db") && Place::around(target).beside_it().is_some();
    if !target.is_dir() || named_so {
        return Ok(target.to_owned());
    }
    let unreadable = |why| AuditError::Unreadable { path: target.to_owned(), why };
    let mut names = std::collections::BTreeSet::new();
    // Not through the house's own disk, which lists no folders: a journal without its database still names it.
    for entry in std::fs::read_dir(target).map_err(unreadable)? {
        let Ok(name) = entry.map_err(unreadable)?.file_name().into_string() else { continue };
        let stem = name.strip_suffix(".journal").or(name.strip_suffix(".backups")).map(|stem| format!("{stem}.db"));
        let beside = Sidecar::owner(&name);
        let is_db = Path::new(&name).extension().is_some_and(|end| end == "db");
        names.extend(stem.or(beside.map(str::to_owned)).or(is_db.then_some(name)));
    }
    let names: Vec<String> = names.into_iter().collect();
    match names.as_slice() {
        [] => Err(AuditError::NoneIn(target.to_owned())),
        [only] => Ok(target.join(only)),
        _ => Err(AuditError::SeveralIn { folder: target.to_owned(), names }),
    }
}
