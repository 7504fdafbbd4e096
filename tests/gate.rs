//! Whatever happens to a file between two sessions, the next one starts, nothing is lost, the evidence is kept and the
//! operator is told; and what a machine cannot decide is refused, and nothing is touched.
#![cfg(unix)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use support::{Chain, Ended, Headless, House, Link};

const SESSION: [&str; 8] = ["run", "--headless", "--seed", "3", "--speed", "max", "--duration", "20s"];

/// Two sessions that ended well.
fn closed() -> House {
    let house = House::new();
    house.short_session(1);
    house.short_session(2);
    house
}

/// One session that ended well and one that was killed while it quoted.
fn killed() -> House {
    let house = House::new();
    house.short_session(1);
    let mut session = house.session(&["--seed", "2"]);
    house.until_quoting();
    house.until_chain("an intent of session 2", |chain| chain.of_session(2).iter().any(|link| link.kind == "intent"));
    session.signal(Signal::KILL);
    assert_eq!(session.ended().code, None);
    house
}

fn scribble(path: &Path, from: usize, len: usize) {
    let mut bytes = fs::read(path).expect("a file to scribble on");
    let end = bytes.len().min(from + len);
    for byte in &mut bytes[from.min(end)..end] {
        *byte ^= 0x5a;
    }
    fs::write(path, bytes).expect("our own file");
}

fn cut(path: &Path, by: u64) {
    let file = fs::OpenOptions::new().write(true).open(path).expect("a file to cut");
    let len = file.metadata().expect("its size").len();
    file.set_len(len.saturating_sub(by)).expect("our own file");
}

/// The quarantine's files, in all its folders.
fn evidence(house: &House) -> Vec<PathBuf> {
    let folders = house.files("s.quarantine");
    folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("one").path())
        .collect()
}

/// The next session runs, every fact of before is where it was, and both copies agree.
#[track_caller]
fn expect_healed(house: &House, before: &[Link], what: &str) -> Ended {
    let ended = house.run(&SESSION);
    assert_eq!(ended.code, Some(0), "{what}: {}", ended.said());
    let after = Chain::read(&house.journal()).unwrap_or_else(|why| panic!("{what}: {why}"));
    assert_eq!(after.links[..before.len()], before[..], "{what}: byte for byte");
    let lines: Vec<String> = after.links.iter().map(|link| link.line.clone()).collect();
    assert_eq!(house.rows().lines(), lines, "{what}: both copies");
    assert_eq!(house.rows().count("SELECT count(*) FROM sessions WHERE ended_at IS NULL"), 0, "{what}");
    ended
}

