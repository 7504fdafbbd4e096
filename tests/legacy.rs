//! The earlier engine's past, taken over and put right through the real binary.

mod support;

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use support::{Earlier, House};

/// A house in which a past was adopted.
fn adopted() -> (House, Earlier) {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    house.run(&["adopt", path(&earlier.database), "--apply"]).expect_code(0);
    (house, earlier)
}

fn path(path: &Path) -> &str {
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
    assert_eq!(house.files("s.backups").len(), 2, "the baseline, and an ordinary backup with its rows");
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
    word("2026-04-18T00:00:00Z").expect_refusal(2, &["the next session began at"]);
    word("2199-12-01T00:00:00Z").expect_refusal(2, &["by this machine's clock"]);
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
}

fn baseline(house: &House) -> std::path::PathBuf {
    house.files("s.backups").into_iter().find(|file| path(file).contains("-baseline")).expect("a baseline")
}

/// Writes another sign over the last of a row's words, wherever they stand in the file.
fn spoil_a_row(file: &Path) {
    let mut bytes = fs::read(file).expect("a database");
    let words = b"stale1";
    let at = bytes.windows(words.len()).rposition(|here| here == words).expect("the row");
    bytes[at + 5] = b'9';
    fs::write(file, bytes).expect("spoilt");
}

#[test]
fn a_baseline_that_is_gone_or_changed_is_told_and_made_anew_of_any_copy_that_has_its_rows_whole() {
    let (house, earlier) = adopted();
    house.run(&["backfill", "--log", path(&earlier.logs), "--apply"]).expect_code(0);
    let asked = || house.rows().ask("SELECT * FROM sessions ORDER BY session_id");
    let sessions = asked();
    let file = baseline(&house);
    let backups = house.files("s.backups");
    let spoil: [&dyn Fn(); 2] = [&|| fs::remove_file(&file).expect("removed"), &|| spoil_a_row(&file)];
    for spoil in spoil {
        spoil();
        assert!(house.run(&["verify"]).expect_code(7).said().contains("baseline"));
        let told = house.run(&["audit"]);
        told.expect_code(7);
        assert!(
            told.stdout.contains("lost a copy") && told.stdout.contains("Next: `neo backup create"),
            "{}",
            told.stdout
        );
        assert!(house.run(&["backup", "list"]).expect_code(0).stderr.contains("neo backup create"));
        let made = house.run(&["backup", "create"]);
        assert!(made.expect_code(0).stderr.contains("rows in the database"), "{}", made.stderr);
        house.run(&["verify"]).expect_code(0);
        house.run(&["audit"]).expect_code(0);
    }
    // The store is lost, too: the old one's rows prove themselves, or else a backup's.
    fs::remove_file(&file).expect("removed");
    let rebuilt = house.run(&["rebuild"]);
    assert!(rebuilt.expect_code(0).stdout.contains("from the database"), "{}", rebuilt.stdout);
    fs::remove_file(&file).expect("removed");
    let store = Connection::open(house.database()).expect("the store");
    store.execute("UPDATE orders SET status = 'CANCELLED' WHERE id = 'stale1'", []).expect("a change");
    drop(store);
    let rebuilt = house.run(&["rebuild"]);
    assert!(rebuilt.expect_code(0).stdout.contains("from the backup"), "{}", rebuilt.stdout);
    assert_eq!(asked(), sessions);
    house.run(&["verify"]).expect_code(0);
    // No copy is whole: the old database stays as it is.
    for file in backups.iter().chain([&house.database()]).chain(&house.files("s.backups")).filter(|file| file.exists())
    {
        fs::remove_file(file).expect("removed");
    }
    let refused = house.run(&["rebuild"]);
    assert!(refused.expect_code(3).said().contains("took over the rows of another engine"), "{}", refused.said());
}

