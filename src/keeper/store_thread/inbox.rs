//! What waits for the store's thread, by urgency.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Job;
use crate::domain::reading::Reading;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::journal::record::Line;
use crate::keeper::LastLog;

/// Whether the store itself must vouch for lines, because the journal cannot.
#[derive(Debug)]
pub(crate) enum Vouch {
    /// The journal has them.
    No,
    /// These tickets are acknowledged by the store, with when they were handed in.
    For(Vec<(u64, Instant)>),
}

/// What is to be done next.
#[derive(Default)]
pub(crate) struct Work {
    pub(super) lines: Vec<Line>,
    pub(super) vouch: Vec<(u64, Instant)>,
    pub(super) rows: Vec<SessionId>,
    /// Sessions whose readings are to be digested, once those beside this are written.
    pub(super) digests: Vec<SessionId>,
    pub(super) checkpoints: Vec<Timestamp>,
    pub(super) jobs: Vec<Job>,
    pub(super) readings: Vec<(SessionId, Reading)>,
    pub(super) closing: bool,
}

/// Where work waits. Putting something in never blocks for longer than another one needs to do the same.
#[derive(Default)]
pub(crate) struct Inbox {
    waiting: Mutex<Waiting>,
    something: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<Line>,
    vouch: Vec<(u64, Instant)>,
    rows: Vec<SessionId>,
    digests: Vec<SessionId>,
    /// The session whose readings are complete: its digest was asked for.
    complete: Option<SessionId>,
    checkpoints: VecDeque<Timestamp>,
    jobs: VecDeque<Job>,
    readings: Vec<(SessionId, Reading)>,
    oldest_reading: Option<Instant>,
    hurried: bool,
    last_log: LastLog,
    closing: bool,
}

/// Readings wait this long for company, so that many go into one transaction.
const READINGS_WAIT: Duration = Duration::from_secs(1);
/// So many readings do not wait any longer.
const READINGS_BATCH: usize = 256;
/// More readings than this are not kept for a store that is behind.
const READINGS_KEPT: usize = 50_000;

impl Inbox {
    pub(crate) fn lines(&self, lines: Vec<Line>, vouch: Vouch) {
        self.put(|waiting| {
            waiting.lines.extend(lines);
            if let Vouch::For(tickets) = vouch {
                waiting.vouch.extend(tickets);
            }
        });
    }

    /// False if the reading was dropped, because the store is far behind.
    pub(crate) fn reading(&self, session: SessionId, reading: Reading) -> bool {
        let mut waiting = self.lock();
        if waiting.complete == Some(session) && !matches!(reading, Reading::Heartbeat(_)) {
            return true;
        }
        if waiting.readings.len() >= READINGS_KEPT {
            return false;
        }
        waiting.readings.push((session, reading));
        // The first one starts the clock; the rest keep it company without waking anybody.
        if waiting.oldest_reading.is_none() {
            waiting.oldest_reading = Some(Instant::now());
            self.something.notify_one();
        } else if waiting.readings.len() == READINGS_BATCH {
            self.something.notify_one();
        }
        true
    }

    pub(crate) fn checkpoint(&self, at: Timestamp) {
        self.put(|waiting| waiting.checkpoints.push_back(at));
    }

    pub(crate) fn row(&self, session: SessionId) {
        self.put(|waiting| waiting.rows.push(session));
    }

    pub(crate) fn digest(&self, session: SessionId) {
        self.put(|waiting| {
            waiting.digests.push(session);
            waiting.complete = Some(session);
        });
    }

    pub(crate) fn job(&self, job: Job) {
        self.put(|waiting| waiting.jobs.push_back(job));
    }

    /// From now on jobs are told to leave off; at the close the write-ahead log is dealt with like this.
    pub(crate) fn hurry(&self, last_log: LastLog) {
        self.put(|waiting| (waiting.hurried, waiting.last_log) = (true, last_log));
    }

    pub(crate) fn close(&self) {
        self.put(|waiting| waiting.closing = true);
    }

    pub(super) fn last_log(&self) -> LastLog {
        self.lock().last_log
    }

    /// Whether the keeper is being closed.
    pub(super) fn is_hurried(&self) -> bool {
        let waiting = self.lock();
        waiting.hurried || waiting.closing
    }

    /// What cannot wait until a long job is done, if there is any: all but checkpoints and other jobs.
    pub(super) fn pressing(&self) -> Option<Work> {
        let mut waiting = self.lock();
        let readings = if waiting.readings_are_due() { waiting.take_readings() } else { Vec::new() };
        let work = Work { readings, ..waiting.take_urgent() };
        (work.is_urgent() || !work.readings.is_empty()).then_some(work)
    }

    /// Waits for work, at most `retry` if that is given; then there may be none.
    pub(super) fn wait(&self, retry: Option<Duration>) -> Work {
        let until = retry.map(|retry| Instant::now() + retry);
        let mut waiting = self.lock();
        loop {
            if let Some(work) = waiting.take() {
                return work;
            }
            let readings = waiting.oldest_reading.map(|since| since + READINGS_WAIT);
            let Some(deadline) = [until, readings].into_iter().flatten().min() else {
                waiting = self.something.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            let waited = self.something.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner);
            waiting = waited.0;
            if until.is_some_and(|until| Instant::now() >= until) {
                return waiting.take().unwrap_or_default();
            }
        }
    }

