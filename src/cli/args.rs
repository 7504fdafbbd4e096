//! What can be said on the command line. Everything that is shown here works.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::span::{parse_duration, parse_speed};
use crate::domain::secret;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueKind;
use crate::session::view::Pace;

const EVERYWHERE: &str = "Everywhere";

/// The command line.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(
    name = "neo",
    version,
    about = "The operator console of a small market maker on the XRP Ledger",
    long_about = "The operator console of a small market maker on the XRP Ledger.\n\n\
        Without a command it opens the console on a paper session: no config, no network, no set-up.",
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done · 1 failed · 2 wrong usage or config · 3 database not sound · 4 database in use · \
        5 no safe place · 6 closed, but a step of the end failed · 7 audit or verify found something"
)]
pub struct CommandLine {
    /// What to do; the console on a paper session if nothing is said.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// What can be said with every command.
    #[command(flatten)]
    pub global: Global,
}

/// What can be said with every command.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Global {
    /// The database [default: paper.db in the local data folder of this system; live.db to adopt and backfill]
    #[arg(long, global = true, value_name = "PATH", env = "NEO_DB", hide_env_values = true, value_parser = path(), help_heading = EVERYWHERE)]
    pub db: Option<PathBuf>,
    /// The config [default: neo.toml in the config folder of this system, if it is there]
    #[arg(long, global = true, value_name = "PATH", env = "NEO_CONFIG", hide_env_values = true, value_parser = path(), help_heading = EVERYWHERE)]
    pub config: Option<PathBuf>,
    /// The folder of the log files [default: log, beside the default database]
    #[arg(long, global = true, value_name = "PATH", env = "NEO_LOG_DIR", hide_env_values = true, value_parser = path(), help_heading = EVERYWHERE)]
    pub log_dir: Option<PathBuf>,
    /// When to use colours; auto means on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = EVERYWHERE)]
    pub color: ColorWhen,
    /// Print the result as one JSON document
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// Log more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = EVERYWHERE)]
    pub verbose: u8,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Verb {
    /// Run a session: the console on a terminal, a log without one
    Run(RunArgs),
    /// Look at past sessions
    Sessions(SessionsArgs),
    /// Recompute the chain of facts and compare the journal with the database; reads only
    Verify(VerifyArgs),
    /// Make, list, verify and prune copies of the database
    Backup(BackupArgs),
    /// Put a verified backup and the journal on top of it in the place of the database; nothing is deleted
    Restore(RestoreArgs),
    /// Take over a database of the earlier engine; a dry run unless --apply is said
    Adopt(AdoptArgs),
    /// Give adopted sessions their ends, from evidence or by your word; a dry run unless --apply is said
    Backfill(BackfillArgs),
    /// Examine a database, on a copy: what is found, what is likely to have happened, what to do
    Audit(AuditArgs),
    /// Make the database anew from the journal alone; nothing is deleted
    Rebuild(RebuildArgs),
    /// Ask the database a read-only question; safe beside a running session
    Query(QueryArgs),
    /// Look after the settings
    Config(ConfigArgs),
}

/// `neo run`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct RunArgs {
    /// Where to trade
    #[arg(long, value_name = "VENUE", default_value = "paper")]
    pub venue: VenueArg,
    /// End after this time of the session's own clock, like 2h, 10m, 90s or 1h30m
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub duration: Option<Duration>,
    /// No console: log to stderr, print the receipt to stdout
    #[arg(long)]
    pub headless: bool,
    /// What all randomness of the paper ledger comes from; with --speed, one seed makes one session
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Simulated time: this many times as fast as real time, or max
    #[arg(long, value_name = "TIMES|max", value_parser = parse_speed)]
    pub speed: Option<Pace>,
    /// Your own name for the session
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true, value_parser = parse_label)]
    pub label: String,
}

/// A venue by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum VenueArg {
    /// A ledger in memory that comes with the program
    #[default]
    Paper,
}

/// `neo sessions`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct SessionsArgs {
    /// What to look at; the list if nothing is said.
    #[command(subcommand)]
    pub verb: Option<SessionsVerb>,
}

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum SessionsVerb {
    /// List past sessions, newest first; the same as no command
    List(ListArgs),
    /// Show one session: its receipt, its fills and its incidents
    Show {
        /// Its number
        #[arg(value_name = "ID", value_parser = parse_session)]
        session: SessionId,
        /// Only the receipt, as it was kept at the end; made again from the database if the file is gone
        #[arg(long)]
        receipt: bool,
    },
}

/// `neo sessions list`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct ListArgs {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = ListArgs::default().limit, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Only sessions with a lower number
    #[arg(long, value_name = "ID", value_parser = parse_session)]
    pub before: Option<SessionId>,
}

/// `neo verify`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct VerifyArgs {
    /// Only this session; everything if no number is given
    #[arg(value_name = "SESSION", value_parser = parse_session, conflicts_with = "all")]
    pub session: Option<SessionId>,
    /// Everything: the same as no number
    #[arg(long)]
    pub all: bool,
    /// Put damaged lines of the journal right from whole copies first; what was there is kept in the quarantine
    #[arg(long)]
    pub mend: bool,
}

