//! What an operator's bad day does to a session that runs: nothing that was not on the disk may be called verified.
#![cfg(unix)]

mod support;

use std::fs;

use rustix::process::Signal;
use support::until::until_so;
use support::{Ended, Headless, House, Stage};

/// A session that quotes, to which something is done before it is asked to end.
#[track_caller]
fn ended_after(harm: impl FnOnce(&House)) -> (House, Ended) {
    let house = House::new();
    let mut session = house.session(&["--seed", "1"]);
    house.until_quoting();
    harm(&house);
    session.signal(Signal::TERM);
    (house, session.ended())
}

#[track_caller]
fn expect_not_verified(ended: &Ended, word: &str) {
    ended.expect_code(6);
    for word in ["closed, NOT verified", "UNVERIFIED", word, "neo verify --all"] {
        assert!(ended.stdout.contains(word), "`{word}` is not on the receipt:\n{}", ended.stdout);
    }
}

#[test]
fn a_journal_that_was_deleted_under_a_session_is_not_called_verified_and_comes_back_at_the_next_start() {
    let (house, ended) = ended_after(|house| fs::remove_dir_all(house.journal()).expect("our own folder"));
    expect_not_verified(&ended, "s.journal");
    house.short_session(2);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_database_that_was_moved_under_a_session_is_not_called_verified_and_comes_back_at_the_next_start() {
    let (house, ended) =
        ended_after(|house| fs::rename(house.database(), house.folder().join("moved.db")).expect("our own file"));
    expect_not_verified(&ended, "there is no database at");
    for left in ["s.db-wal", "s.db-shm"] {
        fs::remove_file(house.folder().join(left)).expect("what lay beside it");
    }
    house.short_session(2);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_link_to_a_database_that_another_neo_has_leads_no_second_one_into_it() {
    let house = House::new();
    let mut session = house.session(&["--seed", "1"]);
    house.until_quoting();
    let link = house.folder().join("link.db");
    std::os::unix::fs::symlink("s.db", &link).expect("a link");
    let second = Headless::spawn(house.neo(&["run", "--headless", "--db", "link.db"])).ended();
    second.expect_refusal(4, &["another neo has this database", "s.lock"]);
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
}

#[test]
fn a_very_long_label_is_listed_like_any_other() {
    let house = House::new();
    let label = "a".repeat(100_000);
    let arguments = ["run", "--headless", "--speed", "max", "--duration", "10s", "--label", &label];
    house.run(&arguments).expect_code(0);
    assert!(house.run(&["sessions"]).expect_code(0).stdout.contains(&label));
}

#[test]
fn a_signal_in_the_moment_in_which_the_terminal_is_taken_leaves_it_as_it_was() {
    for _ in 0..20 {
        let house = House::new();
        let mut console = Stage::new().start(&house, &[]);
        until_so("the other screen", || console.bytes().windows(8).any(|bytes| bytes == b"\x1b[?1049h"));
        console.signal(Signal::TERM);
        assert_eq!(console.ended(), 0);
        let (before, now) = console.settings_before_and_now();
        assert_eq!(before, now, "the terminal is not raw");
        assert!(!console.is_on_alternate_screen());
    }
}

#[test]
fn a_session_whose_end_no_copy_could_keep_is_not_called_closed() {
    let house = House::new();
    let mut command = house.neo(&["run", "--headless", "--speed", "max", "--duration", "60s"]);
    command.env("NEO_FAULTS", "journal_sync:9+,store_commit:2+");
    let ended = Headless::spawn(command).ended();
    ended.expect_code(1);
    assert!(ended.stdout.contains("is NOT closed: the next start recovers it"), "{}", ended.stdout);
    house.short_session(2);
    assert_eq!(house.rows().session(1)["status"], "RECOVERED");
}

#[test]
fn a_session_whose_end_only_the_store_could_keep_says_so() {
    let house = House::new();
    let mut command = house.neo(&["run", "--headless", "--speed", "max", "--duration", "60s"]);
    command.env("NEO_FAULTS", "journal_sync:5+");
    let ended = Headless::spawn(command).ended();
    expect_not_verified(&ended, "in the database only");
    house.short_session(2);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_lock_file_that_was_removed_under_a_session_lets_no_second_neo_in() {
    let house = House::new();
    let mut session = house.session(&["--seed", "1"]);
    house.until_quoting();
    fs::remove_file(house.folder().join("s.lock")).expect("the lock file");
    house.run(&["run", "--headless"]).expect_refusal(4, &["another neo has this database", "was removed"]);
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
    house.run(&["verify", "--all"]).expect_code(0);
}
