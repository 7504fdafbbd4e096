//! What we hold.

use serde::{Deserialize, Serialize};

use super::money::{Bps, Drops, Price, Rlusd, Value};

/// XRP and RLUSD held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// XRP held.
    pub xrp: Drops,
    /// RLUSD held.
    pub rlusd: Rlusd,
}

impl Inventory {
    /// XRP × mid + RLUSD.
    pub fn value(&self, mid: Price) -> Value {
        self.xrp.at(mid) + self.rlusd.value()
    }

    /// The XRP's part of the value, in bps of it; zero when nothing is held.
    pub fn xrp_share(&self, mid: Price) -> Bps {
        self.xrp.at(mid).bps_of(self.value(mid))
    }

    /// This, changed.
    #[must_use]
    pub fn changed_by(&self, xrp: Drops, rlusd: Rlusd) -> Self {
        Self { xrp: self.xrp + xrp, rlusd: self.rlusd + rlusd }
    }
}
