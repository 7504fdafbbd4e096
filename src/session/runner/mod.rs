//! The runner: feeds the engine, carries out its effects in order, and brings the session to its end.
//!
//! The only impure part around the engine. It owns the session's clock, its venue and its books, and is driven by three
//! things: what the keeper tells, what is asked from outside, and time. It never waits for a terminal.

mod backup;
mod books;
mod close;
mod controls;
mod end;
mod gone;
mod offer;
mod phases;
mod publish;
mod readings;
mod receipt;
mod space;
mod stall;
mod touched;
mod trouble;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use super::clock::Clock;
use super::control::Control;
use super::receipt::Receipt;
use super::service::Service;
use super::view::{Identity, Pending, SessionView};
use crate::beat::Beat;
use crate::disk::place::Place;
use crate::disk::{Disk, faults};
use crate::domain::fact::{Fact, SessionOpened};
use crate::domain::halt::HaltReason;
use crate::domain::incident::{Incident, panic_words};
use crate::domain::reading::{Reading, Valuation};
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueEvent;
use crate::engine::{self, Effect, Input};
use crate::keeper::{self, Door, News};
use crate::venue::Venue;
use backup::Backups;
use books::Books;
use end::Ending;
use stall::Threads;
use touched::CloseLooks;

/// All that a session needs to begin.
pub struct Setup {
    /// Who and where.
    pub identity: Identity,
    /// Its first fact.
    pub opened: SessionOpened,
    /// Its clock.
    pub clock: Clock,
    /// How the engine decides.
    pub engine: engine::settings::Settings,
    /// How often to keep.
    pub keeping: keeper::settings::Settings,
    /// Where it trades.
    pub venue: Box<dyn Venue>,
    /// The way in to the keeper.
    pub door: Door,
    /// What the keeper tells …
    pub news: UnboundedReceiver<News>,
    /// … and how a job on the store's thread tells it, too.
    pub tell: UnboundedSender<News>,
    /// What is asked from outside.
    pub controls: UnboundedReceiver<Control>,
    /// Where the session can be seen.
    pub views: watch::Sender<Option<Arc<SessionView>>>,
    /// Whoever manages us as a service.
    pub service: Service,
    /// The disk that its files lie on …
    pub disk: Arc<dyn Disk>,
    /// … and where on it.
    pub place: Place,
    /// What the start already has to tell.
    pub incidents: Vec<Incident>,
}

/// A session at work.
pub struct Runner {
    identity: Arc<Identity>,
    settings: engine::settings::Settings,
    keeping: keeper::settings::Settings,
    clock: Clock,
    state: engine::State,
    engine_panics: u32,
    venue: Box<dyn Venue>,
    door: Door,
    news: UnboundedReceiver<News>,
    tell: UnboundedSender<News>,
    controls: UnboundedReceiver<Control>,
    views: watch::Sender<Option<Arc<SessionView>>>,
    service: Service,
    disk: Arc<dyn Disk>,
    place: Place,
    backups: Backups,
    close_looks: CloseLooks,
    books: Books,
    next_tick: Timestamp,
    next_heartbeat: Timestamp,
    next_checkpoint: Instant,
    ends_at: Option<Timestamp>,
    pending: Vec<Pending>,
    cancelling: Vec<crate::domain::order::OrderId>,
    dead_threads: Vec<(&'static str, String)>,
    threads: Threads,
    /// Our own, for who looks whether we turn.
    beat: Arc<Beat>,
    /// Whether something has changed that a view would show.
    changed: bool,
    /// Since when the disk is full; `None` while it is not.
    full_since: Option<Instant>,
    publish_at: Option<Instant>,
    published: Instant,
    ending: Option<Ending>,
    over: bool,
}

/// Runs `work` to its end, or to its panic, whose words it answers.
async fn caught(work: impl Future<Output = ()>) -> Result<(), String> {
    let mut work = pin!(work);
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic_words(&*panic))),
    })
    .await
}

/// The runner may panic this often and still close its session; after that the next start closes it.
const PANICS_BORNE: u32 = 3;

impl Runner {
    /// A session that has not begun.
    pub fn new(setup: Setup) -> Self {
        let mut clock = setup.clock;
        let now = clock.now();
        let session = setup.identity.session;
        let mut runner = Self {
            ends_at: setup.identity.duration.map(|duration| now + duration),
            identity: Arc::new(setup.identity),
            state: engine::State::new(setup.engine.clone(), session),
            settings: setup.engine,
            clock,
            engine_panics: 0,
            venue: setup.venue,
            books: Books::new(session, setup.door.clone()),
            door: setup.door,
            news: setup.news,
            tell: setup.tell,
            controls: setup.controls,
            views: setup.views,
            service: setup.service,
            disk: setup.disk,
            place: setup.place,
            close_looks: CloseLooks::new(),
            backups: Backups::every(setup.keeping.backup_every_s),
            keeping: setup.keeping,
            next_tick: now,
            next_heartbeat: now,
            next_checkpoint: Instant::now(),
            pending: Vec::new(),
            cancelling: Vec::new(),
            dead_threads: Vec::new(),
            threads: Threads::new(),
            beat: Arc::default(),
            changed: true,
            full_since: None,
            publish_at: None,
            published: Instant::now(),
            ending: None,
            over: false,
        };
        runner.next_checkpoint += runner.checkpoint_interval();
        runner.books.write(now, Fact::SessionOpened(Box::new(setup.opened)));
        for incident in setup.incidents {
            runner.books.incident(now, incident);
        }
        runner.books.hand_in();
        runner
    }

