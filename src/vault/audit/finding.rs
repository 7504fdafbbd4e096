//! What an operator should know, one by one.

use std::fmt;

use serde::Serialize;

use super::orders::OpenOrder;
use super::sums::{Sum, Wrong};
use super::words::{listed, moment, numbers, size};
use crate::domain::time::Timestamp;
use crate::domain::words::counted;
use crate::vault::strange_log::StrangeLog;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something was lost, or is about to be: do not start on it.
    Grave,
    /// It wants a decision or a command.
    Serious,
    /// It comes right by itself, or with the next command.
    Mild,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is one sentence, and the sentence is in `fmt`")]
pub enum Finding {
    Missing,
    NotAFile,
    InTheWay { why: String },
    Empty,
    Emptied,
    NotADatabase,
    OrphanedLog { bytes: u64 },
    LogLost { written_at: Timestamp, newest_at: Timestamp, index_bytes: u64 },
    CutShort { bytes: u64, needed: u64 },
    RollbackBesideLog,
    StrangeLog { why: StrangeLog },
    SwapBegun,
    Malformed { places: usize, first: String },
    Unanswered { what: String },
    Foreign { tables: Vec<String> },
    Newer,
    JournalDamaged { places: usize, first: String },
    JournalUnread { why: String },
    JournalStrays { files: usize, first: String },
    JournalElsewhere,
    JournalForeign { names: Vec<String> },
    StoreDiffers { lines: u64, first: u64 },
    StoreAlone { lines: u64 },
    StoreBehind { lines: u64 },
    LeftOpen { sessions: Vec<i64> },
    NotEnded { sessions: Vec<i64> },
    EndWithoutTime { sessions: Vec<i64> },
    ImpossibleReason { session: i64, reason: String },
    ReasonOfAnotherTime { reason: String, written_at: Timestamp, session: i64, began_at: Timestamp },
    NumbersMissing { sessions: Vec<i64> },
    EndsBeforeItBegan { session: i64 },
    Overlap { earlier: i64, later: i64 },
    StaleOrders { orders: Vec<OpenOrder> },
    DoesNotAddUp { wrong: Wrong },
    UnsoundCopy { name: String, why: String },
    BaselineLost { name: String, why: String },
    BackupApart { why: String },
    NoBackup,
    BackupBehind { name: String, newest_in_it: i64, newest: i64 },
    BackupAhead { name: String, newest_in_it: i64, newest: i64 },
}

impl Finding {
    /// Whether it says that journal and database begin with different lines.
    pub const fn is_of_two_houses(&self) -> bool {
        matches!(self, Self::StoreDiffers { first: 0, .. })
    }

    /// How much it weighs.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Missing
            | Self::Emptied
            | Self::JournalElsewhere
            | Self::NotAFile
            | Self::InTheWay { .. }
            | Self::NotADatabase
            | Self::OrphanedLog { .. }
            | Self::LogLost { .. }
            | Self::CutShort { .. }
            | Self::Malformed { .. }
            | Self::Unanswered { .. }
            | Self::JournalDamaged { .. }
            | Self::JournalUnread { .. }
            | Self::StoreDiffers { .. } => Severity::Grave,
            Self::RollbackBesideLog
            | Self::StrangeLog { .. }
            | Self::SwapBegun
            | Self::Foreign { .. }
            | Self::Newer
            | Self::StoreAlone { .. }
            | Self::NotEnded { .. }
            | Self::EndWithoutTime { .. }
            | Self::ImpossibleReason { .. }
            | Self::ReasonOfAnotherTime { .. }
            | Self::EndsBeforeItBegan { .. }
            | Self::StaleOrders { .. }
            | Self::DoesNotAddUp { .. }
            | Self::UnsoundCopy { .. }
            | Self::BaselineLost { .. }
            | Self::BackupApart { .. }
            | Self::BackupAhead { .. } => Severity::Serious,
            Self::Empty
            | Self::JournalStrays { .. }
            | Self::JournalForeign { .. }
            | Self::StoreBehind { .. }
            | Self::LeftOpen { .. }
            | Self::NumbersMissing { .. }
            | Self::Overlap { .. }
            | Self::NoBackup
            | Self::BackupBehind { .. } => Severity::Mild,
        }
    }
}

