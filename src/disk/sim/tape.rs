//! The tape: every operation of a disk that changed something, in order. What a loss of power would have left can so be
//! found out afterwards for each moment, although the disk ran only once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::MemoryDisk;
use super::loss::{self, Loss};
use super::state::{FileId, State};
use crate::domain::time::Timestamp;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// What happened on a disk since it was found.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    start: Start,
    pub(super) steps: Vec<Step>,
}

/// A disk as it was found: all of it safe.
#[derive(Clone, Debug, Default)]
pub(super) struct Start {
    pub names: BTreeMap<PathBuf, FileId>,
    pub folders: BTreeSet<PathBuf>,
    pub files: Vec<Found>,
    /// How often its clock has ticked already.
    pub ticks: usize,
}

/// A file as it was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub bytes: Arc<Vec<u8>>,
    pub written_at: Timestamp,
}

/// One operation.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A new file; without a name if SQLite wanted one for itself.
    Create { file: FileId, name: Option<PathBuf> },
    /// Bytes were handed over.
    Write { file: FileId, offset: usize, bytes: Arc<[u8]> },
    /// A file was cut, or grew by zeros.
    Resize { file: FileId, len: usize },
    /// A sync returned.
    Sync { file: FileId, outcome: Synced },
    /// A name was given to another file or taken away.
    Rename { from: PathBuf, to: PathBuf, file: FileId },
    /// A name was taken away.
    Remove { name: PathBuf },
    /// The sync of a folder returned.
    SyncFolder { folder: PathBuf },
    /// A folder was made; its name is safe.
    MakeFolder { folder: PathBuf },
    /// Somebody else put a file there, whole and safe.
    Put { file: FileId, name: PathBuf, bytes: Arc<Vec<u8>> },
}

/// What a sync did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Synced {
    /// All that was written is safe.
    Safe,
    /// What was written may never reach the disk, and no later sync saves it.
    Failed,
}

/// The disk itself at one moment of the tape: what is safe on it, and what was only handed over.
#[derive(Debug)]
pub struct Platter<'t> {
    tape: &'t Tape,
    at: usize,
    safe_since: usize,
    handed_over_since: usize,
    names: BTreeMap<PathBuf, FileId>,
    name_changes: Vec<NameChange>,
    folders: BTreeSet<PathBuf>,
    files: Vec<OnPlatter>,
}

/// A name that changed and whose folder was not synced since.
#[derive(Clone, Debug)]
struct NameChange {
    /// Taken away from here …
    from: Option<PathBuf>,
    /// … and given to this file.
    to: Option<(PathBuf, FileId)>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct OnPlatter {
    pub safe: Arc<Vec<u8>>,
    /// Steps of the tape that changed it since.
    pub pending: Vec<Pending>,
    written_at: Timestamp,
    safe_at: Timestamp,
}

/// A change that may be on the disk or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub step: usize,
    /// Whether a sync failed since: the next one that succeeds will not save it.
    pub doomed: Synced,
}

impl Tape {
    /// A tape that begins with a disk as it was found.
    pub(super) fn on(start: Start) -> Self {
        Self { start, steps: Vec::new() }
    }

    /// The disk's own clock at an operation: a millisecond each.
    pub(super) fn time_of(&self, step: usize) -> Timestamp {
        const MIDNIGHT: i64 = 1_795_305_600_000;
        Timestamp::from_millis(MIDNIGHT.saturating_add(i64::try_from(self.ticks(step)).unwrap_or(i64::MAX)))
    }

    fn ticks(&self, step: usize) -> usize {
        self.start.ticks + step + 1
    }

    /// How many operations are on it. A crash is possible after each, and before the first.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The disk before the first operation.
    pub fn platter(&self) -> Platter<'_> {
        let found = |found: &Found| OnPlatter {
            safe: Arc::clone(&found.bytes),
            pending: Vec::new(),
            written_at: found.written_at,
            safe_at: found.written_at,
        };
        Platter {
            tape: self,
            at: 0,
            safe_since: 0,
            handed_over_since: 0,
            names: self.start.names.clone(),
            name_changes: Vec::new(),
            folders: self.start.folders.clone(),
            files: self.start.files.iter().map(found).collect(),
        }
    }

    /// An operation in a few words, for the account of a failure; `position` counts from 1 on, as a crash comes after it.
    pub fn in_words(&self, position: usize) -> String {
        let Some(step) = position.checked_sub(1).and_then(|step| self.steps.get(step)) else {
            return "before the first operation".to_owned();
        };
        let name = |file: &FileId| self.name_of(*file).map_or_else(|| "a nameless file".to_owned(), display);
        match step {
            Step::Create { file, .. } => format!("create {}", name(file)),
            Step::Write { file, offset, bytes } => format!("write {} bytes at {offset} of {}", bytes.len(), name(file)),
            Step::Resize { file, len } => format!("truncate {} to {len} bytes", name(file)),
            Step::Sync { file, outcome } => format!("sync {} ({outcome:?})", name(file)),
            Step::Rename { from, to, .. } => format!("rename {} to {}", display(from), display(to)),
            Step::Remove { name } => format!("remove {}", display(name)),
            Step::SyncFolder { folder } => format!("sync the folder {}", display(folder)),
            Step::MakeFolder { folder } => format!("make the folder {}", display(folder)),
            Step::Put { name, .. } => format!("somebody puts {}", display(name)),
        }
    }

    /// The name by which a file was made.
    fn name_of(&self, wanted: FileId) -> Option<&Path> {
        let found = self.start.names.iter().find(|(_, file)| **file == wanted).map(|(name, _)| name.as_path());
        found.or_else(|| {
            self.steps.iter().find_map(|step| match step {
                Step::Create { file, name: Some(name) } | Step::Put { file, name, .. } if *file == wanted => {
                    Some(name.as_path())
                }
                _ => None,
            })
        })
    }
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

