//! What is given to `neo` and cannot be right: one clear message that says what to do, the right exit code, and nothing
//! lost.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rusqlite::Connection;

use support::{Headless, House, until};

/// A house in which two sessions were closed: two segments, a store, copies.
fn lived_in() -> House {
    let house = House::new();
    house.short_session(1);
    house.short_session(2);
    assert_eq!(segments(&house).len(), 2, "each run writes a segment of its own");
    house
}

fn segments(house: &House) -> Vec<PathBuf> {
    support::chain::segments(&house.journal())
}

/// Asserts that a run is refused with a code and these words, and that every byte stays where it is.
#[track_caller]
fn expect_untouched_refusal(house: &House, arguments: &[&str], code: i32, words: &[&str]) {
    let before = house.possessions();
    house.run(arguments).expect_refusal(code, words);
    assert!(house.possessions() == before, "a refusal changes nothing: {:?}", changed(&before, &house.possessions()));
}

fn changed(before: &[(PathBuf, Vec<u8>)], after: &[(PathBuf, Vec<u8>)]) -> Vec<PathBuf> {
    let differ = |one: &[(PathBuf, Vec<u8>)], other: &[(PathBuf, Vec<u8>)]| {
        one.iter().filter(|file| !other.contains(file)).map(|(path, _)| path.clone()).collect::<Vec<_>>()
    };
    [differ(before, after), differ(after, before)].concat()
}

/// Every command that must refuse a house that is not sound.
const SESSION: [&str; 8] = ["run", "--headless", "--seed", "3", "--speed", "max", "--duration", "20s"];

#[test]
fn wrong_flags_are_usage() {
    let house = House::new();
    for (arguments, word) in [
        (&["fly"][..], "fly"),
        (&["run", "--sped", "max"], "--speed"),
        (&["run", "--duration", "2x"], "2h"),
        (&["run", "--speed", "0"], "0"),
        (&["run", "--venue", "moon"], "paper"),
        (&["run", "--seed", "abc"], "abc"),
        (&["sessions", "show", "no"], "no"),
        (&["query"], "SQL"),
    ] {
        house.run(arguments).expect_refusal(2, &[word]);
    }
    assert!(!house.database().exists(), "nothing was made on the way");
}

#[test]
fn a_config_with_an_unknown_key_is_refused_with_its_line_and_a_suggestion() {
    let house = House::new();
    let config = house.folder().join("neo.toml");
    fs::write(&config, "[engine]\n# ours\nbid_ofset_bps = 12\n").expect("a config");
    let config = config.to_str().expect("a plain path");
    for arguments in [&[&["--config", config][..], &SESSION].concat()[..], &["--config", config, "config", "check"]] {
        expect_untouched_refusal(&house, arguments, 2, &["neo.toml:3", "bid_ofset_bps", "bid_offset_bps"]);
    }
    assert!(!house.database().exists());
}

#[test]
fn a_config_that_is_no_toml_is_refused_with_its_line() {
    let house = House::new();
    let config = house.folder().join("neo.toml");
    fs::write(&config, "[engine]\nbid_offset_bps = = 3\n").expect("a config");
    let config = config.to_str().expect("a plain path");
    expect_untouched_refusal(&house, &[&["--config", config][..], &SESSION].concat(), 2, &["neo.toml:2"]);
}

#[test]
fn a_config_that_is_named_and_not_there_is_refused() {
    let house = House::new();
    expect_untouched_refusal(&house, &[&["--config", "gone.toml"][..], &SESSION].concat(), 2, &["gone.toml"]);
}

#[test]
fn a_database_that_is_a_text_file_is_left_alone() {
    let house = House::new();
    fs::write(house.database(), "Dear diary, today I bought XRP.\n".repeat(200)).expect("a text");
    expect_untouched_refusal(&house, &SESSION, 3, &["s.db", "not", "database"]);
    expect_untouched_refusal(&house, &["sessions", "list"], 3, &["s.db"]);
    assert!(segments(&house).is_empty(), "no journal is begun beside it");
}

