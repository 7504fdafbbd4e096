//! Acknowledged lines of the journal that are broken or gone, put right from copies: the store's `facts`, then those of
//! backups.
//!
//! A copy is believed if its own hash holds and the line behind it names that hash; so the whole is proven from its end
//! backwards, and a line that was exchanged for another whole one is found out, too. A segment is written anew beside
//! the damaged one, which is copied into the quarantine, and takes its place by its name: killed anywhere, each segment
//! is the old one or the new one, and saying it again finishes. If one line cannot be proven no line is touched.

mod sources;
mod strays;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::quarantine::{Quarantine, QuarantineError};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::time::Timestamp;
use crate::domain::words::moved_away;
use crate::journal::reader::{Broken, ChainReport, Damage, ReadError, read_chain};
use crate::journal::record::{Hash, Head, Line};
use crate::journal::segment;

pub use sources::Sources;
use strays::Strays;
pub use strays::{Sorted, Was};

/// Answers a line's number with the texts that are kept of it elsewhere, the best source first.
pub type Copies<'a> = dyn FnMut(u64) -> Vec<String> + 'a;

/// What was put right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// The numbers that were taken from copies, ascending.
    pub lines: Vec<u64>,
    /// The segments that were written anew, in the order of the chain.
    pub segments: Vec<String>,
    /// Segments that told another story than the store behind all that it has; they are in the quarantine.
    pub taken_out: Vec<String>,
    /// Files that bore a segment's name and were none, and what became of them.
    pub strays: Vec<Sorted>,
    /// The folder in `s.quarantine/` that has what was there before; `None` if there was nothing.
    pub quarantine: Option<String>,
}

/// Why the journal was not mended.
#[derive(Debug, Error)]
pub enum MendError {
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No copy of these lines can be proven.
    #[error(
        "{} of the journal cannot be put right: no whole copy of {} is in the store or in a backup. No line was changed; \
        put the segment back from a copy of the journal's folder, or a backup that has {} into {}, and say it again{}",
        lines(numbers),
        them(numbers),
        them(numbers),
        backups.display(),
        perhaps_anothers(elsewhere)
    )]
    NoCopy {
        /// Which, ascending.
        numbers: Vec<u64>,
        /// Where a backup would be found.
        backups: PathBuf,
        /// The segments that lie where they, or what follows them, would be: they may be missed only because one of these
        /// is another database's.
        elsewhere: Vec<PathBuf>,
    },
    /// What was there could not be kept.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// The new segment could not be written or put in place.
    #[error("cannot {doing} {}: {source}. Each segment is whole as it was before or as it will be; say it again", path.display())]
    Write {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Something is still wrong after all was put in place.
    #[error("the journal was mended and is still not sound: {0}. What was there before lies in the quarantine")]
    StillUnsound(String),
}

/// Puts the journal of a database whose lock is held right. `known` is the newest line that the store says it has.
/// `tell` hears of each step before it begins. A sound journal without strays is left alone.
pub fn mend(
    disk: &Arc<dyn Disk>,
    place: &Place,
    known: Option<Head>,
    copies: &mut Copies<'_>,
    now: Timestamp,
    tell: &mut dyn FnMut(&str),
) -> Result<Mended, MendError> {
    let journal = Journal { disk: &**disk, folder: &place.journal(), backups: &place.backups(), known };
    tell("looking for what is broken in the journal");
    let mut report = journal.read(|_| ())?;
    let mut mended = Mended::default();
    let mut evidence = Quarantine::new(Arc::clone(disk), place, "mend", now);
    let mut strays = Strays::read(journal.disk, journal.folder, &report)?;
    while let Some(renamed) = strays.name_back()? {
        mended.strays.push(renamed);
        report = journal.read(|_| ())?;
        strays = Strays::read(journal.disk, journal.folder, &report)?;
    }
    let mut behind = Vec::new();
    if let Some(parted) = journal.as_the_store_has_it(&report)? {
        behind = report.begins.iter().copied().filter(|first| parted.begins.last() < Some(first)).collect();
        report = parted;
    }
    if !report.is_sound() {
        let mut copies = |n| copies(n).into_iter().chain(strays.copies(n)).collect();
        report = journal.put_right(&report, &behind, &mut copies, &mut evidence, &mut mended, tell)?;
        // Where one lay in the way of a segment that segment lies now.
        strays = Strays::read(journal.disk, journal.folder, &report)?;
    }
    mended.strays.extend(strays.take_out(&mut evidence)?);
    mended.quarantine = evidence.name();
    Ok(mended)
}

