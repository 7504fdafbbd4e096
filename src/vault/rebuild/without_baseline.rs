//! A store made anew when the rows of another engine have lost their baseline.

use std::sync::Arc;

use super::{Base, RebuildError, Rebuilt, clear, failed, in_the_making};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::journal::reader::read_chain;
use crate::store::Reader;
use crate::vault::backup::newest_fit;
use crate::vault::baseline::{self, Lost};
use crate::vault::old::Old;
use crate::vault::quarantine::Quarantine;

/// A new baseline is made of whatever copy has the rows of line `n` whole. An old line tells nothing by which they could be
/// proven: then the newest fit backup that was made behind it stands in.
pub(super) fn make(
    disk: &Arc<dyn Disk>,
    place: &Place,
    n: u64,
    why: String,
    evidence: &mut Quarantine,
    tell: &mut dyn FnMut(&str),
) -> Result<Rebuilt, RebuildError> {
    let new = in_the_making(place);
    clear(&**disk, &new)?;
    let (mut rebuilt, from) = if let Some(from) = put_baseline_back(disk, place, n, &why, evidence)? {
        (super::make(disk, place, Base::Nothing, &new, tell)?, format!("{from}, and are in a new baseline"))
    } else {
        let newest = newest_fit(&**disk, &place.backups()).map_err(failed("list", &place.backups()))?;
        let Some((backup, _)) = newest.filter(|(_, checked)| checked.head.is_some_and(|head| head.n >= n)) else {
            return Err(RebuildError::BaselineLost { n, why });
        };
        let base = place.backups().join(&backup.name);
        let from = format!("the backup {}; nothing proves that they are whole", backup.name);
        (super::make(disk, place, Base::Backup(&base), &new, tell)?, from)
    };
    rebuilt.carried.push(format!("the rows of another engine came from {from}: {why}"));
    Ok(rebuilt)
}

/// The copy that the new baseline was made of; `None` if none has the rows whole.
fn put_baseline_back(
    disk: &Arc<dyn Disk>,
    place: &Place,
    n: u64,
    why: &str,
    evidence: &mut Quarantine,
) -> Result<Option<String>, RebuildError> {
    let mut adopted = None;
    read_chain(&**disk, &place.journal(), None, |line| {
        if line.n == n {
            adopted = baseline::adopted_in(&line.to_line());
        }
    })?;
    let Some(adopted) = adopted else { return Ok(None) };
    let lost = Lost { n, adopted, why: why.to_owned() };
    let old = Old::of(disk, place);
    baseline::put_back(disk, place, &lost, old.reader().map(Reader::ask), evidence)
        .map_err(|why| RebuildError::NotPutBack { n, why })
}
