//! A store that is copied, and copies that were tampered with.

use std::fs;

use rusqlite::Connection;

use super::*;
use crate::disk::RealDisk;
use crate::store::query::{Cell, query};
use crate::store::story::{Story, at};

struct Home {
    folder: tempfile::TempDir,
    store: Store,
}

impl Home {
    fn of_days(days: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("s.db")).unwrap();
        store.project(&Story::of_days(days).lines()).unwrap();
        Self { folder, store }
    }

    fn backups(&self) -> PathBuf {
        self.folder.path().join("s.backups")
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.backups()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn order(&self, kind: BackupKind, seconds: i64) -> Order {
        Order { kind, folder: self.backups(), now: at(seconds) }
    }

    fn take(&mut self, kind: BackupKind, seconds: i64) -> String {
        let order = self.order(kind, seconds);
        take(&mut self.store, order, |_| ControlFlow::Continue(())).unwrap().name
    }

    /// A fit backup, spoiled by somebody.
    fn spoiled(&mut self, spoil: &str) -> Unfit {
        let name = self.take(BackupKind::Manual, 0);
        let path = self.backups().join(name);
        Connection::open(&path).unwrap().execute_batch(spoil).unwrap();
        check(&RealDisk, &path).unwrap_err()
    }
}

#[test]
fn a_backup_is_one_file_with_everything_in_it_and_is_on_record() {
    let mut home = Home::of_days(2);
    let name = home.take(BackupKind::Post, 0);
    assert_eq!(home.files(), [&*name]);
    let path = home.backups().join(&name);
    let checked = check(&RealDisk, &path).unwrap();
    let cursor = home.store.ask().unwrap().cursor().unwrap().unwrap();
    assert_eq!(checked.head.map(|head| (head.n, head.hash)), Some(cursor));
    assert_eq!(checked.counts, home.store.ask().unwrap().counts().unwrap());
    assert_eq!(home.files(), [&*name], "looking at it leaves nothing beside it");
    let on_record = home.store.ask().unwrap().backups_on_record().unwrap();
    assert_eq!((on_record.len(), on_record[0].name.as_str(), on_record[0].cursor), (1, &*name, Some(cursor.0)));
    // A copy can be worked with again.
    Store::open(&path).unwrap();
}

#[test]
fn facts_that_are_committed_meanwhile_are_in_the_store_and_not_in_the_copy() {
    let mut home = Home::of_days(30);
    let (before, after) = (Story::of_days(30).lines().len(), Story::of_days(31).lines());
    let order = home.order(BackupKind::Timer, 0);
    let (disk, database) = (Arc::clone(home.store.disk()), home.store.path().to_owned());
    let mut told = Vec::new();
    let made = make(&disk, &database, order, |progress| {
        home.store.project(&after).unwrap();
        told.push(progress);
        ControlFlow::Continue(())
    });
    let done = made.unwrap().put_on_record(&mut home.store).unwrap();
    assert_eq!(done.cursor, Some(before as u64 - 1));
    assert_eq!(home.store.ask().unwrap().counts().unwrap()[0], after.len() as u64);
    let last = told.last().unwrap();
    assert!(last.done == last.total && last.total > 0, "{told:?}");
    assert!(!home.store.checkpoint().unwrap().busy, "the moment was let go of");
}

#[test]
fn a_backup_that_is_given_up_leaves_nothing_behind() {
    let mut home = Home::of_days(60);
    let order = home.order(BackupKind::Timer, 0);
    let given_up = take(&mut home.store, order, |_| ControlFlow::Break(()));
    assert!(matches!(given_up, Err(BackupError::Interrupted)), "{given_up:?}");
    assert!(home.files().is_empty());
    home.take(BackupKind::Timer, 0);
}

#[test]
fn a_copy_that_is_not_the_original_is_no_backup() {
    let mut home = Home::of_days(1);
    let name = home.take(BackupKind::Pre, 0);
    let path = home.backups().join(name);
    let moment = Snapshot::hold(&RealDisk, home.store.path()).unwrap();
    let original = fingerprint(moment.ask()).unwrap();
    let go_on = || ControlFlow::Continue(());
    verify(&RealDisk, &path, &original, go_on).unwrap();
    Connection::open(&path).unwrap().execute("DELETE FROM fills WHERE rowid = 1", []).unwrap();
    assert!(matches!(verify(&RealDisk, &path, &original, go_on), Err(BackupError::NotTheSame(_))));
}

