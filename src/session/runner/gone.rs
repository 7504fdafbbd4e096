//! What it means for a session that one of its files is not on the disk any more under its name: without both copies of
//! the facts nobody trades, so it takes its orders out and ends, while what is open still has everything.

use std::path::Path;

use super::Runner;
use super::trouble::incident;
use crate::domain::halt::HaltReason;
use crate::domain::incident::{Incident, Severity, Source};

impl Runner {
    pub(super) fn journal_gone(&mut self, what: String) {
        self.is_gone(
            Incident {
                means: "nothing is lost: the database has every fact so far, and keeps those to come".into(),
                you_can: "leave the folder as it is and start again: the journal is put together from the database"
                    .into(),
                ..incident(Source::Journal, "The journal is not in its place", LOOKED, what.clone())
            },
            what,
        );
    }

    pub(super) fn store_gone(&mut self, what: String) {
        self.is_gone(
            Incident {
                means: "nothing is lost: the journal has every fact so far, and keeps those to come".into(),
                you_can: "leave the folder as it is and start again: what is missing is made anew from the journal"
                    .into(),
                ..incident(Source::Store, "The database is not in its place", LOOKED, what.clone())
            },
            what,
        );
    }

    /// No reason to end: nothing that the session keeps lies there alone.
    pub(super) fn backups_gone(&mut self, folder: &Path) {
        let now = self.clock.now();
        let happened = format!("{} was deleted or moved away", folder.display());
        self.books.incident(
            now,
            Incident {
                means: "the backups in it are lost, unless it was moved; the database and the journal are not touched"
                    .into(),
                done: "the folder is made anew, with the backup that was due".into(),
                you_can: "if it was moved, put the backups that were in it back".into(),
                ..incident(Source::Backup, "The backups' folder is gone", "to put a backup into it", happened)
            },
        );
    }

    fn is_gone(&mut self, incident: Incident, what: String) {
        let now = self.clock.now();
        let done = "takes every order out, ends the session, and backs up what is open as its last step";
        self.books.incident(now, Incident { severity: Severity::Error, done: done.into(), ..incident });
        self.end(HaltReason::StoreFailure, what);
    }
}

const LOOKED: &str = "to find what is being written under its name";
