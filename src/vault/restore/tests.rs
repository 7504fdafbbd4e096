//! Plans on a real disk: what a backup, a journal and an old store come to together.

use std::fs;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicU32;

use super::*;
use crate::disk::RealDisk;
use crate::disk::busy::{Busy, longer};
use crate::domain::fact::{Fact, OperatorCommand};
use crate::domain::session::SessionId;
use crate::journal::record::{Entry, Line};
use crate::store::story::Story;
use crate::store::{BackupKind, Store};
use crate::vault::backup::{Order, take};

/// A house of one chain, in which each part can be behind the others.
struct Home {
    folder: tempfile::TempDir,
    place: Place,
    writer: Writer,
    lines: Vec<Line>,
}

fn disk() -> Arc<dyn Disk> {
    Arc::new(RealDisk)
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::around(folder.path().join("s.db"));
        place.prepare().unwrap();
        let writer = Writer::open(disk(), place.journal(), None).unwrap();
        Self { folder, place, writer, lines: Vec::new() }
    }

    fn write(&mut self, incidents: std::ops::Range<u32>) {
        let entry = |incident| Entry {
            at: Timestamp::from_millis(i64::from(incident)),
            session: Some(SessionId(1)),
            fact: Fact::Command(OperatorCommand::Acknowledge { incident }),
        };
        self.write_entries(&incidents.map(entry).collect::<Vec<_>>());
    }

    fn write_entries(&mut self, entries: &[Entry]) {
        self.lines.extend(self.writer.write_group(entries).unwrap().lines);
    }

    fn project(&self) -> Store {
        let mut store = Store::open(self.place.database()).unwrap();
        store.project(&self.lines).unwrap();
        store
    }

    fn back_up(&self) -> String {
        let order = Order { kind: BackupKind::Manual, folder: self.place.backups(), now: Timestamp::from_millis(0) };
        take(&mut self.project(), order, |_| ControlFlow::Continue(())).unwrap().name
    }

    fn plan(&self, from: Option<&Path>) -> Result<Plan, RestoreError> {
        let scratch = tempfile::tempdir_in(self.folder.path()).unwrap();
        let plan = plan(&RealDisk, &self.place, from, scratch.path());
        // Only a plan from a file needs the copy of it.
        drop(scratch);
        plan
    }

    fn carry_out(&self, plan: &Plan) -> Done {
        carry_out(&disk(), &self.place, plan, Timestamp::from_millis(7_000), &mut |_| {}).unwrap()
    }

    fn expect_all(&self) {
        let store = Reader::open(self.place.database()).unwrap();
        let kept: Vec<String> = store.ask().facts_from(0).map(|row| row.unwrap().line).collect();
        let told: Vec<String> = self.lines.iter().map(|line| line.text.clone()).collect();
        assert_eq!(kept, told);
        let mut journal = Vec::new();
        let report = read_chain(&RealDisk, &self.place.journal(), None, |line| journal.push(line.text.to_owned()));
        assert!(report.unwrap().is_sound());
        assert_eq!(journal, told);
    }
}

#[test]
fn the_journal_comes_on_top_of_the_backup() {
    let mut home = Home::new();
    home.write(0..5);
    home.back_up();
    home.write(5..9);
    home.project();
    let plan = home.plan(None).unwrap();
    assert_eq!((plan.cursor, plan.journal, plan.replayed, plan.returned, plan.salvaged), (Some(4), Some(8), 4, 0, 0));
    assert!(plan.quarantined.contains(&"s.db".to_owned()), "{plan:?}");
    let done = home.carry_out(&plan);
    assert_eq!(done.replayed, 4);
    assert!(home.place.quarantine().join(done.quarantine.unwrap()).join("s.db").is_file());
    home.expect_all();
}

#[test]
fn what_the_journal_lost_comes_back_from_the_backup_and_from_the_old_store() {
    let mut home = Home::new();
    home.write(0..3);
    home.back_up();
    home.write(3..6);
    home.project();
    fs::remove_dir_all(home.place.journal()).unwrap();
    let plan = home.plan(None).unwrap();
    assert_eq!((plan.journal, plan.returned, plan.salvaged, plan.replayed), (None, 3, 3, 3));
    home.carry_out(&plan);
    home.expect_all();
}

#[test]
fn a_backup_of_another_chain_is_refused_whichever_is_longer() {
    let (mut home, mut other) = (Home::new(), Home::new());
    home.write(0..5);
    for longer in [2, 9] {
        other.write(100..100 + longer);
        let theirs = other.place.backups().join(other.back_up());
        let refusal = home.plan(Some(&theirs)).unwrap_err();
        assert!(matches!(refusal, RestoreError::AnotherChain { .. }), "{refusal}");
    }
}

