//! What was written into a segment, remembered by its sums: whether somebody changed it in place, at its size.

use sha2::{Digest as _, Sha256};

/// How much is read back at once, in bytes: a few milliseconds' work, so that no acknowledgement waits long for it.
const STRETCH: u64 = 1 << 20;

/// Whole groups that lie behind each other.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub from: u64,
    pub bytes: u64,
    sum: Sha256,
}

/// The sums of all that was written.
#[derive(Debug, Default)]
pub(super) struct Sums {
    stretches: Vec<Stretch>,
    next: usize,
}

impl Stretch {
    /// Whether this is what was written.
    pub fn is(&self, found: &[u8]) -> bool {
        found.len() as u64 == self.bytes && Sha256::digest(found) == self.sum.clone().finalize()
    }
}

impl Sums {
    /// Takes in what is written behind all before it, from this place on.
    pub fn add(&mut self, from: u64, written: &[u8]) {
        if self.stretches.last().is_none_or(|last| last.bytes >= STRETCH) {
            self.stretches.push(Stretch { from, bytes: 0, sum: Sha256::new() });
        }
        if let Some(last) = self.stretches.last_mut() {
            last.sum.update(written);
            last.bytes += written.len() as u64;
        }
    }

    pub fn count(&self) -> usize {
        self.stretches.len()
    }

    /// The one whose turn it is: all of them come round.
    pub fn next(&mut self) -> Option<&Stretch> {
        let turn = if self.next < self.stretches.len() { self.next } else { 0 };
        self.next = turn + 1;
        self.stretches.get(turn)
    }
}
