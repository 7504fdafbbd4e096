//! The one writer of the chain: a group of facts becomes lines, is written with one write and synced with one sync.
//!
//! Room for lines is prepared ahead, filled with newlines, because a sync that need not grow the file is a third faster.
//! Each group has sectors of its own, filled up with newlines: a write that is torn, or that takes what lies beside it
//! along, cannot reach a line that was acknowledged before. Where another group stands before it, it begins with a
//! newline, so that whatever becomes of that one's last sector does not run into its first line.
//! A file is created with the first group that goes into it, so that a run that has nothing to say leaves nothing.
//!
//! After a write or a sync that failed its file is never used again: the system may go on showing bytes that the disk
//! does not have, and a second sync would say that all is well. The same lines go, once, into a new segment; if that
//! fails too the error is the caller's, and the next attempt is made with another new segment.

mod file;
mod sums;

use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::line;
use super::record::{Entry, Hash, Head, Line};
use super::segment;
use crate::disk::named::Change;
use crate::disk::{Disk, DiskFile, is_full};
use file::Segment;

/// A segment grows by as much as it has, within these limits: short sessions stay small, long ones rarely grow.
const LEAST_ROOM: u64 = 64 << 10;
const MOST_ROOM: u64 = 1 << 20;

/// Appends facts to the chain.
#[derive(Debug)]
pub struct Writer {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    head: Option<Head>,
    open: Option<Segment>,
    room: Room,
    text: String,
}

/// Whether room is prepared ahead of the groups that will fill it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// It is: a sync that need not grow the file is faster.
    #[default]
    Ahead,
    /// It is not: there is hardly any on the disk, and each group takes no more than it needs.
    None,
}

/// A group that is on disk.
#[derive(Debug)]
pub struct Acknowledged {
    /// Its lines, in order.
    pub lines: Vec<Line>,
    /// Why the segment before was given up and a new one begun with this group, if so: the operator must be told.
    pub moved: Option<WriteError>,
}

/// What could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Making sure that what is already in the journal is on disk.
    Settle,
    /// Beginning a segment.
    Create,
    /// Writing a group.
    Write,
    /// Waiting for the disk.
    Sync,
    /// Preparing room for later groups.
    MakeRoom,
}

/// The journal could not be written. Nothing of the group was acknowledged; what was before is untouched.
#[derive(Debug, Error)]
#[error("cannot {} {path}: {source}. Nothing of it was acknowledged; look at the disk and its free space{}",
    attempt.in_words(), .before.as_ref().map_or_else(String::new, |before| format!(". Before that: {before}")),
    path = path.display())]
pub struct WriteError {
    /// What was tried.
    pub attempt: Attempt,
    /// On which file or folder.
    pub path: PathBuf,
    /// Why it failed.
    pub source: io::Error,
    /// If this was the second attempt for a group: how the first one failed.
    pub before: Option<Box<WriteError>>,
}

/// Lines that somebody else kept could not be put into the journal, and none of them was.
#[derive(Debug, Error)]
pub enum KeptError {
    /// One is no line of a journal, or its hash does not hold.
    #[error("the copy of line {n} is damaged: {why}. It was not put into the journal; run `neo verify --all`")]
    NotALine {
        /// The number that it should have.
        n: u64,
        /// What is wrong with it.
        why: line::NotALine,
    },
    /// One is whole and does not follow the line before it.
    #[error(
        "the copy of line {n} does not follow the line before it. It was not put into the journal; run `neo verify --all`"
    )]
    DoesNotFollow {
        /// The number that it should have.
        n: u64,
    },
    /// The journal cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Attempt {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Settle => "bring to the disk what is in the journal already,",
            Self::Create => "begin the journal segment",
            Self::Write => "write facts to the journal segment",
            Self::Sync => "sync the journal segment",
            Self::MakeRoom => "prepare room in the journal segment",
        }
    }
}

impl WriteError {
    /// Whether there was no room on the disk: it may be written later, when there is.
    pub fn is_full(&self) -> bool {
        is_full(&self.source)
    }
}

impl Attempt {
    /// An error of this attempt on `path`.
    fn on(self, path: &Path) -> impl FnOnce(io::Error) -> WriteError {
        move |source| WriteError { attempt: self, path: path.to_owned(), source, before: None }
    }
}