impl Severity {
    /// One word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grave => "grave",
            Self::Serious => "serious",
            Self::Mild => "mild",
        }
    }
}

impl Finding {
    /// What is wrong in the tables, where the files are what they should be.
    fn of_sessions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeftOpen { sessions } => write!(
                f,
                "{} {} not closed: its process ended before it could. The next start closes it from the journal.",
                session_or_sessions(sessions),
                was(sessions)
            ),
            Self::NotEnded { sessions } => {
                write!(f, "{} never got an end ({}).", counted(sessions.len(), "session"), numbers(sessions))
            }
            Self::EndWithoutTime { sessions } => {
                write!(f, "{} {} said to be over without a time.", session_or_sessions(sessions), was(sessions))
            }
            Self::ImpossibleReason { session, reason } => {
                write!(f, "Session {session} ended by `{reason}`, which is no reason that this program gives.")
            }
            Self::ReasonOfAnotherTime { reason, written_at, session, began_at } => write!(
                f,
                "The halt reason on record (`{reason}`) is of {}, before session {session} began at {}: it belongs to \
                 another session.",
                moment(*written_at),
                moment(*began_at)
            ),
            Self::NumbersMissing { sessions } => {
                write!(f, "There is no row of {} {}.", noun(sessions), numbers(sessions))
            }
            Self::EndsBeforeItBegan { session } => write!(f, "Session {session} ends before it begins."),
            Self::Overlap { earlier, later } => write!(
                f,
                "Session {later} began before session {earlier} ended: a clock was set back, or two engines ran at once."
            ),
            Self::StaleOrders { orders } => write!(
                f,
                "{} of sessions that are over {} still marked open: {}. They may rest at the venue.",
                counted(orders.len(), "order"),
                if orders.len() == 1 { "is" } else { "are" },
                order_names(orders)
            ),
            Self::DoesNotAddUp { wrong } => write!(
                f,
                "{} in {}: first {}, where {} stands and {} is what it comes to.",
                sum_in_words(wrong.sum),
                counted(usize::try_from(wrong.places).unwrap_or(usize::MAX), "place"),
                wrong.first,
                wrong.stands,
                wrong.comes_to
            ),
            // All others are told where this is called from.
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "The database itself is not there, and what belongs to it is."),
            Self::NotAFile => write!(f, "It is a folder, a pipe or a device, not a file; it was not opened."),
            Self::InTheWay { why } => write!(f, "No session can start here: {why}."),
            Self::Empty => write!(f, "The database is a file of no bytes."),
            Self::Emptied => write!(f, "The database is a file of no bytes, and its copies are there."),
            Self::JournalElsewhere => {
                write!(f, "The journal beside it is another house's: it begins with another line.")
            }
            Self::NotADatabase => write!(f, "The file does not begin as a database does; nothing in it was read."),
            Self::OrphanedLog { bytes } => write!(
                f,
                "A write-ahead log of {} lies beside a database that is gone or empty. Opening it with any SQLite would \
                 delete that log.",
                size(*bytes)
            ),
            Self::LogLost { written_at, newest_at, index_bytes } => write!(
                f,
                "The write-ahead log was lost: the database was last written at {}, what belongs to it goes on until {}, \
                 its log is empty or gone, and the log's index still has {}.",
                moment(*written_at),
                moment(*newest_at),
                size(*index_bytes)
            ),
            Self::CutShort { bytes, needed } => {
                write!(f, "The file is cut short: it has {} and its own header says {}.", size(*bytes), size(*needed))
            }
            Self::RollbackBesideLog => write!(
                f,
                "A rollback journal lies beside a database that is kept with a write-ahead log: they do not belong together."
            ),
            Self::StrangeLog { why } => {
                write!(
                    f,
                    "Beside the database lies {why}. The next start sets it aside, and makes good what is missing."
                )
            }
            Self::SwapBegun => write!(f, "A new database was being put in place, and that was not finished."),
            Self::Malformed { places, first } => {
                write!(f, "The database is malformed in {}, the first: {first}.", at_least(*places))
            }
            Self::Unanswered { what } => write!(f, "It does not answer: {what}."),
            Self::Foreign { tables } => {
                write!(f, "It is another program's database (its tables: {}).", listed(tables))
            }
            Self::Newer => write!(f, "It was written by a newer neo; this one does not know its tables."),
            Self::JournalDamaged { places, first } => {
                write!(f, "The journal is damaged in {}, the first: {first}.", counted(*places, "place"))
            }
            Self::JournalStrays { files, first } => write!(
                f,
                "{} among the segments bear{} a wrong name: {first}. The next start takes out what is in the way.",
                counted(*files, "file"),
                if *files == 1 { "s" } else { "" }
            ),
            Self::JournalForeign { names } => {
                write!(f, "Nobody reads {} in the journal's folder: no segment is called so.", listed(names))
            }
            Self::JournalUnread { why } => write!(f, "The journal cannot be read: {why}."),
            Self::StoreDiffers { lines: 1, first } => {
                write!(f, "Line {first} of the database differs from the journal.")
            }
            Self::StoreDiffers { lines, first } => {
                write!(f, "{lines} lines of the database differ from the journal, the first is {first}.")
            }
            Self::StoreAlone { lines } => {
                let are = if *lines == 1 { "is" } else { "are" };
                write!(f, "{} {are} whole in the database only, not in the journal.", counted(*lines, "line"))
            }
            Self::StoreBehind { lines } => {
                let lines = counted(*lines, "line");
                write!(f, "The database has yet to take over {lines} of the journal; the next start does it.")
            }
            Self::UnsoundCopy { name, why } => write!(f, "The backup {name} is not to be trusted: {why}."),
            Self::BaselineLost { why, .. } => write!(
                f,
                "Rows of the earlier engine have lost a copy: {why}. The next backup or start makes a new one of the rows \
                 that are left."
            ),
            Self::NoBackup => write!(f, "There is no sound backup."),
            Self::BackupBehind { name, newest_in_it, newest } => write!(
                f,
                "The newest sound backup, {name}, ends with session {newest_in_it}, and session {newest} is over."
            ),
            Self::BackupApart { why } => write!(f, "Not all copies are part of the journal: {why}."),
            Self::BackupAhead { name, newest_in_it, newest } => write!(
                f,
                "The backup {name} knows session {newest_in_it}, and the database ends with {newest}: an older file \
                 lies in its place."
            ),
            tale => tale.of_sessions(f),
        }
    }
}