    /// The runner's beat: it turns at least every [`crate::beat::LOOK`] while a session runs.
    pub fn beat(&self) -> Arc<Beat> {
        Arc::clone(&self.beat)
    }

    /// Runs the session to its end, whatever happens on the way.
    pub async fn run(mut self) -> Receipt {
        let mut panics = 0;
        self.publish_now();
        self.has_turned();
        while !self.over {
            let outcome = caught(self.turn()).await;
            if let Err(words) = outcome {
                panics += 1;
                if panics > PANICS_BORNE {
                    tracing::error!(%words, "the runner panics again and again; the next start will close this session");
                    break;
                }
                self.runner_panicked(words);
            }
        }
        self.publish_now();
        self.receipt()
    }

    /// Waits for the next thing to happen and deals with it.
    async fn turn(&mut self) {
        if let Err(fault) = faults::hit(faults::Point::RunnerStep) {
            panic!("{fault}");
        }
        let wake = self.next_wake();
        let deadline = self.next_deadline();
        let time_may_pass = self.time_may_pass();
        tokio::select! {
            biased;
            Some(news) = self.news.recv() => {
                self.changed = true;
                self.on_news(news);
            }
            Some(control) = self.controls.recv() => {
                self.changed = true;
                self.on_control(control);
            }
            () = tokio::time::sleep_until(deadline.into()) => {}
            () = self.clock.reach(wake), if time_may_pass => self.on_time(),
        }
        self.notice_a_standstill();
        self.on_deadlines();
        self.look_at_the_end();
        self.books.hand_in();
        self.publish();
        self.tell_service_manager();
        self.has_turned();
    }

    /// When the session's own time has something for us.
    fn next_wake(&self) -> Timestamp {
        let wakes = [Some(self.venue.due()), Some(self.next_tick), Some(self.next_heartbeat), self.ends_at];
        let end = self.ending.as_ref().and_then(Ending::session_deadline);
        wakes.into_iter().flatten().chain(end).min().unwrap_or(self.next_tick)
    }

    /// Simulated time stands still while anything waits for the disk; but an end for no disk that is full or stands still.
    fn time_may_pass(&self) -> bool {
        let may_be_long = (self.is_out_of_room() || self.threads.is_journal_stalled()) && self.ending.is_some();
        let waits = (self.books.awaits_acknowledgement() && !may_be_long)
            || self.ending.as_ref().is_some_and(Ending::waits_for_disk);
        !(self.clock.is_simulated() && waits)
    }

    /// When this machine's time has something for us.
    fn next_deadline(&self) -> Instant {
        let end = self.ending.as_ref().and_then(Ending::machine_deadline);
        let timers =
            [Some(self.next_checkpoint), Some(self.backups.next), Some(self.threads.next_look()), self.publish_at];
        timers
            .into_iter()
            .chain([self.room_deadline(), self.readings_deadline(), self.service.next_pulse(), end])
            .chain([self.close_looks.next()])
            .flatten()
            .min()
            .unwrap_or(self.next_checkpoint)
    }

    fn on_time(&mut self) {
        let now = self.clock.now();
        self.notice_a_jump(now);
        if now >= self.next_heartbeat {
            self.door.read(self.identity.session, Reading::Heartbeat(now));
            self.next_heartbeat = now + Duration::from_secs(u64::from(self.keeping.heartbeat_s));
        }
        if now >= self.venue.due() {
            for event in self.venue.advance(now) {
                self.on_venue(now, event);
            }
        }
        if now >= self.next_tick {
            self.next_tick = now + self.settings.tick();
            self.step(now, Input::Tick);
        }
        if self.ends_at.is_some_and(|end| now >= end) {
            self.ends_at = None;
            self.end(HaltReason::DurationElapsed, String::new());
        }
    }

    fn on_venue(&mut self, now: Timestamp, event: VenueEvent) {
        let book = if let VenueEvent::Book(book) = &event { Some(book.clone()) } else { None };
        self.step(now, Input::Venue(event));
        let Some(book) = book else { return };
        self.changed = true;
        let mid = book.mid();
        self.door.read(self.identity.session, Reading::Market(book));
        let Some(mid) = mid else { return };
        self.books.account.mark(mid);
        self.books.feed.mid(now, mid);
        if let Some(pnl) = self.books.account.pnl() {
            let (inventory, split) = (pnl.inventory(), pnl.split());
            let valuation = Valuation { at: now, inventory, mid, value: inventory.value(mid), split };
            self.door.read(self.identity.session, Reading::Valuation(valuation));
        }
    }

    /// Gives the engine one input and carries out what it answers, in order.
    fn step(&mut self, now: Timestamp, input: Input) {
        let Some(effects) = self.ask_engine(now, input) else { return };
        self.changed |= !effects.is_empty();
        for effect in effects {
            match effect {
                Effect::Record(fact) => self.books.write_for_engine(now, fact),
                Effect::Request(request) => self.venue.request(now, request),
                Effect::Halt(cause) => self.end(cause.reason, cause.detail),
            }
        }
        self.books.hand_in();
    }

    /// Steps the engine; if it panics, puts one in its place that can only cancel and account.
    fn ask_engine(&mut self, now: Timestamp, input: Input) -> Option<Vec<Effect>> {
        let state = &mut self.state;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if let Err(fault) = faults::hit(faults::Point::EngineStep) {
                panic!("{fault}");
            }
            engine::step(state, now, input)
        }));
        match outcome {
            Ok(effects) => Some(effects),
            Err(panic) => {
                self.engine_panicked(now, panic_words(&*panic));
                None
            }
        }
    }

    fn checkpoint_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.keeping.checkpoint_s))
    }
}
