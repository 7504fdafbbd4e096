//! A whole paper session on a simulated disk, as `neo run` puts it together: gate, ballast, keeper, engine, venue, books,
//! a checkpoint and a backup on the way, and the end with all its phases.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::timeout;

use neo_console::disk::Disk;
use neo_console::disk::ballast::Ballast;
use neo_console::disk::sim::MemoryDisk;
use neo_console::domain::fact::SessionOpened;
use neo_console::domain::fill::Fill;
use neo_console::domain::halt::HaltReason;
use neo_console::domain::money::Drops;
use neo_console::domain::order::{OrderId, OrderSpec};
use neo_console::domain::session::{SessionId, SessionMode};
use neo_console::domain::time::Timestamp;
use neo_console::domain::venue::{Request, VenueEvent, VenueKind};
use neo_console::engine;
use neo_console::keeper::health::Health;
use neo_console::keeper::settings::Settings as Keeping;
use neo_console::keeper::{Closed, Door, Keeper, LastLog};
use neo_console::session::clock::Clock;
use neo_console::session::control::Control;
use neo_console::session::receipt::Receipt;
use neo_console::session::runner::{Runner, Setup};
use neo_console::session::service::Service;
use neo_console::session::view::{Identity, Pace, SessionView, StartAccount};
use neo_console::vault::gate::Opened;
use neo_console::venue::Venue;
use neo_console::venue::paper::Paper;
use neo_console::venue::paper::settings::Settings as Market;

use super::failing::How;
use super::{place, witness};

/// What all chance in a session comes from.
const SEED: u64 = 7;
/// So much faster than the machine's: what is waited for on the disk is not drowned in ledgers meanwhile.
const PACE: Pace = Pace::Simulated { permille: 1_000_000 };
/// The operator asks for a checkpoint after so many orders were sent, …
const CHECKPOINT_AFTER: usize = 3;
/// … for a backup after so many, …
const BACKUP_AFTER: usize = 4;
/// … and for the end after so many, once the backup is over and so many were sent since anything failed.
const END_AFTER: (usize, usize) = (6, 2);
/// Only who hangs takes so long, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(5);

/// What the venue saw of a session.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every order that was handed over, and how much the disk had on its tape then.
    pub submitted: Vec<(usize, OrderSpec)>,
    /// Every exchange, in order.
    pub fills: Vec<Fill>,
    /// Orders that may rest: neither refused nor cancelled nor wholly filled.
    pub at_large: Vec<(OrderId, Drops)>,
    /// How many operations had failed when the operator asked for the end; `None` if he never came to it.
    pub failures_before_the_end: Option<u64>,
    /// How many had failed at the newest order, and how many orders were sent since that number last changed.
    since_failure: (u64, usize),
    asked: usize,
}

/// What came of a session.
pub struct Ended {
    pub disk: MemoryDisk,
    pub session: SessionId,
    pub receipt: Receipt,
    /// The last thing that the operator could see …
    pub view: Arc<SessionView>,
    /// … and how keeping went, once both threads were over.
    pub health: Health,
    pub seen: Seen,
    pub closed: Closed,
    /// How many operations of the disk the session took.
    pub operations: u64,
    /// Those of them that failed until the runner was done.
    pub failed: Vec<String>,
}

/// The paper venue, watched; and the operator, who counts orders.
struct Watched {
    paper: Paper,
    disk: MemoryDisk,
    door: Door,
    seen: Arc<Mutex<Seen>>,
    operator: UnboundedSender<Control>,
}

impl Venue for Watched {
    fn kind(&self) -> VenueKind {
        self.paper.kind()
    }

    fn request(&mut self, now: Timestamp, request: Request) {
        if let Request::Submit(order) = &request {
            let mut seen = self.seen();
            seen.at_large.push((order.id, order.quantity));
            seen.submitted.push((self.disk.position(), order.clone()));
            let failures = self.disk.failures();
            let since = if failures == seen.since_failure.0 { seen.since_failure.1 + 1 } else { 0 };
            seen.since_failure = (failures, since);
        }
        self.paper.request(now, request);
    }

    fn due(&self) -> Timestamp {
        self.paper.due()
    }

    fn advance(&mut self, now: Timestamp) -> Vec<VenueEvent> {
        let news = self.paper.advance(now);
        for event in &news {
            self.seen().note(event);
        }
        self.be_the_operator();
        news
    }
}

