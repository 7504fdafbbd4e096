//! A verified copy of the store: stepped on the writing connection between two commits, synced, checked against the
//! original, and only then given its name. A copy that was not verified is not a backup.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use thiserror::Error;

use crate::disk::faults::Point;
use crate::domain::time::Timestamp;
use crate::journal::record::Hash;
use crate::keeper::health::BackupDone;
use crate::store::{Ask, BackupRow, Store, StoreError};

/// How many copies of each kind are kept.
const KEPT: usize = 10;

/// Pages of one step: about a megabyte, so that an end never waits long for a backup to notice it.
const PAGES: i32 = 256;

/// What a copy is called while nobody has verified it.
const UNVERIFIED: &str = "unverified";

/// Why a copy is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupKind {
    /// Before a session.
    Pre,
    /// After a session.
    Post,
    /// While one runs.
    Timer,
    /// The operator asked for it.
    Manual,
}

/// Why there is no new copy. Nothing half made is left behind.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The original could not be read, or the copy not be put on record.
    #[error("the backup was not completed: {0}")]
    Store(#[from] StoreError),
    /// The copy could not be written or read.
    #[error("the backup could not {doing} {}: {why}", path.display())]
    Copy {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// SQLite's words.
        why: rusqlite::Error,
    },
    /// A file or folder could not be made, synced, renamed or listed.
    #[error("the backup could not {doing} {}: {why}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// The original is held by somebody else.
    #[error("the backup was given up because another connection holds the database; try again")]
    Held,
    /// Something more urgent came.
    #[error("the backup was given up for something more urgent; try again")]
    Interrupted,
    /// The copy is not the original.
    #[error(
        "the copy was thrown away because it failed its check: {0}; try again, and run `neo verify` if it stays so"
    )]
    NotTheSame(String),
}

/// What a copy is compared by.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint {
    counts: [u64; 3],
    cursor: Option<(u64, Hash)>,
    head: Option<(u64, String)>,
}

/// Removes the unfinished copy, unless it was given its name.
struct HalfMade(PathBuf);

impl BackupKind {
    /// As in the file's name and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Post => "post",
            Self::Timer => "timer",
            Self::Manual => "manual",
        }
    }
}

/// Takes a copy of `store` into `folder`, verifies it, puts it on record and prunes the oldest of its kind.
///
/// `between_steps` is asked after each megabyte; with `Break` the copy is given up. Nothing can be committed meanwhile:
/// the copy is one moment of the store.
pub fn take(
    store: &mut Store,
    kind: BackupKind,
    folder: &Path,
    now: Timestamp,
    between_steps: impl FnMut() -> ControlFlow<()>,
) -> Result<BackupDone, BackupError> {
    StoreError::pass(Point::Backup, "be copied")?;
    make_folder(folder).map_err(file("make the folder", folder))?;
    let stem = format!("{}-{}", stamp(now), kind.as_str());
    let half = HalfMade(folder.join(format!("{stem}.{UNVERIFIED}")));
    half.remove().map_err(file("remove the remains of an earlier try at", &half.0))?;
    copy(store.connected()?, &half.0, between_steps)?;
    sync(&half.0).map_err(file("sync", &half.0))?;
    let original = fingerprint(store.ask()?)?;
    verify(&half.0, &original)?;
    let name = free_name(folder, &stem);
    let path = folder.join(&name);
    let bytes = fs::metadata(&half.0).map_err(file("measure", &half.0))?.len();
    fs::rename(&half.0, &path).map_err(file("give its name to", &path))?;
    store.disk().sync_folder(folder).map_err(file("sync", folder))?;
    store.record_backup(&BackupRow { name: &name, kind: kind.as_str(), at: now, bytes, cursor: original.cursor })?;
    let pruned = prune(folder, kind, &name)?;
    store.record_pruned(&pruned, now)?;
    Ok(BackupDone { name, bytes, cursor: original.cursor.map(|(n, _)| n) })
}

