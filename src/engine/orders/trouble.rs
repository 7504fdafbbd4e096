//! What the operator is told when orders do not go as they should.

use super::Live;
use crate::domain::incident::{Incident, Severity, Source};
use crate::domain::order::OrderId;
use crate::engine::state::State;

/// Refusals in a row that make an incident.
pub(super) const REFUSALS_TO_TELL: u32 = 3;

impl State {
    /// Tells once of an order that the venue has not answered.
    pub(in crate::engine) fn report_silence(&mut self, live: Live, ledgers: u64) {
        let Some(known) = self.orders.get_mut(live.id) else { return };
        if std::mem::replace(&mut known.missed, true) {
            return;
        }
        self.report(Incident {
            id: 0,
            severity: Severity::Warning,
            source: Source::Venue,
            title: "An order has no answer".to_owned(),
            tried: format!("to place {} {}", live.side, live.id),
            happened: format!("no answer from the venue for {ledgers} ledgers"),
            means: "it may rest, or may yet come to rest; it is not assumed gone, and this side is not quoted"
                .to_owned(),
            done: "asked for its cancellation, and will ask again".to_owned(),
            you_can: "wait, or end the session: the receipt names what is not proven gone".to_owned(),
            retry: None,
        });
    }

    pub(super) fn report_refusals(&mut self, live: Live, code: &str) {
        self.report(Incident {
            id: 0,
            severity: Severity::Warning,
            source: Source::Venue,
            title: "Orders are refused".to_owned(),
            tried: format!("to place {} {} at {}", live.side, live.id, live.price),
            happened: format!("refused with {code}, {REFUSALS_TO_TELL} times in a row"),
            means: "this side is hardly quoted; each refusal may cost a fee".to_owned(),
            done: "waits longer after each refusal".to_owned(),
            you_can: "pause, and look up the code; compare what the ledger says we hold with the books".to_owned(),
            retry: None,
        });
    }

    pub(super) fn report_stranger(&mut self, order: OrderId, what: &str) {
        self.report(Incident {
            id: 0,
            severity: Severity::Error,
            source: Source::Venue,
            title: "News of an unknown order".to_owned(),
            tried: "to follow our own orders".to_owned(),
            happened: format!("the venue told of {order}, {what}"),
            means: "somebody else may trade with this account; what the venue says is in the books".to_owned(),
            done: "recorded it; the next truth check compares books and ledger".to_owned(),
            you_can: "check that no other program uses this account".to_owned(),
            retry: None,
        });
    }
}