impl Writer {
    /// A writer that goes on behind `head`, as [`super::reader::read_chain`] found it. The folder must be there.
    ///
    /// A process that was killed leaves lines that the system shows and the disk may not have yet. They are brought to
    /// the disk here, because every line from now on says that they are there.
    pub fn open(disk: Arc<dyn Disk>, folder: impl Into<PathBuf>, head: Option<Head>) -> Result<Self, WriteError> {
        let folder = folder.into();
        if let Some(head) = head {
            settle(&*disk, &folder, head)?;
        }
        Ok(Self { disk, folder, head, open: None, room: Room::default(), text: String::new() })
    }

    /// The disk that it writes to.
    pub const fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Where its segments lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has the next group begin a new segment: nobody finds again what would be written into the open one.
    pub fn leave_segment(&mut self) {
        self.open = None;
    }

    /// What became of the open segment, if somebody cut it: to be asked before each group and each making of room, because
    /// what is written behind a cut gives the file its length again, and nobody sees the hole.
    pub fn cut(&self) -> Option<Change> {
        let segment = self.open.as_ref()?;
        let (from, to) = segment.cut()?;
        Some(Change::cut(self.path(segment.first), from, to))
    }

    /// In how many stretches the open segment is read back.
    pub fn stretches(&self) -> usize {
        self.open.as_ref().map_or(0, Segment::stretches)
    }

    /// Reads the next stretch of the open segment back, a megabyte or so: what became of it, if somebody changed it at its
    /// size. Called as often as there are [`Self::stretches`] it has read all of them.
    pub fn changed(&mut self) -> io::Result<Option<Change>> {
        let Some(segment) = &mut self.open else { return Ok(None) };
        let path = self.folder.join(segment::name(segment.first));
        let Some(stretch) = segment.next_stretch() else { return Ok(None) };
        let len = usize::try_from(stretch.bytes).map_err(io::Error::other)?;
        let found = self.disk.read_part(&path, stretch.from, len)?;
        Ok((!stretch.is(&found)).then(|| Change::rewritten(path, stretch.from, stretch.bytes)))
    }

    /// How it deals with the disk's room from now on.
    pub fn use_room(&mut self, room: Room) {
        self.room = room;
    }

    /// The newest line that is on disk.
    pub const fn head(&self) -> Option<Head> {
        self.head
    }

    /// The file name of the open segment; `None` before the first group and after a failure.
    pub fn segment(&self) -> Option<String> {
        self.open.as_ref().map(|segment| segment::name(segment.first))
    }

    /// Makes lines of a group and returns them when they are on disk: all or, with an error, none.
    ///
    /// After an error the writer can be used again, with this group or another, under the same numbers.
    pub fn write_group(&mut self, entries: &[Entry]) -> Result<Acknowledged, WriteError> {
        let lines = self.print(entries);
        let Some(newest) = lines.last() else {
            return Ok(Acknowledged { lines, moved: None });
        };
        let text = mem::take(&mut self.text);
        let outcome = self.put_or_move(text.as_bytes());
        self.text = text;
        let moved = outcome?;
        self.head = Some(newest.head());
        Ok(Acknowledged { lines, moved })
    }

    /// Makes lines of a group without writing them: somebody else keeps them, because this journal cannot. They go on
    /// from the newest line, and the ones after them go on from them.
    pub fn chain_only(&mut self, entries: &[Entry]) -> Vec<Line> {
        let lines = self.print(entries);
        self.head = lines.last().map(Line::head).or(self.head);
        self.open = None;
        lines
    }

    /// Puts lines that somebody else kept into the journal, byte for byte, in a new segment. Each must follow the one
    /// before it.
    pub fn write_kept(&mut self, texts: &[String]) -> Result<(), KeptError> {
        let mut head = self.head;
        let mut text = String::new();
        for kept in texts {
            let expected = head.map_or(0, |head| head.n + 1);
            let line = line::parse(kept.as_bytes()).map_err(|why| KeptError::NotALine { n: expected, why })?;
            if line.n != expected || line.prev != head.map_or(Hash::default(), |head| head.hash) {
                return Err(KeptError::DoesNotFollow { n: expected });
            }
            text.push_str(kept);
            text.push('\n');
            head = Some(line.head());
        }
        self.open = None;
        if !text.is_empty() {
            self.put_or_move(text.as_bytes())?;
        }
        self.head = head;
        Ok(())
    }

