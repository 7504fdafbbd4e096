//! What is to be seen in files by plain SQLite and CONTRACT alone: which lines have a whole copy, and where; what the
//! tables hold. A line is whole if its own hash holds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use neo_console::disk::Disk as _;
use neo_console::disk::sim::MemoryDisk;

use super::Files;
use super::blow::Target;

/// All rows of a table as texts, as far as they can be read, and whether they can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub rows: Vec<String>,
    pub whole: bool,
}

/// One database, by its tables.
pub type Tables = BTreeMap<String, Table>;

/// How near damage comes to a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// Room, free pages, indexes.
    Nothing,
    /// What no fact makes: which backups there are, heartbeats, readings of sessions that nobody closed.
    Beside,
    /// Readings of sessions that were closed with their digest.
    Readings,
    /// A line, or what was made of it.
    Fact,
}

/// What is to be seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// By number: every text that is whole, wherever it is.
    pub copies: BTreeMap<usize, BTreeSet<String>>,
    /// The lines of the journal's files that are whole.
    pub journal: BTreeSet<String>,
    /// Each database, by its file.
    pub stores: BTreeMap<PathBuf, Tables>,
    /// The newest line that a store says it has.
    pub newest_in_stores: Option<usize>,
    /// The newest line that any trace is left of.
    pub newest_trace: Option<usize>,
}

/// Looks at all files.
pub fn see(files: &Files) -> Seen {
    let mut seen = Seen::default();
    for (file, bytes) in files {
        match Target::of(file) {
            Some(Target::Journal) => seen.take_in_segment(bytes),
            Some(Target::Database) => {
                let log = files.get(Path::new("s.db-wal"));
                seen.take_in_store(file, tables(bytes, log.map(|log| log.as_slice())));
            }
            Some(Target::Backup) => seen.take_in_store(file, tables(bytes, None)),
            Some(Target::Log) | None => {}
        }
    }
    seen
}

impl Seen {
    fn take_in_segment(&mut self, bytes: &[u8]) {
        for raw in bytes.split(|byte| *byte == b'\n').filter(|raw| !raw.is_empty()) {
            let Some(line) = std::str::from_utf8(raw).ok().filter(|line| is_whole(line)) else { continue };
            self.journal.insert(line.to_owned());
            self.take_in_line(line);
            self.newest_trace = self.newest_trace.max(number(line, r#""ack":"#));
        }
    }

    fn take_in_store(&mut self, file: &Path, tables: Tables) {
        for row in tables.get("facts").iter().flat_map(|facts| &facts.rows) {
            let line = row.rsplit('\x1f').next().unwrap_or_default();
            if is_whole(line) {
                self.take_in_line(line);
                self.newest_in_stores = self.newest_in_stores.max(number(line, r#""n":"#));
            }
        }
        self.newest_trace = self.newest_trace.max(self.newest_in_stores);
        self.stores.insert(file.to_owned(), tables);
    }

    fn take_in_line(&mut self, line: &str) {
        if let Some(n) = number(line, r#""n":"#) {
            self.copies.entry(n).or_default().insert(line.to_owned());
        }
    }

    pub fn has_copy(&self, n: usize, line: &str) -> bool {
        self.copies.get(&n).is_some_and(|copies| copies.contains(line))
    }
}

impl Touch {
    /// What became of one database since the original was seen.
    pub fn between(original: &Tables, now: Option<&Tables>) -> Self {
        let touched = |(name, table): (&String, &Table)| match now.and_then(|now| now.get(name)) {
            Some(now) if now == table => Self::Nothing,
            _ if name == "backups" || name.ends_with("of open sessions") || name == "heartbeats" => Self::Beside,
            _ if name.ends_with("of closed sessions") => Self::Readings,
            _ => Self::Fact,
        };
        original.iter().map(touched).max().unwrap_or(Self::Nothing)
    }
}

fn is_whole(line: &str) -> bool {
    let Some((hashed, rest)) = line.rsplit_once(r#","hash":""#) else { return false };
    let stated = rest.strip_suffix("\"}").unwrap_or_default();
    let digest = Sha256::digest(hashed.as_bytes());
    let hex = |at: usize| stated.get(2 * at..2 * at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    stated.len() == 64 && digest.iter().enumerate().all(|(at, byte)| hex(at) == Some(*byte))
}

fn number(line: &str, key: &str) -> Option<usize> {
    line.split_once(key)?.1.split_once(',')?.0.parse().ok()
}

/// Every table of a database, and the readings apart by whether their session was closed.
pub fn tables(bytes: &[u8], log: Option<&[u8]>) -> Tables {
    let (disk, path) = (MemoryDisk::new(1), Path::new("/eyes/s.db"));
    disk.create_folder(Path::new("/eyes")).expect("a new disk");
    disk.put(path, bytes);
    if let Some(log) = log {
        disk.put(Path::new("/eyes/s.db-wal"), log);
    }
    let vfs = disk.vfs().expect("a simulated disk has a VFS");
    let Ok(connection) = Connection::open_with_flags_and_vfs(path, OpenFlags::SQLITE_OPEN_READ_WRITE, vfs) else {
        return Tables::new();
    };
    let read = |(name, sql): &(String, String)| (name.clone(), table(&connection, sql));
    questions(&connection).iter().map(read).collect()
}

/// What to ask; nothing if the schema cannot be read.
fn questions(connection: &Connection) -> Vec<(String, String)> {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut questions = Vec::new();
    for name in table(connection, names).rows {
        if name == "sessions" {
            let columns = table(connection, "SELECT name FROM pragma_table_info('sessions')").rows;
            let made: Vec<String> = columns.into_iter().filter(|column| column != "last_heartbeat_at").collect();
            questions.push((name, format!("SELECT {} FROM sessions ORDER BY session_id", made.join(", "))));
            let beats = "SELECT session_id, last_heartbeat_at FROM sessions ORDER BY session_id";
            questions.push(("heartbeats".to_owned(), beats.to_owned()));
        } else if ["market_snapshots", "valuation_snapshots"].contains(&name.as_str()) {
            let closed = "(SELECT session_id FROM sessions WHERE status = 'CLOSED')";
            for (whose, whether) in [("closed", "IN"), ("open", "NOT IN")] {
                let sql =
                    format!("SELECT * FROM {name} NOT INDEXED WHERE session_id {whether} {closed} ORDER BY rowid");
                questions.push((format!("{name} of {whose} sessions"), sql));
            }
        } else {
            let sql = format!("SELECT * FROM \"{name}\" NOT INDEXED ORDER BY 1");
            questions.push((name, sql));
        }
    }
    questions
}

fn table(connection: &Connection, sql: &str) -> Table {
    let mut table = Table::default();
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let cells: Vec<String> = (0..columns).map(|at| row.get_ref(at).map(text)).collect::<Result<_, _>>()?;
            table.rows.push(cells.join("\x1f"));
        }
        Ok(())
    };
    table.whole = read().is_ok();
    table
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "∅".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
    }
}
