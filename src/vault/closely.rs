//! Whether both copies are whole, asked beside a session that runs, after somebody touched its files.
//!
//! No page that was written over is known as such: everything that can be recomputed is. Readings of the session that
//! runs have no digest yet, and are all that could have changed unseen.

use std::thread;
use std::time::Duration;

use super::first_damage;
use super::verify::{Verdict, VerifyError, verify};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::record::Line;
use crate::keeper::health::{NotWhole, StoreHealth};
use crate::store::{Alone, Reader};

/// A checkpoint that is being made leaves pages of two moments for as long as it takes: then it is looked at again.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// Verifies both copies; nothing of what `left` says of the store may be missing. Reads only, and for long; what cannot be
/// read is not whole.
pub fn look_closely(disk: &dyn Disk, place: &Place, left: &StoreHealth) -> Result<(), NotWhole> {
    alone(disk, place, &left.alone).map_err(NotWhole::Store)?;
    let newest = newest_line(disk, place).map_err(|why| NotWhole::Store(why.to_string()))?;
    if newest < left.cursor {
        return Err(NotWhole::Store(match newest {
            Some(n) => format!("its newest line is {n}, and a later one was there"),
            None => "its newest line is not what its cursor says".to_owned(),
        }));
    }
    let verdict = verify(disk, place, None).map_err(|why| match why {
        VerifyError::Journal(why) => NotWhole::Journal(why.to_string()),
        why => NotWhole::Store(why.to_string()),
    })?;
    judge(&verdict)
}

/// The database without its log, which hides what was written over there or put in its place.
fn alone(disk: &dyn Disk, place: &Place, left: &Alone) -> Result<(), String> {
    let mut tries = 1;
    loop {
        let why = match Alone::of(disk, place.database()) {
            Ok(found) if found.has_all_of(left) => return Ok(()),
            Ok(_) => "without its log it is older than it was: another one was copied over it".to_owned(),
            Err(error) => format!("without its log it cannot be read: {error}"),
        };
        if tries == TRIES {
            return Err(why);
        }
        tries += 1;
        thread::sleep(PAUSE);
    }
}

/// The number of the store's newest line, proven by the line itself.
fn newest_line(disk: &dyn Disk, place: &Place) -> Result<Option<u64>, VerifyError> {
    let reader = Reader::open_on(disk, place.database())?;
    let Some((n, hash)) = reader.ask().cursor()? else { return Ok(None) };
    let text = reader.ask().line(n)?;
    let line = text.and_then(|text| Line::read(&text).ok());
    Ok(line.filter(|line| line.n == n && line.hash == hash).map(|line| line.n))
}

fn judge(verdict: &Verdict) -> Result<(), NotWhole> {
    let (lines, projected) = (&verdict.lines, verdict.projected.as_ref());
    if !lines.chain.is_sound() {
        return Err(NotWhole::Journal(first_damage(&lines.chain)));
    }
    if let Some(stray) = lines.chain.strays.first() {
        return Err(NotWhole::Journal(stray.to_string()));
    }
    let page = || verdict.pages.first().cloned();
    let line = || {
        let first = lines.first_difference.map(|(n, _)| n);
        let ends = [lines.not_in_store.ends, lines.not_in_journal.ends].into_iter().flatten();
        let first = first.or_else(|| ends.map(|(first, _)| first).min());
        first.map(|n| format!("line {n} in it is not the journal's"))
    };
    let row = || projected?.tables.first.as_ref().map(ToString::to_string);
    let readings = || {
        let first = projected?.readings.differ.first()?;
        Some(format!("the readings of session {} are not those that it was closed with", first.session))
    };
    match page().or_else(line).or_else(row).or_else(readings) {
        Some(what) => Err(NotWhole::Store(what)),
        None => Ok(()),
    }
}