impl Watched {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    fn be_the_operator(&self) {
        let mut seen = self.seen();
        let (sent, backed_up) = (seen.submitted.len(), self.door.health().backup.is_some());
        let works_again = seen.since_failure.0 == 0 || seen.since_failure.1 >= END_AFTER.1;
        let control = match seen.asked {
            0 if sent >= CHECKPOINT_AFTER => Control::Checkpoint,
            1 if sent >= BACKUP_AFTER => Control::Backup,
            2 if sent >= END_AFTER.0 && backed_up && works_again => {
                seen.failures_before_the_end = Some(self.disk.failures());
                Control::End { reason: HaltReason::OperatorQuit, detail: String::new() }
            }
            _ => return,
        };
        seen.asked += 1;
        self.operator.send(control).unwrap();
    }
}

impl Seen {
    fn note(&mut self, event: &VenueEvent) {
        match event {
            VenueEvent::Filled(fill) => {
                self.fills.push(fill.clone());
                for (order, left) in &mut self.at_large {
                    if *order == fill.order {
                        *left -= fill.quantity;
                    }
                }
                self.at_large.retain(|(_, left)| *left > Drops::ZERO);
            }
            VenueEvent::Refused { order, .. } | VenueEvent::Cancelled { order, .. } => {
                self.at_large.retain(|(other, _)| other != order);
            }
            _ => {}
        }
    }
}

/// One session on a sound house on `disk`, whose operation of that number after the start fails.
pub async fn live(disk: &MemoryDisk, how: How, operation: u64) -> Ended {
    let Opened { writer, store, next_session, parent, .. } = witness::open(disk).expect("a sound house opens");
    let arc: Arc<dyn Disk> = Arc::new(disk.clone());
    let ballast = Ballast::at(arc, place().ballast(), SEED);
    ballast.make().unwrap();
    let (tell, news) = unbounded_channel();
    let (operator, controls) = unbounded_channel();
    let (views, seen_by_all) = watch::channel(None);
    let keeper = Keeper::start(writer, store, ballast, tell.clone()).unwrap();
    let before = disk.operations();
    disk.fail(how.at(before + operation));
    let mut clock = Clock::start(PACE);
    let now = clock.now();
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (door, paper) = (keeper.door().clone(), Paper::new(&Market::default(), SEED, now));
    let venue = Watched { paper, disk: disk.clone(), door, seen: Arc::clone(&seen), operator };
    let runner = Runner::new(Setup {
        identity: identity(next_session, now),
        opened: opened(parent),
        clock,
        engine: engine(how),
        keeping: Keeping::default(),
        venue: Box::new(venue),
        door: keeper.door().clone(),
        news,
        tell,
        controls,
        views,
        service: Service::default(),
        disk: Arc::new(disk.clone()),
        place: place(),
        incidents: Vec::new(),
    });
    let receipt = timeout(PATIENCE, runner.run()).await.expect("a session ends, whatever the disk does");
    let failed = disk.failed();
    let door = keeper.door().clone();
    let closed = keeper.close(LastLog::Emptied, PATIENCE);
    let health = door.health();
    let view = seen_by_all.borrow().clone().expect("a session can be seen");
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let operations = disk.operations() - before;
    Ended { disk: disk.clone(), session: next_session, receipt, view, health, seen, closed, operations, failed }
}

/// Who never gets room again gives up soon; who gets it soon must not have given up before.
fn engine(how: How) -> engine::settings::Settings {
    let mut settings = engine::settings::Settings::default();
    settings.limits.max_degraded_s = if how.is_for_good() { 1 } else { 100_000 };
    settings.limits.truth_check_s = 20;
    settings
}

fn opened(parent: Option<SessionId>) -> SessionOpened {
    SessionOpened {
        label: "a whole session".into(),
        mode: SessionMode::Paper,
        venue: VenueKind::Paper,
        parent,
        clock: "simulated".into(),
        seed: SEED,
        duration_ms: None,
        config: serde_json::json!({}),
        config_hash: "0123456789ab".into(),
        build: "0.1.0".into(),
        host: "here".into(),
        pid: 4_711,
    }
}

fn identity(session: SessionId, started_at: Timestamp) -> Identity {
    Identity {
        session,
        label: "a whole session".into(),
        mode: SessionMode::Paper,
        venue: VenueKind::Paper,
        database: place().database().display().to_string(),
        seed: SEED,
        config_hash: "0123456789ab".into(),
        build: "0.1.0".into(),
        started_at,
        duration: None,
        pace: PACE,
        start: StartAccount::default(),
    }
}
