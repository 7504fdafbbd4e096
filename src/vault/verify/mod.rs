//! Everything that can be recomputed, recomputed, and compared with what is there: the chain, each line with its copy in
//! the store, each table with what the journal's facts make of it, each session's readings with the digest in its close.
//!
//! Reads only, in short pages, beside a running session if there is one: what differs is looked at again before it is
//! called a difference.

pub mod lines;
mod projection;
mod readings;

use thiserror::Error;

use super::backup::{Apart, Of, apart, opened, shelf};
use super::strange_log::StrangeLog;
use crate::disk::Disk;
use crate::disk::held::is_held;
use crate::disk::place::Place;
use crate::disk::sidecar::Sidecar;
use crate::domain::session::SessionId;
use crate::journal::reader::ReadError;
use crate::store::{Damage, OpenError, Reader, RowDiffers, StoreError, TablesCompared, Undigested};
use lines::{Above, ChainVerdict, verify_chain};
use projection::Projection;
pub use readings::{ReadingsCompared, ReadingsDiffer};

/// How often the lines are compared again beside a session that goes on writing.
const TRIES: u32 = 3;

/// Why nothing could be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
    /// There is no such session.
    #[error("there is no session {0}; `neo sessions` lists them")]
    NoSuchSession(SessionId),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What SQLite finds wrong with the store's pages and indexes: an index can go on saying what its table no longer
    /// does. Not looked for where one session alone is verified.
    pub pages: Damage,
    /// The chain, and each line beside its row.
    pub lines: ChainVerdict,
    /// Why nobody reads what lies in the place of the write-ahead log, if that is certain.
    pub strange_log: Option<StrangeLog>,
    /// Backups that are not part of the chain; not looked for where something else is wrong with it.
    pub apart: Vec<Apart>,
    /// What was made of the facts; `None` if the journal has to be put right first.
    pub projected: Option<Projected>,
}

/// The tables and the readings, against the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projected {
    /// Every table that the journal's facts make.
    pub tables: TablesCompared,
    /// Lines that cannot be told to the tables, now that all were told again: a baseline that is gone or was changed is
    /// among the reasons.
    pub undigested: Vec<Undigested>,
    /// The readings of closed sessions.
    pub readings: ReadingsCompared,
}

impl Verdict {
    /// Whether an operator must look.
    pub fn found_something(&self) -> bool {
        !self.pages.is_empty()
            || self.strange_log.is_some()
            || self.apart.iter().any(|apart| apart.of == Of::ThisDatabase)
            || self.lines.found_something()
            || self.projected.as_ref().is_none_or(Projected::found_something)
    }
}

impl Projected {
    /// Whether a table or a reading is not what it should be. An undigested line that the store knows of is not news.
    pub fn found_something(&self) -> bool {
        self.tables.different > 0 || !self.readings.differ.is_empty()
    }
}

/// Verifies a database; tables and readings of one session only, if one is given.
pub fn verify(disk: &dyn Disk, place: &Place, session: Option<SessionId>) -> Result<Verdict, VerifyError> {
    // Before anybody opens it. The head of one that is being written may be met half-way; what cannot be looked at is told by
    // whoever opens it.
    let log = StrangeLog::look(disk, &Sidecar::Log.of(place.database())).ok().flatten();
    let strange_log = log.filter(|_| !is_held(&place.lock()));
    let reader = Reader::open_on(disk, place.database())?;
    if let Some(session) = session
        && reader.ask().session_row(session)?.is_none()
    {
        return Err(VerifyError::NoSuchSession(session));
    }
    std::thread::scope(|scope| {
        let pages_and_lines = scope.spawn(|| {
            let beside = Reader::open_on(disk, place.database())?;
            let lines = compare_lines(disk, place, &beside)?;
            let pages = if session.is_none() { beside.ask().integrity_check()? } else { Damage::new() };
            Ok::<_, VerifyError>((pages, lines))
        });
        let projected = compare_projected(disk, place, &reader, session);
        let (pages, lines) = pages_and_lines.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        // What is made of a journal that has to be put right first is nothing to go by, failures included.
        let projected = if lines.chain.is_sound() { Some(projected?) } else { None };
        // A shelf that cannot be listed has nothing to say.
        let on_shelf = shelf(disk, &place.backups()).unwrap_or_default();
        let is_whole = session.is_none() && pages.is_empty() && !lines.found_something();
        let apart = if is_whole { apart(disk, &place.backups(), &on_shelf, reader.ask()) } else { Vec::new() };
        Ok(Verdict { pages, lines, strange_log, apart, projected })
    })
}

/// What a sound journal makes, beside what is in the store.
fn compare_projected(
    disk: &dyn Disk,
    place: &Place,
    reader: &Reader,
    session: Option<SessionId>,
) -> Result<Projected, VerifyError> {
    let mut projection = Projection::empty(disk, place)?;
    let tables = projection.compare(reader, session)?;
    let readings = readings::compare(&projection, reader.ask(), session, &|| opened(disk, &place.backups()))?;
    Ok(Projected { tables, undigested: projection.into_undigested(), readings })
}

/// The first row of a store that is not what the facts make it. Where some fact cannot be told again, none is looked for:
/// rows of a baseline that is gone can be had from nowhere else.
pub fn first_row_apart(disk: &dyn Disk, place: &Place, reader: &Reader) -> Result<Option<RowDiffers>, VerifyError> {
    let mut projection = Projection::empty(disk, place)?;
    let tables = projection.compare(reader, None)?;
    Ok(tables.first.filter(|_| projection.into_undigested().is_empty()))
}

/// The lines, compared again with what lies above the cursor left out while somebody goes on writing.
fn compare_lines(disk: &dyn Disk, place: &Place, reader: &Reader) -> Result<ChainVerdict, VerifyError> {
    let cursor = || Ok::<_, VerifyError>(reader.ask().cursor()?.map(|(n, _)| n));
    // A session that runs has lines on the way from one copy to the other.
    let mut above = if is_held(&place.lock()) { Above::Ignored } else { Above::Compared };
    for _again in 1..TRIES {
        let before = cursor()?;
        let verdict = compare_once(disk, place, reader, before, above)?;
        if !verdict.found_something() || (cursor()? == before && above == Above::Compared) {
            return Ok(verdict);
        }
        above = Above::Ignored;
    }
    compare_once(disk, place, reader, cursor()?, above)
}

fn compare_once(
    disk: &dyn Disk,
    place: &Place,
    reader: &Reader,
    cursor: Option<u64>,
    above: Above,
) -> Result<ChainVerdict, VerifyError> {
    let rows = reader.ask().facts_from(0).map(|row| row.map_err(VerifyError::from));
    verify_chain(disk, &place.journal(), cursor, above, rows)
}

#[cfg(test)]
mod tests;
