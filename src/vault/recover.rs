//! Sessions that nobody closed, closed at the next start: from their facts and their last signs of life, and with no
//! question to anybody.

use std::fmt;

use crate::domain::account::Account;
use crate::domain::fact::{Fact, OrderStep, SessionRecovered, Step};
use crate::domain::halt::HaltReason;
use crate::domain::order::OrderStatus;
use crate::domain::session::{EndedAtSource, SessionId};
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueKind;
use crate::journal::record::Entry;
use crate::store::{Ask, LeftOpen, StoreError};

/// The last signs of a session's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignsOfLife {
    /// Its newest fact; its start, if not one of them can be read.
    pub fact: Timestamp,
    /// Its newest heartbeat that reached the store.
    pub heartbeat: Option<Timestamp>,
    /// Its newest other reading.
    pub reading: Option<Timestamp>,
}

/// What becomes of one session, before it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The ends of its orders that are proven by the end of their venue; they are recorded first.
    pub ends: Vec<OrderStep>,
    /// Its own end.
    pub recovered: SessionRecovered,
}

/// A session that was recovered, in words for the screen and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Which.
    pub session: SessionId,
    /// From how many lines of the journal.
    pub lines: u64,
    /// Lines of it that could not be read.
    pub unread: Vec<String>,
    /// What was found out.
    pub recovered: SessionRecovered,
    /// What is to be written into the journal, in this order.
    pub entries: Vec<Entry>,
}

/// Decides how a session ended that did not say so itself.
///
/// A sealed one keeps its cause, and the journal itself says until when it lived. Another one lived until its latest
/// sign of life. Where the venue ended with us, so did every order; elsewhere each order that may rest is unproven.
pub fn judge(account: &Account, signs: SignsOfLife, venue: Option<VenueKind>) -> Verdict {
    let sealed = account.sealed().map(|(_, seal)| seal.cause.clone());
    let (ended_at, source) = if sealed.is_some() { (signs.fact, EndedAtSource::Journal) } else { signs.latest() };
    let ends_with_us = venue.is_some_and(VenueKind::ends_with_us);
    let mut ends = Vec::new();
    let (mut unproven, mut venue_ended) = (Vec::new(), Vec::new());
    for (&order, kept) in account.open_orders() {
        match (ends_with_us, kept.status) {
            (false, _) => unproven.push(order),
            (true, OrderStatus::Intended) => ends.push(OrderStep { order, step: Step::NeverSent }),
            (true, _) => {
                ends.push(OrderStep { order, step: Step::VenueEnded });
                venue_ended.push(order);
            }
        }
    }
    let recovered = SessionRecovered {
        reason: sealed.as_ref().map_or(HaltReason::RecoveredCrash, |cause| cause.reason),
        causes: sealed.into_iter().collect(),
        ended_at,
        source,
        totals: account.totals(ended_at),
        unproven,
        venue_ended,
    };
    Verdict { ends, recovered }
}

/// Finds out about every session that is still open in the store, oldest first, and what is to be written about each.
/// `now` is when it is written down; the orders' ends bear the time of the session's own.
pub fn left_open(ask: Ask<'_>, now: Timestamp) -> Result<Vec<Recovery>, StoreError> {
    ask.open_sessions()?.into_iter().map(|left| recovery(ask, &left, now)).collect()
}

fn recovery(ask: Ask<'_>, left: &LeftOpen, now: Timestamp) -> Result<Recovery, StoreError> {
    let replay = ask.replay(left.session)?;
    let signs = SignsOfLife {
        fact: replay.account.last_fact_at().unwrap_or(left.started_at),
        heartbeat: left.last_heartbeat_at,
        reading: left.last_reading_at,
    };
    let venue = replay.account.opened().map(|(_, opened)| opened.venue);
    let Verdict { ends, recovered } = judge(&replay.account, signs, venue);
    let entry = |at, fact| Entry { at, session: Some(left.session), fact };
    let mut entries: Vec<Entry> = ends.into_iter().map(|end| entry(recovered.ended_at, Fact::Order(end))).collect();
    entries.push(entry(now, Fact::SessionRecovered(Box::new(recovered.clone()))));
    Ok(Recovery { session: left.session, lines: replay.lines, unread: replay.unread, recovered, entries })
}

impl SignsOfLife {
    /// The latest of them, and what it is. A fact wins over a reading of the same moment: it is proven.
    fn latest(self) -> (Timestamp, EndedAtSource) {
        let mut latest = (self.fact, EndedAtSource::Journal);
        for (sign, source) in [(self.heartbeat, EndedAtSource::Heartbeat), (self.reading, EndedAtSource::Evidence)] {
            if let Some(at) = sign.filter(|&at| at > latest.0) {
                latest = (at, source);
            }
        }
        latest
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = &self.recovered;
        write!(
            f,
            "session {} was never closed; it is closed now as RECOVERED from {} journal lines: ended at {} (source {}) by {}",
            self.session,
            self.lines,
            found.ended_at,
            found.source,
            found.reason.in_words()
        )?;
        match &found.totals.ending {
            Some(held) => write!(f, "; it held {} XRP and {} RLUSD, worth {}", held.xrp, held.rlusd, held.value)?,
            None => f.write_str("; what it held was never known")?,
        }
        if !found.venue_ended.is_empty() {
            write!(f, "; orders that ended with the venue: {}", list(&found.venue_ended))?;
        }
        if !found.unproven.is_empty() {
            write!(f, "; orders that may still rest, look at the venue: {}", list(&found.unproven))?;
        }
        if !self.unread.is_empty() {
            write!(f, "; {} lines could not be read, run `neo verify {}`", self.unread.len(), self.session)?;
        }
        Ok(())
    }
}

