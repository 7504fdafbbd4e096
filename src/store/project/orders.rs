//! An order's row: the same life as in the session's account, except that it stays when the order is gone.

use rusqlite::{OptionalExtension as _, Row, params};
use rust_decimal::Decimal;

use super::super::exact;
use super::{Refusal, Telling, Told, beyond};
use crate::domain::fact::{OrderStep, Step};
use crate::domain::fill::Fill;
use crate::domain::money::Drops;
use crate::domain::order::{Gone, OrderId, OrderSpec, OrderStatus};

/// What changes in an order's row.
struct Kept {
    quantity: Drops,
    status: String,
    filled: Drops,
    exchanged: Decimal,
    fees: Drops,
    resting_ledger: Option<u32>,
    refusal_code: Option<String>,
    updated_at: String,
}

impl Told<'_> {
    pub(super) fn intended(&self, spec: &OrderSpec) -> Telling {
        self.execute(
            "INSERT INTO orders (id, session_id, side, price, quantity, status, filled_quantity, exchanged_rlusd, fees_xrp,
               created_at, updated_at, price_approx, quantity_approx, filled_quantity_approx)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '0', ?7, ?8, ?8, ?9, ?10, 0)",
            params![
                spec.id.to_string(),
                self.session()?,
                spec.side.as_str(),
                spec.price.to_string(),
                spec.quantity.to_string(),
                OrderStatus::Intended.as_str(),
                Drops::ZERO.to_string(),
                self.at,
                spec.price.approx(),
                spec.quantity.approx(),
            ],
        )?;
        Ok(())
    }

    /// Asked is not gone: only the time of asking is kept.
    pub(super) fn cancel_asked(&self, order: OrderId) -> Telling {
        self.execute(
            "UPDATE orders SET cancel_asked_at = ?2
             WHERE id = ?1 AND status IN ('INTENDED', 'SENT', 'RESTING', 'PARTIALLY_FILLED')",
            (order.to_string(), self.at),
        )?;
        Ok(())
    }

    pub(super) fn step(&self, step: &OrderStep) -> Telling {
        let fee = match &step.step {
            Step::Rests { fee, .. }
            | Step::Refused { fee, .. }
            | Step::Cancelled { fee, .. }
            | Step::CancelFoundNothing { fee, .. } => *fee,
            Step::Sent | Step::CancelSent | Step::NeverSent | Step::VenueEnded => Drops::ZERO,
        };
        self.fee(fee, step.order)?;
        if step.step == Step::CancelSent {
            return self.cancel_asked(step.order);
        }
        let Some(mut kept) = self.kept(step.order)? else { return Ok(()) };
        kept.fees = add(kept.fees, fee)?;
        match &step.step {
            Step::Sent => kept.become_status(OrderStatus::Sent, self.at),
            Step::Rests { ledger, .. } => {
                kept.resting_ledger = Some(*ledger);
                // A part may be filled on arrival, before the rest of it is said to rest.
                let touched = kept.filled > Drops::ZERO;
                kept.become_status(if touched { OrderStatus::PartiallyFilled } else { OrderStatus::Resting }, self.at);
            }
            Step::Refused { code, .. } => {
                kept.refusal_code = Some(code.clone());
                kept.become_status(OrderStatus::Gone(Gone::Refused), self.at);
            }
            Step::Cancelled { .. } => kept.become_status(OrderStatus::Gone(Gone::Cancelled), self.at),
            Step::NeverSent => kept.become_status(OrderStatus::Gone(Gone::NeverSent), self.at),
            Step::VenueEnded => kept.become_status(OrderStatus::Gone(Gone::VenueEnded), self.at),
            Step::CancelSent | Step::CancelFoundNothing { .. } => {}
        }
        self.keep(step.order, &kept)
    }

    /// What a fill does to its order. One that comes late still counts: what was exchanged was exchanged.
    pub(super) fn filled(&self, fill: &Fill) -> Telling {
        let Some(mut kept) = self.kept(fill.order)? else { return Ok(()) };
        kept.filled = add(kept.filled, fill.quantity)?;
        kept.exchanged =
            exact::sum(kept.exchanged, fill.rlusd.to_decimal()).ok_or_else(|| beyond("the RLUSD exchanged"))?;
        let whole = kept.filled >= kept.quantity;
        kept.become_status(if whole { OrderStatus::Gone(Gone::Filled) } else { OrderStatus::PartiallyFilled }, self.at);
        self.keep(fill.order, &kept)
    }

    fn kept(&self, order: OrderId) -> Result<Option<Kept>, Refusal> {
        let mut row = self.connection.prepare_cached(
            "SELECT quantity, status, filled_quantity, exchanged_rlusd, fees_xrp, resting_ledger, refusal_code, updated_at
             FROM orders WHERE id = ?1",
        )?;
        let row = row.query_row([order.to_string()], |row| Ok(Kept::read(row))).optional()?;
        row.transpose()
    }

    fn keep(&self, order: OrderId, kept: &Kept) -> Telling {
        self.execute(
            "UPDATE orders SET status = ?2, filled_quantity = ?3, exchanged_rlusd = ?4, fees_xrp = ?5, resting_ledger = ?6,
               refusal_code = ?7, updated_at = ?8, filled_quantity_approx = ?9 WHERE id = ?1",
            params![
                order.to_string(),
                kept.status,
                kept.filled.to_string(),
                kept.exchanged.to_string(),
                kept.fees.to_string(),
                kept.resting_ledger,
                kept.refusal_code,
                kept.updated_at,
                kept.filled.approx(),
            ],
        )?;
        Ok(())
    }
}

impl Kept {
    fn read(row: &Row<'_>) -> Result<Self, Refusal> {
        let money = |column: usize| -> Result<Drops, Refusal> {
            let text: String = row.get(column)?;
            text.parse().map_err(|_| Refusal::Fact(format!("its order's row holds `{text}` as XRP")))
        };
        let exchanged: String = row.get(3)?;
        Ok(Self {
            quantity: money(0)?,
            status: row.get(1)?,
            filled: money(2)?,
            exchanged: exchanged
                .parse()
                .map_err(|_| Refusal::Fact(format!("its order's row holds `{exchanged}` as RLUSD")))?,
            fees: money(4)?,
            resting_ledger: row.get(5)?,
            refusal_code: row.get(6)?,
            updated_at: row.get(7)?,
        })
    }

    /// Gone is for ever.
    fn become_status(&mut self, status: OrderStatus, at: &str) {
        const ALIVE: [OrderStatus; 4] =
            [OrderStatus::Intended, OrderStatus::Sent, OrderStatus::Resting, OrderStatus::PartiallyFilled];
        if ALIVE.iter().any(|alive| alive.as_str() == self.status) {
            status.as_str().clone_into(&mut self.status);
            at.clone_into(&mut self.updated_at);
        }
    }
}

/// A sum that can be read back.
fn add(a: Drops, b: Drops) -> Result<Drops, Refusal> {
    let sum = a.get().checked_add(b.get()).map(Drops::new).filter(|sum| sum.to_string().parse() == Ok(*sum));
    sum.ok_or_else(|| beyond("the XRP of its order"))
}
