//! The phases of an end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an end is made of, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Refuse new orders; write the cause, the time, the inventory and the cancels to be sent.
    Seal,
    /// Send the cancels; wait for the venue's proof.
    Cancel,
    /// Last fills, ending inventory, profit and loss, residual.
    Settle,
    /// `session_closed`, acknowledged; the row read back and compared.
    Close,
    /// TRUNCATE, and a look at its answer.
    Checkpoint,
    /// A copy after the session, verified.
    Backup,
    /// Lock, terminal, receipt.
    Release,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 7] =
        [Self::Seal, Self::Cancel, Self::Settle, Self::Close, Self::Checkpoint, Self::Backup, Self::Release];

    /// As in the journal and in the receipt's JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Cancel => "cancel",
            Self::Settle => "settle",
            Self::Close => "close",
            Self::Checkpoint => "checkpoint",
            Self::Backup => "backup",
            Self::Release => "release",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
