//! The readings of sessions that have ended, looked for in every copy that there is: no journal has them. What proves
//! them is the digest in the closing fact of their session.
//!
//! Nothing is looked into before a session lacks its readings, and what cannot be had is told of, never an error.

use std::fmt;
use std::io;
use std::sync::Arc;

use super::backup::with_lines;
use super::old::Old;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::words::counted;
use crate::store::{Ended, Store, StoreError};

/// A copy that may have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The database in its place, of which another one is made.
    Old,
    /// A backup, by its name.
    Backup(String),
}

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Gathered {
    /// How many readings were taken over.
    pub readings: u64,
    /// Of how many sessions no copy has those that they were closed with.
    pub lost: u64,
    /// Where they came from, and whose are lost, one sentence each.
    pub account: Vec<String>,
}

impl Source {
    /// The backups that may have readings, in the order of the shelf.
    pub fn backups(disk: &dyn Disk, place: &Place) -> io::Result<impl Iterator<Item = Self> + use<>> {
        Ok(with_lines(disk, &place.backups())?.into_iter().map(|backup| Self::Backup(backup.name)))
    }

    fn open(&self, disk: &Arc<dyn Disk>, place: &Place) -> Old {
        match self {
            Self::Old => Old::of(disk, place),
            Self::Backup(name) => Old::of_backup(&**disk, place, name),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Old => f.write_str("the old database"),
            Self::Backup(name) => write!(f, "the backup {name}"),
        }
    }
}

/// Gives every session of `store` whose end lies behind line `cursor` the readings that it was closed with, from the
/// first of `sources` that has them; those that are in the store already stay. The errors are the store's own.
pub(super) fn gather(
    disk: &Arc<dyn Disk>,
    place: &Place,
    store: &mut Store,
    cursor: Option<u64>,
    sources: impl IntoIterator<Item = Source>,
) -> Result<Gathered, StoreError> {
    let mut gathered = Gathered::default();
    let mut sought = Vec::new();
    for ended in store.ask()?.ended_behind(cursor)? {
        let here = store.ask()?.readings_digest(ended.session)?;
        if !ended.is_met_by(&here) {
            sought.push(ended);
        }
    }
    let mut sources = sources.into_iter();
    while !sought.is_empty()
        && let Some(source) = sources.next()
    {
        sought = gathered.take_from(&source, &source.open(disk, place), store, sought)?;
    }
    gathered.tell_of_lost(store, &sought)?;
    Ok(gathered)
}

impl Gathered {
    /// Answers whose readings this one has not either.
    fn take_from(
        &mut self,
        source: &Source,
        copy: &Old,
        store: &mut Store,
        sought: Vec<Ended>,
    ) -> Result<Vec<Ended>, StoreError> {
        let Some(reader) = copy.reader() else { return Ok(sought) };
        let (mut left, mut sessions, mut readings) = (Vec::new(), 0_u64, 0);
        for ended in sought {
            // What cannot be read there proves nothing.
            let has = reader.ask().readings_digest(ended.session).is_ok_and(|found| ended.is_met_by(&found));
            match if has { store.take_readings_of(ended.session, reader)? } else { None } {
                Some(taken) => (sessions, readings) = (sessions + 1, readings + taken),
                None => left.push(ended),
            }
        }
        if sessions > 0 {
            self.readings += readings;
            let (readings, sessions) = (counted(readings, "reading"), counted(sessions, "session"));
            self.account.push(format!("{readings} of {sessions} came back from {source}"));
        }
        Ok(left)
    }

