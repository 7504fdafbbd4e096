//! What can be seen of the engine: plain values, made from the state by [`State::snapshot`], owing nothing to it.

mod blocks;
mod limits;

use std::time::Duration;

use crate::domain::inventory::Inventory;
use crate::domain::market::Book;
use crate::domain::mode::Mode;
use crate::domain::money::Value;
use crate::domain::money::{Bps, Drops, Price};
use crate::domain::order::{Order, OrderId, Side};
use crate::domain::pnl::{Holding, ProfitAndLoss, Split};
use crate::domain::time::Timestamp;

use super::state::{State, slot};

/// The engine at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// What it is doing.
    pub mode: Mode,
    /// Since when.
    pub mode_since: Timestamp,
    /// Why, in a sentence without its full stop.
    pub mode_why: String,
    /// The newest ledger and when it closed.
    pub ledger: Option<(u32, Timestamp)>,
    /// The newest book.
    pub book: Option<Book>,
    /// The newest mid.
    pub mid: Option<Price>,
    /// What was held at the start.
    pub starting: Option<Holding>,
    /// What is held now, valued at the newest mid.
    pub holding: Option<Holding>,
    /// Where the profit so far comes from.
    pub split: Split,
    /// Capital moved in, less out.
    pub capital: Value,
    /// The newest truth check's difference, ledger less books, and when it was made.
    pub residual: Option<(Inventory, Timestamp)>,
    /// The wanted share of XRP in the value, in bps.
    pub target_share: Bps,
    /// The bid and the ask.
    pub quotes: [QuoteView; 2],
    /// Orders whose life is not over, oldest first.
    pub orders: Vec<Order>,
    /// How many fills bought and sold.
    pub fills: (u32, u32),
    /// The notional-weighted mean of realized spreads.
    pub spread_earned: Bps,
    /// How long quotes were wanted.
    pub quoting: Duration,
    /// Every limit with what is used of it.
    pub limits: Vec<LimitView>,
    /// Why it does not quote, or not on one side; empty when it quotes both.
    pub blocks: Vec<Block>,
}

/// One side's quote: what is wanted and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteView {
    /// Which.
    pub side: Side,
    /// What the engine wants to have in the book, if anything.
    pub wanted: Option<(Price, Drops)>,
    /// The order that is there or on its way.
    pub order: Option<OrderId>,
    /// Its distance from the best price of others on the same side, in bps; positive is behind it.
    pub behind_touch: Option<Bps>,
}

/// A limit and what is used of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitView {
    /// Short name: `XRP`, `RLUSD`, `floor` (of RLUSD), `drawdown`, `market`.
    pub name: &'static str,
    /// What is measured, as text without its unit: `104.2`.
    pub measured: String,
    /// The limit, as text with its unit: `150 XRP`.
    pub limit: String,
    /// Used part, in thousandths, 0 to 1000 and beyond.
    pub used_permille: u32,
}

/// One thing that keeps us from quoting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The side that is withheld; `None` for both.
    pub side: Option<Side>,
    /// What it is: `market is one-sided`.
    pub what: String,
    /// What was measured against what: `3 buys in 30 s (limit 3)`.
    pub measured: String,
    /// What would release it: `if no further buy`, `p resumes`.
    pub release: String,
    /// When it is released by itself, if time alone does it.
    pub until: Option<Timestamp>,
}

impl Default for QuoteView {
    fn default() -> Self {
        Self { side: Side::Buy, wanted: None, order: None, behind_touch: None }
    }
}

impl Snapshot {
    /// One side's quote.
    pub fn quote(&self, side: Side) -> &QuoteView {
        match side {
            Side::Buy => &self.quotes[0],
            Side::Sell => &self.quotes[1],
        }
    }
}

impl State {
    /// The engine as it is at `now`. What is not known is `None`, never zero.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let account = &self.account;
        let pnl = account.pnl();
        Snapshot {
            mode: self.mode(),
            mode_since: self.modes.since(),
            mode_why: self.modes.why().to_owned(),
            ledger: self.market.ledger,
            book: self.market.book.clone(),
            mid: self.market.mid,
            starting: pnl.map(ProfitAndLoss::starting),
            holding: account.holding(),
            split: pnl.map(ProfitAndLoss::split).unwrap_or_default(),
            capital: pnl.map(ProfitAndLoss::capital_moved).unwrap_or_default(),
            residual: self.truth.residual,
            target_share: Bps::from_whole(i64::from(self.settings.target_share_pct) * 100),
            quotes: [self.quote_view(Side::Buy), self.quote_view(Side::Sell)],
            orders: account.open_orders().values().cloned().collect(),
            fills: account.fills(),
            spread_earned: account.volume_weighted_spread(),
            quoting: Duration::from_millis(account.quoting_ms(now)),
            limits: self.limit_views(now),
            blocks: self.blocks(now),
        }
    }

    fn quote_view(&self, side: Side) -> QuoteView {
        let order = self.orders.on(side);
        let wanted = self.wanted.quotes[slot(side)].ok().filter(|_| self.mode() == Mode::Quoting);
        let best = self.market.book.as_ref().and_then(|book| book.others_best(side));
        let behind = |price: Price, best: Price| match side {
            Side::Buy => -price.bps_from(best),
            Side::Sell => price.bps_from(best),
        };
        QuoteView {
            side,
            wanted: wanted.map(|quote| (quote.price, quote.quantity)),
            order: order.map(|live| live.id),
            behind_touch: order.zip(best).map(|(live, best)| behind(live.price, best)),
        }
    }
}
