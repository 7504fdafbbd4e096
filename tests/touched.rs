//! What others may do to the files of a session that runs: a time that is set, a checkpoint by hand, a copy that is gone.
//! It is told once, and the session goes on; what is not whole any more ends it, as ever.
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::Signal;
use support::{Chain, Headless, House, Link};

const TITLE: &str = "Files were touched by somebody else";

/// A house with a session that was closed and one that quotes.
fn at_work() -> (House, Headless) {
    at_work_with(None)
}

fn at_work_with(fault: Option<&str>) -> (House, Headless) {
    let house = House::new();
    house.session(&["--seed", "1", "--speed", "max", "--duration", "60s", "--label", LABEL]).ended().expect_code(0);
    let earlier = resting(&house.chain());
    let mut command = house.neo(&["run", "--headless", "--seed", "2"]);
    command.envs(fault.map(|fault| ("NEO_FAULTS", fault)));
    let session = Headless::spawn(command);
    house.until_chain("an order that rests", |chain| resting(chain) > earlier);
    (house, session)
}

const LABEL: &str = "written long ago";

fn resting(chain: &Chain) -> usize {
    chain.of_kind("order").iter().filter(|link| link.text("/step") == "rests").count()
}

/// What a scanner or `touch` does: the bytes stay, and the time of the last change is another.
fn touch(path: &Path) {
    let later = SystemTime::now() + Duration::from_secs(5);
    let file = fs::File::options().write(true).open(path).expect("our own file");
    file.set_modified(later).expect("a time");
}

fn touch_all(house: &House) {
    for folder in [".", "s.journal", "s.backups", "s.receipts", "logs"] {
        house.files(folder).iter().filter(|path| path.is_file()).for_each(|path| touch(path));
    }
}

fn older_segment(house: &House) -> PathBuf {
    house.files("s.journal").into_iter().min().expect("a segment")
}

/// Bytes of lines that were acknowledged, in the segment that is being written: its size and its writer stay.
fn scribble(house: &House) {
    let newest = house.files("s.journal").into_iter().max().expect("a segment");
    overwrite(&newest, 100, &[0; 300]);
}

fn checkpoint_by_hand(house: &House, mode: &str) {
    let other = rusqlite::Connection::open(house.database()).expect("a database");
    other.busy_timeout(Duration::from_secs(5)).expect("a patient connection");
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let busy: i64 = other.query_row(&sql, [], |row| row.get(0)).expect("an answer");
    assert_eq!(busy, 0, "{mode}: nobody is in the way");
}

const PAGE: usize = 4_096;

/// The numbers of the pages of which the write-ahead log has a newer version.
fn pages_in_log(house: &House) -> BTreeSet<usize> {
    let log = fs::read(house.wal()).expect("a log");
    let frames = log.get(32..).unwrap_or_default().chunks_exact(24 + PAGE);
    frames.map(|frame| u32::from_be_bytes(frame[..4].try_into().expect("four bytes")) as usize).collect()
}

fn garbage_where_the_log_has_nothing(house: &House) {
    let in_log = pages_in_log(house);
    let pages = fs::read(house.database()).expect("a database").len() / PAGE;
    for page in (1..=pages).filter(|page| !in_log.contains(page)) {
        overwrite(&house.database(), ((page - 1) * PAGE) as u64, &[0xa5; PAGE]);
    }
}

/// Nobody reads these bytes as long as the log is there, and the next checkpoint writes over them.
fn a_broken_head_under_the_log(house: &House) {
    assert!(pages_in_log(house).contains(&1));
    overwrite(&house.database(), 0, &[0xa5; PAGE]);
}

fn told(chain: &Chain) -> Vec<&Link> {
    chain.of_kind("incident").into_iter().filter(|link| link.text("/title") == TITLE).collect()
}

