//! The command line: what can be said, one file a verb, and how each end is told to a script.
//!
//! The only room that prints. Nothing uses it but `main`.

pub mod adopt;
pub mod args;
pub mod audit;
pub mod backfill;
pub mod backup;
pub mod config;
pub mod exit;
mod open_files;
pub mod print;
pub mod query;
pub mod reading;
pub mod rebuild;
pub mod restore;
pub mod run;
pub mod sessions;
pub mod span;
pub mod verify;
mod writer;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};
use color_eyre::Report;

use self::args::{CommandLine, Global, Verb};
use self::exit::Exit;
use self::print::{Colour, Form, Told};
use crate::config::places;
use crate::domain::aim::{Aim, Home};
use crate::domain::secret::hidden;
use crate::logging::may_be_written;

/// Reads the command line, carries it out and tells how it went: an error on stderr, the code for scripts.
pub fn enter(carry_out: impl FnOnce(&CommandLine) -> Result<Exit, Report>) -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(usage) => {
            let usage = without_secrets(usage);
            // Help into a closed pipe is no failure, and there is no other place to say that it failed.
            usage.print().unwrap_or_default();
            return if usage.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    take_aim(&line);
    match open_files::take().map_err(Report::from).and_then(|()| carry_out(&line)) {
        Ok(exit) => exit.into(),
        Err(report) => {
            tell(&report);
            Exit::of_error(&report).into()
        }
    }
}

/// The longest value that is said again: a slip of the finger is seen, and no key is as short.
const SHORT: usize = 8;

/// What was refused may be a secret in the wrong place: a long value is said again only where there is a choice of few,
/// and nothing that looks like a secret is.
fn without_secrets(mut usage: clap::Error) -> clap::Error {
    let is_a_choice =
        matches!(usage.get(ContextKind::ValidValue), Some(ContextValue::Strings(known)) if !known.is_empty());
    let said: Vec<(ContextKind, String)> = usage
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(said) => Some((kind, said.clone())),
            _ => None,
        })
        .collect();
    for (kind, said) in said {
        let shown = match kind {
            ContextKind::InvalidValue if !is_a_choice && said.len() > SHORT => "…".to_owned(),
            _ => hidden(&said).into_owned(),
        };
        if shown != said {
            usage.insert(kind, ContextValue::String(shown));
            // A suggestion says it once more.
            usage.remove(ContextKind::Suggested);
        }
    }
    usage
}

impl Global {
    /// How a result is to be printed on the standard output.
    pub fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Text(Colour::for_stdout(self.color)) }
    }
}

/// The database that the operator means.
pub fn database(global: &Global) -> color_eyre::Result<PathBuf> {
    Ok(global.db.clone().map_or_else(places::paper_database, Ok)?)
}

/// The database that the operator means by a command that is about live money alone.
pub fn live_database(global: &Global) -> color_eyre::Result<PathBuf> {
    Ok(global.db.clone().map_or_else(places::live_database, Ok)?)
}

/// What this process works on: one database, whichever of its threads has something to say.
static AIM: OnceLock<Aim> = OnceLock::new();

/// `text` with its commands aimed at the database that this process works on.
pub fn aimed(text: &str) -> String {
    AIM.get().map_or_else(|| text.to_owned(), |aim| aim.aimed(text))
}

/// The same for what goes on without this room; where there is no database commands stay as they are.
pub fn aim() -> Aim {
    AIM.get().cloned().unwrap_or_default()
}

fn take_aim(line: &CommandLine) {
    let database = match &line.verb {
        Some(Verb::Config(_)) => return,
        Some(Verb::Adopt(_) | Verb::Backfill(_)) => live_database(&line.global),
        Some(Verb::Audit(args)) => args.path.clone().map_or_else(|| database(&line.global), Ok),
        _ => database(&line.global),
    };
    // Where there is no place for a database, that is what the command itself fails with.
    if let Ok(database) = database {
        AIM.get_or_init(|| Aim::at(&database, home(&database)));
    }
}

fn home(database: &Path) -> Home {
    if places::paper_database().is_ok_and(|paper| paper == database) {
        Home::Paper
    } else if places::live_database().is_ok_and(|live| live == database) {
        Home::Live
    } else {
        Home::Elsewhere
    }
}

/// Says on stderr what a command does, or put right on its way.
pub fn say(sentence: &str) {
    put_on_stderr(&format!("neo: {sentence}"));
}

/// The same as the last word of a process that waits for nobody: for `within` at most, because stderr may be a pipe that
/// is full.
pub fn say_within(sentence: String, within: Duration) {
    let (over, is_over) = mpsc::channel::<()>();
    let speaking = move || {
        say(&sentence);
        drop(over);
    };
    if thread::Builder::new().spawn(speaking).is_ok() {
        // Said, or the time is up; without a thread it is not said. The process ends all the same.
        let _ = is_over.recv_timeout(within);
    }
}

/// Tells an error on stderr.
pub fn tell(report: &Report) {
    put_on_stderr(&Told(report).to_string());
}

/// Not through `eprintln!`, which panics when the terminal has gone.
fn put_on_stderr(text: &str) {
    if may_be_written(io::stderr()) {
        // When stderr is closed there is nobody to tell: what was done shows in the result, in the chain and in the code.
        writeln!(io::stderr(), "{}", hidden(&aimed(text))).unwrap_or_default();
    }
}
