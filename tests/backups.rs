//! Backups, as an operator has them: made by themselves and on demand, listed, checked, drilled and pruned.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use support::{Ended, Headless, House, until};

fn names(house: &House) -> Vec<String> {
    let name = |path: PathBuf| path.file_name().expect("a file").to_string_lossy().into_owned();
    house.files("s.backups").into_iter().map(name).collect()
}

fn of_kind(house: &House, kind: &str) -> Vec<String> {
    names(house)
        .into_iter()
        .filter(|name| name.contains(&format!("-{kind}")) && !name.contains(".unverified"))
        .collect()
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|why| panic!("{why}: {}", ended.said()))
}

/// Flips a bit in a fact's line, in a database and in what pages that were rewritten may still hold of it.
fn flip_a_bit(database: &Path) {
    let mut bytes = fs::read(database).expect("a database");
    let line = br#""kind":"session_opened""#;
    let places: Vec<usize> = (0..bytes.len() - line.len()).filter(|&at| &bytes[at..at + line.len()] == line).collect();
    assert!(!places.is_empty(), "a fact is in it");
    for at in places {
        bytes[at + 12] ^= 1;
    }
    fs::write(database, bytes).expect("it is ours");
}

#[test]
fn a_backup_is_made_before_and_after_each_session_and_each_is_on_record_and_fit() {
    let house = House::new();
    house.short_session(1);
    assert_eq!(
        (of_kind(&house, "pre").len(), of_kind(&house, "post").len()),
        (0, 1),
        "nothing to keep before the first"
    );
    house.short_session(2);
    assert_eq!((of_kind(&house, "pre").len(), of_kind(&house, "post").len()), (1, 2));
    let ended = house.run(&["backup", "list", "--json"]);
    ended.expect_code(0);
    let listed = json(&ended);
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), 3);
    assert!(listed.iter().all(|one| one["on_record"] == true && one["cursor"].is_u64()), "{listed:?}");
    assert_eq!(listed[0]["kind"], "post", "newest first");
    let verified = house.run(&["backup", "verify", "--json"]);
    verified.expect_code(0);
    assert!(json(&verified).as_array().expect("a list").iter().all(|one| one["fit"] == true));
}

#[test]
fn a_long_session_makes_one_on_a_timer() {
    let house = House::new();
    let config = house.folder().join("neo.toml");
    fs::write(&config, "[keeper]\nbackup_every_s = 1\n").expect("our own folder");
    let mut session = house.session(&["--config", &config.display().to_string(), "--seed", "3"]);
    let made = until("a backup on the timer", || of_kind(&house, "timer").into_iter().next());
    #[cfg(unix)]
    session.signal(rustix::process::Signal::TERM);
    #[cfg(unix)]
    session.ended().expect_code(0);
    #[cfg(windows)]
    assert!(!session.has_ended());
    house.run(&["backup", "verify", &made]).expect_code(0);
}

#[test]
fn a_backup_before_the_session_that_fails_is_told_and_keeps_no_session_from_running() {
    let house = House::new();
    house.short_session(1);
    let mut command = house.neo(&["run", "--headless", "--seed", "2", "--speed", "max", "--duration", "60s"]);
    command.env("NEO_FAULTS", "backup:1");
    Headless::spawn(command).ended().expect_code(0);
    let chain = house.chain();
    let told = chain.of_kind("incident");
    assert!(told.iter().any(|link| link.text("/title") == "Backup failed"), "{told:?}");
    assert_eq!((of_kind(&house, "pre").len(), of_kind(&house, "post").len()), (0, 2));
}

#[test]
fn a_backup_that_fails_on_demand_leaves_nothing_behind() {
    let house = House::new();
    house.short_session(1);
    let before = names(&house);
    let mut command = house.neo(&["backup", "create"]);
    command.env("NEO_FAULTS", "backup:1:enospc");
    Headless::spawn(command).ended().expect_refusal(1, &["the backup was not completed", "no space left"]);
    assert_eq!(names(&house), before);
}

#[test]
fn one_flipped_bit_is_found_and_the_file_is_named() {
    let house = House::new();
    house.short_session(1);
    house.short_session(2);
    let spoiled = of_kind(&house, "pre").remove(0);
    flip_a_bit(&house.folder().join("s.backups").join(&spoiled));
    let ended = house.run(&["backup", "verify"]);
    ended.expect_code(7);
    assert!(ended.stdout.contains(&format!("unfit  {spoiled}: line 0 in it is damaged")), "{}", ended.stdout);
    assert_eq!(ended.stdout.matches("fit    2").count(), 2, "{}", ended.stdout);
    house.run(&["backup", "verify", &of_kind(&house, "post")[0]]).expect_code(0);
}

