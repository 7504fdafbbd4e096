//! One case: a house, the blows at it, the next start, verification, and healing by what verification says to run.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use neo_console::disk::Disk;
use neo_console::disk::sim::MemoryDisk;
use neo_console::vault::gate::{self, GateError, Opened};
use neo_console::vault::mend::{Sources, mend};
use neo_console::vault::rebuild::{Base, rebuild};
use neo_console::vault::verify::{Projected, Verdict, verify};
use neo_console::vault::{backup, restore};

use super::blow::{Chance, Hit, Target};
use super::eyes::{Seen, Touch, see, tables};
use super::original::Original;
use super::{FOLDER, Files, disk_with, files_of, place};
use crate::support::Chain;

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Nothing was said, and nothing needed to be.
    Unnoticed,
    /// A backup that is hurt was called unfit, and the house is sound.
    CalledUnfit,
    /// A backup that is hurt was taken for fit, and restoring from it put right what was hurt.
    HealedAtRestore,
    /// The start put it right.
    HealedAtStart,
    /// Verification found it, and `neo verify --mend` and `neo rebuild` put it right.
    HealedByRebuild,
    /// Readings are lost, and verification says so.
    ReadingsTold,
    /// Refused, nothing changed: of some line no whole copy is left.
    Refused,
    /// Both copies of the newest lines were hurt, and nothing is left that knows of them.
    WithoutTrace,
}

/// A case and what came of it.
pub struct Case<'a> {
    pub original: &'a Original,
    pub hits: Vec<Hit>,
    pub touch: Touch,
    pub ending: Result<Ending, String>,
}

/// What the start and the verification after it must not be blind to.
pub struct Usual<'a> {
    pub original: &'a Original,
    /// What a start says of the house when nothing is hurt.
    account: Vec<String>,
    /// What the facts make of it then.
    made: Vec<String>,
    pub verifying: Verifying,
}

/// Whether verification is part of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verifying {
    AsAlways,
    /// A control: then damage goes unnoticed, and the case must fail.
    Never,
}

impl Ending {
    pub const ALL: [Self; 8] = [
        Self::Unnoticed,
        Self::CalledUnfit,
        Self::HealedAtRestore,
        Self::HealedAtStart,
        Self::HealedByRebuild,
        Self::ReadingsTold,
        Self::Refused,
        Self::WithoutTrace,
    ];

    pub fn in_words(self) -> &'static str {
        match self {
            Self::Unnoticed => "unnoticed",
            Self::CalledUnfit => "called unfit",
            Self::HealedAtRestore => "at restore",
            Self::HealedAtStart => "at start",
            Self::HealedByRebuild => "by command",
            Self::ReadingsTold => "told",
            Self::Refused => "refused",
            Self::WithoutTrace => "no trace",
        }
    }
}

/// A start, and what it said.
fn start(disk: &MemoryDisk, original: &Original) -> Result<Vec<String>, GateError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let Opened { account, .. } = gate::open(&disk, &place(), original.now, &mut |_| ())?;
    Ok(account)
}

/// The rows that every healing must give back, for eyes that know nothing of verification.
const MADE: [&str; 4] = ["fills", "orders", "capital_events", "inventory_ledger"];

fn made(seen: &Seen) -> Vec<String> {
    let tables = &seen.stores[Path::new("s.db")];
    MADE.iter().flat_map(|name| tables[*name].rows.clone()).collect()
}

impl<'a> Usual<'a> {
    /// Opens the house when nothing is hurt.
    pub fn of(original: &'a Original) -> Self {
        let disk = disk_with(&original.files);
        let account = start(&disk, original).expect("a house that is not hurt opens");
        let verdict = verify(&disk, &place(), None).expect("it can be verified");
        assert!(!verdict.found_something(), "{verdict:?}");
        Self { original, account, made: made(&see(&files_of(&disk))), verifying: Verifying::AsAlways }
    }