#[test]
fn a_database_that_is_a_folder_is_refused() {
    let house = House::new();
    fs::create_dir(house.database()).expect("a folder");
    expect_untouched_refusal(&house, &SESSION, 3, &["s.db", "folder"]);
}

/// Not even root can read these.
#[cfg(unix)]
#[test]
fn a_database_that_cannot_be_read_is_refused() {
    let house = House::new();
    std::os::unix::fs::symlink("s.db", house.database()).expect("a link to itself");
    let ended = house.run(&SESSION);
    assert!(matches!(ended.code, Some(3 | 5)), "{ended:?}");
    assert!(ended.stderr.contains("s.db"), "{ended:?}");
    let house = House::new();
    let made = std::process::Command::new("mkfifo").arg(house.database()).status().expect("mkfifo");
    assert!(made.success());
    let ended = house.run(&SESSION);
    assert!(matches!(ended.code, Some(3 | 5)), "{ended:?}");
    assert!(ended.stderr.contains("s.db"), "{ended:?}");
}

#[cfg(unix)]
#[test]
fn a_database_without_the_right_to_read_it_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        return; // Root reads everything; the test above stands for this one.
    }
    let house = lived_in();
    fs::set_permissions(house.database(), fs::Permissions::from_mode(0o000)).expect("our own file");
    let ended = house.run(&SESSION);
    fs::set_permissions(house.database(), fs::Permissions::from_mode(0o600)).expect("our own file");
    assert!(matches!(ended.code, Some(3 | 5)), "{ended:?}");
}

#[test]
fn a_database_from_a_newer_neo_is_refused() {
    let house = lived_in();
    let store = Connection::open(house.database()).expect("a database");
    store.execute_batch("CREATE TABLE later (it); PRAGMA user_version = 9999").expect("a number");
    store.close().expect("a database that closes");
    expect_untouched_refusal(&house, &SESSION, 3, &["newer", "9999"]);
    expect_untouched_refusal(&house, &["sessions", "list"], 3, &["newer"]);
}

