//! Opens a house as the next start would, without help, and compares what it finds with what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};
use rust_decimal::Decimal;

use neo_console::disk::Disk;
use neo_console::disk::sim::MemoryDisk;
use neo_console::domain::account::Account;
use neo_console::domain::session::SessionId;
use neo_console::journal::reader::read_chain;
use neo_console::journal::record::{Entry, Line};
use neo_console::vault::gate::{self, Opened};

use super::{at, place, prepare};

/// What is wrong with a house after a crash.
#[derive(Debug)]
pub enum Finding {
    /// The gate refused it, with these words.
    NotOpened(String),
    /// An acknowledged fact is not there.
    Lost(String),
    /// A fact is there twice.
    Doubled(String),
    /// Rows and facts do not agree.
    Wrong(String),
}

/// What lines say by themselves, whatever is made of them: found out once for every chain.
struct Told {
    /// How each session's last fact leaves it.
    ends: BTreeMap<SessionId, &'static str>,
    /// What each session holds.
    held: BTreeMap<SessionId, (Decimal, Decimal)>,
    fills: usize,
}

/// By the hash of the newest line, in which all the others are.
static KNOWN: Mutex<BTreeMap<String, Arc<Told>>> = Mutex::new(BTreeMap::new());

/// Opens the house and looks at everything. All that was acknowledged must be there, once. Returns how many lines the
/// journal has then.
pub fn examine<'a>(disk: &MemoryDisk, acknowledged: impl Iterator<Item = &'a Line>) -> Result<usize, Finding> {
    let Opened { mut store, .. } = open(disk)?;
    let lines = journal(disk, acknowledged)?;
    let ask = store.ask().map_err(failed)?;
    let rows: Vec<_> = ask.facts_from(0).collect::<Result<_, _>>().map_err(failed)?;
    if rows.len() < lines.len() {
        return Err(Finding::Lost(format!("the store has {} of {} facts", rows.len(), lines.len())));
    }
    if let Some((row, _)) = rows.iter().zip(&lines).find(|(row, line)| row.n != line.n || row.line != line.text) {
        return Err(Finding::Wrong(format!("fact {} of the store is not the journal's", row.n)));
    }
    if rows.len() > lines.len() {
        return Err(Finding::Doubled(format!("the store has {} facts, the journal {}", rows.len(), lines.len())));
    }
    let told = told(&lines, ask)?;
    sessions(&told, ask)?;
    balances(disk, &told)?;
    Ok(lines.len())
}

fn failed(error: impl std::error::Error) -> Finding {
    Finding::Wrong(error.to_string())
}

/// As a start does it.
pub fn open(disk: &MemoryDisk) -> Result<Opened, Finding> {
    prepare(disk);
    let arc: Arc<dyn Disk> = Arc::new(disk.clone());
    gate::open(&arc, &place(), at(99, 0), &mut |_| {}).map_err(|refusal| Finding::NotOpened(refusal.to_string()))
}

fn journal<'a>(disk: &MemoryDisk, acknowledged: impl Iterator<Item = &'a Line>) -> Result<Vec<Line>, Finding> {
    let mut lines: Vec<Line> = Vec::new();
    let report = read_chain(disk, &place().journal(), None, |line| lines.push(line.to_line()))
        .map_err(|error| Finding::Lost(error.to_string()))?;
    if !report.is_sound() {
        return Err(Finding::Lost(format!("the journal is open for writing and unsound: {report:?}")));
    }
    for kept in acknowledged {
        match usize::try_from(kept.n).ok().and_then(|n| lines.get(n)) {
            Some(found) if found.text == kept.text => {}
            found => return Err(Finding::Lost(format!("line {} ({}): found {found:?}", kept.n, kept.kind))),
        }
    }
    Ok(lines)
}

