//! Money that moved in or out, and books put right: none of it is profit.

use serde::{Deserialize, Serialize};

use super::money::{Drops, Price, Rlusd};

/// What kind of a movement it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapitalKind {
    /// Paid in.
    Deposit,
    /// Taken out.
    Withdrawal,
    /// A cost basis was written down; no balance changes.
    BasisCommit,
    /// Books put right to the ledger's truth; no profit.
    Realignment,
}

/// One movement. The signs are the balances': a withdrawal is negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capital {
    /// The venue's own id of it, unique.
    pub id: String,
    /// What it was.
    pub kind: CapitalKind,
    /// Change of XRP.
    pub xrp: Drops,
    /// Change of RLUSD.
    pub rlusd: Rlusd,
    /// The mid at which it is valued.
    pub mid: Price,
}

impl CapitalKind {
    /// As in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
            Self::BasisCommit => "basis_commit",
            Self::Realignment => "realignment",
        }
    }
}
