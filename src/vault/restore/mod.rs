//! Putting a verified backup in the store's place, with the journal on top of it, so that nothing is lost: neither what
//! the journal wrote since, nor what only the backup or the old store still has of the chain.
//!
//! A plan is made first and changes nothing but a scratch folder. Carrying it out deletes nothing: what was there goes
//! into the quarantine, and the new store takes its place in one step. Killed anywhere, either the old or the new one is
//! there, and saying it again finishes.

mod choose;
mod donor;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

use super::backup::Unfit;
use super::first_damage;
use super::rebuild::{Base, RebuildError, Rebuilt, rebuild};
use super::verify::{VerifyError, first_row_apart};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::disk::sidecar::sidecars;
use crate::domain::time::Timestamp;
use crate::journal::reader::{ChainReport, ReadError, read_chain};
use crate::journal::record::Head;
use crate::journal::writer::{KeptError, WriteError, Writer};
use crate::store::{OpenError, Reader, StoreError};
use choose::Chosen;
use donor::Donor;

/// What a restore would do.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// The backup, by the name of its file.
    pub from: String,
    /// When it was taken, if its name says so.
    pub taken_at: Option<Timestamp>,
    /// Its size, in bytes.
    pub bytes: u64,
    /// The newest line in it; `None` if it has none.
    pub cursor: Option<u64>,
    /// Newer backups that are not fit, and why.
    pub passed_over: Vec<String>,
    /// The journal's newest line as it is now; `None` if it has none.
    pub journal: Option<u64>,
    /// Lines that the journal lost and the backup still has: they are put back into it.
    pub returned: u64,
    /// Lines that only the old store has: they are put into the journal, too.
    pub salvaged: u64,
    /// What keeps lines of the old store from being looked at, if anything does.
    pub not_salvaged: Option<String>,
    /// Lines that come on top of the backup.
    pub replayed: u64,
    /// Files that go into the quarantine, by their names.
    pub quarantined: Vec<String>,
    #[serde(skip)]
    base: PathBuf,
    #[serde(skip)]
    head: Option<Head>,
    #[serde(skip)]
    lines: Vec<String>,
}

/// What a restore did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// How many lines came on top of the backup.
    pub replayed: u64,
    /// Why every table was made from the journal alone, and the backup gave no more than readings; `None` if it was sound.
    pub made_anew: Option<String>,
    /// Where readings came from that no journal has, one sentence each.
    pub carried: Vec<String>,
    /// The folder in `s.quarantine/` that has what was there before.
    pub quarantine: Option<String>,
}

/// Why nothing is restored. Unless it says otherwise, the database is as it was.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// There is nothing to restore from.
    #[error("there is no backup in {} that is fit{}. Name a file with --from, or make the database anew from the journal \
        with `neo rebuild`", folder.display(), listed(passed_over))]
    NoBackup {
        /// The folder of backups.
        folder: PathBuf,
        /// Those that are not fit, and why.
        passed_over: Vec<String>,
    },
    /// The chosen file is no backup that can be trusted.
    #[error("cannot restore from {}: {why}. Nothing was restored{}", path.display(), hint(why))]
    Unfit {
        /// Which.
        path: PathBuf,
        /// Why.
        why: Box<Unfit>,
    },
    /// Somebody works on the chosen file.
    #[error("cannot restore from {}: {why}. Nothing was restored; restore from a file that nobody writes", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
        /// What shows it.
        why: String,
    },
    /// The adopted rows alone are no store.
    #[error("{} holds the rows that were adopted, and no session since: it is part of the chain, and `neo rebuild` uses it \
        by itself. Nothing was restored", .0.display())]
    Baseline(PathBuf),
    /// The backup belongs to another database.
    #[error("cannot restore from {}: it does not belong to this journal, which has another line {n} than the backup. \
        Nothing was restored; restore it beside its own journal, with another --db", path.display())]
    AnotherChain {
        /// The backup.
        path: PathBuf,
        /// The first line that was compared and differs.
        n: u64,
    },
    /// Acknowledged lines are broken, and not at the end.
    #[error("the journal is damaged: {0}. Nothing was restored; run `neo verify --mend`, and restore then")]
    Damaged(String),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
    /// The journal cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Lines cannot be put back into it.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// A file cannot be copied, looked at or removed.
    #[error("the restore could not {doing} {}: {why}. The old database is where it was", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// The backup cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The backup cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new store cannot be made, or not take the old one's place yet.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The new store is in place and cannot be compared with the journal.
    #[error("the database was restored, and could not be compared with the journal: {0}; run `neo verify --all`")]
    Compare(#[from] Box<VerifyError>),
}

/// Finds out what a restore would do, from the newest backup that is fit or from the file `from`. `scratch` is an empty
/// folder on the same disk, for copies of what must not be touched.
pub fn plan(disk: &dyn Disk, place: &Place, from: Option<&Path>, scratch: &Path) -> Result<Plan, RestoreError> {
    let Chosen { name, path, base, taken_at, bytes, head, passed_over } = choose::choose(disk, place, from, scratch)?;
    let mut at_head = None;
    let report = read_chain(disk, &place.journal(), None, |line| {
        if head.is_some_and(|head| head.n == line.n) {
            at_head = Some(line.hash);
        }
    })?;
    if let (Some(head), Some(hash)) = (head, at_head)
        && head.hash != hash
    {
        return Err(RestoreError::AnotherChain { path, n: head.n });
    }
    let journal = report.head;
    let gathered = gather(disk, place, &base, journal, scratch)?
        .ok_or_else(|| RestoreError::AnotherChain { n: journal.map_or(0, |head| head.n), path: path.clone() })?;
    let newest = donor::head_behind(journal, &gathered.lines).map(|head| head.n);
    refuse_damage(&report, newest)?;
    let count = |n: Option<u64>| n.map_or(0, |n| n + 1);
    let cursor = head.map(|head| head.n);
    let replayed = count(newest).saturating_sub(count(cursor));
    let quarantined = in_the_way(disk, place)?;
    let Gathered { lines, returned, salvaged, not_salvaged } = gathered;
    Ok(Plan {
        from: name,
        taken_at,
        bytes,
        cursor,
        passed_over,
        journal: journal.map(|head| head.n),
        returned,
        salvaged,
        not_salvaged,
        replayed,
        quarantined,
        base,
        head: journal,
        lines,
    })
}

