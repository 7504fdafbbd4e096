//! A disk that is full, through the real binary: on a real one where a small file system can be mounted, and with injected
//! faults everywhere. Nothing that was acknowledged is lost, the operator is told, the session can always be closed, and
//! writing resumes by itself when there is room.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use support::house::NEO;
use support::{Chain, Headless, House, SmallDisk, Stage, until};

/// Fast enough that five minutes of trouble pass in a test, slow enough that a disk can be filled in between.
const SESSION: [&str; 4] = ["--seed", "7", "--speed", "50"];

/// The same, with time for a disk to be filled and freed before the session gives up.
const SLOWER: [&str; 4] = ["--seed", "7", "--speed", "20"];

/// More than is needed to start.
const MEGABYTES: u32 = 80;

/// A house on a small disk of its own; `None` where none can be mounted, which was said.
fn small() -> Option<(House, SmallDisk)> {
    let house = House::new();
    let disk = SmallDisk::on(house.folder(), MEGABYTES)?;
    Some((house, disk))
}

fn ballast(house: &House) -> bool {
    fs::metadata(house.folder().join("s.ballast")).is_ok_and(|found| found.len() == 256 << 10)
}

fn with_faults(house: &House, faults: &str, more: &[&str]) -> Headless {
    let mut command = house.neo(&[more, &["run", "--headless"], &SLOWER].concat());
    command.env("NEO_FAULTS", faults);
    Headless::spawn(command)
}

/// Modes that were entered, in order.
fn modes(chain: &Chain) -> Vec<String> {
    chain.of_kind("mode").iter().map(|link| link.text("/to")).collect()
}

fn incidents(chain: &Chain) -> Vec<String> {
    chain.of_kind("incident").iter().map(|link| link.text("/title")).collect()
}

fn has_mode(chain: &Chain, mode: &str) -> bool {
    modes(chain).iter().any(|entered| entered == mode)
}

/// Quoting, and once more after it was degraded.
fn is_quoting_again(chain: &Chain) -> bool {
    let modes = modes(chain);
    let degraded = modes.iter().position(|mode| mode == "degraded");
    degraded.is_some_and(|at| modes[at..].iter().any(|mode| mode == "quoting"))
}

/// While the disk was full nothing new was placed.
#[track_caller]
fn expect_nothing_placed_while_degraded(chain: &Chain) {
    let mut mode = String::new();
    for link in &chain.links {
        match link.kind.as_str() {
            "mode" => mode = link.text("/to"),
            "intent" if link.json()["want"] == "submit" => assert_ne!(mode, "degraded", "{}", link.line),
            _ => {}
        }
    }
}

#[track_caller]
fn expect_closed(house: &House, reason: &str) -> Chain {
    let chain = house.chain();
    assert_eq!(chain.last("session_closed").text("/reason"), reason);
    expect_nothing_placed_while_degraded(&chain);
    chain
}

