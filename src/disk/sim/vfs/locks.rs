//! The locks that connections of one process take on a database, and the memory that they share beside its log. All of
//! it is gone with the power.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;

/// One open file of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpenId(pub u64);

/// How much of a database a connection claims, as SQLite has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    #[default]
    None,
    Shared,
    Reserved,
    Pending,
    Exclusive,
}

/// Somebody else is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy;

/// Who holds which lock on one file.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: BTreeMap<OpenId, Level>,
}

/// The shared memory of one database: its regions and the eight locks on them.
#[derive(Debug, Default)]
pub(super) struct Memory {
    regions: Vec<Box<[AtomicU64]>>,
    users: BTreeSet<OpenId>,
    slots: [Slot; SLOTS],
}

#[derive(Debug, Default)]
struct Slot {
    shared: BTreeSet<OpenId>,
    exclusive: Option<OpenId>,
}

const SLOTS: usize = 8;

/// How a slot is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Shared,
    Exclusive,
}

impl Level {
    pub const fn from_sqlite(level: i32) -> Self {
        match level {
            0 => Self::None,
            1 => Self::Shared,
            2 => Self::Reserved,
            3 => Self::Pending,
            _ => Self::Exclusive,
        }
    }
}

impl Locks {
    pub fn raise(&mut self, who: OpenId, want: Level) -> Result<(), Busy> {
        let has = self.held.get(&who).copied().unwrap_or_default();
        if has >= want {
            return Ok(());
        }
        let others = self.held.iter().filter(|(id, _)| **id != who).map(|(_, level)| *level).max().unwrap_or_default();
        let bearable = match want {
            Level::None | Level::Shared => Level::Reserved,
            Level::Reserved | Level::Pending | Level::Exclusive => Level::Shared,
        };
        if others > bearable {
            return Err(Busy);
        }
        // Readers that are there may stay, and no new ones come.
        let waits = want == Level::Exclusive && others >= Level::Shared;
        self.held.insert(who, if waits { Level::Pending } else { want });
        if waits { Err(Busy) } else { Ok(()) }
    }

    pub fn lower(&mut self, who: OpenId, to: Level) {
        if self.held.get(&who).is_some_and(|has| *has > to) {
            self.held.insert(who, to);
        }
    }

    pub fn is_reserved(&self) -> bool {
        self.held.values().any(|level| *level >= Level::Reserved)
    }

    pub fn forget(&mut self, who: OpenId) {
        self.held.remove(&who);
    }
}

impl Memory {
    /// The region of that number; `None` if it is not there and not to be made. It stays where it is while anybody uses
    /// the memory.
    pub fn region(&mut self, who: OpenId, number: usize, bytes: usize, make: Make) -> Option<&[AtomicU64]> {
        self.users.insert(who);
        if make == Make::IfMissing {
            while self.regions.len() <= number {
                self.regions.push((0..bytes / size_of::<AtomicU64>()).map(|_| AtomicU64::new(0)).collect());
            }
        }
        self.regions.get(number).map(|region| &**region)
    }

    pub fn lock(&mut self, who: OpenId, slots: std::ops::Range<usize>, claim: Claim) -> Result<(), Busy> {
        let others = |slot: &Slot| {
            slot.exclusive.is_some_and(|other| other != who)
                || (claim == Claim::Exclusive && slot.shared.iter().any(|other| *other != who))
        };
        let slots = self.slots.get_mut(slots).unwrap_or_default();
        if slots.iter().any(others) {
            return Err(Busy);
        }
        for slot in slots {
            match claim {
                Claim::Shared => _ = slot.shared.insert(who),
                Claim::Exclusive => slot.exclusive = Some(who),
            }
        }
        Ok(())
    }

    pub fn unlock(&mut self, who: OpenId, slots: std::ops::Range<usize>) {
        for slot in self.slots.get_mut(slots).unwrap_or_default() {
            slot.leave(who);
        }
    }

    /// Leaves the memory; who is the last takes it along, and is told so.
    pub fn leave(&mut self, who: OpenId) -> Left {
        self.slots.iter_mut().for_each(|slot| slot.leave(who));
        let was_used = self.users.remove(&who);
        if was_used && self.users.is_empty() {
            self.regions.clear();
            return Left::AsTheLast;
        }
        Left::Behind
    }
}

/// Whether a region that is not there is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    IfMissing,
    Never,
}

/// Who left the shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    AsTheLast,
    Behind,
}

impl Slot {
    fn leave(&mut self, who: OpenId) {
        self.shared.remove(&who);
        self.exclusive = self.exclusive.filter(|other| *other != who);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: OpenId = OpenId(1);
    const OTHER: OpenId = OpenId(2);

    #[test]
    fn readers_share_and_one_writer_waits_for_them() {
        let mut locks = Locks::default();
        locks.raise(ONE, Level::Shared).unwrap();
        locks.raise(OTHER, Level::Shared).unwrap();
        locks.raise(ONE, Level::Reserved).unwrap();
        assert_eq!(locks.raise(OTHER, Level::Reserved), Err(Busy));
        assert_eq!(locks.raise(ONE, Level::Exclusive), Err(Busy), "a reader is there");
        locks.lower(OTHER, Level::None);
        assert_eq!(locks.raise(OTHER, Level::Shared), Err(Busy), "a writer waits");
        locks.raise(ONE, Level::Exclusive).unwrap();
        locks.lower(ONE, Level::None);
        locks.raise(OTHER, Level::Shared).unwrap();
    }

    #[test]
    fn a_slot_is_for_many_readers_or_one_writer() {
        let mut memory = Memory::default();
        memory.lock(ONE, 3..4, Claim::Shared).unwrap();
        memory.lock(OTHER, 3..4, Claim::Shared).unwrap();
        assert_eq!(memory.lock(ONE, 0..4, Claim::Exclusive), Err(Busy));
        memory.unlock(OTHER, 3..4);
        memory.lock(ONE, 0..4, Claim::Exclusive).unwrap();
        assert_eq!(memory.lock(OTHER, 2..3, Claim::Shared), Err(Busy));
    }

    #[test]
    fn memory_goes_with_its_last_user() {
        let mut memory = Memory::default();
        assert!(memory.region(ONE, 0, 64, Make::Never).is_none());
        assert_eq!(memory.region(ONE, 1, 64, Make::IfMissing).unwrap().len(), 8);
        assert!(memory.region(OTHER, 1, 64, Make::Never).is_some());
        assert_eq!(memory.leave(ONE), Left::Behind);
        assert_eq!(memory.leave(OTHER), Left::AsTheLast);
        assert!(memory.region(ONE, 0, 64, Make::Never).is_none());
    }
}
