//! Journal and database tell two stories, or only the journal is left: which of them was put there from elsewhere, by
//! what the newest backup has. Reads only.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::audit::words::quoted;
use super::backup::newest_fit;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::reader::{ReadError, first_line, newest_line, read_chain};
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

/// The newest backup that is whole and its first line; `None` if there is none that has one.
pub fn first_of_backup(disk: &dyn Disk, place: &Place) -> Option<(String, Hash)> {
    // A shelf that cannot be read has nothing to say.
    let (backup, _) = newest_fit(disk, &place.backups()).ok().flatten()?;
    let first = hash(Reader::open_copy(disk, &place.backups().join(&backup.name)).ok()?.ask(), 0)?;
    Some((backup.name, first))
}

/// A journal that must not be believed, though there is no sound database that could deny it: it is another database's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Elsewhere {
    database: PathBuf,
    journal: PathBuf,
    backups: PathBuf,
    backup: Option<String>,
}

impl Elsewhere {
    /// By the first lines: the newest backup that is whole decides, and what is left of the database, whose first line is
    /// `store`, where no backup can. `None` if nothing speaks against the journal.
    pub fn look(disk: &dyn Disk, place: &Place, store: Option<Hash>) -> Option<Self> {
        let journal = first_line(disk, &place.journal())?.hash;
        if store == Some(journal) {
            return None;
        }
        let backup = first_of_backup(disk, place);
        let first = backup.as_ref().map(|(_, first)| *first).or(store)?;
        (first != journal).then(|| Self {
            database: place.database().to_owned(),
            journal: place.journal(),
            backups: place.backups(),
            backup: backup.map(|(name, _)| name),
        })
    }

    /// What it is, in one sentence.
    pub fn what(&self) -> String {
        let witness =
            self.backup.as_ref().map_or_else(|| "the database".to_owned(), |name| format!("the backup {name}"));
        format!("the journal is another database's: its first line is not that of {witness}")
    }

    /// What helps, one sentence each.
    pub fn what_helps(&self) -> Vec<String> {
        let (database, journal, backups) = (self.database.display(), self.journal.display(), self.backups.display());
        let (without, doubted) = match &self.backup {
            Some(name) => {
                let flag = quoted(&self.database.to_string_lossy());
                (format!("say `neo restore --from {name} --db {flag}`"), format!("the backups, {backups},"))
            }
            None => ("start again: its lines are taken from the database".to_owned(), database.to_string()),
        };
        vec![
            format!("if the right journal lies elsewhere, put it back to {journal}, and start again"),
            format!("if it is lost, move {journal} away, and then {without}"),
            format!("if this is the right journal, move {doubted} away"),
        ]
    }
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. Nothing was changed", self.what())?;
        self.what_helps().iter().try_for_each(|helps| write!(f, "\n  found: {helps}"))
    }
}

/// Whether two whole lines are not the same; what is broken differs from nothing.
pub fn differ(one: Option<Hash>, other: Option<Hash>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// The hash of a line that is whole there.
pub fn hash(ask: Ask<'_>, n: u64) -> Option<Hash> {
    Line::read(&ask.whole_line(n)?).ok().map(|line| line.hash)
}