/// `neo backup`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct BackupArgs {
    /// What to do with backups; make one if nothing is said.
    #[command(subcommand)]
    pub verb: Option<BackupVerb>,
}

/// What to do with backups.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum BackupVerb {
    /// Make a verified copy now; the same as no command
    Create,
    /// List the copies, newest first; reads only
    List,
    /// Check copies, down to every line's hash; reads only
    Verify(BackupVerifyArgs),
    /// Remove all but the newest ten of each kind
    Prune,
}

/// `neo backup verify`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct BackupVerifyArgs {
    /// Only this one, by its name or as a file anywhere; all if no name is given
    #[arg(value_name = "NAME", conflicts_with = "all")]
    pub name: Option<PathBuf>,
    /// All of them: the same as no name
    #[arg(long)]
    pub all: bool,
    /// Restore the newest that is fit into a scratch folder, and compare every table with the database
    #[arg(long)]
    pub drill: bool,
}

/// `neo restore`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct RestoreArgs {
    /// From this backup, by its name or as a file anywhere
    #[arg(long, value_name = "FILE", conflicts_with = "latest")]
    pub from: Option<PathBuf>,
    /// From the newest backup that is fit: the same as no file
    #[arg(long)]
    pub latest: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `neo adopt`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct AdoptArgs {
    /// The earlier engine's database; it is never written to
    #[arg(value_name = "OLD.db")]
    pub source: PathBuf,
    /// Do it; without this only the account is printed
    #[arg(long)]
    pub apply: bool,
}

/// `neo backfill`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct BackfillArgs {
    /// A log of the earlier engine, or a folder of logs; may be said several times
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Only this session, with --ended-at as your word
    #[arg(long, value_name = "ID", value_parser = parse_session, requires = "ended_at")]
    pub session: Option<SessionId>,
    /// When that session ended, in UTC, like 2026-04-18T16:50:50Z
    #[arg(long, value_name = "TIME", value_parser = parse_moment, requires = "session")]
    pub ended_at: Option<Timestamp>,
    /// Write the ends down; without this they are only printed
    #[arg(long)]
    pub apply: bool,
}

/// `neo audit`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct AuditArgs {
    /// A database, damaged or another engine's too, or the folder it lies in [default: as by --db]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
}

/// `neo rebuild`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct RebuildArgs {
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `neo query`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct QueryArgs {
    /// One SQL statement that reads
    #[arg(value_name = "SQL")]
    pub sql: String,
}

/// `neo config`
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct ConfigArgs {
    /// What to do with the settings; show them if nothing is said.
    #[command(subcommand)]
    pub verb: Option<ConfigVerb>,
}

/// What to do with the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigVerb {
    /// Write a commented file with every setting; overwrites nothing
    Init,
    /// Read the file and say what is wrong with it
    Check,
    /// Print what is in effect and where it comes from; the same as no command
    Show,
}

impl Default for RunArgs {
    /// What `neo` alone means.
    fn default() -> Self {
        Self {
            venue: VenueArg::default(),
            duration: None,
            headless: false,
            seed: None,
            speed: None,
            label: String::new(),
        }
    }
}

impl Default for ListArgs {
    /// What `neo sessions` alone means.
    fn default() -> Self {
        Self { limit: 20, before: None }
    }
}

impl RunArgs {
    /// How the session's clock runs: with the machine's, unless a speed is given.
    pub fn pace(&self) -> Pace {
        self.speed.unwrap_or(Pace::Real)
    }
}

impl From<VenueArg> for VenueKind {
    fn from(venue: VenueArg) -> Self {
        match venue {
            VenueArg::Paper => Self::Paper,
        }
    }
}

/// A path is on the screen, in the log and on each receipt.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|path| match path.to_str() {
        Some("") => Err("a path cannot be empty"),
        Some(text) if secret::is_in(text) => Err(NO_PLACE_FOR_SECRETS),
        Some(_) | None => Ok(PathBuf::from(path)),
    })
}

/// A label is in the journal for ever.
fn parse_label(text: &str) -> Result<String, &'static str> {
    if secret::is_in(text) { Err(NO_PLACE_FOR_SECRETS) } else { Ok(text.to_owned()) }
}

const NO_PLACE_FOR_SECRETS: &str = "there is something in it that looks like a secret, and this is written down and shown; secrets belong in the \
     environment alone";

fn parse_moment(text: &str) -> Result<Timestamp, &'static str> {
    crate::legacy::moment(text).ok_or("a time in UTC, like 2026-04-18T16:50:50Z")
}

fn parse_session(text: &str) -> Result<SessionId, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.map(SessionId).ok_or("sessions are numbered from 1 on; `neo sessions` lists them")
}

#[cfg(test)]
mod tests;
