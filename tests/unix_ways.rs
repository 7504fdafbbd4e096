//! The odd ways in which a Unix starts, stops and talks to a program, through the real binary: none of them leaves
//! orders alone, and each is answered.
#![cfg(unix)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use support::house::NEO;
use support::{Chain, Console, Headless, House, Stage, until};

const QUICK: [&str; 5] = ["run", "--seed", "7", "--speed", "20"];

/// A shell script in which `neo run` is this house's binary in quick motion.
fn shell(house: &House, script: &str) -> Command {
    let mut command = Command::new("sh");
    // Not a function: that would be a shell in between when it runs in the background.
    let script = script.replace("neo run", &format!("'{NEO}' --log-dir logs run --seed 7 --speed 20"));
    command.env_clear().envs(house.environment()).current_dir(house.folder()).args(["-c", &script]);
    command
}

fn reason(chain: &Chain) -> String {
    chain.last("session_closed").text("/reason")
}

/// The state letter of a process, as Linux shows it: `T` if it is stopped.
fn state(pid: i32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    fields[..1].to_owned()
}

/// The log file's text.
fn log(house: &House) -> String {
    house.files("logs").iter().map(|path| fs::read_to_string(path).expect("a log")).collect()
}

/// Waits until the session that has this chain has gone on for a while.
fn expect_it_goes_on(house: &House) {
    let so_far = house.chain_so_far();
    house.until_chain("facts that go on", |chain| chain.links.len() > so_far + 5);
}

#[test]
fn what_job_control_sends_is_refused_and_told_and_the_session_goes_on() {
    for (signal, name) in [(Signal::TSTP, "SIGTSTP"), (Signal::TTIN, "SIGTTIN"), (Signal::TTOU, "SIGTTOU")] {
        let house = House::new();
        let mut console = Stage::new().size(200, 50).start(&house, &QUICK);
        console.wait_for_quotes(&house);
        console.signal(signal);
        console.wait_for_text(&format!("{name} was refused"));
        expect_it_goes_on(&house);
        assert_ne!(state(console.pid()), "T");
        console.keys("q");
        assert_eq!(console.ended(), 0, "{}", console.screen());
        assert!(log(&house).contains(&format!("{name} was refused")));
    }
}

#[test]
fn ctrl_z_as_a_key_says_why_it_does_nothing() {
    let house = House::new();
    let mut console = Stage::new().start(&house, &QUICK);
    console.wait_for_quotes(&house);
    console.keys("\x1a");
    console.wait_for_text("orders would rest unwatched");
    expect_it_goes_on(&house);
    console.signal(Signal::TERM);
    assert_eq!(console.ended(), 0, "{}", console.screen());
}

#[test]
fn a_session_that_was_stopped_and_goes_on_doubts_what_it_knows_until_it_has_reconciled() {
    let house = House::new();
    let mut console: Console = Stage::new().start(&house, &["run", "--seed", "7"]);
    console.wait_for_quotes(&house);
    console.signal(Signal::STOP);
    until("a process that is stopped", || (state(console.pid()) == "T").then_some(()));
    let stopped = std::time::Instant::now();
    until("four seconds of being stopped", || {
        assert_eq!(state(console.pid()), "T");
        (stopped.elapsed().as_secs() >= 4).then_some(())
    });
    console.signal(Signal::CONT);
    let modes = |chain: &Chain| chain.of_kind("mode").iter().map(|link| link.text("/to")).collect::<Vec<_>>();
    let chain = house
        .until_chain("quoting after the doubt", |chain| modes(chain).ends_with(&["degraded".into(), "quoting".into()]));
    let lost = chain.of_kind("incident").into_iter().find(|link| link.text("/title") == "Time was lost").expect("told");
    assert!(lost.text("/happened").contains("stood still for 4."), "{}", lost.line);
    assert_eq!(chain.of_kind("incident").len(), 1, "no thread is blamed for it");
    console.keys("q");
    assert_eq!(console.ended(), 0, "{}", console.screen());
}

#[test]
fn nohup_means_that_a_hang_up_ends_nothing() {
    let house = House::new();
    let mut command = shell(&house, "exec nohup neo run");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut session = Headless::spawn_as_it_is(command);
    house.until_quoting();
    session.signal(Signal::HUP);
    expect_it_goes_on(&house);
    session.signal(Signal::TERM);
    let ended = session.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.said());
    assert_eq!(reason(&house.chain()), "interrupted_sigterm");
}

