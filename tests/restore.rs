//! Restoring, through the real binary: nothing that the journal has is lost, whatever lies in the database's place, and
//! wherever the restore itself is cut off.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use support::{Chain, House};

/// Two sessions, with a backup of the first on demand between them.
fn house() -> (House, PathBuf) {
    let house = House::new();
    house.short_session(1);
    house.run(&["backup", "create"]).expect_code(0);
    house.short_session(2);
    let backup = house.files("s.backups").into_iter().find(|path| path.to_string_lossy().contains("-manual"));
    (house, backup.expect("it was made"))
}

/// Everything that was ever acknowledged is there, in both copies, and they agree.
#[track_caller]
fn expect_nothing_lost(house: &House, before: &Chain) {
    let chain = house.chain();
    assert_eq!(chain.links[..before.links.len()], before.links[..]);
    let lines: Vec<&str> = chain.links.iter().map(|link| link.line.as_str()).collect();
    assert_eq!(house.rows().lines(), lines);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn after_any_damage_to_the_database_a_restore_loses_nothing_and_keeps_the_evidence() {
    let (house, _) = house();
    let whole = fs::read(house.database()).expect("a database");
    let half = whole[..whole.len() / 2].to_vec();
    let mut garbage = whole.clone();
    garbage[4_096..12_288].fill(0xa5);
    let damages: [(&str, Option<Vec<u8>>); 5] = [
        ("half of it", Some(half)),
        ("garbage in it", Some(garbage)),
        ("a text", Some(b"Dear diary".repeat(1_000))),
        ("nothing in it", Some(Vec::new())),
        ("no file", None),
    ];
    for (damage, bytes) in damages {
        let before = house.chain();
        fs::remove_file(house.database()).expect("a database");
        if let Some(bytes) = &bytes {
            fs::write(house.database(), bytes).expect("our own folder");
        }
        let ended = house.run(&["restore"]);
        ended.expect_code(0);
        expect_nothing_lost(&house, &before);
        let restored = house.chain().of_kind("restored").last().expect("it is in the chain").json();
        assert_eq!(restored["what"], "store_restored", "{damage}");
        if let Some(bytes) = bytes {
            let folder = restored["quarantine"].as_str().expect("something was in the way");
            let evidence = house.folder().join("s.quarantine").join(folder).join("s.db");
            assert_eq!(fs::read(evidence).expect("it is kept"), bytes, "{damage}");
        }
    }
    house.short_session(9);
}

#[test]
fn a_named_backup_is_restored_with_the_journal_on_top_and_again() {
    let (house, backup) = house();
    let before = house.chain();
    for from in [backup.file_name().expect("a name").to_string_lossy().into_owned(), backup.display().to_string()] {
        house.run(&["restore", "--from", &from]).expect_code(0);
        expect_nothing_lost(&house, &before);
    }
}

#[test]
fn what_the_journal_lost_is_put_back_from_the_backup_and_the_old_database() {
    let (house, backup) = house();
    let before = house.chain();
    for segment in house.files("s.journal") {
        fs::remove_file(segment).expect("our own folder");
    }
    let ended = house.run(&["restore", "--from", &backup.display().to_string()]);
    ended.expect_code(0);
    assert!(ended.stdout.contains("returned") && ended.stdout.contains("salvaged"), "{}", ended.stdout);
    expect_nothing_lost(&house, &before);
}

/// The one that a restore takes.
fn newest_backup(house: &House) -> PathBuf {
    let listed = house.run(&["backup", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("one document");
    house.folder().join("s.backups").join(listed[0]["name"].as_str().expect("a backup"))
}

/// Flips the last bit of each place at which a file says `what`; answers how many there are.
fn flip_the_last_bit(file: &Path, what: &[u8]) -> usize {
    let mut bytes = fs::read(file).expect("a file");
    let places: Vec<usize> = (0..bytes.len() - what.len()).filter(|&at| &bytes[at..at + what.len()] == what).collect();
    for at in &places {
        bytes[at + what.len() - 1] ^= 1;
    }
    fs::write(file, bytes).expect("our own file");
    places.len()
}

#[test]
fn readings_that_came_after_the_backup_are_taken_from_a_later_one() {
    let (house, backup) = house();
    let readings = "SELECT * FROM market_snapshots WHERE session_id = 2 ORDER BY ledger_index";
    let (before, had) = (house.chain(), house.rows().ask(readings));
    fs::write(house.database(), "Dear diary").expect("our own folder");
    house.run(&["restore", "--from", &backup.display().to_string()]).expect_code(0);
    assert!(!had.is_empty() && house.rows().ask(readings) == had);
    expect_nothing_lost(&house, &before);
}

#[test]
fn a_backup_in_which_a_row_was_changed_is_restored_to_what_the_facts_make() {
    let (house, _) = house();
    let before = house.chain();
    let newest = Connection::open(newest_backup(&house)).expect("a backup");
    let changed = newest.execute("UPDATE orders SET price = '9' WHERE id = (SELECT min(id) FROM orders)", []);
    assert_eq!(changed.expect("a table"), 1);
    newest.close().expect("a database that closes");
    let ended = house.run(&["restore"]);
    ended.expect_code(0);
    assert!(
        ended.stdout.contains("every table, from the journal alone") && ended.stdout.contains("table orders"),
        "{}",
        ended.stdout
    );
    expect_nothing_lost(&house, &before);
}

#[test]
fn a_backup_with_a_row_that_the_schema_forbids_is_no_dead_end() {
    let (house, _) = house();
    let (before, newest) = (house.chain(), newest_backup(&house));
    // SQLite looks for such rows only where it may write: nothing shows before the copy of it is to be used.
    assert!(flip_the_last_bit(&newest, b"1-1BUY") + flip_the_last_bit(&newest, b"1-1SELL") > 0, "order 1-1's row");
    house.run(&["backup", "verify"]).expect_code(0);
    let drilled = house.run(&["backup", "verify", "--drill"]);
    drilled.expect_code(7);
    let told = "row id = 1-1, column side: the journal makes it";
    assert!(drilled.stdout.contains(told) && drilled.stdout.contains("`neo backup create --db "), "{}", drilled.stdout);
    let ended = house.run(&["restore"]);
    ended.expect_code(0);
    let told = "every table, from the journal alone: the backup is damaged (CHECK constraint failed in";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
    expect_nothing_lost(&house, &before);
}

#[test]
fn a_malformed_backup_is_passed_over_for_the_next() {
    let (house, _) = house();
    let (before, newest) = (house.chain(), newest_backup(&house));
    assert!(flip_the_last_bit(&newest, b"paperpaperCLOSED") > 0, "a session's row, which an index knows otherwise");
    let named = newest.display().to_string();
    house.run(&["restore", "--from", &named]).expect_refusal(3, &["it is malformed", "neo backup verify"]);
    let name = newest.file_name().expect("a name").to_string_lossy().into_owned();
    let ended = house.run(&["restore"]);
    ended.expect_code(0);
    assert!(ended.stdout.contains(&format!("unfit       {name}: it is malformed")), "{}", ended.stdout);
    expect_nothing_lost(&house, &before);
}

#[test]
fn a_dry_run_tells_the_plan_and_touches_nothing() {
    let (house, backup) = house();
    fs::write(house.database(), "Dear diary").expect("our own folder");
    let before = house.possessions();
    let from = backup.display().to_string();
    for arguments in [vec!["restore", "--dry-run"], vec!["restore", "--dry-run", "--from", &from]] {
        let ended = house.run(&arguments);
        ended.expect_code(0);
        assert!(ended.stdout.contains("on top of the backup"), "{}", ended.stdout);
        assert!(ended.stdout.contains("quarantine  s.db"), "{}", ended.stdout);
        assert!(house.possessions() == before, "a dry run changed something");
    }
    let ended = house.run(&["restore", "--dry-run", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one document");
    assert_eq!((&told["done"], &told["plan"]["journal"]), (&false.into(), &(house.chain().links.len() - 1).into()));
}

/// A file to restore from that must be refused, and what is said of it.
fn unfit(folder: &Path, backup: &Path, name: &str, spoil: impl FnOnce(&Path)) -> String {
    let path = folder.join(name);
    fs::copy(backup, &path).expect("our own folder");
    spoil(&path);
    path.display().to_string()
}

#[test]
fn what_is_no_fit_backup_of_this_house_is_refused_and_nothing_is_touched() {
    let (house, backup) = house();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let sql = |path: &Path, sql: &str| Connection::open(path).expect("a file").execute_batch(sql).expect(sql);
    let foreign = unfit(elsewhere.path(), &backup, "foreign.db", |path| {
        fs::remove_file(path).expect("ours");
        sql(path, "CREATE TABLE trades (id); INSERT INTO trades VALUES (1)");
    });
    let half = unfit(elsewhere.path(), &backup, "half.db", |path| {
        let bytes = fs::read(path).expect("ours");
        fs::write(path, &bytes[..bytes.len() / 2]).expect("ours");
    });
    let newer = unfit(elsewhere.path(), &backup, "newer.db", |path| {
        sql(path, "CREATE TABLE later (it); PRAGMA user_version = 99");
    });
    let changed = unfit(elsewhere.path(), &backup, "changed.db", |path| {
        sql(path, "UPDATE facts SET line = replace(line, '\"session\":1', '\"session\":7') WHERE n = 3");
    });
    let stranger = House::new();
    stranger.short_session(77);
    let another = stranger.files("s.backups").remove(0).display().to_string();
    let in_use = unfit(elsewhere.path(), &backup, "open.db", |path| {
        fs::write(path.with_extension("db-wal"), "pages").expect("ours");
    });
    let before = house.possessions();
    for (from, code, words) in [
        (&foreign, 3, ["another program's database", "neo adopt"]),
        (&half, 3, ["half.db", "Nothing was restored"]),
        (&newer, 3, ["from a newer neo", "Nothing was restored"]),
        (&changed, 3, ["line 3 in it is damaged", "Nothing was restored"]),
        (&another, 3, ["does not belong to this journal", "Nothing was restored"]),
        (&in_use, 1, ["open.db-wal lies beside it", "Nothing was restored"]),
        (&"nowhere.db".to_owned(), 1, ["no such file", "neo backup list"]),
    ] {
        house.run(&["restore", "--from", from]).expect_refusal(code, &words);
        assert!(house.possessions() == before, "{from}: something was touched");
    }
}

#[test]
fn a_running_session_is_not_restored_over() {
    let (house, _) = house();
    let _session = house.session(&["--seed", "5"]);
    house.until_chain("a third session", |chain| chain.of_kind("session_opened").len() == 3);
    house.run(&["restore"]).expect_refusal(4, &["end that one first"]);
}

#[cfg(unix)]
#[test]
fn wherever_a_restore_is_killed_saying_it_again_finishes() {
    use std::time::Duration;
    use support::Headless;

    let (house, _) = house();
    let before = house.chain();
    for moment in [0, 7, 15, 25, 35, 45, 60, 80, 110] {
        fs::write(house.database(), "Dear diary").expect("our own folder");
        let mut restore = Headless::spawn(house.neo(&["restore"]));
        // Not a wait for something: the moment is what is tried here.
        std::thread::sleep(Duration::from_millis(moment));
        restore.signal(rustix::process::Signal::KILL);
        restore.ended();
        house.run(&["restore"]).expect_code(0);
        expect_nothing_lost(&house, &before);
    }
}
