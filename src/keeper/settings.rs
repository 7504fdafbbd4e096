//! What the operator can set about keeping.

use serde::{Deserialize, Serialize};

/// `[keeper]` in the config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Seconds between two checkpoints of the store.
    pub checkpoint_s: u32,
    /// Seconds between two heartbeats.
    pub heartbeat_s: u32,
    /// Seconds between two backups of the store while a session runs.
    pub backup_every_s: u32,
    /// After so many seconds at one step the journal's thread stands still: orders are taken out until it moves.
    pub journal_stall_s: u32,
    /// The same of the store's thread.
    pub store_stall_s: u32,
    /// A journal that stands still for so many seconds ends the session.
    pub journal_lost_s: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            checkpoint_s: 60,
            heartbeat_s: 5,
            backup_every_s: 1_800,
            journal_stall_s: 1,
            store_stall_s: 5,
            journal_lost_s: 30,
        }
    }
}
