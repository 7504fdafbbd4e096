use std::path::Path;

use rusqlite::Connection;

use super::super::source::Source;
use super::{Survey, survey};

/// What an earlier engine with this schema and these rows comes to.
fn surveyed(sql: &str) -> Survey {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    read(&path)
}

fn read(path: &Path) -> Survey {
    survey(&Source::copy_of(path, |_| {}).unwrap()).unwrap()
}

const LEAST: &str = "CREATE TABLE sessions (session_id, started_at);
    INSERT INTO sessions VALUES (1, '2026-04-13T03:00:00'), (2, '2026-04-13T04:00:00');
    CREATE TABLE market_snapshots (created_at); INSERT INTO market_snapshots VALUES ('2026-04-13T03:10:00');
    CREATE TABLE orders (id, session_id, side, price, quantity, status, created_at);
    CREATE TABLE fills (id, order_id, created_at, price, quantity, session_id);";

fn one(survey: &Survey, sql: &str) -> String {
    survey.baseline.connection().query_row(sql, [], |row| row.get(0)).unwrap_or_else(|why| panic!("{sql}: {why}"))
}

#[test]
fn a_database_that_lacks_most_columns_is_taken() {
    let survey = surveyed(LEAST);
    assert_eq!((survey.adopted.rows_taken(), survey.adopted.rows_refused()), (3, 0));
    assert_eq!(survey.adopted.sessions.map(|(first, last)| (first.0, last.0)), Some((1, 2)));
}

#[test]
fn every_spelling_of_an_end_is_one_and_all_else_may_rest() {
    for (said, taken) in [
        ("CANCELED", "CANCELLED"),
        ("cancelled", "CANCELLED"),
        ("CANCELLED_BY_ENGINE", "CANCELLED"),
        ("FILLED", "FILLED"),
        ("FAILED", "FAILED"),
        ("ACTIVE", "UNPROVEN"),
        ("SUBMITTED", "UNPROVEN"),
        ("PARTIALLY_FILLED", "UNPROVEN"),
        ("CANCEL_RACE_UNKNOWN", "UNPROVEN"),
        ("", "UNPROVEN"),
    ] {
        let survey = surveyed(&format!(
            "{LEAST} INSERT INTO orders VALUES ('a', 1, 'buy', 1.4, 7.3, '{said}', '2026-04-13T03:05:00');"
        ));
        assert_eq!(one(&survey, "SELECT status FROM orders"), taken, "{said}");
        assert_eq!(survey.adopted.unproven.len(), usize::from(taken == "UNPROVEN"), "{said}");
    }
}

#[test]
fn a_fill_without_a_session_has_its_orders_or_the_one_that_surely_ran_or_none() {
    for (order, at, session) in [
        ("a", "2026-04-13T03:59:00", "1"),
        ("a", "2026-04-13T04:00:10", "2"),
        ("b", "2026-04-13T03:10:05", "1"),
        ("b", "2026-04-13T03:30:00", "none"),
        ("b", "2026-04-13T02:30:00", "none"),
    ] {
        let survey = surveyed(&format!(
            "{LEAST} INSERT INTO orders VALUES ('a', 1, 'BUY', 1.4, 7.3, 'FILLED', '2026-04-13T03:05:00'),
               ('b', 99, 'SELL', 1.4, 7.3, 'FILLED', '2026-04-13T02:05:00');
             INSERT INTO fills VALUES ('f', '{order}', '{at}', 1.4, 7.3, NULL);"
        ));
        assert_eq!(one(&survey, "SELECT coalesce(session_id, 'none') || '' FROM fills"), session, "{order} {at}");
        assert_eq!(one(&survey, &format!("SELECT filled_quantity FROM orders WHERE id = '{order}'")), "7.300000");
    }
}

