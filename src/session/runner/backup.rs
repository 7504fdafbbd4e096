//! Backups, as a job on the store's own thread: the vault copies, the runner hears of it.

use std::ops::ControlFlow;
use std::time::Instant;

use super::Runner;
use crate::keeper::News;
use crate::keeper::health::Done;
use crate::session::clock::machine_time;
use crate::vault::backup::{self, BackupKind};

impl Runner {
    pub(super) fn back_up(&mut self, kind: BackupKind) {
        let now = self.clock.now();
        let (folder, door, tell) = (self.backups.clone(), self.door.clone(), self.tell.clone());
        self.door.on_store(Box::new(move |store, overtaken| {
            let began = Instant::now();
            // A backup is a file among files: its name has the machine's time, even if the session's is simulated.
            let taken = backup::take(store, kind, &folder, machine_time(), || {
                if overtaken.is_so() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let result = taken.map_err(|error| error.to_string());
            let done = Done { at: now, took: began.elapsed(), result };
            door.note_backup(done.clone());
            // Nobody listens only once the session is over.
            let _ = tell.send(News::Backup(done));
        }));
    }
}
