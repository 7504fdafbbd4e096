//! The houses before anything happens to them, made by the real binary: one whose session was killed, with a log that
//! nobody took over, and one that was closed well since. Both have sessions, backups and readings.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustix::process::Signal;

use neo_console::domain::time::Timestamp;

use super::Files;
use super::eyes::{Seen, see};
use crate::support::{House, until};

/// A house, and all that must be true of it whatever happens.
pub struct Original {
    pub name: &'static str,
    pub files: Files,
    /// Every line that counts, in order.
    pub lines: Vec<String>,
    /// So many of them are known to have been acknowledged.
    pub promised: usize,
    pub seen: Seen,
    /// A time at which the next start comes.
    pub now: Timestamp,
}

impl Original {
    /// The one that was killed and the one that was closed.
    pub fn both() -> [Self; 2] {
        let house = House::new();
        house.short_session(1);
        house.run(&["backup", "create"]).expect_code(0);
        house.short_session(2);
        let before = house.chain().links.len();
        let mut session = house.session(&["--seed", "3", "--speed", "100", "--duration", "2h"]);
        house.until_chain("a session well under way", |chain| chain.links.len() > before + 40);
        until("a log that has facts", || fs::metadata(house.wal()).ok().filter(|log| log.len() > 40_000));
        session.signal(Signal::KILL);
        session.ended();
        let killed = Self::of("killed", &house);
        house.short_session(4);
        [killed, Self::of("closed", &house)]
    }

    fn of(name: &'static str, house: &House) -> Self {
        let mut files = Files::new();
        for path in [house.database(), house.wal()] {
            take(&mut files, house.folder(), &path);
        }
        for companion in ["s.journal", "s.backups", "s.receipts"] {
            for path in house.files(companion) {
                take(&mut files, house.folder(), &path);
            }
        }
        let (chain, seen) = (house.chain(), see(&files));
        let lines: Vec<String> = chain.links.iter().map(|link| link.line.clone()).collect();
        let stored = seen.newest_in_stores.map_or(0, |n| n + 1);
        let known = usize::try_from(chain.known + 1).expect("never below −1");
        let newest: Timestamp = chain.links.last().expect("it was lived in").at.parse().expect("a time");
        let now = Timestamp::from_millis(newest.as_millis() + 3_600_000);
        Self { name, files, promised: known.max(stored), lines, seen, now }
    }
}

fn take(files: &mut Files, folder: &Path, path: &Path) {
    // A log that is not there is none.
    if let Ok(bytes) = fs::read(path) {
        let name = path.strip_prefix(folder).expect("it lies in the house").to_owned();
        files.insert(name, Arc::new(bytes));
    }
}