#[test]
fn every_row_is_counted_and_a_refused_one_is_named_with_its_reason() {
    let survey = surveyed(&format!(
        "{LEAST} INSERT INTO sessions VALUES (NULL, '2026-04-13T05:00:00'), (3, 'soon'), (2, '2026-04-13T05:00:00'), (-4, 'x');
         INSERT INTO orders VALUES ('a', 1, 'BUY', 1.4, 7.3, 'FILLED', '2026-04-13T03:05:00'),
           ('a', 1, 'BUY', 1.4, 7.3, 'FILLED', '2026-04-13T03:05:00'), ('b', 1, 'HOLD', 1.4, 7.3, 'FILLED', 'x'),
           ('c', 1, 'BUY', 9e999, 7.3, 'FILLED', '2026-04-13T03:05:00'), ('d', 1, 'BUY', 1.4, 1e300, 'FILLED', '2026-04-13T03:05:00'),
           ('e', 1, 'BUY', NULL, 7.3, 'FILLED', '2026-04-13T03:05:00'), ('f', 1, 'BUY', 1.4, -1, 'FILLED', '2026-04-13T03:05:00');
         INSERT INTO fills VALUES ('f', 'unknown', '2026-04-13T03:05:00', 1.4, 7.3, 1);"
    ));
    for table in &survey.adopted.tables {
        assert_eq!(table.read, table.taken + table.refused, "{table:?}");
    }
    let refused = |table: &str| survey.adopted.tables.iter().find(|found| found.table == table).unwrap().refused;
    assert_eq!((refused("sessions"), refused("orders"), refused("fills")), (4, 6, 1));
    let why: Vec<&str> = survey.adopted.refused.iter().map(|row| row.why.as_str()).collect();
    assert!(why.iter().any(|why| why.contains("`inf` is no sane number")), "{why:?}");
    assert!(why.iter().any(|why| why.contains("nobody can say whether it bought or sold")), "{why:?}");
    assert_eq!(one(&survey, "SELECT count(*) || '' FROM adopted_refusals"), "11");
}

#[test]
fn what_was_rounded_keeps_the_sources_text_and_the_sum_is_told() {
    let survey = surveyed(&format!(
        "{LEAST} INSERT INTO orders VALUES ('a', 1, 'BUY', 1.4230121771744995, 7.37133537453468, 'FILLED', '2026-04-13T03:05:00');"
    ));
    assert_eq!(one(&survey, "SELECT price || ' ' || quantity FROM orders"), "1.4230121771745 7.371335");
    let text = "SELECT text || ' ' || taken FROM adopted_texts WHERE column_name =";
    assert_eq!(one(&survey, &format!("{text} 'price'")), "1.4230121771744995 1.4230121771745");
    assert_eq!(one(&survey, &format!("{text} 'quantity'")), "7.37133537453468 7.371335");
    let sums: Vec<String> = survey
        .adopted
        .roundings
        .iter()
        .map(|found| format!("{} {} {}", found.unit, found.numbers, found.sum))
        .collect();
    assert_eq!(sums, ["XRP 1 -0.00000037453468", "RLUSD per XRP 1 0.0000000000000005"]);
}

#[test]
fn columns_and_tables_that_nobody_knows_are_kept_or_named() {
    let survey = surveyed(&format!(
        "{LEAST} ALTER TABLE orders ADD COLUMN mood; CREATE TABLE poems (verse); INSERT INTO poems VALUES (1), (2);
         INSERT INTO orders VALUES ('a', 1, 'BUY', 1.4, 7.3, 'FILLED', '2026-04-13T03:05:00', 'glad');"
    ));
    assert_eq!(one(&survey, "SELECT earlier FROM orders"), r#"{"mood":"glad"}"#);
    let left = &survey.adopted.left[0];
    assert_eq!((left.table.as_str(), left.rows), ("poems", 2));
}

#[test]
fn the_same_source_makes_the_same_baseline() {
    let digest = || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.db");
        surveyed(LEAST).baseline.write_to(&crate::disk::RealDisk, &path).unwrap();
        crate::store::sha256_of(&crate::disk::RealDisk, &[&path]).unwrap()
    };
    assert_eq!(digest(), digest());
}