#[test]
fn an_old_store_that_tells_another_story_gives_no_lines_and_the_plan_says_so() {
    let (mut home, mut other) = (Home::new(), Home::new());
    home.write(0..3);
    home.back_up();
    other.write(100..110);
    other.project().checkpoint().unwrap();
    let old = sidecars(home.place.database()).into_iter().chain([home.place.database().to_owned()]);
    old.filter(|path| path.exists()).for_each(|path| fs::remove_file(path).unwrap());
    fs::copy(other.place.database(), home.place.database()).unwrap();
    let plan = home.plan(None).unwrap();
    assert_eq!(plan.salvaged, 0);
    assert!(plan.not_salvaged.as_ref().unwrap().contains("another story"), "{plan:?}");
    home.carry_out(&plan);
    home.expect_all();
}

#[test]
fn a_file_with_its_log_beside_it_is_in_use() {
    let mut home = Home::new();
    home.write(0..3);
    home.project();
    let (file, log) = (home.folder.path().join("copy.db"), home.folder.path().join("copy.db-wal"));
    fs::copy(home.place.database(), &file).unwrap();
    fs::write(log, "pages").unwrap();
    assert!(matches!(home.plan(Some(&file)), Err(RestoreError::InUse { .. })));
}

#[test]
fn damage_in_the_middle_of_the_journal_is_not_papered_over() {
    let mut home = Home::new();
    // Later groups say that the first one was acknowledged.
    for group in [0..2, 2..4, 4..5] {
        home.write(group);
    }
    home.back_up();
    let segment = home.place.journal().join("0000000000.jsonl");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[home.lines[0].text.len() + 30] ^= 1;
    fs::write(segment, bytes).unwrap();
    let refusal = home.plan(None).unwrap_err();
    assert!(matches!(refusal, RestoreError::Damaged(_)), "{refusal}");
}

#[test]
fn a_file_that_changes_while_it_is_being_copied_is_in_use() {
    let mut home = Home::new();
    home.write(0..3);
    let file = home.folder.path().join("copy.db");
    fs::copy(home.place.backups().join(home.back_up()), &file).unwrap();
    let scratch = tempfile::tempdir_in(home.folder.path()).unwrap();
    let busy = Busy { writes: AtomicU32::new(1), write: longer };
    let refusal = plan(&busy, &home.place, Some(&file), scratch.path()).unwrap_err();
    assert!(matches!(&refusal, RestoreError::InUse { path, .. } if *path == file), "{refusal}");
    assert!(refusal.to_string().contains("changed while it was being read"), "{refusal}");
}

/// What one flipped bit makes of a digit: no text that anybody can read, which no check of a database's pages sees.
fn flip_the_first_bit_of(file: &Path, what: &str, row: &str) {
    let copy = rusqlite::Connection::open(file).unwrap();
    let (table, column) = what.split_once('.').unwrap();
    let sql = format!("UPDATE {table} SET {column} = CAST(x'b0' || substr({column}, 2) AS TEXT) WHERE {row}");
    assert_eq!(copy.execute(&sql, []).unwrap(), 1, "{sql}");
    copy.close().unwrap();
}

#[test]
fn a_backup_with_a_row_that_stops_what_comes_on_top_of_it_is_no_dead_end() {
    let mut home = Home::new();
    let story = Story::of_a_day(1);
    let told = |(at, session, fact): &(Timestamp, SessionId, Fact)| Entry {
        at: *at,
        session: Some(*session),
        fact: fact.clone(),
    };
    let entries: Vec<Entry> = story.facts.iter().map(told).collect();
    // Order 1 rests and is half filled.
    let half = story.facts.iter().position(|(_, _, fact)| matches!(fact, Fact::Fill(_))).unwrap() + 1;
    home.write_entries(&entries[..half]);
    let backup = home.place.backups().join(home.back_up());
    home.write_entries(&entries[half..]);
    home.project();
    flip_the_first_bit_of(&backup, "orders.filled_quantity", "id = '1-1'");
    let plan = home.plan(None).unwrap();
    assert!(plan.passed_over.is_empty(), "no check sees it");
    let done = home.carry_out(&plan);
    assert!(done.made_anew.is_some() && done.replayed == entries.len() as u64, "{done:?}");
    home.expect_all();
    let restored = Reader::open(home.place.database()).unwrap();
    assert_eq!(first_row_apart(&RealDisk, &home.place, &restored).unwrap(), None);
}