fn copy(
    original: &Connection,
    to: &Path,
    mut between_steps: impl FnMut() -> ControlFlow<()>,
) -> Result<(), BackupError> {
    create(to).map_err(file("create", to))?;
    let failed = |doing| move |why| BackupError::Copy { doing, path: to.to_owned(), why };
    let mut copy = Connection::open(to).map_err(failed("open"))?;
    // The copy is synced once, as a whole, before anybody believes in it.
    copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF").map_err(failed("set up"))?;
    let steps = Backup::new(original, &mut copy).map_err(failed("begin"))?;
    loop {
        match steps.step(PAGES).map_err(failed("copy into"))? {
            StepResult::Done => break,
            StepResult::More => {}
            // The store's own busy timeout is over already: somebody holds it for long.
            _ => return Err(BackupError::Held),
        }
        if between_steps().is_break() {
            return Err(BackupError::Interrupted);
        }
    }
    drop(steps);
    // The original's header says WAL; a copy is one file that needs no companion.
    copy.pragma_update(None, "journal_mode", "DELETE").map_err(failed("finish"))?;
    copy.close().map_err(|(_, why)| failed("close")(why))
}

fn verify(path: &Path, original: &Fingerprint) -> Result<(), BackupError> {
    let copy = crate::store::Reader::open(path).map_err(|why| BackupError::NotTheSame(why.to_string()))?;
    let damage = copy.ask().integrity_check()?;
    if !damage.is_empty() {
        return Err(BackupError::NotTheSame(damage.join("; ")));
    }
    let found = fingerprint(copy.ask())?;
    if found == *original {
        return Ok(());
    }
    Err(BackupError::NotTheSame(format!("it holds {found:?} where the original holds {original:?}")))
}

fn fingerprint(ask: Ask<'_>) -> Result<Fingerprint, StoreError> {
    let cursor = ask.cursor()?;
    let head = cursor.map(|(n, _)| ask.facts_from(n).next()).and_then(|row| row);
    let head = head.transpose()?.map(|row| (row.n, row.line));
    Ok(Fingerprint { counts: ask.counts()?, cursor, head })
}

/// Removes the oldest copies of `kind` beyond those that are kept; `newest` was verified a moment ago and stays, even if
/// a clock that was set back makes it look old.
fn prune(folder: &Path, kind: BackupKind, newest: &str) -> Result<Vec<String>, BackupError> {
    let mut names = listed(folder, kind).map_err(file("list", folder))?;
    names.retain(|name| name != newest);
    let too_many = (names.len() + 1).saturating_sub(KEPT);
    names.truncate(too_many);
    for name in &names {
        let path = folder.join(name);
        fs::remove_file(&path).map_err(file("remove the old copy", &path))?;
    }
    Ok(names)
}

/// The verified copies of `kind`, oldest first: their names sort by time, and two of one second by their number.
fn listed(folder: &Path, kind: BackupKind) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        if let Some(order) = place_in_time(&name, kind) {
            names.push((order, name));
        }
    }
    names.sort();
    Ok(names.into_iter().map(|(_, name)| name).collect())
}

/// `20261122T184001Z-pre.db`, or with `-2`, `-3` before the `.db`; `None` for everything else.
fn place_in_time(name: &str, kind: BackupKind) -> Option<(String, u32)> {
    let (stamp, rest) = name.strip_suffix(".db")?.split_once('-')?;
    let rest = rest.strip_prefix(kind.as_str())?;
    let number = if rest.is_empty() { 1 } else { rest.strip_prefix('-')?.parse().ok()? };
    let stamp_shaped = stamp.len() == 16 && stamp.ends_with('Z') && stamp.as_bytes()[8] == b'T';
    stamp_shaped.then(|| (stamp.to_owned(), number))
}

fn free_name(folder: &Path, stem: &str) -> String {
    let first = format!("{stem}.db");
    let mut names = std::iter::once(first.clone()).chain((2_u32..).map(|number| format!("{stem}-{number}.db")));
    names.find(|name| !folder.join(name).exists()).unwrap_or(first)
}