    fn put(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut self.lock());
        self.something.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// The most urgent work: all lines and rows at once, then one checkpoint or job at a time, then readings.
    fn take(&mut self) -> Option<Work> {
        let readings_due = self.readings_are_due();
        if !self.has_something(readings_due) {
            return None;
        }
        let mut work = self.take_urgent();
        if work.is_urgent() && !self.closing {
            if !work.digests.is_empty() {
                work.readings = self.take_readings();
            }
            return Some(work);
        }
        work.checkpoints.extend(self.checkpoints.pop_front());
        if work.checkpoints.is_empty() {
            work.jobs.extend(self.jobs.pop_front());
        }
        // A backup is to have the readings that came before it was asked for.
        if readings_due || !work.jobs.is_empty() {
            work.readings = self.take_readings();
        }
        work.closing = self.closing && self.checkpoints.is_empty() && self.jobs.is_empty();
        Some(work)
    }

    fn take_urgent(&mut self) -> Work {
        Work {
            lines: std::mem::take(&mut self.lines),
            vouch: std::mem::take(&mut self.vouch),
            rows: std::mem::take(&mut self.rows),
            digests: std::mem::take(&mut self.digests),
            ..Work::default()
        }
    }

    fn take_readings(&mut self) -> Vec<(SessionId, Reading)> {
        self.oldest_reading = None;
        std::mem::take(&mut self.readings)
    }

    fn readings_are_due(&self) -> bool {
        self.readings.len() >= READINGS_BATCH
            || self.oldest_reading.is_some_and(|since| since.elapsed() >= READINGS_WAIT)
            || !self.digests.is_empty()
            || self.closing
    }

    fn has_something(&self, readings_due: bool) -> bool {
        let questions = !self.rows.is_empty() || !self.digests.is_empty();
        let urgent = !self.lines.is_empty() || !self.vouch.is_empty() || questions;
        let ordinary = !self.checkpoints.is_empty() || !self.jobs.is_empty();
        urgent || ordinary || self.closing || (readings_due && !self.readings.is_empty())
    }
}

impl Work {
    fn is_urgent(&self) -> bool {
        let questions = !self.rows.is_empty() || !self.digests.is_empty();
        !self.lines.is_empty() || !self.vouch.is_empty() || questions
    }
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heartbeat(second: i64) -> Reading {
        Reading::Heartbeat(Timestamp::from_millis(second * 1_000))
    }

    #[test]
    fn facts_and_rows_go_before_checkpoints_and_readings() {
        let inbox = Inbox::default();
        inbox.checkpoint(Timestamp::default());
        inbox.row(SessionId(1));
        let first = inbox.wait(None);
        assert_eq!((first.rows.len(), first.checkpoints.len()), (1, 0));
        assert_eq!(inbox.wait(None).checkpoints.len(), 1);
    }

    #[test]
    fn a_long_job_is_left_for_facts_and_rows_and_not_for_checkpoints() {
        let inbox = Inbox::default();
        inbox.checkpoint(Timestamp::default());
        inbox.job(Box::new(|_| {}));
        assert!(inbox.pressing().is_none());
        inbox.row(SessionId(1));
        let pressing = inbox.pressing().unwrap();
        assert_eq!((pressing.rows.len(), pressing.checkpoints.len(), pressing.jobs.len()), (1, 0, 0));
        assert!(!inbox.is_hurried());
        inbox.hurry(LastLog::Emptied);
        assert!(inbox.is_hurried());
    }

    #[test]
    fn a_digest_takes_the_readings_before_it_along_and_ends_them() {
        let inbox = Inbox::default();
        let book = |ledger| {
            let (bids, asks) = (Vec::new(), Vec::new());
            Reading::Market(crate::domain::market::Book { ledger, at: Timestamp::default(), bids, asks })
        };
        assert!(inbox.reading(SessionId(1), book(1)));
        inbox.digest(SessionId(1));
        let work = inbox.wait(None);
        assert_eq!((work.digests.as_slice(), work.readings.len()), (&[SessionId(1)][..], 1));
        assert!(inbox.reading(SessionId(1), book(2)) && inbox.reading(SessionId(1), heartbeat(3)));
        inbox.close();
        assert_eq!(inbox.wait(None).readings, [(SessionId(1), heartbeat(3))]);
    }

    #[test]
    fn a_full_batch_of_readings_does_not_wait() {
        let inbox = Inbox::default();
        for second in 0..256 {
            assert!(inbox.reading(SessionId(1), heartbeat(second)));
        }
        assert_eq!(inbox.wait(None).readings.len(), 256);
    }

    #[test]
    fn readings_for_a_store_that_is_far_behind_are_dropped_and_said_to_be() {
        let inbox = Inbox::default();
        let taken = (0..60_000).filter(|&second| inbox.reading(SessionId(1), heartbeat(second))).count();
        assert_eq!(taken, READINGS_KEPT);
    }

    #[test]
    fn closing_comes_after_every_job_and_takes_the_readings_along() {
        let inbox = Inbox::default();
        inbox.job(Box::new(|_| {}));
        inbox.job(Box::new(|_| {}));
        assert!(inbox.reading(SessionId(1), heartbeat(1)));
        inbox.close();
        let (first, second) = (inbox.wait(None), inbox.wait(None));
        assert!(!first.closing && second.closing);
        assert_eq!(first.readings.len() + second.readings.len(), 1);
    }
}