    /// Strikes by chance, and follows the story to its end.
    pub fn try_one(&self, chance: &mut Chance) -> Case<'a> {
        let hits = Hit::by(chance, &self.original.files);
        self.try_these(hits)
    }

    pub fn try_these(&self, hits: Vec<Hit>) -> Case<'a> {
        let mut files = self.original.files.clone();
        for hit in &hits {
            hit.strike(&mut files);
        }
        let seen = see(&files);
        let touch = self.touch(&seen);
        let ending = catch_unwind(AssertUnwindSafe(|| self.follow(&files, &seen, &hits)));
        let ending = ending.unwrap_or_else(|panic| {
            let words = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned());
            Err(format!("panicked: {words}"))
        });
        Case { original: self.original, hits, touch, ending }
    }

    fn touch(&self, seen: &Seen) -> Touch {
        let whole = self.original.lines.iter().all(|line| seen.journal.contains(line));
        let journal = if whole { Touch::Nothing } else { Touch::Fact };
        let stores = &self.original.seen.stores;
        let touches = stores.iter().map(|(file, tables)| Touch::between(tables, seen.stores.get(file)));
        touches.max().unwrap_or(Touch::Nothing).max(journal)
    }

    fn follow(&self, files: &Files, seen: &Seen, hits: &[Hit]) -> Result<Ending, String> {
        let backups = self.expect_backups_judged(files, seen)?;
        let disk = disk_with(files);
        let before = files_of(&disk);
        let account = match start(&disk, self.original) {
            Ok(account) => account,
            Err(why) => return self.judge_refusal(&disk, &before, seen, &why),
        };
        let verdict = verify(&disk, &place(), None);
        let found = verdict.as_ref().map_or(true, Verdict::found_something) && self.verifying == Verifying::AsAlways;
        let told = if found { self.heal_by_rebuild(&disk)? } else { false };
        let gone = self.expect_all_there(&disk, seen)?;
        let live = Touch::between(&self.original.seen.stores[Path::new("s.db")], seen.stores.get(Path::new("s.db")));
        let ending = match (found, account != self.account) {
            _ if gone => Ending::WithoutTrace,
            (true, _) if told => Ending::ReadingsTold,
            (true, _) => Ending::HealedByRebuild,
            (false, true) => Ending::HealedAtStart,
            (false, false) => backups.unwrap_or(Ending::Unnoticed),
        };
        let journal_hurt = self.original.lines.iter().any(|line| !seen.journal.contains(line));
        let noticed = found || account != self.account;
        // An unacknowledged end that is cut off is what a write that never ended looks like.
        let must = live >= Touch::Readings || journal_hurt;
        if must && !noticed && !gone {
            return Err(format!(
                "{live:?} of the database, journal hurt: {journal_hurt}, and nobody noticed: {hits:?}"
            ));
        }
        Ok(ending)
    }

    /// A backup in which a fact is hurt is called unfit, or what is made of it is right nevertheless.
    fn expect_backups_judged(&self, files: &Files, seen: &Seen) -> Result<Option<Ending>, String> {
        let mut judged = None;
        for (name, original) in &self.original.seen.stores {
            if Target::of(name) != Some(Target::Backup) || files.get(name) == self.original.files.get(name) {
                continue;
            }
            let Some(bytes) = files.get(name) else {
                judged = Some(Ending::CalledUnfit);
                continue;
            };
            let touch = Touch::between(original, seen.stores.get(name));
            let mut hurt_alone = self.original.files.clone();
            hurt_alone.insert(name.clone(), Arc::clone(bytes));
            let disk = disk_with(&hurt_alone);
            match backup::check(&disk, &Path::new(FOLDER).join(name)) {
                Err(_) => judged = Some(Ending::CalledUnfit),
                Ok(_) if touch == Touch::Nothing => {}
                Ok(_) => {
                    self.restore_from(&disk, name).map_err(|why| format!("{touch:?} of a fit backup: {why}"))?;
                    judged = judged.or(Some(Ending::HealedAtRestore).filter(|_| touch == Touch::Fact));
                }
            }
        }
        Ok(judged)
    }

    /// The restored house says what the facts say, or says that it does not.
    fn restore_from(&self, disk: &MemoryDisk, name: &Path) -> Result<(), String> {
        start(disk, self.original).map_err(|why| why.to_string())?;
        let scratch = Path::new(FOLDER).join("scratch");
        disk.create_folder(&scratch).expect("a disk");
        let from = Path::new(FOLDER).join(name);
        let Ok(plan) = restore::plan(disk, &place(), Some(&from), &scratch) else { return Ok(()) };
        let arc: Arc<dyn Disk> = Arc::new(disk.clone());
        restore::carry_out(&arc, &place(), &plan, self.original.now, &mut |_| ()).map_err(|why| why.to_string())?;
        start(disk, self.original).map_err(|why| why.to_string())?;
        let verdict = verify(disk, &place(), None).map_err(|why| why.to_string())?;
        let tables = verdict.projected.map(|projected| projected.tables);
        match tables {
            Some(tables) if tables.different == 0 => Ok(()),
            other => Err(format!("the restored store has what the backup was hurt to: {other:?}")),
        }
    }

    /// Refused is only what no copy can heal, and then nothing is touched.
    fn judge_refusal(&self, disk: &MemoryDisk, before: &Files, seen: &Seen, why: &GateError) -> Result<Ending, String> {
        let after = files_of(disk);
        let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let changed: Vec<_> = names.into_iter().filter(|name| before.get(*name) != after.get(*name)).collect();
        if !changed.is_empty() {
            return Err(format!("refused, and {changed:?} changed: {why}"));
        }
        let mut promised = self.original.lines.iter().take(self.original.promised).enumerate();
        if promised.all(|(n, line)| seen.has_copy(n, line)) {
            return Err(format!("refused, though every line has a whole copy: {why}"));
        }
        match why {
            GateError::Undecided(_) => Ok(Ending::Refused),
            other => Err(format!("refused without a dilemma: {other:?}")),
        }
    }

    /// Answers whether there are readings that nothing brings back.
    fn heal_by_rebuild(&self, disk: &MemoryDisk) -> Result<bool, String> {
        let arc: Arc<dyn Disk> = Arc::new(disk.clone());
        let mut sources = Sources::open(&arc, &place());
        let known = sources.known();
        // Stray bytes before a line that nobody knew to be acknowledged are damage as soon as somebody does.
        mend(&arc, &place(), known, &mut |n| sources.copies(n), self.original.now, &mut |_| ())
            .map_err(|why| format!("verification found something, and mending failed: {why}"))?;
        drop(sources);
        rebuild(&arc, &place(), Base::Nothing, self.original.now, &mut |_| ())
            .map_err(|why| format!("verification found something, and a rebuild failed: {why}"))?;
        start(disk, self.original).map_err(|why| format!("after a rebuild the start fails: {why}"))?;
        let again = verify(disk, &place(), None).map_err(|why| why.to_string())?;
        let sound = again.projected.as_ref().is_some_and(|projected| projected.tables.different == 0);
        if again.lines.found_something() || !sound {
            return Err(format!("still not sound after a rebuild: {again:?}"));
        }
        Ok(again.projected.is_some_and(|Projected { readings, .. }| readings.lost > 0 || !readings.differ.is_empty()))
    }

    /// Every promised line, byte for byte, in both copies, and what the facts make of them. Says whether lines are gone of
    /// which nothing is left that knows.
    fn expect_all_there(&self, disk: &MemoryDisk, hurt: &Seen) -> Result<bool, String> {
        let files = files_of(disk);
        let folder = TempDir::new().expect("a folder for the segments");
        for (name, bytes) in files.iter().filter(|(name, _)| name.starts_with("s.journal")) {
            let written = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == b'\n').count();
            let path = folder.path().join(name.file_name().expect("a file"));
            std::fs::write(path, &bytes[..written]).expect("our own folder");
        }
        let chain = Chain::read(folder.path()).map_err(|why| format!("the journal is not sound: {why}"))?;
        let promised = &self.original.lines[..self.original.promised];
        let differs = promised.iter().zip(&chain.links).find(|(line, link)| **line != link.line);
        let kept = differs.map_or(chain.links.len().min(promised.len()), |(_, link)| link.n);
        let gone = kept < promised.len();
        if gone && hurt.newest_trace.is_some_and(|newest| newest >= kept) {
            return Err(format!("line {kept} is lost in silence; {:?} was known of", hurt.newest_trace));
        }
        let seen_tables = tables(&files[Path::new("s.db")], files.get(Path::new("s.db-wal")).map(|log| log.as_slice()));
        let facts = seen_tables["facts"].rows.iter().map(|row| row.rsplit('\x1f').next().unwrap_or_default());
        let lines: Vec<&str> = chain.links.iter().map(|link| link.line.as_str()).collect();
        if facts.collect::<Vec<_>>() != lines {
            return Err("the store and the journal are not the same".to_owned());
        }
        let made: Vec<String> = MADE.iter().flat_map(|name| seen_tables[*name].rows.clone()).collect();
        if made != self.made && !gone && kept == self.original.lines.len() {
            return Err("fills, orders or holdings are not what they were".to_owned());
        }
        Ok(gone)
    }
}