#[test]
fn a_number_or_a_time_that_nobody_would_write_is_refused_by_its_row_and_a_session_still_runs() {
    let house = House::new();
    let earlier = Earlier::make(house.folder(), 38);
    let old = Connection::open(&earlier.database).expect("the original");
    old.execute_batch(
        "UPDATE sessions SET session_id = 9223372036854775807 WHERE session_id = 37;
         UPDATE sessions SET session_id = 0 WHERE session_id = 36;
         UPDATE orders SET created_at = strftime('%s', created_at) WHERE rowid % 2 = 0;
         UPDATE valuation_snapshots SET created_at = strftime('%s', created_at) || '000';
         UPDATE fills SET price = 1e308 WHERE rowid = 1;
         ALTER TABLE sessions RENAME TO old_sessions;
         ALTER TABLE old_sessions RENAME TO SESSIONS;",
    )
    .expect("another past");
    drop(old);
    let told = house.run(&["adopt", path(&earlier.database), "--apply", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told.expect_code(0).stdout).expect("one document");
    let tables = told["account"]["tables"].as_array().expect("tables");
    for table in tables {
        let refused = match table["table"].as_str().expect("a name") {
            "sessions" => 2,
            "fills" => 1,
            _ => 0,
        };
        assert_eq!(table["refused"], refused, "{table}");
        assert_eq!(table["read"].as_u64(), table["taken"].as_u64().map(|taken| taken + refused), "{table}");
    }
    house.session(&["--seed", "3", "--speed", "max", "--duration", "20s"]).ended().expect_code(0);
    assert_eq!(house.rows().session(36)["status"], "CLOSED");
    house.run(&["verify"]).expect_code(0);
}

#[test]
fn a_log_of_another_zone_or_day_moves_no_end() {
    let (house, earlier) = adopted();
    let first = &earlier.ends[0];
    let hours_later = neo_console::domain::time::Timestamp::from_millis(first.ended_ms + 7_200_000).to_string();
    let log = house.folder().join("any.log");
    fs::write(&log, format!("{} INFO alive\n", hours_later.trim_end_matches('Z'))).expect("written");
    let found = house.run(&["backfill", "--log", path(&log), "--json"]);
    let found: serde_json::Value = serde_json::from_str(&found.expect_code(0).stdout).expect("one document");
    let end = &found[0]["end"];
    let ended: neo_console::domain::time::Timestamp =
        end["ended_at"].as_str().and_then(|at| at.parse().ok()).expect("an end");
    assert!((ended.as_millis() - first.ended_ms).abs() <= 10_000, "{end}");
    assert!(end["evidence"].as_str().is_some_and(|words| words.contains("much later")), "{end}");
}

/// Another past beside the first. `sessions` says what becomes of a `session_id` in it, and `keys` of an order's `id`.
fn another_past(house: &House, seed: u64, sessions: &str, keys: &str) -> Earlier {
    let folder = house.folder().join(seed.to_string());
    fs::create_dir_all(&folder).expect("a folder");
    let past = Earlier::make(&folder, seed);
    let old = Connection::open(&past.database).expect("the original");
    let of_fills = keys.replace("id", "order_id");
    old.execute_batch(&format!(
        "UPDATE sessions SET session_id = -({sessions}); UPDATE sessions SET session_id = -session_id;
         UPDATE orders SET session_id = {sessions}, id = {keys};
         UPDATE fills SET session_id = {sessions}, order_id = {of_fills}, id = {keys};"
    ))
    .expect("another past");
    past
}

#[test]
fn each_of_two_adoptions_is_proven_and_brought_back_by_its_own_digest() {
    let (house, _) = adopted();
    let second = another_past(&house, 39, "session_id + 100", "'2-' || id");
    house.run(&["adopt", path(&second.database), "--apply"]).expect_code(0);
    house.short_session(1);
    let rows = || house.rows().ask("SELECT * FROM orders WHERE fees_xrp IS NULL ORDER BY id");
    let had = rows();
    let baselines = || {
        let on_shelf = house.files("s.backups").into_iter();
        on_shelf.filter(|file| file.to_string_lossy().contains("-baseline")).collect::<Vec<_>>()
    };
    assert_eq!(baselines().len(), 2);
    for file in baselines() {
        fs::remove_file(file).expect("our own file");
    }
    let started = house.short_session(2);
    assert_eq!(baselines().len(), 2, "{}", started.said());
    // From here on the baselines are all that a rebuilding has.
    fs::remove_file(house.database()).expect("our own file");
    house.run(&["rebuild"]).expect_code(0);
    assert_eq!(rows(), had);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_second_adoption_that_could_not_be_told_from_the_first_is_refused_before_anything_is_written() {
    let cases = [
        ("session_id * 10 + 5", "'2-' || id", "", "lie among those"),
        ("session_id + 1000", "id", "", "already, which is another one"),
        (
            "session_id + 1000",
            "'2-' || id",
            "UPDATE orders SET session_id = NULL, created_at = '2020-01-01T00:00:00' WHERE id = '2-stale1'",
            "none of its sessions",
        ),
    ];
    for (sessions, keys, more, words) in cases {
        let house = House::new();
        let first = another_past(&house, 38, "session_id * 10", "id");
        house.run(&["adopt", path(&first.database), "--apply"]).expect_code(0);
        let second = another_past(&house, 39, sessions, keys);
        Connection::open(&second.database).and_then(|old| old.execute_batch(more)).expect("another past");
        let before = house.possessions();
        for arguments in [vec!["adopt", path(&second.database)], vec!["adopt", path(&second.database), "--apply"]] {
            house.run(&arguments).expect_refusal(2, &[words, "nothing was adopted", "--db"]);
        }
        assert!(house.possessions() == before, "a refusal changes nothing: {words}");
    }
}
