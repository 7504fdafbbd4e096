//! Threads that die, through the real binary: who waits for an answer of theirs gets one at once.
#![cfg(unix)]

mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use support::{Headless, House};

#[test]
fn an_end_does_not_wait_for_a_store_thread_that_died_under_its_own_checkpoint() {
    let house = House::new();
    let mut command = house.neo(&["run", "--headless", "--seed", "7", "--speed", "20"]);
    command.env("NEO_FAULTS", "checkpoint:1:panic");
    let mut session = Headless::spawn(command);
    house.until_quoting();
    let asked = Instant::now();
    session.signal(Signal::TERM);
    let ended = session.ended();
    assert_eq!(ended.code, Some(6), "{}", ended.said());
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    assert!(ended.stdout.contains("the store's thread has died"), "{}", ended.said());
    assert_eq!(house.chain().last("session_closed").text("/reason"), "interrupted_sigterm");
}

#[test]
fn a_pipe_that_is_named_like_a_segment_is_named_and_nobody_waits_for_it() {
    let house = House::new();
    house.short_session(1);
    let pipe = house.journal().join("0000999999.jsonl");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for arguments in [&["verify", "--all"][..], &["run", "--headless", "--speed", "max", "--duration", "20s"]] {
        let ended = house.run(arguments);
        assert!(ended.stderr.contains("0000999999.jsonl") && ended.stderr.contains("move it"), "{}", ended.said());
        ended.expect_code(5);
    }
}
