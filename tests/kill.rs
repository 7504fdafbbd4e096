//! kill -9 at random moments: of sessions on one database, of restores, rebuilds, backups, adoptions, and of the first
//! start on a database of an older version. No acknowledged fact is lost, none is doubled, every session is closed or
//! recovered, and the command that was killed finishes when it is said again.
//!
//! Here are two hundred kills. A thousand: `NEO_KILLS=1000 cargo test --release --test kill -- --nocapture`; another story
//! is told by `NEO_KILLS_SEED`.
#![cfg(unix)]

mod errand;
mod support;

use std::collections::HashSet;
use std::time::Duration;

use rustix::process::Signal;

use support::rows::NULL;
use support::{Books, Chain, House, Link, Rows};

/// How many kills there are when nobody says: so many in a hundred are this kind's, in [`share`].
const KILLS: u64 = 200;

/// A plain generator, so that a story can be told again: splitmix64.
pub struct Chance(u64);

impl Chance {
    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn number(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}

/// The chances of this story, and how many kills are `percent` of all.
pub fn share(percent: u64) -> (Chance, u64) {
    (Chance(number("NEO_KILLS_SEED", 1) + percent), (number("NEO_KILLS", KILLS) * percent).div_ceil(100))
}

/// What was promised before a kill, and must be kept after it.
#[derive(Default)]
struct Promises {
    /// Lines that some line said to be on disk, or that the store had: by number, byte for byte.
    lines: Vec<String>,
    /// Sessions that were said to be closed.
    closed: Vec<i64>,
}

impl Promises {
    /// Looks at what a killed process left. Nothing of the program runs before the next start.
    fn hear(&mut self, house: &House, said: &str) {
        let chain = house.chain();
        self.expect_kept(&chain);
        let stored = stored_lines(house);
        let acknowledged = usize::try_from(chain.known + 1).expect("never below −1").max(stored.len());
        assert!(stored.len() <= chain.links.len(), "the store is ahead of the journal");
        for (stored, link) in stored.iter().zip(&chain.links) {
            assert_eq!(*stored, link.line, "the store has line {} otherwise", link.n);
        }
        self.lines = chain.links.iter().take(acknowledged).map(|link| link.line.clone()).collect();
        let closed =
            said.lines().filter_map(|line| line.strip_prefix("Session ")?.split_once(" closed")?.0.parse::<i64>().ok());
        self.closed.extend(closed);
    }

