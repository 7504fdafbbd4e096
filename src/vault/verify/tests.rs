use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::disk::RealDisk;
use crate::disk::lock::{Holder, Lock};
use crate::domain::time::Timestamp;
use crate::journal::record::{Entry, Line};
use crate::journal::writer::Writer;
use crate::store::Store;
use crate::store::story::Story;

/// A house with two days of facts in both copies.
fn house() -> (tempfile::TempDir, Place, Vec<Line>) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::around(folder.path().join("s.db"));
    std::fs::create_dir(place.journal()).unwrap();
    let lines = live(&place, &Story::of_days(2), None);
    Store::open(place.database()).unwrap().project(&lines).unwrap();
    (folder, place, lines)
}

/// Writes a story into the journal behind `head`.
fn live(place: &Place, story: &Story, before: Option<&Line>) -> Vec<Line> {
    let entries: Vec<Entry> =
        story.facts.iter().cloned().map(|(at, session, fact)| Entry { at, session: Some(session), fact }).collect();
    let mut writer = Writer::open(Arc::new(RealDisk), place.journal(), before.map(Line::head)).unwrap();
    writer.write_group(&entries).unwrap().lines
}

fn change(database: &Path, sql: &str) {
    let changed = rusqlite::Connection::open(database).unwrap().execute(sql, []).unwrap();
    assert_eq!(changed, 1, "{sql}");
}

#[test]
fn a_house_as_it_was_written_has_nothing_to_find() {
    let (_folder, place, lines) = house();
    let verdict = verify(&RealDisk, &place, None).unwrap();
    assert!(!verdict.found_something(), "{verdict:?}");
    assert_eq!(verdict.lines.same, lines.len() as u64);
    assert!(verdict.projected.unwrap().tables.rows > 20);
}

#[test]
fn a_projected_cell_that_was_changed_is_named_by_table_key_and_column() {
    let (_folder, place, _) = house();
    change(place.database(), "UPDATE fills SET quantity = '5.000000' WHERE id = '2/c'");
    let verdict = verify(&RealDisk, &place, None).unwrap();
    let first = verdict.projected.as_ref().unwrap().tables.first.as_ref().unwrap().to_string();
    assert!(verdict.found_something() && first.starts_with("table fills, row id = 2/c, column quantity"), "{first}");
    assert!(!verify(&RealDisk, &place, Some(SessionId(1))).unwrap().found_something(), "it is another session's");
    assert!(verify(&RealDisk, &place, Some(SessionId(2))).unwrap().found_something());
}

#[test]
fn what_the_store_has_not_taken_over_yet_is_a_gap_and_no_difference_of_tables() {
    let (_folder, place, lines) = house();
    let mut more = Story::of_an_open_session(3);
    more.facts.truncate(4);
    live(&place, &more, lines.last());
    let verdict = verify(&RealDisk, &place, None).unwrap();
    assert_eq!((verdict.lines.not_in_store.count, verdict.projected.unwrap().tables.different), (4, 0));
}

#[test]
fn lines_that_whoever_holds_the_lock_has_yet_to_put_into_the_store_are_counted_and_no_finding() {
    let (_folder, place, lines) = house();
    let mut more = Story::of_an_open_session(3);
    more.facts.truncate(4);
    live(&place, &more, lines.last());
    let holder = Holder { pid: 1, host: "here".to_owned(), since: Timestamp::default() };
    let _lock = Lock::take(&place.lock(), &holder).unwrap();
    let verdict = verify(&RealDisk, &place, None).unwrap();
    assert_eq!((verdict.lines.on_their_way, verdict.found_something()), (4, false));
}

#[test]
fn a_projection_is_told_what_was_added_since_it_was_compared() {
    let (_folder, place, lines) = house();
    let reader = Reader::open(place.database()).unwrap();
    let mut projection = Projection::empty(&RealDisk, &place).unwrap();
    projection.compare(&reader, None).unwrap();
    // The journal grows and the store with it, behind the scratch database's back.
    let new = live(&place, &Story::of_an_open_session(3), lines.last());
    Store::open(place.database()).unwrap().project(&new).unwrap();
    let tables = projection.compare(&reader, None).unwrap();
    assert_eq!((tables.different, tables.first), (0, None));
}

#[test]
fn a_session_that_never_was_is_refused() {
    let (_folder, place, _) = house();
    assert!(matches!(verify(&RealDisk, &place, Some(SessionId(9))), Err(VerifyError::NoSuchSession(SessionId(9)))));
}

#[test]
fn tables_are_not_compared_with_a_broken_journal() {
    let (_folder, place, _) = house();
    let segment = place.journal().join("0000000000.jsonl");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let verdict = verify(&RealDisk, &place, None).unwrap();
    assert!(verdict.found_something() && verdict.projected.is_none());
}
