//! An order's life: intended, sent, resting, partly filled, gone. What was asked and what has happened are two things.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::money::{Drops, Price, Rlusd};
use super::session::SessionId;
use super::time::Timestamp;

/// Buy or sell XRP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// We give RLUSD and want XRP: our bid.
    Buy,
    /// We give XRP and want RLUSD: our ask.
    Sell,
}

/// Which order, in words that an operator can say: session 39's twelfth is `39-12`. Known before anything is sent, and
/// never used twice in a house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId {
    /// The session that intended it.
    pub session: SessionId,
    /// Its number in that session, from 1 on.
    pub number: u32,
}

/// What we want to trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSpec {
    /// Which order.
    pub id: OrderId,
    /// Buy or sell.
    pub side: Side,
    /// Limit, RLUSD per XRP.
    pub price: Price,
    /// XRP to trade.
    pub quantity: Drops,
}

/// How an order ended. Only the venue's own record says so, or the end of a venue that ends with us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// Filled to the last drop.
    Filled,
    /// Taken out of the book at our request.
    Cancelled,
    /// The venue did not take it.
    Refused,
    /// It was intended and never sent.
    NeverSent,
    /// The venue itself ended, and its book with it (paper).
    VenueEnded,
}

/// Where an order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// Its intent is written down or about to be; nothing was sent.
    Intended,
    /// Handed to the venue; no answer yet.
    Sent,
    /// In the venue's book, untouched.
    Resting,
    /// In the venue's book, with a part filled.
    PartiallyFilled,
    /// Over.
    Gone(Gone),
}

/// An order with all that we know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What was intended.
    pub spec: OrderSpec,
    /// What the venue has confirmed.
    pub status: OrderStatus,
    /// XRP filled so far.
    pub filled: Drops,
    /// RLUSD paid or received so far.
    pub exchanged: Rlusd,
    /// When it was intended.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
    /// The ledger in which it came to rest, if it did.
    pub resting_since: Option<u32>,
    /// When we last asked for its cancellation. Asked is not gone.
    pub cancel_asked_at: Option<Timestamp>,
}

/// The text is not an order's id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not an order id like 39-12")]
pub struct NotAnOrderId(String);

impl Side {
    /// As in the database and in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "BUY",
            Self::Sell => "SELL",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

impl Gone {
    /// As in the database's `orders.status`, in upper case, and in sentences, in lower case with spaces.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filled => "FILLED",
            Self::Cancelled => "CANCELLED",
            Self::Refused => "REFUSED",
            Self::NeverSent => "NEVER_SENT",
            Self::VenueEnded => "VENUE_ENDED",
        }
    }
}

impl OrderStatus {
    /// As in the database's `orders.status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "INTENDED",
            Self::Sent => "SENT",
            Self::Resting => "RESTING",
            Self::PartiallyFilled => "PARTIALLY_FILLED",
            Self::Gone(gone) => gone.as_str(),
        }
    }

    /// Whether the venue may hold it, or may yet come to hold it.
    pub const fn may_rest(self) -> bool {
        matches!(self, Self::Sent | Self::Resting | Self::PartiallyFilled)
    }

    /// Whether its life is over.
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Gone(_))
    }
}

impl Order {
    /// An order whose intent was written at `at`.
    pub fn intended(spec: OrderSpec, at: Timestamp) -> Self {
        Self {
            spec,
            status: OrderStatus::Intended,
            filled: Drops::ZERO,
            exchanged: Rlusd::ZERO,
            created_at: at,
            updated_at: at,
            resting_since: None,
            cancel_asked_at: None,
        }
    }

    /// XRP that has yet to be filled.
    pub fn remaining(&self) -> Drops {
        self.spec.quantity - self.filled
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.session, self.number))
    }
}

impl FromStr for OrderId {
    type Err = NotAnOrderId;

    fn from_str(text: &str) -> Result<Self, NotAnOrderId> {
        let parts = text.split_once('-').and_then(|(session, number)| {
            Some(Self { session: SessionId(session.parse().ok()?), number: number.parse().ok()? })
        });
        parts.filter(|id| id.to_string() == text).ok_or_else(|| NotAnOrderId(text.to_owned()))
    }
}

impl Serialize for OrderId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OrderId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_order_id_is_read_back_as_printed(session in 1_i64..1_000_000, number: u32) {
            let id = OrderId { session: SessionId(session), number };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn an_order_id_has_one_spelling() {
        for text in ["39", "39-", "-12", "39-012", "39--12", "+39-12", " 39-12"] {
            assert!(text.parse::<OrderId>().is_err(), "{text}");
        }
    }
}