#[test]
fn a_disk_that_fills_up_while_quoting_takes_the_quotes_out_until_there_is_room() {
    let Some((house, disk)) = small() else { return };
    let mut console = Stage::new().start(&house, &[&["run"], &SLOWER[..]].concat());
    console.wait_for_quotes(&house);
    assert!(ballast(&house), "it is there from the start");
    disk.fill();
    console.wait_for_text("the disk is full");
    let chain =
        house.until_chain("every order gone", |chain| has_mode(chain, "degraded") && chain.open_orders().is_empty());
    assert_eq!(incidents(&chain), ["The disk is full"], "told once");
    assert!(!ballast(&house), "its room was wanted");
    disk.free();
    house.until_chain("quoting again", |chain| is_quoting_again(chain) && !chain.open_orders().is_empty());
    assert!(ballast(&house), "it lies there anew");
    console.keys("q");
    assert_eq!(console.ended(), 0, "{}", console.screen());
    expect_closed(&house, "operator_quit");
    assert_eq!(house.rows().session(1)["status"], "CLOSED");
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_disk_that_stays_full_ends_the_session_which_is_closed_on_the_ballasts_room() {
    let Some((house, disk)) = small() else { return };
    let session = house.session(&SESSION);
    house.until_quoting();
    disk.fill();
    let ended = session.ended();
    ended.expect_code(6);
    for words in
        ["a failure to keep facts", "degraded 30", "The disk is full", "too little of it for the session's facts"]
    {
        assert!(ended.stdout.contains(words), "{words}:\n{}", ended.said());
    }
    let chain = expect_closed(&house, "store_failure");
    assert!(chain.open_orders().is_empty());
    assert!(!house.files("s.receipts").is_empty(), "a receipt found room, too:\n{}", ended.said());
    house.run(&[&["run", "--headless"], &SESSION[..]].concat()).expect_refusal(5, &["left", "needed to start", "--db"]);
    // The database is whole, if behind: with room the next start catches it up.
    disk.free();
    house.short_session(2);
    assert_eq!(house.rows().session(1)["status"], "CLOSED");
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_disk_that_is_full_when_the_end_is_asked_for_keeps_no_session_open() {
    let Some((house, disk)) = small() else { return };
    let mut session = house.session(&SESSION);
    house.until_quoting();
    disk.fill();
    session.signal(Signal::TERM);
    session.ended().expect_code(6);
    let chain = expect_closed(&house, "interrupted_sigterm");
    assert!(chain.open_orders().is_empty());
    assert_eq!(house.rows().session(1)["status"], "CLOSED", "its row was read back");
}

#[test]
fn a_disk_that_is_full_from_the_beginning_is_refused_and_nothing_is_made_on_it() {
    let Some((house, disk)) = small() else { return };
    disk.fill_but(8 << 20);
    let arguments = [&["run", "--headless"], &SESSION[..]].concat();
    house.run(&arguments).expect_refusal(5, &["8.3 MB left", "64.0 MB are needed", "--db"]);
    assert!(!house.database().exists() && !house.journal().exists());
}

#[test]
fn little_room_is_told_once_while_there_is_time_to_make_some() {
    let Some((house, disk)) = small() else { return };
    let mut session = house.session(&SLOWER);
    house.until_quoting();
    disk.fill_but(30 << 20);
    let chain = house.until_chain("a warning", |chain| !chain.of_kind("incident").is_empty());
    assert_eq!(incidents(&chain), ["Little room is left on the disk"]);
    assert!(!has_mode(&chain, "degraded"), "there is room yet");
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
}

#[test]
fn on_a_disk_that_cannot_be_written_a_session_is_refused_and_the_past_can_be_read() {
    let Some((house, disk)) = small() else { return };
    house.short_session(1);
    let before = house.possessions();
    disk.make_read_only();
    let logs = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(NEO);
        command.env_clear().envs(house.environment()).arg("--log-dir").arg(logs.path()).args(arguments);
        Headless::spawn(command).ended()
    };
    run(&[&["run", "--headless"], &SESSION[..]].concat()).expect_refusal(5, &["cannot write into", "--db"]);
    for arguments in [&["sessions", "list"][..], &["sessions", "show", "1"], &["query", "SELECT count(*) FROM facts"]] {
        run(arguments).expect_code(0);
    }
    assert!(house.possessions() == before);
}

// The twins, with injected faults, for every machine.

#[test]
fn facts_that_find_no_room_wait_in_order_and_are_written_when_there_is_some() {
    let house = House::new();
    let mut session = with_faults(&house, "journal_sync:30-35:enospc,ballast:2-3:enospc", &[]);
    let chain = house.until_chain("quoting again", is_quoting_again);
    assert_eq!(incidents(&chain), ["The disk is full"], "told once, however often it was tried");
    assert!(ballast(&house));
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
    let chain = expect_closed(&house, "interrupted_sigterm");
    assert_eq!(house.rows().lines().len(), chain.links.len());
    house.run(&["verify", "--all"]).expect_code(0);
}

/// The limit of a degraded session, short enough for a test whose time stands still while nothing can be written.
fn impatient(house: &House) -> String {
    let config = house.folder().join("neo.toml");
    fs::write(&config, "[engine.limits]\nmax_degraded_s = 2\n").expect("a config");
    config.to_str().expect("a plain path").to_owned()
}

#[test]
fn a_journal_that_never_finds_room_again_is_vouched_for_by_the_store_at_the_end() {
    let house = House::new();
    let config = impatient(&house);
    let ended = with_faults(&house, "journal_sync:30+:enospc,ballast:2+:enospc", &["--config", &config]).ended();
    ended.expect_code(6);
    assert!(ended.stdout.contains("a failure to keep facts"), "{}", ended.said());
    let in_journal = house.chain().links.len();
    let rows = house.rows();
    assert_eq!(rows.session(1)["status"], "CLOSED");
    assert!(rows.lines().len() > in_journal, "the store has what the journal could not take");
    drop(rows);
    house.short_session(2);
    let chain = house.chain();
    let closed: Vec<String> = chain.of_kind("session_closed").iter().map(|link| link.text("/reason")).collect();
    assert_eq!(closed[0], "store_failure", "the next start puts it into the journal");
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn if_nothing_at_all_can_be_written_that_is_said_and_the_next_start_closes_the_session() {
    let house = House::new();
    let config = impatient(&house);
    let faults = "journal_sync:4+:enospc,store_commit:1+:enospc,ballast:2+:enospc";
    let ended = with_faults(&house, faults, &["--config", &config]).ended();
    ended.expect_code(1);
    assert!(ended.stdout.contains("neither the journal nor the store could keep it"), "{}", ended.said());
    let acknowledged = house.chain();
    assert!(acknowledged.of_kind("session_closed").is_empty());
    house.short_session(2);
    let after = house.chain();
    assert_eq!(after.links[..acknowledged.links.len()], acknowledged.links[..], "nothing acknowledged is lost");
    assert_eq!(after.last("session_recovered").session, Some(1));
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn an_end_that_is_asked_for_while_facts_wait_does_not_wait_for_room() {
    let house = House::new();
    let mut session = with_faults(&house, "journal_sync:30+:enospc,ballast:2+:enospc", &[]);
    house.until_chain("facts, and the ballast given up", |chain| chain.links.len() > 20 && !ballast(&house));
    let asked = std::time::Instant::now();
    session.signal(Signal::TERM);
    session.ended().expect_code(6);
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    assert_eq!(house.rows().session(1)["halt_reason"], "interrupted_sigterm");
}

#[test]
fn a_disk_without_room_is_refused_at_the_start() {
    let house = House::new();
    with_faults(&house, "free_space:1+:enospc", &[]).ended().expect_refusal(5, &["0.0 kB left", "64.0 MB", "--db"]);
    assert!(!house.database().exists());
}

#[test]
fn a_session_without_a_ballast_says_so_and_runs() {
    let house = House::new();
    let mut session = with_faults(&house, "ballast:1:enospc", &[]);
    house.until_quoting();
    assert_eq!(incidents(&house.chain()), ["No ballast"]);
    until("the ballast", || ballast(&house).then_some(()));
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
}

#[test]
fn a_database_in_memory_and_a_cloud_folder_are_refused_with_words() {
    let house = House::new();
    let arguments = [&["--db", ":memory:", "run", "--headless"], &SESSION[..]].concat();
    house.run(&arguments).expect_refusal(5, &["memory", "--db"]);
    fs::create_dir(house.folder().join(".stfolder")).expect("a mark");
    house.run(&[&["run", "--headless"], &SESSION[..]].concat()).expect_refusal(5, &["Syncthing", ".stfolder", "--db"]);
    assert!(!house.journal().exists());
}
