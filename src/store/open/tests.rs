//! What is opened, what is refused, and how.

use std::fs;

use super::*;
use crate::disk::RealDisk;

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> T {
    connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
}

#[test]
fn a_new_database_is_ours_alone_and_set_up_to_survive() {
    let folder = tempfile::tempdir().unwrap();
    // Windows has no `?` in names.
    let path = folder.path().join(if cfg!(windows) { "a 100% #1.db" } else { "a 100%? #1.db" });
    let connection = writer(&RealDisk, &path).unwrap();
    assert_eq!(pragma::<String>(&connection, "journal_mode"), "wal");
    assert_eq!(pragma::<i32>(&connection, "synchronous"), 1);
    assert_eq!(pragma::<i32>(&connection, "wal_autocheckpoint"), 0);
    assert_eq!(pragma::<i32>(&connection, "cell_size_check"), 1);
    assert_eq!(pragma::<i32>(&connection, "trusted_schema"), 0);
    assert_eq!(pragma::<i32>(&connection, "user_version"), migrate::newest());
    assert!(connection.db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE).unwrap());
    assert!(path.exists(), "the name was not taken for a URI's parameters");
    #[cfg(unix)]
    for file in [path.clone(), Sidecar::Log.of(&path)] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn a_text_file_a_folder_and_no_file_are_told_apart_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.db");
    for words in ["short", &"long enough to fill more than one page\n".repeat(400)] {
        fs::write(&text, words).unwrap();
        assert!(matches!(writer(&RealDisk, &text), Err(OpenError::NotADatabase(_))));
        assert!(matches!(reader(&RealDisk, &text), Err(OpenError::NotADatabase(_))));
        assert_eq!(fs::read_to_string(&text).unwrap(), words);
    }
    assert!(matches!(writer(&RealDisk, folder.path()), Err(OpenError::IsAFolder(_))));
    let nowhere = folder.path().join("nowhere.db");
    assert!(matches!(reader(&RealDisk, &nowhere), Err(OpenError::Missing(_))));
    assert!(!nowhere.exists());
}

#[test]
fn a_database_from_a_newer_neo_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    writer(&RealDisk, &path).unwrap().execute_batch("CREATE TABLE later (it); PRAGMA user_version = 99").unwrap();
    for refusal in [writer(&RealDisk, &path).unwrap_err(), reader(&RealDisk, &path).unwrap_err()] {
        assert!(matches!(refusal, OpenError::Newer { found: 99, known: 2, .. }), "{refusal}");
        assert!(refusal.is_unsound());
    }
}

#[test]
fn a_version_that_the_schema_denies_is_damage_and_so_is_a_column_of_another_name() {
    let damaged = |how: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let store = writer(&RealDisk, &path).unwrap();
        // As no writer of ours could: the setting of the connection forbids it.
        store.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false).unwrap();
        store.execute_batch(how).unwrap();
        drop(store);
        writer(&RealDisk, &path).map(drop).unwrap_err()
    };
    for version in [0, 1, 3, 66] {
        let refusal = damaged(&format!("PRAGMA user_version = {version}"));
        assert!(matches!(refusal, OpenError::Malformed { .. }), "{version}: {refusal}");
    }
    let renamed = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'price', 'prise')";
    assert!(matches!(damaged(renamed), OpenError::Malformed { .. }));
    let no_text =
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = CAST(sql || x'FF' AS TEXT) WHERE type = 'view'";
    assert!(matches!(damaged(no_text), OpenError::Malformed { .. }));
}

#[test]
fn what_an_operator_adds_to_the_schema_is_hers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    writer(&RealDisk, &path).unwrap().execute_batch("CREATE VIEW mine AS SELECT 1").unwrap();
    assert!(writer(&RealDisk, &path).is_ok());
}

#[test]
fn another_programs_database_is_refused_and_not_a_byte_of_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE trades (id INTEGER); INSERT INTO trades VALUES (1)")
        .unwrap();
    let before = fs::read(&path).unwrap();
    let refusal = writer(&RealDisk, &path).unwrap_err();
    assert!(refusal.to_string().contains("its tables: trades"), "{refusal}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn an_empty_file_is_a_new_database_to_a_writer_and_an_empty_one_to_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    fs::write(&path, "").unwrap();
    assert!(matches!(reader(&RealDisk, &path), Err(OpenError::Empty(_))));
    writer(&RealDisk, &path).unwrap();
    assert!(reader(&RealDisk, &path).is_ok());
}

#[test]
fn a_log_without_its_database_is_not_destroyed_by_opening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    drop(writer(&RealDisk, &path).unwrap());
    fs::remove_file(&path).unwrap();
    let log = fs::read(Sidecar::Log.of(&path)).unwrap();
    assert!(!log.is_empty());
    assert!(matches!(writer(&RealDisk, &path), Err(OpenError::OrphanedLog { .. })));
    assert_eq!(fs::read(Sidecar::Log.of(&path)).unwrap(), log);
    assert!(!path.exists());
}

#[test]
fn a_reader_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    let _writer = writer(&RealDisk, &path).unwrap();
    assert!(reader(&RealDisk, &path).unwrap().execute("DELETE FROM facts", []).is_err());
}
