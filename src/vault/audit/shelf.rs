//! The copies of a database, ours and those that the earlier engine left beside it: newest first, opened on a scratch copy
//! of their own until one is sound.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::AuditError;
use super::copy::copy;
use super::files::{Files, Role};
use super::inside::Inside;
use super::tables::moment;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::time::Timestamp;
use crate::vault::backup;

/// More are not opened: an eleventh copy that is not sound would tell nothing new.
const OPENED: usize = 10;

/// The copies of a database, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shelf {
    /// All of them.
    pub copies: Vec<OneCopy>,
    /// The names of the baselines, which hold the rows of another engine and no session of ours.
    pub baselines: Vec<String>,
}

/// One copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OneCopy {
    /// Its name; in the backups' folder or beside the database.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was taken, by its name, or else by its file's time.
    pub taken_at: Option<Timestamp>,
    /// What is in it.
    pub state: CopyState,
}

/// What is known of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum CopyState {
    /// A newer one is sound: nobody looked.
    NotOpened,
    /// Sound.
    Sound {
        /// What it holds.
        #[serde(skip)]
        inside: Box<Inside>,
        /// Its newest session.
        newest_session: Option<i64>,
    },
    /// Not to be trusted.
    Unsound {
        /// Why.
        why: String,
    },
}

impl Shelf {
    /// The newest that is sound, and what it holds.
    pub fn newest_sound(&self) -> Option<(&OneCopy, &Inside)> {
        self.copies.iter().find_map(|copy| match &copy.state {
            CopyState::Sound { inside, .. } => Some((copy, &**inside)),
            CopyState::NotOpened | CopyState::Unsound { .. } => None,
        })
    }
}

/// Lists and opens them.
pub(super) fn ask(disk: &dyn Disk, place: &Place, files: &Files, temp: &Path) -> Result<Shelf, AuditError> {
    let folder = place.backups();
    // A folder that cannot be listed is seen as empty, and that is what is told.
    let ours = backup::shelf(disk, &folder).unwrap_or_default().into_iter();
    let (baselines, ours): (Vec<_>, Vec<_>) = ours.partition(|found| found.kind == backup::BackupKind::Baseline);
    let baselines = baselines.into_iter().map(|found| found.name).collect();
    let ours = ours.into_iter().map(|found| OneCopy {
        path: folder.join(&found.name),
        name: found.name,
        bytes: found.bytes,
        taken_at: Some(found.taken_at),
        state: CopyState::NotOpened,
    });
    let theirs = files.seen.iter().filter(|seen| seen.role == Role::Copy).map(|seen| OneCopy {
        path: place.database().with_file_name(&seen.name),
        name: seen.name.clone(),
        bytes: seen.bytes,
        taken_at: stamp_in(&seen.name).or(seen.modified),
        state: CopyState::NotOpened,
    });
    let mut copies: Vec<OneCopy> = ours.chain(theirs).collect();
    // Names tell the second only: of two that were taken in one, the file's time tells which is newer.
    let written = |copy: &OneCopy| disk.look(&copy.path).ok().and_then(|look| look.modified);
    copies.sort_by_cached_key(|copy| std::cmp::Reverse((copy.taken_at, written(copy))));
    for one in copies.iter_mut().take(OPENED) {
        one.state = open(disk, &one.path, temp)?;
        if matches!(one.state, CopyState::Sound { .. }) {
            break;
        }
    }
    Ok(Shelf { copies, baselines })
}

fn open(disk: &dyn Disk, path: &Path, temp: &Path) -> Result<CopyState, AuditError> {
    let scratch = match copy(disk, path, temp) {
        Err(AuditError::Unreadable { why, .. }) => return Ok(CopyState::Unsound { why: why.to_string() }),
        copied => copied?,
    };
    let inside = Inside::of(scratch.database());
    if let Some(why) = inside.damage.first().or(inside.unanswered.first()) {
        return Ok(CopyState::Unsound { why: why.clone() });
    }
    let newest_session = inside.sessions.newest().map(|session| session.number);
    Ok(CopyState::Sound { inside: Box::new(inside), newest_session })
}

/// `…20260418T192119Z…` as a moment.
fn stamp_in(name: &str) -> Option<Timestamp> {
    let at = name.char_indices().map(|(at, _)| at).find_map(|at| {
        let stamp = name.get(at..at + 16)?;
        // Only then every byte is a sign of its own.
        let stamp = Some(stamp).filter(|stamp| stamp.is_ascii())?;
        let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
        let shaped = digits(&stamp[..8]) && &stamp[8..9] == "T" && digits(&stamp[9..15]) && stamp.ends_with('Z');
        shaped.then_some(stamp)
    })?;
    let (day, time) = (&at[..8], &at[9..15]);
    moment(&format!("{}-{}-{}T{}:{}:{}Z", &day[..4], &day[4..6], &day[6..], &time[..2], &time[2..4], &time[4..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_copy_is_dated_by_its_name() {
        let at = stamp_in("neo_live_stage1.db.bak.20260418T192119Z").unwrap();
        assert_eq!(at.to_string(), "2026-04-18T19:21:19.000Z");
        assert_eq!(stamp_in("neo.db.bak"), None);
        assert_eq!(stamp_in("neo.db.bak.20269918T192119Z"), None);
    }

    proptest! {
        #[test]
        fn no_name_makes_it_panic(name in "\\PC{0,40}") {
            let _ = stamp_in(&name);
        }
    }
}