/// `20261122T184001Z`
fn stamp(now: Timestamp) -> String {
    let text = now.to_string();
    let seconds = text.split('.').next().unwrap_or(&text);
    seconds.chars().filter(|sign| *sign != '-' && *sign != ':').chain(['Z']).collect()
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn create(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Opened for writing, because Windows flushes no other handle.
fn sync(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(path)?.sync_all()
}

fn file<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> BackupError + use<'a> {
    move |why| BackupError::File { doing, path: path.to_owned(), why }
}

impl HalfMade {
    fn remove(&self) -> io::Result<()> {
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.0.as_os_str().to_owned();
            name.push(end);
            match fs::remove_file(PathBuf::from(name)) {
                Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
                Ok(()) | Err(_) => {}
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Reader;
    use crate::store::story::{Story, at};

    fn go_on() -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn store_with(days: i64, folder: &Path) -> Store {
        let mut store = Store::open(&folder.join("s.db")).unwrap();
        store.project(&Story::of_days(days).lines()).unwrap();
        store
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_backup_is_one_file_with_everything_in_it_and_is_on_record() {
        let home = tempfile::tempdir().unwrap();
        let mut store = store_with(2, home.path());
        let folder = home.path().join("s.backups");
        let done = take(&mut store, BackupKind::Post, &folder, at(0), go_on).unwrap();
        assert_eq!(files(&folder), std::slice::from_ref(&done.name));
        assert_eq!(done.name, format!("{}-post.db", stamp(at(0))));
        assert_eq!(done.cursor, store.ask().unwrap().cursor().unwrap().map(|(n, _)| n));
        let copy = Reader::open(&folder.join(&done.name)).unwrap();
        assert_eq!(copy.ask().sessions(None, 9).unwrap(), store.ask().unwrap().sessions(None, 9).unwrap());
        drop(copy);
        assert_eq!(files(&folder), std::slice::from_ref(&done.name), "looking at it leaves nothing beside it");
        let recorded = crate::store::query::query(store.path(), "SELECT name, bytes FROM backups").unwrap();
        assert_eq!(recorded.rows.len(), 1);
        // A copy can be worked with again.
        Store::open(&folder.join(&done.name)).unwrap();
    }

    #[test]
    fn a_backup_that_is_given_up_leaves_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        let mut store = store_with(60, home.path());
        let folder = home.path().join("s.backups");
        let given_up = take(&mut store, BackupKind::Timer, &folder, at(0), || ControlFlow::Break(()));
        assert!(matches!(given_up, Err(BackupError::Interrupted)), "{given_up:?}");
        assert!(files(&folder).is_empty());
        assert!(take(&mut store, BackupKind::Timer, &folder, at(0), go_on).is_ok());
    }

    #[test]
    fn a_copy_that_differs_is_no_backup() {
        let home = tempfile::tempdir().unwrap();
        let mut store = store_with(1, home.path());
        let path = home.path().join("copy");
        copy(store.connected().unwrap(), &path, go_on).unwrap();
        let original = fingerprint(store.ask().unwrap()).unwrap();
        verify(&path, &original).unwrap();
        Connection::open(&path).unwrap().execute("DELETE FROM fills WHERE rowid = 1", []).unwrap();
        assert!(matches!(verify(&path, &original), Err(BackupError::NotTheSame(_))));
        fs::write(&path, "not even a database").unwrap();
        assert!(matches!(verify(&path, &original), Err(BackupError::NotTheSame(_))));
    }

    #[test]
    fn ten_of_each_kind_are_kept_and_the_new_one_always() {
        let home = tempfile::tempdir().unwrap();
        let mut store = store_with(1, home.path());
        let folder = home.path().join("s.backups");
        let manual = take(&mut store, BackupKind::Manual, &folder, at(-9_000), go_on).unwrap();
        for second in 0..11 {
            take(&mut store, BackupKind::Pre, &folder, at(second), go_on).unwrap();
        }
        let twin = take(&mut store, BackupKind::Pre, &folder, at(10), go_on).unwrap();
        assert!(twin.name.ends_with("-pre-2.db"));
        let set_back = take(&mut store, BackupKind::Pre, &folder, at(-5_000), go_on).unwrap();
        let kept = files(&folder);
        assert_eq!(kept.iter().filter(|name| name.contains("-pre")).count(), KEPT);
        assert!(kept.contains(&set_back.name) && kept.contains(&twin.name) && kept.contains(&manual.name));
        let gone =
            crate::store::query::query(store.path(), "SELECT count(*) FROM backups WHERE removed_at IS NOT NULL");
        assert_eq!(gone.unwrap().rows, [[crate::store::query::Cell::Integer(3)]]);
    }
}
