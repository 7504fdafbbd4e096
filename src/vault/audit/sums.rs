//! What must add up: every balance from the changes before it, every order from its fills, every value from what is held,
//! every profit from its parts. Exactly in our own sessions; in the earlier engine's within what its floats can do.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Serialize;

use super::inside::DatabaseKind;
use super::sessions::{Origin, Sessions};
use super::tables::{Row, Tables};

/// What was added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// How many sums.
    pub checked: u64,
    /// Those that are wrong, by what they are sums of.
    pub wrong: Vec<Wrong>,
}

/// Sums of one kind that are wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// What they are sums of.
    pub sum: Sum,
    /// How many are wrong.
    pub places: u64,
    /// The first, by what it is called in its table.
    pub first: String,
    /// What stands there.
    pub stands: Decimal,
    /// What it comes to.
    pub comes_to: Decimal,
}

/// What adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sum {
    /// A balance of `inventory_ledger` from the one before and the change.
    Balance,
    /// What an order has filled, from its fills.
    Filled,
    /// A fill whose order there is none.
    Orphan,
    /// The value of what is held, from the amounts and the mid.
    Value,
    /// A session's profit, from its two values and the capital moved.
    Profit,
    /// A session's profit, from its parts.
    Split,
}

type Unanswered = Vec<String>;

/// A mid, or an amount of each currency, by what they belong to.
type ByName<T> = BTreeMap<String, T>;

#[derive(Default)]
struct Tally {
    tolerance: Decimal,
    sums: Sums,
}

/// Adds up what the tables allow; what could not be read is told beside it.
pub(super) fn ask(tables: &Tables<'_>, kind: &DatabaseKind, sessions: &Sessions) -> (Sums, Unanswered) {
    let own: BTreeSet<i64> =
        sessions.all.iter().filter(|session| session.origin == Origin::Own).map(|session| session.number).collect();
    // What was taken over keeps the roundings that were reported when it was.
    let is_own = |session: Option<i64>| session.is_some_and(|session| own.contains(&session));
    let mut tally = Tally::default();
    let outcomes = if *kind == DatabaseKind::Earlier {
        // A float of the earlier engine's has fifteen digits; a millionth is what both currencies are counted in.
        tally.tolerance = Decimal::new(2, 6);
        vec![
            ("the inventory ledger", tally.balances(tables, &["asset", "id"], &|_| true)),
            ("orders and fills", tally.earlier_fills(tables)),
            ("values", tally.earlier_values(tables)),
        ]
    } else {
        vec![
            ("the inventory ledger", tally.balances(tables, &["session_id", "asset", "n"], &is_own)),
            ("orders and fills", tally.own_fills(tables, &is_own)),
            ("values", tally.own_values(tables, &is_own)),
            ("profits", tally.own_profits(tables, &is_own)),
        ]
    };
    let unanswered = outcomes.into_iter().filter_map(|(what, outcome)| Some(format!("{what}: {}", outcome.err()?)));
    (tally.sums, unanswered.collect())
}

impl Tally {
    fn compare(&mut self, sum: Sum, place: &str, stands: Decimal, comes_to: Option<Decimal>) {
        // A sum beyond 28 digits is nobody's money.
        let Some(comes_to) = comes_to else { return };
        self.sums.checked += 1;
        if stands.checked_sub(comes_to).is_none_or(|off| off.abs() > self.tolerance) {
            self.wrong(sum, place, stands, comes_to);
        }
    }

    fn wrong(&mut self, sum: Sum, place: &str, stands: Decimal, comes_to: Decimal) {
        match self.sums.wrong.iter_mut().find(|wrong| wrong.sum == sum) {
            Some(wrong) => wrong.places += 1,
            None => self.sums.wrong.push(Wrong { sum, places: 1, first: place.to_owned(), stands, comes_to }),
        }
    }

    fn balances(
        &mut self,
        tables: &Tables<'_>,
        order: &[&str],
        counts: &dyn Fn(Option<i64>) -> bool,
    ) -> rusqlite::Result<()> {
        const WANTED: [&str; 6] = ["session_id", "asset", "change", "new_balance", "created_at", "n"];
        let mut before: Option<(Option<i64>, String, Decimal)> = None;
        tables.each("inventory_ledger", &WANTED, order, |row| {
            let (session, asset) = (row.number(0), row.text(1).unwrap_or_default().to_owned());
            let (Some(change), Some(balance), true) = (row.amount(2), row.amount(3), counts(session)) else {
                before = None;
                return;
            };
            if let Some((_, _, last)) = before.take().filter(|(s, a, _)| (s, a) == (&session, &asset)) {
                let place = format!("{asset} at {}", row.text(4).unwrap_or("?"));
                self.compare(Sum::Balance, &place, balance, last.checked_add(change));
            }
            before = Some((session, asset, balance));
        })
    }

