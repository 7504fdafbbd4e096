//! What an operator's bad day does to a session that runs: nothing that was not on the disk may be called verified.
#![cfg(unix)]

mod support;

use std::fs;

use rustix::process::Signal;
use support::until::until_so;
use support::{Chain, Ended, Headless, House, Stage};

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

/// Something done to a file that is in use, and the end of the name that must be told.
type Attack = (&'static str, fn(&House));

/// The database is somewhere else, and an equal one lies in its place.
fn exchange(house: &House) {
    let moved = house.folder().join("moved.db");
    fs::rename(house.database(), &moved).expect("our own file");
    fs::copy(moved, house.database()).expect("our own file");
}

fn cut(path: std::path::PathBuf) {
    fs::File::options().write(true).open(path).expect("a file").set_len(0).expect("it is cut");
}

fn newest_segment(house: &House) -> std::path::PathBuf {
    house.files("s.journal").into_iter().max().expect("a segment")
}

/// The segment of the session before: nobody writes it any more.
fn older_segment(house: &House) -> std::path::PathBuf {
    house.files("s.journal").into_iter().min().expect("a segment")
}

/// Another file's bytes go over the database, which stays the same file.
fn copied_over(house: &House, other: &std::path::Path) {
    fs::copy(other, house.database()).expect("our own files");
}

fn oldest_backup(house: &House) -> std::path::PathBuf {
    house.files("s.backups").into_iter().min().expect("a backup of the session before")
}

fn dangling_link(house: &House) {
    let older = older_segment(house);
    fs::remove_file(&older).expect("our own file");
    std::os::unix::fs::symlink("nowhere", older).expect("a link");
}

fn text_of_the_same_size(house: &House) {
    let older = older_segment(house);
    let len = fs::read(&older).expect("our own file").len();
    fs::write(older, vec![b'x'; len]).expect("our own file");
}

fn a_copy_of_another(house: &House) {
    fs::copy(newest_segment(house), older_segment(house)).expect("our own files");
}

const ATTACKS: [Attack; 16] = [
    ("s.db", |house| fs::remove_file(house.database()).expect("our own file")),
    ("s.db", exchange),
    ("s.db", |house| cut(house.database())),
    ("s.db-wal", |house| fs::remove_file(house.wal()).expect("our own file")),
    ("s.db-wal", |house| cut(house.wal())),
    ("s.db-shm", |house| fs::remove_file(house.folder().join("s.db-shm")).expect("our own file")),
    ("s.journal", |house| fs::remove_dir_all(house.journal()).expect("our own folder")),
    (".jsonl", |house| fs::remove_file(newest_segment(house)).expect("our own file")),
    (".jsonl", |house| cut(newest_segment(house))),
    (".jsonl", |house| cut(older_segment(house))),
    (".jsonl", dangling_link),
    (".jsonl", text_of_the_same_size),
    (".jsonl", a_copy_of_another),
    (".jsonl", |house| fs::rename(newest_segment(house), older_segment(house)).expect("our own files")),
    ("s.db", |house| copied_over(house, &oldest_backup(house))),
    ("s.db", |house| {
        let other = House::new();
        other.short_session(1);
        copied_over(house, &other.database());
    }),
];

#[test]
fn a_session_whose_files_are_taken_away_notices_it_by_itself_and_ends_and_nothing_is_lost() {
    std::thread::scope(|scope| {
        for attack in ATTACKS {
            scope.spawn(move || expect_noticed(attack));
        }
    });
}

fn expect_noticed((name, harm): Attack) {
    let house = House::new();
    house.short_session(1);
    let resting = |chain: &Chain| chain.of_kind("order").iter().filter(|link| link.text("/step") == "rests").count();
    let earlier = resting(&house.chain());
    let session = house.session(&["--seed", "1"]);
    house.until_chain("an order that rests", |chain| resting(chain) > earlier);
    harm(&house);
    let ended = session.ended();
    ended.expect_code(6);
    let told = |word: &str| assert!(ended.stdout.contains(word), "`{word}` is not told of {name}:\n{}", ended.stdout);
    told("closed, NOT verified");
    told("ended by    a failure to keep facts");
    told(&format!("UNVERIFIED  {}", house.folder().display()));
    told(&format!("{name} "));
    // A start refuses a segment that it cannot read; a link that leads nowhere is the operator's to remove.
    for dangling in house.files("s.journal").into_iter().filter(|path| !path.exists()) {
        fs::remove_file(dangling).expect("a link");
    }
    house.short_session(3);
    let verified = house.run(&["verify", "--all"]);
    // Of a database that was cut, readings that were in no backup are lost; they may be, and that is told.
    let found: Vec<&str> = verified.stdout.lines().filter(|line| line.starts_with("found")).collect();
    assert!(found.iter().all(|line| line.contains("the readings of session")), "{name}: {}", verified.said());
    assert_eq!(house.rows().session(2)["status"], "CLOSED", "{name}");
}

#[test]
fn the_backup_of_an_end_is_made_of_what_is_open_where_the_database_has_lost_its_name() {
    let (house, ended) = ended_after(|house| fs::remove_file(house.database()).expect("our own file"));
    expect_not_verified(&ended, "s.db was deleted or moved away");
    let newest = house.files("s.backups").into_iter().filter(|path| path.to_string_lossy().contains("-post")).max();
    let newest = newest.expect("a backup of the end");
    let rows = support::Rows::of(&newest);
    assert_eq!(rows.session(1)["status"], "CLOSED");
}

#[test]
fn folders_of_copies_that_were_deleted_under_a_session_are_made_anew_and_it_is_told_what_was_lost() {
    let (house, ended) = ended_after(|house| {
        for folder in ["s.receipts", "s.backups"] {
            fs::remove_dir_all(house.folder().join(folder)).expect("our own folder");
        }
    });
    ended.expect_code(0);
    assert!(ended.stdout.contains("The backups' folder is gone"), "{}", ended.stdout);
    assert_eq!(house.files("s.receipts").len(), 2, "{}", ended.stdout);
    assert_eq!(house.files("s.backups").len(), 1);
    assert!(log(&house).contains("the folder of receipts is gone"), "{}", log(&house));
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
    // Whoever looks first tells of it: the session while it ends, or the last look when it is over.
    expect_not_verified(&ended, "s.db");
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

/// Everything in the log so far.
fn log(house: &House) -> String {
    house.files("logs").into_iter().map(|file| fs::read_to_string(file).unwrap_or_default()).collect()
}

/// A second start of a house, with a fault in the backup that comes before its session.
fn stalled_start(house: &House, fault: &str) -> Headless {
    house.short_session(1);
    let mut command = house.neo(&["run", "--headless"]);
    command.env("NEO_FAULTS", fault);
    let start = Headless::spawn(command);
    until_so("the backup before the session", || log(house).matches("making a backup before the session").count() == 1);
    start
}

#[test]
fn a_start_that_hangs_is_left_at_once_by_the_second_signal_with_no_session_begun() {
    for signal in [Signal::TERM, Signal::INT] {
        let house = House::new();
        let mut start = stalled_start(&house, "backup:1:stall600000");
        start.signal(signal);
        until_so("the first is heard", || log(&house).contains("once more leaves at once"));
        assert!(!start.has_ended(), "one signal waits for the end of the step");
        start.signal(signal);
        let ended = start.ended();
        ended.expect_code(0);
        assert!(ended.stderr.contains("no session was begun"), "{}", ended.stderr);
        assert_eq!(house.short_session(2).stdout.matches("Session 2 closed, verified").count(), 1);
    }
}

#[test]
fn a_signal_during_the_start_leaves_between_two_steps() {
    let house = House::new();
    let mut start = stalled_start(&house, "backup:1:stall2000");
    start.signal(Signal::TERM);
    let ended = start.ended();
    ended.expect_code(0);
    assert_eq!(ended.stdout, "", "there is no session, and no receipt");
    let last = "left before a session began; nothing of ours rests";
    assert!(ended.stderr.trim_end().ends_with(last), "{}", ended.stderr);
    assert_eq!(house.rows().count("SELECT count(*) FROM sessions"), 1);
    assert_eq!(house.files("s.backups").len(), 1, "the backup is given up as well: only the first session's is there");
}

#[test]
fn a_start_that_hangs_gives_the_terminal_back_when_it_is_left() {
    let house = House::new();
    house.short_session(1);
    let mut console = Stage::new().faults("backup:1:stall600000").start(&house, &["run", "--seed", "1"]);
    console.wait_for_text("making a backup before the session");
    console.keys("\x03");
    console.wait_for_text("once more leaves at once");
    console.keys("\x03");
    assert_eq!(console.ended(), 0);
    let (before, now) = console.settings_before_and_now();
    assert_eq!(before, now, "the terminal's settings");
    assert!(!console.is_on_alternate_screen() && !console.is_cursor_hidden());
}

#[test]
fn what_a_killed_command_left_of_its_copies_is_removed_by_the_next_one() {
    let house = House::new();
    house.short_session(1);
    let temp = house.folder().join("temp");
    fs::create_dir(&temp).expect("our own folder");
    let audit = || {
        let mut command = house.neo(&["audit"]);
        command.env("TMPDIR", &temp);
        command
    };
    let left = || fs::read_dir(&temp).expect("our own folder").count();
    // One that is too quick to be killed in its work is started again.
    until_so("a killed command that leaves its copies", || {
        let mut killed = Headless::spawn(audit());
        until_so("its copies, or its end", || left() > 0 || killed.has_ended());
        killed.signal(Signal::KILL);
        killed.ended().code.is_none() && left() > 0
    });
    Headless::spawn(audit()).ended().expect_code(0);
    assert_eq!(left(), 0);
}

#[test]
fn one_repair_is_one_incident_and_is_logged_once() {
    let house = House::new();
    house.short_session(1);
    fs::remove_file(house.database()).expect("our own file");
    let ended = house.short_session(2);
    assert!(ended.stdout.contains("incidents   Put right at the start\n"), "{}", ended.stdout);
    assert_eq!(log(&house).matches("the database was made anew").count(), 1, "{}", log(&house));
    assert_eq!(house.rows().count("SELECT count(*) FROM incidents"), 1);
    let shown = house.run(&["sessions", "show", "2"]).expect_code(0).stdout.clone();
    assert_eq!(shown.matches("happened").count(), 1, "{shown}");
}
