//! The walk along the chain, segment by segment: which line comes next, and what to make of bytes that are none.

use std::io;
use std::mem;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::line::{self, NotALine};
use super::reader::{Broken, ChainReport, Damage, Missing, ReadError, Stray, Void};
use super::record::{Hash, View};
use super::segment;
use crate::disk::{Disk, Kind};

/// A segment's file, whole.
#[derive(Debug)]
pub(super) struct Segment {
    pub first: u64,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// What a file has of the lines that its name speaks of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bears {
    /// Some of them. Only such a file ends the segment before.
    ItsLines,
    /// It begins with another line, whole, of that number: it is another file's copy, or bears another file's name.
    Others(u64),
    /// No line is whole.
    Nothing,
}

/// How far the walk has come.
#[derive(Debug)]
pub(super) struct Walk<F> {
    /// The highest number that is known to have been on disk.
    known: Option<u64>,
    /// The number that must come next.
    next: u64,
    /// The hash of the line before it; `None` when that one is lost.
    follows: Option<Hash>,
    each: F,
    report: ChainReport,
}

/// Bytes between two newlines that are no line.
#[derive(Debug)]
struct Piece {
    offset: u64,
    why: NotALine,
}

/// The walk through one segment.
struct Passage<'a> {
    segment: &'a Segment,
    /// The first number of the segment that follows.
    limit: Option<u64>,
    /// What was broken since the last whole line.
    pieces: Vec<Piece>,
    /// What never counted: from there to the end of the file.
    tail: Option<Void>,
}

impl Segment {
    pub fn read(disk: &dyn Disk, folder: &Path, first: u64) -> Result<Self, ReadError> {
        let path = folder.join(segment::name(first));
        // A pipe of that name would be waited for until somebody writes into it.
        let read = disk.look(&path).and_then(|found| match found.kind {
            Kind::File => disk.read(&path),
            Kind::Folder | Kind::Other => Err(io::ErrorKind::InvalidInput.into()),
        });
        match read {
            Ok(bytes) => Ok(Self { first, path, bytes }),
            // Its name was listed, so what cannot be found is what a link leads to.
            Err(why) if matches!(why.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
                Err(ReadError::NotAFile { path })
            }
            Err(source) => Err(ReadError::Unreadable { path, source }),
        }
    }

    /// What its first whole line says of its name, `firsts` being the numbers in all names. One that begins later than
    /// its name says has lost lines, unless there is a file of the name that it should have.
    pub fn bears(&self, firsts: &[u64]) -> Result<Bears, ReadError> {
        let mut is_first = true;
        for (_, raw) in self.raw_lines() {
            if let Ok(line) = self.parse(raw)? {
                let is_copy = is_first && line.n > self.first && firsts.contains(&line.n);
                return Ok(if line.n < self.first || is_copy { Bears::Others(line.n) } else { Bears::ItsLines });
            }
            is_first = false;
        }
        Ok(Bears::Nothing)
    }

    /// As what does not belong into the chain.
    pub fn stray(&self, begins: Option<u64>) -> Stray {
        Stray { segment: self.name(), begins }
    }

    /// The line with which it begins, if that is whole.
    pub fn first_line(&self) -> Option<View<'_>> {
        self.raw_lines().next().and_then(|(_, raw)| line::parse(raw).ok())
    }

    pub fn newest_whole_line(&self) -> Option<View<'_>> {
        let mut end = self.bytes.len();
        while let Some(last) = before_room(&self.bytes[..end]).len().checked_sub(1) {
            let start = memchr::memrchr(b'\n', &self.bytes[..last]).map_or(0, |newline| newline + 1);
            match line::parse(&self.bytes[start..=last]) {
                Ok(newest) => return Some(newest),
                Err(_) => end = start,
            }
        }
        None
    }

    /// What stands between newlines, with its place in bytes. Empty lines are room.
    fn raw_lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            rest = past_room(rest);
            let offset = self.bytes.len() - rest.len();
            let (raw, behind) = rest.split_at(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
            rest = behind;
            (!raw.is_empty()).then_some((offset as u64, raw))
        })
    }

    /// A line, or why it is none. One from a newer program ends the reading.
    fn parse<'a>(&self, raw: &'a [u8]) -> Result<Result<View<'a>, NotALine>, ReadError> {
        match line::parse(raw) {
            Err(NotALine::Newer { version }) => Err(ReadError::Newer { path: self.path.clone(), version }),
            parsed => Ok(parsed),
        }
    }

    fn name(&self) -> String {
        segment::name(self.first)
    }

    fn void(&self, from: u64, offset: u64, lines: usize) -> Void {
        Void { segment: self.name(), from, offset, lines: lines as u64 }
    }
}

