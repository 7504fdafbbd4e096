//! What SQLite keeps beside a database, by its names. Each of them makes another database malformed.

use std::path::{Path, PathBuf};

/// A file that belongs to the database that it lies beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sidecar {
    /// The write-ahead log.
    Log,
    /// The index of that log, in memory that is shared; it is made anew from the log.
    Index,
    /// The rollback journal.
    Rollback,
}

impl Sidecar {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Log, Self::Index, Self::Rollback];

    /// Its path, whether it is there or not.
    pub fn of(self, database: &Path) -> PathBuf {
        let mut name = database.as_os_str().to_owned();
        name.push(self.ending());
        name.into()
    }

    /// What its name has behind the database's.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Log => "-wal",
            Self::Index => "-shm",
            Self::Rollback => "-journal",
        }
    }

    /// The name of the database that a name like this belongs to; `None` if it is no sidecar's.
    pub fn owner(name: &str) -> Option<&str> {
        Self::ALL.iter().find_map(|sidecar| name.strip_suffix(sidecar.ending()))
    }
}

/// The paths of all that may lie beside a database, whether they are there or not.
pub fn sidecars(database: &Path) -> [PathBuf; 3] {
    Sidecar::ALL.map(|sidecar| sidecar.of(database))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sidecar_is_named_after_its_database_whatever_that_ends_with() {
        for database in ["s.db", "s", "s.db.bak.20260418T192119Z"] {
            for path in sidecars(Path::new(database)) {
                assert_eq!(Sidecar::owner(path.to_str().unwrap()), Some(database));
            }
            assert_eq!(Sidecar::owner(database), None);
        }
        assert_eq!(Sidecar::Log.of(Path::new("/h/s.db")), Path::new("/h/s.db-wal"));
    }
}
