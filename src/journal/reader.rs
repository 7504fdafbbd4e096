//! Reads the whole chain back, and tells three things apart: what counts, what never counted, and what is damaged.
//!
//! - *Void* is what was written and never acknowledged: behind the first number of a later segment, or broken and above
//!   every number that is known to have been on disk.
//! - *Damage* is a broken line at or below a known number. It is located between its neighbours, and reading goes on.
//! - *Missing* are known numbers of which not even a broken line is left.
//!
//! A *stray* is a file that bears a segment's name and another one's lines. It is told of and not read.
//!
//! No bytes whatsoever make reading panic.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::line::NotALine;
use super::record::{Hash, Head, View};
use super::segment;
use super::walk::{Bears, Segment, Walk};
use crate::disk::Disk;
use crate::domain::words::moved_away;

/// What reading the chain found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainReport {
    /// The newest line that counts; `None` if there is none.
    pub head: Option<Head>,
    /// How many lines count.
    pub lines: u64,
    /// How many segments have lines in them.
    pub segments: u64,
    /// The first numbers of those segments, by which their files are called.
    pub begins: Vec<u64>,
    /// The highest number that any line says was on disk.
    pub highest_ack: Option<u64>,
    /// Lines that are broken and were acknowledged.
    pub damage: Vec<Damage>,
    /// Numbers that were acknowledged and of which nothing is there.
    pub missing: Vec<Missing>,
    /// What never counted.
    pub void: Vec<Void>,
    /// Files that bear a segment's name and have nothing of it.
    pub strays: Vec<Stray>,
    /// Files of segments that a writer set aside.
    pub set_aside: Vec<String>,
    /// Names of files that are neither: nobody reads them.
    pub foreign: Vec<String>,
}

/// A broken line that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file it is in.
    pub segment: String,
    /// Its number, known by its neighbours.
    pub n: u64,
    /// Where it starts in the file, in bytes.
    pub offset: u64,
    /// What is wrong with it.
    pub why: Broken,
    /// What its hash must be, if the next line says so: a copy with that hash is the line.
    pub hash: Option<Hash>,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] NotALine),
    /// It is whole and names another hash for the line before than that line has: one of the two was exchanged.
    #[error("it follows another line than the one before it: one of the two was exchanged")]
    FollowsAnother,
    /// It is whole and its number was there before.
    #[error("its number was there before")]
    Again,
    /// The line is whole, and bytes that are no line stand before it.
    #[error("bytes that are no line stand before it")]
    StrayBytes,
}

/// Numbers that were acknowledged and of which nothing is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The first.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// What the hash of the last one must be, if the line behind it says so.
    pub hash: Option<Hash>,
}

/// What was written and never counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// The file it is in.
    pub segment: String,
    /// The number at which it begins.
    pub from: u64,
    /// Where it starts in the file, in bytes.
    pub offset: u64,
    /// How many lines it has, whole and broken.
    pub lines: u64,
}

/// A file that bears a segment's name and has nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The name.
    pub segment: String,
    /// The number of its first whole line; `None` if there is none.
    pub begins: Option<u64>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} in {} at byte {}: {}", self.n, self.segment, self.offset, self.why)
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            write!(f, "line {} is gone", self.from)
        } else {
            write!(f, "lines {} to {} are gone", self.from, self.to)
        }
    }
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let segment = &self.segment;
        match self.begins {
            Some(n) => {
                write!(f, "{segment} is no part of the journal: it begins with line {n}, and its name says another")
            }
            None => write!(f, "{segment} is no part of the journal: no line in it is whole"),
        }
    }
}

/// The chain could not be read to its end.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A file or the folder cannot be read.
    #[error("cannot read {path} of the journal: {source}; check who may read it, and the disk", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A pipe, a link that leads nowhere, or the like.
    #[error("{path} bears the name of a segment of the journal and is no file, or a link that leads nowhere: move it away, \
        {moved}, and put the segment back if you have it elsewhere; what the database has of it is put back at the next start",
        path = path.display(), moved = moved_away(path))]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// A line was written by a newer program.
    #[error("the journal segment {path} was written by a newer neo (line version {version}): use that one", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The line's version.
        version: u32,
    },
}

