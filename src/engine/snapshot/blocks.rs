//! Why it does not quote, or not on one side; each reason with what would release it.

use super::Block;
use crate::domain::mode::Mode;
use crate::domain::money::{Drops, Rlusd};
use crate::domain::order::{OrderStatus, Side};
use crate::domain::time::Timestamp;
use crate::engine::desk::SILENCE;
use crate::engine::guards::seconds;
use crate::engine::mode::Trouble;
use crate::engine::quote::Withheld;
use crate::engine::state::{State, slot};

impl Block {
    fn new(side: Option<Side>, what: &str, measured: String, release: &str) -> Self {
        Self { side, what: what.to_owned(), measured, release: release.to_owned(), until: None }
    }
}

impl State {
    pub(super) fn blocks(&self, now: Timestamp) -> Vec<Block> {
        let mut blocks = Vec::new();
        if self.mode() == Mode::Halted {
            let why = self.modes.why().to_owned();
            blocks.push(Block::new(None, "the session is going to close", why, "nothing: halted is final"));
            return blocks;
        }
        blocks.extend(self.modes.troubles().iter().map(|&trouble| self.trouble_block(trouble, now)));
        if self.modes.is_paused() {
            blocks.push(Block::new(None, "paused by the operator", String::new(), "p resumes"));
        }
        if !self.modes.is_ready() {
            blocks.push(self.starting_block());
        }
        blocks.extend(self.idle_block(now));
        if self.mode() == Mode::Quoting {
            blocks.extend([Side::Buy, Side::Sell].into_iter().flat_map(|side| self.side_blocks(side)));
        }
        blocks
    }

    fn trouble_block(&self, trouble: Trouble, now: Timestamp) -> Block {
        let limit = self.settings.limits.max_degraded().saturating_sub(now.since(self.modes.since()));
        let (what, measured) = match trouble {
            Trouble::StaleMarket => {
                let age = self.market.news_at.map_or_else(|| "none yet".to_owned(), |news| seconds(now.since(news)));
                ("the market is stale", format!("{age} without news (limit {} s)", self.settings.limits.stale_market_s))
            }
            Trouble::Truth => {
                let difference = self.truth.residual.map(|(residual, _)| residual).unwrap_or_default();
                let measured = format!("ledger less books: {} XRP, {} RLUSD", difference.xrp, difference.rlusd);
                ("what we hold is not proven", measured)
            }
            Trouble::Doubt => ("time was lost", self.modes.why().to_owned()),
            Trouble::DiskFull => ("the disk is full", "facts could soon not be written down".to_owned()),
            Trouble::Stall => ("a thread stands still", "facts are not written down in time".to_owned()),
        };
        let first = match trouble {
            Trouble::DiskFull => "room on the disk",
            Trouble::Stall => "the thread moves",
            Trouble::StaleMarket | Trouble::Truth | Trouble::Doubt => "fresh news",
        };
        let release = format!("{first}, then a clean truth check; else the session ends in {} s", limit.as_secs());
        Block::new(None, what, measured, &release)
    }

    fn starting_block(&self) -> Block {
        let (book, balances) = (self.market.mid.is_some(), self.held().is_some());
        let waits = match (book, balances) {
            (false, _) => "no book with two sides yet",
            (true, false) => "the venue has not said what we hold",
            (true, true) => "everything is known",
        };
        Block::new(None, "starting", waits.to_owned(), "both are known")
    }

    fn idle_block(&self, now: Timestamp) -> Option<Block> {
        let until = self.modes.idle_until().filter(|&until| now < until)?;
        let limits = &self.settings.limits;
        let side = if self.guards.burst.side() == Some(Side::Sell) { "sales" } else { "buys" };
        let measured = format!("{} {side} in {} s", limits.burst_fills, limits.burst_window_s);
        let release = match side {
            "sales" => "if no further sale",
            _ => "if no further buy",
        };
        Some(Block { until: Some(until), ..Block::new(None, "market is one-sided", measured, release) })
    }

    fn side_blocks(&self, side: Side) -> Vec<Block> {
        let mut blocks = Vec::new();
        if let Err(withheld) = self.wanted.quotes[slot(side)] {
            blocks.push(self.withheld_block(side, withheld));
        }
        let refusals = &self.orders.refusals[slot(side)];
        if let Some(left) = refusals.until.checked_sub(self.market.ledgers).filter(|&left| left > 0) {
            let measured = format!("{} in a row, last {}", refusals.streak, refusals.code);
            blocks.push(Block::new(
                Some(side),
                "orders are refused",
                measured,
                &format!("tries again in {left} ledgers"),
            ));
        }
        blocks.extend(self.silence_block(side));
        blocks
    }

    /// An order that is asked to go, or was sent, and has been silent for longer than a venue should be.
    fn silence_block(&self, side: Side) -> Option<Block> {
        let live = self.orders.on(side)?;
        let order = self.account.open_orders().get(&live.id)?;
        let ledgers = self.market.ledgers - live.sent?;
        let silent = order.status == OrderStatus::Sent && ledgers >= SILENCE;
        silent.then(|| {
            let measured = format!("{} was sent {ledgers} ledgers ago", live.id);
            Block::new(Some(side), "an order has no answer", measured, "the venue's proof that it is gone")
        })
    }

    fn withheld_block(&self, side: Side, withheld: Withheld) -> Block {
        let limits = &self.settings.limits;
        let held = self.held().unwrap_or_default();
        let needs = format!("an order needs {}", self.settings.min_order_rlusd);
        let of_rlusd = |limit: Rlusd, word: &str| {
            format!("{} RLUSD of {word} {limit}, {needs}", held.rlusd.to_decimal().round_dp(2))
        };
        let of_xrp = |limit: Drops, word: &str| format!("{} XRP of {word} {limit}, {needs} RLUSD", held.xrp);
        let (what, measured, release) = match withheld {
            Withheld::OneSided => (
                "the book has no two sides",
                "no bid and ask of others to quote between".to_owned(),
                "the next whole book",
            ),
            Withheld::OldBook => ("the book is old", format!("limit {} s", limits.stale_market_s), "the next book"),
            Withheld::XrpCap => ("XRP is near its cap", of_xrp(limits.max_xrp, "at most"), "a fill of our ask"),
            Withheld::RlusdCap => ("RLUSD is near its cap", of_rlusd(limits.max_rlusd, "at most"), "a fill of our bid"),
            Withheld::RlusdFloor => {
                ("RLUSD is near its floor", of_rlusd(limits.min_rlusd, "at least"), "a fill of our ask")
            }
            Withheld::NoXrp => {
                ("there is too little XRP to sell", format!("{} XRP, {needs} RLUSD", held.xrp), "a fill of our bid")
            }
            Withheld::NoRoom => ("there is no tick left on our side", String::new(), "a wider market"),
        };
        Block::new(Some(side), what, measured, release)
    }
}