    /// Of a session without a digest nobody knows whether it had any.
    fn tell_of_lost(&mut self, store: &mut Store, sought: &[Ended]) -> Result<(), StoreError> {
        let lost: Vec<&Ended> = sought.iter().filter(|ended| ended.closed_with.is_some()).collect();
        let (Some(oldest), Some(newest)) = (lost.first(), lost.last()) else { return Ok(()) };
        let ask = store.ask()?;
        let from = ask.session_row(oldest.session)?.map(|row| row.started_at).unwrap_or_default();
        let to = ask.session_row(newest.session)?.and_then(|row| row.ended_at).unwrap_or_default();
        self.lost = lost.len() as u64;
        self.account.push(format!(
            "the readings of {} are lost, from {from} to {to}: no copy has those of the close; every fact is here",
            counted(self.lost, "session")
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::disk::RealDisk;
    use crate::domain::custody::ReadingsDigest;
    use crate::domain::fact::Fact;
    use crate::domain::market::Book;
    use crate::domain::reading::Reading;
    use crate::domain::session::SessionId;
    use crate::store::story::{Story, at};

    const DAY: SessionId = SessionId(1);
    const EARLIER: &str = "20261122T184001Z-manual.db";
    const LATER: &str = "20261122T194001Z-manual.db";

    fn books(count: u32) -> Vec<Reading> {
        let book = |ledger| Book { ledger, at: at(i64::from(ledger)), bids: Vec::new(), asks: Vec::new() };
        (0..count).map(|ledger| Reading::Market(book(ledger))).collect()
    }

    fn digest(store: &mut Store) -> ReadingsDigest {
        store.ask().unwrap().readings_digest(DAY).unwrap()
    }

    /// A day that was closed with these readings.
    fn closed_with(readings: ReadingsDigest) -> Story {
        let mut story = Story::of_a_day(1);
        let closed = story.facts.last_mut().map(|(_, _, fact)| fact);
        let Some(Fact::SessionClosed(closed)) = closed else { unreachable!("a day ends with its close") };
        closed.readings = Some(readings);
        story
    }

    /// A store of that day with so many readings.
    fn store(path: &Path, story: &Story, count: u32) -> Store {
        let mut made = Store::open(path).unwrap();
        made.project(&story.lines()).unwrap();
        made.write_readings(DAY, &books(count)).unwrap();
        made.checkpoint().unwrap();
        made
    }

    /// A day that was closed with a hundred readings, of which the store and two backups have so many.
    fn house(here: u32, earlier: u32, later: u32) -> (tempfile::TempDir, Place, Store) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::around(folder.path().join("s.db"));
        std::fs::create_dir(place.backups()).unwrap();
        let mut whole = store(&folder.path().join("whole.db"), &Story::of_a_day(1), 100);
        let story = closed_with(digest(&mut whole));
        store(&place.backups().join(EARLIER), &story, earlier);
        store(&place.backups().join(LATER), &story, later);
        let here = store(place.database(), &story, here);
        (folder, place, here)
    }

    fn gathered(place: &Place, here: &mut Store, cursor: Option<u64>) -> Gathered {
        let sources = [LATER, EARLIER].map(|name| Source::Backup(name.to_owned()));
        gather(&(Arc::new(RealDisk) as Arc<dyn Disk>), place, here, cursor, sources).unwrap()
    }

    #[test]
    fn where_all_readings_are_here_or_no_session_has_ended_nothing_is_looked_into() {
        let nowhere = || std::iter::from_fn(|| -> Option<Source> { panic!("it was looked for") });
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        for (here, cursor) in [(100, None), (0, Some(Story::of_a_day(1).facts.len() as u64 - 1))] {
            let (_folder, place, mut store) = house(here, 0, 0);
            assert_eq!(gather(&disk, &place, &mut store, cursor, nowhere()).unwrap(), Gathered::default());
        }
    }

    #[test]
    fn they_are_taken_from_the_copy_whose_digest_holds_and_from_no_other() {
        for (earlier, later, name) in [(100, 99, EARLIER), (7, 100, LATER), (100, 100, LATER)] {
            let (_folder, place, mut store) = house(3, earlier, later);
            let gathered = gathered(&place, &mut store, None);
            assert_eq!((gathered.readings, gathered.lost, digest(&mut store).market), (100, 0, 100));
            assert!(gathered.account.len() == 1 && gathered.account[0].contains(name), "{gathered:?}");
        }
    }

    #[test]
    fn where_no_digest_holds_what_is_here_stays_and_the_account_says_what_is_lost() {
        let (_folder, place, mut store) = house(3, 99, 98);
        let gathered = gathered(&place, &mut store, None);
        assert_eq!((gathered.readings, gathered.lost, digest(&mut store).market), (0, 1, 3));
        let told = format!("the readings of 1 session are lost, from {} to ", at(10_000));
        assert!(gathered.account.len() == 1 && gathered.account[0].starts_with(&told), "{gathered:?}");
    }
}