/// Room can be a megabyte of newlines.
const ROOM: [u8; 4_096] = [b'\n'; 4_096];

/// It is passed over in steps of so many, the longest first.
const STEPS: [usize; 4] = [4_096, 256, 16, 1];

/// What stands before the newlines at the end of `bytes`.
fn before_room(mut bytes: &[u8]) -> &[u8] {
    for step in STEPS {
        while let Some(before) = bytes.strip_suffix(&ROOM[..step]) {
            bytes = before;
        }
    }
    bytes
}

/// What begins behind the newlines at the beginning of `bytes`.
fn past_room(mut bytes: &[u8]) -> &[u8] {
    for step in STEPS {
        while let Some(behind) = bytes.strip_prefix(&ROOM[..step]) {
            bytes = behind;
        }
    }
    bytes
}

impl<F: FnMut(&View<'_>)> Walk<F> {
    /// At the beginning of a chain of which `known` is the highest number that was acknowledged for sure.
    pub fn new(known: Option<u64>, each: F) -> Self {
        Self { known, next: 0, follows: Some(Hash::default()), each, report: ChainReport::default() }
    }

    /// Passes through a segment. What it has from `limit` on, the first number of the next one, never counted.
    pub fn pass(&mut self, segment: &Segment, limit: Option<u64>) -> Result<(), ReadError> {
        self.report.segments += 1;
        self.report.begins.push(segment.first);
        let mut passage = Passage { segment, limit, pieces: Vec::new(), tail: None };
        for (offset, raw) in segment.raw_lines() {
            match (segment.parse(raw)?, &mut passage.tail) {
                (parsed, Some(tail)) => {
                    tail.lines += 1;
                    self.note_ack(parsed.as_ref().map_or(-1, |line| line.ack));
                }
                (Err(why), None) => passage.pieces.push(Piece { offset, why }),
                (Ok(line), None) => {
                    self.note_ack(line.ack);
                    self.meet(&line, offset, &mut passage);
                }
            }
        }
        self.leave(passage);
        Ok(())
    }

    /// Judges what is left when all segments with lines were passed: known numbers that never came, and the files in
    /// which no line is whole.
    pub fn finish(mut self, hollow: &[Segment]) -> ChainReport {
        let known = self.known.max(self.report.highest_ack);
        if let Some(end) = known.map(|known| known.saturating_add(1)).filter(|end| *end > self.next) {
            self.lose(self.next..end, &mut Vec::new(), "");
        }
        for segment in hollow {
            self.judge_hollow(segment);
        }
        self.report
    }

    fn note_ack(&mut self, ack: i64) {
        self.report.highest_ack = self.report.highest_ack.max(u64::try_from(ack).ok());
    }

    fn meet(&mut self, line: &View<'_>, offset: u64, passage: &mut Passage<'_>) {
        if self.begins_tail(line, passage) {
            self.begin_tail(line, offset, passage);
            return;
        }
        let segment = passage.segment;
        if line.n < self.next {
            self.damage(segment.name(), line.n, offset, Broken::Again);
            return;
        }
        if line.n > self.next {
            self.lose(self.next..line.n, &mut passage.pieces, &segment.name());
        }
        self.judge_stray(line.n, passage);
        match self.follows {
            None => self.attest(line),
            Some(hash) if hash == line.prev => {}
            Some(_) => self.damage(segment.name(), line.n, offset, Broken::FollowsAnother),
        }
        (self.each)(line);
        self.report.lines += 1;
        self.report.head = Some(line.head());
        self.next = line.n.saturating_add(1);
        self.follows = Some(line.hash);
    }

    /// Whether a number was acknowledged for sure: a later segment was begun behind it, or somebody says so.
    fn is_known(&self, n: u64, limit: Option<u64>) -> bool {
        limit.map_or_else(|| self.known.is_some_and(|known| n <= known), |limit| n < limit)
    }

    /// Whether nothing counts from this whole line on.
    fn begins_tail(&self, line: &View<'_>, passage: &Passage<'_>) -> bool {
        // What is at odds with it: lost numbers before it, or the line that it should follow and does not.
        let at_odds = if line.n > self.next {
            Some(self.next)
        } else {
            let exchanged = line.n == self.next && self.follows.is_some_and(|hash| hash != line.prev);
            exchanged.then(|| line.n.saturating_sub(1))
        };
        let replaced = passage.limit.is_some_and(|limit| line.n >= limit);
        replaced || at_odds.is_some_and(|n| !self.is_known(n, passage.limit))
    }

    fn begin_tail(&mut self, line: &View<'_>, offset: u64, passage: &mut Passage<'_>) {
        self.lose_up_to_limit(passage);
        let pieces = mem::take(&mut passage.pieces);
        let start = pieces.first().map_or(offset, |piece| piece.offset);
        passage.tail = Some(passage.segment.void(self.next.min(line.n), start, pieces.len() + 1));
    }

    /// The end of a segment: what did not come before the next one begins is lost, what is broken behind that is void.
    fn leave(&mut self, mut passage: Passage<'_>) {
        self.lose_up_to_limit(&mut passage);
        if let Some(piece) = passage.pieces.first() {
            passage.tail = Some(passage.segment.void(self.next, piece.offset, passage.pieces.len()));
        }
        self.report.void.extend(passage.tail);
    }

    fn lose_up_to_limit(&mut self, passage: &mut Passage<'_>) {
        let end = passage.limit.or_else(|| self.known.map(|known| known.saturating_add(1))).unwrap_or(0);
        if self.next < end {
            self.lose(self.next..end, &mut passage.pieces, &passage.segment.name());
        }
    }

    /// Numbers that were acknowledged and did not come: each broken piece in their place is one of them, in order, and
    /// the rest is missing. More pieces than numbers are one line torn apart.
    fn lose(&mut self, numbers: Range<u64>, pieces: &mut Vec<Piece>, segment: &str) {
        let mut left = numbers.clone();
        for (piece, n) in mem::take(pieces).into_iter().zip(left.by_ref()) {
            let why = Broken::Unreadable(piece.why);
            self.report.damage.push(Damage { segment: segment.to_owned(), n, offset: piece.offset, why, hash: None });
        }
        if let Some(from) = left.next() {
            self.report.missing.push(Missing { from, to: numbers.end - 1, hash: None });
        }
        self.next = numbers.end;
        self.follows = None;
    }

    /// The line behind a loss says which hash the last lost line has.
    fn attest(&mut self, line: &View<'_>) {
        let before = line.n.checked_sub(1);
        if let Some(missing) = self.report.missing.last_mut().filter(|missing| Some(missing.to) == before) {
            missing.hash = Some(line.prev);
        } else if let Some(damage) = self.report.damage.iter_mut().rfind(|damage| Some(damage.n) == before) {
            damage.hash = Some(line.prev);
        }
    }

    /// Broken pieces before a line that is there and in its place.
    fn judge_stray(&mut self, n: u64, passage: &mut Passage<'_>) {
        let pieces = mem::take(&mut passage.pieces);
        let Some(first) = pieces.first() else { return };
        if self.is_known(n, passage.limit) {
            self.damage(passage.segment.name(), n, first.offset, Broken::StrayBytes);
        } else {
            self.report.void.push(passage.segment.void(n, first.offset, pieces.len()));
        }
    }

    /// A file in which no line is whole: damage if its first number is lost, void if it never counted, and else a stray.
    fn judge_hollow(&mut self, segment: &Segment) {
        let Some((offset, raw)) = segment.raw_lines().next() else { return };
        let first = segment.first;
        if self.report.missing.iter().any(|missing| (missing.from..=missing.to).contains(&first)) {
            let why = line::parse(raw).err().map_or(Broken::Again, Broken::Unreadable);
            self.damage(segment.name(), first, offset, why);
        } else if first == self.next {
            self.report.void.push(segment.void(first, offset, segment.raw_lines().count()));
        } else {
            // A writer begins a file nowhere but behind the newest line.
            self.report.strays.push(segment.stray(None));
        }
    }

    fn damage(&mut self, segment: String, n: u64, offset: u64, why: Broken) {
        self.report.damage.push(Damage { segment, n, offset, why, hash: None });
    }
}
