//! What the tests on the simulated disk share: sessions as facts, a whole life of a house on one disk, and a witness who
//! opens the house after a crash and says what is wrong with it.
#![allow(dead_code, reason = "each file of tests is a program of its own and uses another part of this")]

pub mod failing;
pub mod life;
pub mod session;
pub mod story;
pub mod witness;

use neo_console::disk::Disk as _;
use neo_console::disk::place::Place;
use neo_console::disk::sim::MemoryDisk;
use neo_console::domain::time::Timestamp;

/// The one house on a simulated disk.
pub fn place() -> Place {
    Place::around("/sim/s.db")
}

/// Makes the folders that a start makes.
pub fn prepare(disk: &MemoryDisk) {
    let place = place();
    for folder in [place.folder().to_owned(), place.journal(), place.backups(), place.receipts()] {
        disk.create_folder(&folder).unwrap();
    }
}

/// A moment of a session: `tick` seconds after it began.
pub fn at(session: i64, tick: i64) -> Timestamp {
    Timestamp::from_millis(1_795_372_800_000 + session * 100_000_000 + tick * 1_000)
}