/// Something done to a house whose session runs, and the name that must be told.
type Act = (&'static str, fn(&House));

const HARMLESS: [Act; 7] = [
    ("s.db", |house| touch(&house.database())),
    (".jsonl", |house| touch(&older_segment(house))),
    ("s.", touch_all),
    ("s.db", |house| checkpoint_by_hand(house, "PASSIVE")),
    ("s.db", |house| checkpoint_by_hand(house, "FULL")),
    ("s.db", |house| checkpoint_by_hand(house, "RESTART")),
    ("s.db", |house| checkpoint_by_hand(house, "TRUNCATE")),
];

#[test]
fn what_harms_nothing_is_looked_at_closely_and_told_once_and_the_session_goes_on() {
    std::thread::scope(|scope| {
        for harmless in HARMLESS {
            scope.spawn(move || expect_told_once(harmless));
        }
    });
}

fn expect_told_once((name, act): Act) {
    let (house, mut session) = at_work();
    act(&house);
    let chain = house.until_chain("a warning", |chain| !told(chain).is_empty());
    let warning = told(&chain)[0];
    assert_eq!(warning.text("/severity"), "warning");
    assert!(warning.text("/happened").contains(name), "{}", warning.body);
    assert!(!session.has_ended());
    // Once more, behind what was found whole: it is counted, and no second incident.
    act(&house);
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
    assert_eq!(told(&house.chain()).len(), 1, "{name}");
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_touch_in_the_last_moment_is_looked_at_when_the_files_are_closed() {
    let (house, mut session) = at_work();
    session.signal(Signal::TERM);
    touch(&house.database());
    session.ended().expect_code(0);
    house.run(&["verify", "--all"]).expect_code(0);
}

/// Puts other letters into every place of a file in which `label` stands: no page is broken by that.
fn reword(path: &Path, label: &str) {
    let mut bytes = fs::read(path).expect("our own file");
    let places: Vec<usize> =
        bytes.windows(label.len()).enumerate().filter(|(_, at)| *at == label.as_bytes()).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "{label} stands nowhere in {}", path.display());
    for at in places {
        bytes[at] = b'W';
    }
    overwrite(path, 0, &bytes);
}

/// Writes over a part of a file, which stays the same one, of the same size.
fn overwrite(path: &Path, offset: u64, bytes: &[u8]) {
    let file = fs::File::options().write(true).open(path).expect("our own file");
    std::os::unix::fs::FileExt::write_all_at(&file, bytes, offset).expect("it is written");
}

fn log(house: &House) -> String {
    house.files("logs").into_iter().map(|file| fs::read_to_string(file).unwrap_or_default()).collect()
}

const HARMFUL: [Act; 6] = [
    ("s.db", garbage_where_the_log_has_nothing),
    ("s.db", a_broken_head_under_the_log),
    ("s.db", |house| reword(&house.database(), LABEL)),
    (".jsonl", |house| reword(&older_segment(house), LABEL)),
    (".jsonl", scribble),
    ("s.db", |house| {
        // A row that nothing in the journal makes, and a checkpoint that brings it into the database.
        let other = rusqlite::Connection::open(house.database()).expect("a database");
        other.busy_timeout(Duration::from_secs(5)).expect("a patient connection");
        other.execute("DELETE FROM facts WHERE n = 3", []).expect("a row");
        drop(other);
        checkpoint_by_hand(house, "PASSIVE");
    }),
];

#[test]
fn what_is_not_whole_any_more_ends_the_session_even_where_no_page_is_broken() {
    std::thread::scope(|scope| {
        for harmful in HARMFUL {
            scope.spawn(move || expect_ended(harmful));
        }
    });
}

fn expect_ended((name, act): Act) {
    let (house, session) = at_work();
    act(&house);
    let ended = session.ended();
    ended.expect_code(6);
    for word in ["closed, NOT verified", "a failure to keep facts", name] {
        assert!(ended.stdout.contains(word), "`{word}` is not told of {name}:\n{}", ended.stdout);
    }
    assert!(!log(&house).contains(TITLE), "{name} is not called whole");
    house.short_session(3);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn what_is_written_in_the_last_moment_is_not_called_verified() {
    let acts: [fn(&House); 2] = [|house| reword(&older_segment(house), LABEL), scribble];
    for act in acts {
        let (house, mut session) = at_work_with(Some("backup:2:stall3000"));
        session.signal(Signal::TERM);
        house.until_chain("the close", |chain| chain.of_kind("session_closed").len() == 2);
        act(&house);
        let ended = session.ended();
        ended.expect_code(6);
        assert!(ended.stdout.contains("NOT verified"), "{}", ended.stdout);
        house.short_session(3);
        house.run(&["verify", "--all"]).expect_code(0);
    }
}

#[test]
fn copies_and_the_log_may_be_touched_or_deleted_under_a_session() {
    let (house, mut session) = at_work();
    for folder in ["s.backups", "s.receipts", "logs", "s.quarantine"] {
        house.files(folder).into_iter().filter(|path| path.is_file()).for_each(|path| {
            touch(&path);
            fs::remove_file(path).expect("our own file");
        });
    }
    fs::remove_file(house.folder().join("s.ballast")).expect("the ballast");
    fs::write(house.journal().join("notes.txt"), "a stray").expect("a file");
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
    assert_eq!(house.files("s.backups").len(), 1, "the end's own");
    assert!(told(&house.chain()).is_empty());
    house.run(&["verify", "--all"]).expect_code(0);
}
