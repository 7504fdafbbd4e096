//! What an operator sees and does while a session runs, through a real terminal.
#![cfg(unix)]

mod support;

use std::time::Duration;

use support::{Console, House, Stage};

/// Simulated time, so that nothing here waits for ledgers.
const QUICK: [&str; 5] = ["run", "--seed", "7", "--speed", "20"];

/// The newest ledger that the screen shows.
fn shown_ledger(screen: &str) -> Option<u32> {
    let (_, rest) = screen.split_once("ledger ")?;
    let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == ' ').filter(|c| *c != ' ').collect();
    digits.parse().ok()
}

#[track_caller]
fn quit(mut console: Console) {
    console.keys("q");
    assert_eq!(console.ended(), 0, "{}", console.screen());
}

/// Esc, and what it does: a key that follows too closely would be Alt and that key.
#[track_caller]
fn leave_overlay(console: &mut Console) {
    console.keys("\x1b");
    console.wait_for("no overlay", |screen| !screen.contains("Esc close"));
}

#[test]
fn every_tab_opens_by_its_number() {
    let house = House::new();
    let mut console = Stage::new().start(&house, &QUICK);
    console.wait_for_quotes(&house);
    for (key, word) in
        [("2", "Age"), ("3", "Fills ·"), ("4", "Sessions"), ("5", "Journal ·"), ("6", "INFO"), ("1", "Inventory ·")]
    {
        console.keys(key);
        let word = word.to_lowercase();
        console.wait_for(&format!("tab {key}"), |screen| screen.to_lowercase().contains(&word));
    }
    quit(console);
}

#[test]
fn a_paused_console_goes_on_showing_the_market() {
    let house = House::new();
    let mut console = Stage::new().start(&house, &QUICK);
    console.wait_for_quotes(&house);
    console.keys("p");
    console.wait_for_text("PAUSED");
    house.until_chain("orders that are gone", |chain| chain.open_orders().is_empty());
    for _ in 0..5 {
        let shown = shown_ledger(&console.screen()).expect("a ledger on the screen");
        console.wait_for("the next ledger", |screen| shown_ledger(screen).is_some_and(|now| now > shown));
    }
    console.keys("p");
    console.wait_for_text("QUOTING");
    quit(console);
    let commands: Vec<String> = house.chain().of_kind("command").iter().map(|link| link.text("/command")).collect();
    assert_eq!(commands, ["pause", "resume"]);
}

#[test]
fn a_past_session_is_opened_from_the_history() {
    let house = House::new();
    house.short_session(1);
    let mut console = Stage::new().start(&house, &QUICK);
    console.wait_for_quotes(&house);
    console.keys("4");
    console.wait_for_text("CLOSED");
    console.keys("G\r");
    console.wait_for("the past session", |screen| screen.contains("Session 1 ·") && screen.contains("started"));
    console.keys("\x1b");
    console.wait_for("the list again", |screen| !screen.contains("Session 1 ·"));
    quit(console);
}

#[test]
fn a_checkpoint_and_a_backup_are_done_when_asked_for() {
    let house = House::new();
    let mut console = Stage::new().start(&house, &QUICK);
    console.wait_for_quotes(&house);
    console.keys("cb");
    let backup = support::until("the backup", || {
        let copies = house.files("s.backups");
        copies.into_iter().find(|path| path.to_string_lossy().ends_with("-manual.db"))
    });
    console
        .wait_for("the result as a notice", |screen| screen.contains("backup done: ") && screen.contains("-manual.db"));
    console.keys("5");
    console.wait_for("both on the Health tab", |screen| screen.contains("manual, ") && screen.contains("(busy 0, "));
    quit(console);
    assert_eq!(support::Rows::of(&backup).count("SELECT count(*) FROM sessions"), 1);
    let commands: Vec<String> = house.chain().of_kind("command").iter().map(|link| link.text("/command")).collect();
    assert_eq!(commands, ["checkpoint", "backup"]);
}

#[test]
fn the_health_tab_tells_of_the_place_and_of_the_start() {
    let house = House::new();
    house.short_session(1);
    for (columns, rows) in [(80, 24), (120, 40), (200, 50)] {
        let mut console = Stage::new().size(columns, rows).start(&house, &QUICK);
        console.wait_for_quotes(&house);
        console.keys("5");
        let pid = format!("ours: pid {} on", console.pid());
        let words = [pid.as_str(), " free", "ballast there", "quarantine  empty", "head ", "cursor ", "pre, "];
        console.wait_for(&format!("all of it at {columns}x{rows}"), |screen| words.iter().all(|w| screen.contains(w)));
        quit(console);
    }
}

