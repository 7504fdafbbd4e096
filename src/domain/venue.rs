//! What can be asked of a venue, and what it can answer.
//!
//! A request is only a wish. What has happened is what an [`VenueEvent`] says, and an event says no more than the
//! venue's own record proves.

use serde::{Deserialize, Serialize};

use super::fill::Fill;
use super::inventory::Inventory;
use super::market::Book;
use super::money::Drops;
use super::order::{OrderId, OrderSpec};
use super::time::Timestamp;

/// Where we trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VenueKind {
    /// The ledger in memory that comes with the program. It ends with the process, and so do its orders.
    Paper,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Place this order.
    Submit(OrderSpec),
    /// Take this order out of the book, if it is still there.
    Cancel(OrderId),
    /// What do we hold? Answered by [`VenueEvent::Balances`].
    Balances,
}

/// What a venue tells, in the order in which it became true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VenueEvent {
    /// A ledger closed. Comes before everything that happened in it.
    Ledger {
        /// Its number.
        index: u32,
        /// When it closed.
        closed_at: Timestamp,
    },
    /// The book after the newest ledger.
    Book(Book),
    /// The order is in the book, wholly or what its arrival left of it.
    Rests {
        /// Which order.
        order: OrderId,
        /// In which ledger.
        ledger: u32,
        /// The network fee that placing it cost us.
        fee: Drops,
    },
    /// The venue did not take the order.
    Refused {
        /// Which order.
        order: OrderId,
        /// In which ledger, if in any.
        ledger: u32,
        /// The venue's own code, such as `tecUNFUNDED_OFFER`.
        code: String,
        /// The network fee that it cost us all the same.
        fee: Drops,
    },
    /// An exchange of ours.
    Filled(Fill),
    /// The venue's record shows that the order was taken out of the book because we asked.
    Cancelled {
        /// Which order.
        order: OrderId,
        /// In which ledger.
        ledger: u32,
        /// The network fee.
        fee: Drops,
    },
    /// A cancel was applied and touched no order. It proves nothing: the order went another way, or is yet to come.
    CancelFoundNothing {
        /// Which order was meant.
        order: OrderId,
        /// In which ledger.
        ledger: u32,
        /// The network fee.
        fee: Drops,
    },
    /// What the venue says we hold, after the ledger named.
    Balances {
        /// What we hold.
        inventory: Inventory,
        /// After which ledger.
        ledger: u32,
    },
}

impl VenueKind {
    /// As in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paper => "paper",
        }
    }

    /// Whether its orders end when our process does.
    pub const fn ends_with_us(self) -> bool {
        matches!(self, Self::Paper)
    }
}
