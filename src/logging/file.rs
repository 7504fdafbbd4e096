//! One file a day, `neo.YYYY-MM-DD.log`, and the days that are kept.
//!
//! Our own instead of `tracing_appender::rolling`: that one, kept to one day, deletes today's file at each start,
//! prunes whatever begins with the same letters, and prints to a stderr that may be gone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::time::Timestamp;

const PREFIX: &str = "neo.";
const SUFFIX: &str = ".log";
const DAY: Duration = Duration::from_hours(24);

/// What has gone wrong with writing since the last line that succeeded, for whoever asks.
#[derive(Clone, Debug, Default)]
pub struct Trouble(Arc<Mutex<Option<String>>>);

/// The file of today, whatever day it is.
pub(super) struct DailyFile<C> {
    folder: PathBuf,
    keep_days: u32,
    clock: C,
    day: String,
    file: File,
    trouble: Trouble,
}

impl Trouble {
    /// In the system's words; `None` if the newest line was written.
    pub fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, trouble: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

impl<C: FnMut() -> Timestamp> DailyFile<C> {
    /// Opens today's file in `folder`, which is made if it is missing, and removes those older than `keep_days`.
    pub(super) fn open(folder: &Path, keep_days: u32, mut clock: C) -> io::Result<Self> {
        make_folder(folder)?;
        let now = clock();
        let day = day_of(now);
        let file = open_day(folder, &day)?;
        let trouble = Trouble::default();
        let daily = Self { folder: folder.to_owned(), keep_days, clock, day, file, trouble };
        daily.prune(now);
        Ok(daily)
    }

    pub(super) fn trouble(&self) -> Trouble {
        self.trouble.clone()
    }

    fn turn_the_day(&mut self) -> io::Result<()> {
        let now = (self.clock)();
        let day = day_of(now);
        if day != self.day {
            self.file = open_day(&self.folder, &day)?;
            self.day = day;
            self.prune(now);
        }
        Ok(())
    }

    /// Removes the files of days that are not kept. Only names that we give are touched.
    fn prune(&self, now: Timestamp) {
        let oldest_kept = day_of(now - DAY * self.keep_days.saturating_sub(1));
        let old = fs::read_dir(&self.folder).into_iter().flatten().flatten().filter(|entry| {
            let name = entry.file_name();
            name.to_str().and_then(day_in_name).is_some_and(|day| day < oldest_kept.as_str())
        });
        for entry in old {
            if let Err(why) = fs::remove_file(entry.path()) {
                self.trouble.set(Some(format!("{} is old and cannot be removed: {why}", entry.path().display())));
            }
        }
    }
}

impl<C: FnMut() -> Timestamp> Write for DailyFile<C> {
    /// One line at a time. A failure is remembered, and the next line is tried all the same.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.turn_the_day().and_then(|()| self.file.write_all(line));
        let path = || self.folder.join(name_of(&self.day)).display().to_string();
        match &written {
            Ok(()) => self.trouble.set(None),
            Err(why) => self.trouble.set(Some(format!("{} cannot be written: {why}", path()))),
        }
        written.map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn day_of(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.split_once('T').map_or(text.clone(), |(day, _)| day.to_owned())
}

pub(super) fn name_of(day: &str) -> String {
    format!("{PREFIX}{day}{SUFFIX}")
}

/// The day in a name that [`name_of`] gives; `None` for any other name.
fn day_in_name(name: &str) -> Option<&str> {
    let day = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    let shape = day.len() == 10
        && day.bytes().enumerate().all(|(n, b)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() });
    shape.then_some(day)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn open_day(folder: &Path, day: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(folder.join(name_of(day)))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn each_day_has_a_file_of_its_own_in_utc() {
        let folder = tempfile::tempdir().unwrap();
        let now = Rc::new(Cell::new(at("2026-11-22T23:59:59.999Z")));
        let clock = Rc::clone(&now);
        let mut file = DailyFile::open(folder.path(), 30, move || clock.get()).unwrap();
        file.write_all(b"one\n").unwrap();
        now.set(at("2026-11-23T00:00:00.000Z"));
        file.write_all(b"two\n").unwrap();
        assert_eq!(names(folder.path()), ["neo.2026-11-22.log", "neo.2026-11-23.log"]);
        assert_eq!(fs::read_to_string(folder.path().join("neo.2026-11-23.log")).unwrap(), "two\n");
    }

    #[test]
    fn old_days_go_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["neo.2026-11-19.log", "neo.2026-11-20.log", "neo.2026-11-21.log", "neon.log", "neo.old.log"] {
            fs::write(folder.path().join(name), "kept\n").unwrap();
        }
        DailyFile::open(folder.path(), 3, || at("2026-11-22T12:00:00.000Z")).unwrap();
        let left = names(folder.path());
        assert_eq!(left, ["neo.2026-11-20.log", "neo.2026-11-21.log", "neo.2026-11-22.log", "neo.old.log", "neon.log"]);
    }

    #[test]
    fn a_second_start_on_one_day_goes_on_in_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        for word in ["one\n", "two\n"] {
            let mut file = DailyFile::open(folder.path(), 1, || at("2026-11-22T12:00:00.000Z")).unwrap();
            file.write_all(word.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(folder.path().join("neo.2026-11-22.log")).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_line_that_cannot_be_written_is_remembered_until_one_can() {
        let folder = tempfile::tempdir().unwrap();
        let now = Rc::new(Cell::new(at("2026-11-22T12:00:00.000Z")));
        let clock = Rc::clone(&now);
        let mut file = DailyFile::open(folder.path(), 30, move || clock.get()).unwrap();
        let trouble = file.trouble();
        fs::create_dir(folder.path().join("neo.2026-11-23.log")).unwrap();
        now.set(at("2026-11-23T12:00:00.000Z"));
        assert!(file.write_all(b"lost\n").is_err());
        assert!(trouble.get().unwrap().contains("cannot be written"));
        fs::remove_dir(folder.path().join("neo.2026-11-23.log")).unwrap();
        file.write_all(b"kept\n").unwrap();
        assert_eq!(trouble.get(), None);
    }

    #[cfg(unix)]
    #[test]
    fn folder_and_file_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("a/log");
        DailyFile::open(&logs, 30, || at("2026-11-22T12:00:00.000Z")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&logs), mode(&logs.join("neo.2026-11-22.log"))), (0o700, 0o600));
    }
}
