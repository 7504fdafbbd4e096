//! Writing the session's end, and reading its row back.

use super::Runner;
use crate::domain::fact::{Fact, OrderStep, SessionClosed, Step};
use crate::domain::order::{OrderId, OrderStatus};
use crate::domain::session::Status;
use crate::domain::time::Timestamp;
use crate::store::rows::SessionRow;

impl Runner {
    pub(super) fn close(&mut self, now: Timestamp) {
        let open: Vec<(OrderId, OrderStatus)> =
            self.books.account.open_orders().values().map(|order| (order.spec.id, order.status)).collect();
        let (mut unproven, mut venue_ended) = (Vec::new(), Vec::new());
        for (order, status) in open {
            let step = if status == OrderStatus::Intended {
                Step::NeverSent
            } else if self.venue.kind().ends_with_us() {
                venue_ended.push(order);
                Step::VenueEnded
            } else {
                unproven.push(order);
                continue;
            };
            self.books.write(now, Fact::Order(OrderStep { order, step }));
        }
        let residual = self.residual();
        let Some(ending) = &mut self.ending else { return };
        let closed = Box::new(SessionClosed {
            reason: ending.causes.reason(),
            causes: ending.causes.all().to_vec(),
            totals: self.books.account.totals(now),
            residual,
            unproven,
            venue_ended,
            failures: ending.failures.clone(),
            readings: ending.readings.digest(),
        });
        ending.closed = Some((now, closed.clone()));
        self.books.write(now, Fact::SessionClosed(closed));
        let ticket = self.books.hand_in();
        ending.awaited = ticket;
    }

    pub(super) fn row_came(&mut self, row: Result<Option<Box<SessionRow>>, String>) {
        let Some(ending) = &mut self.ending else { return };
        let Some((at, closed)) = &ending.closed else { return };
        ending.row_verified = Some(match row {
            Err(why) => Err(why),
            Ok(None) => Err("there is none".into()),
            Ok(Some(row)) => compare(&row, *at, closed),
        });
    }

    /// Once the close is on disk its row is read back.
    pub(super) fn ask_for_row(&mut self, ticket: u64) {
        let Some(ending) = &self.ending else { return };
        if ending.closed.is_some() && ending.row_verified.is_none() && ticket >= ending.awaited {
            self.door.row(self.identity.session);
        }
    }
}

/// What the row in the store says, against what was written down.
fn compare(row: &SessionRow, at: Timestamp, closed: &SessionClosed) -> Result<(), String> {
    let ending = closed.totals.ending;
    let pairs = [
        ("status", Some(row.status.clone()), Some(Status::Closed.to_string())),
        ("ended_at", row.ended_at.clone(), Some(at.to_string())),
        ("halt_reason", row.halt_reason.clone(), Some(closed.reason.to_string())),
        ("ending_xrp", row.ending_xrp.clone(), ending.map(|held| held.xrp.to_string())),
        ("ending_rlusd", row.ending_rlusd.clone(), ending.map(|held| held.rlusd.to_string())),
        ("ending_value", row.ending_value.clone(), ending.map(|held| held.value.to_string())),
    ];
    let differs = pairs.into_iter().find(|(_, found, expected)| found != expected);
    differs.map_or(Ok(()), |(column, found, expected)| {
        let said = |value: Option<String>| value.unwrap_or_else(|| "nothing".into());
        Err(format!("{column} is {}, not {}", said(found), said(expected)))
    })
}
