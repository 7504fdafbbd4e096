//! The journal's chain, recomputed, beside the lines that the store keeps: byte by byte, number by number.
//!
//! Reads only. Rows come as an iterator, so that this knows nothing of SQL and holds no more than one of them.

use std::iter::Peekable;
use std::path::Path;

use crate::disk::Disk;
use crate::journal::reader::{ChainReport, ReadError};
use crate::journal::record::{Hash, Line};
use crate::store::FactRow;
use crate::vault::replay::read_in_portions;

/// What comparing the two copies found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainVerdict {
    /// The journal alone.
    pub chain: ChainReport,
    /// What the journal says of the line that the store calls its newest; `None` if it has none of that number.
    pub at_cursor: Option<Hash>,
    /// How many lines stand in both copies, the same byte for byte.
    pub same: u64,
    /// The first number whose row says something else than its line, and what of it.
    pub first_difference: Option<(u64, Difference)>,
    /// How many rows differ.
    pub different: u64,
    /// Lines above the store's cursor that were not compared: the session that runs has yet to put them there.
    pub on_their_way: u64,
    /// Lines that the store does not have. Those above its cursor it has only not taken over yet.
    pub not_in_store: Gap,
    /// Rows whose line is not, or not whole, in the journal: what a broken line can be mended from.
    pub not_in_journal: Gap,
}

/// What differs between a line and its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The text of the line.
    Line,
    /// The columns beside it: they do not say what the line says.
    Columns,
}

/// What becomes of lines above the store's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Above {
    /// They are compared: nobody writes.
    Compared,
    /// A session goes on writing them.
    Ignored,
}

/// Numbers that one of the copies lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// How many.
    pub count: u64,
    /// The first and the last of them.
    pub ends: Option<(u64, u64)>,
}

impl Gap {
    fn add(&mut self, n: u64) {
        self.count += 1;
        self.ends = Some((self.ends.map_or(n, |(first, _)| first), n));
    }
}

impl ChainVerdict {
    /// Whether an operator must look: anything lost, broken, different, or in the way. Void lines never counted.
    pub fn found_something(&self) -> bool {
        !self.chain.is_sound()
            || !self.chain.strays.is_empty()
            || self.different > 0
            || self.not_in_store.count > 0
            || self.not_in_journal.count > 0
    }
}

/// Recomputes the chain in `folder` and compares each line with its row.
///
/// `rows` are all rows in order of their numbers, `cursor` is the newest number that the store says it has. With
/// [`Above::Ignored`] what is above it in either copy is not compared. A row that cannot be read ends the comparison with
/// that error.
pub fn verify_chain<E: From<ReadError>>(
    disk: &dyn Disk,
    folder: &Path,
    cursor: Option<u64>,
    above: Above,
    rows: impl IntoIterator<Item = Result<FactRow, E>>,
) -> Result<ChainVerdict, E> {
    let end = match above {
        Above::Compared => u64::MAX,
        Above::Ignored => cursor.map_or(0, |cursor| cursor + 1),
    };
    let (rows, verdict) = (rows.into_iter().peekable(), ChainVerdict::default());
    let mut comparison = Comparison { rows, cursor, end, verdict, failure: None };
    let chain = read_in_portions(disk, folder, cursor, .., |portion| {
        for line in &portion {
            comparison.meet(line);
        }
        comparison.failure.take().map_or(Ok(()), Err)
    })?;
    comparison.pass_rows_before(end);
    match comparison.failure {
        Some(failure) => Err(failure),
        None => Ok(ChainVerdict { chain, ..comparison.verdict }),
    }
}

struct Comparison<I: Iterator<Item = Result<FactRow, E>>, E> {
    rows: Peekable<I>,
    cursor: Option<u64>,
    /// The first number that is not compared.
    end: u64,
    verdict: ChainVerdict,
    failure: Option<E>,
}

impl<I: Iterator<Item = Result<FactRow, E>>, E> Comparison<I, E> {
    fn meet(&mut self, line: &Line) {
        if line.n >= self.end {
            self.verdict.on_their_way += 1;
            return;
        }
        if Some(line.n) == self.cursor {
            self.verdict.at_cursor = Some(line.hash);
        }
        self.pass_rows_before(line.n);
        match self.next_row(|n| n == line.n) {
            None => self.verdict.not_in_store.add(line.n),
            Some(row) => match difference(&row, line) {
                None => self.verdict.same += 1,
                Some(difference) => {
                    self.verdict.different += 1;
                    self.verdict.first_difference.get_or_insert((line.n, difference));
                }
            },
        }
    }

    fn pass_rows_before(&mut self, end: u64) {
        while let Some(row) = self.next_row(|n| n < end) {
            self.verdict.not_in_journal.add(row.n);
        }
    }

