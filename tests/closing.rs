//! What closing leaves behind: a copy that fails on the way is made up for by the other, and the receipt can be had
//! again. What failed may be tried again while the operator looks on.
#![cfg(unix)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use support::{Console, Headless, House, Stage};

/// While this file is there, the fault happens.
const FAULT: &str = "fault";

/// A session whose end has begun when a copy begins to fail.
#[track_caller]
fn fail_while_closing(house: &House, fault: &str) -> support::Ended {
    let mut command = house.neo(&["run", "--headless", "--seed", "7"]);
    command.env("NEO_FAULTS", fault);
    let mut session = Headless::spawn(command);
    house.until_quoting();
    session.signal(Signal::TERM);
    house.until_chain("the seal", |chain| !chain.of_kind("end_begun").is_empty());
    house.touch(FAULT);
    let ended = session.ended();
    assert_eq!(ended.code, Some(6), "{}", ended.said());
    house.remove(FAULT);
    ended
}

/// After the next start both copies tell of the same end, and the chain is whole.
#[track_caller]
fn expect_level_after_the_next_start(house: &House) {
    house.short_session(2);
    let closed = house.chain();
    let closed = closed.of_kind("session_closed").into_iter().find(|link| link.session == Some(1));
    assert_eq!(closed.expect("it is closed").text("/reason"), "interrupted_sigterm");
    assert_eq!(house.rows().session(1)["status"], "CLOSED");
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_journal_that_fails_while_closing_is_made_up_for_by_the_store_and_that_is_said() {
    let house = House::new();
    let ended = fail_while_closing(&house, "journal_sync:@fault");
    assert!(ended.stdout.contains("The journal cannot be written"), "{}", ended.said());
    assert!(ended.stdout.contains("in the database only"), "{}", ended.said());
    assert!(house.chain().of_kind("session_closed").is_empty(), "the journal does not have it");
    assert_eq!(house.rows().session(1)["status"], "CLOSED", "the store does");
    expect_level_after_the_next_start(&house);
}

#[test]
fn a_store_that_fails_while_closing_is_made_up_for_by_the_journal_and_that_is_said() {
    let house = House::new();
    let ended = fail_while_closing(&house, "store_commit:@fault");
    assert!(ended.stdout.contains("The store cannot be written"), "{}", ended.said());
    assert_eq!(house.chain().last("session_closed").text("/reason"), "interrupted_sigterm");
    expect_level_after_the_next_start(&house);
}

#[test]
fn a_receipt_is_printed_again_as_it_was_kept_and_from_the_database_if_its_file_is_gone() {
    let house = House::new();
    house.short_session(1);
    let kept = fs::read_to_string(receipt(&house, "txt")).expect("a receipt");
    let again = house.run(&["sessions", "show", "1", "--receipt"]);
    again.expect_code(0);
    assert_eq!(again.stdout.trim_end(), kept.trim_end());
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let kept = json(&fs::read_to_string(receipt(&house, "json")).expect("a receipt"));
    assert_eq!(json(&house.run(&["--json", "sessions", "show", "1", "--receipt"]).stdout), kept);

    fs::write(receipt(&house, "json"), "{ torn").expect("written");
    let made = house.run(&["--json", "sessions", "show", "1", "--receipt"]);
    made.expect_code(0);
    assert!(made.stderr.contains("1.json cannot be read"), "{}", made.stderr);
    fs::remove_file(receipt(&house, "json")).expect("removed");
    let made_again = house.run(&["--json", "sessions", "show", "1", "--receipt"]);
    assert_eq!(made_again.stderr, "");
    assert_eq!(json(&made.stdout), json(&made_again.stdout));
    assert_eq!(json(&made.stdout)["totals"], kept["totals"]);
    house.run(&["sessions", "show", "9", "--receipt"]).expect_refusal(1, &["no such session"]);
}

fn receipt(house: &House, kind: &str) -> PathBuf {
    Path::new(house.folder()).join(format!("s.receipts/1.{kind}"))
}

/// A session on a console whose last step failed, and whose files are still its own.
fn at_its_second_chance(house: &House, fault: &str) -> Console {
    let mut console = Stage::new().faults(fault).start(house, &["run", "--seed", "7", "--speed", "20"]);
    console.wait_for_quotes(house);
    house.touch(FAULT);
    console.keys("q");
    console.wait_for_text("r: try again");
    house.remove(FAULT);
    console
}

#[test]
fn what_failed_at_the_end_is_tried_again_with_r_and_then_nothing_has_failed() {
    for (fault, phase) in [("backup:@fault:enospc", "backup"), ("checkpoint:@fault", "checkpoint")] {
        let house = House::new();
        let mut console = at_its_second_chance(&house, fault);
        console.keys("r");
        assert_eq!(console.ended(), 0, "{phase}:\n{}", console.screen());
        assert!(console.screen().contains("closed, verified"), "{}", console.screen());
        house.run(&["verify", "--all"]).expect_code(0);
        let newest = house.files("s.backups").into_iter().rfind(|path| path.to_string_lossy().contains("post"));
        assert!(newest.is_some(), "there is a copy after the session");
    }
}

#[test]
fn from_the_incident_it_can_be_tried_again_too() {
    let house = House::new();
    let mut console = at_its_second_chance(&house, "backup:@fault:enospc");
    console.keys("e");
    console.wait_for_text("Backup failed");
    console.keys("r");
    assert_eq!(console.ended(), 0, "{}", console.screen());
}

#[test]
fn an_operator_who_leaves_it_so_a_signal_and_silence_end_the_waiting() {
    for how in ["Ctrl+C", "SIGTERM", "silence"] {
        let house = House::new();
        let mut console = at_its_second_chance(&house, "backup:@fault:enospc");
        match how {
            "Ctrl+C" => console.keys("\x03"),
            "SIGTERM" => console.signal(Signal::TERM),
            _ => {}
        }
        assert_eq!(console.ended(), 6, "{how}:\n{}", console.screen());
        assert_eq!(house.rows().session(1)["halt_reason"], "operator_quit");
        assert!(console.screen().contains("injected"), "the receipt says why:\n{}", console.screen());
    }
}

#[test]
fn a_session_that_starts_without_xrp_is_closed_like_any_other() {
    let house = House::new();
    fs::write(house.folder().join("neo.toml"), "[paper]\nstart_xrp = 0\n").expect("a config");
    let run = ["--config", "neo.toml", "run", "--headless", "--speed", "max", "--duration", "5m", "--seed", "7"];
    house.run(&run).expect_code(0);
    assert_eq!(house.rows().session(1)["status"], "CLOSED");
    house.run(&["verify", "--all"]).expect_code(0);
}
