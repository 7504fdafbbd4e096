//! Profit and loss: one calculator for the live view, the receipt and the history.
//!
//! Exact, so that session profit = spread + inventory − fees holds to the last digit. Source: DOMAIN's formulas.

use serde::{Deserialize, Serialize};

use super::capital::Capital;
use super::fill::Fill;
use super::inventory::Inventory;
use super::money::{Drops, Price, Rlusd, Value};

/// Where a profit comes from, in RLUSD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Σ ± quantity × (mid at fill − price).
    pub spread: Value,
    /// Σ XRP held × change of mid.
    pub inventory: Value,
    /// Σ network fees, valued at the mid when they were paid; positive is a cost.
    pub fees: Value,
}

/// What was held at some moment, and what it was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// XRP held.
    pub xrp: Drops,
    /// RLUSD held.
    pub rlusd: Rlusd,
    /// The mid at which it is valued, RLUSD per XRP.
    pub mid: Price,
    /// XRP × mid + RLUSD.
    pub value: Value,
}

/// A session's profit from its first holding on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfitAndLoss {
    starting: Holding,
    inventory: Inventory,
    mid: Price,
    split: Split,
    capital: Value,
}

impl Split {
    /// Spread + inventory − fees.
    pub fn profit(&self) -> Value {
        self.spread + self.inventory - self.fees
    }
}

impl Holding {
    /// `inventory` valued at `mid`.
    pub fn new(inventory: Inventory, mid: Price) -> Self {
        Self { xrp: inventory.xrp, rlusd: inventory.rlusd, mid, value: inventory.value(mid) }
    }

    /// Without its valuation.
    pub fn inventory(&self) -> Inventory {
        Inventory { xrp: self.xrp, rlusd: self.rlusd }
    }
}

impl ProfitAndLoss {
    /// Nothing earned yet, with `inventory` valued at `mid`.
    pub fn starting_with(inventory: Inventory, mid: Price) -> Self {
        Self { starting: Holding::new(inventory, mid), inventory, mid, split: Split::default(), capital: Value::ZERO }
    }

    /// The mid moved while we held what we hold.
    pub fn mark(&mut self, mid: Price) {
        // Most ledgers leave the mid where it is, and this is on the engine's hot path.
        if mid != self.mid {
            self.split.inventory += self.inventory.xrp.at(mid) - self.inventory.xrp.at(self.mid);
            self.mid = mid;
        }
    }

    /// An exchange of ours.
    pub fn fill(&mut self, fill: &Fill) {
        self.mark(fill.mid);
        self.split.spread += fill.spread_profit();
        self.inventory = self.inventory.changed_by(fill.xrp_change(), fill.rlusd_change());
    }

    /// A network fee of ours, paid when the mid was `mid`.
    pub fn fee(&mut self, fee: Drops, mid: Price) {
        self.mark(mid);
        self.split.fees += fee.at(mid);
        self.inventory.xrp -= fee;
    }

    /// Money moved in or out, or books put right.
    pub fn capital(&mut self, capital: &Capital) {
        self.mark(capital.mid);
        self.capital += capital.xrp.at(capital.mid) + capital.rlusd.value();
        self.inventory = self.inventory.changed_by(capital.xrp, capital.rlusd);
    }

    /// What was held at the start.
    pub fn starting(&self) -> Holding {
        self.starting
    }

    /// What is held now, at the newest mid.
    pub fn holding(&self) -> Holding {
        Holding::new(self.inventory, self.mid)
    }

    /// What is held now.
    pub fn inventory(&self) -> Inventory {
        self.inventory
    }

    /// Where the profit so far comes from.
    pub fn split(&self) -> Split {
        self.split
    }

    /// Capital moved in (out is negative), valued when it moved.
    pub fn capital_moved(&self) -> Value {
        self.capital
    }

    /// Ending value − starting value − capital moved in: what [`Split::profit`] must equal to the last digit.
    pub fn profit_by_value(&self) -> Value {
        self.holding().value - self.starting.value - self.capital
    }

    /// What the venue says we hold, less what our books say: zero per asset, or something is wrong.
    pub fn residual(&self, truth: Inventory) -> Inventory {
        truth.changed_by(-self.inventory.xrp, -self.inventory.rlusd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capital::CapitalKind;
    use crate::domain::order::{OrderId, Side};
    use crate::domain::session::SessionId;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Happening {
        Mark,
        Fill { side: Side, drops: i64, ticks_off: i64 },
        Fee(i64),
        Capital { drops: i64, cents: i64 },
    }

    fn happenings() -> impl Strategy<Value = Vec<(i64, Happening)>> {
        let happening = prop_oneof![
            Just(Happening::Mark),
            (any::<bool>(), 1_i64..50_000_000, -500_i64..500).prop_map(|(buy, drops, ticks_off)| Happening::Fill {
                side: if buy { Side::Buy } else { Side::Sell },
                drops,
                ticks_off
            }),
            (1_i64..5_000).prop_map(Happening::Fee),
            (-9_000_000_i64..9_000_000, -900_i64..900).prop_map(|(drops, cents)| Happening::Capital { drops, cents }),
        ];
        proptest::collection::vec((1_000_000_i64..2_000_000, happening), 0..200)
    }

    proptest! {
        #[test]
        fn the_split_adds_up_to_the_last_digit(story in happenings()) {
            let start = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) };
            let mut pnl = ProfitAndLoss::starting_with(start, Price::new(1_420_155, 6).unwrap());
            let mut books = start;
            for (n, (mid, happening)) in story.into_iter().enumerate() {
                let at = Price::new(mid, 6).unwrap();
                match happening {
                    Happening::Mark => pnl.mark(at),
                    Happening::Fill { side, drops, ticks_off } => {
                        let price = Price::new(mid / 10 + ticks_off, 5).unwrap();
                        let quantity = Drops::new(drops);
                        let order = OrderId { session: SessionId(1), number: 1 };
                        let rlusd = Rlusd::of(quantity, price);
                        let fill = Fill { id: n.to_string(), order, side, price, quantity, rlusd, mid: at, ledger: 1 };
                        books = books.changed_by(fill.xrp_change(), fill.rlusd_change());
                        pnl.fill(&fill);
                    }
                    Happening::Fee(drops) => {
                        books.xrp -= Drops::new(drops);
                        pnl.fee(Drops::new(drops), at);
                    }
                    Happening::Capital { drops, cents } => {
                        let rlusd: Rlusd = rust_decimal::Decimal::new(cents, 2).to_string().parse().unwrap();
                        let capital = Capital { id: n.to_string(), kind: CapitalKind::Deposit, xrp: Drops::new(drops), rlusd, mid: at };
                        books = books.changed_by(capital.xrp, capital.rlusd);
                        pnl.capital(&capital);
                    }
                }
                prop_assert_eq!(pnl.split().profit(), pnl.profit_by_value());
                prop_assert_eq!(pnl.residual(books), Inventory::default());
            }
        }

        #[test]
        fn marks_on_the_way_do_not_change_the_sum(mids in proptest::collection::vec(1_000_000_i64..2_000_000, 1..50)) {
            let start = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) };
            let first = Price::new(1_420_155, 6).unwrap();
            let last = Price::new(*mids.last().unwrap(), 6).unwrap();
            let (mut often, mut once) = (ProfitAndLoss::starting_with(start, first), ProfitAndLoss::starting_with(start, first));
            for mid in mids {
                often.mark(Price::new(mid, 6).unwrap());
            }
            once.mark(last);
            prop_assert_eq!(often, once);
        }
    }
}
