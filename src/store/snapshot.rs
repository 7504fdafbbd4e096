//! One moment of the store, held by a connection of its own and copied page by page, while the writer goes on writing.
//!
//! SQLite begins a copy anew whenever somebody else writes between two steps, and never comes to an end under a writer;
//! unless the copying connection holds a moment, which no commit changes. While it is held the write-ahead log cannot be
//! emptied: let go of it soon.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ffi};

use super::ask::{Ask, Reader};
use super::error::StoreError;
use super::writer::Store;
use super::{journal_mode, open};
use crate::disk::Disk;

/// Pages of one step: about a megabyte, so that nothing waits long for a step to end.
const PAGES: i32 = 256;

/// A moment of the store.
pub(crate) struct Snapshot {
    reader: Reader,
}

/// How a copy ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    /// All pages are in the new file, which is not synced yet.
    Whole,
    /// It was given up between two steps.
    GivenUp,
}

/// Pages copied, and pages that there are.
type Pages = (u32, u32);

impl Snapshot {
    /// Holds the newest committed moment of the database at `path`.
    pub(crate) fn hold(disk: &dyn Disk, path: &Path) -> Result<Self, StoreError> {
        let reader = Reader::open_on(disk, path)?;
        // BEGIN alone holds nothing: the first read does.
        let held = reader.connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema");
        held.map_err(StoreError::doing("hold a moment"))?;
        Ok(Self { reader })
    }

    /// Questions to that moment.
    pub(crate) fn ask(&self) -> Ask<'_> {
        self.reader.ask()
    }

    /// Copies it into the empty file at `to`; `between` is asked after each megabyte and may give the copy up.
    pub(crate) fn copy_to(
        &self,
        disk: &dyn Disk,
        to: &Path,
        mut between: impl FnMut(Pages) -> ControlFlow<()>,
    ) -> rusqlite::Result<Copied> {
        copy_from(&self.reader.connection, disk, to, &mut between)
    }
}

impl Store {
    /// Copies what this connection sees into the empty file at `to`, in one go: for a database that is no longer found by
    /// its name, and that only who has it open still has.
    pub(crate) fn copy_what_is_open(&mut self, to: &Path) -> Result<(), StoreError> {
        let disk = Arc::clone(self.disk());
        let copied = copy_from(self.connected()?, &*disk, to, &mut |_| ControlFlow::Continue(()));
        copied.map(|_whole| ()).map_err(StoreError::doing("copy what is open"))
    }
}

fn copy_from(
    original: &Connection,
    disk: &dyn Disk,
    to: &Path,
    between: &mut impl FnMut(Pages) -> ControlFlow<()>,
) -> rusqlite::Result<Copied> {
    let mut copy = open::blank(disk, to)?;
    if step_through(original, &mut copy, between)? == Copied::GivenUp {
        return Ok(Copied::GivenUp);
    }
    // The original's header says WAL; a copy is one file that needs no companion.
    journal_mode::set(&copy, "DELETE")?;
    copy.close().map_err(|(_, why)| why)?;
    Ok(Copied::Whole)
}

fn step_through(
    moment: &Connection,
    copy: &mut Connection,
    between: &mut impl FnMut(Pages) -> ControlFlow<()>,
) -> rusqlite::Result<Copied> {
    let steps = Backup::new(moment, copy)?;
    loop {
        let step @ (StepResult::Done | StepResult::More) = steps.step(PAGES)? else {
            // The connection's own patience is over already.
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None));
        };
        let pages = steps.progress();
        let total = pages.pagecount.unsigned_abs();
        let copied = total.saturating_sub(pages.remaining.unsigned_abs());
        if between((copied, total)).is_break() {
            return Ok(Copied::GivenUp);
        }
        if step == StepResult::Done {
            return Ok(Copied::Whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::disk::sim::{Fault, MemoryDisk};

    #[test]
    fn a_copy_that_is_whole_needs_no_log_beside_it_whatever_fails() {
        let (original, to) = (Path::new("/house/s.db"), Path::new("/house/copy.db"));
        let disk = MemoryDisk::new(1);
        disk.create_folder(Path::new("/house")).unwrap();
        drop(Store::open_on(Arc::new(disk.clone()), original).unwrap());
        let (mut refused, mut operation) = (0, 0);
        loop {
            disk.remove_if_there(to).unwrap();
            drop(disk.create(to).unwrap());
            let moment = Snapshot::hold(&disk, original).unwrap();
            let failures = disk.failures();
            disk.fail(Fault::once(disk.operations() + operation, ErrorKind::Other));
            let copied = moment.copy_to(&disk, to, |_| ControlFlow::Continue(()));
            disk.heal();
            // How it is written and how it is read: 1 without a log, 2 with one.
            match copied {
                Ok(_) => assert_eq!(disk.read_part(to, 18, 2).unwrap(), [1, 1], "operation {operation}"),
                Err(_) => refused += 1,
            }
            if disk.failures() == failures {
                break;
            }
            operation += 1;
        }
        assert!(refused > 10, "of {operation} failures {refused} mattered");
    }
}