    fn own_fills(&mut self, tables: &Tables<'_>, counts: &dyn Fn(Option<i64>) -> bool) -> rusqlite::Result<()> {
        let mut filled = ByName::<(Decimal, Decimal)>::new();
        tables.each("fills", &["order_id", "session_id", "quantity", "rlusd"], &[], |row| {
            if let (Some(order), true, Some(xrp), Some(rlusd)) =
                (row.text(0), counts(row.number(1)), row.amount(2), row.amount(3))
            {
                let sum = filled.entry(order.to_owned()).or_default();
                *sum = (sum.0.saturating_add(xrp), sum.1.saturating_add(rlusd));
            }
        })?;
        tables.each("orders", &["id", "session_id", "filled_quantity", "exchanged_rlusd"], &[], |row| {
            if let (Some(order), true, Some(xrp), Some(rlusd)) =
                (row.text(0), counts(row.number(1)), row.amount(2), row.amount(3))
            {
                let (fills_xrp, fills_rlusd) = filled.remove(order).unwrap_or_default();
                self.compare(Sum::Filled, &format!("order {order}"), xrp, Some(fills_xrp));
                self.compare(Sum::Filled, &format!("order {order}"), rlusd, Some(fills_rlusd));
            }
        })?;
        self.orphans(filled.into_iter().map(|(order, (xrp, _))| (order, xrp)));
        Ok(())
    }

    fn earlier_fills(&mut self, tables: &Tables<'_>) -> rusqlite::Result<()> {
        let mut filled = ByName::<Decimal>::new();
        tables.each("fills", &["order_id", "quantity"], &[], |row| {
            if let (Some(order), Some(xrp)) = (row.text(0), row.amount(1)) {
                let sum = filled.entry(order.to_owned()).or_default();
                *sum = sum.saturating_add(xrp);
            }
        })?;
        tables.each("orders", &["id", "quantity", "status"], &[], |row| {
            let (Some(order), Some(wanted)) = (row.text(0), row.amount(1)) else { return };
            let got = filled.remove(order).unwrap_or_default();
            // Any part may be filled of an order that is not; never more than all of it.
            let is_filled = row.text(2).is_some_and(|status| status.eq_ignore_ascii_case("FILLED"));
            let wanted = if is_filled || got > wanted { wanted } else { got };
            self.compare(Sum::Filled, &format!("order {order}"), wanted, Some(got));
        })?;
        self.orphans(filled.into_iter());
        Ok(())
    }

    fn orphans(&mut self, left: impl Iterator<Item = (String, Decimal)>) {
        for (order, xrp) in left {
            self.wrong(Sum::Orphan, &format!("order {order}"), xrp, Decimal::ZERO);
        }
    }

    fn own_values(&mut self, tables: &Tables<'_>, counts: &dyn Fn(Option<i64>) -> bool) -> rusqlite::Result<()> {
        const WANTED: [&str; 6] =
            ["session_id", "xrp_balance", "mid_price", "rlusd_balance", "total_value_rlusd", "created_at"];
        tables.each("valuation_snapshots", &WANTED, &["session_id", "created_at"], |row| {
            if counts(row.number(0)) {
                self.value(row, row.amount(2), row.text(5));
            }
        })
    }

    /// The earlier engine wrote the mid of a valuation into another table, under the same time.
    fn earlier_values(&mut self, tables: &Tables<'_>) -> rusqlite::Result<()> {
        const WANTED: [&str; 6] = ["id", "xrp_balance", "id", "rlusd_balance", "total_value_rlusd", "created_at"];
        let mut mids = ByName::<Decimal>::new();
        tables.each("market_snapshots", &["created_at", "mid_price"], &[], |row| {
            if let (Some(at), Some(mid)) = (row.text(0), row.amount(1)) {
                mids.insert(at.to_owned(), mid);
            }
        })?;
        tables.each("valuation_snapshots", &WANTED, &["id"], |row| {
            let mid = row.text(5).and_then(|at| mids.get(at)).copied();
            self.value(row, mid, row.text(5));
        })
    }

    fn value(&mut self, row: &Row, mid: Option<Decimal>, at: Option<&str>) {
        if let (Some(xrp), Some(mid), Some(rlusd), Some(total)) = (row.amount(1), mid, row.amount(3), row.amount(4)) {
            let comes_to = xrp.checked_mul(mid).and_then(|worth| worth.checked_add(rlusd));
            self.compare(Sum::Value, &format!("the valuation of {}", at.unwrap_or("?")), total, comes_to);
        }
    }

    fn own_profits(&mut self, tables: &Tables<'_>, counts: &dyn Fn(Option<i64>) -> bool) -> rusqlite::Result<()> {
        const WANTED: [&str; 8] = [
            "session_id",
            "starting_value",
            "ending_value",
            "capital_moved",
            "profit",
            "spread_profit",
            "inventory_profit",
            "network_fees",
        ];
        tables.each("sessions", &WANTED, &["session_id"], |row| {
            let (Some(session), Some(profit)) = (row.number(0), row.amount(4)) else { return };
            if !counts(Some(session)) {
                return;
            }
            let place = format!("session {session}");
            if let (Some(start), Some(end), Some(capital)) = (row.amount(1), row.amount(2), row.amount(3)) {
                let comes_to = end.checked_sub(start).and_then(|gain| gain.checked_sub(capital));
                self.compare(Sum::Profit, &place, profit, comes_to);
            }
            if let (Some(spread), Some(inventory), Some(fees)) = (row.amount(5), row.amount(6), row.amount(7)) {
                let comes_to = spread.checked_add(inventory).and_then(|gain| gain.checked_sub(fees));
                self.compare(Sum::Split, &place, profit, comes_to);
            }
        })
    }
}
