//! Showing the session to whoever looks, without ever waiting for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Runner;
use super::end::Ending;
use crate::session::service::Stage;
use crate::session::view::{Pulse, SessionView, ThreadView};

/// Views are not made more often than anybody could see them.
const APART: Duration = Duration::from_millis(25);

impl Runner {
    /// If anything has changed: publishes a view now, or soon if the last one was made just before.
    pub(super) fn publish(&mut self) {
        if !self.changed {
            return;
        }
        if self.published.elapsed() >= APART {
            self.publish_now();
        } else if self.publish_at.is_none() {
            self.publish_at = Some(self.published + APART);
        }
    }

    pub(super) fn publish_now(&mut self) {
        self.changed = false;
        self.publish_at = None;
        self.published = Instant::now();
        if self.views.is_closed() {
            return;
        }
        let view = self.view();
        self.views.send_replace(Some(Arc::new(view)));
    }

    /// Tells whoever manages us as a service, with each turn and from nowhere else: if we hang, it must miss us.
    pub(super) fn tell_service_manager(&mut self) {
        if !self.service.is_heard() {
            return;
        }
        let session = self.identity.session;
        let (stage, status) = if let Some(ending) = &self.ending {
            let (phase, reason) = (ending.plan.current(), ending.causes.reason().in_words());
            (Stage::Stopping, format!("closing: {phase}; session {session}, ended by {reason}"))
        } else {
            let stage = if self.books.is_begun() { Stage::Ready } else { Stage::Starting };
            (stage, format!("{}: {}; session {session}", self.state.mode(), self.state.mode_why()))
        };
        self.service.turned(stage, &status);
    }

    fn view(&mut self) -> SessionView {
        let now = self.clock.now();
        let pending = self.pending();
        let feed = &self.books.feed;
        SessionView {
            now,
            taken: self.published,
            identity: Arc::clone(&self.identity),
            engine: Arc::new(self.state.snapshot(now)),
            keeper: Arc::new(self.door.health()),
            mids: Arc::clone(&feed.mids),
            fills: Arc::clone(&feed.fills),
            gone: Arc::clone(&feed.gone),
            events: Arc::clone(&feed.events),
            incidents: Arc::clone(&feed.incidents),
            pending,
            threads: self.threads(),
            end: self.ending.as_ref().map(Ending::view),
        }
    }

    fn threads(&self) -> Vec<ThreadView> {
        let works = [
            ("runner", "feeds the engine, carries out its effects"),
            ("journal", "appends, syncs, acknowledges"),
            ("store", "projects facts, writes readings, checkpoints"),
        ];
        works
            .into_iter()
            .map(|(name, work)| {
                let dead = self.dead_threads.iter().find(|(dead, _)| *dead == name);
                let dead = dead.map(|(_, why)| (Pulse::Dead, why.clone()));
                let (pulse, doing) =
                    dead.or_else(|| self.threads.stalled(name)).unwrap_or_else(|| (Pulse::Moves, work.to_owned()));
                ThreadView { name, pulse, doing }
            })
            .collect()
    }
}
