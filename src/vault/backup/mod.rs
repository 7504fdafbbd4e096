//! Verified copies of the store: one moment of it, copied between two commits, synced, checked against that moment, and
//! only then given its name. A copy that was not verified is not a backup.
//!
//! Nothing here changes the store but the record of what was made and what was pruned. Whoever has other duties meanwhile
//! attends to them between two steps; a backup never makes a fact wait.

mod apart;
mod check;
pub mod drill;
mod name;
mod shelf;
#[cfg(test)]
mod tests;

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use thiserror::Error;

pub use crate::store::BackupKind;
pub use apart::{Apart, Of, apart};
pub use check::{Checked, Unfit, check};
pub use shelf::{KEPT, OnShelf, newest_fit, opened, prune, shelf, surplus, with_lines};

use crate::disk::Disk;
use crate::disk::faults::{self, Point};
use crate::disk::place::space::{NoRoomForCopy, refuse_too_large};
use crate::disk::sidecar::{Sidecar, sidecars};
use crate::domain::incident::{Incident, Retry, Severity, Source};
use crate::domain::time::Timestamp;
use crate::journal::record::Head;
use crate::keeper::health::{BackupDone, Progress};
use crate::store::{Ask, BackupRow, Copied, Reader, Snapshot, Store, StoreError};

/// How often other duties are attended to while the copy is being verified.
const GLANCE: Duration = Duration::from_millis(2);

/// Pages copied between two syncs, about two megabytes: one sync of everything at the end would hold up the journal's.
const PAGES_A_SYNC: u32 = 512;

/// Where to copy from and to.
#[derive(Clone, Debug)]
pub struct Order {
    /// Why it is taken.
    pub kind: BackupKind,
    /// The folder of backups.
    pub folder: PathBuf,
    /// When, by the machine's clock: a backup is a file among files, even if the session's time is simulated.
    pub now: Timestamp,
}

/// Why there is no new copy. Nothing half made is left behind.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The original could not be read, or the copy not be put on record.
    #[error("the backup was not completed: {0}")]
    Store(#[from] StoreError),
    /// The copy could not be written.
    #[error("the backup could not {doing} {}: {why}; look at the disk and its free space", path.display())]
    Copy {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// SQLite's words.
        why: rusqlite::Error,
    },
    /// A file or folder could not be made, synced, renamed, removed or listed.
    #[error("the backup could not {doing} {}: {why}; look at the disk and its free space", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// The copy would take the room that the session's facts need.
    #[error("no backup was made: {0}")]
    NoRoom(#[from] NoRoomForCopy),
    /// Something more urgent came.
    #[error("the backup was given up for something more urgent; try again")]
    Interrupted,
    /// The copy is not the original.
    #[error(
        "the copy was thrown away because it failed its check: {0}; try again, and run `neo verify` if it stays so"
    )]
    NotTheSame(String),
}

/// A verified copy under its name, not yet on record.
#[derive(Debug)]
#[must_use = "a copy that is not on record is not pruned by its kind"]
pub struct Made {
    order: Order,
    name: String,
    bytes: u64,
    head: Option<Head>,
}

/// What a copy is compared by.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint {
    counts: [u64; 3],
    head: Option<Head>,
}

/// What a backup's name says: why and when it was taken; `None` if it is no backup's.
pub fn said_by(file: &Path) -> Option<(BackupKind, Timestamp)> {
    let said = name::read(file.file_name()?.to_str()?)?;
    Some((said.kind, said.taken_at))
}

/// A backup that failed, for the operator to know.
pub fn failed(why: String) -> Incident {
    Incident {
        id: 0,
        severity: Severity::Warning,
        source: Source::Backup,
        title: "Backup failed".to_owned(),
        tried: "to copy the store and to verify the copy".to_owned(),
        happened: why,
        means: "the newest good backup is an older one; nothing is lost".to_owned(),
        done: "no half copy was left behind".to_owned(),
        you_can: "look at the folder of backups and at its disk, then press r".to_owned(),
        retry: Some(Retry::Backup),
    }
}