#[test]
fn a_shells_background_is_not_reached_by_ctrl_c() {
    // Without job control a shell ignores SIGINT and SIGQUIT for what it starts with `&`.
    let house = House::new();
    let script = "neo run --headless & echo $! > pid; wait $!; echo \"code $?\"";
    let mut command = shell(&house, script);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let shell = Headless::spawn_as_it_is(command);
    house.until_quoting();
    let pid = fs::read_to_string(house.folder().join("pid")).expect("a pid").trim().parse().expect("a pid");
    let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
    for signal in [Signal::INT, Signal::QUIT] {
        rustix::process::kill_process(pid, signal).expect("it runs");
    }
    expect_it_goes_on(&house);
    rustix::process::kill_process(pid, Signal::TERM).expect("it runs");
    let ended = shell.ended();
    assert!(ended.stdout.contains("code 0"), "{}", ended.said());
    assert_eq!(reason(&house.chain()), "interrupted_sigterm");
}

#[test]
fn a_file_that_may_not_grow_ends_the_session_as_a_disk_that_fails_does() {
    let house = House::new();
    let mut command = shell(
        &house,
        &format!("ulimit -f 800; exec '{NEO}' --log-dir logs run --headless --speed max --duration 7200s"),
    );
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = Headless::spawn_as_it_is(command).ended();
    ended.expect_code(6);
    assert!(ended.said().contains("File too large"), "{}", ended.said());
    assert_eq!(house.chain().of_kind("session_closed").len(), 1);
    house.short_session(2);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn with_too_few_open_files_nothing_is_begun_and_the_limit_is_told() {
    for limit in ["-n 14", "-Sn 14"] {
        let house = House::new();
        let mut command = shell(&house, &format!("ulimit {limit}; exec neo run --headless --duration 20s"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let ended = Headless::spawn_as_it_is(command).ended();
        if limit == "-Sn 14" {
            ended.expect_code(0);
        } else {
            ended.expect_refusal(1, &["too many files", "lets us have 14", "`ulimit -n 256`"]);
            assert!(!house.journal().exists(), "no session was begun");
        }
    }
}

/// Runs a script to its end in which streams are closed or ended.
#[track_caller]
fn expect_a_whole_session(script: &str) -> support::Ended {
    let house = House::new();
    let mut command = shell(&house, script);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = Headless::spawn_as_it_is(command).ended();
    ended.expect_code(0);
    assert_eq!(reason(&house.chain()), "duration_elapsed", "{script}");
    assert!(Path::new(&house.folder().join("s.receipts/1.txt")).exists());
    house.run(&["verify", "--all"]).expect_code(0);
    ended
}

#[test]
fn closed_streams_end_up_in_no_file_of_ours_and_keep_no_session_from_being_closed() {
    for closed in [">&-", "2>&-", "<&-", "<&- >&- 2>&-"] {
        let ended = expect_a_whole_session(&format!("neo run --duration 40s {closed}"));
        assert_eq!(closed.contains(">&- ") || closed == ">&-", ended.stdout.is_empty(), "{closed}: {}", ended.said());
    }
}

#[test]
fn with_stdin_at_its_end_on_a_terminal_there_is_a_log_instead_of_a_console() {
    let house = House::new();
    let mut console =
        in_a_terminal(&house, &format!("'{NEO}' \"$@\" </dev/null"), &["run", "--duration", "40s", "--speed", "max"]);
    assert_eq!(console.ended(), 0, "{}", console.screen());
    assert!(console.screen().contains("Session 1 closed, verified."), "{}", console.screen());
    assert!(!String::from_utf8_lossy(&console.bytes()).contains("\x1b[?1049h"), "no console was opened");
}

#[test]
fn in_the_background_of_a_terminal_the_console_is_refused_with_the_way_out() {
    let house = House::new();
    let mut console = in_a_terminal(&house, &format!("set -m; '{NEO}' \"$@\" & wait $!"), &["run"]);
    assert_eq!(console.ended(), 1, "{}", console.screen());
    assert!(console.screen().contains("`fg`") && console.screen().contains("`--headless`"), "{}", console.screen());
    assert!(!house.journal().exists(), "no session was begun");
}

#[test]
fn in_the_background_of_a_terminal_that_stops_writers_a_headless_session_is_not_stopped() {
    let house = House::new();
    let script = format!("stty tostop; set -m; '{NEO}' \"$@\" & wait $!");
    let mut console = in_a_terminal(&house, &script, &["run", "--headless", "--duration", "40s", "--speed", "max"]);
    assert_eq!(console.ended(), 0, "{}", console.screen());
    assert_eq!(reason(&house.chain()), "duration_elapsed");
    let receipt = fs::read_to_string(house.folder().join("s.receipts/1.txt")).expect("a receipt");
    assert!(receipt.contains("Session 1 closed, verified."), "{receipt}");
}

/// A terminal in which a shell runs `script`, with these arguments and those of the house in `$@`.
fn in_a_terminal(house: &House, script: &str, arguments: &[&str]) -> Console {
    Stage::new().size(160, 60).through(script).start(house, arguments)
}
