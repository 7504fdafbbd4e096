//! The digest of the session's readings, for its closing fact. It is asked for when the end settles, and the close does
//! not need it: a store that is slow or broken costs the digest and nothing else.

use std::time::{Duration, Instant};

use super::Runner;
use crate::domain::custody::ReadingsDigest;

/// How long it is waited for at most, where somebody waits for the end.
const PATIENCE: Duration = Duration::from_secs(1);
/// In simulated time nobody waits, and one seed must always close with the same fact.
const PATIENCE_OF_SIMULATED_TIME: Duration = Duration::from_secs(10);

/// Where the digest is.
#[derive(Debug, Default)]
pub(super) enum Readings {
    /// Nobody has asked for it.
    #[default]
    NotAsked,
    /// It is on its way; after that moment nobody waits any more.
    Asked(Instant),
    /// It came, or why there is none was logged.
    Answered(Option<ReadingsDigest>),
}

impl Readings {
    /// Whether it is on its way and worth waiting for.
    pub fn is_awaited(&self) -> bool {
        matches!(self, Self::Asked(until) if Instant::now() < *until)
    }

    /// The digest, if it came.
    pub fn digest(&self) -> Option<ReadingsDigest> {
        match self {
            Self::Answered(digest) => digest.clone(),
            Self::NotAsked | Self::Asked(_) => None,
        }
    }
}

impl Runner {
    /// Asks for the digest; books and valuations that come later are not kept, so that it stays true.
    pub(super) fn ask_for_readings(&mut self) {
        let simulated = self.clock.is_simulated();
        let Some(ending) = &mut self.ending else { return };
        // Half of the phase at most: that it is late must not make the phase late.
        let patience = if simulated { PATIENCE_OF_SIMULATED_TIME } else { PATIENCE.min(ending.within() / 2) };
        ending.readings = Readings::Asked(Instant::now() + patience);
        self.door.digest_readings(self.identity.session);
    }

    pub(super) fn readings_came(&mut self, digest: Result<ReadingsDigest, String>) {
        if let Err(why) = &digest {
            tracing::warn!(%why, "the session closes without a digest of its readings");
        }
        if let Some(ending) = &mut self.ending {
            ending.readings = Readings::Answered(digest.ok());
        }
    }

    /// When nobody waits for the digest any more.
    pub(super) fn readings_deadline(&self) -> Option<Instant> {
        match self.ending.as_ref()?.readings {
            Readings::Asked(until) if until > Instant::now() => Some(until),
            _ => None,
        }
    }
}
