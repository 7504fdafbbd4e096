//! A new store from a base and the journal, made beside the old one and then put in its place.
//!
//! What is in the journal is projected anew; what no journal has, readings and heartbeats, is carried over from what can
//! still be read of the old store, or else from the newest backup that is whole. Killed anywhere, the old store is where
//! it was or the new one is: half-made files have names of their own and are removed by whoever begins again.

mod carry;
mod without_baseline;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

use super::baseline::NotPutBack;
use super::old::{Old, Tail, longest_tail};
use super::quarantine::Quarantine;
use super::replay::read_in_portions;
use super::swap::{self, SwapError};
use super::whose::Elsewhere;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::disk::sidecar::{Sidecar, sidecars};
use crate::domain::time::Timestamp;
use crate::journal::reader::{ChainReport, ReadError, first_line, read_chain};
use crate::journal::record::Line;
use crate::journal::writer::{KeptError, Writer};
use crate::store::{OpenError, Store, StoreError, Undigested};

/// What a new store begins with.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// Nothing: the journal alone.
    Nothing,
    /// A copy of this verified backup.
    Backup(&'a Path),
}

/// A store that was made and put in place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// How many lines of the journal were projected.
    pub lines: u64,
    /// How many of them are kept as raw lines only.
    pub undigested: u64,
    /// How many readings were carried over.
    pub readings: u64,
    /// Where the readings came from, and what of them could not be read, in words; one sentence each.
    pub carried: Vec<String>,
    /// The folder in `s.quarantine/` that has the old files.
    pub quarantine: Option<String>,
}

/// There is no new store. The old one is where it was, or the next start finishes the exchange.
#[derive(Debug, Error)]
pub enum RebuildError {
    /// The new store could not be made or filled.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
    /// The journal has lost acknowledged lines itself.
    #[error("the journal is damaged: {what}. The database is as it was; run `neo verify --all --mend` first")]
    Damaged {
        /// The first place.
        what: String,
    },
    /// There is nothing to rebuild from.
    #[error("there is no line in {}: nothing to make the database from. What lies there is as it was; `neo restore` goes back to \
        a backup", .0.display())]
    NoJournal(PathBuf),
    /// The journal's end is lost, and so is every whole copy of it.
    #[error(
        "line {n} was acknowledged, the journal lacks it, and no copy of it is whole. Nothing was written behind the last \
        line that is; `neo audit` says what is left, and `neo restore` goes back to a backup"
    )]
    EndLost {
        /// The newest line that something tells of.
        n: u64,
    },
    /// Lines of the old database could not be put into the journal.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The base tells another story than the journal.
    #[error(
        "line {n} of the backup is not line {n} of the journal: they belong to two histories. The database is as it was; \
        name a backup of this database"
    )]
    OtherChain {
        /// The newest line that both have.
        n: u64,
    },
    /// The rows of another engine cannot be had: their baseline is gone or is not the one that was adopted.
    #[error(
        "line {n} took over the rows of another engine, and they cannot be had: {why}. The old database is as it \
        was; put the baseline back into the backups' folder, or adopt into another database with `neo adopt`"
    )]
    BaselineLost {
        /// The line that took them over.
        n: u64,
        /// What is wrong with the baseline.
        why: String,
    },
    /// A baseline could not be made anew.
    #[error("the baseline of line {n} is lost, and a new one could not be made: {why}. The old database is as it was")]
    NotPutBack {
        /// The line that took its rows over.
        n: u64,
        /// Why.
        why: NotPutBack,
    },
    /// The journal is another database's.
    #[error(transparent)]
    Elsewhere(#[from] Elsewhere),
    /// A file could not be copied or removed.
    #[error("cannot {doing} {}: {source}. The old database is as it was", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The new store is ready and could not be put in place.
    #[error(transparent)]
    Swap(#[from] SwapError),
}

impl From<OpenError> for RebuildError {
    fn from(why: OpenError) -> Self {
        Self::Store(why.into())
    }
}

/// Makes the store of a database whose lock is held anew, from `base` and the journal. `tell` hears of each step before
/// it begins.
pub fn rebuild(
    disk: &Arc<dyn Disk>,
    place: &Place,
    base: Base<'_>,
    now: Timestamp,
    tell: &mut dyn FnMut(&str),
) -> Result<Rebuilt, RebuildError> {
    let why = match base {
        Base::Nothing => "rebuild",
        Base::Backup(_) => "restore",
    };
    let mut evidence = Quarantine::new(Arc::clone(disk), place, why, now);
    rebuild_because(disk, place, base, &mut evidence, tell)
}

/// What a rebuilding from the journal alone would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// How many lines the journal has.
    pub lines: u64,
    /// The number of the newest one.
    pub newest: Option<u64>,
    /// Lines that only the old database or a backup has: they are put into the journal first.
    pub only_in_database: u64,
    /// A number of which the old database or a backup has a line that does not follow the journal: it is left behind.
    pub left_behind: Option<u64>,
}

