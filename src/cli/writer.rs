//! A command that writes: the lock, the gate, and an empty write-ahead log behind it.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;

use crate::disk::lock::{Holder, Lock};
use crate::disk::place::Place;
use crate::disk::{Disk, RealDisk};
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

/// Locks a place that may become a house now.
pub fn lock_or_make(place: &Place) -> Result<Lock> {
    place.prepare()?;
    Ok(Lock::take(&place.lock(), &holder())?.with_folder(&place.journal())?)
}

impl Writing {
    /// Opens both copies behind the lock. What was put right on the way is told on stderr.
    pub fn begin(place: &Place, lock: Lock) -> Result<Self> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let opened = gate::open(&disk, place, machine_time(), &mut |_| {})?;
        for sentence in &opened.account {
            // When stderr is closed there is nobody to tell; the chain tells of it, too.
            writeln!(io::stderr(), "neo: {sentence}").unwrap_or_default();
        }
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