fn list<T: fmt::Display>(orders: &[T]) -> String {
    orders.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::Reading;
    use crate::store::Store;
    use crate::store::story::{Story, at, line, order};

    fn signs(fact: i64, heartbeat: Option<i64>, reading: Option<i64>) -> SignsOfLife {
        SignsOfLife { fact: at(fact), heartbeat: heartbeat.map(at), reading: reading.map(at) }
    }

    fn running() -> Account {
        Story::of_an_open_session(1).account(SessionId(1))
    }

    #[test]
    fn a_session_that_crashed_lived_until_its_latest_sign_of_life() {
        for (found, ended_at, source) in [
            (signs(9, None, None), at(9), EndedAtSource::Journal),
            (signs(9, Some(9), Some(9)), at(9), EndedAtSource::Journal),
            (signs(9, Some(12), Some(11)), at(12), EndedAtSource::Heartbeat),
            (signs(9, Some(10), Some(11)), at(11), EndedAtSource::Evidence),
        ] {
            let recovered = judge(&running(), found, Some(VenueKind::Paper)).recovered;
            assert_eq!((recovered.ended_at, recovered.source), (ended_at, source));
            assert_eq!(recovered.reason, HaltReason::RecoveredCrash);
            assert!(recovered.causes.is_empty());
        }
    }

    #[test]
    fn a_sealed_session_keeps_its_cause_and_the_journals_time() {
        let mut tale = Story::of_an_open_session(1);
        tale.seal(HaltReason::TerminalClosed);
        let account = tale.account(SessionId(1));
        let recovered = judge(&account, signs(9, Some(12), None), Some(VenueKind::Paper)).recovered;
        assert_eq!((recovered.reason, recovered.source), (HaltReason::TerminalClosed, EndedAtSource::Journal));
        assert_eq!((recovered.ended_at, recovered.causes.len()), (at(9), 1));
        assert_eq!(recovered.totals.ending, account.holding());
    }

    #[test]
    fn orders_of_a_venue_that_ended_with_us_are_proven_gone_and_others_are_not() {
        let paper = judge(&running(), signs(9, None, None), Some(VenueKind::Paper));
        let ends: Vec<(u32, Step)> = paper.ends.into_iter().map(|end| (end.order.number, end.step)).collect();
        assert_eq!(ends, [(4, Step::VenueEnded), (5, Step::NeverSent)]);
        assert_eq!(paper.recovered.venue_ended, [order(1, 4)]);
        assert!(paper.recovered.unproven.is_empty());
        // Where nobody knows the venue, nothing is proven: an intent may have been sent before it could be said.
        let unknown = judge(&running(), signs(9, None, None), None);
        assert!(unknown.ends.is_empty());
        assert_eq!(unknown.recovered.unproven, [order(1, 4), order(1, 5)]);
    }

    #[test]
    fn the_next_start_closes_what_was_left_open_and_finds_nothing_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("s.db")).unwrap();
        let mut tale = Story::of_a_day(1);
        tale.facts.extend(Story::of_an_open_session(2).facts);
        let mut lines = tale.lines();
        store.project(&lines).unwrap();
        let heartbeat = at(90_000);
        store.write_readings(SessionId(2), &[Reading::Heartbeat(heartbeat)]).unwrap();
        let recoveries = left_open(store.ask().unwrap(), at(99_000)).unwrap();
        let [recovery] = recoveries.as_slice() else { panic!("one session was left open: {recoveries:?}") };
        assert!(recovery.to_string().contains("session 2 was never closed"), "{recovery}");
        assert!(recovery.to_string().contains("orders that ended with the venue: 2-4"), "{recovery}");
        for Entry { at, session, fact } in recovery.entries.clone() {
            let (n, prev) = (lines.len() as u64, lines.last().unwrap().hash);
            lines.push(line(n, prev, at, session.unwrap(), fact.kind(), &fact.to_json_fields()));
        }
        assert!(store.project(&lines).unwrap().undigested.is_empty());
        assert!(left_open(store.ask().unwrap(), at(99_001)).unwrap().is_empty());
        let detail = store.ask().unwrap().session_detail(SessionId(2)).unwrap().unwrap();
        assert_eq!(
            (detail.row.status.as_str(), detail.row.ended_at_source.as_deref()),
            ("RECOVERED", Some("heartbeat"))
        );
        assert_eq!(detail.row.ended_at, Some(heartbeat.to_string()));
        assert_eq!(detail.row.ending_xrp, tale.account(SessionId(2)).inventory().map(|held| held.xrp.to_string()));
        assert_eq!(detail.doubts, Vec::<String>::new());
        let resting = "SELECT id FROM orders WHERE status IN ('INTENDED', 'SENT', 'RESTING', 'PARTIALLY_FILLED')";
        assert!(crate::store::query::query(store.path(), resting).unwrap().rows.is_empty());
    }
}
