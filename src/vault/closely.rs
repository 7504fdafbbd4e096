//! Whether both copies are whole, asked beside a session that runs, after somebody touched its files.
//!
//! No page that was written over is known as such: everything that can be recomputed is. Readings of the session that
//! runs have no digest yet, and are all that could have changed unseen.

use super::first_damage;
use super::verify::{Verdict, VerifyError, verify};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::record::{Head, Line};
use crate::keeper::health::NotWhole;
use crate::store::Reader;

/// Verifies both copies, the store from its newest line on: `projected` at least. Reads only, and for long; what cannot
/// be read is not whole.
pub fn look_closely(disk: &dyn Disk, place: &Place, projected: Option<u64>) -> Result<(), NotWhole> {
    let newest = newest_line(disk, place).map_err(|why| NotWhole::Store(why.to_string()))?;
    if newest.map(|head| head.n) < projected {
        return Err(NotWhole::Store(match newest {
            Some(Head { n, .. }) => format!("its newest line is {n}, and a later one was there"),
            None => "its newest line is not what its cursor says".to_owned(),
        }));
    }
    let verdict = verify(disk, place, None).map_err(|why| match why {
        VerifyError::Journal(why) => NotWhole::Journal(why.to_string()),
        why => NotWhole::Store(why.to_string()),
    })?;
    judge(&verdict)
}

/// The store's newest line, proven by the line itself.
fn newest_line(disk: &dyn Disk, place: &Place) -> Result<Option<Head>, VerifyError> {
    let reader = Reader::open_on(disk, place.database())?;
    let Some((n, hash)) = reader.ask().cursor()? else { return Ok(None) };
    let text = reader.ask().line(n)?;
    let line = text.and_then(|text| Line::read(&text).ok());
    Ok(line.filter(|line| line.n == n && line.hash == hash).map(|_| Head { n, hash }))
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
