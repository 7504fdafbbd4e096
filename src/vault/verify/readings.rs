//! The readings of closed sessions, against the digests that they were closed with.

use super::VerifyError;
use super::projection::Projection;
use crate::domain::custody::ReadingsDigest;
use crate::domain::session::SessionId;
use crate::store::Ask;

/// What became of the readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadingsCompared {
    /// How many sessions have all that they were closed with.
    pub same: u64,
    /// How many have fewer than they were closed with, because the store was made anew since: readings may be lost.
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
}

pub(super) fn compare(
    projection: &Projection<'_>,
    ask: Ask<'_>,
    only: Option<SessionId>,
) -> Result<ReadingsCompared, VerifyError> {
    let mut compared = ReadingsCompared::default();
    for (n, session, closed_with) in &projection.digests {
        if only.is_some_and(|only| only != *session) {
            continue;
        }
        let found = ask.readings_digest(*session)?;
        let fewer = found.market < closed_with.market || found.valuations < closed_with.valuations;
        if found == *closed_with {
            compared.same += 1;
        } else if fewer && projection.made_anew.is_some_and(|anew| anew > *n) {
            compared.lost += 1;
        } else {
            compared.differ.push(ReadingsDiffer { session: *session, closed_with: closed_with.clone(), found });
        }
    }
    Ok(compared)
}
