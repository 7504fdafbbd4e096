//! What the operator is told while a session runs: facts, put into sentences, and the newest of everything.
//!
//! Only what is recent is kept; all of it is in the store.

use std::collections::VecDeque;
use std::sync::Arc;

use super::view::{Event, EventKind, IncidentView, MIDS_KEPT, RECENT_KEPT};
use crate::domain::account::Applied;
use crate::domain::fact::{Fact, Intent, OperatorCommand, Step, Verdict};
use crate::domain::fill::Fill;
use crate::domain::incident::Retry;
use crate::domain::money::Price;
use crate::domain::order::{Order, Side};
use crate::domain::time::Timestamp;

/// The newest mids, fills, gone orders, events, and all incidents; oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed {
    pub mids: Arc<VecDeque<(Timestamp, Price)>>,
    pub fills: Arc<VecDeque<(Timestamp, Fill)>>,
    pub gone: Arc<VecDeque<Order>>,
    pub events: Arc<VecDeque<Event>>,
    pub incidents: Arc<Vec<IncidentView>>,
}

impl Feed {
    /// Takes in a fact and what it did to the account.
    pub fn fact(&mut self, at: Timestamp, fact: &Fact, applied: &Applied) {
        if let Applied::OrderGone(order) = applied {
            push(&mut self.gone, (**order).clone(), RECENT_KEPT);
        }
        match fact {
            Fact::Fill(fill) if *applied != Applied::Duplicate => {
                push(&mut self.fills, (at, fill.clone()), RECENT_KEPT);
            }
            Fact::Incident(incident) => {
                let view = IncidentView { at, incident: incident.clone(), acknowledged: false, resolved: None };
                Arc::make_mut(&mut self.incidents).push(view);
            }
            Fact::Command(OperatorCommand::Acknowledge { incident }) => self.acknowledge(*incident),
            _ => {}
        }
        let Some((kind, text)) = sentence(fact) else { return };
        match fact {
            // Logged where it was numbered.
            Fact::Incident(_) => self.show(at, kind, text),
            _ => self.event(at, kind, text),
        }
    }

    /// Tells something that is not a fact.
    pub fn event(&mut self, at: Timestamp, kind: EventKind, text: String) {
        if kind == EventKind::Trouble {
            tracing::warn!("{text}");
        } else {
            tracing::info!("{text}");
        }
        self.show(at, kind, text);
    }

    fn show(&mut self, at: Timestamp, kind: EventKind, text: String) {
        push(&mut self.events, Event { at, kind, text }, RECENT_KEPT);
    }

    /// The mid after a ledger.
    pub fn mid(&mut self, at: Timestamp, mid: Price) {
        push(&mut self.mids, (at, mid), MIDS_KEPT);
    }

    /// What failed before has worked now.
    pub fn resolve(&mut self, what: Retry, at: Timestamp) {
        let is_open = |view: &IncidentView| view.incident.retry == Some(what) && view.resolved.is_none();
        if self.incidents.iter().any(is_open) {
            for view in Arc::make_mut(&mut self.incidents).iter_mut().filter(|view| is_open(view)) {
                view.resolved = Some(at);
            }
        }
    }

    fn acknowledge(&mut self, number: u32) {
        for view in Arc::make_mut(&mut self.incidents).iter_mut().filter(|view| view.incident.id == number) {
            view.acknowledged = true;
        }
    }
}

/// Puts one more in at the end; what is oldest makes room.
fn push<T: Clone>(ring: &mut Arc<VecDeque<T>>, new: T, kept: usize) {
    let ring = Arc::make_mut(ring);
    if ring.len() >= kept {
        ring.pop_front();
    }
    ring.push_back(new);
}

