//! The tables as the journal makes them, in a scratch database of their own, beside the tables that are there.

use super::VerifyError;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::custody::{Healing, ReadingsDigest};
use crate::domain::fact::Fact;
use crate::domain::session::SessionId;
use crate::journal::record::Line;
use crate::store::{Ask, Reader, Snapshot, Store, TablesCompared, Undigested, compare_tables};
use crate::vault::replay::read_in_portions;

/// A scratch database, and what the journal says beside the tables.
pub(super) struct Projection<'a> {
    disk: &'a dyn Disk,
    place: &'a Place,
    scratch: Store,
    told: Option<u64>,
    undigested: Vec<Undigested>,
    /// The digests of closed sessions, with the number of the closing line.
    pub digests: Vec<(u64, SessionId, ReadingsDigest)>,
    /// The newest line that says that the store was made anew, and may have lost readings.
    pub made_anew: Option<u64>,
}

impl<'a> Projection<'a> {
    pub fn empty(disk: &'a dyn Disk, place: &'a Place) -> Result<Self, VerifyError> {
        let scratch = Store::scratch()?.with_baselines_in(place.backups());
        let (undigested, digests) = (Vec::new(), Vec::new());
        Ok(Self { disk, place, scratch, told: None, undigested, digests, made_anew: None })
    }

    /// Compares all tables. If some differ and a session has gone on writing meanwhile, those are compared again with
    /// one moment of the store, which is held no longer than that takes.
    pub fn compare(&mut self, reader: &Reader, session: Option<SessionId>) -> Result<TablesCompared, VerifyError> {
        self.tell_up_to(reader.ask())?;
        let tables = compare_tables(self.scratch.ask()?, reader.ask(), session, None)?;
        let cursor = reader.ask().cursor()?.map(|(n, _)| n);
        if tables.different == 0 || cursor == self.told {
            return Ok(tables);
        }
        // Most of what is new before the moment is held, the rest while it is.
        self.tell_up_to(reader.ask())?;
        let moment = Snapshot::hold(self.disk, self.place.database())?;
        self.tell_up_to(moment.ask())?;
        let again = compare_tables(self.scratch.ask()?, moment.ask(), session, Some(&tables.with_differences))?;
        Ok(TablesCompared { tables: tables.tables, rows: tables.rows, ..again })
    }

    pub fn into_undigested(self) -> Vec<Undigested> {
        self.undigested
    }

    /// Tells the scratch database what the other one has been told.
    fn tell_up_to(&mut self, ask: Ask<'_>) -> Result<(), VerifyError> {
        let Some((end, _)) = ask.cursor()? else { return Ok(()) };
        let from = self.told.map_or(0, |told| told + 1);
        read_in_portions(self.disk, &self.place.journal(), Some(end), from..=end, |portion| {
            for line in &portion {
                self.note(line);
            }
            self.undigested.extend(self.scratch.project(&portion)?.undigested);
            Ok::<_, VerifyError>(())
        })?;
        self.told = Some(end);
        Ok(())
    }

    fn note(&mut self, line: &Line) {
        // A line that cannot be read is told of by the projection.
        match line.kind.as_str() {
            "session_closed" => {
                if let (Ok(Fact::SessionClosed(closed)), Some(session)) = (line.fact(), line.session) {
                    self.digests.extend(closed.readings.map(|digest| (line.n, session, digest)));
                }
            }
            "restored" => {
                if let Ok(Fact::Restored(restored)) = line.fact()
                    && matches!(restored.what, Healing::StoreRebuilt | Healing::StoreRestored)
                {
                    self.made_anew = Some(line.n);
                }
            }
            _ => {}
        }
    }
}