struct Journal<'a> {
    disk: &'a dyn Disk,
    folder: &'a Path,
    backups: &'a Path,
    known: Option<Head>,
}

/// Segments as they must be, by their first numbers.
#[derive(Default)]
struct Plan {
    segments: BTreeMap<u64, Vec<Line>>,
    from_copies: BTreeSet<u64>,
    lost: BTreeSet<u64>,
}

impl Journal<'_> {
    fn read(&self, mut each: impl FnMut(Line)) -> Result<ChainReport, ReadError> {
        let known = self.known.map(|head| head.n);
        read_chain(self.disk, self.folder, known, |line| each(line.to_line()))
    }

    /// Where the journal has another line than the store's newest: the journal up to there, with that line damaged. What
    /// it has behind that follows the other line; `None` if the two tell one story.
    fn as_the_store_has_it(&self, report: &ChainReport) -> Result<Option<ChainReport>, ReadError> {
        let Some(known) = self.known else { return Ok(None) };
        let mut parted = false;
        self.read(|line| parted |= line.n == known.n && line.hash != known.hash)?;
        if !parted {
            return Ok(None);
        }
        let mut report = ChainReport { head: Some(known), highest_ack: None, ..report.clone() };
        report.begins.retain(|first| *first <= known.n);
        report.damage.retain(|damage| damage.n < known.n);
        report.missing.retain(|missing| missing.to < known.n);
        let segment = segment::name(report.begins.last().copied().unwrap_or(known.n));
        let (n, why) = (known.n, Broken::FollowsAnother);
        report.damage.push(Damage { segment, n, offset: 0, why, hash: Some(known.hash) });
        Ok(Some(report))
    }

    /// Writes the segments anew in which something is wrong, once every line of them is proven.
    fn put_right(
        &self,
        report: &ChainReport,
        behind: &[u64],
        copies: &mut Copies<'_>,
        evidence: &mut Quarantine,
        mended: &mut Mended,
        tell: &mut dyn FnMut(&str),
    ) -> Result<ChainReport, MendError> {
        tell("proving the copies of broken lines");
        let plan = self.prove(report, copies)?;
        tell("putting the journal right");
        self.disk.create_folder(self.folder).map_err(failed("make the folder", self.folder))?;
        for first in behind.iter().rev() {
            evidence.take_in(&self.folder.join(segment::name(*first)))?;
            mended.taken_out.push(segment::name(*first));
        }
        // From the newest on: a segment may only shrink once the one that takes its lines over is there.
        for (&first, segment) in plan.segments.iter().rev() {
            self.put_in_place(first, segment, evidence)?;
        }
        let after = self.read(|_| ())?;
        if !after.is_sound() || after.head.map(|head| head.n) < report.head.map(|head| head.n) {
            let what = after.damage.first().map(|damage| format!("line {}: {}", damage.n, damage.why));
            return Err(MendError::StillUnsound(what.unwrap_or_else(|| "lines are missing".to_owned())));
        }
        mended.segments = plan.segments.keys().map(|first| segment::name(*first)).collect();
        mended.lines = plan.from_copies.into_iter().collect();
        Ok(after)
    }

    /// Every segment with something wrong in it as it must be, proven from its last line to its first.
    fn prove(&self, report: &ChainReport, copies: &mut Copies<'_>) -> Result<Plan, MendError> {
        // A folder that is gone has no names; any other trouble with it has ended the reading before.
        let names = self.disk.names(self.folder).unwrap_or_default();
        let is_stray = |first: u64| report.strays.iter().any(|stray| stray.segment == segment::name(first));
        let files = segment::firsts(&names).into_iter().filter(|first| !is_stray(*first)).collect();
        let mut hurt = hurt_segments(report, &files);
        loop {
            let mut plan = Plan::default();
            let end = end(report, self.known);
            let ranges = ranges(report, &hurt, end);
            let whole = self.lines_in(&ranges)?;
            let mut reaches_down = None;
            for range in ranges.iter().rev() {
                let behind = plan.segments.get(&range.end).and_then(|lines| lines.first()).or(whole.get(&range.end));
                // A line behind all that counts follows another story.
                let behind = behind.filter(|line| line.n < end);
                let expected = behind.map_or_else(|| self.known_hash(range.end), |line| Some(line.prev));
                let below = plan.prove_range(range, expected, &whole, copies);
                let before = range.start.checked_sub(1);
                let at_odds = before.and_then(|before| whole.get(&before)).is_some_and(|line| Some(line.hash) != below);
                // The line that was exchanged is the one before, in a segment that looked whole.
                if let Some(before) = before.filter(|_| at_odds && below.is_some()) {
                    reaches_down = Some(owner(before, &files));
                }
            }
            match reaches_down {
                Some(first) if hurt.insert(first) => {}
                _ if plan.lost.is_empty() => return Ok(plan),
                _ => return Err(self.no_copy(plan.lost.into_iter().collect())),
            }
        }
    }

    fn no_copy(&self, numbers: Vec<u64>) -> MendError {
        let begins = numbers.first().copied().into_iter().chain(numbers.last().map(|last| last + 1));
        let there = begins.map(|n| self.folder.join(segment::name(n))).filter(|path| self.disk.look(path).is_ok());
        MendError::NoCopy { elsewhere: there.collect(), numbers, backups: self.backups.to_owned() }
    }

    /// The hash of the line before `end`, if it is the newest that the store knows of.
    fn known_hash(&self, end: u64) -> Option<Hash> {
        self.known.filter(|known| known.n + 1 == end).map(|known| known.hash)
    }

    /// The whole lines in these ranges, and the ones right before and behind each.
    fn lines_in(&self, ranges: &[Range<u64>]) -> Result<BTreeMap<u64, Line>, ReadError> {
        let mut whole = BTreeMap::new();
        let known = self.known.map(|head| head.n);
        read_chain(self.disk, self.folder, known, |line| {
            if ranges.iter().any(|range| (range.start.saturating_sub(1)..=range.end).contains(&line.n)) {
                whole.insert(line.n, line.to_line());
            }
        })?;
        Ok(whole)
    }

    /// Writes a segment beside the one that it replaces, keeps that one, and gives the new one its name.
    fn put_in_place(&self, first: u64, lines: &[Line], evidence: &mut Quarantine) -> Result<(), MendError> {
        let path = self.folder.join(segment::name(first));
        let beside = path.with_extension("mended");
        self.disk.remove_if_there(&beside).map_err(failed("remove the remains of an earlier try at", &beside))?;
        let text: String = lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
        let mut new = self.disk.create(&beside).map_err(failed("create", &beside))?;
        new.write_at(0, text.as_bytes()).map_err(failed("write", &beside))?;
        new.sync_data().map_err(failed("sync", &beside))?;
        drop(new);
        evidence.keep_copy(&path)?;
        self.disk.rename(&beside, &path).map_err(failed("put in place", &path))?;
        self.disk.sync_folder(self.folder).map_err(failed("sync", self.folder))
    }
}

