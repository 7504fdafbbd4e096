//! The doctor through the real binary: sound houses are not accused, each damage is named, the incident's story is told,
//! and nothing that is examined changes by it.
#![cfg(unix)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::Value;

use support::{Earlier, Ended, House};

/// Every file and folder with its bytes and its time: what no examination may change.
fn everything(folder: &Path) -> Vec<(PathBuf, Vec<u8>, SystemTime)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let written = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).expect("a time");
        found.push((folder.clone(), Vec::new(), written(&folder)));
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let kind = fs::symlink_metadata(&path).expect("it was listed").file_type();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                found.push((path.clone(), fs::read(&path).expect("it was listed"), written(&path)));
            }
        }
    }
    found.sort();
    found
}

/// Audits a path, and asserts that the house is the same afterwards and nothing is left in the temporary folder.
#[track_caller]
fn audit(house: &House, path: &Path, code: i32) -> (Ended, Value) {
    let temp = tempfile::tempdir().expect("a temporary folder");
    let before = everything(house.folder());
    let run = |more: &[&str]| {
        let mut command = house.neo(&[&["audit", path.to_str().expect("plain")], more].concat());
        command.env("TMPDIR", temp.path());
        support::Headless::spawn(command).ended()
    };
    let text = run(&[]);
    text.expect_code(code);
    let json = run(&["--json"]);
    json.expect_code(code);
    assert!(everything(house.folder()) == before, "something was touched by looking at it");
    assert_eq!(fs::read_dir(temp.path()).expect("it is there").count(), 0, "the scratch copy is gone");
    let lines: Vec<&str> = text.stdout.lines().collect();
    if matches!(code, 0 | 7) {
        // The command, and below it what it does.
        let next = lines.iter().rposition(|line| line.starts_with("Next: `neo ")).expect("a command");
        assert!(lines[next].ends_with('`') && lines[next + 1].starts_with("which "), "{}", text.stdout);
        for line in lines.iter().filter(|line| !line.contains('/') && !line.contains('`')) {
            assert!(line.chars().count() <= 80, "{line}");
        }
        (text, serde_json::from_str(&json.stdout).expect("one document"))
    } else {
        (text, Value::Null)
    }
}

/// The names of what was found.
fn findings(report: &Value) -> Vec<&str> {
    report["findings"].as_array().expect("a list").iter().filter_map(|it| it["finding"].as_str()).collect()
}

#[track_caller]
fn expect_found(house: &House, path: &Path, wanted: &[&str], story: &[&str]) {
    let (text, report) = audit(house, path, 7);
    for name in wanted {
        assert!(findings(&report).contains(name), "no `{name}` in {}", text.stdout);
    }
    let joined = text.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in story {
        assert!(joined.contains(words), "`{words}` is not in the story:\n{}", text.stdout);
    }
}

#[track_caller]
fn expect_sound(house: &House) {
    let (text, report) = audit(house, &house.database(), 0);
    assert!(findings(&report).is_empty() && text.stdout.contains("all is well"), "{}", text.stdout);
}

#[test]
fn houses_after_clean_sessions_are_sound() {
    let house = House::new();
    house.short_session(1);
    expect_sound(&house);
    house.short_session(2);
    expect_sound(&house);
    // A reader leaves an empty log and its index: ordinary.
    house.run(&["query", "SELECT 1"]).expect_code(0);
    expect_sound(&house);
    let (_, report) = audit(&house, &house.database(), 0);
    assert!(report["examined"]["inside"]["sums"]["checked"].as_u64() > Some(10), "it added something up");
}

#[test]
fn a_session_that_was_killed_is_told_mildly_and_the_next_start_closes_it() {
    let house = House::new();
    house.short_session(1);
    let mut session = house.session(&["--duration", "2h"]);
    house.until_chain("facts of the second session", |chain| chain.of_session(2).len() > 5);
    session.signal(Signal::KILL);
    session.ended();
    let (text, report) = audit(&house, &house.database(), 7);
    assert!(findings(&report).contains(&"left_open"), "{}", text.stdout);
    assert!(
        report["findings"].as_array().expect("a list").iter().all(|it| it["severity"] == "mild"),
        "{}",
        text.stdout
    );
    assert!(text.stdout.contains("Next: `neo run"), "{}", text.stdout);
    house.short_session(2);
    let (text, report) = audit(&house, &house.database(), 0);
    assert!(findings(&report).is_empty(), "{}", text.stdout);
}

#[test]
fn beside_a_running_session_nothing_is_found_and_nothing_disturbed() {
    let house = House::new();
    let mut session = house.session(&["--duration", "2h"]);
    house.until_quoting();
    let ended = house.run(&["audit", house.database().to_str().expect("plain")]);
    ended.expect_code(0);
    assert!(ended.stdout.contains("Running    pid"), "{}", ended.stdout);
    session.signal(Signal::INT);
    session.ended().expect_code(0);
}

#[test]
fn a_damaged_page_a_cut_file_and_a_missing_one_are_named_and_the_journal_heals_them() {
    let house = House::new();
    house.short_session(1);
    let whole = fs::read(house.database()).expect("a database");
    let mut torn = whole.clone();
    for page in torn.chunks_mut(4_096).skip(3).step_by(3) {
        page.fill(0xA5);
    }
    fs::write(house.database(), &torn).expect("written");
    expect_found(&house, &house.database(), &["malformed"], &["nothing is lost", "Next: `neo rebuild"]);
    let name = whole.windows(10).position(|bytes| bytes == b"ask4_price").expect("a column");
    let mut renamed = whole.clone();
    renamed[name] = b'b';
    fs::write(house.database(), &renamed).expect("written");
    expect_found(&house, &house.database(), &["malformed"], &["in its schema", "Next: `neo rebuild"]);
    house.run(&["verify", "--all"]).expect_refusal(3, &["it is damaged", "neo rebuild --db"]);
    fs::write(house.database(), &whole[..whole.len() / 2]).expect("written");
    expect_found(&house, &house.database(), &["cut_short"], &["copied or moved by half", "Next: `neo rebuild"]);
    fs::remove_file(house.database()).expect("removed");
    expect_found(&house, &house.database(), &["missing"], &["moved or deleted", "Next: `neo rebuild"]);
    fs::write(house.wal(), b"the newest changes").expect("written");
    expect_found(&house, &house.database(), &["missing", "orphaned_log"], &["keep it"]);
}

