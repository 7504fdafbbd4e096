//! A command that writes: the lock, the gate, and an empty write-ahead log behind it.

use std::path::Path;
use std::sync::Arc;

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;

use super::exit::Exit;
use super::say;
use crate::disk::lock::{Holder, Lock};
use crate::disk::place::Place;
use crate::disk::scratch::Scratch;
use crate::disk::{Disk, RealDisk};
use crate::domain::custody::Restored;
use crate::domain::fact::Fact;
use crate::journal::record::Entry;
use crate::session::clock::machine_time;
use crate::store::OpenError;
use crate::vault::gate::{self, Opened};

/// Both copies of a locked place, opened with care.
pub struct Writing {
    /// What the gate opened.
    pub opened: Opened,
    _lock: Lock,
}

/// Who we are, for whoever comes second.
pub fn holder() -> Holder {
    Holder { pid: std::process::id(), host: host(), since: machine_time() }
}

/// This machine's name.
pub fn host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

/// Locks a place that is a house already: a command that looks after what is there makes nothing new.
pub fn lock(place: &Place) -> Result<Lock> {
    if !is_a_house(place) {
        return Err(OpenError::Missing(place.database().to_owned()).into());
    }
    lock_or_make(place)
}

/// The same; beside whoever has it already, `in_use` says what is to be done instead.
pub fn lock_or(place: &Place, in_use: &'static str) -> Result<Lock> {
    lock(place).map_err(|why| if Exit::of_error(&why) == Exit::InUse { why.wrap_err(in_use) } else { why })
}

/// Locks a place that may become a house now.
pub fn lock_or_make(place: &Place) -> Result<Lock> {
    place.prepare()?;
    Ok(Lock::take(&place.lock(), &holder())?.with_folder(&place.journal())?)
}

/// A folder for copies that goes when it is dropped: on the disk of the database, where there must be room for one anyway.
pub fn scratch(place: &Place) -> Result<Scratch> {
    let folder = place.folder();
    Scratch::within(folder).wrap_err_with(|| {
        format!(
            "cannot make a scratch folder in {}; check that it is there, and who may write into it",
            folder.display()
        )
    })
}

/// Where the operator finds what an exchange took away, as the end of a sentence; nothing if it took nothing.
pub fn what_was_there(place: &Place, quarantine: Option<&str>) -> String {
    quarantine
        .map_or_else(String::new, |name| format!(" What was there is in {}.", place.quarantine().join(name).display()))
}

/// Writes down what was put right, in both copies.
pub fn tell_the_chain(opened: &mut Opened, restored: Restored) -> Result<()> {
    let entry = Entry { at: machine_time(), session: None, fact: Fact::Restored(restored) };
    let kept = opened.writer.write_group(&[entry])?;
    opened.store.project(&kept.lines)?;
    Ok(())
}

impl Writing {
    /// Opens both copies behind the lock. What was put right on the way is told on stderr.
    pub fn begin(place: &Place, lock: Lock) -> Result<Self> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let opened = gate::open(&disk, place, machine_time(), &mut |_| {})?;
        for sentence in &opened.account {
            say(sentence);
        }
        opened.apart.iter().for_each(|apart| say(&apart.to_string()));
        Ok(Self { opened, _lock: lock })
    }

    /// Closes both copies, with nothing left in the write-ahead log.
    pub fn end(mut self) -> Result<()> {
        self.opened.store.checkpoint().wrap_err("cannot empty the write-ahead log")?;
        Ok(())
    }
}

/// Whether anything of a database lies there: it, its journal, or its backups.
fn is_a_house(place: &Place) -> bool {
    let has_files = |folder: &Path| RealDisk.names(folder).is_ok_and(|names| !names.is_empty());
    place.database().exists() || has_files(&place.journal()) || has_files(&place.backups())
}
