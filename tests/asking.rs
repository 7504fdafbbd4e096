//! What a machine cannot decide is asked on the console: nothing happens without a clear yes, every way of leaving leaves
//! every byte as it was and ends with code 3, and a choice is carried out, written down and told.
#![cfg(unix)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use support::{Console, House, Leader, Stage};

const RUN: [&str; 5] = ["run", "--seed", "7", "--speed", "20"];

/// The journal of one house with the database of another.
fn two_stories() -> House {
    let (house, other) = (House::new(), House::new());
    house.short_session(1);
    house.short_session(2);
    other.short_session(8);
    other.short_session(9);
    fs::copy(other.database(), house.database()).expect("a database to copy");
    house
}

/// Every byte of the database and of what belongs to it; the test's own files lie beside them.
fn files(house: &House) -> Vec<(PathBuf, Vec<u8>)> {
    let ours =
        |path: &Path| path.strip_prefix(house.folder()).is_ok_and(|path| path.to_string_lossy().starts_with("s."));
    house.possessions().into_iter().filter(|(path, _)| ours(path)).collect()
}

/// Both copies are gone, and the backups are there.
fn only_backups() -> House {
    let house = House::new();
    house.short_session(1);
    fs::remove_file(house.database()).expect("our own file");
    fs::remove_dir_all(house.journal()).expect("our own folder");
    house
}

#[track_caller]
fn asked(house: &House) -> Console {
    asked_on(Stage::new(), house)
}

#[track_caller]
fn asked_on(stage: Stage, house: &House) -> Console {
    let console = stage.start(house, &RUN);
    console.wait_for_text("NEEDS YOUR ANSWER");
    console
}

/// The start was refused in the same words as without a terminal, and the terminal is as it was.
#[track_caller]
fn expect_refused(mut console: Console, word: &str) {
    assert_eq!(console.ended(), 3, "{}", console.screen());
    assert!(!console.is_on_alternate_screen() && !console.is_cursor_hidden());
    let (before, now) = console.settings_before_and_now();
    assert_eq!(before, now, "the terminal's settings");
    assert!(console.screen().contains(word), "{}", console.screen());
}

#[test]
fn the_page_says_what_was_found_what_each_answer_does_and_the_command_for_later() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 50)] {
        let house = two_stories();
        let mut console = asked_on(Stage::new().size(columns, rows), &house);
        let words =
            ["two stories", "neo restore --from", "neo rebuild", "▸ l  leave", "code 3", "neo audit", "Enter choose"];
        console.wait_for(&format!("all of it at {columns}x{rows}"), |screen| words.iter().all(|w| screen.contains(w)));
        console.keys("q");
        expect_refused(console, "two stories");
    }
}

#[test]
fn every_way_of_leaving_changes_nothing_and_ends_with_code_3() {
    let house = two_stories();
    let before = files(&house);
    for keys in ["\r", "\x1b", "l", "q", "\x03", "r\x03", "bn\r"] {
        let mut console = asked(&house);
        for key in keys.chars() {
            console.keys(&key.to_string());
            match key {
                'r' | 'b' => console.wait_for_text("Really"),
                'n' => console.wait_for("the page again", |screen| !screen.contains("Really")),
                _ => {}
            }
            // Going back puts the option into focus that was not taken: only leaving is taken without a question.
            if key == 'n' {
                console.keys("\x1b[B");
                console.wait_for_text("▸ l  leave");
            }
        }
        expect_refused(console, "Nothing was changed");
        assert!(files(&house) == before, "{keys:?} leaves every byte as it was");
    }
}

#[test]
fn a_signal_and_a_terminal_that_goes_leave_too() {
    let house = two_stories();
    let before = files(&house);
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let console = asked(&house);
        console.signal(signal);
        expect_refused(console, "Nothing was changed");
    }
    let mut console = asked_on(Stage::new().led_by(Leader::Neo), &house);
    console.hang_up();
    assert_eq!(console.ended(), 3);
    assert!(files(&house) == before);
}

#[test]
fn a_console_that_dies_while_it_asks_has_left() {
    let house = two_stories();
    let before = files(&house);
    let mut console = Stage::new().faults("console_frame:30:panic").start(&house, &RUN);
    console.wait_for_text("NEEDS YOUR ANSWER");
    // Each key that is no answer is drawn all the same, until the frame comes that fails.
    support::until("the end", || {
        if console.exit_code().is_none() {
            console.keys("\x1b[A");
        }
        console.exit_code()
    });
    assert_eq!(console.ended(), 3, "{}", console.screen());
    assert!(files(&house) == before);
}

#[test]
fn a_rebuilding_that_was_chosen_is_carried_out_written_down_and_told() {
    let house = two_stories();
    let before = house.chain();
    let mut console = asked(&house);
    console.keys("b");
    console.wait_for_text("Really rebuild?");
    console.keys("y");
    console.wait_for_quotes(&house);
    console.keys("5");
    console.wait_for("what was done", |screen| screen.contains("as you chose") && screen.contains("quarantine"));
    console.keys("q");
    assert_eq!(console.ended(), 0, "{}", console.screen());
    let after = house.chain();
    assert_eq!(after.links[..before.links.len()], before.links[..], "the journal's story goes on");
    assert_eq!(after.of_kind("restored").iter().map(|link| link.text("/what")).collect::<Vec<_>>(), ["store_rebuilt"]);
    assert!(!house.files("s.quarantine").is_empty());
}

#[test]
fn a_restore_that_was_chosen_is_carried_out_written_down_and_told() {
    let house = only_backups();
    let mut console = asked(&house);
    console.keys("\x1b[A");
    console.wait_for_text("▸ r  restore");
    console.keys("\r");
    console.wait_for_text("Really restore?");
    console.keys("\t\r");
    console.wait_for_quotes(&house);
    console.keys("q");
    assert_eq!(console.ended(), 0, "{}", console.screen());
    let restored = house.chain().of_kind("restored").iter().map(|link| link.text("/what")).collect::<Vec<_>>();
    assert_eq!(restored, ["store_restored"]);
    let rows = house.rows();
    assert_eq!(rows.session(1)["status"], "CLOSED", "what the backup had is there");
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let house = two_stories();
    let before = files(&house);
    house.run(&["run", "--headless"]).expect_refusal(3, &["two stories", "neo rebuild", "neo audit"]);
    assert!(files(&house) == before);
}
