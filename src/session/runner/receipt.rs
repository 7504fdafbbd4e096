//! What is left of the session when the runner is done.

use super::Runner;
use super::end::Ending;
use crate::domain::fact::SessionClosed;
use crate::domain::halt::{Cause, HaltReason};
use crate::domain::session::Status;
use crate::session::phase::Phase;
use crate::session::receipt::{Head, Kept, Receipt, Verification};
use crate::session::view::IncidentView;

impl Runner {
    /// The receipt, whatever became of the session.
    pub(super) fn receipt(&mut self) -> Receipt {
        let now = self.clock.now();
        let Some(ending) = &self.ending else { return self.unclosed_receipt(None) };
        let Some((ended_at, closed)) = &ending.closed else { return self.unclosed_receipt(Some(ending)) };
        let mut receipt = Receipt::of_closed(&self.identity, *ended_at, closed);
        receipt.causes = ending.causes.all().to_vec();
        receipt.failures.clone_from(&ending.failures);
        receipt.left_out = ending.left_out().to_vec();
        receipt.phases = ending.took();
        receipt.checkpoint = kept(ending.checkpoint.as_ref().map(Kept::from), Phase::Checkpoint, ending);
        receipt.backup = kept(ending.backup.as_ref().map(Kept::from), Phase::Backup, ending);
        receipt.totals.incidents = self.books.account.totals(now).incidents;
        receipt.verification = self.verification(ending);
        if !self.books.is_on_disk(ending.awaited) {
            // Written down and not kept, or not yet: no file says that it is closed.
            receipt.status = Status::Closing;
        }
        self.fill_in(receipt)
    }

    fn verification(&self, ending: &Ending) -> Verification {
        let mut what = Vec::new();
        if let Some(why) = &self.books.lost {
            what.push(format!("the close is not known to be on disk: {why}"));
        } else if !self.books.is_on_disk(ending.awaited) {
            what.push("the close is not known to be on disk".to_owned());
        }
        match &ending.row_verified {
            Some(Ok(())) => {}
            Some(Err(why)) => what.push(format!("the row in the store: {why}")),
            None => what.push("the row in the store was not read back".to_owned()),
        }
        if what.is_empty() { Verification::Verified } else { Verification::NotVerified { what } }
    }

    /// A session that could not even write its end: the next start does.
    fn unclosed_receipt(&self, ending: Option<&Ending>) -> Receipt {
        let at = self.books.account.last_fact_at().unwrap_or(self.identity.started_at);
        let nameless = Cause { reason: HaltReason::UnexpectedHalt, detail: String::new(), at };
        let causes = ending.map_or_else(|| vec![nameless], |ending| ending.causes.all().to_vec());
        let closed = SessionClosed {
            reason: ending.map_or(HaltReason::UnexpectedHalt, |ending| ending.causes.reason()),
            causes,
            totals: self.books.account.totals(at),
            residual: None,
            unproven: self.books.account.open_orders().keys().copied().collect(),
            venue_ended: Vec::new(),
            failures: ending.map(|ending| ending.failures.clone()).unwrap_or_default(),
            readings: None,
        };
        let mut receipt = Receipt::of_closed(&self.identity, at, &closed);
        receipt.status = Status::Closing;
        receipt.verification =
            Verification::NotVerified { what: vec!["the session is not closed; the next start closes it".to_owned()] };
        self.fill_in(receipt)
    }

    fn fill_in(&self, mut receipt: Receipt) -> Receipt {
        let title = |view: &IncidentView| match view.resolved {
            Some(_) => format!("{} (it has worked since)", view.incident.title),
            None => view.incident.title.clone(),
        };
        receipt.incidents = self.books.feed.incidents.iter().map(title).collect();
        receipt.head = self.door.health().journal.head.map(|(n, hash)| Head { n, hash });
        receipt
    }
}

/// What is known of a phase: its outcome, or that it was left out.
fn kept(outcome: Option<Kept>, phase: Phase, ending: &Ending) -> Option<Kept> {
    outcome.or_else(|| ending.left_out().contains(&phase).then_some(Kept::LeftOut))
}
