//! What is left of a store that cannot be trusted: a scratch copy, from which lines are believed that prove themselves.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::backup::with_lines;
use super::rebuild;
use super::whose::{differ, hash};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::record::{Hash, Head, Line};
use crate::store::Reader;

/// Lines that can still be read of it.
pub(super) struct Old {
    reader: Option<Reader>,
    /// Dropped after the reader: what is open cannot be removed everywhere.
    _copied: Option<Copied>,
}

/// The scratch copy, which goes with this value.
struct Copied {
    disk: Arc<dyn Disk>,
    place: Place,
}

impl Drop for Copied {
    fn drop(&mut self) {
        // What it was looked at for counts; what cannot be removed now is removed by the next start.
        drop(rebuild::clear_scratch(&*self.disk, &self.place));
    }
}

/// The lines behind a head that are left in a copy.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// Each follows the one before it, the first one the head.
    pub lines: Vec<String>,
    /// A number up to which there were lines that cannot be had from here.
    pub lost_up_to: Option<u64>,
    /// Others that have another line behind the same head: who, and the number of that line. Theirs stay where they are.
    pub parted: Vec<(String, u64)>,
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
    let (mut lost, mut shorter) = (best.lost_up_to, Vec::new());
    for backup in with_lines(&**disk, &place.backups())? {
        let other = Old::of_backup(&**disk, place, &backup.name);
        if other.ends_before(head) || head.is_some_and(|head| other.denies(head)) {
            continue;
        }
        let tail = other.behind(head);
        lost = lost.max(tail.lost_up_to);
        if tail.lines.len() > best.lines.len() {
            shorter.push((std::mem::replace(&mut source, backup.name), std::mem::replace(&mut best, tail).lines));
        } else {
            shorter.push((backup.name, tail.lines));
        }
    }
    let next = head.map_or(0, |head| head.n + 1);
    best.lost_up_to = lost.filter(|lost| *lost >= next + best.lines.len() as u64);
    best.parted = shorter
        .into_iter()
        .filter_map(|(whose, lines)| {
            let differs = lines.iter().zip(&best.lines).position(|(one, other)| one != other)?;
            Some((whose, next + differs as u64))
        })
        .collect();
    Ok((best, source))
}

impl Tail {
    /// Who else has lines behind the same head that are not these, one sentence each.
    pub fn parted_in_words(&self) -> impl Iterator<Item = String> {
        self.parted.iter().map(|(whose, n)| {
            format!("the {whose} has another line {n} than the longest copy of the journal's end: what follows it there stays there")
        })
    }
}

impl Old {
    /// Of the database in its place; of none, if nothing of it can be read.
    pub fn of(disk: &Arc<dyn Disk>, place: &Place) -> Self {
        Self::copied_by(rebuild::scratch_copy, disk, place)
    }

    /// Of the database in its place, as if no log lay beside it.
    pub fn without_its_log(disk: &Arc<dyn Disk>, place: &Place) -> Self {
        Self::copied_by(rebuild::scratch_copy_alone, disk, place)
    }

    fn copied_by(
        copy: fn(&dyn Disk, &Place) -> Result<PathBuf, rebuild::RebuildError>,
        disk: &Arc<dyn Disk>,
        place: &Place,
    ) -> Self {
        // Before the first byte is copied: a copy that fails half way goes, too.
        let copied = Copied { disk: Arc::clone(disk), place: place.clone() };
        let copy = copy(&**disk, place).ok();
        Self { reader: copy.and_then(|copy| Reader::open_damaged(&**disk, &copy).ok()), _copied: Some(copied) }
    }

    /// Of the database in its place beside a journal that has these lines. Of a log that came from another house nothing is
    /// believed, not even that a line is missing.
    pub fn beside(disk: &Arc<dyn Disk>, place: &Place, journal: impl IntoIterator<Item = Head>) -> Self {
        let old = Self::of(disk, place);
        if !journal.into_iter().any(|line| old.denies(line)) {
            return old;
        }
        drop(old); // With it goes its copy, which lies where the next one is to lie.
        Self::without_its_log(disk, place)
    }

    /// Its first line's hash, if that line is whole.
    pub fn first(&self) -> Option<Hash> {
        hash(self.reader.as_ref()?.ask(), 0)
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
        Self { reader: Reader::open_copy(disk, &place.backups().join(name)).ok(), _copied: None }
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
    pub fn denies(&self, head: Head) -> bool {
        differ(self.reader.as_ref().and_then(|reader| hash(reader.ask(), head.n)), Some(head.hash))
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::disk::RealDisk;
    use crate::store::Store;
    use crate::store::story::Story;

    /// So many lines both have.
    const SHARED: usize = 5;

    /// A day of which nothing behind the shared lines was as it was.
    fn another_day() -> Story {
        let mut story = Story::of_a_day(1);
        story.facts.remove(SHARED);
        story
    }

    fn keep(database: &Path, lines: &[Line]) {
        let mut store = Store::open(database).unwrap();
        store.project(lines).unwrap();
        store.checkpoint().unwrap();
    }

    /// What is found behind the shared lines when the old store has the one and a backup the other.
    fn found(in_store: &[Line], in_backup: &[Line]) -> (Tail, String) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::around(folder.path().join("s.db"));
        std::fs::create_dir(place.backups()).unwrap();
        keep(place.database(), in_store);
        keep(&place.backups().join(BACKUP), in_backup);
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let old = Old::of(&disk, &place);
        longest_tail(&disk, &place, Some(&old), Some(in_store[SHARED - 1].head())).unwrap()
    }

    const BACKUP: &str = "20261122T184001Z-manual.db";

    #[test]
    fn the_longest_end_counts_and_a_shorter_one_of_the_same_story_is_part_of_it() {
        let lines = Story::of_a_day(1).lines();
        for (in_store, in_backup, longest) in [(20, 9, "store"), (9, 20, BACKUP)] {
            let (tail, source) = found(&lines[..in_store], &lines[..in_backup]);
            assert_eq!((tail.lines.len(), source.as_str()), (20 - SHARED, longest));
            assert_eq!((tail.lost_up_to, tail.parted), (None, Vec::new()));
        }
    }

    #[test]
    fn of_two_ends_that_part_the_longest_counts_and_the_other_is_told_of() {
        let (one, other) = (Story::of_a_day(1).lines(), another_day().lines());
        for (in_store, in_backup, longest, shorter) in [(20, 9, "store", BACKUP), (9, 20, BACKUP, "store")] {
            let (tail, source) = found(&one[..in_store], &other[..in_backup]);
            assert_eq!((tail.lines.len(), source.as_str()), (20 - SHARED, longest));
            assert_eq!(tail.parted, [(shorter.to_owned(), SHARED as u64)]);
            let said: Vec<String> = tail.parted_in_words().collect();
            assert!(said[0].contains(shorter) && said[0].contains("another line 5"), "{said:?}");
        }
    }
}
