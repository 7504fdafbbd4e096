use std::path::Path;

use proptest::prelude::*;
use rusqlite::types::Value;

use crate::domain::fact::{Fact, Step};
use crate::domain::session::SessionId;
use crate::journal::record::{Hash, Line};
use crate::store::story::{Story, at, incident, line};
use crate::store::{Store, StoreError};

const TABLES: [&str; 12] = [
    "facts",
    "sessions",
    "orders",
    "fills",
    "capital_events",
    "inventory_ledger",
    "inventory_truth_snapshots",
    "circuit_breaker_events",
    "engine_state",
    "incidents",
    "operator_commands",
    "journal_cursor",
];

fn open(folder: &Path) -> Store {
    Store::open(&folder.join("s.db")).unwrap()
}

/// Every row of every table.
fn everything(store: &mut Store) -> Vec<Vec<Vec<Value>>> {
    let connection = store.connected().unwrap();
    let rows = TABLES.map(|table| {
        let mut all = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3")).unwrap();
        let width = all.column_count();
        let rows = all.query_map([], |row| (0..width).map(|column| row.get(column)).collect()).unwrap();
        rows.collect::<rusqlite::Result<Vec<Vec<Value>>>>().unwrap()
    });
    rows.into()
}

fn one<T: rusqlite::types::FromSql>(store: &mut Store, sql: &str) -> T {
    store.connected().unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A line that says what no fact of ours says, and the lines of `tale` behind it.
fn with_a_poison_line(tale: &Story, place: usize, fields: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = tale.lines()[..place].to_vec();
    let prev = lines.last().map_or(Hash::default(), |line| line.hash);
    lines.push(line(lines.len() as u64, prev, at(1), SessionId(1), "fill", fields));
    for (at, session, fact) in &tale.facts[place..] {
        let prev = lines.last().unwrap().hash;
        lines.push(line(lines.len() as u64, prev, *at, *session, fact.kind(), &fact.to_json_fields()));
    }
    lines
}

#[test]
fn a_session_becomes_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let tale = Story::of_a_day(1);
    store.project(&tale.lines()).unwrap();
    let account = tale.account(SessionId(1));
    let row = store.ask().unwrap().session_row(SessionId(1)).unwrap().unwrap();
    let ending = account.holding().unwrap();
    assert_eq!((row.status.as_str(), row.halt_reason.as_deref()), ("CLOSED", Some("operator_quit")));
    assert_eq!(
        (row.started_at.as_str(), row.ended_at_source.as_deref()),
        (&*tale.facts[0].0.to_string(), Some("closed"))
    );
    assert_eq!(row.ended_at, Some(tale.facts.last().unwrap().0.to_string()));
    assert_eq!((row.starting_xrp.as_deref(), row.starting_rlusd.as_deref()), (Some("100.000000"), Some("140")));
    assert_eq!(row.starting_value.as_deref(), Some("282"));
    assert_eq!(row.ending_xrp, Some(ending.xrp.to_string()));
    assert_eq!(row.ending_rlusd, Some(ending.rlusd.to_string()));
    assert_eq!(row.ending_value, Some(ending.value.to_string()));
    assert_eq!(row.profit, Some(account.pnl().unwrap().split().profit().to_string()));
    assert_eq!((row.fills, row.incidents), (3, 1));
    assert!(row.halt_detail.unwrap().contains(r#""causes":[{"#));
}

#[test]
fn orders_end_as_their_facts_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    store.project(&Story::of_a_day(1).lines()).unwrap();
    let connection = store.connected().unwrap();
    let mut orders = connection
        .prepare("SELECT status, filled_quantity, exchanged_rlusd, fees_xrp, cancel_asked_at IS NOT NULL FROM orders ORDER BY id")
        .unwrap();
    let orders: Vec<(String, String, String, String, bool)> = orders
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let expected = [
        ("FILLED", "7.000000", "9.9302", "0.000012", false),
        ("CANCELLED", "0.000000", "0", "0.000036", true),
        ("REFUSED", "0.000000", "0", "0.000012", false),
        ("VENUE_ENDED", "2.000000", "2.8372", "0.000012", true),
        ("VENUE_ENDED", "0.000000", "0", "0.000000", true),
    ];
    let expected = expected.map(|(status, filled, rlusd, fees, asked)| {
        (status.to_owned(), filled.to_owned(), rlusd.to_owned(), fees.to_owned(), asked)
    });
    assert_eq!(orders, expected);
}

#[test]
fn an_open_orders_row_says_what_the_account_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let tale = Story::of_an_open_session(1);
    let lines = tale.lines();
    for upto in 1..=lines.len() {
        store.project(&lines[..upto]).unwrap();
        let so_far = Story { facts: tale.facts[..upto].to_vec() };
        for (id, order) in so_far.account(SessionId(1)).open_orders() {
            let row: (String, String, Option<u32>, String) = store
                .connected()
                .unwrap()
                .query_row(
                    "SELECT status, filled_quantity, resting_ledger, updated_at FROM orders WHERE id = ?1",
                    [id.to_string()],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .unwrap();
            let expected =
                (order.status.as_str(), order.filled.to_string(), order.resting_since, order.updated_at.to_string());
            assert_eq!((row.0.as_str(), row.1, row.2, row.3), expected, "{id} after line {upto}");
        }
    }
}

#[test]
fn the_newest_balances_are_the_ending_inventory() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let tale = Story::of_a_day(1);
    store.project(&tale.lines()).unwrap();
    let ending = tale.account(SessionId(1)).inventory().unwrap();
    for (asset, expected) in [("XRP", ending.xrp.to_string()), ("RLUSD", ending.rlusd.to_string())] {
        let newest =
            format!("SELECT new_balance FROM inventory_ledger WHERE asset = '{asset}' ORDER BY n DESC LIMIT 1");
        assert_eq!(one::<String>(&mut store, &newest), expected);
    }
}

