//! A look at the files before SQLite opens any of them: some of what lies about would be destroyed by opening.
//!
//! A database that is missing or empty makes SQLite delete a good log; a rollback journal beside a database that keeps a
//! log is rolled back into it; a log that is older than its database belongs to another one.

use std::io;
use std::time::Duration;

use super::strange_log::StrangeLog;
use crate::disk::place::Place;
use crate::disk::sidecar::Sidecar;
use crate::disk::{Disk, Kind};
use crate::domain::time::Timestamp;

/// A log is called stale only if its database is newer by more than this: a process that was killed in the middle of a
/// checkpoint leaves the two closer together.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// What lies there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The database's size; `None` if it is missing.
    pub main: Option<u64>,
    /// When it was last written.
    pub main_at: Option<Timestamp>,
    /// What its first bytes say.
    pub header: Option<Header>,
    /// The log's size; 0 if it is missing.
    pub wal: u64,
    /// When it was last written.
    pub wal_at: Option<Timestamp>,
    /// Why SQLite would read nothing from it, if that is certain.
    pub strange_log: Option<StrangeLog>,
    /// The rollback journal's size; 0 if it is missing.
    pub rollback: u64,
}

/// The part of a database's header that says how it is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether it keeps a write-ahead log.
    pub keeps_log: bool,
    /// Whether it says that it is of a format that no SQLite writes.
    pub is_odd: bool,
    /// How many bytes it says it has; 0 if it does not say.
    pub bytes: u64,
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// There is no database, and nothing that one left behind.
    Nothing,
    /// There is no database, or an empty one, and what it left behind must not be opened.
    Gone(String),
    /// What lies there cannot be what it was: not to be opened.
    Unsound(String),
    /// To be opened, and checked quickly.
    Ordinary,
    /// To be opened, and checked thoroughly: nobody closed it.
    Unclean,
}

impl Header {
    /// From the first hundred bytes of a file; `None` if they are no database's.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..100).filter(|bytes| bytes.starts_with(b"SQLite format 3\0"))?;
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let page = match u64::from(u16::from_be_bytes([bytes[16], bytes[17]])) {
            1 => 65_536,
            size => size,
        };
        // The count of pages only counts if it was written together with the last change.
        let pages = if number(24) == number(92) { u64::from(number(28)) } else { 0 };
        let [write, read] = [bytes[18], bytes[19]];
        Some(Self { keeps_log: write == 2, is_odd: write != read || !(1..=2).contains(&write), bytes: pages * page })
    }
}

impl Seen {
    /// The decision table; the first row that fits counts.
    pub fn judge(&self) -> Judgement {
        match (self.main.unwrap_or(0), self.wal, self.rollback) {
            (0, 0, _) => Judgement::Nothing,
            (0, wal, _) => Judgement::Gone(format!(
                "the database is {}, and a write-ahead log of {wal} bytes lies where it was",
                if self.main.is_some() { "empty" } else { "gone" }
            )),
            // Beside a database that is being made its rollback journal has what is missing.
            (_, 0, rollback) if rollback > 0 && !self.rollback_is_strange() => Judgement::Ordinary,
            _ if self.header.is_some_and(|header| header.is_odd) => {
                Judgement::Unsound("the database's header is damaged: it names a format that there is not".to_owned())
            }
            (main, 0, _) if self.header.is_some_and(|header| header.bytes > main) => {
                let whole = self.header.map_or(0, |header| header.bytes);
                Judgement::Unsound(format!("the database is cut off: {main} bytes are left of {whole}"))
            }
            (_, 0, _) => Judgement::Ordinary,
            (_, wal, _) if self.log_is_stale() => Judgement::Unsound(format!(
                "the write-ahead log of {wal} bytes is older than the database beside it: it belongs to another state of it"
            )),
            _ => Judgement::Unclean,
        }
    }

    /// The same without its log.
    #[must_use]
    pub fn without_log(self) -> Self {
        Self { wal: 0, wal_at: None, strange_log: None, ..self }
    }

    /// Whether the rollback journal is nothing that this database left: one that keeps a log has none, but in the moment
    /// in which it is made and is no larger than a page.
    pub fn rollback_is_strange(&self) -> bool {
        self.rollback > 0 && self.main.is_some_and(|bytes| bytes > 4_096)
    }

    fn log_is_stale(&self) -> bool {
        self.main_at.zip(self.wal_at).is_some_and(|(main, wal)| main.since(wal) > STALE_AFTER)
    }
}

