//! A session's row: opened, sealed, closed or recovered. An ended row never changes again.

use rusqlite::params;
use rust_decimal::Decimal;
use serde_json::json;

use super::super::exact;
use super::{Refusal, Telling, Told, beyond};
use crate::domain::fact::{EndBegun, SessionClosed, SessionOpened, SessionRecovered, Totals};
use crate::domain::halt::HaltReason;
use crate::domain::inventory::Inventory;
use crate::domain::money::Price;
use crate::domain::pnl::{Holding, Split};
use crate::domain::session::{EndedAtSource, Status};

/// How a row ends, whoever ended it.
struct End<'a> {
    status: Status,
    at: String,
    source: EndedAtSource,
    reason: HaltReason,
    detail: String,
    totals: &'a Totals,
}

impl Told<'_> {
    pub(super) fn opened(&self, opened: &SessionOpened) -> Telling {
        self.execute(
            "INSERT INTO sessions (session_id, label, mode, venue, status, started_at, parent_session_id, config_hash, build, host, pid)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                self.session()?,
                opened.label,
                opened.mode.as_str(),
                opened.venue.as_str(),
                Status::Open.as_str(),
                self.at,
                opened.parent.map(|parent| parent.0),
                opened.config_hash,
                opened.build,
                opened.host,
                opened.pid,
            ],
        )?;
        Ok(())
    }

    /// The first truth of a session is where its books begin.
    pub(super) fn starting(&self, inventory: Inventory, mid: Price) -> Telling {
        let value = exact::value(inventory, mid).ok_or_else(|| beyond("the starting value"))?;
        self.execute(
            "UPDATE sessions SET starting_xrp = ?2, starting_rlusd = ?3, starting_value = ?4, starting_value_approx = ?5
             WHERE session_id = ?1 AND starting_xrp IS NULL",
            params![self.session()?, inventory.xrp.to_string(), inventory.rlusd.to_string(), value.to_string(), approx(value)],
        )?;
        Ok(())
    }

    pub(super) fn sealed(&self, seal: &EndBegun) -> Telling {
        for &order in &seal.cancels {
            self.cancel_asked(order)?;
        }
        let detail = json!({ "causes": [seal.cause], "cancels": seal.cancels }).to_string();
        let sealed = self.execute(
            "UPDATE sessions SET status = 'CLOSING', halt_reason = ?2, halt_detail = ?3 WHERE session_id = ?1 AND status = 'OPEN'",
            params![self.session()?, seal.cause.reason.as_str(), detail],
        )?;
        match &seal.holding {
            Some(holding) if sealed > 0 => self.ending(holding),
            _ => Ok(()),
        }
    }

    fn ending(&self, holding: &Holding) -> Telling {
        self.execute(
            "UPDATE sessions SET ending_xrp = ?2, ending_rlusd = ?3, ending_value = ?4, ending_value_approx = ?5
             WHERE session_id = ?1",
            params![
                self.session()?,
                holding.xrp.to_string(),
                holding.rlusd.to_string(),
                holding.value.to_string(),
                holding.value.approx(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn closed(&self, closed: &SessionClosed) -> Telling {
        let detail = json!({
            "causes": closed.causes,
            "unproven": closed.unproven,
            "venue_ended": closed.venue_ended,
            "failures": closed.failures,
            "residual": closed.residual,
        });
        self.end(&End {
            status: Status::Closed,
            at: self.at.to_owned(),
            source: EndedAtSource::Closed,
            reason: closed.reason,
            detail: detail.to_string(),
            totals: &closed.totals,
        })
    }

    pub(super) fn recovered(&self, recovered: &SessionRecovered) -> Telling {
        let detail =
            json!({ "causes": recovered.causes, "unproven": recovered.unproven, "venue_ended": recovered.venue_ended });
        self.end(&End {
            status: Status::Recovered,
            at: recovered.ended_at.to_string(),
            source: recovered.source,
            reason: recovered.reason,
            detail: detail.to_string(),
            totals: &recovered.totals,
        })
    }

    fn end(&self, end: &End<'_>) -> Telling {
        let session = self.session()?;
        let split = end.totals.split;
        let profit = profit(&split)?;
        let ended = self.execute(
            "UPDATE sessions SET status = ?2, ended_at = ?3, ended_at_source = ?4, halt_reason = ?5, halt_detail = ?6, profit = ?7,
               spread_profit = ?8, inventory_profit = ?9, network_fees = ?10, capital_moved = ?11, profit_approx = ?12
             WHERE session_id = ?1 AND status IN ('OPEN', 'CLOSING')",
            params![
                session,
                end.status.as_str(),
                end.at,
                end.source.as_str(),
                end.reason.as_str(),
                end.detail,
                profit.to_string(),
                split.spread.to_string(),
                split.inventory.to_string(),
                split.fees.to_string(),
                end.totals.capital.to_string(),
                approx(profit),
            ],
        )?;
        if ended == 0 {
            return Ok(());
        }
        if let Some(starting) = &end.totals.starting {
            self.starting(starting.inventory(), starting.mid)?;
        }
        end.totals.ending.as_ref().map_or(Ok(()), |holding| self.ending(holding))
    }

    /// A session whose opening cannot be read still gets a row, so that the next start finds and closes it.
    pub(super) fn opened_unread(&self) -> rusqlite::Result<()> {
        self.execute(
            "INSERT INTO sessions (session_id, label, mode, venue, status, started_at)
             VALUES (?1, '', '', '', 'OPEN', ?2) ON CONFLICT DO NOTHING",
            (self.session, self.at),
        )?;
        Ok(())
    }
}

fn profit(split: &Split) -> Result<Decimal, Refusal> {
    let earned = exact::sum(split.spread.to_decimal(), split.inventory.to_decimal());
    earned.and_then(|earned| exact::difference(earned, split.fees.to_decimal())).ok_or_else(|| beyond("the profit"))
}

fn approx(number: Decimal) -> f64 {
    use rust_decimal::prelude::ToPrimitive as _;
    number.to_f64().unwrap_or(f64::NAN)
}
