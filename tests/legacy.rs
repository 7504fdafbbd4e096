//! The earlier engine's past, taken over and put right through the real binary.

mod support;

use std::fs;

use rusqlite::Connection;

use support::{Earlier, House};

/// A house in which a past was adopted.
fn adopted() -> (House, Earlier) {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    house.run(&["adopt", path(&earlier.database), "--apply"]).expect_code(0);
    (house, earlier)
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn a_dry_run_tells_everything_and_writes_nothing() {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    let before = house.possessions();
    let ended = house.run(&["adopt", path(&earlier.database)]);
    ended.expect_code(0);
    for words in ["sessions 1 to 37", "UNPROVEN   stale1", "rounded", "Nothing was written"] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    assert!(house.possessions() == before);
}

#[test]
fn adopted_sessions_without_an_end_get_one_within_ten_seconds_of_the_truth() {
    let (house, earlier) = adopted();
    let original = fs::read(&earlier.database).expect("the original");
    assert_eq!(house.rows().count("SELECT count(*) FROM sessions WHERE ended_at IS NULL"), 37);
    assert!(house.run(&["sessions"]).stdout.contains("no end known"));
    house.run(&["backfill", "--log", path(&earlier.logs), "--apply"]).expect_code(0);
    let rows = house.rows();
    for end in earlier.ends.iter().filter(|end| end.ticks) {
        let row = rows.session(end.session);
        let found: neo_console::domain::time::Timestamp = row["ended_at"].parse().expect("an end");
        assert!((found.as_millis() - end.ended_ms).abs() <= 10_000, "session {}: {found}", end.session);
        assert_eq!(row["status"], "RECOVERED");
        let held: f64 = row["ending_xrp"].parse().expect("what it held");
        assert!((held - end.xrp).abs() < 0.000_001, "session {}: {held} {}", end.session, end.xrp);
    }
    assert_eq!(rows.session(3)["halt_reason"], "interrupted_sigint");
    assert!(fs::read(&earlier.database).expect("the original") == original, "it was not written to");
    house.run(&["verify"]).expect_code(0);
}

#[test]
fn what_was_adopted_before_is_not_adopted_again_and_other_sessions_of_the_same_numbers_are_refused() {
    let (house, earlier) = adopted();
    let again = house.run(&["adopt", path(&earlier.database), "--apply"]);
    again.expect_code(0);
    assert!(again.stdout.contains("adopted already"), "{}", again.stdout);
    assert_eq!(house.files("s.backups").len(), 1);
    Connection::open(&earlier.database).expect("the original").execute("DELETE FROM fills", []).expect("a change");
    house.run(&["adopt", path(&earlier.database), "--apply"]).expect_refusal(2, &["session 1 already", "--db"]);
}

#[test]
fn a_session_without_evidence_waits_for_the_operators_word() {
    let (house, earlier) = adopted();
    house.run(&["backfill", "--apply"]).expect_code(0);
    let open = house.rows().ask("SELECT session_id FROM sessions WHERE ended_at IS NULL ORDER BY 1");
    assert_eq!(open, [["5"], ["19"]]);
    let word = |at: &str| house.run(&["backfill", "--session", "5", "--ended-at", at, "--apply"]);
    word("2026-01-01T00:00:00Z").expect_refusal(2, &["it began at"]);
    word("2026-12-01T00:00:00Z").expect_refusal(2, &["the next session began at"]);
    let real = earlier.ends[4].ended_ms;
    word(&neo_console::domain::time::Timestamp::from_millis(real).to_string()).expect_code(0);
    assert_eq!(house.rows().session(5)["ended_at_source"], "operator");
    word("2026-04-13T19:00:00Z").expect_refusal(2, &["not an adopted one that lacks an end"]);
}

#[test]
fn a_session_runs_on_an_adopted_past_and_tells_of_orders_that_nobody_has_proven_gone() {
    let (house, _) = adopted();
    house.session(&["--seed", "3", "--speed", "max", "--duration", "20s"]).ended().expect_code(0);
    let rows = house.rows();
    assert_eq!(rows.session(38)["status"], "CLOSED");
    assert_eq!(rows.session(37)["status"], "OPEN", "it was never ours to close");
    assert_eq!(rows.count("SELECT count(*) FROM incidents WHERE happened LIKE '%stale1%' AND session_id = 38"), 1);
}

#[test]
fn a_store_that_is_gone_is_made_anew_with_the_adopted_rows() {
    let (house, _) = adopted();
    let before = house.rows().ask("SELECT * FROM orders ORDER BY id");
    fs::remove_file(house.database()).expect("the store");
    let _ = fs::remove_file(house.wal());
    house.session(&["--seed", "3", "--speed", "max", "--duration", "20s"]).ended().expect_code(0);
    let after = house.rows().ask("SELECT * FROM orders WHERE session_id <= 37 ORDER BY id");
    assert_eq!(after, before);
}

#[test]
fn a_sound_backup_takes_the_place_of_the_damaged_database_and_a_session_runs_on_it() {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    let db = path(&earlier.damaged);
    house.run(&["--db", db, "adopt", db]).expect_refusal(2, &["into itself"]);
    house.run(&["adopt", db]).expect_refusal(3, &["malformed"]);
    house.run(&["--db", db, "run", "--headless", "--speed", "max", "--duration", "20s"]).expect_code(3);
    let restored = house.run(&["--db", db, "restore", "--from", path(&earlier.database)]);
    restored.expect_code(0);
    assert!(restored.stdout.contains("quarantine"), "{}", restored.stdout);
    house.run(&["--db", db, "restore", "--from", path(&earlier.database)]).expect_code(0);
    house.run(&["--db", db, "run", "--headless", "--speed", "max", "--duration", "20s"]).expect_code(0);
}
