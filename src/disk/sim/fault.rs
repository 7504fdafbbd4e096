//! Operations that fail when told to.

use std::io;

/// Which operations fail, and how. Operations that change something are counted from 0 on: create, write, truncate, sync,
/// rename, remove, the making of a folder and its sync, whether the journal asks for them or SQLite. Reads are counted by
/// themselves. A full disk still lets a file be removed or shortened.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    first: u64,
    last: u64,
    kind: io::ErrorKind,
}

/// What an operation asks of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// Room for bytes or for a name.
    ForRoom,
    /// Nothing: it gives room back.
    ForNothing,
}

/// The operations of one sort: how many there were, which fail, and how many did.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    pub passed: u64,
    pub failed: u64,
    faults: Vec<Fault>,
}

impl Fault {
    /// Only the operation with that number fails.
    pub const fn once(operation: u64, kind: io::ErrorKind) -> Self {
        Self { first: operation, last: operation, kind }
    }

    /// That operation and all later ones fail.
    pub const fn from_then_on(operation: u64, kind: io::ErrorKind) -> Self {
        Self { first: operation, last: u64::MAX, kind }
    }

    /// That many operations fail from that one on, and then the disk works again by itself.
    pub const fn for_a_while(operation: u64, how_many: u64, kind: io::ErrorKind) -> Self {
        Self { first: operation, last: operation.saturating_add(how_many).saturating_sub(1), kind }
    }

    fn hits(&self, operation: u64, asks: Asks) -> bool {
        let spared = self.kind == io::ErrorKind::StorageFull && asks == Asks::ForNothing;
        (self.first..=self.last).contains(&operation) && !spared
    }
}

impl Counted {
    pub fn fail(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub fn heal(&mut self) {
        self.faults.clear();
    }

    /// Counts one operation; an error if it is one that fails.
    pub fn pass(&mut self, asks: Asks) -> io::Result<()> {
        let number = self.passed;
        self.passed += 1;
        match self.faults.iter().find(|fault| fault.hits(number, asks)) {
            Some(fault) => {
                self.failed += 1;
                Err(io::Error::new(fault.kind, format!("injected at operation {number}")))
            }
            None => Ok(()),
        }
    }
}