#[test]
fn a_failure_is_told_can_be_tried_again_and_acknowledged() {
    let house = House::new();
    let mut console = Stage::new().faults("backup:1:enospc").start(&house, &QUICK);
    console.wait_for_quotes(&house);
    console.keys("b");
    console.wait_for_text("1 incident");
    console.keys("e");
    console.wait_for("the error pane", |screen| screen.contains("injected") && screen.contains("You can"));
    console.keys("r");
    support::until("the second try", || {
        house.files("s.backups").into_iter().find(|path| path.to_string_lossy().ends_with("-manual.db"))
    });
    console.wait_for("that it works again", |screen| screen.contains("works again") && !screen.contains("r try again"));
    console.keys("a");
    house.until_chain("the acknowledgement", |chain| {
        chain.of_kind("command").iter().any(|link| link.text("/command") == "acknowledge")
    });
    leave_overlay(&mut console);
    quit(console);
}

#[test]
fn cancel_all_asks_first_with_the_harmless_answer_in_focus() {
    let house = House::new();
    let mut console = Stage::new().start(&house, &QUICK);
    console.wait_for_quotes(&house);
    console.keys("x");
    console.wait_for_text("Take every order out?");
    console.keys("\r");
    console.wait_for("no question any more", |screen| !screen.contains("Take every order out?"));
    quit(console);
    assert!(house.chain().of_kind("command").is_empty(), "Enter alone harms nothing");
}

#[test]
fn the_help_lists_the_keys() {
    let house = House::new();
    let mut console = Stage::new().size(80, 24).start(&house, &QUICK);
    console.wait_for_text("QUOTING");
    console.keys("?");
    console.wait_for("the keys", |screen| screen.contains("Esc closes"));
    console.keys("\x1b");
    console.wait_for("the tab again", |screen| !screen.contains("Esc closes"));
    quit(console);
}

#[test]
fn a_session_that_crashed_is_recovered_and_the_operator_is_told() {
    let house = House::new();
    let mut crashed = house.session(&["--seed", "7", "--speed", "20"]);
    house.until_quoting();
    crashed.signal(rustix::process::Signal::KILL);
    assert_eq!(crashed.ended().code, None);
    let mut console = Stage::new().start(&house, &QUICK);
    console.wait_for("an incident", |screen| screen.contains("1 incident") && screen.contains(" new"));
    console.keys("e");
    // A kill may also have left the store a few lines behind: that is another line of the same story.
    console.wait_for("what was put right", |screen| {
        screen.contains("1 of 1") && screen.contains("Esc close") && screen.contains("session 1 was never closed")
    });
    assert!(!console.screen().contains("try again"), "there is nothing to try again: {}", console.screen());
    leave_overlay(&mut console);
    quit(console);
    let row = house.rows().session(1);
    assert_eq!((row["status"].as_str(), row["halt_reason"].as_str()), ("RECOVERED", "recovered_crash"));
}

#[test]
fn on_a_narrow_terminal_the_health_tab_still_says_how_to_make_a_backup() {
    let house = House::new();
    let mut console = Stage::new().size(80, 24).start(&house, &QUICK);
    console.wait_for_quotes(&house);
    console.keys("5");
    console.wait_for("its keys", |screen| screen.contains("c checkpoint") && screen.contains("b backup"));
    quit(console);
}

#[test]
fn a_quiet_screen_writes_next_to_nothing() {
    let house = House::new();
    let mut console = Stage::new().start(&house, &["run", "--seed", "7"]);
    console.wait_for_quotes(&house);
    console.keys("p");
    console.wait_for_text("PAUSED");
    house.until_chain("orders that are gone", |chain| chain.open_orders().is_empty());
    let (bytes, cpu) = (console.bytes().len(), console.cpu().expect("it runs"));
    // Not a wait for something: what is tried here is a span in which nothing is asked.
    std::thread::sleep(Duration::from_secs(3));
    let (bytes, cpu) = (console.bytes().len() - bytes, console.cpu().expect("it runs").saturating_sub(cpu));
    assert!(bytes < 3 * 1_000, "{bytes} bytes in three seconds: one ledger and three beats of the clock");
    assert!(cpu < Duration::from_millis(300), "{cpu:?} of CPU in three seconds, without optimisation");
    quit(console);
}