/// Looks at what there is to rebuild from; changes nothing.
pub fn plan(disk: &Arc<dyn Disk>, place: &Place) -> Result<Plan, RebuildError> {
    let (report, tail, _) = journal_and_tail(disk, place)?;
    Ok(Plan {
        lines: report.lines,
        newest: report.head.map(|head| head.n),
        only_in_database: tail.lines.len() as u64,
        left_behind: tail.lost_up_to.or_else(|| Some(tail.parted.first()?.1)),
    })
}

/// Lines that were put into the journal behind its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// How many; 0 if the journal had all that follows it.
    pub lines: u64,
    /// The number of the first.
    pub first: u64,
    /// Where they were: `store`, or a backup's name.
    pub from: String,
    /// What follows the same head elsewhere and is another story, one sentence each: it stays where it is.
    pub parted: Vec<String>,
}

/// Puts lines into the journal that only the old database or a backup has and that follow it.
pub fn save_lines_of_the_old(disk: &Arc<dyn Disk>, place: &Place) -> Result<Saved, RebuildError> {
    let (report, tail, source) = journal_and_tail(disk, place)?;
    save(disk, place, &report, &tail, source)
}

/// As [`save_lines_of_the_old`], before somebody writes on: refused if lines were acknowledged behind those, and if the
/// journal has no line and nobody has any, nothing is done.
pub fn save_the_whole_end(disk: &Arc<dyn Disk>, place: &Place) -> Result<Saved, RebuildError> {
    let (report, tail, source) = match journal_and_tail(disk, place) {
        Err(RebuildError::NoJournal(_)) => return Ok(Saved::default()),
        found => found?,
    };
    let saved = save(disk, place, &report, &tail, source)?;
    tail.lost_up_to.map_or(Ok(saved), |n| Err(RebuildError::EndLost { n }))
}

fn save(
    disk: &Arc<dyn Disk>,
    place: &Place,
    report: &ChainReport,
    tail: &Tail,
    from: String,
) -> Result<Saved, RebuildError> {
    if !tail.lines.is_empty() {
        let mut writer = Writer::open(Arc::clone(disk), place.journal(), report.head).map_err(KeptError::from)?;
        writer.write_kept(&tail.lines)?;
    }
    let first = report.head.map_or(0, |head| head.n + 1);
    Ok(Saved { lines: tail.lines.len() as u64, first, from, parted: tail.parted_in_words().collect() })
}

fn journal_and_tail(disk: &Arc<dyn Disk>, place: &Place) -> Result<(ChainReport, Tail, String), RebuildError> {
    let report = read_chain(&**disk, &place.journal(), None, |_| ())?;
    if !report.is_sound() {
        return Err(RebuildError::Damaged { what: super::first_damage(&report) });
    }
    let old = Old::beside(disk, place, first_line(&**disk, &place.journal()).into_iter().chain(report.head));
    let elsewhere = Elsewhere::look(&**disk, place, old.first());
    let tail = longest_tail(disk, place, Some(&old), report.head);
    drop(old);
    elsewhere.map_or(Ok(()), Err)?;
    let (tail, source) = tail.map_err(failed("list", &place.backups()))?;
    if report.head.is_none() && tail.lines.is_empty() {
        return Err(RebuildError::NoJournal(place.journal()));
    }
    Ok((report, tail, source))
}

/// As [`rebuild`], the old files going into `evidence`.
pub(super) fn rebuild_because(
    disk: &Arc<dyn Disk>,
    place: &Place,
    base: Base<'_>,
    evidence: &mut Quarantine,
    tell: &mut dyn FnMut(&str),
) -> Result<Rebuilt, RebuildError> {
    swap::finish_begun(disk, place)?;
    let new = in_the_making(place);
    clear(&**disk, &new)?;
    let outcome = match make(disk, place, base, &new, tell) {
        Err(RebuildError::BaselineLost { n, why }) => without_baseline::make(disk, place, n, why, evidence, tell),
        outcome => outcome,
    };
    let mut rebuilt = match outcome {
        Ok(rebuilt) => rebuilt,
        Err(why) => {
            // The reason counts; what is left of it is removed by whoever begins again.
            drop(clear(&**disk, &new));
            return Err(why);
        }
    };
    tell("putting the new database in place");
    swap::put_in_place(disk, place, &new, evidence)?;
    rebuilt.quarantine = evidence.name();
    Ok(rebuilt)
}

