//! Orders, fills and movements of money. An order that is not said to be gone may rest at the venue.

use rusqlite::params;
use rust_decimal::Decimal;

use super::draft::{Draft, Unit};
use super::{Stop, Taking};
use crate::domain::adoption::UnprovenOrder;
use crate::domain::capital::CapitalKind;
use crate::domain::money::{Drops, Rlusd};
use crate::domain::order::{OrderStatus, Side};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

/// What `orders.status` says of an order that may rest at the venue.
const UNPROVEN: &str = "UNPROVEN";

/// What a fill must know of its order.
#[derive(Debug)]
pub(super) struct Known {
    side: Side,
    session: Option<SessionId>,
    filled: Drops,
    exchanged: Decimal,
}

impl Taking<'_> {
    pub(super) fn order(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let id = draft.text("id").ok_or_else(|| Stop::Refused("it has no id".to_owned()))?;
        let side = draft.text("side").and_then(|text| side(&text));
        let side = side.ok_or_else(|| Stop::Refused("it is neither bought nor sold".to_owned()))?;
        let price = draft.money("price", Unit::Price)?;
        let quantity = draft.money("quantity", Unit::Xrp)?;
        let created = draft.moment("created_at")?;
        let updated = draft.moment_if_any("updated_at").unwrap_or(created);
        let (price_value, quantity_value) = (price.text.parse(), quantity.text.parse::<Drops>());
        let (Ok(price_value), Ok(quantity_value)) = (price_value, quantity_value) else {
            return Err(Stop::Refused("its price or quantity cannot be kept".to_owned()));
        };
        if quantity_value <= Drops::ZERO {
            return Err(Stop::Refused(format!("its quantity `{}` is not above zero", quantity.text)));
        }
        let said = draft.text("status").unwrap_or_default();
        let status = status(&said);
        draft.taken_as("status", &said, status);
        let session = self.session_of(draft, created, None);
        self.baseline
            .prepare_cached(
                "INSERT INTO orders (id, session_id, side, price, quantity, status, filled_quantity, exchanged_rlusd, created_at,
                   updated_at, price_approx, quantity_approx, filled_quantity_approx, earlier)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '0', ?8, ?9, ?10, ?11, 0, ?12)",
            )?
            .execute(params![
                id,
                session.map(|session| session.0),
                side.as_str(),
                price.text,
                quantity.text,
                status,
                Drops::ZERO.to_string(),
                created.to_string(),
                updated.to_string(),
                price.approx(),
                quantity.approx(),
                draft.left_over(),
            ])?;
        if session.is_none() {
            self.between += 1;
        }
        if status == UNPROVEN {
            let offer_sequence = draft.integer("offer_sequence");
            let (price, quantity) = (price_value, quantity_value);
            self.unproven.push(UnprovenOrder {
                id: id.clone(),
                session,
                side,
                price,
                quantity,
                offer_sequence,
                status: said,
            });
        }
        self.orders.insert(id, Known { side, session, filled: Drops::ZERO, exchanged: Decimal::ZERO });
        Ok(())
    }

    pub(super) fn fill(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let id = draft.text("id").ok_or_else(|| Stop::Refused("it has no id".to_owned()))?;
        let order = draft.text("order_id").ok_or_else(|| Stop::Refused("it names no order".to_owned()))?;
        let stated = draft.text("side").and_then(|text| side(&text));
        let known = self.orders.get(&order);
        let side = stated.or(known.map(|known| known.side)).ok_or_else(|| {
            Stop::Refused(format!("its order `{order}` is not known, so nobody can say whether it bought or sold"))
        })?;
        let orders_session = known.and_then(|known| known.session);
        let price = draft.money("price", Unit::Price)?;
        let quantity = draft.money("quantity", Unit::Xrp)?;
        let at = draft.moment("created_at")?;
        let mid = draft.money_if_any("mid_price_at_fill", Unit::Price);
        let drops: Drops = quantity.text.parse().unwrap_or_default();
        if drops <= Drops::ZERO {
            return Err(Stop::Refused(format!("its quantity `{}` is not above zero", quantity.text)));
        }
        let worth = price.exact.times(quantity.exact).and_then(|worth| Unit::Rlusd.money(worth));
        let worth = worth.ok_or_else(|| Stop::Refused("price × quantity is more than can be kept".to_owned()))?;
        let session = self.session_of(draft, at, orders_session);
        self.baseline
            .prepare_cached(
                "INSERT INTO fills (id, n, order_id, session_id, side, price, quantity, rlusd, mid_price_at_fill, created_at,
                   price_approx, quantity_approx, rlusd_approx, mid_price_at_fill_approx, earlier)
                 VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                id,
                order,
                session.map(|session| session.0),
                side.as_str(),
                price.text,
                quantity.text,
                worth.text,
                mid.as_ref().map(|mid| mid.text.clone()),
                at.to_string(),
                price.approx(),
                quantity.approx(),
                worth.approx(),
                mid.as_ref().map(super::draft::Money::approx),
                draft.left_over(),
            ])?;
        if session.is_none() {
            self.between += 1;
        }
        if let Some(known) = self.orders.get_mut(&order) {
            known.filled = Drops::new(known.filled.get().saturating_add(drops.get()));
            let worth = worth.text.parse::<Rlusd>().map(Rlusd::to_decimal).unwrap_or_default();
            known.exchanged = known.exchanged.saturating_add(worth);
        }
        Ok(())
    }

    /// What each order's fills come to, written into its row.
    pub(super) fn sum_up_orders(&self) -> rusqlite::Result<()> {
        let mut sum_up = self.baseline.prepare(
            "UPDATE orders SET filled_quantity = ?2, exchanged_rlusd = ?3, filled_quantity_approx = ?4 WHERE id = ?1",
        )?;
        for (id, known) in self.orders.iter().filter(|(_, known)| known.filled > Drops::ZERO) {
            let exchanged = known.exchanged.normalize().to_string();
            sum_up.execute(params![id, known.filled.to_string(), exchanged, known.filled.approx()])?;
        }
        Ok(())
    }

    pub(super) fn capital(&mut self, draft: &mut Draft) -> Result<(), Stop> {
        let id = draft.text("id").ok_or_else(|| Stop::Refused("it has no id".to_owned()))?;
        let kind = draft.text("event_type").unwrap_or_default();
        let kind = KINDS.into_iter().find(|known| known.as_str() == kind.to_lowercase());
        let kind = kind.ok_or_else(|| Stop::Refused("its event_type is none that is known".to_owned()))?;
        let asset = draft.text("asset").unwrap_or_default();
        let unit = Unit::of_asset(&asset).ok_or_else(|| Stop::Refused(format!("its asset `{asset}` is not known")))?;
        let at = draft.moment("created_at")?;
        let amount = draft.money("amount", unit)?;
        let unsigned = amount.text.trim_start_matches('-');
        let (mut xrp, mut rlusd) = (Drops::ZERO.to_string(), "0".to_owned());
        let change = match kind {
            CapitalKind::Deposit => unsigned.to_owned(),
            CapitalKind::Withdrawal => format!("-{unsigned}"),
            CapitalKind::Realignment => amount.text.clone(),
            // It moves no balance; what it was stays among what the source said.
            CapitalKind::BasisCommit => {
                draft.taken_as("amount", &amount.text, "0");
                "0".to_owned()
            }
        };
        match unit {
            Unit::Xrp if kind == CapitalKind::BasisCommit => {}
            Unit::Xrp => xrp = change,
            Unit::Rlusd | Unit::Price => rlusd = change,
        }
        let mid = draft.money_if_any("price_rlusd", Unit::Price);
        let session = self.session_of(draft, at, None);
        if session.is_none() {
            self.between += 1;
        }
        self.baseline
            .prepare_cached(
                "INSERT INTO capital_events (id, n, session_id, event_type, xrp, rlusd, mid_price, created_at, xrp_approx,
                   rlusd_approx, earlier) VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                id,
                session.map(|session| session.0),
                kind.as_str(),
                xrp,
                rlusd,
                mid.map(|mid| mid.text),
                at.to_string(),
                xrp.parse::<f64>().unwrap_or(f64::NAN),
                rlusd.parse::<f64>().unwrap_or(f64::NAN),
                draft.left_over(),
            ])?;
        Ok(())
    }

    /// The session that a row belongs to: the one it names; else its order's, if the time fits; else the one that surely
    /// ran at that time. `None` is between two sessions.
    fn session_of(&self, draft: &mut Draft, at: Timestamp, orders: Option<SessionId>) -> Option<SessionId> {
        let named = draft.text("session_id");
        let known = named.as_ref().and_then(|text| text.parse().ok().map(SessionId)).filter(|id| self.spans.knows(*id));
        if let (Some(text), None) = (&named, known) {
            draft.taken_as("session_id", text, "by its time");
        }
        let of_its_order = orders.filter(|session| self.spans.newest_at(at) == Some(*session));
        known.or(of_its_order).or_else(|| self.spans.surely_at(at))
    }
}

const KINDS: [CapitalKind; 4] =
    [CapitalKind::Deposit, CapitalKind::Withdrawal, CapitalKind::BasisCommit, CapitalKind::Realignment];

fn side(text: &str) -> Option<Side> {
    [Side::Buy, Side::Sell].into_iter().find(|side| side.as_str() == text.trim().to_uppercase())
}

/// What an order's status means for us. Only what the earlier engine called an end is one; the rest may rest.
fn status(said: &str) -> &'static str {
    match said.trim().to_uppercase().as_str() {
        "FILLED" => OrderStatus::Gone(crate::domain::order::Gone::Filled).as_str(),
        "CANCELED" | "CANCELLED" | "CANCELED_BY_ENGINE" | "CANCELLED_BY_ENGINE" => {
            OrderStatus::Gone(crate::domain::order::Gone::Cancelled).as_str()
        }
        "FAILED" => "FAILED",
        _ => UNPROVEN,
    }
}