impl Platter<'_> {
    /// How many operations were done.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Since when this loss leaves the same disk whatever chance decides, because nothing that counts for it has changed.
    /// Where chance decides, that is now.
    pub fn same_since(&self, loss: Loss) -> usize {
        match loss {
            Loss::Unsynced => self.safe_since,
            Loss::Nothing => self.handed_over_since,
            Loss::Sectors | Loss::Tail | Loss::GarbageTail | Loss::Neighbour => self.at,
        }
    }

    /// Does operations until that many are done.
    pub fn advance_to(&mut self, position: usize) {
        let tape = self.tape;
        for (number, step) in tape.steps.iter().enumerate().take(position).skip(self.at) {
            self.carry_out(number, step);
            let is_handed_over = matches!(
                step,
                Step::Create { .. }
                    | Step::Write { .. }
                    | Step::Resize { .. }
                    | Step::Rename { .. }
                    | Step::Remove { .. }
            );
            // A sync only makes safe what was handed over before; whoever puts a file there does both.
            let since = if is_handed_over { &mut self.handed_over_since } else { &mut self.safe_since };
            *since = number + 1;
            if matches!(step, Step::Put { .. } | Step::MakeFolder { .. }) {
                self.handed_over_since = number + 1;
            }
        }
        self.at = self.at.max(position.min(tape.len()));
    }

    /// The disk that would be found if the power were lost now. What chance decides follows from `seed`.
    #[must_use]
    pub fn after(&self, loss: Loss, seed: u64) -> MemoryDisk {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let names = self.names_after(loss, &mut random);
        let file = |file: &OnPlatter, random: &mut Pcg64Mcg| Found {
            bytes: loss::left(file, &self.tape.steps, loss, random),
            written_at: if loss == Loss::Unsynced { file.safe_at } else { file.written_at },
        };
        let files = self.files.iter().map(|each| file(each, &mut random)).collect();
        let start = Start { names, folders: self.folders.clone(), files, ticks: self.tape.ticks(self.at) };
        MemoryDisk::found(State::found(start, random.next_u64()))
    }

    fn carry_out(&mut self, number: usize, step: &Step) {
        let now = self.tape.time_of(number);
        match step {
            Step::Create { file, name } => {
                debug_assert_eq!(file.0, self.files.len());
                self.files.push(OnPlatter { written_at: now, safe_at: now, ..OnPlatter::default() });
                if let Some(name) = name {
                    self.name_changes.push(NameChange { from: None, to: Some((name.clone(), *file)) });
                }
            }
            Step::Write { file, .. } | Step::Resize { file, .. } => {
                let file = &mut self.files[file.0];
                file.written_at = now;
                file.pending.push(Pending { step: number, doomed: Synced::Safe });
            }
            Step::Sync { file, outcome } => self.sync(*file, *outcome),
            Step::Rename { from, to, file } => {
                self.name_changes.push(NameChange { from: Some(from.clone()), to: Some((to.clone(), *file)) });
            }
            Step::Remove { name } => self.name_changes.push(NameChange { from: Some(name.clone()), to: None }),
            Step::SyncFolder { folder } => self.sync_folder(folder),
            Step::MakeFolder { folder } => self.folders.extend(folder.ancestors().map(Path::to_owned)),
            Step::Put { file, name, bytes } => {
                let safe = Arc::clone(bytes);
                self.files.push(OnPlatter { safe, written_at: now, safe_at: now, ..OnPlatter::default() });
                self.names.insert(name.clone(), *file);
            }
        }
    }

    fn sync(&mut self, file: FileId, outcome: Synced) {
        let steps = &self.tape.steps;
        let file = &mut self.files[file.0];
        if outcome == Synced::Failed {
            file.pending.iter_mut().for_each(|pending| pending.doomed = Synced::Failed);
            return;
        }
        let saved = std::mem::take(&mut file.pending);
        for pending in saved.iter().filter(|pending| pending.doomed == Synced::Safe) {
            loss::apply(&mut file.safe, &steps[pending.step]);
        }
        file.safe_at = file.written_at;
    }

    fn sync_folder(&mut self, folder: &Path) {
        let (names, mut left) = (&mut self.names, Vec::new());
        for change in self.name_changes.drain(..) {
            if change.is_in(folder) { change.apply(names) } else { left.push(change) }
        }
        self.name_changes = left;
    }

    fn names_after(&self, loss: Loss, random: &mut Pcg64Mcg) -> BTreeMap<PathBuf, FileId> {
        let mut names = self.names.clone();
        for change in loss::kept(&self.name_changes, loss, random) {
            change.apply(&mut names);
        }
        names
    }
}

impl NameChange {
    fn is_in(&self, folder: &Path) -> bool {
        let ends = [self.from.as_deref(), self.to.as_ref().map(|(name, _)| name.as_path())];
        ends.into_iter().flatten().any(|name| name.parent() == Some(folder))
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, FileId>) {
        if let Some(from) = &self.from {
            names.remove(from);
        }
        if let Some((to, file)) = &self.to {
            names.insert(to.clone(), *file);
        }
    }
}