/// Removes what a rebuilding that was cut off left behind; to be called when no exchange is begun.
pub(super) fn clear_leftovers(disk: &dyn Disk, place: &Place) -> Result<(), RebuildError> {
    clear(disk, &in_the_making(place))?;
    clear_scratch(disk, place)
}

/// Removes what was copied to be read.
pub(super) fn clear_scratch(disk: &dyn Disk, place: &Place) -> Result<(), RebuildError> {
    clear(disk, &scratch(place))
}

fn make(
    disk: &Arc<dyn Disk>,
    place: &Place,
    base: Base<'_>,
    new: &Path,
    tell: &mut dyn FnMut(&str),
) -> Result<Rebuilt, RebuildError> {
    if let Base::Backup(backup) = base {
        tell("copying the backup");
        disk.copy(backup, new).map_err(failed("copy", backup))?;
    }
    let mut store = Store::begin_making(Arc::clone(disk), new)?.with_baselines_in(place.backups());
    tell("making the database anew from the journal");
    let mut rebuilt = project_journal(&**disk, place, &mut store)?;
    tell("carrying readings over");
    carry::carry_over(disk, place, &mut store, &mut rebuilt)?;
    tell("checking the new database");
    store.finish_making()?;
    Ok(rebuilt)
}

/// Projects what lies behind the base, from its newest line on: that must be the journal's, too.
fn project_journal(disk: &dyn Disk, place: &Place, store: &mut Store) -> Result<Rebuilt, RebuildError> {
    let mut rebuilt = Rebuilt::default();
    let cursor = store.ask()?.cursor()?.map(|(n, _)| n);
    let report = read_in_portions(disk, &place.journal(), None, cursor.unwrap_or(0).., |portion| {
        let projected = store.project(&portion).map_err(|why| match why {
            StoreError::Forked { n } if cursor == Some(n) => RebuildError::OtherChain { n },
            why => why.into(),
        })?;
        rebuilt.lines += projected.lines;
        rebuilt.undigested += projected.undigested.len() as u64;
        adoption_among(&portion, projected.undigested).map_or(Ok(()), Err)
    })?;
    if !report.is_sound() {
        return Err(RebuildError::Damaged { what: super::first_damage(&report) });
    }
    Ok(rebuilt)
}

/// An adoption that could not be told: the store would be without the rows that it took over.
fn adoption_among(portion: &[Line], undigested: Vec<Undigested>) -> Option<RebuildError> {
    let is_one = |n: u64| portion.iter().any(|line| line.n == n && line.kind == "adopted");
    let lost = undigested.into_iter().find(|one| is_one(one.n))?;
    Some(RebuildError::BaselineLost { n: lost.n, why: lost.why })
}

/// A copy of what lies in the database's place, with its log, for whoever wants to read what is left of it.
pub(super) fn scratch_copy(disk: &dyn Disk, place: &Place) -> Result<PathBuf, RebuildError> {
    let scratch = scratch_copy_alone(disk, place)?;
    let wal = Sidecar::Log.of(place.database());
    if disk.look(&wal).is_ok() {
        disk.copy(&wal, &Sidecar::Log.of(&scratch)).map_err(failed("copy", &wal))?;
    }
    Ok(scratch)
}

/// The same without its log.
pub(super) fn scratch_copy_alone(disk: &dyn Disk, place: &Place) -> Result<PathBuf, RebuildError> {
    let scratch = scratch(place);
    clear(disk, &scratch)?;
    // A copy of nothing would leave an empty file.
    disk.look(place.database()).map_err(failed("look at", place.database()))?;
    disk.copy(place.database(), &scratch).map_err(failed("copy", place.database()))?;
    Ok(scratch)
}

/// `s.rebuilding`
pub(super) fn in_the_making(place: &Place) -> PathBuf {
    place.swap().with_extension("rebuilding")
}

/// `s.salvage`: a copy of what is left of an old store.
fn scratch(place: &Place) -> PathBuf {
    place.swap().with_extension("salvage")
}

fn clear(disk: &dyn Disk, database: &Path) -> Result<(), RebuildError> {
    for path in [database.to_owned()].into_iter().chain(sidecars(database)) {
        disk.remove_if_there(&path).map_err(failed("remove the remains of an earlier try at", &path))?;
    }
    Ok(())
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RebuildError {
    move |source| RebuildError::File { doing, path: path.to_owned(), source }
}
