//! A disk in memory, for tests: it fails when told to and loses power in six ways, all from one seed. The journal writes
//! on it through [`Disk`], SQLite through a VFS of its own, and both lose power together.
//!
//! It promises what a disk promises and no more: bytes are safe after a sync that succeeded, names after a sync of their
//! folder, and what a failed sync was to save is lost although it can still be read. Every operation that changes
//! something is on a [`Tape`], from which the disk after a crash at any moment can be made.

mod fault;
mod files;
mod loss;
mod state;
mod tape;
mod vfs;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_pcg::rand_core::Rng;

pub use fault::Fault;
pub use loss::{Loss, SECTOR};
use state::{Lies, State};
pub use tape::{Platter, Tape};
use vfs::Vfs;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct MemoryDisk(Arc<Shared>);

/// What all clones of a disk share, and every file that SQLite has open on it.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    vfs: Vfs,
}

impl MemoryDisk {
    /// An empty disk; what it loses by chance follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self::found(State::found(tape::Start::default(), seed))
    }

    /// A disk that says it has synced and has not: a control, on which tests of durability must fail.
    pub fn lying(seed: u64) -> Self {
        let disk = Self::new(seed);
        disk.state().lies = Lies::Always;
        disk
    }

    /// A disk that lies only about files whose names end like this: whoever writes them might as well never sync.
    pub fn lying_about(ending: &'static str, seed: u64) -> Self {
        let disk = Self::new(seed);
        disk.state().lies = Lies::About(ending);
        disk
    }

    fn found(state: State) -> Self {
        Self(Arc::new(Shared { state: Mutex::new(state), vfs: Vfs::default() }))
    }

    /// Lets operations that change something fail.
    pub fn fail(&self, fault: Fault) {
        self.state().changes.fail(fault);
    }

    /// Lets reads fail.
    pub fn fail_reads(&self, fault: Fault) {
        self.state().reads.fail(fault);
    }

    /// No operation fails any more.
    pub fn heal(&self) {
        let mut state = self.state();
        state.changes.heal();
        state.reads.heal();
    }

    /// All files together may have that many bytes from now on; a write that would go beyond finds the disk full.
    pub fn limit_room(&self, bytes: Option<u64>) {
        self.state().room = bytes;
    }

    /// How many operations that change something there were, those that failed included.
    pub fn operations(&self) -> u64 {
        self.state().changes.passed
    }

    /// How many reads there were.
    pub fn reads(&self) -> u64 {
        self.state().reads.passed
    }

    /// How many operations and reads failed because they were told to.
    pub fn failures(&self) -> u64 {
        let state = self.state();
        state.changes.failed + state.reads.failed
    }

    /// The operations that failed because they were told to, in a few words each: `sync /house/s.db`. Reads are not in it.
    pub fn failed(&self) -> Vec<String> {
        self.state().failed.clone()
    }

    /// Puts a file on the disk as somebody else would: whole and safe, not counted as an operation.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        self.state().put(path, bytes);
    }

    /// How many operations are on the tape: the moment that is now.
    pub fn position(&self) -> usize {
        self.state().tape.len()
    }

    /// All that has happened so far.
    pub fn tape(&self) -> Tape {
        self.state().tape.clone()
    }

    /// Another disk, as this one would be found after the power was lost now. It has no faults and tells no lies.
    #[must_use]
    pub fn after_power_loss(&self, loss: Loss) -> Self {
        let (tape, seed) = {
            let mut state = self.state();
            (state.tape.clone(), state.random.next_u64())
        };
        let mut platter = tape.platter();
        platter.advance_to(tape.len());
        platter.after(loss, seed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
