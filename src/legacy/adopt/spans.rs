//! Which session a moment belongs to: each lasts from its start to the next one's at the most, and shows signs of life for
//! a while.

use std::time::Duration;

use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

/// So long after a session's last sign of life something without a session is still taken for its own: two slow ticks.
const AFTERLIFE: Duration = Duration::from_secs(15);

/// Sessions in the order of their starts.
#[derive(Debug, Default)]
pub struct Spans {
    spans: Vec<Span>,
}

#[derive(Debug)]
struct Span {
    session: SessionId,
    start: Timestamp,
    last_sign: Timestamp,
}

impl Spans {
    pub(in crate::legacy) fn new(starts: impl IntoIterator<Item = (SessionId, Timestamp)>) -> Self {
        let spans = starts.into_iter().map(|(session, start)| Span { session, start, last_sign: start });
        let mut spans: Vec<Span> = spans.collect();
        spans.sort_by_key(|span| (span.start, span.session));
        Self { spans }
    }

    /// The session that was the newest at that moment; `None` before the first, and where two began together.
    pub(in crate::legacy) fn newest_at(&self, at: Timestamp) -> Option<SessionId> {
        self.place(at).map(|place| self.spans[place].session)
    }

    /// The session that something without one belongs to, if that is beyond doubt.
    pub(super) fn surely_at(&self, at: Timestamp) -> Option<SessionId> {
        let span = &self.spans[self.place(at)?];
        (at <= span.last_sign + AFTERLIFE).then_some(span.session)
    }

    /// Notes that the newest session of that moment was alive.
    pub(super) fn sign_of_life(&mut self, at: Timestamp) {
        if let Some(place) = self.place(at) {
            let span = &mut self.spans[place];
            span.last_sign = span.last_sign.max(at);
        }
    }

    /// When a session began, and when the next one did.
    pub(in crate::legacy) fn of(&self, session: SessionId) -> Option<(Timestamp, Option<Timestamp>)> {
        let span = self.spans.iter().find(|span| span.session == session)?;
        let next = self.spans.iter().map(|other| other.start).find(|start| *start > span.start);
        Some((span.start, next))
    }

    /// The session that began at that second.
    pub(in crate::legacy) fn begun_at(&self, second: Timestamp) -> Option<SessionId> {
        let found = self.spans.iter().find(|span| span.start.as_millis() / 1_000 == second.as_millis() / 1_000);
        found.map(|span| span.session)
    }

    pub(super) fn knows(&self, session: SessionId) -> bool {
        self.spans.iter().any(|span| span.session == session)
    }

    fn place(&self, at: Timestamp) -> Option<usize> {
        let place = self.spans.partition_point(|span| span.start <= at).checked_sub(1)?;
        let twin = place.checked_sub(1).is_some_and(|before| self.spans[before].start == self.spans[place].start);
        (!twin).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn what_came_long_after_the_last_sign_of_life_belongs_to_nobody() {
        let mut spans = Spans::new([(SessionId(2), at(100)), (SessionId(1), at(0))]);
        spans.sign_of_life(at(40));
        for (seconds, session) in
            [(-1, None), (0, Some(1)), (55, Some(1)), (56, None), (100, Some(2)), (115, Some(2)), (116, None)]
        {
            assert_eq!(spans.surely_at(at(seconds)), session.map(SessionId), "{seconds}");
        }
        assert_eq!(spans.newest_at(at(56)), Some(SessionId(1)));
        assert_eq!(spans.of(SessionId(1)), Some((at(0), Some(at(100)))));
    }

    #[test]
    fn of_two_sessions_that_began_together_neither_is_sure() {
        let spans = Spans::new([(SessionId(1), at(0)), (SessionId(2), at(0))]);
        assert_eq!((spans.newest_at(at(5)), spans.surely_at(at(0))), (None, None));
    }
}