/// What the lines say, of which none says what another says, and whose sessions come to what their last lines state.
fn told(lines: &[Line], ask: neo_console::store::Ask<'_>) -> Result<Arc<Told>, Finding> {
    let newest = lines.last().map(|line| line.hash.to_string()).unwrap_or_default();
    if let Some(known) = KNOWN.lock().unwrap().get(&newest) {
        return Ok(Arc::clone(known));
    }
    let mut once = BTreeSet::new();
    let mut told = Told { ends: BTreeMap::new(), held: BTreeMap::new(), fills: 0 };
    let mut accounts: BTreeMap<SessionId, Account> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        let is_new = said(&line.text).is_some_and(|said| once.insert(said) || may_be_said_again(said));
        if line.n != place as u64 || !is_new {
            return Err(Finding::Doubled(format!("line {}: {}", line.n, line.text)));
        }
        told.fills += usize::from(line.kind == "fill");
        let Some(session) = line.session else { continue };
        match line.kind.as_str() {
            "session_opened" => _ = told.ends.insert(session, "OPEN"),
            "session_closed" => _ = told.ends.insert(session, "CLOSED"),
            "session_recovered" => _ = told.ends.insert(session, "RECOVERED"),
            _ => {}
        }
        let fact = line.fact().map_err(failed)?;
        accounts.entry(session).or_default().apply(line.at, &fact);
    }
    for (session, account) in accounts {
        let held = account.inventory().map(|held| (held.xrp.to_decimal(), held.rlusd.to_decimal()));
        told.held.extend(held.map(|held| (session, held)));
        let detail = ask.session_detail(session).map_err(failed)?;
        if let Some(doubt) = detail.and_then(|detail| detail.doubts.into_iter().next()) {
            return Err(Finding::Wrong(format!("session {session}: {doubt}")));
        }
    }
    Ok(Arc::clone(KNOWN.lock().unwrap().entry(newest).or_insert_with(|| Arc::new(told))))
}

/// Every session that was opened has a row; it is `CLOSED` if its last fact says so, else `RECOVERED`.
fn sessions(told: &Told, ask: neo_console::store::Ask<'_>) -> Result<(), Finding> {
    let wrong = |what: String| Err(Finding::Wrong(what));
    let rows = ask.sessions(None, 100).map_err(failed)?;
    if rows.len() != told.ends.len() {
        return wrong(format!("{} sessions have {} rows", told.ends.len(), rows.len()));
    }
    for row in rows {
        let end = told.ends.get(&SessionId(row.session_id)).copied().unwrap_or("never opened");
        if row.status != end || end == "OPEN" || row.ended_at.is_none() {
            return wrong(format!("session {} is {} and its last fact says {end}", row.session_id, row.status));
        }
    }
    Ok(())
}

/// What each session holds is the sum of its changes, and what its facts come to; no fill is counted twice.
fn balances(disk: &MemoryDisk, told: &Told) -> Result<(), Finding> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let vfs = disk.vfs().expect("a simulated disk has a VFS");
    let beside = Connection::open_with_flags_and_vfs(place().database(), flags, vfs).map_err(failed)?;
    let mut sums: BTreeMap<(SessionId, String), Decimal> = BTreeMap::new();
    let mut changes = beside.prepare("SELECT session_id, asset, change FROM inventory_ledger").map_err(failed)?;
    let mut rows = changes.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let (session, asset, change): (i64, String, String) =
            (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?, row.get(2).map_err(failed)?);
        *sums.entry((SessionId(session), asset)).or_default() += change.parse::<Decimal>().unwrap();
    }
    let of = |session: SessionId, asset: &str| sums.get(&(session, asset.to_owned())).copied();
    for session in told.ends.keys() {
        let held = told.held.get(session).copied();
        if held != of(*session, "XRP").zip(of(*session, "RLUSD")) {
            return Err(Finding::Wrong(format!("session {session}: facts come to {held:?}, rows to {sums:?}")));
        }
    }
    let counted: i64 = beside.query_row("SELECT count(*) FROM fills", [], |row| row.get(0)).map_err(failed)?;
    if usize::try_from(counted).ok() != Some(told.fills) {
        return Err(Finding::Doubled(format!("{} fills and {counted} rows of them", told.fills)));
    }
    Ok(())
}

/// Each of these facts is in the journal.
pub fn expect_all<'a>(disk: &MemoryDisk, facts: impl Iterator<Item = &'a Entry>) -> Result<(), Finding> {
    let mut told = BTreeSet::new();
    read_chain(disk, &place().journal(), None, |line| _ = told.insert(said(line.text).unwrap_or_default().to_owned()))
        .map_err(|error| Finding::Lost(error.to_string()))?;
    for Entry { at, session, fact } in facts {
        let session = session.map_or("null".to_owned(), |session| session.to_string());
        let wanted = format!(r#""{at}","session":{session},{}"#, fact.to_json_fields());
        if !told.contains(&wanted) {
            return Err(Finding::Lost(wanted));
        }
    }
    Ok(())
}

/// A cancel that was sent is sent again by the end, perhaps at the same moment, and both may touch nothing in one ledger.
fn may_be_said_again(said: &str) -> bool {
    said.contains(r#""step":"cancel_sent""#) || said.contains(r#""step":"cancel_found_nothing""#)
}

/// What a line says beside its place in the chain.
fn said(line: &str) -> Option<&str> {
    line.split_once(r#","at":"#)?.1.rsplit_once(r#","prev":"#).map(|(said, _)| said)
}
