use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::disk::RealDisk;
use crate::domain::adoption::{Adopted, Backfilled, Digested, LastHeld};
use crate::domain::fact::Fact;
use crate::domain::halt::HaltReason;
use crate::domain::session::{EndedAtSource, SessionId};
use crate::journal::record::{Hash, Line};
use crate::store::story::{at, line, rows_taken_over};
use crate::store::{Store, sha256_of};

const BASELINE: &str = "20261122T184001Z-baseline.db";

/// Puts the baseline beside the store `s.db` in `folder`; the fact that names it.
fn adopted(folder: &Path) -> Adopted {
    let backups = folder.join("s.backups");
    fs::create_dir_all(&backups).unwrap();
    let path = backups.join(BASELINE);
    rows_taken_over().write_to(&RealDisk, &path).unwrap();
    Adopted {
        source: Digested { name: "old.db".to_owned(), sha256: "00".to_owned() },
        baseline: Digested { name: BASELINE.to_owned(), sha256: sha256_of(&RealDisk, &[&path]).unwrap() },
        rows: None,
        sessions: Some((SessionId(1), SessionId(2))),
        tables: vec![],
        left: vec![],
        roundings: vec![],
        between: 1,
        unproven: vec![],
        refused: vec![],
        replaced: None,
    }
}

fn backfilled() -> Backfilled {
    Backfilled {
        ended_at: "2026-04-13T03:52:09.000Z".parse().unwrap(),
        source: EndedAtSource::Log,
        evidence: "line 9 of old.log".to_owned(),
        uncertainty_s: Some(7),
        reason: Some(HaltReason::InterruptedSigint),
        ending: Some(LastHeld {
            xrp: "37.630713".parse().unwrap(),
            rlusd: "79.209178".parse().unwrap(),
            value: None,
            at: at(0),
            from: "a row".to_owned(),
        }),
    }
}

fn lines(facts: Vec<(Option<i64>, Fact)>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (session, fact) in facts {
        let (n, prev) = (lines.len() as u64, lines.last().map_or(Hash::default(), |line| line.hash));
        let session = session.map_or(SessionId(0), SessionId);
        lines.push(line(n, prev, at(0), session, fact.kind(), &fact.to_json_fields()));
    }
    lines
}

fn count(store: &mut Store, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    store.connected().unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn an_adoption_brings_the_rows_of_its_baseline_and_bears_its_lines_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("s.db")).unwrap();
    let facts = vec![(None, Fact::Adopted(Box::new(adopted(folder.path()))))];
    assert_eq!(store.project(&lines(facts)).unwrap().undigested, []);
    assert_eq!((count(&mut store, "sessions"), count(&mut store, "fills WHERE n = 0")), (2, 2));
    let ask = store.ask().unwrap();
    assert_eq!(ask.open_sessions().unwrap(), [], "they were never ours to close");
    assert_eq!(ask.unproven_adopted_orders().unwrap(), ["aa"]);
    assert_eq!(ask.adoptions().unwrap()[0].source_name, "old.db");
    let detail = ask.session_detail(SessionId(1)).unwrap().unwrap();
    assert!(detail.row.has_no_known_end() && detail.totals.is_none());
    let adopted = detail.adopted.unwrap();
    assert_eq!((adopted.source.as_str(), adopted.fills.len(), adopted.orders), ("old.db", 1, 1));
}

#[test]
fn a_baseline_that_is_gone_or_changed_is_an_incident_and_stops_nothing() {
    for spoil in [|path: &Path| fs::remove_file(path).unwrap(), |path: &Path| fs::write(path, "x").unwrap()] {
        let folder = tempfile::tempdir().unwrap();
        let fact = Fact::Adopted(Box::new(adopted(folder.path())));
        spoil(&folder.path().join("s.backups").join(BASELINE));
        let mut store = Store::open(&folder.path().join("s.db")).unwrap();
        let projected = store.project(&lines(vec![(None, fact)])).unwrap();
        assert!(projected.undigested[0].why.contains(BASELINE), "{projected:?}");
        assert_eq!((count(&mut store, "sessions"), count(&mut store, "incidents")), (0, 1));
    }
}

#[test]
fn sessions_that_are_there_already_refuse_the_whole_adoption() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("s.db")).unwrap();
    let fact = Fact::Adopted(Box::new(adopted(folder.path())));
    let projected = store.project(&lines(vec![(None, fact.clone()), (None, fact)])).unwrap();
    assert_eq!(projected.undigested.len(), 1);
    assert_eq!((count(&mut store, "sessions"), count(&mut store, "adoptions")), (2, 1));
}

#[test]
fn a_store_made_elsewhere_is_told_where_its_baselines_lie() {
    let folder = tempfile::tempdir().unwrap();
    let fact = Fact::Adopted(Box::new(adopted(folder.path())));
    let elsewhere = folder.path().join("scratch.db");
    let store = Store::open_on(Arc::new(RealDisk), &elsewhere).unwrap();
    let mut store = store.with_baselines_in(folder.path().join("s.backups"));
    assert_eq!(store.project(&lines(vec![(None, fact)])).unwrap().undigested, []);
}

#[test]
fn a_backfill_ends_an_adopted_session_once_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("s.db")).unwrap();
    let end = || Fact::Backfilled(Box::new(backfilled()));
    let adopted = Fact::Adopted(Box::new(adopted(folder.path())));
    let facts = vec![(None, adopted), (Some(1), end()), (Some(1), end()), (Some(7), end())];
    let projected = store.project(&lines(facts)).unwrap();
    assert_eq!(projected.undigested.iter().map(|line| line.n).collect::<Vec<_>>(), [2, 3]);
    let row = store.ask().unwrap().session_row(SessionId(1)).unwrap().unwrap();
    assert_eq!((row.status.as_str(), row.ended_at_source.as_deref()), ("RECOVERED", Some("log")));
    assert_eq!((row.ended_at_uncertainty_s, row.halt_reason.as_deref()), (Some(7), Some("interrupted_sigint")));
    assert_eq!((row.ending_xrp.as_deref(), row.profit), (Some("37.630713"), None));
}