#[test]
fn a_batch_that_comes_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let lines = Story::of_days(2).lines();
    store.project(&lines).unwrap();
    let before = everything(&mut store);
    assert_eq!(store.project(&lines).unwrap().lines, 0);
    assert_eq!(store.project(&lines[5..9]).unwrap().lines, 0);
    assert_eq!(everything(&mut store), before);
}

#[test]
fn a_kill_between_two_batches_loses_nothing_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let lines = Story::of_days(2).lines();
    let half = lines.len() / 2;
    // No checkpoint and no orderly close: what was committed lies in the write-ahead log alone.
    open(folder.path()).project(&lines[..half]).unwrap();
    let mut store = open(folder.path());
    assert_eq!(store.ask().unwrap().cursor().unwrap(), Some((half as u64 - 1, lines[half - 1].hash)));
    store.project(&lines[half - 3..]).unwrap();
    let kept: Vec<String> = store.ask().unwrap().facts_from(0).map(|row| row.unwrap().line).collect();
    assert_eq!(kept, lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>());
    let orderly = tempfile::tempdir().unwrap();
    let mut other = open(orderly.path());
    other.project(&lines).unwrap();
    assert_eq!(everything(&mut store), everything(&mut other));
}

#[test]
fn a_commit_that_fails_is_done_again_on_a_new_connection() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let lines = Story::of_a_day(1).lines();
    store.project(&lines[..3]).unwrap();
    store.connected().unwrap().commit_hook(Some(|| true)).unwrap();
    assert_eq!(store.project(&lines).unwrap().lines, lines.len() as u64 - 3);
    assert_eq!(one::<i64>(&mut store, "SELECT count(*) FROM facts"), i64::try_from(lines.len()).unwrap());
}

#[test]
fn a_commit_that_happened_behind_our_back_is_not_done_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let lines = Story::of_a_day(1).lines();
    store.project(&lines[..3]).unwrap();
    // The same lines arrive by another connection: as after an error of a commit that had happened all the same.
    open(folder.path()).project(&lines).unwrap();
    assert_eq!(store.project(&lines[3..]).unwrap().lines, 0);
    assert_eq!(one::<i64>(&mut store, "SELECT count(*) FROM fills"), 3);
}

#[test]
fn a_line_that_nobody_can_read_is_kept_and_becomes_an_incident() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let lines = with_a_poison_line(&Story::of_a_day(1), 4, r#""kind":"fill","body":{"id":7}"#);
    let projected = store.project(&lines).unwrap();
    assert_eq!(projected.undigested.iter().map(|line| line.n).collect::<Vec<_>>(), [4]);
    assert_eq!(one::<String>(&mut store, "SELECT line FROM facts WHERE n = 4"), lines[4].text);
    let happened: String = one(&mut store, "SELECT happened FROM incidents WHERE made_by = 'store' AND n = 4");
    assert!(happened.contains("a fact of kind `fill` that this program cannot read"), "{happened}");
    assert_eq!(one::<String>(&mut store, "SELECT status FROM sessions"), "CLOSED");
    let detail = store.ask().unwrap().session_detail(SessionId(1)).unwrap().unwrap();
    assert_eq!(detail.doubts.len(), 1, "{:?}", detail.doubts);
    assert_eq!(detail.incidents.len(), 2);
}

#[test]
fn a_fact_that_a_table_refuses_leaves_nothing_half_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let mut tale = Story::of_days(2);
    // The second session counts a fill that the first one has already counted.
    let Some(Fact::Fill(fill)) =
        tale.facts.iter().map(|(_, _, fact)| fact).find(|fact| matches!(fact, Fact::Fill(_))).cloned()
    else {
        panic!("the tale has fills")
    };
    tale.tell(SessionId(2), Fact::Fill(fill));
    tale.tell(SessionId(2), incident(2));
    let balances = "SELECT count(*) FROM inventory_ledger";
    store.project(&Story::of_days(2).lines()).unwrap();
    let before: i64 = one(&mut store, balances);
    let projected = store.project(&tale.lines()).unwrap();
    assert_eq!(projected.undigested.len(), 1);
    assert!(projected.undigested[0].why.contains("already counted in session 1"), "{projected:?}");
    assert_eq!(one::<i64>(&mut store, balances), before);
    assert_eq!(one::<i64>(&mut store, "SELECT count(*) FROM incidents WHERE number = 2"), 1);
}