/// A refusal that names these words and changes not a byte, nor leaves a folder that was not there.
#[track_caller]
fn expect_undecided(house: &House, words: &[&str]) {
    let folders = |house: &House| {
        let entries = fs::read_dir(house.folder()).expect("our own folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("one").file_name()).collect();
        // The lock's file stays, and a log is where it is said that nothing was done.
        names.retain(|name| name != "s.lock" && name != "logs" && name != "s.db-shm" && name != "s.db-wal");
        names.sort();
        names
    };
    let (before, names) = (house.possessions(), folders(house));
    house.run(&SESSION).expect_refusal(3, words);
    assert!(house.possessions() == before, "a refusal changes nothing");
    assert_eq!(folders(house), names, "a refusal leaves nothing new");
}

type Harm = (&'static str, fn(&House));

const TO_THE_DATABASE: [Harm; 6] = [
    ("the database is deleted", |house| fs::remove_file(house.database()).expect("our own file")),
    ("the database is emptied", |house| fs::write(house.database(), b"").expect("our own file")),
    ("the database is cut in half", |house| {
        let len = fs::metadata(house.database()).expect("a database").len();
        cut(&house.database(), len / 2);
    }),
    ("the header is scribbled on", |house| scribble(&house.database(), 0, 64)),
    ("a page is scribbled on", |house| scribble(&house.database(), 4_096, 4_096)),
    ("it is a text", |house| fs::write(house.database(), "Dear diary\n".repeat(2_000)).expect("our own file")),
];

/// The backup that the second session's end made, which has everything.
fn newest_backup(house: &House, kind: &str) -> PathBuf {
    let mut backups = house.files("s.backups");
    backups.retain(|name| name.to_string_lossy().contains(kind));
    backups.sort();
    backups.pop().expect("a backup")
}

#[test]
fn what_journal_and_database_both_have_lost_is_taken_from_a_backup() {
    let house = closed();
    let before = house.chain();
    // The first session's database in the place of the newest, and the second session's segment gone.
    fs::copy(newest_backup(&house, "-pre"), house.database()).expect("our own file");
    fs::remove_file(house.files("s.journal").into_iter().max().expect("a segment")).expect("our own file");
    let ended = expect_healed(&house, &before.links, "both have lost their ends");
    assert!(ended.said().contains("-post"), "{}", ended.said());
}

#[test]
fn a_rebuild_takes_what_only_a_backup_has() {
    let house = closed();
    let before = house.chain();
    fs::remove_file(house.database()).expect("our own file");
    fs::remove_file(house.files("s.journal").into_iter().max().expect("a segment")).expect("our own file");
    house.run(&["rebuild"]).expect_code(0);
    expect_healed(&house, &before.links, "rebuilt without the newest segment");
}

#[test]
fn a_line_that_somebody_changed_in_the_database_after_a_clean_end_is_put_right() {
    for change in ["UPDATE facts SET line = replace(line, 'XRP', 'XRQ')", "DELETE FROM facts WHERE n = 5"] {
        let house = closed();
        let before = house.chain();
        let store = rusqlite::Connection::open(house.database()).expect("a database");
        store.execute_batch(&format!("{change}; UPDATE facts SET at = 'x' WHERE n = 2")).expect("a change");
        store.close().expect("a database that closes");
        expect_healed(&house, &before.links, change);
    }
}

#[test]
fn a_database_that_is_lost_or_broken_after_a_clean_end_is_made_anew_at_once() {
    for (what, harm) in TO_THE_DATABASE {
        let house = closed();
        let before = house.chain();
        harm(&house);
        let had_file = house.database().exists();
        let ended = expect_healed(&house, &before.links, what);
        if fs::metadata(house.database()).is_ok() && had_file && what != "the database is emptied" {
            assert!(ended.stderr.contains("made"), "{what}: {}", ended.stderr);
            assert!(evidence(&house).iter().any(|path| path.ends_with("s.db")), "{what}: the evidence is kept");
            assert!(!house.chain().of_kind("restored").is_empty(), "{what}: the chain tells of it");
        }
    }
}

#[test]
fn a_database_that_is_lost_or_broken_after_a_kill_is_made_anew_at_once() {
    for (what, harm) in TO_THE_DATABASE {
        let house = killed();
        let before = house.chain();
        harm(&house);
        expect_healed(&house, &before.links, what);
        assert_eq!(house.rows().session(2)["status"], "RECOVERED", "{what}");
    }
}

#[test]
fn a_log_or_an_index_that_is_lost_or_broken_after_a_kill_costs_no_fact() {
    let harms: [Harm; 5] = [
        ("the log is deleted", |house| fs::remove_file(house.wal()).expect("our own file")),
        ("the log is cut", |house| cut(&house.wal(), 5_000)),
        ("the log is scribbled on", |house| scribble(&house.wal(), 40, 20_000)),
        ("the log and the index are deleted", |house| {
            fs::remove_file(house.wal()).expect("our own file");
            fs::remove_file(house.folder().join("s.db-shm")).expect("our own file");
        }),
        ("the index is scribbled on", |house| scribble(&house.folder().join("s.db-shm"), 0, 4_096)),
    ];
    for (what, harm) in harms {
        let house = killed();
        let before = house.chain();
        harm(&house);
        expect_healed(&house, &before.links, what);
    }
}

#[test]
fn two_houses_whose_logs_were_exchanged_are_both_put_right() {
    let houses = [killed(), killed()];
    let logs = houses.each_ref().map(|house| fs::read(house.wal()).expect("a log"));
    // One of the two is ahead of the other: its story goes on where the other's journal ends.
    for (house, log) in houses.iter().zip(logs.iter().rev()) {
        let before = house.chain();
        fs::write(house.wal(), log).expect("our own file");
        expect_healed(house, &before.links, "the log is another one's");
    }
}

#[test]
fn a_backup_that_was_copied_over_a_database_whose_log_still_lies_there_loses_nothing() {
    let house = killed();
    let before = house.chain();
    let backup = house.files("s.backups").into_iter().next().expect("a backup");
    fs::copy(backup, house.database()).expect("our own file");
    expect_healed(&house, &before.links, "restored by hand");
}

#[test]
fn readings_survive_the_loss_of_everything_else_in_the_database() {
    let house = closed();
    // What the newest backup has: the end of a session's readings may be lost with everything else.
    let readings = "SELECT count(*) FROM market_snapshots WHERE session_id = 1";
    let (before, had) = (house.chain(), house.rows().count(readings));
    assert!(had > 0);
    fs::remove_file(house.database()).expect("our own file");
    let ended = expect_healed(&house, &before.links, "from the backup");
    assert!(house.rows().count(readings) >= had, "{}", ended.stderr);
}

/// Every reading of the second session, in a text.
fn readings_of_the_second(house: &House) -> Vec<Vec<String>> {
    let all = |table: &str| house.rows().ask(&format!("SELECT * FROM {table} WHERE session_id = 2"));
    let readings = [all("market_snapshots"), all("valuation_snapshots")].concat();
    assert!(!readings.is_empty(), "a session with readings");
    readings
}

#[test]
fn an_older_database_in_the_place_of_the_newest_gets_the_readings_of_later_sessions_from_a_backup() {
    let house = closed();
    let (before, had) = (house.chain(), readings_of_the_second(&house));
    fs::copy(newest_backup(&house, "-pre"), house.database()).expect("our own file");
    let ended = expect_healed(&house, &before.links, "an older database");
    assert!(ended.stderr.contains("came back from the backup"), "{}", ended.stderr);
    assert!(readings_of_the_second(&house) == had);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn readings_that_no_copy_has_any_more_are_told_of_once() {
    let house = closed();
    let before = house.chain();
    fs::copy(newest_backup(&house, "-pre"), house.database()).expect("our own file");
    fs::remove_dir_all(house.folder().join("s.backups")).expect("our own folder");
    let lost = "readings of 1 session are lost, from 20";
    let first = expect_healed(&house, &before.links, "an older database and no backup");
    assert!(first.stderr.contains(lost), "{}", first.stderr);
    let second = expect_healed(&house, &before.links, "the start after it");
    assert!(!second.stderr.contains(lost), "{}", second.stderr);
    let verified = house.run(&["verify", "--all"]);
    verified.expect_code(0);
    assert!(verified.stdout.contains("1 session has lost readings"), "{}", verified.stdout);
}

#[test]
fn a_receipt_whose_number_is_given_again_is_kept() {
    let house = closed();
    let receipt = house.folder().join("s.receipts/2.txt");
    let earlier = fs::read(&receipt).expect("a receipt");
    // Whatever had the second session is gone but for its receipt.
    fs::copy(newest_backup(&house, "-pre"), house.database()).expect("our own file");
    fs::remove_file(house.files("s.journal").into_iter().max().expect("a segment")).expect("our own file");
    for end in house.files("s.backups").iter().filter(|path| path.to_string_lossy().contains("-post")) {
        fs::remove_file(end).expect("our own file");
    }
    house.run(&SESSION).expect_code(0);
    assert!(fs::read(&receipt).expect("the new one") != earlier);
    let kept = evidence(&house).into_iter().find(|path| path.ends_with("2.txt")).expect("the earlier one");
    assert!(fs::read(kept).expect("a receipt") == earlier);
}

#[test]
fn a_broken_line_of_the_journal_is_mended_from_the_database() {
    for house in [closed(), killed()] {
        let before = house.chain();
        let first = support::chain::segments(&house.journal()).remove(0);
        scribble(&first, 700, 3);
        let ended = expect_healed(&house, &before.links, "a broken line");
        assert!(ended.stderr.contains("was put right from a copy"), "{}", ended.stderr);
        assert!(evidence(&house).iter().any(|path| path.ends_with("0000000000.jsonl")), "the evidence is kept");
    }
}

#[test]
fn a_segment_that_is_gone_comes_back_from_the_database() {
    for nth in [0, 1] {
        let house = closed();
        let before = house.chain();
        fs::remove_file(support::chain::segments(&house.journal()).remove(nth)).expect("our own file");
        expect_healed(&house, &before.links, "a segment that is gone");
    }
}

#[test]
fn a_start_that_was_killed_in_the_middle_of_its_healing_is_healed_by_the_next() {
    let house = closed();
    let before = house.chain();
    // As a rebuilding leaves it that was cut off before and in the middle of the exchange.
    fs::write(house.folder().join("s.rebuilding"), "half").expect("a file");
    fs::write(house.folder().join("s.salvage-wal"), "half").expect("a file");
    expect_healed(&house, &before.links, "half made files");
    assert!(!house.folder().join("s.rebuilding").exists() && !house.folder().join("s.salvage-wal").exists());
    let before = house.chain();
    let new = house.folder().join("s.rebuilding");
    fs::copy(house.database(), &new).expect("a database to copy");
    fs::create_dir_all(house.folder().join("s.quarantine/x")).expect("a folder");
    fs::rename(house.database(), house.folder().join("s.quarantine/x/s.db")).expect("our own file");
    fs::write(house.folder().join("s.swap"), r#"{"new":"s.rebuilding","quarantine":"x"}"#).expect("a marker");
    let ended = expect_healed(&house, &before.links, "an exchange that was cut off");
    assert!(ended.stderr.contains("cut off is finished"), "{}", ended.stderr);
}

#[test]
fn a_house_that_lost_both_copies_does_not_begin_empty_in_silence() {
    let house = closed();
    fs::remove_file(house.database()).expect("our own file");
    fs::remove_dir_all(house.journal()).expect("our own folder");
    expect_undecided(
        &house,
        &["the database is gone", "a database with its journal was here before", "neo restore --from", "neo audit"],
    );
}

#[test]
fn a_log_without_anything_else_is_left_to_the_operator() {
    let house = killed();
    for gone in ["s.journal", "s.backups", "s.receipts"] {
        fs::remove_dir_all(house.folder().join(gone)).expect("our own folder");
    }
    fs::remove_file(house.database()).expect("our own file");
    expect_undecided(&house, &["write-ahead log", "there is no journal"]);
}

#[test]
fn two_stories_are_left_to_the_operator() {
    let (house, other) = (closed(), House::new());
    other.short_session(8);
    other.short_session(9);
    fs::copy(other.database(), house.database()).expect("a database to copy");
    expect_undecided(&house, &["two stories", "neo rebuild", "neo audit"]);
}

#[test]
fn a_line_that_is_broken_in_every_copy_is_left_to_the_operator() {
    let house = closed();
    fs::remove_dir_all(house.folder().join("s.backups")).expect("our own folder");
    let first = support::chain::segments(&house.journal()).remove(0);
    scribble(&first, 700, 3);
    let store = rusqlite::Connection::open(house.database()).expect("a database");
    store.execute("UPDATE facts SET line = line || ' ' WHERE n < 3", []).expect("rows");
    store.close().expect("a database that closes");
    expect_undecided(&house, &["no whole copy"]);
}

#[test]
fn an_earlier_engines_database_is_refused_with_what_takes_it_over() {
    let house = House::new();
    rusqlite::Connection::open(house.database())
        .expect("a database")
        .execute_batch(
            "CREATE TABLE sessions (id INTEGER); CREATE TABLE orders (id INTEGER); CREATE TABLE fills (id INTEGER);
             CREATE TABLE market_snapshots (id INTEGER);",
        )
        .expect("tables");
    expect_undecided(&house, &["earlier engine", "neo audit", "neo adopt"]);
}

#[test]
fn a_database_is_rebuilt_by_hand_from_the_journal_alone() {
    let house = closed();
    let before = house.chain();
    let untouched = house.possessions();
    let planned = house.run(&["rebuild", "--dry-run"]);
    planned.expect_code(0);
    assert!(planned.stdout.contains("Nothing was done"), "{}", planned.stdout);
    assert!(house.possessions() == untouched, "a plan changes nothing");
    let ended = house.run(&["--json", "rebuild"]);
    ended.expect_code(0);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one document");
    assert_eq!(told["done"], true);
    let after = house.chain();
    assert_eq!(after.links[..before.links.len()], before.links[..]);
    let restored = after.of_kind("restored");
    assert_eq!(restored.len(), 1);
    assert_eq!(restored[0].text("/what"), "store_rebuilt");
    assert!(evidence(&house).iter().any(|path| path.ends_with("s.db")));
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_rebuilding_saves_what_only_the_old_database_has() {
    let house = closed();
    let before = house.chain();
    fs::remove_file(support::chain::segments(&house.journal()).remove(1)).expect("our own file");
    house.run(&["rebuild"]).expect_code(0);
    assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
}

#[test]
fn of_two_stories_a_rebuilding_believes_the_journal() {
    let (house, other) = (closed(), House::new());
    let before = house.chain();
    other.short_session(8);
    other.short_session(9);
    fs::copy(other.database(), house.database()).expect("a database to copy");
    house.run(&["rebuild"]).expect_code(0);
    expect_healed(&house, &before.links, "the journal's story");
}

#[test]
fn without_a_journal_nothing_is_rebuilt() {
    let house = House::new();
    fs::write(house.database(), "Dear diary").expect("a file");
    expect_refused_rebuild(&house, &["no line in"]);
}

#[track_caller]
fn expect_refused_rebuild(house: &House, words: &[&str]) {
    let before = house.possessions();
    house.run(&["rebuild"]).expect_refusal(3, words);
    assert!(house.possessions() == before, "a refusal changes nothing");
}

#[test]
fn what_lies_in_the_place_of_a_log_and_is_none_is_kept_and_told_of() {
    let house = closed();
    let before = house.chain();
    let garbage: Vec<u8> = (0..5_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 1).collect();
    fs::write(house.wal(), &garbage).expect("our own file");
    for look in [["audit"].as_slice(), &["verify", "--all"]] {
        let told = house.run(look);
        assert!(told.expect_code(7).stdout.replace('\n', " ").contains("lies what"), "{}", told.stdout);
    }
    let ended = expect_healed(&house, &before.links, "garbage for a log");
    assert!(
        ended.said().contains("write-ahead log's place") && ended.said().contains("quarantine"),
        "{}",
        ended.said()
    );
    let kept = evidence(&house);
    assert!(kept.iter().any(|file| fs::read(file).is_ok_and(|bytes| bytes == garbage)), "{kept:?}");
    assert!(!house.short_session(4).said().contains("write-ahead log's place"), "once is enough");
}

#[test]
fn a_database_with_rows_of_lines_that_it_says_it_has_not_is_made_anew_from_the_journal() {
    for table in ["incidents", "orders"] {
        let house = House::new();
        house.short_session(1);
        let older = fs::read(house.database()).expect("a database");
        let mut second = house.neo(&["run", "--headless", "--seed", "2", "--speed", "max", "--duration", "60s"]);
        second.env("NEO_FAULTS", "backup:1");
        Headless::spawn(second).ended().expect_code(0);
        let before = house.chain();
        let newer = house.folder().join("newer.db");
        fs::copy(house.database(), &newer).expect("our own folder");
        fs::write(house.database(), older).expect("our own file");
        let mixed = rusqlite::Connection::open(house.database()).expect("a database");
        mixed.execute("ATTACH ? AS newer", [newer.to_str().expect("a name")]).expect("a database");
        let sql = format!("INSERT OR IGNORE INTO main.{table} SELECT * FROM newer.{table} WHERE session_id = 2");
        assert!(mixed.execute(&sql, []).expect("the same table") > 0, "{table}");
        drop(mixed);
        fs::remove_file(newer).expect("our own file");
        let ended = expect_healed(&house, &before.links, table);
        assert!(ended.stderr.contains("the database was made anew"), "{table}: {}", ended.said());
        assert!(evidence(&house).iter().any(|path| path.ends_with("s.db")), "{table}");
        house.run(&["verify", "--all"]).expect_code(0);
    }
}
