//! The readings of closed sessions, against the digests that they were closed with.

use std::cell::LazyCell;

use super::VerifyError;
use super::projection::Projection;
use crate::domain::custody::ReadingsDigest;
use crate::domain::session::SessionId;
use crate::store::{Ask, Reader};

/// What became of the readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadingsCompared {
    /// How many sessions have all that they were closed with.
    pub same: u64,
    /// How many have fewer than they were closed with, because the store was made anew since, and no backup has them either: readings
    /// may be lost.
    pub lost: u64,
    /// Those whose readings were changed or went missing without that.
    pub differ: Vec<ReadingsDiffer>,
}

/// A session whose readings are not those that it was closed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingsDiffer {
    /// Which.
    pub session: SessionId,
    /// What its closing fact says.
    pub closed_with: ReadingsDigest,
    /// What is there.
    pub found: ReadingsDigest,
    /// The newest backup that has those that it was closed with, by its name.
    pub backup: Option<String>,
}

/// Compares what `ask` has with the digests; of what differs it is looked whether a backup has it.
pub(super) fn compare(
    projection: &Projection<'_>,
    ask: Ask<'_>,
    only: Option<SessionId>,
    backups: &dyn Fn() -> Vec<(String, Reader)>,
) -> Result<ReadingsCompared, VerifyError> {
    let mut compared = ReadingsCompared::default();
    let backups = LazyCell::new(backups);
    for (n, session, closed_with) in &projection.digests {
        if only.is_some_and(|only| only != *session) {
            continue;
        }
        let found = ask.readings_digest(*session)?;
        if found == *closed_with {
            compared.same += 1;
            continue;
        }
        // What cannot be read in a backup proves nothing.
        let has = |backup: &Reader| backup.ask().readings_digest(*session).is_ok_and(|found| found == *closed_with);
        let backup = backups.iter().find(|(_, backup)| has(backup)).map(|(name, _)| name.clone());
        let fewer = found.market < closed_with.market || found.valuations < closed_with.valuations;
        if fewer && backup.is_none() && projection.made_anew.is_some_and(|anew| anew > *n) {
            compared.lost += 1;
        } else {
            let (session, closed_with) = (*session, closed_with.clone());
            compared.differ.push(ReadingsDiffer { session, closed_with, found, backup });
        }
    }
    Ok(compared)
}
