//! Errands that are killed and said again: each finishes the second time, and nothing is lost by it.
#![allow(clippy::print_stdout, reason = "what was killed, and how often, is the test's account")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::Signal;

use crate::share;
use crate::support::{Earlier, Ended, Headless, House, Link};

const FIRST_SCHEMA: &str = include_str!("../../src/store/schema/0001_first_light.sql");

/// A command that is killed somewhere between its first instruction and its last.
struct Errand<'a> {
    house: &'a House,
    arguments: &'a [&'a str],
    /// What it takes when nobody disturbs it.
    lasts: Duration,
}

impl<'a> Errand<'a> {
    fn measured(house: &'a House, arguments: &'a [&'a str]) -> Self {
        let begun = Instant::now();
        house.run(arguments).expect_code(0);
        Self { house, arguments, lasts: begun.elapsed() }
    }

    fn kill_after(&self, wait: Duration) {
        let mut running = Headless::spawn(self.house.neo(self.arguments));
        // Not a wait for something: the moment is what is tried here.
        std::thread::sleep(wait);
        running.signal(Signal::KILL);
        let ended = running.ended();
        assert!(matches!(ended.code, None | Some(0)), "killed or well: {ended:?}");
    }

    /// Kills it that often, each time after `before`, and says it again.
    fn kill_and_repeat(&self, percent: u64, before: impl Fn(&House)) {
        let (mut chance, kills) = share(percent);
        for kill in 1..=kills {
            let promised = self.house.chain().links;
            before(self.house);
            let micros = u64::try_from(self.lasts.as_micros()).expect("a short command");
            self.kill_after(Duration::from_micros(chance.below(micros)));
            expect_kept(self.house, &promised);
            let again = self.house.run(self.arguments);
            again.expect_code(0);
            expect_kept(self.house, &promised);
            expect_the_same_twice(self.house);
            if kill % 10 == 0 || kill == kills {
                self.house.run(&["verify", "--all"]).expect_code(0);
            }
        }
        println!("`neo {}`, which lasts {:?}, was killed {kills} times", self.arguments.join(" "), self.lasts);
    }
}

#[track_caller]
fn expect_kept(house: &House, promised: &[Link]) {
    let links = house.chain().links;
    assert!(links.len() >= promised.len() && links[..promised.len()] == *promised, "acknowledged lines are gone");
}

#[track_caller]
fn expect_the_same_twice(house: &House) {
    let chain = house.chain();
    let lines: Vec<&str> = chain.links.iter().map(|link| link.line.as_str()).collect();
    assert_eq!(house.rows().lines(), lines, "the store and the journal are the same, byte for byte");
}

fn lived_in() -> House {
    let house = House::new();
    house.short_session(1);
    house.run(&["backup", "create"]).expect_code(0);
    house.short_session(2);
    house
}

#[test]
fn a_restore_that_is_killed_finishes_when_it_is_said_again() {
    let house = lived_in();
    Errand::measured(&house, &["restore"]).kill_and_repeat(12, |_| ());
}

#[test]
fn a_rebuild_that_is_killed_finishes_when_it_is_said_again() {
    let house = lived_in();
    Errand::measured(&house, &["rebuild"]).kill_and_repeat(20, |_| ());
}

#[test]
fn a_backup_that_is_killed_leaves_none_that_is_half_made() {
    let house = lived_in();
    Errand::measured(&house, &["backup", "create"]).kill_and_repeat(25, |_| ());
    house.run(&["backup", "verify"]).expect_code(0);
    let unfinished: Vec<_> = house.files("s.backups").into_iter().filter(|path| ends_otherwise(path)).collect();
    assert!(unfinished.is_empty(), "{unfinished:?}");
}

fn ends_otherwise(path: &Path) -> bool {
    path.extension().is_none_or(|end| end != "db")
}

fn remove(path: &Path) {
    if path.exists() {
        fs::remove_file(path).expect("our own folder");
    }
}

/// The store as the first version had it, with every row that it knew.
fn of_the_first_version(house: &House) -> Vec<u8> {
    let path = house.folder().join("first.db");
    remove(&path);
    let first = Connection::open(&path).expect("a new database");
    first.execute_batch(FIRST_SCHEMA).expect("the first schema");
    first.pragma_update(None, "user_version", 1).expect("a number");
    first.execute("ATTACH ?1 AS today", [house.database().to_str()]).expect("today's database");
    let names = |sql: &str| -> Vec<String> {
        let mut rows = first.prepare(sql).expect("a question");
        let rows = rows.query_map([], |row| row.get(0)).expect("an answer");
        rows.collect::<Result<_, _>>().expect("names")
    };
    for table in names("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'") {
        let columns = names(&format!("SELECT name FROM pragma_table_info('{table}', 'main')")).join(", ");
        let copy = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}");
        first.execute(&copy, []).unwrap_or_else(|why| panic!("{copy}: {why}"));
    }
    first.execute("DETACH today", []).expect("it is attached");
    first.pragma_update(None, "journal_mode", "WAL").expect("it keeps a log");
    drop(first);
    fs::read(path).expect("it was made")
}

#[test]
fn a_first_start_on_an_older_version_that_is_killed_is_finished_by_the_next() {
    let house = lived_in();
    let put_first = |house: &House| {
        let first = of_the_first_version(house);
        remove(&house.wal());
        remove(&house.folder().join("s.db-shm"));
        fs::write(house.database(), &first).expect("our own folder");
        assert_eq!(house.rows().count("PRAGMA user_version"), 1);
    };
    put_first(&house);
    let start = ["run", "--headless", "--seed", "5", "--speed", "max", "--duration", "1s"];
    Errand::measured(&house, &start).kill_and_repeat(13, put_first);
    assert_eq!(house.rows().count("PRAGMA user_version"), 2);
}

#[test]
fn an_adoption_that_is_killed_is_whole_or_not_begun_and_finishes_when_it_is_said_again() {
    let past = House::new();
    let earlier = Earlier::make(past.folder(), 38);
    let arguments = ["adopt", earlier.database.to_str().expect("a plain path"), "--apply"];
    let lasts = Errand::measured(&House::new(), &arguments).lasts;
    let (mut chance, kills) = share(5);
    for _kill in 1..=kills {
        let house = House::new();
        let errand = Errand { house: &house, arguments: &arguments, lasts };
        let micros = u64::try_from(lasts.as_micros()).expect("a short command");
        errand.kill_after(Duration::from_micros(chance.below(micros)));
        let was_adopted = !house.chain().of_kind("adopted").is_empty();
        let again: Ended = house.run(&arguments);
        assert!(again.code == Some(0) || was_adopted, "{again:?}");
        assert_eq!(house.chain().of_kind("adopted").len(), 1);
        assert_eq!(house.rows().count("SELECT count(*) FROM sessions WHERE origin = 'adopted'"), 37);
        expect_the_same_twice(&house);
        house.run(&["verify", "--all"]).expect_code(0);
    }
    println!("an adoption, which lasts {lasts:?}, was killed {kills} times");
}
