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

#[test]
fn logs_that_tell_nothing_get_a_word_and_a_pipe_is_not_waited_for() {
    let (house, _) = adopted();
    let log = house.folder().join("some.log");
    let backfill = || house.run(&["backfill", "--log", path(&log)]);
    for nothing in [&b""[..], b"no time here\n", b"\x1f\x8b\x00\xff\xfe\n\x00", &vec![0; 100_000]] {
        fs::write(&log, nothing).expect("written");
        let said = backfill();
        assert!(said.expect_code(0).stdout.contains("No line of the logs begins with a time"), "{}", said.stdout);
    }
    let line = "2026-04-13 06:40:00,000 INFO alive\n";
    let wide: Vec<u8> = [0xfeff].into_iter().chain(line.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for readable in [[line.as_bytes(), b"caf\xe9\n"].concat(), wide] {
        fs::write(&log, readable).expect("written");
        assert!(backfill().stdout.contains("1 line of the logs begins with a time"));
    }
    #[cfg(unix)]
    {
        fs::remove_file(&log).expect("removed");
        rustix::fs::mknodat(rustix::fs::CWD, &log, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
            .expect("a pipe");
        backfill().expect_refusal(1, &["neither a file nor a folder"]);
    }
}

#[cfg(unix)]
#[test]
fn an_adoption_that_is_killed_anywhere_is_finished_by_saying_it_again() {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    let adopt = ["adopt", path(&earlier.database), "--apply"];
    for round in 0..12_u64 {
        let mut child = support::Headless::spawn(house.neo(&adopt));
        // The moment is the fault that is tried: any will do.
        std::thread::sleep(std::time::Duration::from_millis(round * round * 16));
        child.signal(rustix::process::Signal::KILL);
        child.ended();
    }
    house.run(&adopt).expect_code(0);
    let rows = house.rows();
    assert_eq!(rows.count("SELECT count(*) FROM sessions"), 37);
    assert_eq!(rows.count("SELECT count(*) FROM facts WHERE kind = 'adopted'"), 1);
    house.run(&["verify"]).expect_code(0);
}

#[test]
fn a_changed_row_and_a_lost_baseline_are_found_and_named() {
    let (house, _) = adopted();
    let change = |sql: &str| {
        Connection::open(house.database()).and_then(|store| store.execute(sql, [])).expect("a change");
    };
    for (changed, table) in [
        ("UPDATE orders SET status = 'CANCELLED' WHERE id = 'stale1'", "orders"),
        ("UPDATE fills SET price = '1' WHERE rowid = 1", "fills"),
        ("DELETE FROM adopted_texts WHERE column_name = 'price'", "adopted_texts"),
    ] {
        change(changed);
        let found = house.run(&["verify"]);
        assert!(found.expect_code(7).said().contains(table), "{}", found.said());
        house.run(&["rebuild"]).expect_code(0);
        house.run(&["verify"]).expect_code(0);
    }
    let baseline = house.files("s.backups").into_iter().find(|file| path(file).contains("-baseline")).expect("one");
    let whole = fs::read(&baseline).expect("a baseline");
    let mut torn = whole.clone();
    torn[9_000] ^= 1;
    fs::write(&baseline, torn).expect("damaged");
    let found = house.run(&["verify"]);
    assert!(found.expect_code(7).said().contains("baseline"), "{}", found.said());
    fs::remove_file(&baseline).expect("removed");
    let found = house.run(&["verify"]);
    assert!(found.expect_code(7).said().contains("baseline"), "{}", found.said());
    let refused = house.run(&["rebuild"]);
    assert!(refused.expect_code(3).said().contains("took over the rows of another engine"), "{}", refused.said());
    fs::write(&baseline, &whole).expect("put back");
    house.run(&["verify"]).expect_code(0);
    house.run(&["backup", "create"]).expect_code(0);
    fs::remove_file(&baseline).expect("removed again");
    house.run(&["rebuild"]).expect_code(0);
    fs::write(&baseline, whole).expect("put back");
    house.run(&["verify"]).expect_code(0);
}
