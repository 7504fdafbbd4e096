//! Healing: what one copy has lost is taken from the other, or from a backup, and only if it proves itself.

use std::io;
use std::sync::Arc;

use super::{Choice, Dilemma, Gate, GateError, Stored, found};
use crate::domain::custody::{Healing, Restored};
use crate::domain::words::{counted, counted_that};
use crate::journal::reader::{ChainReport, first_line, read_chain};
use crate::journal::record::Head;

use crate::journal::writer::{KeptError, Writer};
use crate::store::{OpenError, Store, StoreError};
use crate::vault::backup::{BackupKind, OnShelf, newest_fit, with_lines};
use crate::vault::baseline;
use crate::vault::mend::{self, MendError, Mended};
use crate::vault::old::{Old, Tail, longest_tail};
use crate::vault::readings::{Source, gather};
use crate::vault::rebuild::{self, Base};
use crate::vault::replay::replay;

impl Gate<'_> {
    /// There is no store at all: a new house, unless something says that one was here.
    pub(super) fn settle_nowhere(&mut self) -> Result<(Store, Writer), GateError> {
        let report = self.read_journal(None)?;
        if report.head.is_some() || !report.is_sound() || !report.strays.is_empty() {
            return self.settle_lost("the database is gone", None);
        }
        self.refuse_to_begin_empty(&report, None)?;
        found::store(self.disk, self.place)?;
        Ok((Store::open_on(Arc::clone(self.disk), self.place.database())?, self.writer(None)?))
    }

    /// There is no store that can be trusted: it is made anew from the journal, once that is whole.
    pub(super) fn settle_lost(&mut self, why: &str, refusal: Option<OpenError>) -> Result<(Store, Writer), GateError> {
        let settled = self.make_anew(why, refusal);
        if settled.is_err() {
            // The refusal counts. What was copied to be read is removed, and if not now, then by the next start.
            drop(rebuild::clear_leftovers(&**self.disk, self.place));
        }
        settled
    }

    fn make_anew(&mut self, why: &str, refusal: Option<OpenError>) -> Result<(Store, Writer), GateError> {
        self.step("reading the journal")?;
        let mut report = self.read_journal(None)?;
        if report.head.is_none()
            && report.is_sound()
            && let Some(refusal) = refusal
        {
            self.refuse_to_begin_empty(&report, Some(why))?;
            return Err(refusal.into());
        }
        self.step("looking at what is left of the database")?;
        let first = first_line(&**self.disk, &self.place.journal());
        let old = Old::beside(self.disk, self.place, first.into_iter().chain(report.head));
        self.refuse_another_journal(old.first())?;
        if !report.is_sound() || !report.strays.is_empty() {
            self.mend_from(&mut |n| old.line(n).into_iter().collect(), None)?;
            report = self.read_journal(None)?;
        }
        let (tail, source) = self.tail_behind(Some(&old), report.head)?;
        drop(old);
        if report.head.is_none() && tail.lines.is_empty() {
            return Err(self
                .undecided(format!("{why}, and there is no journal to make it anew from"), Vec::new())
                .into());
        }
        self.account.extend(void_words(&report));
        let mut writer = self.writer(report.head)?;
        if !tail.lines.is_empty() {
            self.put_back(&mut writer, &tail.lines, report.head, &source)?;
        }
        self.account.push(format!("{why}; the database was made anew"));
        Ok((self.rebuild()?, writer))
    }

    fn rebuild(&mut self) -> Result<Store, GateError> {
        // What is left of a database that is gone, its log, is evidence of something else.
        let is_there = self.disk.look(self.place.database()).is_ok_and(|found| found.bytes > 0);
        let mut evidence = self.quarantine(if is_there { "malformed" } else { "database-gone" });
        let rebuilt = rebuild::rebuild_because(self.disk, self.place, Base::Nothing, &mut evidence, self.tell)?;
        let before = rebuilt
            .quarantine
            .as_ref()
            .map_or_else(String::new, |folder| format!("; what was there before is in the quarantine, in {folder}"));
        self.account
            .push(format!("the database was made from {} of the journal{before}", counted(rebuilt.lines, "line")));
        self.account.extend(rebuilt.carried);
        self.note(Healing::StoreRebuilt, "journal", rebuilt.quarantine, rebuilt.lines);
        Ok(Store::open_on(Arc::clone(self.disk), self.place.database())?)
    }

    /// Lines that the journal lacks at its end, from whichever has most of them: the damaged store or a backup.
    pub(super) fn tail_behind(&mut self, old: Option<&Old>, head: Option<Head>) -> Result<(Tail, String), GateError> {
        let (tail, source) = longest_tail(self.disk, self.place, old, head)?;
        self.account.extend(tail.parted_in_words());
        match tail.lost_up_to {
            None => Ok((tail, source)),
            Some(n) => {
                let what = format!("line {n} was acknowledged, the journal lacks it, and no copy of it is whole");
                Err(self.undecided(what, Vec::new()).into())
            }
        }
    }

    /// The store is sound and has what the journal lacks in its middle; backups may have it, too.
    pub(super) fn mend_from_store(&mut self, store: &mut Store, cursor: Option<Head>) -> Result<(), GateError> {
        let mut copy = |n| store.ask().ok()?.line(n).ok()?;
        self.mend_from(&mut |n| copy(n).into_iter().collect(), cursor)
    }

    fn mend_from(&mut self, first: &mut dyn FnMut(u64) -> Vec<String>, known: Option<Head>) -> Result<(), GateError> {
        let of = |backup: OnShelf| Old::of_backup(&**self.disk, self.place, &backup.name);
        let backups: Vec<Old> = with_lines(&**self.disk, &self.place.backups())?.into_iter().map(of).collect();
        let mut copies = |n| {
            let mut texts = first(n);
            texts.extend(backups.iter().filter_map(|backup| backup.line(n)));
            texts
        };
        match mend::mend(self.disk, self.place, known, &mut copies, self.now, self.tell) {
            Ok(mended) => {
                self.tell_of_mending(&mended);
                Ok(())
            }
            Err(MendError::Read(why)) => Err(why.into()),
            // No choice but to look: the backups that could be restored do not have them either.
            Err(why @ MendError::NoCopy { .. }) => Err(GateError::Undecided(Dilemma {
                database: self.place.database().to_owned(),
                what: "the journal has lost lines, and no whole copy of them is left".to_owned(),
                found: vec![why.to_string()],
                choices: vec![Choice::Leave],
                done: Vec::new(),
            })),
            Err(why) => Err(GateError::Mend(why)),
        }
    }

    fn tell_of_mending(&mut self, mended: &Mended) {
        self.account.extend(mended.in_words());
        if let Some(what) = mended.healing() {
            self.note(what, "store", mended.quarantine.clone(), mended.lines.len() as u64);
        }
    }

    /// Writes what only the store has into a new segment of the journal, byte for byte.
    pub(super) fn heal_journal(
        &mut self,
        writer: &mut Writer,
        store: &mut Store,
        head: Option<Head>,
    ) -> Result<(), GateError> {
        self.step("putting facts back into the journal")?;
        let from = head.map_or(0, |head| head.n + 1);
        let ask = store.ask()?;
        let behind = ask.cursor()?.map_or(from, |(n, _)| n + 1);
        // One that is gone leaves a gap, which is found when they are put back.
        let lines = (from..behind).filter_map(|n| ask.line(n).transpose()).collect::<Result<Vec<String>, _>>()?;
        self.put_back(writer, &lines, head, "store")
    }

    pub(super) fn put_back(
        &mut self,
        writer: &mut Writer,
        lines: &[String],
        head: Option<Head>,
        source: &str,
    ) -> Result<(), GateError> {
        let from = head.map_or(0, |head| head.n + 1);
        match writer.write_kept(lines) {
            Ok(()) => {}
            Err(why @ KeptError::DoesNotFollow { .. }) => {
                let what = format!("journal and {source} tell two stories, and the journal has lost its end");
                let mut dilemma = self.undecided(what, vec![why.to_string()]);
                dilemma.choices.insert(dilemma.choices.len() - 1, Choice::Rebuild);
                return Err(dilemma.into());
            }
            Err(why @ KeptError::NotALine { .. }) => {
                let what = "the journal has lost its end, and the copies of it are damaged".to_owned();
                return Err(self.undecided(what, vec![why.to_string()]).into());
            }
            Err(why) => return Err(why.into()),
        }
        let count = lines.len();
        self.account.push(format!(
            "{} only in {}; {} in the journal again",
            counted_that(count, &format!("fact from line {from} on"), "was", "were"),
            if source == "store" { "the store" } else { source },
            if count == 1 { "it is" } else { "they are" }
        ));
        self.note(Healing::JournalHealed, source, None, count as u64);
        Ok(())
    }

    /// A baseline that is gone or was changed is made anew while the store still has its rows. That it cannot be stops
    /// nothing: the store is whole.
    pub(super) fn keep_baselines(&mut self, store: &mut Store) -> Result<(), GateError> {
        for lost in baseline::lost(&**self.disk, self.place, store.ask()?)? {
            let mut evidence = self.quarantine("changed-baseline");
            let outcome = match baseline::put_back(self.disk, self.place, &lost, Some(store.ask()?), &mut evidence) {
                Ok(Some(from)) => format!("a new one was made of the rows in {from}"),
                Ok(None) => "no copy has its rows whole; keep the earlier engine's database, which has them".to_owned(),
                Err(why) => format!("no new one could be made: {why}"),
            };
            self.account.push(format!("line {} took over the rows of another engine; {}: {outcome}", lost.n, lost.why));
        }
        Ok(())
    }

    /// Projects what only the journal has. Returns why the store is not what the lines before made it, if its tables refuse
    /// one: as a log leaves them that is older than the pages beside it.
    pub(super) fn catch_up(&mut self, store: &mut Store, cursor: Option<Head>) -> Result<Option<String>, GateError> {
        self.step("catching the store up")?;
        let replayed = replay(&**self.disk, self.place, store)?;
        if let Some(refused) = replayed.refused {
            return Ok(Some(format!(
                "the database's tables refuse line {} of the journal ({})",
                refused.n, refused.why
            )));
        }
        let count = replayed.lines;
        let what = if cursor.is_none() { "the store was made anew from the journal" } else { "the store was behind" };
        self.account.push(format!("{what}: {} put into it", counted_that(count, "fact", "was", "were")));
        let backups = Source::backups(&**self.disk, self.place)?;
        let gathered = gather(self.disk, self.place, store, cursor.map(|cursor| cursor.n), backups)?;
        self.account.extend(gathered.account);
        if gathered.lost > 0 {
            // So that whoever verifies knows that they were lost here and not changed since.
            self.note(Healing::StoreRebuilt, "journal", None, count);
        }
        Ok(None)
    }

    /// A house that was lived in has left something: then a new one does not begin in its place.
    pub(super) fn refuse_to_begin_empty(&self, report: &ChainReport, why: Option<&str>) -> Result<(), GateError> {
        self.refuse_beside(report, why, |_| true)
    }

    /// The same for a database that is there and has no fact yet: an adoption that was cut off before its first line has
    /// left its baseline, and is to be said again.
    pub(super) fn refuse_to_go_on_empty(&self, report: &ChainReport) -> Result<(), GateError> {
        // Half made ones, too: they bear the kind in their names.
        self.refuse_beside(report, None, |name| !name.contains(BackupKind::Baseline.as_str()))
    }

    fn refuse_beside(
        &self,
        report: &ChainReport,
        why: Option<&str>,
        counts: impl Fn(&str) -> bool,
    ) -> Result<(), GateError> {
        let mut found = Vec::new();
        for (folder, what) in [(self.place.backups(), "backups"), (self.place.receipts(), "receipts")] {
            let names = match self.disk.names(&folder) {
                Err(why) if why.kind() == io::ErrorKind::NotFound => Vec::new(),
                names => names?,
            };
            let count = names.iter().filter(|name| counts(name)).count();
            if count > 0 {
                found.push(format!("{} among the {what}, in {}", counted(count, "file"), folder.display()));
            }
        }
        if self.disk.look(&self.place.quarantine()).is_ok() {
            found.push(format!("a quarantine, {}", self.place.quarantine().display()));
        }
        if found.is_empty() {
            return Ok(());
        }
        found.extend(void_words(report));
        let what = why.unwrap_or(match self.disk.look(self.place.database()) {
            Ok(_) => "there is no fact in the database",
            Err(_) => "the database is gone",
        });
        Err(self
            .undecided(
                format!("{what}, and there is no journal, but a database with its journal was here before"),
                found,
            )
            .into())
    }

    pub(super) fn undecided(&self, what: String, mut found: Vec<String>) -> Dilemma {
        let mut choices = Vec::new();
        // A shelf that cannot be read offers nothing, and the reason for the dilemma counts.
        if let Ok(Some((backup, _))) = newest_fit(&**self.disk, &self.place.backups()) {
            found.push(format!("{} is the newest backup that is whole", backup.name));
            choices.push(Choice::Restore { backup: backup.name });
        }
        choices.push(Choice::Leave);
        Dilemma { database: self.place.database().to_owned(), what, found, choices, done: Vec::new() }
    }

    pub(super) fn read_journal(&self, known: Option<u64>) -> Result<ChainReport, GateError> {
        Ok(read_chain(&**self.disk, &self.place.journal(), known, |_| ())?)
    }

    fn note(&mut self, what: Healing, from: &str, quarantine: Option<String>, lines: u64) {
        self.healed.push(Restored { what, from: from.to_owned(), quarantine, lines });
    }
}

