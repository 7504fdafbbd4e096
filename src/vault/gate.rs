//! Opening with care: journal and store are compared, the one that is behind is healed by the other, and sessions that
//! nobody closed are closed. Only then may a writer begin.
//!
//! What a machine can decide is decided here and told; what it cannot is refused, with the command that helps.

use std::sync::Arc;

use thiserror::Error;

use super::recover;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::journal::reader::{ChainReport, ReadError, read_chain};
use crate::journal::record::{Head, Line};
use crate::journal::writer::{KeptError, WriteError, Writer};
use crate::store::{OpenError, Store, StoreError};

/// Both copies, sound, equal and ready to be written.
#[derive(Debug)]
pub struct Opened {
    /// The journal's writer, which begins a new segment with its first line.
    pub writer: Writer,
    /// The store, caught up.
    pub store: Store,
    /// The number of the next session.
    pub next_session: SessionId,
    /// The newest session before it.
    pub parent: Option<SessionId>,
    /// What was found and done, in sentences, for the operator; empty after an ordinary end.
    pub account: Vec<String>,
}

/// Why no writer may begin. Nothing was changed, but what the account says.
#[derive(Debug, Error)]
pub enum GateError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read or caught up.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
    /// The journal cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What only the store has cannot be put back into the journal.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// Acknowledged lines are broken or gone.
    #[error(
        "the journal is damaged: {what}. Nothing was changed; run `neo verify --all` to see every place, and put the \
        segment back from a copy of the journal's folder"
    )]
    Damaged {
        /// The first place, in words.
        what: String,
    },
    /// The two copies tell different stories.
    #[error(
        "journal and store do not belong together: line {n} has hash {journal} in the journal and {store} in the \
        store. Nothing was changed; put the files back that belong together, or move the database away to have it rebuilt \
        from the journal"
    )]
    Diverged {
        /// The store's newest line.
        n: u64,
        /// What the journal says.
        journal: String,
        /// What the store says.
        store: String,
    },
}

/// Lines are put into the store in portions of this many.
const PORTION: usize = 1_000;

/// Opens both copies of a database whose lock is held. `tell` hears of each step before it begins.
pub fn open(
    disk: &Arc<dyn Disk>,
    place: &Place,
    now: Timestamp,
    tell: &mut dyn FnMut(&str),
) -> Result<Opened, GateError> {
    let mut account = Vec::new();
    tell("opening the database");
    let mut store = Store::open_on(Arc::clone(disk), place.database())?;
    if let Some(why) = store.ask()?.quick_check()?.into_iter().next() {
        return Err(OpenError::Malformed { path: place.database().to_owned(), why }.into());
    }
    let cursor = store.ask()?.cursor()?.map(|(n, hash)| Head { n, hash });

    tell("reading the journal");
    let report = read_and_compare(&**disk, place, cursor)?;
    let tail_is_missing = tail_in_store(&report, cursor);
    if !report.is_sound() && !tail_is_missing {
        return Err(GateError::Damaged { what: super::first_damage(&report) });
    }
    account.extend(void_words(&report));

    let mut writer = Writer::open(Arc::clone(disk), place.journal(), report.head)?;
    if tail_is_missing {
        tell("putting facts back into the journal");
        account.push(heal_journal(&mut writer, &mut store, report.head)?);
    } else if report.head.map(|head| head.n) > cursor.map(|cursor| cursor.n) {
        tell("catching the store up");
        account.push(catch_up(disk, place, &mut store, cursor)?);
    }
    close_what_was_left_open(&mut writer, &mut store, now, &mut account, tell)?;

    let next_session = store.ask()?.next_session_id()?;
    let parent = store.ask()?.sessions(None, 1)?.first().map(|row| SessionId(row.session_id));
    Ok(Opened { writer, store, next_session, parent, account })
}

/// Reads the whole chain. Where both copies have the store's newest line, it must be the same.
fn read_and_compare(disk: &dyn Disk, place: &Place, cursor: Option<Head>) -> Result<ChainReport, GateError> {
    let mut at_cursor = None;
    let report = read_chain(disk, &place.journal(), cursor.map(|cursor| cursor.n), |line| {
        if cursor.is_some_and(|cursor| cursor.n == line.n) {
            at_cursor = Some(line.hash);
        }
    })?;
    match (cursor, at_cursor) {
        (Some(Head { n, hash }), Some(journal)) if hash != journal => {
            Err(GateError::Diverged { n, journal: journal.to_string(), store: hash.to_string() })
        }
        _ => Ok(report),
    }
}

fn void_words(report: &ChainReport) -> Option<String> {
    let void = report.void_lines();
    (void > 0).then(|| {
        format!(
            "{void} line(s) at the end of the journal were never acknowledged and do not count: a write was cut off"
        )
    })
}

/// Whether all that the journal lacks is its end, and the store has it: facts that the store took when the journal
/// could not be written, or a journal that was lost.
fn tail_in_store(report: &ChainReport, cursor: Option<Head>) -> bool {
    let next = report.head.map_or(0, |head| head.n + 1);
    let Some(cursor) = cursor else { return false };
    report.damage.is_empty()
        && cursor.n >= next
        && report.missing.iter().all(|missing| missing.from >= next && missing.to <= cursor.n)
}

/// Writes what only the store has into a new segment of the journal, byte for byte.
fn heal_journal(writer: &mut Writer, store: &mut Store, head: Option<Head>) -> Result<String, GateError> {
    let from = head.map_or(0, |head| head.n + 1);
    let lines: Vec<String> =
        store.ask()?.facts_from(from).map(|row| row.map(|row| row.line)).collect::<Result<_, _>>()?;
    let count = lines.len();
    writer.write_kept(&lines)?;
    Ok(format!("{count} fact(s) from line {from} on were only in the store; they are in the journal again"))
}

/// Projects what only the journal has.
fn catch_up(disk: &Arc<dyn Disk>, place: &Place, store: &mut Store, cursor: Option<Head>) -> Result<String, GateError> {
    let mut portion: Vec<Line> = Vec::new();
    let mut outcome = Ok(());
    let mut count = 0_u64;
    read_chain(&**disk, &place.journal(), cursor.map(|cursor| cursor.n), |line| {
        if outcome.is_err() || cursor.is_some_and(|cursor| line.n <= cursor.n) {
            return;
        }
        count += 1;
        portion.push(line.to_line());
        if portion.len() == PORTION {
            outcome = store.project(&portion).map(|_| ());
            portion.clear();
        }
    })?;
    outcome?;
    store.project(&portion)?;
    let what = if cursor.is_none() { "the store was made anew from the journal" } else { "the store was behind" };
    Ok(format!("{what}: {count} fact(s) were put into it"))
}

fn close_what_was_left_open(
    writer: &mut Writer,
    store: &mut Store,
    now: Timestamp,
    account: &mut Vec<String>,
    tell: &mut dyn FnMut(&str),
) -> Result<(), GateError> {
    let left_open = recover::left_open(store.ask()?, now)?;
    if left_open.is_empty() {
        return Ok(());
    }
    tell("closing sessions that nobody closed");
    for recovery in left_open {
        let kept = writer.write_group(&recovery.entries)?;
        store.project(&kept.lines)?;
        account.push(recovery.to_string());
    }
    Ok(())
}