fn at_least(places: usize) -> String {
    if places >= 100 { "100 places or more".to_owned() } else { counted(places, "place") }
}

const fn noun(sessions: &[i64]) -> &'static str {
    if sessions.len() == 1 { "session" } else { "sessions" }
}

fn session_or_sessions(sessions: &[i64]) -> String {
    let noun = if sessions.len() == 1 { "Session" } else { "Sessions" };
    format!("{noun} {}", numbers(sessions))
}

const fn was(sessions: &[i64]) -> &'static str {
    if sessions.len() == 1 { "was" } else { "were" }
}

fn order_names(orders: &[OpenOrder]) -> String {
    let mut names: Vec<String> = orders
        .iter()
        .take(3)
        .map(|order| {
            let short: String = order.id.chars().take(12).collect();
            let session = order.session.map_or_else(|| "no session".to_owned(), |session| format!("session {session}"));
            format!("{short} ({session}, {} {})", order.side, order.status)
        })
        .collect();
    if orders.len() > names.len() {
        names.push(format!("{} more", orders.len() - names.len()));
    }
    listed(&names)
}

const fn sum_in_words(sum: Sum) -> &'static str {
    match sum {
        Sum::Balance => "Balances do not follow from the changes before them",
        Sum::Filled => "Orders and their fills do not agree",
        Sum::Orphan => "Fills have no order",
        Sum::Value => "Values do not follow from what was held",
        Sum::Profit => "Profits do not follow from the values",
        Sum::Split => "Profits are not the sum of their parts",
    }
}