/// Looks, and opens nothing as a database.
pub fn look(disk: &dyn Disk, place: &Place) -> io::Result<Seen> {
    let main = disk.find(place.database())?.filter(|look| look.kind == Kind::File);
    let beside = |sidecar: Sidecar| disk.find(&sidecar.of(place.database()));
    let (wal, rollback) = (beside(Sidecar::Log)?, beside(Sidecar::Rollback)?);
    let header = match main {
        Some(look) if look.bytes > 0 => Header::read(&disk.read_part(place.database(), 0, 100)?),
        _ => None,
    };
    Ok(Seen {
        strange_log: StrangeLog::look(disk, &Sidecar::Log.of(place.database()))?,
        main: main.map(|look| look.bytes),
        main_at: main.and_then(|look| look.modified),
        header,
        wal: wal.map_or(0, |look| look.bytes),
        wal_at: wal.and_then(|look| look.modified),
        rollback: rollback.map_or(0, |look| look.bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Header = Header { keeps_log: true, is_odd: false, bytes: 40_960 };

    fn seen(main: Option<u64>, wal: u64) -> Seen {
        Seen { main, wal, header: main.filter(|bytes| *bytes > 0).map(|_| WHOLE), ..Seen::default() }
    }

    #[test]
    fn what_lies_there_is_judged_before_anything_is_opened() {
        assert_eq!(seen(None, 0).judge(), Judgement::Nothing);
        assert_eq!(seen(Some(0), 0).judge(), Judgement::Nothing);
        assert!(matches!(seen(None, 32).judge(), Judgement::Gone(_)));
        assert!(matches!(seen(Some(0), 32).judge(), Judgement::Gone(_)));
        assert_eq!(seen(Some(40_960), 0).judge(), Judgement::Ordinary);
        assert_eq!(seen(Some(40_960), 32).judge(), Judgement::Unclean);
    }

    #[test]
    fn a_database_that_is_shorter_than_it_says_is_cut_off_unless_its_log_has_the_rest() {
        assert!(matches!(seen(Some(8_192), 0).judge(), Judgement::Unsound(_)));
        assert_eq!(seen(Some(8_192), 32).judge(), Judgement::Unclean);
        let being_made = Seen { rollback: 512, ..seen(Some(3_072), 0) };
        assert_eq!(being_made.judge(), Judgement::Ordinary, "its first page was torn, and is rolled back");
    }

    #[test]
    fn a_log_that_is_older_than_its_database_belongs_to_another_one() {
        let at = |seconds: i64| Some(Timestamp::from_millis(seconds * 1_000));
        let with = |main_at, wal_at| Seen { main_at, wal_at, ..seen(Some(40_960), 32) }.judge();
        assert!(matches!(with(at(10), at(3)), Judgement::Unsound(_)));
        assert_eq!(with(at(10), at(9)), Judgement::Unclean, "killed in a checkpoint");
        assert_eq!(with(at(10), at(20)), Judgement::Unclean);
        assert_eq!(with(None, at(20)), Judgement::Unclean, "a disk that keeps no time");
    }

    #[test]
    fn a_rollback_journal_is_strange_beside_all_but_a_database_that_is_being_made() {
        let beside = |main| Seen { rollback: 512, ..seen(Some(main), 0) }.rollback_is_strange();
        assert!(beside(40_960));
        assert!(!beside(4_096) && !beside(0));
    }

    #[test]
    fn a_header_of_no_known_format_is_damage_unless_a_rollback_puts_it_right() {
        let odd = Seen { header: Some(Header { is_odd: true, ..WHOLE }), ..seen(Some(40_960), 0) };
        assert!(matches!(odd.judge(), Judgement::Unsound(_)));
        assert!(matches!(Seen { wal: 32, ..odd }.judge(), Judgement::Unsound(_)));
        assert_eq!(Seen { main: Some(3_072), rollback: 512, ..odd }.judge(), Judgement::Ordinary);
    }

    #[test]
    fn a_header_is_read_only_from_a_database() {
        assert_eq!(Header::read(b"Dear diary"), None);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut store = crate::store::Store::open(&path).unwrap();
        store.checkpoint().unwrap();
        drop(store);
        let bytes = std::fs::read(&path).unwrap();
        let header = Header::read(&bytes).unwrap();
        assert_eq!(header, Header { keeps_log: true, is_odd: false, bytes: bytes.len() as u64 });
    }
}