#[test]
fn where_only_a_backup_is_left_the_next_command_is_its_restore_and_it_helps() {
    let house = House::new();
    house.short_session(1);
    let before = house.chain();
    fs::write(house.database(), "").expect("written");
    fs::write(house.files("s.journal").remove(0), "").expect("written");
    expect_found(&house, &house.database(), &["emptied"], &["was emptied", "is sound and holds", "Next: `neo restore"]);
    fs::remove_dir_all(house.journal()).expect("our own folder");
    expect_found(&house, &house.database(), &["emptied"], &["was emptied", "Next: `neo restore --from"]);
    house.run(&["restore"]).expect_code(0);
    assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
}

#[test]
fn a_rollback_journal_of_another_database_is_named_and_makes_no_damage() {
    let house = House::new();
    house.short_session(1);
    let other = Connection::open(house.folder().join("other.db")).expect("a database");
    other.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(9000))").expect("made");
    other
        .execute_batch("PRAGMA cache_size = 1; BEGIN; UPDATE t SET a = randomblob(90000); INSERT INTO t VALUES (1)")
        .expect("begun");
    let hot = house.folder().join("s.db-journal");
    fs::copy(house.folder().join("other.db-journal"), &hot).expect("a journal that is not finished");
    drop(other);
    let (text, report) = audit(&house, &house.database(), 7);
    assert_eq!(findings(&report), ["rollback_beside_log"], "{}", text.stdout);
    let verified = house.run(&["verify", "--all"]);
    assert!(!verified.stderr.contains("permissions"), "{}", verified.stderr);
}

#[test]
fn a_row_and_a_line_that_were_changed_are_found() {
    let house = House::new();
    house.short_session(1);
    let store = Connection::open(house.database()).expect("a database");
    store.execute("UPDATE valuation_snapshots SET total_value_rlusd = '1'", []).expect("changed");
    store.execute("UPDATE sessions SET halt_reason = 'boredom'", []).expect("changed");
    store.execute("UPDATE facts SET line = line || ' ' WHERE n = 3", []).expect("changed");
    drop(store);
    let wanted = ["store_differs", "does_not_add_up", "impossible_reason"];
    expect_found(&house, &house.database(), &wanted, &["`boredom`", "changed after they were written"]);
    let segment = house.files("s.journal").remove(0);
    let mut bytes = fs::read(&segment).expect("a segment");
    bytes[700] ^= 1;
    fs::write(&segment, bytes).expect("written");
    expect_found(&house, &house.database(), &["journal_damaged"], &["neo verify --mend"]);
}

#[test]
fn what_is_no_database_of_ours_gets_a_clear_word_and_is_not_touched() {
    let house = House::new();
    let file = |name: &str| house.folder().join(name);
    fs::write(file("notes.db"), "not a database at all\n".repeat(300)).expect("written");
    expect_found(&house, &file("notes.db"), &["not_a_database"], &[]);
    fs::write(file("empty.db"), "").expect("written");
    expect_found(&house, &file("empty.db"), &["empty"], &[]);
    let theirs = Connection::open(file("theirs.db")).expect("a database");
    theirs.execute_batch("CREATE TABLE trades (id); INSERT INTO trades VALUES (1)").expect("made");
    drop(theirs);
    expect_found(&house, &file("theirs.db"), &["foreign"], &["trades", "another program's"]);
    fs::write(file("theirs.db-journal"), "half a journal").expect("written");
    audit(&house, &file("theirs.db"), 7);
    rustix::fs::mknodat(rustix::fs::CWD, file("pipe.db"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .expect("a pipe");
    expect_found(&house, &file("pipe.db"), &["not_a_file"], &[]);
    let (nothing, _) = audit(&house, &file("nowhere.db"), 1);
    assert!(nothing.stderr.contains("there is no database at"), "{}", nothing.stderr);
    let (several, _) = audit(&house, house.folder(), 2);
    assert!(several.stderr.contains("several databases"), "{}", several.stderr);
}

#[test]
fn the_incident_of_session_38_is_put_together_from_its_files() {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    let serious = ["not_ended", "stale_orders", "reason_of_another_time"];
    expect_found(&house, &earlier.database, &serious, &["2 orders", "`neo adopt"]);
    let (text, report) = audit(&house, &earlier.database, 7);
    assert!(!findings(&report).iter().any(|name| ["malformed", "log_lost"].contains(name)), "{}", text.stdout);
    let story = [
        "its write-ahead log was lost",
        "since 2026-04-17T20:19:00Z",
        "The backup neo_live_stage1.db.bak.20260418T192119Z of 2026-04-18T19:21:19Z is sound",
        "37 sessions (1 to 37) never got an end",
        "stale1 (session 37, BUY ACTIVE)",
        "2 orders may still rest at the venue",
        "`neo restore --from",
    ];
    let grave = ["malformed", "log_lost", "not_ended", "stale_orders"];
    expect_found(&house, &earlier.damaged, &grave, &story);
    // The folder names the database as well as its file does.
    expect_found(&house, earlier.damaged.parent().expect("a folder"), &["log_lost"], &[]);
}
