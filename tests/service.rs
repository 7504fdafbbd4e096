//! `neo run --headless` as a service, through the real binary: what a service manager is told and when, what an output
//! that nobody reads does to a session, and the unit that we hand out.
#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use support::house::NEO;
use support::until::until_so;
use support::{Headless, House, until};

/// Fast enough that no test waits for ledgers.
const QUICK: [&str; 6] = ["run", "--headless", "--seed", "7", "--speed", "20"];

/// What the unit waits for a pulse here: four of them fit into it.
const LIMIT: Duration = Duration::from_millis(800);

/// A service manager: hears what it is told, with the time at which it came.
struct Manager {
    heard: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Manager {
    /// Starts `neo run` as a service of its own.
    #[track_caller]
    fn start(house: &House, faults: &str) -> (Self, Headless) {
        let address = house.folder().join("notify");
        let socket = UnixDatagram::bind(&address).expect("a socket");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        thread::spawn(move || {
            let mut room = [0; 4_096];
            while let Ok(length) = socket.recv(&mut room) {
                let message = String::from_utf8_lossy(&room[..length]).into_owned();
                ears.lock().expect("no panic here").push((Instant::now(), message));
            }
        });
        let mut command = house.neo(&QUICK);
        command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", LIMIT.as_micros().to_string());
        command.env("NEO_FAULTS", faults);
        (Self { heard }, Headless::spawn(command))
    }

    /// Every assignment so far, in order.
    fn told(&self) -> Vec<(Instant, String)> {
        let heard = self.heard.lock().expect("no panic there");
        heard.iter().flat_map(|(at, message)| message.lines().map(|line| (*at, line.to_owned()))).collect()
    }

    /// When the first assignment that begins like this came.
    fn when(&self, beginning: &str) -> Option<Instant> {
        self.told().into_iter().find(|(_, line)| line.starts_with(beginning)).map(|(at, _)| at)
    }

    #[track_caller]
    fn until_told(&self, beginning: &str) -> Instant {
        until(&format!("the manager to be told {beginning}"), || self.when(beginning))
    }

    fn pulses(&self) -> Vec<Instant> {
        self.told().into_iter().filter(|(_, line)| line == "WATCHDOG=1").map(|(at, _)| at).collect()
    }

    /// Where each of these came first, among all that was told.
    #[track_caller]
    fn expect_order(&self, beginnings: &[&str]) {
        let told = self.told();
        let place = |beginning: &&str| {
            let found = told.iter().position(|(_, line)| line.starts_with(*beginning));
            found.unwrap_or_else(|| panic!("never told {beginning}: {told:#?}"))
        };
        assert!(beginnings.iter().map(place).is_sorted(), "{beginnings:?} in another order: {told:#?}");
    }
}

#[test]
fn a_service_is_told_of_its_start_its_mode_and_its_end_in_this_order() {
    let house = House::new();
    house.short_session(1);
    let (manager, mut session) = Manager::start(&house, "");
    manager.until_told("STATUS=quoting: ");
    let pulses = manager.pulses().len();
    until_so("more pulses", || manager.pulses().len() >= pulses + 5);
    assert_eq!(manager.when("STOPPING=1"), None);
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
    manager.expect_order(&[
        "EXTEND_TIMEOUT_USEC=",
        "STATUS=starting: making a backup before the session",
        "READY=1",
        "STATUS=quoting: ",
        "STOPPING=1",
        "STATUS=closing: seal; session 2, ended by SIGTERM",
        "STATUS=closing: cancel; session 2, ended by SIGTERM",
        "STATUS=closing: backup; session 2, ended by SIGTERM",
    ]);
    for once in ["READY=1", "STOPPING=1"] {
        assert_eq!(manager.told().iter().filter(|(_, line)| line == once).count(), 1, "{once}");
    }
}

#[test]
fn a_runner_that_hangs_sends_no_pulse_meanwhile() {
    let house = House::new();
    let (manager, mut session) = Manager::start(&house, "runner_step:60:stall3000");
    let silence = || manager.pulses().windows(2).map(|two| two[1] - two[0]).max().unwrap_or_default();
    until_so("a silence that is over", || silence() > LIMIT * 3);
    session.signal(Signal::TERM);
    session.ended();
    manager.expect_order(&["READY=1", "STOPPING=1"]);
}

#[test]
fn a_start_that_is_refused_is_never_ready() {
    let house = House::new();
    let running = house.session(&["--seed", "7"]);
    house.until_quoting();
    let (manager, second) = Manager::start(&house, "");
    second.ended().expect_refusal(4, &["another neo"]);
    assert!(manager.when("STATUS=starting: ").is_some(), "{:?}", manager.told());
    assert_eq!(manager.when("READY=1"), None);
    drop(running);
}

#[test]
fn a_manager_that_has_gone_changes_nothing() {
    let house = House::new();
    let mut command = house.neo(&["run", "--headless", "--seed", "7", "--speed", "max", "--duration", "60s"]);
    command.env("NOTIFY_SOCKET", house.folder().join("nobody")).env("WATCHDOG_USEC", "1000");
    let ended = Headless::spawn(command).ended();
    ended.expect_code(0);
    assert_eq!(ended.stderr.matches("the service manager cannot be told").count(), 1, "{}", ended.stderr);
}

#[test]
fn the_journal_is_told_how_much_a_line_weighs_and_no_other_stream_is() {
    use std::os::unix::fs::MetadataExt as _;
    for is_the_journals in [true, false] {
        let house = House::new();
        let stream = house.folder().join("stream");
        let stderr = fs::File::create(&stream).expect("a file");
        let found = stderr.metadata().expect("a file");
        let inode = if is_the_journals { found.ino() } else { found.ino() + 1 };
        let mut command = house.neo(&["run", "--headless", "--seed", "7", "--speed", "max", "--duration", "60s"]);
        command.env("JOURNAL_STREAM", format!("{}:{inode}", found.dev())).env("NEO_FAULTS", "backup:1:eio");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        Headless::spawn_as_it_is(command).ended().expect_code(6);
        let told = fs::read_to_string(&stream).expect("text");
        let weighs = |line: &str| line.starts_with("<6>") || line.starts_with("<4>") || line.starts_with("<3>");
        assert!(told.lines().all(|line| weighs(line) == is_the_journals), "{told}");
        let failed = told.lines().find(|line| line.contains("a phase of the end failed")).expect("the failed backup");
        assert!(!is_the_journals || failed.starts_with("<3>"), "{failed}");
    }
}

/// A pipe that is full, and the end at which nobody reads.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (nobody_reads, mut full) = std::io::pipe().expect("a pipe");
    rustix::io::ioctl_fionbio(&full, true).expect("a pipe that does not block");
    let filled = std::iter::repeat_with(|| full.write(&[b'.'; 512])).find_map(Result::err);
    assert_eq!(filled.expect("an error").kind(), ErrorKind::WouldBlock);
    rustix::io::ioctl_fionbio(&full, false).expect("a pipe that blocks");
    (nobody_reads, full)
}

