use super::*;
use crate::disk::{Disk, DiskFile};
use std::io;

fn path() -> &'static Path {
    Path::new("/folder/a")
}

fn disk_with_safe_file(seed: u64) -> (MemoryDisk, Box<dyn DiskFile>) {
    let disk = MemoryDisk::new(seed);
    disk.create_folder(Path::new("/folder")).unwrap();
    let mut file = disk.create(path()).unwrap();
    file.write_at(0, b"safe").unwrap();
    file.sync_data().unwrap();
    disk.sync_folder(Path::new("/folder")).unwrap();
    (disk, file)
}

#[test]
fn what_was_not_synced_goes_with_the_power() {
    let (disk, mut file) = disk_with_safe_file(1);
    file.write_at(4, b" and not").unwrap();
    assert_eq!(disk.read(path()).unwrap(), b"safe and not");
    assert_eq!(disk.after_power_loss(Loss::Unsynced).read(path()).unwrap(), b"safe");
    assert_eq!(disk.after_power_loss(Loss::Nothing).read(path()).unwrap(), b"safe and not");
    let torn = disk.after_power_loss(Loss::Tail).read(path()).unwrap();
    assert!(b"safe and not".starts_with(&torn[..]) && torn.len() >= 4, "{torn:?}");
}

#[test]
fn a_name_is_only_safe_when_its_folder_was_synced() {
    let disk = MemoryDisk::new(1);
    let mut file = disk.create(path()).unwrap();
    file.write_at(0, b"x").unwrap();
    file.sync_data().unwrap();
    assert!(disk.after_power_loss(Loss::Unsynced).read(path()).is_err());
}

#[test]
fn after_a_failed_sync_the_next_one_succeeds_and_saves_nothing() {
    let (disk, mut file) = disk_with_safe_file(1);
    disk.fail(Fault::once(disk.operations() + 1, io::ErrorKind::Other));
    file.write_at(0, b"SAFE").unwrap();
    assert!(file.sync_data().is_err());
    file.sync_data().unwrap();
    assert_eq!(disk.read(path()).unwrap(), b"SAFE", "reading back proves nothing");
    assert_eq!(disk.after_power_loss(Loss::Unsynced).read(path()).unwrap(), b"safe");
}

#[test]
fn a_disk_that_lies_loses_what_it_said_was_safe() {
    let disk = MemoryDisk::lying(1);
    let mut file = disk.create(path()).unwrap();
    file.write_at(0, b"x").unwrap();
    file.sync_data().unwrap();
    disk.sync_folder(Path::new("/folder")).unwrap();
    assert!(disk.after_power_loss(Loss::Unsynced).read(path()).is_err());
}

#[test]
fn faults_come_once_or_from_then_on() {
    let (disk, mut file) = disk_with_safe_file(1);
    disk.fail(Fault::once(disk.operations(), io::ErrorKind::StorageFull));
    assert_eq!(file.write_at(0, b"abcd").unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(disk.read(path()).unwrap(), b"abfe", "half of it was written");
    assert!(file.sync_data().is_ok());
    disk.fail(Fault::from_then_on(disk.operations(), io::ErrorKind::Other));
    assert!((0..3).all(|_| file.sync_data().is_err()));
}

mod under_sqlite {
    use super::*;
    use rusqlite::{Connection, OpenFlags};

    const PATH: &str = "/folder/s.db";

    fn connect(disk: &MemoryDisk, psow: u8) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI;
        let uri = format!("file:{PATH}?psow={psow}&vfs={}", disk.vfs().unwrap());
        let connection = Connection::open_with_flags(uri, flags).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "FULL").unwrap();
        connection
    }

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    fn insert(connection: &Connection, rows: i64) {
        for row in 0..rows {
            connection.execute("INSERT INTO t VALUES (?1, hex(zeroblob(40)))", [row]).unwrap();
        }
    }

    #[test]
    fn two_connections_see_each_others_commits_and_the_last_one_takes_the_log_along() {
        let disk = MemoryDisk::new(1);
        disk.create_folder(Path::new("/folder")).unwrap();
        let (one, other) = (connect(&disk, 0), connect(&disk, 0));
        one.execute_batch("CREATE TABLE t (a, b)").unwrap();
        insert(&one, 3);
        assert_eq!(rows(&other), 3);
        one.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(other.execute_batch("BEGIN IMMEDIATE").is_err(), "one writer at a time");
        one.execute_batch("COMMIT").unwrap();
        insert(&other, 2);
        assert_eq!(rows(&one), 5);
        assert_eq!(disk.names(Path::new("/folder")).unwrap(), ["s.db", "s.db-shm", "s.db-wal"]);
        drop((one, other));
        assert_eq!(disk.names(Path::new("/folder")).unwrap(), ["s.db"]);
        assert_eq!(rows(&connect(&disk, 0)), 5);
    }

    #[test]
    fn a_connection_may_outlive_the_last_handle_of_its_disk() {
        let disk = MemoryDisk::new(1);
        let connection = connect(&disk, 0);
        drop(disk);
        connection.execute_batch("CREATE TABLE t (a, b)").unwrap();
        insert(&connection, 3);
        assert_eq!(rows(&connection), 3);
    }

    #[test]
    fn a_fault_of_the_disk_is_an_error_of_sqlites() {
        let disk = MemoryDisk::new(1);
        let connection = connect(&disk, 0);
        connection.execute_batch("CREATE TABLE t (a, b)").unwrap();
        disk.fail(Fault::from_then_on(disk.operations(), io::ErrorKind::StorageFull));
        let full = connection.execute("INSERT INTO t VALUES (1, 2)", []).unwrap_err();
        assert_eq!(full.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull));
        disk.heal();
        insert(&connection, 1);
    }

    /// Commits row by row; how many crash states have lost a row that was committed, of how many.
    fn committed_rows_lost(psow: u8, loss: Loss) -> (usize, usize) {
        let disk = MemoryDisk::new(3);
        disk.create_folder(Path::new("/folder")).unwrap();
        let connection = connect(&disk, psow);
        connection.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA page_size; CREATE TABLE t (a, b)").unwrap();
        disk.sync_folder(Path::new("/folder")).unwrap();
        let mut committed = vec![(disk.position(), 0)];
        for row in 1..=12 {
            insert(&connection, 1);
            committed.push((disk.position(), row));
        }
        let tape = disk.tape();
        let (mut platter, mut gone, mut states) = (tape.platter(), 0, 0);
        for position in committed[0].0..=tape.len() {
            platter.advance_to(position);
            let safe = committed.iter().rev().find(|(at, _)| *at <= position).unwrap().1;
            for seed in 0..4 {
                states += 1;
                let found = connect(&platter.after(loss, seed), psow);
                let found = found.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap_or(0);
                gone += usize::from(found < safe);
            }
        }
        (gone, states)
    }

    #[test]
    fn what_was_committed_and_synced_survives_every_loss_of_power() {
        for loss in Loss::ALL {
            let (gone, states) = committed_rows_lost(0, loss);
            assert_eq!(gone, 0, "{loss:?} of {states}");
        }
    }

    #[test]
    fn control_to_trust_in_overwriting_costs_a_committed_row_when_a_neighbour_is_clobbered() {
        assert!(committed_rows_lost(1, Loss::Neighbour).0 > 0);
    }
}
