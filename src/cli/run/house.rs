//! The house of one run: the place, the lock, both copies, the keeper; opened step by step, closed in reverse.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use color_eyre::Result;
use color_eyre::eyre::{OptionExt as _, WrapErr as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use super::asking::{self, Operator};
use super::leaving::Leaving;
use super::start::{self, Made, Steps};
use super::{Order, hurry_of};
use crate::cli::writer::{holder, host};
use crate::console::run::ConsoleHandle;
use crate::disk::Disk;
use crate::disk::ballast::Ballast;
use crate::disk::lock::Lock;
use crate::disk::place::Place;
use crate::disk::real::RealDisk;
use crate::domain::fact::SessionOpened;
use crate::domain::incident::{Incident, Severity, Source};
use crate::domain::session::{SessionId, SessionMode};
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueKind;
use crate::journal::reader::newest_line;
use crate::keeper::health::{BackupDone, Done, Health};
use crate::keeper::{Closed, Keeper, LastLog};
use crate::logging;
use crate::session::clock::{Clock, machine_time};
use crate::session::control::Control;
use crate::session::plan::Hurry;
use crate::session::receipt::Receipt;
use crate::session::runner::{Runner, Setup};
use crate::session::service::Service;
use crate::session::view::{Identity, Pace, SessionView, StartAccount};
use crate::store::Reader;
use crate::vault::backup::{self, Apart, BackupKind};
use crate::vault::closely::look_closely;
use crate::vault::gate::Opened;
use crate::venue::paper::Paper;

/// Version and commit of this program.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("NEO_COMMIT"));

/// How long closing both files may take, once the session itself is closed.
const KEEPER_PATIENCE: Duration = Duration::from_secs(2);
/// The same when the system is about to end this process.
const KEEPER_HURRY: Duration = Duration::from_millis(300);

/// A locked place with both copies open, until a session takes them.
pub struct House {
    lock: Lock,
    opened: Option<Opened>,
    start: StartAccount,
    /// The backup before the session; `None` where there was nothing to keep.
    before: Option<Done<BackupDone>>,
    ballast: Ballast,
    /// Why the ballast could not be made, if so.
    no_ballast: Option<String>,
}

impl House {
    /// Makes the place ready, takes the lock, and opens both copies with care. What a machine cannot decide is asked of
    /// the operator, if there is one.
    pub fn open(
        place: &Place,
        console: Option<&ConsoleHandle>,
        operator: Option<&Operator<'_>>,
        leaving: &Leaving,
        service: &mut Service,
    ) -> Result<Self> {
        let mut steps = Steps::new(console, service);
        steps.next("looking at the place");
        let made = Made::before(place);
        place.prepare()?;
        let holder = holder();
        let lock = Lock::take(&place.lock(), &holder)?.with_folder(&place.journal())?;
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let mut opened = asking::open(&disk, place, operator, leaving, &mut steps).inspect_err(|_| made.take_back())?;
        let before = back_up_before(&mut opened, place, leaving, &mut steps);
        let start = start::account(place, holder, steps.all_done(), &opened.account);
        let seed = u64::try_from(machine_time().as_millis()).unwrap_or_default();
        let ballast = Ballast::at(disk, place.ballast(), seed);
        let no_ballast = ballast.make().err().map(|why| why.to_string());
        Ok(Self { lock, opened: Some(opened), start, before, ballast, no_ballast })
    }

    /// A session on what was opened, ready to run.
    pub fn begin_session(
        &mut self,
        order: &Order<'_>,
        controls: UnboundedReceiver<Control>,
        views: watch::Sender<Option<Arc<SessionView>>>,
        service: Service,
    ) -> Result<(Runner, Keeper)> {
        let mut opened = self.opened.take().ok_or_eyre("the house was opened for one session only")?;
        let mut clock = Clock::start(order.args.pace());
        let now = clock.now();
        let seed = order.args.seed.unwrap_or_else(fresh_seed);
        let venue = Paper::new(&order.config.paper, seed, now);
        let first = session_opened(order, seed, opened.parent);
        let identity = identity(order, &first, opened.next_session, now, std::mem::take(&mut self.start));
        logging::set_session(identity.session);
        let unproven = opened.store.ask()?.unproven_adopted_orders()?;
        let (tell, news) = unbounded_channel();
        let keeper = Keeper::start(opened.writer, opened.store, self.ballast.clone(), tell.clone())
            .wrap_err("cannot start the threads that keep facts")?;
        let mut incidents: Vec<Incident> = put_right(&opened.account).into_iter().collect();
        incidents.extend(apart_from_the_chain(&opened.apart));
        incidents.extend(never_proven_gone(&unproven));
        if let Some(before) = self.before.take() {
            incidents.extend(before.result.as_ref().err().cloned().map(backup::failed));
            keeper.door().note_backup(before);
        }
        incidents.extend(self.no_ballast.take().map(no_ballast));
        let runner = Runner::new(Setup {
            identity,
            opened: first,
            clock,
            engine: order.config.engine.clone(),
            keeping: order.config.keeper.clone(),
            venue: Box::new(venue),
            door: keeper.door().clone(),
            news,
            tell,
            controls,
            views,
            service,
            disk: Arc::new(RealDisk),
            place: order.place.clone(),
            incidents,
        });
        Ok((runner, keeper))
    }

    /// Gives the lock back. What no session has told is told here.
    pub fn close(self) {
        if let Some(unheard) = self.opened.as_ref().and_then(|opened| put_right(&opened.account)) {
            tracing::warn!("{unheard}");
        }
        drop(self.opened);
        drop(self.lock);
    }
}

/// The copy before a session. That it failed is told by the session, and keeps none from beginning.
fn back_up_before(
    opened: &mut Opened,
    place: &Place,
    leaving: &Leaving,
    steps: &mut Steps<'_>,
) -> Option<Done<BackupDone>> {
    opened.writer.head()?;
    steps.next("making a backup before the session");
    let (began, now) = (Instant::now(), machine_time());
    let order = backup::Order { kind: BackupKind::Pre, folder: place.backups(), now };
    let result = backup::take(&mut opened.store, order, |progress| {
        steps.note(progress);
        if leaving.is_wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let result = result.map_err(|error| error.to_string());
    if let Ok(done) = &result {
        tracing::info!(name = done.name, "backup verified");
    }
    Some(Done { at: now, took: began.elapsed(), result })
}

/// Ends the keeper's threads and looks at both files a last time, by their names, as the next start will find them.
/// What could not be finished in time, or is not there, is a failure of the release.
pub fn close_keeper(keeper: Keeper, place: &Place, receipt: &mut Receipt) {
    let (last_log, within) = match hurry_of(receipt) {
        Hurry::Orderly => (LastLog::Emptied, KEEPER_PATIENCE),
        Hurry::Hurried => (LastLog::LeftFull, KEEPER_HURRY),
    };
    let door = keeper.door().clone();
    match keeper.close(last_log, within) {
        // A disk that does not answer would hold us up again.
        Closed::TimeUp => {
            receipt.release_failed(format!("the files were not closed within {} ms", within.as_millis()));
        }
        Closed::InTime => {
            let health = door.health();
            let mut what = look_again(place, &health);
            what.extend(look_closely_again(place, &health, last_log));
            if !what.is_empty() {
                receipt.not_found_again(what);
            }
        }
    }
}

/// What is not where its name says, or never came there, in a few words each. A file that was moved or deleted while we
/// had it open took everything that was written into it, and is nowhere: only its name tells.
fn look_again(place: &Place, health: &Health) -> Vec<String> {
    let mut what = Vec::new();
    what.extend([&health.journal.gone, &health.store.gone].into_iter().filter(|gone| !gone.is_empty()).cloned());
    if health.journal.trouble.is_empty() {
        let written = health.journal.head.as_ref().map(|(n, _)| *n);
        match newest_line(&RealDisk, &place.journal()).map(|head| head.map(|head| head.n)) {
            Err(error) => what.push(error.to_string()),
            // A line that was never acknowledged may lie behind.
            Ok(found) if found >= written => {}
            Ok(found) => what.push(not_the_newest("journal", found)),
        }
    } else {
        what.push(
            "the newest facts are in the database only, until the next start puts them into the journal".to_owned(),
        );
    }
    // A store that is behind has told of itself, and a row that was not read back, too. What lies in the place of one that
    // is gone is not ours to open.
    if health.store.trouble.is_empty() && health.store.gone.is_empty() {
        match cursor_of(place) {
            Err(why) => what.push(why),
            Ok(found) if found >= health.store.cursor => {}
            Ok(found) => what.push(not_the_newest("database", found)),
        }
    }
    what
}

/// What was touched after the last close look: in a hurry nobody has the time, and it is not called verified.
fn look_closely_again(place: &Place, health: &Health, last_log: LastLog) -> Option<String> {
    let is_told = !health.journal.gone.is_empty() || !health.store.gone.is_empty();
    if !health.touches.are_open() || is_told {
        return None;
    }
    let newest = &health.touches.newest;
    match last_log {
        LastLog::LeftFull => Some(format!("{newest}, and there was no time to look closely")),
        LastLog::Emptied => {
            let found = look_closely(&RealDisk, place, &health.store);
            found.err().map(|not_whole| format!("{newest}, and {not_whole}"))
        }
    }
}

fn cursor_of(place: &Place) -> Result<Option<u64>, String> {
    let reader = Reader::open(place.database()).map_err(|error| error.to_string())?;
    let cursor = reader.ask().cursor().map_err(|error| error.to_string())?;
    Ok(cursor.map(|(n, _)| n))
}

fn not_the_newest(copy: &str, found: Option<u64>) -> String {
    let found = found.map_or_else(|| "has no line at all".to_owned(), |n| format!("ends with line {n}"));
    format!("the {copy} that lies on the disk now {found} and is not the one that was written")
}

/// A seed that nobody chose; it is on the screen and in the first fact, so the session can be had again.
fn fresh_seed() -> u64 {
    u64::try_from(machine_time().as_millis()).unwrap_or_default() % 1_000_000
}

fn session_opened(order: &Order<'_>, seed: u64, parent: Option<SessionId>) -> SessionOpened {
    SessionOpened {
        label: order.args.label.clone(),
        mode: SessionMode::Paper,
        venue: VenueKind::from(order.args.venue),
        parent,
        clock: match order.args.pace() {
            Pace::Real => "real".to_owned(),
            Pace::Max => "simulated max".to_owned(),
            Pace::Simulated { permille } => format!("simulated {}.{:03}", permille / 1_000, permille % 1_000),
        },
        seed,
        duration_ms: order.args.duration.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        config: order.config.effective_json(),
        config_hash: order.config.config_hash(),
        build: BUILD.to_owned(),
        host: host(),
        pid: std::process::id(),
    }
}

fn identity(
    order: &Order<'_>,
    opened: &SessionOpened,
    session: SessionId,
    started_at: Timestamp,
    start: StartAccount,
) -> Identity {
    Identity {
        session,
        label: opened.label.clone(),
        mode: opened.mode,
        venue: opened.venue,
        database: order.place.database().display().to_string(),
        seed: opened.seed,
        config_hash: opened.config_hash.clone(),
        build: opened.build.clone(),
        started_at,
        duration: order.args.duration,
        pace: order.args.pace(),
        start,
    }
}

/// What the start found and put right, for the operator to know: one story, whatever it took.
fn put_right(account: &[String]) -> Option<Incident> {
    (!account.is_empty()).then(|| Incident {
        id: 0,
        severity: Severity::Notice,
        source: Source::Startup,
        title: "Put right at the start".to_owned(),
        tried: "to open the database with care".to_owned(),
        happened: account.join("\n"),
        means: "nothing acknowledged is lost".to_owned(),
        done: "it was put right before this session began".to_owned(),
        you_can: "look at History; `neo verify --all` checks journal and store".to_owned(),
        retry: None,
    })
}

/// Backups that are not part of the chain keep no session from running, and the operator must know.
fn apart_from_the_chain(apart: &[Apart]) -> Option<Incident> {
    let sentences: Vec<String> = apart.iter().map(ToString::to_string).collect();
    (!apart.is_empty()).then(|| Incident {
        id: 0,
        severity: Severity::Warning,
        source: Source::Backup,
        title: "A backup is not part of the journal".to_owned(),
        tried: "to find the newest line of each backup in the journal".to_owned(),
        happened: sentences.join("\n"),
        means: "what such a backup holds may be nowhere else".to_owned(),
        done: "it is kept, and never pruned; the session runs on the journal as it is".to_owned(),
        you_can: "end the session, and look at it; `neo backup list` names it".to_owned(),
        retry: None,
    })
}

/// A session runs without its ballast, too; the operator should know.
fn no_ballast(why: String) -> Incident {
    Incident {
        id: 0,
        severity: Severity::Notice,
        source: Source::Disk,
        title: "No ballast".to_owned(),
        tried: "to keep a little room on the disk for the end of the session".to_owned(),
        happened: why,
        means: "if the disk gets full, the session may not find room to be closed; the next start closes it then"
            .to_owned(),
        done: "goes on, and tries again every few seconds".to_owned(),
        you_can: "look at the disk of the database".to_owned(),
        retry: None,
    }
}

/// Orders of the earlier engine that may rest at the venue, for the operator to know: paper cannot prove them gone.
fn never_proven_gone(orders: &[String]) -> Option<Incident> {
    let first = orders.first()?;
    let more = if orders.len() > 1 { format!(" and {} more", orders.len() - 1) } else { String::new() };
    Some(Incident {
        id: 0,
        severity: Severity::Warning,
        source: Source::Startup,
        title: "Orders of the earlier engine were never proven gone".to_owned(),
        tried: "to find orders that may rest at the venue".to_owned(),
        happened: format!("{} are left: {first}{more}", orders.len()),
        means: "they may rest on the ledger and be filled; no session here counts on them".to_owned(),
        done: "nothing: a paper session cannot ask the ledger, so it cannot prove them gone".to_owned(),
        you_can: "look at the wallet's offers, and cancel what rests; the next live session must prove it".to_owned(),
        retry: None,
    })
}
