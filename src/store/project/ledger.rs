//! What changes what we hold: fills, fees, capital. Each change is a row of `inventory_ledger` with the balance after it.

use rusqlite::{OptionalExtension as _, params};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::super::exact;
use super::{Refusal, Telling, Told, beyond};
use crate::domain::capital::Capital;
use crate::domain::fill::Fill;
use crate::domain::inventory::Inventory;
use crate::domain::money::{Drops, Rlusd};
use crate::domain::order::OrderId;

/// What may change what we hold.
#[derive(Clone, Copy)]
enum Because {
    Opening,
    Fill,
    Fee,
    Capital,
}

/// One change of one asset.
#[derive(Clone, Copy)]
enum Change {
    Xrp(Drops),
    Rlusd(Rlusd),
}

impl Told<'_> {
    /// Where a session's books begin; a second opening would double them, so only the first counts.
    pub(super) fn opening(&self, inventory: Inventory) -> Telling {
        let begun = self.newest_balance("XRP")?.is_some();
        if begun {
            return Ok(());
        }
        self.change(Change::Xrp(inventory.xrp), Because::Opening, None)?;
        self.change(Change::Rlusd(inventory.rlusd), Because::Opening, None)
    }

    pub(super) fn fill(&self, fill: &Fill) -> Telling {
        if !self.is_new("fills", &fill.id)? {
            return Ok(());
        }
        self.execute(
            "INSERT INTO fills (id, n, order_id, session_id, side, price, quantity, rlusd, mid_price_at_fill, ledger_index, created_at,
               price_approx, quantity_approx, rlusd_approx, mid_price_at_fill_approx)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                fill.id,
                self.n,
                fill.order.to_string(),
                self.session()?,
                fill.side.as_str(),
                fill.price.to_string(),
                fill.quantity.to_string(),
                fill.rlusd.to_string(),
                fill.mid.to_string(),
                fill.ledger,
                self.at,
                fill.price.approx(),
                fill.quantity.approx(),
                fill.rlusd.approx(),
                fill.mid.approx(),
            ],
        )?;
        self.change(Change::Xrp(fill.xrp_change()), Because::Fill, Some(&fill.id))?;
        self.change(Change::Rlusd(fill.rlusd_change()), Because::Fill, Some(&fill.id))?;
        self.filled(fill)
    }

    pub(super) fn fee(&self, fee: Drops, order: OrderId) -> Telling {
        if fee == Drops::ZERO {
            return Ok(());
        }
        self.change(Change::Xrp(-fee), Because::Fee, Some(&order.to_string()))
    }

    pub(super) fn capital(&self, capital: &Capital) -> Telling {
        if !self.is_new("capital_events", &capital.id)? {
            return Ok(());
        }
        self.execute(
            "INSERT INTO capital_events (id, n, session_id, event_type, xrp, rlusd, mid_price, created_at, xrp_approx, rlusd_approx)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                capital.id,
                self.n,
                self.session()?,
                capital.kind.as_str(),
                capital.xrp.to_string(),
                capital.rlusd.to_string(),
                capital.mid.to_string(),
                self.at,
                capital.xrp.approx(),
                capital.rlusd.approx(),
            ],
        )?;
        for change in [Change::Xrp(capital.xrp), Change::Rlusd(capital.rlusd)] {
            if !change.exactly().is_zero() {
                self.change(change, Because::Capital, Some(&capital.id))?;
            }
        }
        Ok(())
    }

    /// Whether the venue's `id` is new. Known in this session, it is the same thing told twice; known in another, two
    /// sessions would count it, and that is never passed over in silence.
    fn is_new(&self, table: &str, id: &str) -> Result<bool, Refusal> {
        let mut known = self.connection.prepare_cached(&format!("SELECT session_id FROM {table} WHERE id = ?1"))?;
        match known.query_row([id], |row| row.get::<_, i64>(0)).optional()? {
            None => Ok(true),
            Some(session) if session == self.session()? => Ok(false),
            Some(session) => Err(Refusal::Fact(format!("its id `{id}` was already counted in session {session}"))),
        }
    }

    fn change(&self, change: Change, because: Because, reference: Option<&str>) -> Telling {
        let amount = change.exactly();
        let before = match because {
            Because::Opening => Some(Decimal::ZERO),
            Because::Fill | Because::Fee | Because::Capital => self.newest_balance(change.asset())?,
        };
        let after = match before {
            Some(before) => Some(exact::sum(before, amount).ok_or_else(|| beyond("the balance"))?),
            None => None,
        };
        self.execute(
            "INSERT INTO inventory_ledger (session_id, asset, n, change, new_balance, cause, reference, created_at, change_approx,
               new_balance_approx) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                self.session()?,
                change.asset(),
                self.n,
                change.print(amount),
                after.map(|after| change.print(after)),
                because.as_str(),
                reference,
                self.at,
                amount.to_f64(),
                after.and_then(|after| after.to_f64()),
            ],
        )?;
        Ok(())
    }

    fn newest_balance(&self, asset: &str) -> Result<Option<Decimal>, Refusal> {
        let mut newest = self.connection.prepare_cached(
            "SELECT new_balance FROM inventory_ledger WHERE session_id = ?1 AND asset = ?2 ORDER BY n DESC LIMIT 1",
        )?;
        let text =
            newest.query_row((self.session()?, asset), |row| row.get::<_, Option<String>>(0)).optional()?.flatten();
        let parsed = text.as_deref().map(str::parse).transpose();
        parsed.map_err(|_| Refusal::Fact(format!("the {asset} balance before it is not a number: {text:?}")))
    }
}

impl Because {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Fill => "fill",
            Self::Fee => "fee",
            Self::Capital => "capital",
        }
    }
}

impl Change {
    const fn asset(self) -> &'static str {
        match self {
            Self::Xrp(_) => "XRP",
            Self::Rlusd(_) => "RLUSD",
        }
    }

    fn exactly(self) -> Decimal {
        match self {
            Self::Xrp(drops) => drops.to_decimal(),
            Self::Rlusd(amount) => amount.to_decimal(),
        }
    }

    /// XRP always with its six decimals.
    fn print(self, amount: Decimal) -> String {
        match self {
            Self::Xrp(_) => format!("{amount:.6}"),
            Self::Rlusd(_) => amount.to_string(),
        }
    }
}
