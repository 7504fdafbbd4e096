//! Opening with care: the files are looked at before they are opened, journal and store are compared, the one that is
//! damaged is healed by the other, and sessions that nobody closed are closed. Only then may a writer begin.
//!
//! What a machine can decide is decided here, done at once and told; what it cannot is an [`error::Dilemma`], and then
//! nothing is changed. Nothing here deletes what it did not make, and no house begins empty in silence.

mod compare;
pub mod error;
mod found;
mod heal;
mod parted;

use std::sync::Arc;

pub use error::{Choice, Dilemma, GateError};

use self::compare::Compared;
use super::backup::{self, Apart};
use super::look::{Judgement, look};
use super::quarantine::Quarantine;
use super::swap::sidecars;
use super::{rebuild, recover, swap};
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::disk::sidecar::Sidecar;
use crate::domain::custody::{Healing, Restored};
use crate::domain::fact::Fact;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::journal::record::{Entry, Head};
use crate::journal::writer::Writer;
use crate::store::{OpenError, Store};

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
    /// Backups that are not part of the chain: what they hold may be nowhere else.
    pub apart: Vec<Apart>,
}

/// One opening.
struct Gate<'a> {
    disk: &'a Arc<dyn Disk>,
    place: &'a Place,
    now: Timestamp,
    tell: &'a mut dyn FnMut(&str),
    leaves: &'a dyn Fn() -> bool,
    account: Vec<String>,
    healed: Vec<Restored>,
    /// Whether the last one to have it left without closing it.
    unclean: bool,
}

/// What is known of the store.
enum Stored {
    /// There is none, nor anything that one left behind.
    Nowhere,
    /// It is lost, or cannot be trusted.
    Unsound {
        /// In words.
        why: String,
        /// If SQLite refused it: what a house without a journal is refused with.
        refusal: Option<OpenError>,
    },
    /// It is sound as far as SQLite can tell, and this is its newest line.
    Sound(Box<Store>, Option<Head>),
}

/// Opens both copies of a database whose lock is held. `tell` hears of each step before it begins.
pub fn open(
    disk: &Arc<dyn Disk>,
    place: &Place,
    now: Timestamp,
    tell: &mut dyn FnMut(&str),
) -> Result<Opened, GateError> {
    open_unless(disk, place, now, tell, &|| false)
}

/// As [`open`]; `leaves` is asked before each step whether to leave instead.
pub fn open_unless(
    disk: &Arc<dyn Disk>,
    place: &Place,
    now: Timestamp,
    tell: &mut dyn FnMut(&str),
    leaves: &dyn Fn() -> bool,
) -> Result<Opened, GateError> {
    let mut gate = Gate { disk, place, now, tell, leaves, account: Vec::new(), healed: Vec::new(), unclean: false };
    let (mut store, writer) = match gate.begin() {
        Err(GateError::Undecided(dilemma)) if !gate.healed.is_empty() => {
            return Err(dilemma.after(gate.account).into());
        }
        begun => begun?,
    };
    gate.keep_baselines(&mut store)?;
    let next_session = store.ask()?.next_session_id()?;
    let parent = store.ask()?.sessions(None, 1)?.first().map(|row| SessionId(row.session_id));
    let apart = backup::apart(&**disk, &place.backups(), &backup::shelf(&**disk, &place.backups())?, store.ask()?);
    Ok(Opened { writer, store, next_session, parent, account: gate.account, apart })
}

