//! The incident that this program exists for, from its files to a running session: told, refused, put right, and over.

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;

use neo_console::domain::time::Timestamp;
use support::{Earlier, Ended, House, Rows};

/// What a short session is given besides the printed `neo run --db …`.
const SHORT: [&str; 7] = ["--headless", "--seed", "3", "--speed", "max", "--duration", "20s"];

fn path(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The words of a printed command behind `neo`. The test's folders have nothing in their names that a shell would touch.
fn words(command: &str) -> Vec<String> {
    let words = command.strip_prefix("neo ").unwrap_or_else(|| panic!("not a command of ours: {command}"));
    assert!(!words.contains(['\'', '"', '`']), "{words}");
    words.split(' ').map(str::to_owned).collect()
}

/// The command that comes next, on a line of its own, as an operator copies it.
#[track_caller]
fn next(ended: &Ended) -> String {
    let command = ended.stdout.lines().rev().find_map(|line| line.strip_prefix("Next: `"));
    let command = command.and_then(|rest| rest.strip_suffix('`'));
    command.unwrap_or_else(|| panic!("no command at the end of:\n{}", ended.stdout)).to_owned()
}

fn audit(house: &House, database: &Path) -> (Ended, Value) {
    let json = house.run(&["audit", path(database), "--json"]);
    (house.run(&["audit", path(database)]), serde_json::from_str(&json.stdout).expect("one document"))
}

fn folder(of: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(of).expect("a folder").map(|entry| entry.expect("an entry").path());
    let named = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut files: Vec<_> = entries.map(|path| (named(&path), fs::read(&path).expect("a file"))).collect();
    files.sort();
    files
}

#[test]
fn the_doctor_tells_the_story_and_its_commands_lead_to_a_running_session() {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    let damaged = &earlier.damaged;
    let before = folder(damaged.parent().expect("a folder"));

    let (told, report) = audit(&house, damaged);
    told.expect_code(7);
    let story = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "write-ahead log was lost",
        "the file is stale and torn",
        "37 sessions (1 to 37) never got an end",
        "stale1 (session 37, BUY ACTIVE) and stale2 (session 37, SELL ACTIVE)",
        "neo_live_stage1.db.bak.20260418T192119Z of 2026-04-18T19:21:19Z is sound and holds sessions 1 to 37",
    ] {
        assert!(story.contains(words), "`{words}` is not in:\n{}", told.stdout);
    }

    house.run(&["run", "--db", path(damaged), SHORT[0], "--duration", "20s"]).expect_refusal(3, &["neo audit"]);
    let mut after = folder(damaged.parent().expect("a folder"));
    after.retain(|(name, _)| !name.contains(".lock"));
    assert!(after == before, "a refusal changes not a byte");

    let mut command = report["next"]["command"].as_str().expect("a command").to_owned();
    assert!(command.starts_with("neo restore --from"), "{command}");
    let mut followed = Vec::new();
    loop {
        let mut arguments = words(&command);
        followed.push(arguments[0].clone());
        match arguments[0].as_str() {
            "run" => arguments.extend(SHORT.map(str::to_owned)),
            "backfill" if !arguments.contains(&"--log".to_owned()) => {
                arguments.extend(["--log".to_owned(), path(&earlier.logs).to_owned()]);
            }
            _ => {}
        }
        let ended = house.run(&arguments);
        ended.expect_code(0);
        if arguments[0] == "run" {
            break;
        }
        command = next(&ended);
        assert!(followed.len() < 8, "the commands lead in a circle: {followed:?}");
    }
    assert_eq!(followed, ["restore", "restore", "backfill", "backfill", "audit", "run"]);
    expect_put_right(&house, damaged, &earlier);

    let quarantine = damaged.with_extension("quarantine");
    let folders = fs::read_dir(&quarantine).expect("a quarantine").map(|entry| entry.expect("a folder in it").path());
    let kept =
        folders.map(|folder| folder.join("neo_live_stage1.db")).find(|kept| kept.exists()).expect("the evidence");
    let stale = before.iter().find(|(name, _)| name == "neo_live_stage1.db").expect("it was there");
    assert!(fs::read(kept).expect("the evidence") == stale.1, "the evidence is as it was");
}

#[test]
fn an_adopted_past_shows_37_sessions_without_an_end_until_they_are_put_right() {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    house.run(&["adopt", path(&earlier.database), "--apply"]).expect_code(0);
    let asked = house.run(&["query", "SELECT count(*) AS open FROM sessions WHERE ended_at IS NULL", "--json"]);
    assert!(asked.expect_code(0).stdout.contains("37"), "{}", asked.stdout);
    let listed = house.run(&["sessions", "list", "--limit", "50"]);
    assert_eq!(listed.expect_code(0).stdout.matches("no end known").count(), 37, "{}", listed.stdout);
    house.run(&["backfill", "--log", path(&earlier.logs), "--apply"]).expect_code(0);
    house.run(&[&["run"], &SHORT[..]].concat()).expect_code(0);
    expect_put_right(&house, &house.database(), &earlier);
}

/// Every session has its end, session 38 ran and is closed, both copies agree, and nobody is accused.
#[track_caller]
fn expect_put_right(house: &House, database: &Path, earlier: &Earlier) {
    let rows = Rows::of(database);
    for end in earlier.ends.iter().filter(|end| end.ticks) {
        let row = rows.session(end.session);
        let found: Timestamp = row["ended_at"].parse().expect("an end");
        assert!((found.as_millis() - end.ended_ms).abs() <= 10_000, "session {}: {found}", end.session);
    }
    assert_eq!(rows.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL"), 0);
    assert_eq!(rows.session(38)["status"], "CLOSED");
    let unproven = rows.ask("SELECT id FROM orders WHERE status = 'UNPROVEN' ORDER BY id");
    assert_eq!(unproven, [["stale1"], ["stale2"]]);
    house.run(&["--db", path(database), "verify"]).expect_code(0);
    let (told, report) = audit(house, database);
    told.expect_code(0);
    assert_eq!(report["findings"], Value::Array(Vec::new()), "{}", told.stdout);
}