/// A full pipe as the standard error of `command`.
fn full_stderr(command: &mut Command) -> std::io::PipeReader {
    let (nobody_reads, full) = full_pipe();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(full);
    nobody_reads
}

#[test]
fn a_receipt_that_nobody_reads_is_in_its_file_and_holds_nobody_up() {
    let house = House::new();
    let mut command = house.neo(&QUICK);
    let (nobody_reads, full) = full_pipe();
    command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped());
    let mut session = Headless::spawn_as_it_is(command);
    house.until_quoting();
    session.signal(Signal::TERM);
    let asked = Instant::now();
    let ended = session.ended();
    ended.expect_code(0);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(ended.stderr.contains("nobody reads the standard output"), "{}", ended.stderr);
    let receipt = fs::read_to_string(house.folder().join("s.receipts/1.txt")).expect("a receipt");
    assert!(receipt.contains("Session 1 closed, verified."), "{receipt}");
    drop(nobody_reads);
}

#[test]
fn a_journal_that_reads_nothing_holds_no_session_up() {
    let house = House::new();
    let mut command = house.neo(&QUICK);
    let nobody_reads = full_stderr(&mut command);
    let mut session = Headless::spawn_as_it_is(command);
    house.until_quoting();
    session.signal(Signal::TERM);
    let asked = Instant::now();
    session.ended().expect_code(0);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    let log = log_of(&house);
    assert!(log.contains("session 1 is over"), "the file has what the pipe did not take:\n{log}");
    drop(nobody_reads);
}