#[test]
fn whatever_was_done_to_a_line_is_found() {
    let mut home = Home::of_days(1);
    assert!(matches!(
        home.spoiled("UPDATE facts SET line = replace(line, '5', '6') WHERE n = 3"),
        Unfit::Line { n: 3, .. }
    ));
    assert!(matches!(home.spoiled("DELETE FROM facts WHERE n = 4"), Unfit::Chain { expected: 4 }));
    assert!(matches!(home.spoiled("UPDATE facts SET kind = 'fill' WHERE n = 0"), Unfit::Columns { n: 0 }));
    let cut = home.spoiled("DELETE FROM facts WHERE n = (SELECT max(n) FROM facts)");
    assert!(matches!(cut, Unfit::Cursor { .. }), "{cut}");
    let swapped = home.spoiled("UPDATE facts SET line = (SELECT line FROM facts WHERE n = 2) WHERE n = 3");
    assert!(matches!(swapped, Unfit::Chain { expected: 3 }), "{swapped}");
}

#[test]
fn what_is_half_copied_or_somebody_elses_is_told_apart() {
    let mut home = Home::of_days(20);
    let name = home.take(BackupKind::Pre, 0);
    let whole = fs::read(home.backups().join(&name)).unwrap();
    let other = home.folder.path().join("other.db");
    let unfit = |bytes: &[u8]| {
        fs::write(&other, bytes).unwrap();
        check(&RealDisk, &other).unwrap_err()
    };
    for part in [1, whole.len() / 2, whole.len() - 1] {
        // Where a byte is missing SQLite reads a zero: a page or a line is broken by it.
        unfit(&whole[..part]);
    }
    assert!(matches!(unfit(b"not even a database"), Unfit::Open(_)));
    fs::remove_file(&other).unwrap();
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE trades (id)").unwrap();
    let theirs = check(&RealDisk, &other).unwrap_err().to_string();
    assert!(theirs.contains("another program's database"), "{theirs}");
}

#[test]
fn the_newest_that_is_fit_is_found_behind_those_that_are_not() {
    let mut home = Home::of_days(1);
    let old = home.take(BackupKind::Pre, 0);
    let new = home.take(BackupKind::Post, 10);
    let found = |home: &Home| newest_fit(&RealDisk, &home.backups()).unwrap().map(|(backup, _)| backup.name);
    assert_eq!(found(&home), Some(new.clone()));
    fs::write(home.backups().join(new), "rotten").unwrap();
    assert_eq!(found(&home), Some(old));
}

#[test]
fn ten_of_each_kind_are_kept_and_the_new_one_always() {
    let mut home = Home::of_days(1);
    let manual = home.take(BackupKind::Manual, -9_000);
    for second in 0..11 {
        home.take(BackupKind::Pre, second);
    }
    let twin = home.take(BackupKind::Pre, 10);
    assert!(twin.ends_with("-pre-2.db"));
    let set_back = home.take(BackupKind::Pre, -5_000);
    let kept = home.files();
    assert_eq!(kept.iter().filter(|name| name.contains("-pre")).count(), KEPT);
    assert!(kept.contains(&set_back) && kept.contains(&twin) && kept.contains(&manual));
    let gone = query(home.store.path(), "SELECT count(*) FROM backups WHERE removed_at IS NOT NULL");
    assert_eq!(gone.unwrap().rows, [[Cell::Integer(3)]]);
}

#[test]
fn a_clock_that_was_set_back_or_ahead_does_not_decide_which_copies_go() {
    let mut home = Home::of_days(1);
    let (folder, day) = (home.backups(), 86_400);
    // The first ones bear the times of a clock that ran years ahead, and the last one that of another that ran behind.
    let early: Vec<String> = (0..10).map(|nth| home.take(BackupKind::Post, 9_000 * day + nth)).collect();
    home.store.project(&Story::of_days(2).lines()).unwrap();
    let newest = home.take(BackupKind::Post, -9_000 * day);
    assert!(newest < early[0] && home.files().contains(&newest));
    assert!(!home.files().contains(&early[0]), "the oldest of those that hold less has gone");
    assert_eq!(home.files().len(), KEPT);
    home.take(BackupKind::Manual, 0);
    fs::copy(folder.join(&early[1]), folder.join("20990101T000000Z-post.db")).unwrap();
    let on_shelf = shelf(&RealDisk, &folder).unwrap();
    let gone: Vec<&str> = surplus(&RealDisk, &folder, &on_shelf, None, home.store.ask().unwrap())
        .into_iter()
        .map(|old| &*old.name)
        .collect();
    assert_eq!(gone, [&*early[1]], "of equals the one that looks older, and never the one that holds most");
}
