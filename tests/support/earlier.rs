//! What the earlier engine left behind: a database of 37 sessions without an end, two orders still ACTIVE, logs, and the
//! damaged state of session 38. One seed makes one past.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, params};

/// How a session really ended.
pub struct RealEnd {
    pub session: i64,
    pub ended_ms: i64,
    pub ticks: bool,
    pub xrp: f64,
}

/// A past in a folder.
pub struct Earlier {
    pub database: PathBuf,
    pub logs: PathBuf,
    /// The database of session 38: stale and torn, its log lost.
    pub damaged: PathBuf,
    /// The sound backup beside it.
    pub backup: PathBuf,
    pub ends: Vec<RealEnd>,
}

const SCHEMA: &str = "
CREATE TABLE sessions (session_id INTEGER PRIMARY KEY AUTOINCREMENT, started_at TEXT NOT NULL, ended_at TEXT,
  starting_xrp REAL, starting_rlusd REAL, starting_value REAL, ending_xrp REAL, ending_rlusd REAL, ending_value REAL,
  halt_reason TEXT, parent_session_id INTEGER);
CREATE TABLE orders (id TEXT PRIMARY KEY, session_id INTEGER, side TEXT NOT NULL, price REAL NOT NULL, quantity REAL NOT NULL,
  status TEXT NOT NULL, offer_sequence INTEGER, created_at TEXT NOT NULL, updated_at TEXT);
CREATE TABLE fills (id TEXT PRIMARY KEY, order_id TEXT NOT NULL, created_at TEXT NOT NULL, price REAL NOT NULL,
  quantity REAL NOT NULL, session_id INTEGER, mid_price_at_fill REAL);
CREATE TABLE inventory_ledger (id INTEGER PRIMARY KEY AUTOINCREMENT, asset TEXT NOT NULL, change REAL NOT NULL,
  new_balance REAL NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE engine_state (key TEXT PRIMARY KEY, value TEXT, updated_at TEXT);
CREATE TABLE market_snapshots (id INTEGER PRIMARY KEY AUTOINCREMENT, created_at TEXT NOT NULL, best_bid REAL, best_ask REAL,
  mid_price REAL, ledger_index INTEGER);
CREATE TABLE valuation_snapshots (id INTEGER PRIMARY KEY AUTOINCREMENT, created_at TEXT NOT NULL, xrp_balance REAL,
  rlusd_balance REAL, total_value_rlusd REAL);";

/// 2026-04-13T03:36:18Z
const FIRST_START: i64 = 1_776_051_378_000;
const HOURS_APART: i64 = 3 * 3_600_000;

/// 2026-04-17T20:19:00Z, when the log was last moved into the database.
const LAST_CHECKPOINT: Duration = Duration::from_secs(1_776_457_140);

/// Numbers that look random, and are the same for one seed.
struct Chance(u64);

impl Chance {
    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).expect("31 bits")) / f64::from(1_u32 << 31)
    }
}

fn iso(millis: i64) -> String {
    let text = neo_console::domain::time::Timestamp::from_millis(millis).to_string();
    format!("{}000", text.trim_end_matches('Z'))
}

