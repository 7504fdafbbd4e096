//! A fill: XRP for RLUSD, as the venue's own record says, with the mid that it met.

use serde::{Deserialize, Serialize};

use super::money::{Bps, Drops, Price, Rlusd, Value};
use super::order::{OrderId, Side};

/// One exchange of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The venue's own id of it, unique: two facts with one id are one fill.
    pub id: String,
    /// The order that was filled, wholly or in part.
    pub order: OrderId,
    /// Whether we bought or sold XRP.
    pub side: Side,
    /// RLUSD per XRP, derived from the amounts by [`Price::from_amounts`].
    pub price: Price,
    /// XRP exchanged.
    pub quantity: Drops,
    /// RLUSD exchanged: the truth beside `quantity`; the price only shows it.
    pub rlusd: Rlusd,
    /// The mid when it happened.
    pub mid: Price,
    /// The ledger in which it happened.
    pub ledger: u32,
}

impl Fill {
    /// Quantity × mid, in RLUSD.
    pub fn notional(&self) -> Value {
        self.quantity.at(self.mid)
    }

    /// What the distance from the mid earned: ± quantity × (mid − price), from the amounts themselves, exactly.
    pub fn spread_profit(&self) -> Value {
        match self.side {
            Side::Buy => self.notional() - self.rlusd.value(),
            Side::Sell => self.rlusd.value() - self.notional(),
        }
    }

    /// The realized spread: (mid − price) / mid when bought, (price − mid) / mid when sold, in bps.
    pub fn realized_spread(&self) -> Bps {
        self.spread_profit().bps_of(self.notional())
    }

    /// How our XRP changed.
    pub fn xrp_change(&self) -> Drops {
        match self.side {
            Side::Buy => self.quantity,
            Side::Sell => -self.quantity,
        }
    }

    /// How our RLUSD changed.
    pub fn rlusd_change(&self) -> Rlusd {
        match self.side {
            Side::Buy => -self.rlusd,
            Side::Sell => self.rlusd,
        }
    }
}
