//! What is left of a store that cannot be trusted: a scratch copy, from which lines are believed that prove themselves.

use std::io;
use std::sync::Arc;

use super::backup::{BackupKind, shelf};
use super::rebuild;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::record::{Hash, Head, Line};
use crate::store::Reader;

/// Lines that can still be read of it.
pub(super) struct Old {
    reader: Option<Reader>,
}

/// The lines behind a head that are left in a copy.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// Each follows the one before it, the first one the head.
    pub lines: Vec<String>,
    /// A number up to which there were lines that cannot be had from here.
    pub lost_up_to: Option<u64>,
}

/// Lines behind `head`, from whichever has most of them, the old store or a backup, and which that is. Lost lines are
/// told of, whoever knows of them.
pub(super) fn longest_tail(
    disk: &Arc<dyn Disk>,
    place: &Place,
    old: Option<&Old>,
    head: Option<Head>,
) -> io::Result<(Tail, String)> {
    let (mut best, mut source) = (old.map(|old| old.behind(head)).unwrap_or_default(), "store".to_owned());
    let mut lost = best.lost_up_to;
    for backup in shelf(&**disk, &place.backups())?.into_iter().filter(|backup| backup.kind != BackupKind::Baseline) {
        let other = Old::of_backup(&**disk, place, &backup.name);
        if other.ends_before(head) || head.is_some_and(|head| other.denies(head)) {
            continue;
        }
        let tail = other.behind(head);
        lost = lost.max(tail.lost_up_to);
        if tail.lines.len() > best.lines.len() {
            (best, source) = (tail, backup.name);
        }
    }
    let end = head.map_or(0, |head| head.n + 1) + best.lines.len() as u64;
    best.lost_up_to = lost.filter(|lost| *lost >= end);
    Ok((best, source))
}

impl Old {
    /// Of the database in its place; of none, if nothing of it can be read.
    pub fn of(disk: &Arc<dyn Disk>, place: &Place) -> Self {
        let copy = rebuild::scratch_copy(&**disk, place).ok();
        Self { reader: copy.and_then(|copy| Reader::open_damaged(&**disk, &copy).ok()) }
    }

    /// Of the database in its place, as if no log lay beside it.
    pub fn without_its_log(disk: &Arc<dyn Disk>, place: &Place) -> Self {
        let copy = rebuild::scratch_copy_alone(&**disk, place).ok();
        Self { reader: copy.and_then(|copy| Reader::open_damaged(&**disk, &copy).ok()) }
    }

    /// For questions about what lines do not tell; `None` if nothing of it can be read.
    pub fn reader(&self) -> Option<&Reader> {
        self.reader.as_ref()
    }

    /// Its newest line, as far as its cursor says.
    pub fn cursor(&self) -> Option<Head> {
        let (n, hash) = self.reader.as_ref()?.ask().cursor().ok()??;
        Some(Head { n, hash })
    }

    /// Of a backup, which is whole.
    pub fn of_backup(disk: &dyn Disk, place: &Place, name: &str) -> Self {
        Self { reader: Reader::open_copy(disk, &place.backups().join(name)).ok() }
    }

    /// One line, if it is whole.
    pub fn line(&self, n: u64) -> Option<String> {
        self.reader.as_ref()?.ask().whole_line(n)
    }

    /// Whether it says that it has nothing behind that line.
    fn ends_before(&self, head: Option<Head>) -> bool {
        self.cursor().zip(head).is_some_and(|(newest, head)| newest.n <= head.n)
    }

    /// Whether it has another line of that number: what it holds is another house's.
    fn denies(&self, head: Head) -> bool {
        self.line(head.n).and_then(|text| Line::read(&text).ok()).is_some_and(|line| line.hash != head.hash)
    }

    /// What it has behind `head`.
    pub fn behind(&self, head: Option<Head>) -> Tail {
        let mut tail = Tail::default();
        let Some(reader) = &self.reader else { return tail };
        let (mut next, mut prev) = head.map_or((0, Hash::default()), |head| (head.n + 1, head.hash));
        // One by one: a page that is broken takes none of the whole rows before it along.
        loop {
            let whole = reader.ask().whole_line(next);
            let follows = whole.and_then(|text| Line::read(&text).ok()).filter(|line| line.prev == prev);
            let Some(line) = follows else {
                let sought = reader.ask().line(next);
                let there = sought.as_ref().is_ok_and(Option::is_some).then_some(next);
                // A cursor alone may be what is damaged: where there is plainly no such row it is not believed.
                let told = sought.is_err().then(|| self.cursor().map(|cursor| cursor.n)).flatten();
                let newest = there.max(told).max(reader.ask().newest_whole_line());
                tail.lost_up_to = newest.filter(|newest| *newest >= next);
                break;
            };
            (next, prev) = (line.n + 1, line.hash);
            tail.lines.push(line.text);
        }
        tail
    }
}
