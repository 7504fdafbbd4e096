//! `neo verify`: whatever is changed in either copy is found and named, and a broken line is mended from a whole copy.

mod support;

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use serde_json::Value;

use support::{Ended, House};

/// A house in which two sessions have ended well.
fn lived_in() -> House {
    let house = House::new();
    house.short_session(1);
    house.short_session(2);
    house
}

fn first_segment(house: &House) -> PathBuf {
    support::chain::segments(&house.journal()).remove(0)
}

/// Changes one row of the store, as a hand or a disk would.
#[track_caller]
fn change(house: &House, sql: &str) {
    let store = Connection::open(house.database()).expect("a database");
    assert_eq!(store.execute(sql, []).expect("rows"), 1, "{sql}");
    store.close().expect("a database that closes");
}

/// Makes an acknowledged line unreadable, and answers its number.
#[track_caller]
fn break_a_line(house: &House, kind: &str) -> usize {
    let line = house.chain().of_kind(kind)[0].clone();
    let segment = first_segment(house);
    let text = fs::read_to_string(&segment).expect("a segment");
    let broken = text.replacen(&line.line, &line.line.replacen(kind, &kind.to_uppercase(), 1), 1);
    assert_ne!(broken, text);
    fs::write(&segment, broken).expect("our own file");
    line.n
}

#[track_caller]
fn first_difference(found: &Ended) -> String {
    found.expect_code(7);
    let json: Value = serde_json::from_str(&found.stdout).expect("one JSON document");
    json["first_difference"].as_str().expect("a difference in words").to_owned()
}

