//! The one writing connection, and the one place where an error of it is answered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::ask::Ask;
use super::baseline::Shelf;
use super::error::{OpenError, StoreError};
use super::open;
use crate::disk::faults::Point;
use crate::disk::place::Place;
use crate::disk::{Disk, RealDisk};

/// The one writer of a database. Owned by one thread; every write is one transaction that can safely be done again.
#[derive(Debug)]
pub struct Store {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    pub(super) baselines: Shelf,
    /// How it is opened, and opened again after an error.
    open: open::Opening,
    /// `None` after an error, until it is opened again.
    pub(super) connection: Option<Connection>,
    second_tries: u64,
    openings: u64,
    pub(super) checkpoints: u64,
}

impl Store {
    /// Opens the database at `path`, makes it if there is none, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(RealDisk), path)
    }

    /// As [`Self::open`], on that disk.
    pub fn open_on(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, OpenError> {
        Self::open_by(open::writer, disk, path)
    }

    pub(super) fn open_by(open: open::Opening, disk: Arc<dyn Disk>, path: &Path) -> Result<Self, OpenError> {
        let connection = open(&*disk, path)?;
        Ok(Self::with(connection, open, disk, path, Place::around(path).backups()))
    }

    /// A database that nobody else sees and that is gone with this value: to project into and to compare with. Large
    /// ones go into a file of the system's that has no name.
    pub fn scratch() -> Result<Self, OpenError> {
        let nowhere = Path::new("");
        // Opened again after an error it is empty, and refuses all that does not begin with the first line.
        Ok(Self::with(open::scratch()?, |_, _| open::scratch(), Arc::new(RealDisk), nowhere, PathBuf::new()))
    }

    fn with(
        connection: Connection,
        open: open::Opening,
        disk: Arc<dyn Disk>,
        path: &Path,
        baselines_in: PathBuf,
    ) -> Self {
        Self {
            baselines: Shelf { disk: Arc::clone(&disk), folder: baselines_in },
            disk,
            path: path.to_owned(),
            open,
            connection: Some(connection),
            second_tries: 0,
            openings: 1,
            checkpoints: 0,
        }
    }

    /// Has baselines looked for in another folder than `s.backups/` beside the database: for a store that is being made
    /// anew elsewhere, before it is put in its place.
    #[must_use]
    pub fn with_baselines_in(mut self, folder: PathBuf) -> Self {
        self.baselines.folder = folder;
        self
    }

    /// The disk that the database lies on.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// Where the database lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many writes failed at first and were tried once more: what healed by itself is a sign of a failing disk, too.
    pub fn second_tries(&self) -> u64 {
        self.second_tries
    }

    /// How many times it was opened: at the start, and after every error.
    pub fn openings(&self) -> u64 {
        self.openings
    }

    /// How many checkpoints were tried: nothing else writes into the database itself once it is open.
    pub fn checkpoints(&self) -> u64 {
        self.checkpoints
    }

    /// Questions on the writing connection: they see what was written a moment ago.
    pub fn ask(&mut self) -> Result<Ask<'_>, StoreError> {
        self.connected().map(|connection| Ask::new(connection))
    }

    /// The connection itself, for the backup's steps between two commits.
    pub(crate) fn connected(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.open_again()?,
        };
        Ok(self.connection.insert(connection))
    }

    /// A database that is gone is not begun anew in the middle of its work.
    fn open_again(&mut self) -> Result<Connection, OpenError> {
        self.openings += 1;
        let has_name = !self.path.as_os_str().is_empty();
        if has_name && matches!(self.disk.find(&self.path), Ok(None)) {
            return Err(OpenError::Missing(self.path.clone()));
        }
        (self.open)(&*self.disk, &self.path)
    }

    /// Does `work` in one transaction.
    ///
    /// After any error of SQLite's the connection is closed, because a commit that failed may have happened all the
    /// same; `work` is tried once more on a new one and finds out by itself what is already there.
    pub(super) fn write<T>(
        &mut self,
        doing: &'static str,
        mut work: impl FnMut(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let why = match self.attempt(doing, &mut work) {
            Err(why @ StoreError::Sqlite { .. }) => why,
            outcome => return outcome,
        };
        self.connection = None;
        self.second_tries += 1;
        tracing::warn!(doing, %why, "the store failed and is tried once more on a new connection");
        let second = self.attempt(doing, &mut work);
        if second.is_err() {
            self.connection = None;
        }
        second
    }

    fn attempt<T>(
        &mut self,
        doing: &'static str,
        work: &mut impl FnMut(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.connected()?;
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::doing(doing))?;
        let done = work(&transaction)?;
        StoreError::pass(Point::StoreCommit, doing)?;
        transaction.commit().map_err(StoreError::doing(doing))?;
        Ok(done)
    }
}