/// Takes a copy of a store that nobody else works on, puts it on record and prunes the oldest of its kind.
pub fn take(
    store: &mut Store,
    order: Order,
    between_steps: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<BackupDone, BackupError> {
    let made = make(store.disk(), store.path(), order, between_steps)?;
    made.put_on_record(store)
}

/// Copies the newest moment of the database at `database`, verifies the copy and gives it its name.
///
/// `between_steps` is asked after each megabyte, and every few milliseconds while the copy is being verified; with
/// `Break` the copy is given up. Facts can be committed meanwhile: they are not in the copy.
pub fn make(
    disk: &Arc<dyn Disk>,
    database: &Path,
    order: Order,
    mut between_steps: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Made, BackupError> {
    let mut between_steps = |so_far| match faults::hit(Point::BackupStep) {
        Ok(()) => between_steps(so_far),
        Err(_) => ControlFlow::Break(()), // Only a test can get here, and this is what it asks for.
    };
    let half = HalfMade::begin(disk, database, &order)?;
    let (original, pages) = copy(disk, database, &half.path, &mut between_steps)?;
    half.finish(&original, order, || between_steps(Progress { done: pages, total: pages }))
}

/// As [`make`], of a store that is not on the disk any more under its name: of what its own connection still has, in one
/// go.
pub fn make_of_open(store: &mut Store, order: Order) -> Result<Made, BackupError> {
    let disk = Arc::clone(store.disk());
    let half = HalfMade::begin(&disk, store.path(), &order)?;
    let original = fingerprint(store.ask()?)?;
    drop(disk.create(&half.path).map_err(file("create", &half.path))?);
    store.copy_what_is_open(&half.path)?;
    half.finish(&original, order, || ControlFlow::Continue(()))
}

impl Made {
    /// Puts the copy on record in the store that it was made of, and prunes the oldest of its kind.
    pub fn put_on_record(self, store: &mut Store) -> Result<BackupDone, BackupError> {
        let Self { order, name, bytes, head } = self;
        let cursor = head.map(|head| (head.n, head.hash));
        store.record_backup(&BackupRow { name: &name, kind: order.kind, at: order.now, bytes, cursor })?;
        let disk = Arc::clone(store.disk());
        let on_shelf = shelf(&*disk, &order.folder).map_err(file("list", &order.folder))?;
        let of_this_kind: Vec<OnShelf> = on_shelf.into_iter().filter(|old| old.kind == order.kind).collect();
        let too_many = surplus(&*disk, &order.folder, &of_this_kind, Some(&name), store.ask()?);
        let pruned = prune(&*disk, &order.folder, too_many)?;
        store.record_pruned(&pruned, order.now)?;
        Ok(BackupDone { name, bytes, cursor: head.map(|head| head.n) })
    }
}

/// What is to be in the copy, and how many pages it has. The moment is let go of as soon as all is copied.
fn copy(
    disk: &Arc<dyn Disk>,
    database: &Path,
    to: &Path,
    between_steps: &mut impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<(Fingerprint, u32), BackupError> {
    let moment = Snapshot::hold(&**disk, database)?;
    let original = fingerprint(moment.ask())?;
    drop(disk.create(to).map_err(file("create", to))?);
    let (mut pages, mut synced, mut not_synced) = (0, 0, None);
    let copied = moment.copy_to(&**disk, to, |(done, total)| {
        pages = total;
        if done >= synced + PAGES_A_SYNC {
            synced = done;
            not_synced = disk.sync_file(to).err();
        }
        if not_synced.is_some() { ControlFlow::Break(()) } else { between_steps(Progress { done, total }) }
    });
    if let Some(why) = not_synced {
        return Err(file("sync", to)(why));
    }
    match copied.map_err(|why| BackupError::Copy { doing: "copy the store into", path: to.to_owned(), why })? {
        Copied::Whole => Ok((original, pages)),
        Copied::GivenUp => Err(BackupError::Interrupted),
    }
}

/// Checks the copy on a thread of its own, so that whoever waits for it can go on with other things.
fn verify(
    disk: &dyn Disk,
    path: &Path,
    original: &Fingerprint,
    mut meanwhile: impl FnMut() -> ControlFlow<()>,
) -> Result<(), BackupError> {
    let not_the_same = |why: Unfit| BackupError::NotTheSame(why.to_string());
    let copy = Reader::open_copy(disk, path).map_err(|why| not_the_same(why.into()))?;
    let interrupter = copy.interrupter();
    let (tell, told) = mpsc::channel();
    let mut given_up = false;
    let checked = std::thread::scope(|scope| {
        scope.spawn(move || {
            // Nobody listens only if the one who waits has panicked.
            let _ = tell.send(check::check_opened(&copy));
        });
        loop {
            match told.recv_timeout(GLANCE) {
                Ok(checked) => return Some(checked),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    given_up = given_up || meanwhile().is_break();
                    if given_up {
                        interrupter.interrupt();
                    }
                }
            }
        }
    });
    if given_up {
        return Err(BackupError::Interrupted);
    }
    let checked = checked.unwrap_or_else(|| Err(Unfit::CheckDied)).map_err(not_the_same)?;
    let found = Fingerprint { counts: checked.counts, head: checked.head };
    if found == *original {
        return Ok(());
    }
    Err(BackupError::NotTheSame(format!("it holds {found:?} where the original holds {original:?}")))
}

fn fingerprint(ask: Ask<'_>) -> Result<Fingerprint, StoreError> {
    let head = ask.cursor()?.map(|(n, hash)| Head { n, hash });
    Ok(Fingerprint { counts: ask.counts()?, head })
}

fn file<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> BackupError + use<'a> {
    move |why| BackupError::File { doing, path: path.to_owned(), why }
}

/// Whoever was killed while copying left a copy without a backup's name, as large as the store: nobody else makes one now.
fn clear_half_made(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    let mark = format!(".{}", name::UNVERIFIED);
    for half in disk.names(folder)?.into_iter().filter(|name| name.contains(&mark)) {
        disk.remove(&folder.join(half))?;
    }
    Ok(())
}

/// Removes the unfinished copy, unless it was given its name.
struct HalfMade {
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl HalfMade {
    /// Makes the folder ready for a copy of that database.
    fn begin(disk: &Arc<dyn Disk>, database: &Path, order: &Order) -> Result<Self, BackupError> {
        StoreError::pass(Point::Backup, "be copied")?;
        let folder = &order.folder;
        disk.create_folder(folder).map_err(file("make the folder", folder))?;
        // What is still in the log makes the copy larger, at most by as much.
        let sizes = [database.to_owned(), Sidecar::Log.of(database)]
            .map(|path| disk.look(&path).map_or(0, |found| found.bytes));
        refuse_too_large(&**disk, folder, sizes.iter().sum())?;
        clear_half_made(&**disk, folder).map_err(file("remove the remains of an earlier try in", folder))?;
        let name = format!("{}.{}", name::stem(order.now, order.kind), name::UNVERIFIED);
        Ok(Self { disk: Arc::clone(disk), path: folder.join(name) })
    }

    /// Verifies what was copied and gives it its name.
    fn finish(
        self,
        original: &Fingerprint,
        order: Order,
        meanwhile: impl FnMut() -> ControlFlow<()>,
    ) -> Result<Made, BackupError> {
        let (disk, folder) = (&*self.disk, &order.folder);
        disk.sync_file(&self.path).map_err(file("sync", &self.path))?;
        verify(disk, &self.path, original, meanwhile)?;
        let name = name::free(disk, folder, &name::stem(order.now, order.kind)).map_err(file("list", folder))?;
        let path = folder.join(&name);
        let bytes = disk.look(&self.path).map_err(file("measure", &self.path))?.bytes;
        disk.rename(&self.path, &path).map_err(file("give its name to", &path))?;
        disk.sync_folder(folder).map_err(file("sync", folder))?;
        Ok(Made { head: original.head, name, bytes, order })
    }

    fn remove(&self) -> io::Result<()> {
        for path in [self.path.clone()].into_iter().chain(sidecars(&self.path)) {
            self.disk.remove_if_there(&path)?;
        }
        Ok(())
    }
}

impl Drop for HalfMade {
    fn drop(&mut self) {
        // What cannot be removed now bears a name that nobody takes for a backup, and the next try removes it.
        let _ = self.remove();
    }
}