impl Earlier {
    pub fn make(folder: &Path, seed: u64) -> Self {
        let (logs, damaged) = (folder.join("earlier_logs"), folder.join("damaged"));
        fs::create_dir_all(&logs).expect("a folder");
        fs::create_dir_all(&damaged).expect("a folder");
        let database = folder.join("neo_live_stage1.db");
        let db = Connection::open(&database).expect("a database");
        db.execute_batch(&format!("PRAGMA synchronous = OFF; {SCHEMA} BEGIN;")).expect("a schema");
        let mut chance = Chance(seed);
        let (mut xrp, mut rlusd, mut mid) = (45.0, 68.644_078, 1.425);
        let mut ends = Vec::new();
        for session in 1..=37_i64 {
            let start = FIRST_START + session * HOURS_APART;
            let seconds: i64 = [40, 300, 600, 951][usize::try_from(session % 4).expect("small")];
            let end = start + seconds * 1_000;
            let quiet = session == 5 || session == 19;
            db.execute(
                "INSERT INTO sessions (session_id, started_at, starting_xrp, starting_rlusd) VALUES (?1, ?2, ?3, ?4)",
                params![session, iso(start), xrp, rlusd],
            )
            .expect("a session");
            let mut log =
                format!("{},000 INFO     main session {session} started\n", &iso(start).replace('T', " ")[..19]);
            let mut now = start + 4_000;
            let mut order = 0;
            while !quiet && now < end {
                mid *= 1.0 + (chance.next() - 0.5) * 0.0008;
                db.execute(
                    "INSERT INTO market_snapshots (created_at, best_bid, best_ask, mid_price) VALUES (?1, ?2, ?3, ?4)",
                    params![iso(now), mid * 0.9994, mid * 1.0006, mid],
                )
                .expect("a book");
                if chance.next() < 0.05 {
                    order += 1;
                    let (id, buys) = (format!("{session:04x}{order:04x}"), chance.next() < 0.5);
                    let (side, sign) = if buys { ("BUY", 1.0) } else { ("SELL", -1.0) };
                    let quantity = 10.5 / mid;
                    db.execute(
                        "INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5, 'FILLED', ?6, ?7, ?7)",
                        params![id, session, side, mid, quantity, order, iso(now)],
                    )
                    .expect("an order");
                    let known = (chance.next() > 0.2).then_some(session);
                    db.execute(
                        "INSERT INTO fills VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?4)",
                        params![format!("f{id}"), id, iso(now), mid, quantity, known],
                    )
                    .expect("a fill");
                    xrp += sign * quantity;
                    rlusd -= sign * quantity * mid;
                    for (asset, change, balance) in
                        [("XRP", sign * quantity, xrp), ("RLUSD", -sign * quantity * mid, rlusd)]
                    {
                        db.execute(
                            "INSERT INTO inventory_ledger (asset, change, new_balance, created_at) VALUES (?1, ?2, ?3, ?4)",
                            params![asset, change, balance, iso(now)],
                        )
                        .expect("a change");
                    }
                }
                db.execute(
                    "INSERT INTO valuation_snapshots (created_at, xrp_balance, rlusd_balance, total_value_rlusd)
                     VALUES (?1, ?2, ?3, ?4)",
                    params![iso(now), xrp, rlusd, xrp * mid + rlusd],
                )
                .expect("a valuation");
                #[allow(clippy::cast_possible_truncation, reason = "a few thousand milliseconds")]
                let step = (chance.next() * 2_500.0) as i64;
                now += 4_000 + step;
            }
            if session % 3 == 0 && session % 4 != 0 {
                let at = iso(end).replace('T', " ");
                writeln!(log, "{},000 WARNING  main SIGINT received - shutting down cleanly...", &at[..19])
                    .expect("text");
            }
            if session % 4 != 0 {
                let stamp: String = iso(start)[..19].chars().filter(|sign| !"-:".contains(*sign)).collect();
                fs::write(logs.join(format!("session_{stamp}.log")), log).expect("a log");
            }
            ends.push(RealEnd { session, ended_ms: end, ticks: !quiet, xrp });
        }
        for (id, side) in [("stale1", "BUY"), ("stale2", "SELL")] {
            let at = iso(ends.last().expect("37 of them").ended_ms);
            db.execute(
                "INSERT INTO orders VALUES (?1, 37, ?2, 1.4, 7.3, 'ACTIVE', 4242, ?3, ?3)",
                params![id, side, at],
            )
            .expect("an order");
        }
        let reason = "INSERT INTO engine_state VALUES ('halt.reason', 'xrp exposure limit', '2026-04-16T01:58:00')";
        db.execute_batch(&format!("{reason}; COMMIT")).expect("a commit");
        db.pragma_update(None, "journal_mode", "WAL").expect("WAL");
        drop(db);
        let stale = damaged.join("neo_live_stage1.db");
        let backup = damaged.join("neo_live_stage1.db.bak.20260418T192119Z");
        fs::copy(&database, &backup).expect("a backup");
        let mut bytes = fs::read(&database).expect("it was made");
        for place in (2..bytes.len() / 4_096).step_by(3) {
            bytes[place * 4_096..][..4_096].fill(0xa5);
        }
        fs::write(&stale, bytes).expect("a damaged database");
        let file = fs::File::options().write(true).open(&stale).expect("it was written");
        file.set_modified(SystemTime::UNIX_EPOCH + LAST_CHECKPOINT).expect("an older time");
        fs::write(damaged.join("neo_live_stage1.db-wal"), "").expect("an empty log");
        fs::write(damaged.join("neo_live_stage1.db-shm"), vec![0; 32_768]).expect("an index");
        Self { database, logs, damaged: stale, backup, ends }
    }
}