#[test]
fn a_journal_from_a_newer_neo_is_refused() {
    let house = lived_in();
    let chain = house.chain();
    let (last, n) = (chain.links.last().expect("a chain"), chain.links.len());
    let fields = format!(r#"{{"v":99,"n":{n},"ack":{},"wonder":true,"prev":"{}""#, n - 1, last.hash);
    let hash = support::chain::sha256(&fields);
    fs::write(house.journal().join(format!("{n:010}.jsonl")), format!("{fields},\"hash\":\"{hash}\"}}\n"))
        .expect("a file");
    expect_untouched_refusal(&house, &SESSION, 3, &["newer"]);
}

/// Puts bytes behind the last line of a segment, where a torn write would leave them.
fn tear(segment: &Path, torn: &[u8]) {
    let mut bytes = fs::read(segment).expect("a segment");
    let end = bytes.iter().rposition(|byte| *byte != b'\n').expect("a segment with lines") + 2;
    bytes.truncate(end);
    bytes.extend_from_slice(torn);
    fs::write(segment, bytes).expect("our own file");
}

#[test]
fn a_torn_tail_never_counted_and_the_next_session_goes_on() {
    let house = lived_in();
    let before = house.chain();
    let last = segments(&house).pop().expect("a segment");
    tear(&last, br#"{"v":1,"n":57,"ack":40,"at":"2026-11-22T18:4"#);
    let ended = house.session(&["--seed", "3", "--speed", "max", "--duration", "20s"]).ended();
    ended.expect_code(0);
    let logs: String = house.files("logs").iter().map(|path| fs::read_to_string(path).expect("a log")).collect();
    let said = format!("{}{logs}", ended.said());
    assert!(said.contains("nothing that is left says that it was acknowledged"), "it says so:\n{}", ended.said());
    let after = house.chain();
    assert_eq!(after.void, 1, "the torn line is left where it was, and does not count");
    assert_eq!(after.links[..before.links.len()], before.links);
    assert_eq!(house.rows().session(3)["status"], "CLOSED");
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_broken_acknowledged_line_is_found_by_verify_and_mended_by_the_next_start() {
    let house = lived_in();
    let whole = house.chain();
    let first = segments(&house).remove(0);
    let text = fs::read_to_string(&first).expect("a segment");
    let broken = text.replacen(r#""kind":"intent""#, r#""kind":"indent""#, 1);
    assert_ne!(broken, text);
    fs::write(&first, broken).expect("our own file");
    let before = house.possessions();
    let verify = house.run(&["verify", "--all"]);
    assert_eq!(verify.code, Some(7), "{}", verify.said());
    assert!(verify.said().contains("0000000000.jsonl"), "it names the place:\n{}", verify.said());
    assert!(house.possessions() == before, "verify only reads");
    house.run(&SESSION).expect_code(0);
    assert_eq!(house.chain().links[..whole.links.len()], whole.links);
}

#[test]
fn a_missing_segment_is_found_by_verify_and_comes_back_at_the_next_start() {
    let house = lived_in();
    let whole = house.chain();
    fs::rename(segments(&house).remove(0), house.folder().join("elsewhere")).expect("our own file");
    let verify = house.run(&["verify", "--all"]);
    assert_eq!(verify.code, Some(7), "{}", verify.said());
    house.run(&SESSION).expect_code(0);
    assert_eq!(house.chain().links[..whole.links.len()], whole.links);
}

#[test]
fn a_missing_end_of_the_journal_is_found_and_put_back_from_the_store() {
    for lost in [1, 2] {
        let house = lived_in();
        let before = house.chain();
        segments(&house).iter().rev().take(lost).for_each(|gone| fs::remove_file(gone).expect("our own file"));
        let verify = house.run(&["verify", "--all"]);
        assert_eq!(verify.code, Some(7), "{}", verify.said());
        let ended = house.run(&SESSION);
        ended.expect_code(0);
        assert!(ended.stderr.contains("only in the store"), "it says so:\n{}", ended.said());
        assert_eq!(house.chain().links[..before.links.len()], before.links, "byte for byte");
        house.run(&["verify", "--all"]).expect_code(0);
    }
}

#[test]
fn a_missing_end_of_the_journal_is_not_put_back_from_a_store_that_was_changed() {
    let house = lived_in();
    fs::remove_file(segments(&house).remove(1)).expect("our own file");
    change_a_fact(&house);
    expect_untouched_refusal(&house, &SESSION, 3, &[]);
}

/// Puts other words into the newest intent that the store has.
fn change_a_fact(house: &House) {
    let store = Connection::open(house.database()).expect("a database");
    let sql = "UPDATE facts SET line = replace(line, '\"SELL\"', '\"BUY\"') \
               WHERE n = (SELECT max(n) FROM facts WHERE kind = 'intent' AND line LIKE '%\"SELL\"%')";
    assert_eq!(store.execute(sql, []).expect("rows"), 1);
    store.close().expect("a database that closes");
}

#[test]
fn a_fact_that_was_changed_in_the_store_is_found() {
    let house = lived_in();
    change_a_fact(&house);
    let verify = house.run(&["verify", "--all"]);
    assert_eq!(verify.code, Some(7), "{}", verify.said());
}

#[test]
fn a_store_that_was_lost_is_made_again_from_the_journal_or_refused_with_what_to_run() {
    let house = lived_in();
    let before = house.chain();
    fs::remove_file(house.database()).expect("our own file");
    let ended = house.session(&["--seed", "3", "--speed", "max", "--duration", "20s"]).ended();
    match ended.code {
        Some(0) => assert_eq!(house.rows().count("SELECT count(*) FROM sessions"), 3),
        Some(3) => assert!(ended.stderr.contains("neo "), "{}", ended.said()),
        other => panic!("{other:?}: {}", ended.said()),
    }
    assert_eq!(house.chain().links[..before.links.len()], before.links);
}

#[test]
fn a_second_neo_on_the_same_database_is_refused_with_the_pid_of_the_first() {
    let house = House::new();
    let first = house.session(&["--seed", "7"]);
    house.until_quoting();
    let pid = first.pid().to_string();
    house.run(&SESSION).expect_refusal(4, &[&pid, "s.lock", "--db"]);
    let mut first = first;
    assert!(!first.has_ended(), "the first one does not even notice");
    // Looking is allowed beside a running session.
    house.run(&["sessions", "list"]).expect_code(0);
    house.run(&["query", "SELECT count(*) FROM sessions"]).expect_code(0);
}

#[test]
fn a_folder_that_cannot_be_written_is_no_safe_place() {
    let house = House::new();
    // Not even root can make a file here.
    let mut command = house.neo(&SESSION);
    command.args(["--db", "/proc/neo.db"]);
    Headless::spawn(command).ended().expect_refusal(5, &["/proc", "--db"]);
}

#[test]
fn a_log_folder_that_cannot_be_made_is_no_safe_place() {
    let house = House::new();
    let mut command = std::process::Command::new(support::house::NEO);
    command.env_clear().envs(house.environment()).args(SESSION).args(["--log-dir", "/proc/logs"]);
    Headless::spawn(command).ended().expect_refusal(5, &["/proc/logs"]);
    assert!(!house.database().exists());
}

#[test]
fn a_question_that_writes_is_refused() {
    let house = lived_in();
    let before = house.rows().lines();
    for sql in [
        "DELETE FROM sessions",
        "PRAGMA user_version = 3",
        "SELEC 1",
        "SELECT 1; DROP TABLE facts",
        "ATTACH 'x.db' AS x",
    ] {
        let ended = house.run(&["query", sql]);
        assert!(matches!(ended.code, Some(1 | 2)), "{sql}: {ended:?}");
        assert!(!ended.stderr.is_empty() && !ended.stderr.contains("panicked"), "{sql}: {ended:?}");
    }
    assert_eq!(house.rows().lines(), before);
    assert!(!house.folder().join("x.db").exists());
}

#[test]
fn questions_about_a_database_that_is_not_there_say_so_and_make_none() {
    let house = House::new();
    for arguments in
        [&["sessions", "list"][..], &["sessions", "show", "1"], &["query", "SELECT 1"], &["verify", "--all"]]
    {
        let ended = house.run(arguments);
        assert!(ended.code.is_some_and(|code| code <= 3), "{ended:?}");
        assert!(!ended.said().is_empty() && !ended.said().contains("panicked"), "{ended:?}");
        assert!(!house.database().exists(), "{arguments:?} only looks");
    }
}

#[test]
fn a_session_that_does_not_exist_is_said() {
    let house = lived_in();
    house.run(&["sessions", "show", "99"]).expect_refusal(1, &["99"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_panic() {
    let house = lived_in();
    for arguments in
        [&["sessions", "list"][..], &["sessions", "show", "1"], &["query", "SELECT * FROM facts"], &["--help"]]
    {
        let (nobody_reads, stdout) = std::io::pipe().expect("a pipe");
        drop(nobody_reads);
        let mut command = house.neo(arguments);
        command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        let ended = Headless::spawn_as_it_is(command).ended();
        assert!(matches!(ended.code, Some(0 | 1)), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn answers_as_json_are_one_document_and_nothing_else() {
    let house = lived_in();
    for arguments in [
        &["--json", "sessions", "list"][..],
        &["--json", "sessions", "show", "1"],
        &["--json", "verify", "--all"],
        &["--json", "query", "SELECT session_id, ended_at FROM sessions"],
        &["--json", "config", "show"],
    ] {
        let ended = house.run(arguments);
        ended.expect_code(0);
        let document: Result<serde_json::Value, _> = serde_json::from_str(&ended.stdout);
        assert!(document.is_ok(), "{arguments:?}: {}", ended.said());
        assert!(!ended.stdout.contains('\x1b'), "{arguments:?}");
    }
}

#[cfg(unix)]
mod terminals {
    use super::{House, until};
    use crate::support::{Headless, Stage};

    #[test]
    fn a_terminal_of_ten_by_three_is_told_politely_and_q_works() {
        let house = House::new();
        let mut console = Stage::new().size(10, 3).start(&house, &["run", "--seed", "7", "--speed", "20"]);
        console.wait_for("a notice", |screen| screen.contains('q') && !screen.trim().is_empty());
        house.until_quoting();
        console.keys("q");
        assert_eq!(console.ended(), 0, "{}", console.screen());
        assert_eq!(house.rows().session(1)["halt_reason"], "operator_quit");
        let (before, now) = console.settings_before_and_now();
        assert_eq!(before, now);
    }

    #[test]
    fn a_terminal_of_one_cell_is_no_panic() {
        let house = House::new();
        let mut console = Stage::new().size(1, 1).start(&house, &["run", "--seed", "7", "--speed", "20"]);
        house.until_quoting();
        console.keys("q");
        assert_eq!(console.ended(), 0);
    }

    #[test]
    fn a_terminal_that_shrinks_and_grows_shows_the_session_again() {
        let house = House::new();
        let mut console = Stage::new().start(&house, &["run", "--seed", "7", "--speed", "20"]);
        console.wait_for_text("QUOTING");
        console.resize(40, 10);
        console.wait_for_text("NEO needs");
        console.resize(200, 50);
        console.wait_for("the whole screen", |screen| screen.lines().any(|line| line.trim_end().chars().count() > 150));
        console.keys("q");
        assert_eq!(console.ended(), 0, "{}", console.screen());
    }

    #[test]
    fn keys_that_mean_nothing_do_nothing() {
        let house = House::new();
        let mut console = Stage::new().start(&house, &["run", "--seed", "7", "--speed", "20"]);
        console.wait_for_text("QUOTING");
        console.keys("Z\x1b[99~\x1b[I\x1bOP\x00\x07\u{1F980}\x1b[200~qqq\x03 pasted, not typed\x1b[201~");
        let so_far = house.chain().links.len();
        house.until_chain("facts that go on", |chain| chain.links.len() > so_far + 10);
        assert!(house.chain().of_kind("end_begun").is_empty(), "what is pasted is no key");
        console.keys("q");
        assert_eq!(console.ended(), 0, "{}", console.screen());
    }

    #[test]
    fn a_refusal_before_the_session_gives_the_terminal_back_and_says_why() {
        let house = House::new();
        std::fs::write(house.database(), "no database at all\n".repeat(99)).expect("a text");
        let mut console = Stage::new().start(&house, &["run"]);
        assert_eq!(console.ended(), 3);
        let (before, now) = console.settings_before_and_now();
        assert_eq!(before, now);
        assert!(!console.is_on_alternate_screen());
        assert!(console.screen().contains("s.db"), "{}", console.screen());
    }

    #[test]
    fn without_any_terminal_it_is_headless() {
        let house = House::new();
        let mut command = std::process::Command::new("setsid");
        command.env_clear().envs(house.environment()).arg("--wait").arg(crate::support::house::NEO);
        command.args(["run", "--seed", "7", "--speed", "max", "--duration", "20s"]).arg("--log-dir").arg(house.logs());
        let ended = Headless::spawn(command).ended();
        ended.expect_code(0);
        until("the row", || (house.rows().session(1)["status"] == "CLOSED").then_some(()));
    }
}