/// Lines that the journal lost, and who has them.
struct Gathered {
    lines: Vec<String>,
    returned: u64,
    salvaged: u64,
    not_salvaged: Option<String>,
}

/// `None` if the backup tells another story than the journal.
fn gather(
    disk: &dyn Disk,
    place: &Place,
    base: &Path,
    journal: Option<Head>,
    scratch: &Path,
) -> Result<Option<Gathered>, RestoreError> {
    let backup = Reader::open_copy(disk, base)?;
    let Donor::Same(mut lines) = donor::lines_behind(backup.ask(), journal)? else { return Ok(None) };
    let returned = lines.len() as u64;
    let (salvaged, not_salvaged) = match donor::old_store(disk, place, scratch, donor::head_behind(journal, &lines)) {
        Ok(more) => {
            lines.extend(more.iter().cloned());
            (more.len() as u64, None)
        }
        Err(why) => (0, Some(why)),
    };
    Ok(Some(Gathered { lines, returned, salvaged, not_salvaged }))
}

/// Carries a plan out, in a place that is locked and has no exchange that was cut off. `tell` hears of each step before
/// it begins.
pub fn carry_out(
    disk: &Arc<dyn Disk>,
    place: &Place,
    plan: &Plan,
    now: Timestamp,
    tell: &mut dyn FnMut(&str),
) -> Result<Done, RestoreError> {
    if !plan.lines.is_empty() {
        tell("putting lines back into the journal");
        disk.create_folder(&place.journal()).map_err(file("make the folder", &place.journal()))?;
        Writer::open(Arc::clone(disk), place.journal(), plan.head)?.write_kept(&plan.lines)?;
    }
    let (mut done, hurt) = match rebuild(disk, place, Base::Backup(&plan.base), now, tell) {
        Ok(Rebuilt { lines, carried, quarantine, .. }) => {
            tell("comparing the tables with the journal");
            let done = Done { replayed: lines, carried, quarantine, made_anew: None };
            (done, not_what_the_facts_make(&**disk, place)?)
        }
        // A row that nobody can read, or that the schema forbids, which a look at a copy that may not be written does not
        // find, keeps the lines behind it from being told; the journal has them all.
        Err(RebuildError::Store(why)) if !why.is_full() => (Done::default(), Some(in_words(&why))),
        Err(why) => return Err(why.into()),
    };
    if let Some(hurt) = hurt {
        tell("the backup is damaged where no check of its pages sees it: making every table anew from the journal");
        let Rebuilt { lines, carried, quarantine, .. } = rebuild(disk, place, Base::Nothing, now, tell)?;
        let quarantine = done.quarantine.or(quarantine);
        done = Done { replayed: lines, made_anew: Some(hurt), carried: [done.carried, carried].concat(), quarantine };
    }
    Ok(done)
}

/// A bit that flipped in a row of the backup, or another program that changed one, leaves its pages and its chain sound.
fn not_what_the_facts_make(disk: &dyn Disk, place: &Place) -> Result<Option<String>, RestoreError> {
    let restored = Reader::open_on(disk, place.database())?;
    match first_row_apart(disk, place, &restored) {
        Ok(apart) => Ok(apart.map(|row| row.to_string())),
        // What cannot be read is not what they make either.
        Err(VerifyError::Store(why)) => Ok(Some(in_words(&why))),
        Err(why) => Err(RestoreError::Compare(Box::new(why))),
    }
}

/// Without the advice that is meant for a database in its place.
fn in_words(why: &StoreError) -> String {
    match why {
        StoreError::Open(OpenError::Malformed { why, .. }) => why.clone(),
        why => why.to_string(),
    }
}

/// An end of the journal that the plan puts back is no damage; everything else is.
fn refuse_damage(report: &ChainReport, newest: Option<u64>) -> Result<(), RestoreError> {
    if !report.damage.is_empty() {
        return Err(RestoreError::Damaged(first_damage(report)));
    }
    let lost = report.missing.iter().find(|missing| {
        newest.is_none_or(|newest| missing.to > newest) || report.head.is_some_and(|head| missing.from <= head.n)
    });
    match lost {
        Some(lost) => Err(RestoreError::Damaged(lost.to_string())),
        None => Ok(()),
    }
}

fn in_the_way(disk: &dyn Disk, place: &Place) -> Result<Vec<String>, RestoreError> {
    let mut names = Vec::new();
    for path in std::iter::once(place.database().to_owned()).chain(sidecars(place.database())) {
        if disk.find(&path).map_err(file("look at", &path))?.is_some() {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    Ok(names)
}

fn file<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> RestoreError + use<'a> {
    move |why| RestoreError::File { doing, path: path.to_owned(), why }
}

fn listed(passed_over: &[String]) -> String {
    if passed_over.is_empty() { String::new() } else { format!(" ({})", passed_over.join("; ")) }
}

fn hint(why: &Unfit) -> &'static str {
    match why {
        Unfit::Open(OpenError::NotOurs { .. }) => "; a database of the earlier engine is taken over by `neo adopt`",
        Unfit::Open(OpenError::Newer { .. }) => "",
        _ => "; `neo backup verify` tells of each backup",
    }
}