#[test]
fn of_a_database_that_is_gone_or_damaged_every_reader_says_how_it_comes_back_from_its_journal() {
    let house = lived_in();
    let whole = fs::read(house.database()).expect("a database");
    let readers: [&[&str]; 3] = [&["verify", "--all"], &["sessions"], &["query", "SELECT count(*) FROM facts"]];
    let expect_way_back = || {
        for reader in readers {
            let wanted = ["cannot read the database", "neo run --db", "neo rebuild --db"];
            let refused = house.run(reader);
            refused.expect_refusal(3, &wanted);
            assert!(!refused.stderr.contains("` once"), "{}", refused.stderr);
        }
    };
    fs::remove_file(house.database()).expect("removed");
    expect_way_back();
    fs::write(house.database(), "").expect("emptied");
    expect_way_back();
    let mut torn = whole.clone();
    torn[4_096..].fill(0xA5);
    fs::write(house.database(), &torn).expect("damaged");
    expect_way_back();
    let refused = house.run(&["verify", "--all"]);
    assert!(!refused.stderr.contains("SELECT"), "{}", refused.stderr);
    house.run(&["rebuild"]).expect_code(0);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn sessions_that_ended_well_verify_and_their_closing_facts_bear_the_digest_of_their_readings() {
    let house = lived_in();
    house.run(&["verify", "--all"]).expect_code(0);
    for (session, closed) in (1..).zip(house.chain().of_kind("session_closed")) {
        let digest = &closed.json()["readings"];
        for (table, count) in [("market_snapshots", "market"), ("valuation_snapshots", "valuations")] {
            let rows = house.rows().count(&format!("SELECT count(*) FROM {table} WHERE session_id = {session}"));
            assert!(rows > 3 && digest[count] == rows, "{table}: {rows} rows, {digest}");
        }
        assert_eq!(digest["sha256"].as_str().map(str::len), Some(64));
    }
}

#[test]
fn a_digit_changed_in_a_reading_is_found() {
    let house = lived_in();
    change(
        &house,
        "UPDATE market_snapshots SET bid3_price = replace(bid3_price, '1.', '2.')
         WHERE session_id = 2 AND ledger_index = (SELECT max(ledger_index) FROM market_snapshots WHERE session_id = 2)",
    );
    let said = first_difference(&house.run(&["verify", "--all", "--json"]));
    assert!(said.contains("readings of session 2"), "{said}");
    house.run(&["verify", "1"]).expect_code(0);
    house.run(&["verify", "2"]).expect_code(7);
}

#[test]
fn readings_that_were_changed_are_taken_from_the_backup_that_verify_names() {
    let house = lived_in();
    let readings = "SELECT * FROM valuation_snapshots WHERE session_id = 2";
    let had = house.rows().ask(readings);
    let lose_one = "DELETE FROM valuation_snapshots WHERE session_id = 2
        AND created_at = (SELECT min(created_at) FROM valuation_snapshots WHERE session_id = 2)";
    change(&house, lose_one);
    let said = first_difference(&house.run(&["verify", "--all", "--json"]));
    let way = format!("has them, and `neo rebuild --db {}` takes them from there", house.database().display());
    assert!(said.contains(&way), "{said}");
    let rebuilt = house.run(&["rebuild"]);
    rebuilt.expect_code(0);
    assert!(rebuilt.stdout.contains("came back from the backup"), "{}", rebuilt.stdout);
    assert!(!had.is_empty() && house.rows().ask(readings) == had);
    house.run(&["verify", "--all"]).expect_code(0);
    fs::remove_dir_all(house.folder().join("s.backups")).expect("our own folder");
    change(
        &house,
        "UPDATE valuation_snapshots SET mid_price = '9' WHERE created_at = (SELECT max(created_at) FROM valuation_snapshots)",
    );
    let said = first_difference(&house.run(&["verify", "--all", "--json"]));
    assert!(said.contains("no copy of them is left"), "{said}");
}

#[test]
fn a_digit_changed_in_a_table_is_named_by_table_row_and_column() {
    let house = lived_in();
    for (table, column, row) in [
        ("sessions", "ending_xrp", "session_id = 2"),
        ("orders", "price", "id = (SELECT min(id) FROM orders WHERE session_id = 2)"),
        ("inventory_ledger", "change", "session_id = 2 AND asset = 'XRP' AND cause = 'opening'"),
    ] {
        change(&house, &format!("UPDATE {table} SET {column} = {column} || '1' WHERE {row}"));
        let said = first_difference(&house.run(&["verify", "--all", "--json"]));
        assert!(said.contains(&format!("table {table}")) && said.contains(&format!("column {column}")), "{said}");
        house.run(&["verify", "1"]).expect_code(0);
        let as_it_was = format!("substr({column}, 1, length({column}) - 1)");
        change(&house, &format!("UPDATE {table} SET {column} = {as_it_was} WHERE {row}"));
        house.run(&["verify", "--all"]).expect_code(0);
    }
}

#[test]
fn a_broken_line_is_mended_from_the_store_and_the_chain_tells_of_it() {
    let house = lived_in();
    let before = house.chain();
    let n = break_a_line(&house, "intent");
    let damaged = fs::read(first_segment(&house)).expect("a segment");
    house.run(&["verify", "--all"]).expect_code(7);
    let mended = house.run(&["verify", "--all", "--mend"]);
    mended.expect_code(0);
    assert!(
        mended.stdout.contains(&format!("line {n} of the journal was broken or gone and was put right")),
        "{}",
        mended.said()
    );
    let after = house.chain();
    assert_eq!(after.links[..before.links.len()], before.links, "byte for byte");
    let told = after.last("restored").json();
    assert_eq!((&told["what"], &told["from"], &told["lines"]), (&"journal_mended".into(), &"store".into(), &1.into()));
    let folder = house.folder().join("s.quarantine").join(told["quarantine"].as_str().expect("a folder"));
    let kept = fs::read(folder.join(first_segment(&house).file_name().expect("a name"))).expect("the damaged segment");
    assert_eq!(kept, damaged);
    house.run(&["verify", "--all"]).expect_code(0);
    house.short_session(3);
}

#[test]
fn a_line_that_the_store_has_lost_as_well_is_mended_from_a_backup() {
    let house = lived_in();
    let before = house.chain();
    let n = break_a_line(&house, "intent");
    change(&house, &format!("DELETE FROM facts WHERE n = {n}"));
    let mended = house.run(&["verify", "--all", "--mend"]);
    assert_eq!(house.chain().links[..before.links.len()], before.links, "{}", mended.said());
    assert!(house.chain().last("restored").text("/from").contains("Z-"), "it names the backup");
    mended.expect_code(7);
    assert!(
        mended.stdout.contains("in the journal and not in the store"),
        "the store still lacks it: {}",
        mended.said()
    );
}

#[test]
fn behind_an_older_database_whose_journal_is_gone_mending_goes_on_with_the_lines_of_a_newer_backup() {
    for emptied in [None, Some("0000000000.jsonl")] {
        let house = House::new();
        house.short_session(1);
        let older = fs::read(house.database()).expect("a database");
        house.short_session(2);
        let before = house.chain();
        fs::write(house.database(), &older).expect("our own file");
        fs::remove_dir_all(house.journal()).expect("our own folder");
        if let Some(segment) = emptied {
            fs::create_dir(house.journal()).expect("our own folder");
            fs::write(house.journal().join(segment), "").expect("our own folder");
        }
        let mended = house.run(&["verify", "--all", "--mend"]);
        let after = house.chain();
        assert!(after.links.starts_with(&before.links), "{}", mended.said());
        assert!(mended.stdout.contains(".db; they are in the journal again"), "{}", mended.said());
        let told: Vec<String> = after.of_kind("restored").iter().map(|link| link.text("/what")).collect();
        assert_eq!(told, ["journal_mended", "journal_healed"]);
        house.short_session(3);
        assert_eq!(house.chain().last("session_opened").session, Some(3));
        house.run(&["verify", "--all"]).expect_code(0);
    }
}

#[test]
fn a_line_without_a_whole_copy_is_named_and_nothing_is_touched() {
    let house = lived_in();
    let n = break_a_line(&house, "intent");
    change(&house, &format!("DELETE FROM facts WHERE n = {n}"));
    fs::remove_dir_all(house.folder().join("s.backups")).expect("our own folder");
    let before = house.possessions();
    house.run(&["verify", "--all", "--mend"]).expect_refusal(7, &[&format!("line {n}"), "no whole copy"]);
    assert!(house.possessions() == before, "nothing was touched");
}

#[cfg(unix)]
#[test]
fn beside_a_running_session_verify_finds_nothing_and_mending_is_refused() {
    let house = House::new();
    house.short_session(1);
    let mut running = house.session(&["--seed", "2"]);
    house.until_quoting();
    for _ in 0..3 {
        house.run(&["verify", "--all"]).expect_code(0);
    }
    house.run(&["verify", "--all", "--mend"]).expect_refusal(4, &["another neo"]);
    running.signal(rustix::process::Signal::INT);
    running.ended().expect_code(0);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn every_command_that_is_named_works_on_the_database_that_it_is_about() {
    let house = lived_in();
    break_a_line(&house, "session_opened");
    fs::write(house.journal().join("0000009999.jsonl"), "no line\n").expect("written");
    change(&house, "UPDATE sessions SET label = 'another' WHERE session_id = 1");
    let aimed = format!("--db {}`", house.database().display());
    for told in [house.run(&["verify", "--all"]), house.run(&["verify", "--all", "--json"])] {
        let said = told.expect_code(7).said();
        let named: Vec<&str> = said.split("`neo ").skip(1).collect();
        assert!(named.len() > 1, "{said}");
        assert!(
            named.iter().all(|command| command.split_inclusive('`').next().unwrap_or("").ends_with(&aimed)),
            "{said}"
        );
    }
    house.run(&["sessions", "show", "99"]).expect_refusal(1, &[&format!("`neo sessions {aimed}")]);
}

#[test]
fn in_the_default_place_a_command_stays_short() {
    let house = House::new();
    let run = |arguments: &[&str]| {
        let mut neo = house.neo(arguments);
        neo.env_remove("NEO_DB");
        support::Headless::spawn(neo).ended()
    };
    run(&["run", "--headless", "--speed", "max", "--duration", "10s"]).expect_code(0);
    run(&["sessions", "show", "99"]).expect_refusal(1, &["`neo sessions` lists them"]);
}