impl Gate<'_> {
    fn begin(&mut self) -> Result<(Store, Writer), GateError> {
        self.finish_what_was_begun()?;
        let found = self.look_and_open()?;
        match self.settle(found) {
            // Damage that a check passes over is met by the first who writes there.
            Err(GateError::Store(why)) if why.is_damage() => {
                self.settle(Stored::Unsound { why: why.to_string(), refusal: None })
            }
            settled => settled,
        }
    }

    fn step(&mut self, what: &str) -> Result<(), GateError> {
        if (self.leaves)() {
            return Err(GateError::Left { before: what.to_owned() });
        }
        (self.tell)(what);
        Ok(())
    }

    /// Makes both copies whole and of one story, and ends what nobody ended.
    fn settle(&mut self, found: Stored) -> Result<(Store, Writer), GateError> {
        let (mut store, mut writer) = match found {
            Stored::Sound(store, cursor) => self.settle_sound(*store, cursor)?,
            Stored::Nowhere => self.settle_nowhere()?,
            Stored::Unsound { why, refusal } => self.settle_lost(&why, refusal)?,
        };
        self.journal_what_was_healed(&mut writer, &mut store)?;
        self.close_what_was_left_open(&mut writer, &mut store)?;
        Ok((store, writer))
    }

    fn finish_what_was_begun(&mut self) -> Result<(), GateError> {
        let quarantine = swap::evidence_of(self.disk, self.place);
        if let Some(words) = swap::finish_begun(self.disk, self.place)? {
            self.unclean = true;
            self.account.push(words);
            let (what, from) = (Healing::StoreExchanged, "journal".to_owned());
            self.healed.push(Restored { what, from, quarantine, lines: 0 });
        }
        Ok(rebuild::clear_leftovers(&**self.disk, self.place)?)
    }

    fn look_and_open(&mut self) -> Result<Stored, GateError> {
        self.step("looking at the files")?;
        let mut seen = look(&**self.disk, self.place)?;
        if seen.rollback_is_strange() {
            let [.., rollback] = sidecars(self.place.database());
            let mut evidence = self.quarantine("strange-rollback-journal");
            evidence.take_in(&rollback)?;
            self.set_aside("a rollback journal that the database did not leave", &evidence);
        }
        // Beside a database that is gone it may be the only thing left of it, and is kept with what else there is.
        if let Some(strange) = seen.strange_log.filter(|_| seen.main.is_some_and(|bytes| bytes > 0)) {
            let mut evidence = self.quarantine("strange-log");
            evidence.take_in(&Sidecar::Log.of(self.place.database()))?;
            self.set_aside(&strange.to_string(), &evidence);
            seen = seen.without_log();
        }
        match seen.judge() {
            Judgement::Nothing => Ok(Stored::Nowhere),
            Judgement::Gone(why) | Judgement::Unsound(why) => Ok(Stored::Unsound { why, refusal: None }),
            Judgement::Ordinary => self.open_store(),
            Judgement::Unclean => {
                self.unclean = true;
                self.open_store()
            }
        }
    }

    /// Opens it, and finds out whether its own cursor is right. Whatever SQLite finds malformed is unsound, and whatever
    /// is another program's, newer, or out of reach, is refused.
    fn open_store(&mut self) -> Result<Stored, GateError> {
        self.step("opening the database")?;
        let mut store = match Store::open_on(Arc::clone(self.disk), self.place.database()) {
            Ok(store) => store,
            Err(why @ (OpenError::Malformed { .. } | OpenError::NotADatabase(_) | OpenError::OrphanedLog { .. })) => {
                return Ok(Stored::Unsound { why: heal::in_words(&why), refusal: Some(why) });
            }
            Err(why) => return Err(self.stranger(why)),
        };
        match compare::newest(&mut store) {
            Ok(Ok(cursor)) => {
                let open = store.ask().and_then(|ask| Ok(!ask.open_sessions()?.is_empty()));
                // What cannot be asked is found by the thorough check.
                self.unclean |= open.unwrap_or(true);
                Ok(Stored::Sound(Box::new(store), cursor))
            }
            Ok(Err(why)) => Ok(Stored::Unsound { why, refusal: None }),
            Err(why) => heal::unsound_or_refused(why),
        }
    }

    /// The store opens: its pages are checked, and it is compared with the journal.
    fn settle_sound(&mut self, mut store: Store, cursor: Option<Head>) -> Result<(Store, Writer), GateError> {
        self.step(if self.unclean { "checking the database thoroughly" } else { "reading the journal" })?;
        let report = match compare::check_and_compare(self.disk, self.place, &mut store, cursor, self.unclean)? {
            Compared::Unsound(why) => {
                drop(store);
                return self.settle_lost(&why, None);
            }
            Compared::TwoStories { n } => return Err(self.two_stories(n, &mut store)?.into()),
            Compared::Read(report) => report,
        };
        match (report.head, cursor) {
            (None, None) => self.refuse_to_go_on_empty(&report)?,
            (Some(_), None) => self.refuse_another_journal(None)?,
            (None, Some(_)) => self.refuse_another_database(&mut store)?,
            (Some(_), Some(_)) => {}
        }
        let tail_is_missing = heal::tail_in_store(&report, cursor);
        if !report.strays.is_empty() || !report.is_sound() && !tail_is_missing {
            self.mend_from_store(&mut store, cursor)?;
            return self.settle_sound(store, cursor);
        }
        // A backup that has more than both tells that both have lost their ends.
        let newest = if tail_is_missing { cursor } else { report.head };
        let (tail, source) = self.tail_behind(None, newest)?;
        self.account.extend(heal::void_words(&report));
        self.empty_the_log(&mut store)?;
        let mut writer = self.writer(report.head)?;
        if tail_is_missing {
            self.heal_journal(&mut writer, &mut store, report.head)?;
        }
        if !tail.lines.is_empty() {
            self.put_back(&mut writer, &tail.lines, newest, &source)?;
        }
        if (!tail.lines.is_empty() || newest.map(|head| head.n) > cursor.map(|cursor| cursor.n))
            && let Some(why) = self.catch_up(&mut store, cursor)?
        {
            drop((store, writer));
            return self.settle_lost(&why, None);
        }
        Ok((store, writer))
    }

    /// A checkpoint that was cut off has left pages of the newest rows in the database, and their log with them. Nothing is
    /// written behind that log: a write that hurts its last sector would take rows away of which the database has a part.
    fn empty_the_log(&mut self, store: &mut Store) -> Result<(), GateError> {
        if store.wal_bytes().is_none_or(|bytes| bytes > 0) {
            self.step("emptying the write-ahead log")?;
            // A reader in the way is no reason not to begin: it takes a failing disk, too, to do harm.
            store.checkpoint()?;
        }
        Ok(())
    }

    fn writer(&self, head: Option<Head>) -> Result<Writer, GateError> {
        let folder = self.place.journal();
        self.disk.create_folder(&folder)?;
        Ok(Writer::open(Arc::clone(self.disk), folder, head)?)
    }

    fn quarantine(&self, why: &str) -> Quarantine {
        Quarantine::new(Arc::clone(self.disk), self.place, why, self.now)
    }

    fn set_aside(&mut self, what: &str, evidence: &Quarantine) {
        self.unclean = true;
        let name = evidence.name();
        let folder = name.clone().unwrap_or_default();
        self.account.push(format!("{what} was taken from beside it; it is in the quarantine, in {folder}"));
        let (what, from) = (Healing::SidecarsSetAside, "store".to_owned());
        self.healed.push(Restored { what, from, quarantine: name, lines: 0 });
    }

    fn journal_what_was_healed(&mut self, writer: &mut Writer, store: &mut Store) -> Result<(), GateError> {
        let fact = |restored| Entry { at: self.now, session: None, fact: Fact::Restored(restored) };
        let entries: Vec<Entry> = self.healed.drain(..).map(fact).collect();
        if !entries.is_empty() {
            let kept = writer.write_group(&entries)?;
            store.project(&kept.lines)?;
        }
        Ok(())
    }

    fn close_what_was_left_open(&mut self, writer: &mut Writer, store: &mut Store) -> Result<(), GateError> {
        let left_open = recover::left_open(store.ask()?, self.now)?;
        if left_open.is_empty() {
            return Ok(());
        }
        self.step("closing sessions that nobody closed")?;
        for recovery in left_open {
            let kept = writer.write_group(&recovery.entries)?;
            store.project(&kept.lines)?;
            self.account.push(recovery.to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::disk::memory::MemoryDisk;

    #[test]
    fn whoever_leaves_does_so_before_the_next_step_and_it_is_not_begun() {
        let disk = MemoryDisk::new(1);
        disk.create_folder(Path::new("/house")).unwrap();
        let (arc, place): (Arc<dyn Disk>, _) = (Arc::new(disk.clone()), Place::around(Path::new("/house/s.db")));
        let mut begun = Vec::new();
        let now = Timestamp::default();
        let left = open_unless(&arc, &place, now, &mut |step| begun.push(step.to_owned()), &|| true).unwrap_err();
        assert!(matches!(&left, GateError::Left { before } if before == "looking at the files"), "{left}");
        assert!(begun.is_empty() && disk.names(Path::new("/house")).unwrap().is_empty());
    }
}
