//! Truth checks: what the ledger says we hold against what our books say.
//!
//! An answer is comparable if it is about the newest ledger that we know: a venue tells everything that happened in a
//! ledger before it answers for it. Any difference warns, because ours are exact; one above the limits degrades.

use std::time::Duration;

use crate::domain::fact::{Fact, TruthCheck, Verdict};
use crate::domain::incident::{Incident, Severity, Source};
use crate::domain::inventory::Inventory;
use crate::domain::mode::Mode;
use crate::domain::time::Timestamp;
use crate::domain::venue::Request;

use super::mode::{Ask, Trouble};
use super::settings::Limits;
use super::state::State;

/// A question that is not answered for longer counts as unverified, and is asked again.
const UNANSWERED: Duration = Duration::from_secs(15);
/// Unverified checks in a row that degrade.
const UNVERIFIED_LIMIT: u32 = 3;

/// Where the checking stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    asked_at: Option<Timestamp>,
    answered_at: Option<Timestamp>,
    /// How many books had come at the newest answer.
    answered_at_news: u64,
    /// Checks in a row that proved nothing.
    unverified: u32,
    /// The first answer, while there is no mid to value it at, and its ledger.
    opening: Option<(Inventory, u32)>,
    /// The newest comparable difference, ledger less books, and when.
    pub residual: Option<(Inventory, Timestamp)>,
}

impl Truth {
    /// What was asked before may be answered from before: ask again at once.
    pub fn ask_anew(&mut self) {
        self.asked_at = None;
        self.answered_at = None;
    }
}

impl State {
    /// Asks when it is time to, and notices when nobody answers.
    pub(super) fn keep_truth(&mut self) {
        if self.mode() == Mode::Halted {
            return;
        }
        let now = self.moment();
        match self.truth.asked_at {
            Some(asked) if now.since(asked) > UNANSWERED => {
                self.count_unverified("the venue did not say what we hold");
                self.ask_balances(now);
            }
            None if self.is_truth_due(now) => self.ask_balances(now),
            Some(_) | None => {}
        }
    }

    fn is_truth_due(&self, now: Timestamp) -> bool {
        let Some(answered) = self.truth.answered_at else { return true };
        // In trouble every fresh book is a chance to prove that we are right.
        let chance = match self.mode() {
            // On a full disk every check would take room that the end needs.
            Mode::Degraded => self.modes.can_be_proven(),
            // Once the last order is gone the books are proven at once, so that an end has nothing left to ask.
            Mode::Paused | Mode::Idle => self.account.open_orders().is_empty() && !self.are_books_proven(),
            Mode::Starting | Mode::Quoting | Mode::Halted => false,
        };
        (chance && self.market.news > self.truth.answered_at_news)
            || now.since(answered) >= self.settings.limits.truth_check()
    }

    /// Whether nothing has changed what we hold since the venue last said the same.
    fn are_books_proven(&self) -> bool {
        self.account.last_truth().is_some_and(|truth| Some(truth.venue) == self.held())
    }

    fn ask_balances(&mut self, now: Timestamp) {
        self.truth.asked_at = Some(now);
        self.request(Request::Balances);
    }

    /// The venue said what we hold.
    pub(super) fn on_balances(&mut self, venue: Inventory, ledger: u32) {
        self.truth.asked_at = None;
        self.truth.answered_at = self.now;
        self.truth.answered_at_news = self.market.news;
        let Some((books, mid)) = self.held().zip(self.market.mid) else {
            self.truth.opening = Some((venue, ledger));
            return self.try_to_open();
        };
        let is_newest = self.market.ledger.is_none_or(|(newest, _)| newest == ledger);
        let verdict = if is_newest { verdict(&self.settings.limits, venue, books) } else { Verdict::Unverified };
        self.record(Fact::Truth(TruthCheck { venue, books, ledger, mid, verdict }));
        let residual = venue.changed_by(-books.xrp, -books.rlusd);
        match verdict {
            Verdict::Unverified => {
                self.truth.answered_at = None;
                self.count_unverified("the venue's answer was about an older ledger");
            }
            Verdict::Opening | Verdict::Ok => self.on_verified(residual),
            Verdict::Warn => {
                self.tell_difference(residual, Severity::Warning);
                self.on_compared(residual);
            }
            Verdict::Halt => {
                self.tell_difference(residual, Severity::Error);
                self.on_compared(residual);
                let why =
                    format!("the ledger differs from the books by {} XRP and {} RLUSD", residual.xrp, residual.rlusd);
                self.ask(Ask::Degrade { trouble: Trouble::Truth, news: self.market.news }, why);
            }
        }
    }