/// An error while a store is looked at: damage makes it unsound, anything else is a refusal.
pub(super) fn unsound_or_refused(why: StoreError) -> Result<Stored, GateError> {
    if why.is_damage() { Ok(Stored::Unsound { why: why.to_string(), refusal: None }) } else { Err(why.into()) }
}

/// What SQLite refuses, without the advice that is meant for an operator: it is healed.
pub(super) fn in_words(why: &OpenError) -> String {
    match why {
        OpenError::Malformed { why, .. } => format!("the database is malformed ({why})"),
        OpenError::NotADatabase(_) => "what lies in the database's place is no database".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn void_words(report: &ChainReport) -> Option<String> {
    let void = report.void_lines();
    (void > 0).then(|| {
        format!(
            "{} not count: a write was cut off there, and nothing that is left says that it was acknowledged",
            counted_that(void, "line at the end of the journal", "does", "do")
        )
    })
}

/// Whether all that the journal lacks is its end, and the store has it: facts that the store took when the journal
/// could not be written, or a journal that was lost.
pub(super) fn tail_in_store(report: &ChainReport, cursor: Option<Head>) -> bool {
    let next = report.head.map_or(0, |head| head.n + 1);
    let Some(cursor) = cursor else { return false };
    report.damage.is_empty()
        && cursor.n >= next
        && report.missing.iter().all(|missing| missing.from >= next && missing.to <= cursor.n)
}
