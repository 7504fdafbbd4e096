//! A door for faults in the real binary, for tests only: without the feature `faults` nothing of it is compiled but
//! functions that do nothing, so that the places that call it need not know.
//!
//! With it, `NEO_FAULTS` is read once: `point:when[:what]`, separated by commas. `when` counts the calls of that point
//! from 1 on, `12` being the twelfth, `12+` that and all later ones, `12-20` that one to the twentieth; `@NAME` is as long as there is
//! a file of that name in the working folder. `what` is `eio` (the default), `enospc`, `panic` or `stall3000`, a sleep of
//! 3000 ms.

use std::io;

/// Where a fault can happen.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "faults", derive(Debug))]
pub enum Point {
    /// `journal_sync`: the sync of a group in the journal, before it is done.
    JournalSync,
    /// `engine_step`: a step of the engine.
    EngineStep,
    /// `console_frame`: a frame of the console.
    ConsoleFrame,
    /// `runner_step`: a turn of the runner.
    RunnerStep,
    /// `store_commit`: a commit of the store.
    StoreCommit,
    /// `checkpoint`: a checkpoint of the store.
    Checkpoint,
    /// `backup`: a backup of the store.
    Backup,
    /// `backup_step`: between two steps of a backup, of its verification too; a failure gives it up.
    BackupStep,
    /// `ballast`: making the ballast.
    Ballast,
    /// `free_space`: asking how much room the disk has; after a fault, none.
    FreeSpace,
}

/// Passes a point: fails, panics or stalls where `NEO_FAULTS` says so.
///
/// # Panics
/// In a build with faults: when a panic was asked for here, or when `NEO_FAULTS` cannot be read.
#[cfg(not(feature = "faults"))]
#[inline]
pub const fn hit(_: Point) -> io::Result<()> {
    Ok(())
}

#[cfg(feature = "faults")]
pub use armed::hit;

#[cfg(feature = "faults")]
mod armed {
    use std::path::PathBuf;
    use std::str::FromStr;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::{Point, io};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum What {
        Eio,
        Enospc,
        Panic,
        Stall(Duration),
    }

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum When {
        At(u64),
        From(u64),
        Between(u64, u64),
        WhileThereIs(PathBuf),
    }

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Armed {
        point: Point,
        when: When,
        what: What,
    }

    /// All faults that were asked for, and how often each point was passed.
    #[derive(Debug, Default)]
    struct Faults {
        armed: Vec<Armed>,
        passed: [AtomicU64; Point::NAMES.len()],
    }

    #[derive(Debug, thiserror::Error)]
    #[error("NEO_FAULTS: `{0}` is not point:when[:what], as in `journal_sync:12:eio` or `engine_step:40+:panic`")]
    struct BadSpec(String);

    impl Point {
        const NAMES: [(&'static str, Self); 10] = [
            ("journal_sync", Self::JournalSync),
            ("engine_step", Self::EngineStep),
            ("console_frame", Self::ConsoleFrame),
            ("runner_step", Self::RunnerStep),
            ("store_commit", Self::StoreCommit),
            ("checkpoint", Self::Checkpoint),
            ("backup", Self::Backup),
            ("backup_step", Self::BackupStep),
            ("ballast", Self::Ballast),
            ("free_space", Self::FreeSpace),
        ];
    }

    /// Passes a point: fails, panics or stalls where `NEO_FAULTS` says so.
    ///
    /// # Panics
    /// When a panic was asked for here, or when `NEO_FAULTS` cannot be read.
    pub fn hit(point: Point) -> io::Result<()> {
        static FAULTS: OnceLock<Faults> = OnceLock::new();
        let read = || match std::env::var("NEO_FAULTS").unwrap_or_default().parse() {
            Ok(faults) => faults,
            Err(why) => panic!("{why}"),
        };
        FAULTS.get_or_init(read).pass(point)
    }

    impl Faults {
        fn pass(&self, point: Point) -> io::Result<()> {
            let count = self.passed[point as usize].fetch_add(1, Ordering::Relaxed) + 1;
            let due = |armed: &&Armed| armed.point == point && armed.when.is(count);
            self.armed.iter().filter(due).try_for_each(|armed| armed.what.happen(point, count))
        }
    }

    impl When {
        fn is(&self, count: u64) -> bool {
            match self {
                Self::At(only) => count == *only,
                Self::From(first) => count >= *first,
                Self::Between(first, last) => (*first..=*last).contains(&count),
                Self::WhileThereIs(file) => file.exists(),
            }
        }
    }