    /// The next row, if it is one of those; `None` for ever once a row could not be read.
    fn next_row(&mut self, wanted: impl Fn(u64) -> bool) -> Option<FactRow> {
        if self.failure.is_some() {
            return None;
        }
        match self.rows.next_if(|row| row.as_ref().map_or(true, |row| wanted(row.n)))? {
            Ok(row) => Some(row),
            Err(failure) => {
                self.failure = Some(failure);
                None
            }
        }
    }
}

fn difference(row: &FactRow, line: &Line) -> Option<Difference> {
    if row.line != line.text {
        return Some(Difference::Line);
    }
    let same = row.session == line.session && row.kind == line.kind && row.at == line.at.to_string();
    (!same).then_some(Difference::Columns)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::disk::memory::MemoryDisk;
    use crate::domain::fact::{Fact, OperatorCommand};
    use crate::domain::session::SessionId;
    use crate::domain::time::Timestamp;
    use crate::journal::record::Entry;
    use crate::journal::segment;
    use crate::journal::writer::Writer;

    fn folder() -> &'static Path {
        Path::new("/s.journal")
    }

    /// A journal of five lines, and the rows that a store has of them.
    fn both() -> (MemoryDisk, Vec<FactRow>) {
        let disk = MemoryDisk::new(1);
        disk.create_folder(folder()).unwrap();
        let entry = |incident| Entry {
            at: Timestamp::from_millis(i64::from(incident)),
            session: Some(SessionId(1)),
            fact: Fact::Command(OperatorCommand::Acknowledge { incident }),
        };
        let mut writer = Writer::open(Arc::new(disk.clone()), folder(), None).unwrap();
        let lines = writer.write_group(&[0, 1, 2, 3, 4].map(entry)).unwrap().lines;
        let row = |line: Line| FactRow {
            n: line.n,
            session: line.session,
            at: line.at.to_string(),
            kind: line.kind,
            line: line.text,
        };
        (disk, lines.into_iter().map(row).collect())
    }

    fn verify(disk: &MemoryDisk, rows: Vec<FactRow>) -> ChainVerdict {
        verify_chain::<ReadError>(disk, folder(), Some(4), Above::Compared, rows.into_iter().map(Ok)).unwrap()
    }

    #[test]
    fn two_whole_copies_agree() {
        let (disk, rows) = both();
        let verdict = verify(&disk, rows);
        assert!(!verdict.found_something(), "{verdict:?}");
        assert_eq!(verdict.same, 5);
    }

    #[test]
    fn a_row_that_says_something_else_is_found_and_the_first_is_named() {
        let (disk, mut rows) = both();
        rows[2].kind = "fill".to_owned();
        rows[3].line.push(' ');
        let verdict = verify(&disk, rows);
        assert_eq!((verdict.first_difference, verdict.different), (Some((2, Difference::Columns)), 2));
        assert!(verdict.found_something());
    }

    #[test]
    fn what_one_copy_lacks_is_counted_on_its_side() {
        let (disk, mut rows) = both();
        rows.drain(1..3);
        let extra = FactRow { n: 9, ..rows[2].clone() };
        rows.push(extra);
        let verdict = verify(&disk, rows);
        assert_eq!(verdict.not_in_store, Gap { count: 2, ends: Some((1, 2)) });
        assert_eq!(verdict.not_in_journal, Gap { count: 1, ends: Some((9, 9)) });
        assert!(verdict.found_something());
    }

    #[test]
    fn what_a_running_session_adds_meanwhile_is_no_difference() {
        let (disk, mut rows) = both();
        rows.truncate(4);
        rows[3].line.push(' ');
        let compare = |cursor, above| {
            let rows = rows.iter().cloned().map(Ok);
            verify_chain::<ReadError>(&disk, folder(), Some(cursor), above, rows).unwrap()
        };
        let (all, below) = (compare(2, Above::Compared), compare(2, Above::Ignored));
        assert_eq!((all.different, all.not_in_store.count), (1, 1));
        assert!(!below.found_something(), "{below:?}");
        assert_eq!((below.same, compare(3, Above::Ignored).different), (3, 1), "at the cursor it is one");
    }

    #[test]
    fn a_broken_line_has_its_copy_in_the_store() {
        let (disk, rows) = both();
        let path = folder().join(segment::name(0));
        let mut bytes = disk.read(&path).unwrap();
        bytes[rows[0].line.len() + 30] ^= 1;
        disk.put(&path, &bytes);
        let verdict = verify(&disk, rows);
        assert_eq!((verdict.chain.damage[0].n, verdict.same), (1, 4));
        assert_eq!(verdict.not_in_journal, Gap { count: 1, ends: Some((1, 1)) });
    }

    #[test]
    fn a_row_that_cannot_be_read_ends_the_comparison() {
        let (disk, rows) = both();
        let broken = || ReadError::Newer { path: folder().to_owned(), version: 9 };
        let rows = rows.into_iter().take(2).map(Ok).chain([Err(broken())]);
        assert!(verify_chain::<ReadError>(&disk, folder(), Some(4), Above::Compared, rows).is_err());
    }
}
