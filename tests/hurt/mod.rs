//! What the tests of damage share: a house that was lived in, blows at its files, eyes that do not borrow the program's
//! own, and one case from the blow to the end of the story.

pub mod blow;
pub mod case;
pub mod eyes;
pub mod original;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use neo_console::disk::Disk;
use neo_console::disk::place::Place;
use neo_console::disk::sim::MemoryDisk;

/// Files by their names below the house's folder.
pub type Files = BTreeMap<PathBuf, Arc<Vec<u8>>>;

/// Where the house stands on the simulated disk.
pub const FOLDER: &str = "/hurt";

/// The one house on a simulated disk.
pub fn place() -> Place {
    Place::around(Path::new(FOLDER).join("s.db"))
}

/// A disk that has these files, and the folders that a start makes.
pub fn disk_with(files: &Files) -> MemoryDisk {
    let (disk, place) = (MemoryDisk::new(1), place());
    for folder in [place.folder().to_owned(), place.journal(), place.backups(), place.receipts()] {
        disk.create_folder(&folder).expect("a new disk");
    }
    for (name, bytes) in files {
        disk.put(&Path::new(FOLDER).join(name), bytes);
    }
    disk
}

/// What lies in the house now; an empty log and the index of one are left out,
/// which whoever opens a database makes.
pub fn files_of(disk: &MemoryDisk) -> Files {
    let place = place();
    let mut found = Files::new();
    for folder in [place.folder().to_owned(), place.journal(), place.backups(), place.receipts()] {
        for name in disk.names(&folder).expect("it is there") {
            let path = folder.join(name);
            if path.extension().is_some_and(|end| end == "db-shm") {
                continue;
            }
            // A folder is among the names and cannot be read.
            if let Ok(bytes) = disk.read(&path)
                && !(bytes.is_empty() && path.extension().is_some_and(|end| end == "db-wal"))
            {
                let below = path.strip_prefix(FOLDER).expect("it lies in the house").to_owned();
                found.insert(below, Arc::new(bytes));
            }
        }
    }
    found
}
