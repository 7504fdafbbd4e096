//! Journal and database tell two stories: which of the two was put there from elsewhere, by what the newest backup has.
//! Reads only.

use super::backup::newest_fit;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::reader::{ReadError, newest_line, read_chain};
use crate::journal::record::{Hash, Line};
use crate::store::{Ask, Reader};

/// What is known of two copies that part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    /// Where.
    pub at: At,
    /// The newest backup that is whole, and whose side it takes; `None` if there is none that can say.
    pub backup: Option<(String, Sides)>,
}

/// Where two copies part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// With their first lines: they are of two databases.
    TheBeginning,
    /// Later: they are of two copies of one database.
    Later,
}

/// With whom a backup agrees, at the newest line that it shares with both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// With the journal alone: the database is from elsewhere.
    WithJournal,
    /// With the database alone: the journal is from elsewhere.
    WithDatabase,
    /// With both: it is older than the parting.
    WithBoth,
    /// With neither.
    WithNeither,
}

impl Parted {
    /// Looks at the database behind `store`, its journal and its backups.
    pub fn look(disk: &dyn Disk, place: &Place, store: Ask<'_>) -> Result<Self, ReadError> {
        // A shelf that cannot be read has nothing to say.
        let newest = newest_fit(disk, &place.backups()).ok().flatten();
        let backup = newest.and_then(|(backup, checked)| {
            let reader = Reader::open_copy(disk, &place.backups().join(&backup.name)).ok()?;
            Some((backup.name, reader, checked.head?.n))
        });
        let cursor = store.cursor().ok().flatten().map_or(0, |(n, _)| n);
        let head = newest_line(disk, &place.journal())?.map_or(0, |head| head.n);
        let shared = cursor.min(head).min(backup.as_ref().map_or(0, |(_, _, newest)| *newest));
        let (mut first, mut journal) = (None, None);
        read_chain(disk, &place.journal(), None, |line| {
            if line.n == 0 {
                first = Some(line.hash);
            }
            if line.n == shared {
                journal = Some(line.hash);
            }
        })?;
        let at = if differ(first, hash(store, 0)) { At::TheBeginning } else { At::Later };
        let sides = |reader: &Reader| {
            let own = hash(reader.ask(), shared);
            match (differ(own, journal), differ(own, hash(store, shared))) {
                (false, false) => Sides::WithBoth,
                (false, true) => Sides::WithJournal,
                (true, false) => Sides::WithDatabase,
                (true, true) => Sides::WithNeither,
            }
        };
        Ok(Self { at, backup: backup.map(|(name, reader, _)| (name, sides(&reader))) })
    }

    /// Whose side the newest backup takes.
    pub fn sides(&self) -> Option<Sides> {
        self.backup.as_ref().map(|(_, sides)| *sides)
    }
}

/// Whether two whole lines are not the same; what is broken differs from nothing.
fn differ(one: Option<Hash>, other: Option<Hash>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

fn hash(ask: Ask<'_>, n: u64) -> Option<Hash> {
    Line::read(&ask.whole_line(n)?).ok().map(|line| line.hash)
}