    /// The first answer becomes the start of the books as soon as there is a mid to value it at.
    pub(super) fn try_to_open(&mut self) {
        let Some(((venue, ledger), mid)) = self.truth.opening.zip(self.market.mid) else { return };
        self.truth.opening = None;
        if self.held().is_some() {
            return;
        }
        self.record(Fact::Truth(TruthCheck { venue, books: venue, ledger, mid, verdict: Verdict::Opening }));
        self.guards.value_changed();
        self.ask(Ask::Ready, "the market and what we hold are known".to_owned());
        self.on_verified(Inventory::default());
    }

    fn on_compared(&mut self, residual: Inventory) {
        self.truth.unverified = 0;
        self.truth.residual = Some((residual, self.moment()));
    }

    /// A clean check proves us right, if the market was heard of since the trouble began.
    fn on_verified(&mut self, residual: Inventory) {
        self.on_compared(residual);
        let fresh = self.market_age().is_some_and(|age| age <= self.settings.limits.stale_market());
        if fresh && self.modes.news_since_trouble(self.market.news) {
            self.ask(Ask::Proven, "the market is fresh, and books and ledger agree".to_owned());
        }
    }

    fn count_unverified(&mut self, what: &str) {
        self.truth.unverified += 1;
        if self.truth.unverified != UNVERIFIED_LIMIT || self.mode() == Mode::Halted {
            return;
        }
        self.report(Incident {
            id: 0,
            severity: Severity::Error,
            source: Source::Venue,
            title: "What we hold is unverified".to_owned(),
            tried: "to compare the books with what the venue says we hold".to_owned(),
            happened: format!("{what}, {UNVERIFIED_LIMIT} times in a row"),
            means: "a fill may have been missed; nothing is known to be wrong".to_owned(),
            done: "stopped quoting, asks again; resumes after a clean check".to_owned(),
            you_can: "look whether the venue can be reached".to_owned(),
            retry: None,
        });
        let why = format!("{what}, {UNVERIFIED_LIMIT} times in a row");
        self.ask(Ask::Degrade { trouble: Trouble::Truth, news: self.market.news }, why);
    }

    /// The same difference is told once.
    fn tell_difference(&mut self, residual: Inventory, severity: Severity) {
        if self.truth.residual.is_some_and(|(told, _)| told == residual) {
            return;
        }
        let (means, done) = match severity {
            Severity::Error => {
                ("the books cannot be trusted", "stopped quoting; degraded until they agree, then resumes")
            }
            _ => ("a fill, a fee or a payment is not in the books", "goes on quoting, and compares again"),
        };
        self.report(Incident {
            id: 0,
            severity,
            source: Source::Engine,
            title: "Books and ledger differ".to_owned(),
            tried: "to compare the books with what the venue says we hold".to_owned(),
            happened: format!("the ledger has {} XRP and {} RLUSD more than the books", residual.xrp, residual.rlusd),
            means: means.to_owned(),
            done: done.to_owned(),
            you_can: "look for a payment that was made by other means".to_owned(),
            retry: None,
        });
    }
}

/// What follows from a comparable difference.
fn verdict(limits: &Limits, venue: Inventory, books: Inventory) -> Verdict {
    let residual = venue.changed_by(-books.xrp, -books.rlusd);
    if residual == Inventory::default() {
        Verdict::Ok
    } else if residual.xrp.abs() >= limits.truth_halt_xrp || residual.rlusd.abs() >= limits.truth_halt_rlusd {
        Verdict::Halt
    } else {
        Verdict::Warn
    }
}