    /// Prepares room for the groups to come, if there is little left: to be called when nobody waits. Not calling it
    /// costs time and nothing else. After an error the next group begins a new segment.
    pub fn make_room(&mut self) -> Result<(), WriteError> {
        if self.room == Room::None {
            return Ok(());
        }
        let Some(mut segment) = self.open.take() else { return Ok(()) };
        if segment.room() < LEAST_ROOM / 2 {
            let path = self.path(segment.first);
            segment.grow().map_err(Attempt::MakeRoom.on(&path))?;
        }
        self.open = Some(segment);
        Ok(())
    }

    fn next_number(&self) -> u64 {
        self.head.map_or(0, |head| head.n + 1)
    }

    fn path(&self, first: u64) -> PathBuf {
        self.folder.join(segment::name(first))
    }

    /// Fills `self.text` with the group's lines.
    fn print(&mut self, entries: &[Entry]) -> Vec<Line> {
        // Whatever has a number below the next one was acknowledged, by us or by `settle`.
        let ack = self.head.map_or(-1, |head| i64::try_from(head.n).unwrap_or(i64::MAX));
        let mut prev = self.head.map_or(Hash::default(), |head| head.hash);
        self.text.clear();
        let mut lines = Vec::with_capacity(entries.len());
        for (n, entry) in (self.next_number()..).zip(entries) {
            let start = self.text.len();
            let hash = line::print(&mut self.text, n, ack, entry, prev);
            lines.push(Line {
                n,
                at: entry.at,
                session: entry.session,
                kind: entry.fact.kind().to_owned(),
                text: self.text[start..].to_owned(),
                ack,
                prev,
                hash,
            });
            self.text.push('\n');
            prev = hash;
        }
        lines
    }

    /// Puts a group into the open segment or begins one with it, and if that fails begins another, once.
    fn put_or_move(&mut self, text: &[u8]) -> Result<Option<WriteError>, WriteError> {
        let trouble = match self.put(text) {
            Ok(()) => return Ok(None),
            Err(trouble) => trouble,
        };
        match self.put(text) {
            Ok(()) => Ok(Some(trouble)),
            Err(again) => Err(WriteError { before: Some(Box::new(trouble)), ..again }),
        }
    }

    /// Leaves a segment open only if all went well, so that a failed one cannot be used again.
    fn put(&mut self, text: &[u8]) -> Result<(), WriteError> {
        let segment = match self.open.take() {
            Some(mut segment) => {
                segment.put(text, self.room, &self.path(segment.first))?;
                segment
            }
            None => self.begin(text)?,
        };
        self.open = Some(segment);
        Ok(())
    }

    /// Begins a segment with a group.
    fn begin(&self, text: &[u8]) -> Result<Segment, WriteError> {
        let first = self.next_number();
        let path = self.path(first);
        let file = self.create(first).map_err(Attempt::Create.on(&path))?;
        let mut segment = Segment::begun(file, first);
        if let Err(failure) = segment.put(text, self.room, &path) {
            if failure.is_full() {
                drop(segment);
                // Nothing in it was acknowledged, and it takes room that is wanted. If it cannot be removed the next
                // attempt sets it aside.
                let _ = self.disk.remove(&path);
            }
            return Err(failure);
        }
        // The group is only safe when its file can be found.
        self.disk.sync_folder(&self.folder).map_err(Attempt::Create.on(&path))?;
        Ok(segment)
    }

    fn create(&self, first: u64) -> io::Result<Box<dyn DiskFile>> {
        segment::set_aside(&*self.disk, &self.folder, first)?;
        self.disk.create(&self.path(first))
    }
}

fn settle(disk: &dyn Disk, folder: &Path, head: Head) -> Result<(), WriteError> {
    let bring = || {
        let holding = segment::firsts(&disk.names(folder)?).into_iter().rfind(|first| *first <= head.n);
        if let Some(first) = holding {
            disk.sync_file(&folder.join(segment::name(first)))?;
        }
        disk.sync_folder(folder)
    };
    bring().map_err(Attempt::Settle.on(folder))
}

impl Room {
    /// How much room is prepared behind `end`: whole sectors, as `end` is.
    fn after(self, end: u64) -> u64 {
        match self {
            Self::Ahead => end.clamp(LEAST_ROOM, MOST_ROOM),
            Self::None => 0,
        }
    }
}
