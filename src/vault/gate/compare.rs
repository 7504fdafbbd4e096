//! Journal and store side by side: what each says of the other, and whether that can be.

use std::iter;
use std::sync::Arc;

use super::GateError;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::reader::ChainReport;
use crate::journal::record::{Head, Line};
use crate::store::{FactRow, Store, StoreError};
use crate::vault::old::Old;
use crate::vault::verify::lines::{Above, ChainVerdict, verify_chain};

/// What comparing came to.
pub(super) enum Compared {
    /// The store is damaged, in words.
    Unsound(String),
    /// Both have a line of that number, both are whole, and they are not the same.
    TwoStories {
        /// The number.
        n: u64,
    },
    /// Nothing speaks against the store; this is the journal.
    Read(Box<ChainReport>),
}

/// The newest line that the store has, proven by the line itself; or why its cursor cannot be right.
pub(super) fn newest(store: &mut Store) -> Result<Result<Option<Head>, String>, StoreError> {
    let cursor = store.ask()?.cursor()?;
    let mut rows = store.ask()?.facts_from(cursor.map_or(0, |(n, _)| n));
    let (row, behind) = (rows.next().transpose()?, rows.next().transpose()?);
    let newest = match (cursor, row) {
        (None, None) => return Ok(Ok(None)),
        (None, Some(_)) => return Ok(Err("the database has lines and no cursor".to_owned())),
        (Some((n, _)), None) => return Ok(Err(format!("the database's newest line should be {n}, which it has not"))),
        (Some((n, hash)), Some(row)) => (n, hash, row),
    };
    let (n, hash, row) = newest;
    let fits = row.n == n && Line::read(&row.line).is_ok_and(|line| line.n == n && line.hash == hash);
    if !fits || behind.is_some() {
        return Ok(Err(format!("the database's newest line should be {n}, and is not what its cursor says")));
    }
    Ok(Ok(Some(Head { n, hash })))
}

/// Checks the store's pages, thoroughly after an unclean end; then reads the journal, once, and compares every row of
/// `facts` with its line.
pub(super) fn check_and_compare(
    disk: &Arc<dyn Disk>,
    place: &Place,
    store: &mut Store,
    cursor: Option<Head>,
    unclean: bool,
) -> Result<Compared, GateError> {
    let damage = store.ask().and_then(|ask| if unclean { ask.integrity_check() } else { ask.quick_check() });
    match damage {
        Ok(damage) if damage.is_empty() => {}
        Ok(damage) => return Ok(Compared::Unsound(format!("the database is malformed ({})", damage[0]))),
        Err(why) if why.is_damage() => return Ok(Compared::Unsound(why.to_string())),
        Err(why) => return Err(why.into()),
    }
    let (verdict, unreadable) = compare(&**disk, place, store, cursor)?;
    if let Some(n) = parted_at(store, cursor, &verdict)? {
        if unclean && database_alone_follows(disk, place)? {
            let why = "the write-ahead log beside the database is another database's".to_owned();
            return Ok(Compared::Unsound(why));
        }
        return Ok(Compared::TwoStories { n });
    }
    if verdict.chain.is_sound()
        && let Some(why) = unreadable.or_else(|| first_difference(&verdict, cursor))
    {
        return Ok(Compared::Unsound(why));
    }
    Ok(Compared::Read(Box::new(verdict.chain)))
}

/// The journal beside the rows; beside none, and why, if they are damaged so that they cannot be read.
fn compare(
    disk: &dyn Disk,
    place: &Place,
    store: &mut Store,
    cursor: Option<Head>,
) -> Result<(ChainVerdict, Option<String>), GateError> {
    let rows = store.ask()?.facts_from(0).map(|row| row.map_err(GateError::from));
    match read_beside(disk, place, cursor, rows) {
        Err(GateError::Store(why)) if why.is_damage() => {
            Ok((read_beside(disk, place, cursor, iter::empty())?, Some(why.to_string())))
        }
        compared => Ok((compared?, None)),
    }
}

fn read_beside(
    disk: &dyn Disk,
    place: &Place,
    cursor: Option<Head>,
    rows: impl Iterator<Item = Result<FactRow, GateError>>,
) -> Result<ChainVerdict, GateError> {
    verify_chain(disk, &place.journal(), cursor.map(|cursor| cursor.n), Above::Compared, rows)
}

/// The number of a whole line that both have and that is not the same: the store's newest or, where the journal ends
/// before it, the journal's.
fn parted_at(store: &mut Store, cursor: Option<Head>, verdict: &ChainVerdict) -> Result<Option<u64>, GateError> {
    let Some(cursor) = cursor else { return Ok(None) };
    if let Some(journal) = verdict.at_cursor {
        return Ok((journal != cursor.hash).then_some(cursor.n));
    }
    let Some(head) = verdict.chain.head.filter(|head| head.n < cursor.n) else { return Ok(None) };
    let text = match store.ask()?.line(head.n) {
        Err(why) if !why.is_damage() => return Err(why.into()),
        // What is broken here is found by those who look for damage.
        text => text.ok().flatten(),
    };
    let line = text.and_then(|text| Line::read(&text).ok());
    Ok(line.filter(|line| line.hash != head.hash).map(|line| line.n))
}

/// Whether the database without its log has the journal's own lines: then only the log came from elsewhere.
fn database_alone_follows(disk: &Arc<dyn Disk>, place: &Place) -> Result<bool, GateError> {
    let Some(cursor) = Old::without_its_log(disk, place).cursor() else { return Ok(false) };
    Ok(read_beside(&**disk, place, Some(cursor), iter::empty())?.at_cursor == Some(cursor.hash))
}

/// Where the journal is sound and ends the same way, what differs is damage of the store.
fn first_difference(verdict: &ChainVerdict, cursor: Option<Head>) -> Option<String> {
    let cursor = cursor?;
    let differs = verdict.first_difference.map(|(n, _)| n);
    let lacks = verdict.not_in_store.ends.map(|(first, _)| first).filter(|first| *first <= cursor.n);
    differs.or(lacks).map(|n| format!("line {n} of the database is not what the journal says"))
}
