//! Secrets in all the wrong places, through the real binary: whatever is written afterwards, on the terminal, in the
//! log, in the journal, in the database, on a receipt, contains none of them.
#![cfg(unix)]

mod support;

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;

use support::{Ended, Headless, House, Stage};

/// The seed of a wallet, as the ledger's own documents show it.
const SEED: &str = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb";
/// One for the other curve.
const OTHER_SEED: &str = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2";
/// What looks like nothing at all.
const WORD: &str = "correct-horse-battery-staple";

const ALL: [&str; 3] = [SEED, OTHER_SEED, WORD];

/// Everything that is planted in the environment.
const ENVIRONMENT: [(&str, &str); 6] = [
    ("NEO_SEED", SEED),
    ("NEO_WALLET_SEED", OTHER_SEED),
    ("NEO_PASSWORD", WORD),
    ("AWS_SECRET_ACCESS_KEY", WORD),
    ("GITHUB_TOKEN", WORD),
    ("RUST_BACKTRACE", "full"),
];

fn neo(house: &House, arguments: &[&str]) -> Ended {
    let mut command = house.neo(arguments);
    command.envs(ENVIRONMENT);
    Headless::spawn(command).ended()
}

#[track_caller]
fn expect_none_in(bytes: &[u8], what: &str) {
    for secret in ALL {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in {what}:\n{}", String::from_utf8_lossy(bytes));
    }
}

/// Every file below the house, but those that we planted.
#[track_caller]
fn expect_none_kept(house: &House, planted: &[PathBuf]) {
    let mut folders = vec![house.folder().to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if !planted.contains(&path) {
                seen += 1;
                expect_none_in(&fs::read(&path).expect("a file"), &path.display().to_string());
            }
        }
    }
    assert!(seen > 3, "there is something to look at");
}

#[track_caller]
fn expect_silence(ended: &Ended, what: &str) {
    expect_none_in(ended.said().as_bytes(), what);
}

#[test]
fn no_secret_of_the_environment_is_written_by_any_session_or_command() {
    let house = House::new();
    for (faults, code) in [("", 0), ("engine_step:40:panic", 1), ("checkpoint:1+,backup:1+:enospc", 6)] {
        let mut command =
            house.neo(&["run", "--headless", "-vv", "--seed", "7", "--speed", "max", "--duration", "60s"]);
        command.envs(ENVIRONMENT).env("NEO_FAULTS", faults);
        let ended = Headless::spawn(command).ended();
        assert_eq!(ended.code, Some(code), "{faults}: {}", ended.said());
        expect_silence(&ended, faults);
    }
    for arguments in [
        &["audit"][..],
        &["config", "show"],
        &["config", "show", "--json"],
        &["sessions", "show", "1", "--json"],
        &["sessions", "show", "1", "--receipt"],
        &["backup"],
        &["verify", "--all"],
        &["--help"],
        &["run", "--help"],
        &["query", "SELECT * FROM facts"],
    ] {
        expect_silence(&neo(&house, arguments), &arguments.join(" "));
    }
    expect_none_kept(&house, &[]);
}

#[test]
fn no_secret_of_the_environment_is_drawn_on_the_terminal() {
    let house = House::new();
    let mut stage = Stage::new().size(200, 50).faults("runner_step:400:panic");
    for (name, value) in ENVIRONMENT {
        stage = stage.environment(name, value);
    }
    let mut console = stage.start(&house, &["run", "-vv", "--seed", "7", "--speed", "20"]);
    console.wait_for_quotes(&house);
    for tab in ["2", "3", "4", "5", "6"] {
        console.keys(tab);
    }
    support::until("the end", || console.exit_code());
    console.ended();
    expect_none_in(&console.bytes(), "the terminal");
    expect_none_kept(&house, &[]);
}

#[test]
fn a_secret_in_the_config_is_refused_with_where_it_belongs_and_is_said_nowhere() {
    let house = House::new();
    let config = house.folder().join("secret.toml");
    let named = config.to_str().expect("a plain path").to_owned();
    for text in [
        format!("[xrpl]\nseed = \"{SEED}\"\n"),
        format!("wallet_password = \"{WORD}\"\n"),
        format!("[engine]\nlabel = \"{WORD}\" # {OTHER_SEED}\n"),
        format!("wallet_seed = {WORD}\n"),
        format!("note = \"\"\"\n{WORD}\n"),
        format!("engine = {{ note = \"{WORD}\", tick_s = 0 }}\n"),
    ] {
        fs::write(&config, &text).expect("a config");
        for verb in [&["config", "check"][..], &["config", "show"], &["run", "--headless", "--duration", "10s"]] {
            let ended = neo(&house, &[verb, &["--config", &named]].concat());
            assert_eq!(ended.code, Some(2), "{text}: {}", ended.said());
            expect_silence(&ended, &text);
        }
    }
    fs::write(&config, format!("wallet_password = \"{WORD}\"\n")).expect("a config");
    let ended = neo(&house, &["config", "check", "--config", &named]);
    assert!(ended.stderr.contains("environment, as NEO_WALLET_PASSWORD"), "{}", ended.said());
}

#[test]
fn an_argument_that_is_refused_is_not_said_again() {
    let house = House::new();
    let password = format!("--password={WORD}");
    let path = format!("smb://me:{WORD}@host/s.db");
    let below = format!("../me:{WORD}@host/s.db");
    let labels = [format!("x=1&password={WORD}"), format!("{{\"password\": \"{WORD}\"}}"), format!("me:{WORD}@host")];
    for arguments in [
        &["run", "--seed", SEED][..],
        &["run", "--seed", WORD],
        &["run", "--label", OTHER_SEED],
        &["run", "--duration", WORD],
        &["run", "--speed", WORD],
        &["run", &password],
        &["run", "--db", &path],
        &["run", "--headless", "--db", &below],
        &["run", "--headless", "--label", &labels[0]],
        &["run", "--headless", "--label", &labels[1]],
        &["run", "--headless", "--label", &labels[2]],
        &["sessions", "show", WORD],
        &[SEED],
    ] {
        let ended = neo(&house, arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.said());
        expect_silence(&ended, &arguments.join(" "));
    }
    assert!(!house.journal().exists(), "no session was begun");
    let typo = neo(&house, &["run", "--color", "purple"]);
    assert!(typo.stderr.contains("purple") && typo.stderr.contains("never"), "{}", typo.said());
}

#[test]
fn a_label_with_a_secret_in_it_is_refused_and_an_ordinary_one_is_kept() {
    let house = House::new();
    let ended = neo(&house, &["run", "--headless", "--speed", "max", "--duration", "20s", "--label", "token=abc"]);
    assert_eq!(ended.code, Some(2), "{}", ended.said());
    let mut session = house.session(&["--seed", "7", "--speed", "20", "--label", "a quiet morning"]);
    house.until_quoting();
    session.signal(Signal::TERM);
    session.ended().expect_code(0);
    assert_eq!(house.rows().session(1)["label"], "a quiet morning");
}
