//! Threads that stand still, through the real binary at real speed: noticed, told, and survived; or the end that the
//! others can still bring about.
#![cfg(unix)]

mod support;

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use support::{Chain, Console, Headless, House, Stage};

/// While this file is there, whoever passes the fault's point stands still.
const STUCK: &str = "stuck";

/// A session at real speed in which something can stand still; it quotes.
fn session(house: &House, fault: &str, keeping: &str) -> Headless {
    let config = house.folder().join("neo.toml");
    fs::write(&config, format!("[paper]\nledger_ms = 500\nmax_latency_ms = 200\n[keeper]\n{keeping}\n"))
        .expect("a config");
    let mut command = house.neo(&["run", "--headless", "--seed", "7"]);
    command.arg("--config").arg(config).env("NEO_FAULTS", fault);
    let session = Headless::spawn(command);
    house.until_quoting();
    session
}

/// The titles of the incidents so far.
fn incidents(chain: &Chain) -> Vec<String> {
    chain.of_kind("incident").iter().map(|link| link.text("/title")).collect()
}

/// The modes that were entered so far.
fn modes(chain: &Chain) -> Vec<String> {
    chain.of_kind("mode").iter().map(|link| link.text("/to")).collect()
}

/// Lets it stand still until it was told, and go on; expects orders out and quoting again, and an end that is perfect.
#[track_caller]
fn expect_recovery(fault: &str, keeping: &str, title: &str) {
    let house = House::new();
    let mut session = session(&house, fault, keeping);
    house.touch(STUCK);
    house.until_chain(title, |chain| {
        if incidents(chain).iter().any(|known| known == title) {
            house.remove(STUCK);
        }
        let modes = modes(chain);
        let degraded = modes.iter().position(|mode| mode == "degraded");
        degraded.is_some_and(|at| modes[at..].iter().any(|mode| mode == "quoting"))
    });
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
    let chain = house.chain();
    assert_eq!(chain.last("session_closed").text("/reason"), "interrupted_sigterm");
    let incident =
        chain.of_kind("incident").into_iter().find(|link| link.text("/title") == title).expect("the incident");
    assert!(incident.text("/happened").contains(", writing "), "{}", incident.line);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_journal_that_stands_still_stops_the_quoting_until_it_moves() {
    // Each sync takes longer than the second after which it is told; the file goes once the incident is on disk.
    expect_recovery("journal_sync:@stuck:stall2500", "", "The journal stands still");
}

#[test]
fn a_store_that_stands_still_stops_the_quoting_until_it_moves() {
    expect_recovery("store_commit:@stuck:stall3500", "store_stall_s = 1", "The store stands still");
}

#[test]
fn a_journal_that_does_not_move_any_more_ends_the_session_and_nothing_that_was_kept_is_lost() {
    let house = House::new();
    let session = session(&house, "journal_sync:@stuck:stall600000", "journal_lost_s = 2");
    house.touch(STUCK);
    let asked = Instant::now();
    let ended = session.ended();
    assert_eq!(ended.code, Some(1), "no file says that it is closed: {}", ended.said());
    assert!(asked.elapsed() < Duration::from_secs(28), "{:?}", asked.elapsed());
    assert!(ended.stdout.contains("a failure to keep facts"), "{}", ended.said());
    assert!(ended.stdout.contains("not known to be on disk"), "{}", ended.said());
    house.remove(STUCK);
    house.short_session(2);
    assert_eq!(house.rows().session(1)["status"], "RECOVERED");
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_store_that_stands_still_does_not_keep_a_session_from_being_closed() {
    let house = House::new();
    let mut session = session(&house, "store_commit:@stuck:stall600000", "store_stall_s = 1");
    house.touch(STUCK);
    house.until_chain("the incident", |chain| incidents(chain).contains(&"The store stands still".to_owned()));
    session.signal(Signal::TERM);
    let ended = session.ended();
    assert_eq!(ended.code, Some(6), "{}", ended.said());
    assert_eq!(house.chain().last("session_closed").text("/reason"), "interrupted_sigterm");
    house.remove(STUCK);
    house.short_session(2);
    assert_eq!(house.rows().session(1)["status"], "CLOSED");
}

#[test]
fn a_runner_that_does_not_turn_any_more_lets_the_process_end_and_the_next_start_closes_the_session() {
    let house = House::new();
    let session = session(&house, "runner_step:@stuck:stall600000", "");
    house.touch(STUCK);
    let ended = session.ended();
    assert_eq!(ended.code, Some(1), "{}", ended.said());
    assert!(ended.stderr.contains("the runner has stood still"), "{}", ended.said());
    house.remove(STUCK);
    house.short_session(2);
    assert_eq!(house.rows().session(1)["status"], "RECOVERED");
}

#[test]
fn a_runner_that_stood_still_is_seen_on_the_screen_and_doubts_what_it_knows() {
    let house = House::new();
    let mut console: Console =
        Stage::new().faults("runner_step:@stuck:stall5000").start(&house, &["run", "--seed", "7"]);
    console.wait_for_quotes(&house);
    house.touch(STUCK);
    console.wait_for_text("the runner has stood still for");
    house.remove(STUCK);
    let chain = house.until_chain("doubt", |chain| incidents(chain).contains(&"Time was lost".to_owned()));
    assert!(modes(&chain).contains(&"degraded".to_owned()), "{:?}", modes(&chain));
    console.keys("q");
    assert_eq!(console.ended(), 0, "{}", console.screen());
}