impl ChainReport {
    /// How many lines never counted.
    pub fn void_lines(&self) -> u64 {
        self.void.iter().map(|void| void.lines).sum()
    }

    /// Whether every acknowledged line is there and whole. Void lines and strays are no fault of it.
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.missing.is_empty()
    }
}

/// Reads all segments in `folder`, giving every line that counts to `each`, in order of their numbers.
///
/// `cursor` is the newest number that the store has, if it has any: it was acknowledged, whatever the journal says.
/// A folder that is not there is a chain without lines.
pub fn read_chain(
    disk: &dyn Disk,
    folder: &Path,
    cursor: Option<u64>,
    each: impl FnMut(&View<'_>),
) -> Result<ChainReport, ReadError> {
    let names = match disk.names(folder) {
        Err(failure) if failure.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(ReadError::Unreadable { path: folder.to_owned(), source }),
        Ok(names) => names,
    };
    let firsts = segment::firsts(&names);
    let (newest_ack, mut newest) = newest_ack(disk, folder, &firsts)?;
    let mut walk = Walk::new(newest_ack.max(cursor), each);
    let (mut hollow, mut strays, mut current) = (Vec::new(), Vec::new(), None::<Segment>);
    for &first in &firsts {
        let already = newest.take_if(|newest| newest.first == first);
        let segment = already.map_or_else(|| Segment::read(disk, folder, first), Ok)?;
        match segment.bears(&firsts)? {
            Bears::Nothing => hollow.push(segment),
            Bears::Others(begins) => strays.push(segment.stray(Some(begins))),
            Bears::ItsLines => {
                if let Some(before) = current.replace(segment) {
                    walk.pass(&before, Some(first))?;
                }
            }
        }
    }
    if let Some(last) = current {
        walk.pass(&last, None)?;
    }
    let mut report = walk.finish(&hollow);
    report.strays.extend(strays);
    report.set_aside = segment::set_aside_among(&names);
    report.foreign = segment::foreign_among(&names);
    Ok(report)
}

/// The chain's first line, by which two houses are told apart; `None` if it is gone, or not whole.
pub fn first_line(disk: &dyn Disk, folder: &Path) -> Option<Head> {
    Segment::read(disk, folder, 0).ok()?.first_line().filter(|line| line.n == 0).map(|line| line.head())
}

/// The newest whole line in `folder`, as the names of the files lead to it; the lines before it are not looked at.
pub fn newest_line(disk: &dyn Disk, folder: &Path) -> Result<Option<Head>, ReadError> {
    let names = disk.names(folder).map_err(|source| ReadError::Unreadable { path: folder.to_owned(), source })?;
    let newest = newest_segment(disk, folder, &segment::firsts(&names))?;
    Ok(newest.and_then(|segment| segment.newest_whole_line().map(|line| line.head())))
}

/// The highest acknowledged number that the chain knows of: its newest whole line says it, because it only ever grows.
/// With it comes that line's segment, which need not be read again.
fn newest_ack(disk: &dyn Disk, folder: &Path, firsts: &[u64]) -> Result<(Option<u64>, Option<Segment>), ReadError> {
    let newest = newest_segment(disk, folder, firsts)?;
    let ack = newest.as_ref().and_then(Segment::newest_whole_line).and_then(|newest| u64::try_from(newest.ack).ok());
    Ok((ack, newest))
}

/// The last of the chain's segments in which a line is whole.
fn newest_segment(disk: &dyn Disk, folder: &Path, firsts: &[u64]) -> Result<Option<Segment>, ReadError> {
    for &first in firsts.iter().rev() {
        let segment = Segment::read(disk, folder, first)?;
        if segment.bears(firsts)? == Bears::ItsLines {
            return Ok(Some(segment));
        }
    }
    Ok(None)
}
