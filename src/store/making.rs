//! A store that is being made anew, beside the one that it is to replace. It is written as fast as the machine can, and
//! nothing of it is safe, or known to anybody, before it was finished and synced as a whole.

use std::path::Path;
use std::sync::Arc;

use super::error::{OpenError, StoreError};
use super::writer::Store;
use super::{journal_mode, migrate, open};
use crate::disk::Disk;
use crate::disk::replace::{CannotReplace, replace};

impl Store {
    /// A new store at `path`, or the one that lies there as a copy of a backup, to be filled and then finished.
    pub fn begin_making(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, OpenError> {
        Self::open_by(open::making, disk, path)
    }

    /// Puts a new store at `path`, where none is: all of it, or nothing, whenever the power goes.
    pub fn found(disk: &dyn Disk, path: &Path) -> Result<(), OpenError> {
        let blank = migrate::blank().map_err(|why| OpenError::from_sqlite(path, "making a new one", why))?;
        let why = |why: CannotReplace| OpenError::NotCreated { path: path.to_owned(), why: why.into() };
        replace(disk, path, blank).map_err(why)
    }

    /// Checks it as thoroughly as SQLite can and closes it. The caller syncs the file before anybody believes in it.
    pub fn finish_making(mut self) -> Result<(), StoreError> {
        if let Some(why) = self.ask()?.integrity_check()?.into_iter().next() {
            return Err(OpenError::Malformed { path: self.path().to_owned(), why }.into());
        }
        // Who opens it keeps a log: were that changed in its place, a loss of power could tear its first page.
        journal_mode::set(self.connected()?, "WAL").map_err(StoreError::doing("have itself keep a log"))?;
        match self.connection.take().map(rusqlite::Connection::close) {
            Some(Err((_, why))) => Err(StoreError::doing("close itself")(why)),
            Some(Ok(())) | None => Ok(()),
        }
    }
}