#[test]
fn numbers_that_money_cannot_hold_are_an_incident_not_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let absurd = r#"{"id":"1/x","order":"1-4","side":"SELL","price":"1234567890.123456","quantity":"99999999999.999999","rlusd":"9999999999.000001","mid":"0.0000001234567890123456","ledger":5}"#;
    let fields = format!(r#""kind":"fill","body":{absurd}"#);
    let fact = Fact::from_parts("fill", absurd).unwrap();
    let tale = Story::of_an_open_session(1);
    let mut lines = with_a_poison_line(&tale, tale.facts.len(), &fields);
    for copy in 1..100_u64 {
        let prev = lines.last().unwrap().hash;
        let Fact::Fill(mut fill) = fact.clone() else { panic!("a fill") };
        fill.id = format!("1/x{copy}");
        let fact = Fact::Fill(fill);
        lines.push(line(lines.len() as u64, prev, at(2), SessionId(1), "fill", &fact.to_json_fields()));
    }
    let projected = store.project(&lines).unwrap();
    assert!(!projected.undigested.is_empty());
    assert!(projected.undigested.iter().all(|line| line.why.contains("cannot be kept exactly")), "{projected:?}");
}

#[test]
fn a_gap_and_a_foreign_line_are_refused_and_nothing_moves() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let lines = Story::of_a_day(1).lines();
    assert!(matches!(store.project(&lines[1..]), Err(StoreError::Gap { expected: 0, got: 1 })));
    store.project(&lines[..4]).unwrap();
    assert!(matches!(store.project(&lines[6..]), Err(StoreError::Gap { expected: 4, got: 6 })));
    let mut other = Story::of_a_day(1);
    other.facts[2].0 = at(5);
    let others = other.lines();
    assert!(matches!(store.project(&others), Err(StoreError::Forked { n: 2 })));
    assert!(matches!(store.project(&others[4..]), Err(StoreError::Forked { n: 4 })));
    assert_eq!(store.ask().unwrap().cursor().unwrap(), Some((3, lines[3].hash)));
}

#[test]
fn a_second_close_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let mut tale = Story::of_a_day(1);
    store.project(&tale.lines()).unwrap();
    let before = store.ask().unwrap().session_row(SessionId(1)).unwrap();
    tale.step(1, 4, Step::CancelSent);
    tale.close();
    assert!(store.project(&tale.lines()).unwrap().undigested.is_empty());
    assert_eq!(store.ask().unwrap().session_row(SessionId(1)).unwrap(), before);
}

#[test]
fn a_sealed_session_is_closing_and_shows_what_was_held() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let mut tale = Story::of_an_open_session(1);
    tale.seal(crate::domain::halt::HaltReason::TerminalClosed);
    store.project(&tale.lines()).unwrap();
    let ask = store.ask().unwrap();
    let row = ask.session_row(SessionId(1)).unwrap().unwrap();
    assert_eq!(
        (row.status.as_str(), row.halt_reason.as_deref(), row.ended_at),
        ("CLOSING", Some("terminal_closed"), None)
    );
    assert_eq!(row.ending_xrp, Some(tale.account(SessionId(1)).inventory().unwrap().xrp.to_string()));
    assert_eq!(ask.open_sessions().unwrap().len(), 1);
    assert_eq!(ask.next_session_id().unwrap(), SessionId(2));
}

#[test]
fn a_page_is_made_of_facts_and_agrees_with_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    let tale = Story::of_days(2);
    store.project(&tale.lines()).unwrap();
    let detail = store.ask().unwrap().session_detail(SessionId(2)).unwrap().unwrap();
    assert_eq!(detail.doubts, Vec::<String>::new());
    assert_eq!(detail.totals, Some(tale.account(SessionId(2)).totals(at(0))));
    assert_eq!((detail.fills.len(), detail.guards.len(), detail.incidents.len()), (3, 1, 1));
    assert_eq!(detail.causes.len(), 1);
    assert_eq!(detail.venue_ended.len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn however_a_story_is_cut_into_batches_the_rows_are_the_same(cuts in prop::collection::vec((0..80_usize, 0..12_usize), 0..8)) {
        let lines = Story::of_days(2).lines();
        let (whole, pieces) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (mut at_once, mut by_and_by) = (open(whole.path()), open(pieces.path()));
        at_once.project(&lines).unwrap();
        let mut done = 0;
        for (length, overlap) in cuts {
            let end = (done + length).min(lines.len());
            by_and_by.project(&lines[done.saturating_sub(overlap).min(end)..end]).unwrap();
            done = done.max(end);
        }
        by_and_by.project(&lines[done.saturating_sub(1)..]).unwrap();
        prop_assert_eq!(everything(&mut at_once), everything(&mut by_and_by));
    }
}