#[test]
fn a_panic_that_nobody_reads_of_does_not_keep_the_session_from_its_end() {
    let house = House::new();
    let mut command = house.neo(&QUICK);
    command.env("NEO_FAULTS", "engine_step:40:panic");
    let nobody_reads = full_stderr(&mut command);
    assert_eq!(Headless::spawn_as_it_is(command).ended().code, Some(1), "closed, after a panic");
    assert_eq!(house.chain().last("session_closed").text("/reason"), "engine_panic");
    drop(nobody_reads);
}

#[test]
fn a_start_that_nobody_reads_of_is_left_at_once_all_the_same() {
    let house = House::new();
    house.short_session(1);
    let mut command = house.neo(&QUICK);
    command.env("NEO_FAULTS", "backup:1:stall600000");
    let nobody_reads = full_stderr(&mut command);
    let mut session = Headless::spawn_as_it_is(command);
    until_so("the backup before the session", || log_of(&house).contains("making a backup before the session"));
    session.signal(Signal::TERM);
    until_so("the first signal to be heard", || log_of(&house).contains("leaving once this step is over"));
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
    drop(nobody_reads);
}

/// What the log's files say so far.
fn log_of(house: &House) -> String {
    let files = fs::read_dir(house.logs()).into_iter().flatten();
    files.map(|file| fs::read_to_string(file.expect("a log").path()).expect("text")).collect()
}

/// The unit as it is handed out, by section-less names; a name that comes twice has both values.
fn unit() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(asset()).expect("the unit");
    let mut unit: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, value)) = line.split_once('=') {
            unit.entry(name.to_owned()).or_default().push(value.to_owned());
        }
    }
    unit
}

fn asset() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/neo.service"))
}

#[test]
fn the_unit_does_not_begin_again_where_that_cannot_help() {
    let unit = unit();
    assert_eq!(unit["Restart"], ["on-failure"], "an end that was wanted stays one, a risk limit's too");
    assert_eq!(unit["RestartPreventExitStatus"], ["2 3 4 5 6"]);
    assert!(!unit.contains_key("SuccessExitStatus"), "an end with something to look at is seen");
    assert_eq!(
        (unit["KillSignal"].as_slice(), unit["SendSIGHUP"].as_slice()),
        (&["SIGTERM".into()][..], &["no".into()][..])
    );
}

#[test]
fn the_unit_waits_longer_than_an_end_may_take() {
    /// CONTRACT's phases, then what closing the files and the log may take.
    const PHASES: [u64; 7] = [50, 15_000, 3_000, 1_000, 2_000, 10_000, 200];
    const FILES_AND_LOG: [u64; 2] = [2_000, 500];
    let needed = Duration::from_millis(PHASES.iter().chain(&FILES_AND_LOG).sum());
    let seconds: u64 = unit()["TimeoutStopSec"][0].strip_suffix('s').expect("seconds").parse().expect("a number");
    assert!(Duration::from_secs(seconds) > needed + needed / 4, "{seconds} s for {needed:?}");
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("neo.service");
    let text = fs::read_to_string(asset()).expect("the unit");
    assert!(text.contains("ExecStart=/usr/local/bin/neo run --headless "), "{text}");
    fs::write(&copy, text.replace("/usr/local/bin/neo", NEO)).expect("a copy");
    let verified = match Command::new("systemd-analyze").arg("verify").arg(&copy).output() {
        Err(why) if why.kind() == ErrorKind::NotFound => {
            return eprintln!("not run: systemd-analyze is not installed here");
        }
        verified => verified.expect("systemd-analyze"),
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && said.is_empty(), "{said}");
}
