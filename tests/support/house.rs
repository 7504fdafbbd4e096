//! A folder of its own for each test: a database, its companions, the log, and a home without any config.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::{Chain, Ended, Headless, Rows, until};

/// The program under test. It is built with the door for faults.
pub const NEO: &str = env!("CARGO_BIN_EXE_neo");

/// Where one test's `neo` lives.
pub struct House {
    folder: TempDir,
}

/// Held while a process is started: a terminal's other end must not be inherited by a stranger, or hanging up would
/// not hang up.
pub fn spawning() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("neo-house-").tempdir().expect("a folder for the test");
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn database(&self) -> PathBuf {
        self.folder().join("s.db")
    }

    pub fn journal(&self) -> PathBuf {
        self.folder().join("s.journal")
    }

    pub fn wal(&self) -> PathBuf {
        self.folder().join("s.db-wal")
    }

    pub fn logs(&self) -> PathBuf {
        self.folder().join("logs")
    }

    /// The database and the log are named by the environment, so that a test's arguments are an operator's.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let home = self.folder().join("home");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let pairs: [(&str, OsString); 7] = [
            ("PATH", path),
            ("HOME", home.clone().into()),
            ("XDG_CONFIG_HOME", home.join("config").into()),
            ("XDG_DATA_HOME", home.join("data").into()),
            ("NEO_DB", self.database().into()),
            ("TERM", "xterm-256color".into()),
            ("LANG", "C.UTF-8".into()),
        ];
        pairs.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }

    /// `neo` with these arguments, in this house and in no other environment.
    pub fn neo<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(NEO);
        command.env_clear().envs(self.environment()).arg("--log-dir").arg(self.logs()).args(arguments);
        command.current_dir(self.folder());
        command
    }

    /// Runs `neo` to its end.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ended {
        Headless::spawn(self.neo(arguments)).ended()
    }

    /// Starts `neo run --headless` with more arguments.
    #[track_caller]
    pub fn session(&self, more: &[&str]) -> Headless {
        Headless::spawn(self.neo(&[&["run", "--headless"], more].concat()))
    }

    /// A short session from its start to its regular end.
    #[track_caller]
    pub fn short_session(&self, seed: u64) -> Ended {
        let ended = self.session(&["--seed", &seed.to_string(), "--speed", "max", "--duration", "60s"]).ended();
        ended.expect_code(0);
        ended
    }

    /// The chain, whole and sound, while nobody writes it.
    #[track_caller]
    pub fn chain(&self) -> Chain {
        Chain::read(&self.journal()).unwrap_or_else(|why| panic!("{why}"))
    }

    /// How many lines the chain of a running session has.
    #[track_caller]
    pub fn chain_so_far(&self) -> usize {
        self.until_chain("a chain", |_| true).links.len()
    }

    /// Waits until the chain of a running session is as wanted.
    #[track_caller]
    pub fn until_chain(&self, what: &str, is_so: impl Fn(&Chain) -> bool) -> Chain {
        // While it is being written a reader may come between a line and what it follows.
        until(what, || Chain::read(&self.journal()).ok().filter(&is_so))
    }

    /// Waits until an order of ours rests at the venue.
    #[track_caller]
    pub fn until_quoting(&self) -> Chain {
        self.until_chain("an order that rests", |chain| {
            chain.of_kind("order").iter().any(|link| link.text("/step") == "rests")
        })
    }

    /// The rows, once no `neo` runs.
    #[track_caller]
    pub fn rows(&self) -> Rows {
        Rows::of(&self.database())
    }

    /// Puts an empty file of that name into the folder: a fault that is armed with `@NAME` happens from now on.
    pub fn touch(&self, name: &str) {
        fs::write(self.folder().join(name), "").expect("a folder that takes a file");
    }

    /// Takes it away again, if it is there.
    pub fn remove(&self, name: &str) {
        match fs::remove_file(self.folder().join(name)) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => panic!("{name}: {why}"),
            _ => {}
        }
    }

    /// Whether the room in reserve is there.
    pub fn has_ballast(&self) -> bool {
        fs::metadata(self.folder().join("s.ballast")).is_ok_and(|found| found.len() > 0)
    }

    /// Whether a backup is being made.
    pub fn has_unverified_backup(&self) -> bool {
        self.files("s.backups").iter().any(|path| path.extension().is_some_and(|end| end == "unverified"))
    }

    /// The files in a companion folder such as `s.backups`, sorted.
    pub fn files(&self, companion: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder().join(companion)).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.expect("a folder that can be listed").path()).collect();
        files.sort();
        files
    }

    /// Every byte that must survive a refusal: all files but the log, the lock, whose text is whoever came last, and
    /// what SQLite lays beside a database for whoever reads it.
    pub fn possessions(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        gather(self.folder(), &mut found);
        let ends_with = |path: &Path, end: &str| path.extension().is_some_and(|found| found == end);
        found.retain(|(path, bytes)| {
            let empty_log = ends_with(path, "db-wal") && bytes.is_empty();
            let scratch = ends_with(path, "lock") || ends_with(path, "db-shm") || empty_log;
            !(scratch || path.starts_with(self.logs()))
        });
        found.sort();
        found
    }
}

fn gather(folder: &Path, into: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder that can be listed") {
        let path = entry.expect("a folder that can be listed").path();
        let kind = path.symlink_metadata().expect("it was listed").file_type();
        if kind.is_dir() {
            gather(&path, into);
        } else if kind.is_file() {
            let bytes = fs::read(&path).expect("it was listed");
            into.push((path, bytes));
        }
    }
}