    fn expect_kept(&self, chain: &Chain) {
        assert!(chain.links.len() >= self.lines.len(), "{} of {} lines", chain.links.len(), self.lines.len());
        for (promised, link) in self.lines.iter().zip(&chain.links) {
            assert_eq!(*promised, link.line, "line {} was acknowledged", link.n);
        }
    }
}

/// The lines in the store; none if it was not yet made.
fn stored_lines(house: &House) -> Vec<String> {
    if !house.database().exists() {
        return Vec::new();
    }
    let rows = Rows::of(&house.database());
    let made = rows.count("SELECT count(*) FROM sqlite_master WHERE name = 'facts'") == 1;
    if made { rows.lines() } else { Vec::new() }
}

/// Begins a session and kills it somewhere between its first instruction and its last.
fn run_and_kill(house: &House, chance: &mut Chance) -> String {
    let seed = chance.below(1_000_000).to_string();
    // Half of them are long; half come to their own end about when the kill does, so that it hits the closing, too.
    let duration = if chance.below(2) == 0 { "2h" } else { "20s" };
    let mut session = house.session(&["--seed", &seed, "--speed", "100", "--duration", duration]);
    // Not a wait for something: the moment is what is tried here.
    std::thread::sleep(Duration::from_millis(chance.below(900)));
    session.signal(Signal::KILL);
    let ended = session.ended();
    assert!(matches!(ended.code, None | Some(0)), "killed or well: {ended:?}");
    ended.said()
}

#[test]
fn whenever_it_is_killed_nothing_acknowledged_is_lost_or_doubled_and_every_session_ends() {
    let (mut chance, kills) = share(25);
    let (house, mut promises) = (House::new(), Promises::default());
    for _kill in 1..=kills {
        let said = run_and_kill(&house, &mut chance);
        promises.hear(&house, &said);
    }
    println!("{kills} sessions were killed, {} lines promised", promises.lines.len());
    let last = house.short_session(7);
    promises.hear(&house, &last.stdout);
    house.run(&["verify", "--all"]).expect_code(0);
    let chain = house.chain();
    promises.expect_kept(&chain);
    expect_everything_once(&house, &chain);
    expect_every_session_ended(&house, &chain, &promises);
}

fn expect_everything_once(house: &House, chain: &Chain) {
    let rows = house.rows();
    let lines: Vec<&str> = chain.links.iter().map(|link| link.line.as_str()).collect();
    assert_eq!(rows.lines(), lines, "the store and the journal are the same, byte for byte");
    let fills: Vec<String> = chain.of_kind("fill").iter().map(|link| link.text("/id")).collect();
    assert_eq!(fills.iter().collect::<HashSet<_>>().len(), fills.len(), "no fill is told twice");
    assert_eq!(rows.count("SELECT count(*) FROM fills"), fills.len());
    assert_eq!(rows.count("SELECT count(DISTINCT id) FROM fills"), fills.len());
    let opened = chain.of_kind("session_opened");
    let sessions: Vec<i64> = opened.iter().map(|link| link.session.expect("a session's fact")).collect();
    let numbered: Vec<i64> = (1..).take(sessions.len()).collect();
    assert_eq!(sessions, numbered, "sessions are numbered from 1 on, without a gap");
    assert_eq!(rows.count("SELECT count(*) FROM sessions"), sessions.len());
}

fn expect_every_session_ended(house: &House, chain: &Chain, promises: &Promises) {
    let rows = house.rows();
    let mut recovered = 0;
    for opened in chain.of_kind("session_opened") {
        let session = opened.session.expect("a session's fact");
        let (row, facts) = (rows.session(session), chain.of_session(session));
        assert_ne!(row["ended_at"], NULL, "session {session}");
        let end = facts.iter().filter(|link| ["session_closed", "session_recovered"].contains(&link.kind.as_str()));
        let [end] = end.collect::<Vec<_>>()[..] else { panic!("session {session} does not end exactly once") };
        if end.kind == "session_recovered" {
            recovered += 1;
            assert!(!promises.closed.contains(&session), "session {session} was said to be closed");
            expect_recovered(&row["status"], &row["halt_reason"], &row["ended_at"], &facts);
        } else {
            assert_eq!((row["status"].as_str(), row["halt_reason"].as_str()), ("CLOSED", "duration_elapsed"));
        }
        expect_books(&facts, end);
    }
    assert!(recovered > 0, "some kill hit a session");
}

/// The sealed cause if there is one, and an end no earlier than the last that is known of it.
fn expect_recovered(status: &str, reason: &str, ended_at: &str, facts: &[&Link]) {
    let sealed = facts.iter().find(|link| link.kind == "end_begun").map(|link| link.text("/cause/reason"));
    assert_eq!((status, reason), ("RECOVERED", sealed.as_deref().unwrap_or("recovered_crash")));
    let own = facts.iter().rfind(|link| link.kind != "session_recovered").expect("it began");
    assert!(ended_at >= own.at.as_str(), "ended at {ended_at}, and {} came later", own.line);
}

/// The end states what the facts come to; a session that was killed before it knew what it held states nothing.
fn expect_books(facts: &[&Link], end: &Link) {
    let totals = end.json()["totals"].clone();
    let knew = facts.iter().any(|link| link.kind == "truth");
    assert_eq!(knew, totals["ending"].is_object(), "{}", end.line);
    if knew {
        Books::of(facts.iter().copied()).expect_totals(&totals);
    }
}
