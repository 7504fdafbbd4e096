//! Lines that the journal lost, found where else they are kept: a line counts only if its own hash holds and it follows
//! the line before it.

use std::path::Path;

use super::file;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::disk::sidecar::Sidecar;
use crate::journal::record::{Hash, Head, Line};
use crate::store::{Ask, Reader, StoreError};

/// The copy that the old store is read from: reading it where it lies would lay files beside it.
const OLD: &str = "old.db";

/// What somebody who keeps lines has to give.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Donor {
    /// It tells our story; these are the lines behind our newest.
    Same(Vec<String>),
    /// It tells another one.
    Another {
        /// The line in which it differs.
        n: u64,
    },
}

/// The lines that `ask` has behind `head`, as far as they are whole and follow each other.
pub(super) fn lines_behind(ask: Ask<'_>, head: Option<Head>) -> Result<Donor, StoreError> {
    let mut rows = ask.facts_from(head.map_or(0, |head| head.n));
    if let Some(head) = head {
        match rows.next().transpose()? {
            None => return Ok(Donor::Same(Vec::new())),
            Some(row) if Line::read(&row.line).is_ok_and(|line| line.head() == head) => {}
            Some(_) => return Ok(Donor::Another { n: head.n }),
        }
    }
    let (mut lines, mut last) = (Vec::new(), head);
    for row in rows {
        // What cannot be read any more ends the gift; what came before it is whole.
        let Some(line) = row.ok().and_then(|row| Line::read(&row.line).ok()) else { break };
        let (next, prev) = last.map_or((0, Hash::default()), |head| (head.n + 1, head.hash));
        if line.n != next || line.prev != prev {
            break;
        }
        last = Some(line.head());
        lines.push(line.text);
    }
    Ok(Donor::Same(lines))
}

/// The newest line once `lines` are behind `head`.
pub(super) fn head_behind(head: Option<Head>, lines: &[String]) -> Option<Head> {
    lines.last().and_then(|text| Line::read(text).ok()).map(|line| line.head()).or(head)
}

/// What the old store has behind `head`; or, in a sentence, why nobody can say.
pub(super) fn old_store(
    disk: &dyn Disk,
    place: &Place,
    scratch: &Path,
    head: Option<Head>,
) -> Result<Vec<String>, String> {
    if disk.look(place.database()).is_err() {
        return Ok(Vec::new());
    }
    let old = scratch.join(OLD);
    let (log, old_log) = (Sidecar::Log.of(place.database()), Sidecar::Log.of(&old));
    for (from, to) in [(place.database(), &old), (&*log, &old_log)] {
        if disk.look(from).is_ok() {
            disk.copy(from, to).map_err(|why| file("make a scratch copy of", from)(why).to_string())?;
        }
    }
    let unreadable = |why: &dyn std::fmt::Display| format!("the old database cannot be read: {why}");
    let reader = Reader::open_on(disk, &old).or_else(|_| Reader::open_copy(disk, &old));
    let reader = reader.map_err(|why| unreadable(&why.in_a_word()))?;
    match lines_behind(reader.ask(), head).map_err(|why| unreadable(&why.in_a_word()))? {
        Donor::Same(lines) => Ok(lines),
        Donor::Another { n } => Err(format!("the old database tells another story: its line {n} is not the journal's")),
    }
}