impl Plan {
    /// Proves the lines of a range from the last to the first, `expected` being the last one's hash, if that is known.
    /// Returns the hash that the line before the range must have; `None` if that is not known.
    fn prove_range(
        &mut self,
        range: &Range<u64>,
        mut expected: Option<Hash>,
        whole: &BTreeMap<u64, Line>,
        copies: &mut Copies<'_>,
    ) -> Option<Hash> {
        let mut lines = Vec::new();
        for n in range.clone().rev() {
            let fits = |line: &Line| {
                let begins = n > 0 || line.prev == Hash::default();
                line.n == n && begins && expected.is_none_or(|hash| hash == line.hash)
            };
            let found = whole.get(&n).filter(|line| fits(line)).cloned().or_else(|| {
                self.from_copies.insert(n);
                copies(n).iter().filter_map(|text| Line::read(text).ok()).find(|line| fits(line))
            });
            expected = found.as_ref().map(|line| line.prev);
            match found {
                Some(line) => lines.push(line),
                None => drop(self.lost.insert(n)),
            }
        }
        lines.reverse();
        self.segments.insert(range.start, lines);
        expected
    }
}

/// The first numbers of the segments to be written anew.
fn hurt_segments(report: &ChainReport, files: &BTreeSet<u64>) -> BTreeSet<u64> {
    let named = report.damage.iter().filter_map(|damage| segment::first(&damage.segment));
    let damaged = report.damage.iter().map(|damage| owner(damage.n, files));
    let mut hurt: BTreeSet<u64> = named.chain(damaged).collect();
    for missing in &report.missing {
        hurt.insert(owner(missing.from, files));
        // Files that lie within what is missing have nothing whole in them; each gets its own lines again.
        hurt.extend(files.range(missing.from..=missing.to));
    }
    hurt
}