    impl What {
        fn happen(self, point: Point, count: u64) -> io::Result<()> {
            match self {
                Self::Eio => Err(io::Error::other(format!("injected input/output error at {point:?} {count}"))),
                Self::Enospc => Err(io::Error::new(
                    io::ErrorKind::StorageFull,
                    format!("injected: no space left on device at {point:?} {count}"),
                )),
                Self::Panic => panic!("injected panic at {point:?} {count}"),
                Self::Stall(time) => {
                    std::thread::sleep(time);
                    Ok(())
                }
            }
        }
    }

    impl FromStr for Faults {
        type Err = BadSpec;

        fn from_str(text: &str) -> Result<Self, BadSpec> {
            let specs = text.split(',').map(str::trim).filter(|spec| !spec.is_empty());
            let armed =
                specs.map(|spec| read(spec).ok_or_else(|| BadSpec(spec.to_owned()))).collect::<Result<_, _>>()?;
            Ok(Self { armed, ..Self::default() })
        }
    }

    fn read(spec: &str) -> Option<Armed> {
        let mut parts = spec.split(':');
        let (name, when) = (parts.next()?, parts.next()?);
        let point = Point::NAMES.into_iter().find(|(known, _)| *known == name)?.1;
        let when = match (when.strip_prefix('@'), when.strip_suffix('+'), when.split_once('-')) {
            (Some(name), ..) => When::WhileThereIs(PathBuf::from(name)),
            (None, Some(first), _) => When::From(first.parse().ok()?),
            (None, None, Some((first, last))) => When::Between(first.parse().ok()?, last.parse().ok()?),
            (None, None, None) => When::At(when.parse().ok()?),
        };
        let what = match parts.next().unwrap_or("eio") {
            "eio" => What::Eio,
            "enospc" => What::Enospc,
            "panic" => What::Panic,
            stall => What::Stall(Duration::from_millis(stall.strip_prefix("stall")?.parse().ok()?)),
        };
        parts.next().is_none().then_some(Armed { point, when, what })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn faults(text: &str) -> Faults {
            text.parse().unwrap()
        }

        #[test]
        fn a_fault_happens_at_its_call_and_at_no_other() {
            let faults = faults("journal_sync:2:eio");
            let failed: Vec<bool> = (0..4).map(|_| faults.pass(Point::JournalSync).is_err()).collect();
            assert_eq!(failed, [false, true, false, false]);
            assert!(faults.pass(Point::Backup).is_ok());
        }

        #[test]
        fn a_plus_means_from_then_on() {
            let faults = faults("store_commit:2+:enospc, backup:1");
            let kinds: Vec<_> = (0..3).map(|_| faults.pass(Point::StoreCommit).map_err(|why| why.kind())).collect();
            assert_eq!(kinds, [Ok(()), Err(io::ErrorKind::StorageFull), Err(io::ErrorKind::StorageFull)]);
            assert!(faults.pass(Point::Backup).is_err(), "eio is what happens when nothing else is said");
        }

        #[test]
        fn a_fault_can_last_for_a_while() {
            let faults = faults("journal_sync:2-3:enospc");
            let failed: Vec<bool> = (0..5).map(|_| faults.pass(Point::JournalSync).is_err()).collect();
            assert_eq!(failed, [false, true, true, false, false]);
        }

        #[test]
        fn a_fault_can_last_as_long_as_there_is_a_file() {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("now");
            let faults = faults(&format!("store_commit:@{}", file.display()));
            assert!(faults.pass(Point::StoreCommit).is_ok());
            std::fs::write(&file, "").unwrap();
            assert!(faults.pass(Point::StoreCommit).is_err());
            std::fs::remove_file(&file).unwrap();
            assert!(faults.pass(Point::StoreCommit).is_ok());
        }

        #[test]
        #[should_panic(expected = "injected panic at EngineStep 1")]
        fn a_panic_says_that_it_was_injected() {
            faults("engine_step:1:panic").pass(Point::EngineStep).unwrap();
        }

        #[test]
        fn every_point_counts_for_itself() {
            for (place, (_, point)) in Point::NAMES.into_iter().enumerate() {
                assert_eq!(point as usize, place);
            }
        }

        #[test]
        fn a_stall_is_no_failure() {
            assert!(faults("checkpoint:1:stall1").pass(Point::Checkpoint).is_ok());
        }

        #[test]
        fn a_spec_that_means_nothing_is_named() {
            for spec in
                ["coffee:1", "backup", "backup:x", "backup:1:tea", "backup:1:eio:more", "backup:1:stall", "backup:3-"]
            {
                assert!(spec.parse::<Faults>().unwrap_err().to_string().contains(spec), "{spec}");
            }
            assert!("".parse::<Faults>().unwrap().armed.is_empty());
        }
    }
}