#[test]
fn of_a_file_that_is_no_backup_it_is_said_what_it_is_and_nothing_that_helps_a_database() {
    let house = House::new();
    house.short_session(1);
    for path in house.files("s.backups") {
        fs::write(path, "junk\n".repeat(2_000)).expect("our own file");
    }
    let ended = house.run(&["backup", "verify"]);
    ended.expect_code(7);
    assert!(ended.stdout.contains("it is not a database"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("--db") && !ended.stdout.contains("neo run"), "{}", ended.stdout);
}

#[test]
fn a_lock_that_cannot_be_used_is_not_told_as_a_session_that_runs() {
    let house = House::new();
    house.short_session(1);
    house.remove("s.lock");
    fs::create_dir(house.folder().join("s.lock")).expect("a folder in the lock's place");
    for command in [&["backup", "create"][..], &["backup", "prune"], &["backup", "verify", "--drill"]] {
        let ended = house.run(command);
        ended.expect_code(5);
        let words = ["press b", "running session", "end the session"];
        assert!(!words.iter().any(|words| ended.stderr.contains(words)), "{}", ended.stderr);
    }
}

#[test]
fn ten_of_a_kind_are_kept_and_prune_says_what_it_removes() {
    let house = House::new();
    house.short_session(1);
    for _ in 0..11 {
        house.run(&["backup", "create"]).expect_code(0);
    }
    assert_eq!(of_kind(&house, "manual").len(), 10);
    let nothing = house.run(&["backup", "prune"]);
    nothing.expect_code(0);
    assert!(nothing.stdout.contains("Nothing is too many"), "{}", nothing.stdout);
    let folder = house.folder().join("s.backups");
    let newest = of_kind(&house, "manual").remove(9);
    fs::copy(folder.join(newest), folder.join("20200101T000000Z-manual.db")).expect("our own folder");
    let pruned = house.run(&["backup", "prune"]);
    pruned.expect_code(0);
    assert_eq!(pruned.stdout, "removed  20200101T000000Z-manual.db\n");
    assert_eq!((of_kind(&house, "manual").len(), of_kind(&house, "post").len()), (10, 1));
}

#[test]
fn a_drill_restores_beside_the_database_and_finds_what_differs() {
    let house = House::new();
    house.short_session(1);
    house.run(&["backup", "create"]).expect_code(0);
    house.short_session(2);
    let before = names(&house);
    let newest = of_kind(&house, "manual").remove(0);
    let ended = house.run(&["backup", "verify", &newest, "--drill"]);
    ended.expect_code(0);
    assert!(ended.stdout.contains("are the same as in the live database"), "{}", ended.stdout);
    assert_eq!(names(&house), before);
    let left: Vec<_> =
        fs::read_dir(house.folder()).expect("our folder").map(|entry| entry.expect("one").path()).collect();
    assert!(!left.iter().any(|path| path.display().to_string().contains("scratch")), "{left:?}");

    let live = rusqlite::Connection::open(house.database()).expect("a database");
    live.execute_batch("UPDATE sessions SET ending_xrp = '1.000000' WHERE session_id = 2").expect("a row");
    drop(live);
    let ended = house.run(&["backup", "verify", &newest, "--drill"]);
    ended.expect_code(7);
    let told = "found  the live database: table sessions, row session_id = 2, column ending_xrp";
    assert!(ended.stdout.contains(told) && ended.stdout.contains("`neo rebuild --db "), "{}", ended.stdout);
}

#[test]
fn a_drill_of_a_backup_in_which_a_row_was_changed_names_the_row_and_what_to_do() {
    let house = House::new();
    house.short_session(1);
    let newest = of_kind(&house, "post").remove(0);
    let copy = rusqlite::Connection::open(house.folder().join("s.backups").join(&newest)).expect("a backup");
    copy.execute_batch("UPDATE sessions SET ending_xrp = '1.000000' WHERE session_id = 1").expect("a row");
    copy.close().expect("a database that closes");
    house.run(&["backup", "verify", &newest]).expect_code(0);
    let ended = house.run(&["backup", "verify", &newest, "--drill"]);
    ended.expect_code(7);
    let told = format!("found  the backup {newest}: table sessions, row session_id = 1, column ending_xrp");
    assert!(ended.stdout.contains(&told) && ended.stdout.contains("`neo backup create --db "), "{}", ended.stdout);
    assert!(!ended.stdout.contains("the live database"), "{}", ended.stdout);
    house.run(&["backup", "create"]).expect_code(0);
    house.run(&["backup", "verify", "--drill"]).expect_code(0);
}

#[test]
fn beside_a_running_session_copies_are_listed_and_checked_and_none_is_made() {
    let house = House::new();
    house.short_session(1);
    let _session = house.session(&["--seed", "5"]);
    house.until_chain("a second session", |chain| chain.of_kind("session_opened").len() == 2);
    for verb in ["create", "prune"] {
        house.run(&["backup", verb]).expect_code(4);
    }
    house.run(&["backup", "create"]).expect_refusal(4, &["press b"]);
    house.run(&["backup", "list"]).expect_code(0);
    house.run(&["backup", "verify"]).expect_code(0);
}

#[test]
fn where_there_is_no_database_none_is_made_to_be_copied() {
    let house = House::new();
    house.run(&["backup", "create"]).expect_refusal(1, &["there is no database"]);
    let listed = house.run(&["backup", "list"]);
    listed.expect_code(0);
    assert!(listed.stdout.starts_with("There is no backup"), "{}", listed.stdout);
    assert!(!house.database().exists() && !house.journal().exists());
}

/// A house whose newest backup has a session that journal and database have not: both were made again from an older copy
/// while the backups were away.
fn that_went_on_without_its_backups() -> (House, PathBuf) {
    let house = House::new();
    house.short_session(1);
    let older = fs::read(house.database()).expect("a database");
    let before = house.files("s.backups");
    house.short_session(2);
    let newest = house
        .files("s.backups")
        .into_iter()
        .rfind(|backup| !before.contains(backup) && backup.to_string_lossy().contains("-post"));
    let newest = newest.expect("a backup");
    fs::write(house.database(), older).expect("our own file");
    fs::remove_dir_all(house.journal()).expect("our own folder");
    go_on_without(&house, &newest);
    (house, newest)
}

/// A house with the journal and the database of another, beside its own backup.
fn with_another_houses_copies() -> (House, PathBuf) {
    let (house, other) = (House::new(), House::new());
    house.short_session(1);
    other.short_session(2);
    let own = house.files("s.backups").pop().expect("a backup");
    fs::copy(other.database(), house.database()).expect("our own file");
    fs::remove_dir_all(house.journal()).expect("our own folder");
    fs::rename(other.journal(), house.journal()).expect("our own folder");
    go_on_without(&house, &own);
    (house, own)
}

/// A session while the backups are away, of which this one comes back.
fn go_on_without(house: &House, backup: &Path) {
    let (folder, away) = (house.folder().join("s.backups"), house.folder().join("away"));
    fs::rename(&folder, &away).expect("our own folder");
    house.short_session(3);
    fs::rename(away.join(backup.file_name().expect("a name")), backup).expect("our own folder");
    fs::remove_dir_all(away).expect("our own folder");
}

#[test]
fn a_backup_that_is_not_part_of_the_chain_is_told_of_and_never_pruned() {
    for (is_ours, (house, apart)) in [(true, that_went_on_without_its_backups()), (false, with_another_houses_copies())]
    {
        let name = apart.file_name().expect("a file").to_string_lossy().into_owned();
        // Times before all others: of what is part of the chain these would be the first to go.
        let copies: Vec<String> = (10..22).map(|second| format!("20200101T0000{second}Z-post.db")).collect();
        for copy in &copies {
            fs::copy(&apart, apart.with_file_name(copy)).expect("our own folder");
        }
        for seed in 4..6 {
            let ended = house.short_session(seed);
            assert!(ended.stderr.contains("is not part of the journal"), "{}", ended.said());
        }
        let told = house.chain().last("incident").clone();
        assert_eq!(told.text("/title"), "A backup is not part of the journal");
        assert!(told.text("/happened").contains(&name) && told.text("/happened").contains("mv"), "{}", told.line);
        house.run(&["backup", "prune"]).expect_code(0);
        let kept = names(&house);
        assert!(kept.contains(&name) && copies.iter().all(|copy| kept.contains(copy)), "{kept:?}");
        let listed = house.run(&["backup", "list"]);
        assert!(listed.stderr.contains(&name) && listed.stderr.contains("never pruned"), "{}", listed.said());
        let verified = house.run(&["verify", "--all"]);
        verified.expect_code(if is_ours { 7 } else { 0 });
        assert!(verified.stdout.contains(&name), "{}", verified.said());
        let audit = house.run(&["audit"]);
        assert!(audit.stdout.contains(&name) && !audit.stdout.contains("all is well"), "{}", audit.said());
        house.run(&["sessions", "--db", apart.to_str().expect("a name")]).expect_code(0);
        // What it says to be done with one is enough.
        copies.iter().chain([&name]).for_each(|copy| {
            let copy = apart.with_file_name(copy);
            fs::rename(&copy, copy.with_extension("db.moved")).expect("our own folder");
        });
        house.run(&["verify", "--all"]).expect_code(0);
        assert!(!house.short_session(6).stderr.contains("is not part of the journal"));
    }
}