/// The segment that a line belongs into: the last that begins at or before it, or one of its own.
fn owner(n: u64, files: &BTreeSet<u64>) -> u64 {
    files.range(..=n).next_back().copied().unwrap_or(n)
}

/// What each of these segments must hold: up to where the next one begins that has lines, or will have.
fn ranges(report: &ChainReport, hurt: &BTreeSet<u64>, end: u64) -> Vec<Range<u64>> {
    let begins: BTreeSet<u64> = report.begins.iter().chain(hurt).copied().collect();
    let next = |first: u64| begins.range(first + 1..).next().copied().unwrap_or(end);
    hurt.iter().map(|first| *first..next(*first)).collect()
}

/// Behind the last line that was acknowledged or counts.
fn end(report: &ChainReport, known: Option<Head>) -> u64 {
    let missing = report.missing.iter().map(|missing| missing.to).max();
    let damaged = report.damage.iter().map(|damage| damage.n).max();
    let newest = [report.head.map(|head| head.n), report.highest_ack, known.map(|known| known.n), missing, damaged];
    newest.into_iter().flatten().max().map_or(0, |newest| newest + 1)
}

fn failed<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> MendError + use<'a> {
    move |source| MendError::Write { doing, path: path.to_owned(), source }
}

/// `line 5`, `lines 5 to 9`, `lines 5, 7 and 40 more`.
fn lines(numbers: &[u64]) -> String {
    match numbers {
        [one] => format!("line {one}"),
        [first, .., last] if last - first + 1 == numbers.len() as u64 => format!("lines {first} to {last}"),
        [first, second] => format!("lines {first} and {second}"),
        [first, second, more @ ..] => format!("lines {first}, {second} and {} more", more.len()),
        [] => "nothing".to_owned(),
    }
}

fn them(numbers: &[u64]) -> &'static str {
    if numbers.len() == 1 { "it" } else { "them" }
}

fn perhaps_anothers(segments: &[PathBuf]) -> String {
    let if_so =
        |path: &PathBuf| format!("; if {} is another database's, move it away, {}", path.display(), moved_away(path));
    segments.iter().map(if_so).collect()
}

#[cfg(test)]
mod tests;
