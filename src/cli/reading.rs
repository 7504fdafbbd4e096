//! A command that only reads, before a database that cannot be read: what is wrong in plain words, and the command that
//! makes it anew.

use std::error::Error;
use std::path::Path;

use color_eyre::{Report, Result};

use super::exit::{Exit, Refusal};
use crate::disk::place::Place;
use crate::disk::{Disk as _, RealDisk};
use crate::domain::words::quoted;
use crate::store::query::QueryError;
use crate::store::{OpenError, StoreError};
use crate::vault::verify::VerifyError;

/// Carries a command out that reads the database. Where that is gone or damaged and its journal or a backup is there, the
/// refusal says how it comes back.
pub fn reading(database: &Path, command: impl FnOnce(&Path) -> Result<Exit>) -> Result<Exit> {
    command(database).map_err(|report| in_plain_words(database, report))
}

fn in_plain_words(database: &Path, report: Report) -> Report {
    let wrong = report.chain().find_map(wrong);
    match wrong.and_then(|why| Some((why, way_back(database)?))) {
        Some((why, you_can)) => {
            let tried = format!("cannot read the database {}", database.display());
            Refusal { exit: Exit::NotSound, tried, why, you_can }.into()
        }
        None => report,
    }
}

/// Why the database cannot be read, if it is the database itself.
fn wrong(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref() {
        return of_open(error);
    }
    if let Some(error) = error.downcast_ref() {
        return of_store(error);
    }
    if let Some(error) = error.downcast_ref() {
        return match error {
            VerifyError::Open(error) => of_open(error),
            VerifyError::Store(error) => of_store(error),
            VerifyError::Journal(_) | VerifyError::NoSuchSession(_) => None,
        };
    }
    match error.downcast_ref()? {
        QueryError::Open(error) => of_open(error),
        error if error.is_damage() => Some("it is damaged: SQLite could not answer from it".to_owned()),
        _ => None,
    }
}

fn of_open(error: &OpenError) -> Option<String> {
    match error {
        OpenError::Missing(_) | OpenError::Empty(_) | OpenError::Malformed { .. } | OpenError::NotADatabase(_) => {
            Some(error.in_a_word())
        }
        _ => None,
    }
}

fn of_store(error: &StoreError) -> Option<String> {
    error.is_damage().then(|| error.in_a_word())
}

/// What brings the database back; nothing if nothing of it is left beside it.
fn way_back(database: &Path) -> Option<String> {
    let place = Place::around(database);
    let flag = quoted(&database.to_string_lossy());
    let has_files = |folder: &Path| RealDisk.names(folder).is_ok_and(|names| !names.is_empty());
    if has_files(&place.journal()) {
        return Some(format!(
            "Its journal is here: `neo run --db {flag}` makes it anew from that and starts a session; \
             `neo rebuild --db {flag}` makes it anew now."
        ));
    }
    has_files(&place.backups()).then(|| {
        format!(
            "Its backups are here: `neo restore --latest --db {flag} --dry-run` shows what the newest would bring back."
        )
    })
}