/// What a fact says to an operator, or nothing if it is a step that the Orders tab shows better.
fn sentence(fact: &Fact) -> Option<(EventKind, String)> {
    let told = match fact {
        Fact::Fill(fill) => fill_sentence(fill),
        Fact::Intent(Intent::Submit(spec)) => {
            let what = match spec.side {
                Side::Buy => "bid",
                Side::Sell => "ask",
            };
            (EventKind::Order, format!("{what} {} at {:.5}   order {}", spec.quantity, spec.price, spec.id))
        }
        Fact::Intent(Intent::Cancel { order, why }) => (EventKind::Order, format!("cancel {order}   {why}")),
        Fact::Order(step) => match &step.step {
            Step::Refused { code, .. } => (EventKind::Trouble, format!("order {} was refused: {code}", step.order)),
            Step::CancelFoundNothing { ledger, .. } => {
                (EventKind::Order, format!("cancel of {} touched nothing in ledger {ledger}", step.order))
            }
            Step::NeverSent => (EventKind::Order, format!("order {} was not sent: no longer wanted", step.order)),
            Step::VenueEnded => (EventKind::Order, format!("order {} ended with the venue", step.order)),
            _ => return None,
        },
        Fact::Mode(change) => (EventKind::Mode, format!("{} → {}   {}", change.from, change.to, change.why)),
        Fact::Guard(guard) => {
            let text = format!("{}: {} of {}   {}", guard.guard, guard.measured, guard.limit, guard.action);
            (EventKind::Trouble, text)
        }
        Fact::Truth(truth) => match truth.verdict {
            Verdict::Opening => {
                let held = truth.venue;
                (EventKind::Keeping, format!("holding {} XRP and {} RLUSD", held.xrp, held.rlusd))
            }
            Verdict::Ok => return None,
            Verdict::Warn | Verdict::Halt | Verdict::Unverified => {
                (EventKind::Trouble, format!("truth check: {}", verdict_words(truth.verdict)))
            }
        },
        Fact::Command(command) => (EventKind::Operator, command_words(command)),
        Fact::Incident(incident) => (EventKind::Trouble, incident.to_string()),
        Fact::Capital(capital) => {
            let text = format!("{}: {} XRP, {} RLUSD", capital.kind.as_str(), capital.xrp, capital.rlusd);
            (EventKind::Keeping, text)
        }
        Fact::EndBegun(seal) => (EventKind::Mode, format!("the end begins: {}", seal.cause.reason.in_words())),
        Fact::SessionClosed(closed) => (EventKind::Mode, format!("session closed: {}", closed.reason)),
        Fact::SessionOpened(_)
        | Fact::SessionRecovered(_)
        | Fact::Restored(_)
        | Fact::Adopted(_)
        | Fact::Backfilled(_) => return None,
    };
    Some(told)
}

fn fill_sentence(fill: &Fill) -> (EventKind, String) {
    let (kind, did) = match fill.side {
        Side::Buy => (EventKind::Bought, "bought"),
        Side::Sell => (EventKind::Sold, "sold"),
    };
    let earned = fill.spread_profit().to_decimal().round_dp(4);
    (kind, format!("{did} {} at {:.5}   {earned:+} spread   fill {}", fill.quantity, fill.price, fill.id))
}

fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Opening => "the books begin here",
        Verdict::Ok => "books and ledger agree",
        Verdict::Warn => "books and ledger differ a little",
        Verdict::Halt => "books and ledger differ by more than is bearable",
        Verdict::Unverified => "the venue did not say what we hold",
    }
}

fn command_words(command: &OperatorCommand) -> String {
    match command {
        OperatorCommand::Pause => "the operator pauses quoting".into(),
        OperatorCommand::Resume => "the operator resumes quoting".into(),
        OperatorCommand::CancelAll { orders } => format!("the operator cancels all, {} orders", orders.len()),
        OperatorCommand::Checkpoint => "the operator asks for a checkpoint".into(),
        OperatorCommand::Backup => "the operator asks for a backup".into(),
        OperatorCommand::Acknowledge { incident } => format!("incident {incident} acknowledged"),
    }
}
