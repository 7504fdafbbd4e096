//! Every operation of the disk fails once, for a while and from then on, with an error and for lack of room, under the
//! keeper's real threads and under a start. What was acknowledged is there afterwards, whoever was in the way is told
//! of, and the next start finds a session that is closed or closes it.
//!
//! Here it is every few operations. All of them: `NEO_SWEEP=all cargo test --release --test sweep -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod sim;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use neo_console::disk::Disk;
use neo_console::disk::ballast::Ballast;
use neo_console::disk::sim::{Loss, MemoryDisk};
use neo_console::domain::session::SessionId;
use neo_console::journal::record::Entry;
use neo_console::keeper::health::Health;
use neo_console::keeper::{Closed, Keeper, LastLog, News};
use neo_console::vault::gate::Opened;

use sim::failing::{How, NEVER, each, run, stride};
use sim::life::Life;
use sim::story::{self, Story};
use sim::{at, place, prepare, witness};

/// Every how many operations one fails, when nobody says.
const STRIDE: usize = 3;
/// Only who hangs takes so long, however busy the machine is: a retry comes every second, and a disk that is full for a
/// while needs several.
const PATIENCE: Duration = Duration::from_mins(10);

/// Which operations are counted.
#[derive(Clone, Copy, Debug)]
enum Sort {
    Change,
    Read,
}

/// What came of a session on a failing disk.
struct Lived {
    disk: MemoryDisk,
    groups: Vec<Vec<Entry>>,
    /// The newest ticket that was acknowledged.
    recorded: u64,
    lost: Vec<u64>,
    /// Milliseconds that the slowest acknowledgement took.
    longest: u64,
    news: Vec<News>,
    health: Health,
    closed: Closed,
    operations: u64,
    failed_before_the_close: u64,
}

/// Hears what the keeper has to tell.
struct Listener {
    from: UnboundedReceiver<News>,
    recorded: u64,
    lost: Vec<u64>,
    news: Vec<News>,
}

impl Listener {
    fn hear(&mut self, news: News) {
        match &news {
            News::Recorded { ticket, .. } => self.recorded = self.recorded.max(*ticket),
            News::Lost { ticket, .. } => self.lost.push(*ticket),
            _ => {}
        }
        self.news.push(news);
    }

    /// Whether the fate of a ticket is known in time.
    async fn knows(&mut self, ticket: u64, within: Duration) -> bool {
        let known = async {
            while self.recorded < ticket && !self.lost.contains(&ticket) {
                match self.from.recv().await {
                    Some(news) => self.hear(news),
                    None => return,
                }
            }
        };
        timeout(within, known).await.is_ok()
    }
}

/// A disk with a house in which nobody has lived yet.
fn empty_house() -> MemoryDisk {
    let disk = MemoryDisk::new(1);
    prepare(&disk);
    drop(witness::open(&disk).expect("a new house opens"));
    disk.after_power_loss(Loss::Nothing)
}

/// One session through the keeper's threads; the operation of that number after the start fails.
async fn live(house: &MemoryDisk, how: How, operation: u64) -> Lived {
    let disk = house.after_power_loss(Loss::Nothing);
    let Opened { writer, store, .. } = witness::open(&disk).expect("a sound house opens");
    let arc: Arc<dyn Disk> = Arc::new(disk.clone());
    let ballast = Ballast::at(arc, place().ballast(), 1);
    ballast.make().unwrap();
    let (tell, from) = unbounded_channel();
    let mut listener = Listener { from, recorded: 0, lost: Vec::new(), news: Vec::new() };
    let keeper = Keeper::start(writer, store, ballast, tell).unwrap();
    let before = disk.operations();
    disk.fail(how.at(before + operation));
    let groups = Story::of(SessionId(1), None, 3, 5);
    let mut patience = if how.is_for_good() { Duration::from_millis(300) } else { PATIENCE };
    for (number, group) in groups.iter().enumerate() {
        let ticket = number as u64 + 1;
        keeper.door().record(ticket, group.clone()).unwrap();
        if !listener.knows(ticket, patience).await {
            assert!(how.is_for_good(), "{how:?} at {operation}: no word of ticket {ticket}: {:?}", listener.news);
            // Whoever waits for room goes on waiting; the rest is handed in all the same.
            patience = Duration::from_millis(1);
        }
        if number % 4 == 3 {
            for reading in story::readings(SessionId(1), u32::try_from(number).unwrap()) {
                keeper.door().read(SessionId(1), reading);
            }
            keeper.door().checkpoint(at(1, 500));
        }
    }
    let failed_before_the_close = disk.failures();
    let door = keeper.door().clone();
    let closed = keeper.close(LastLog::Emptied, PATIENCE);
    while let Ok(news) = listener.from.try_recv() {
        listener.hear(news);
    }
    let Listener { recorded, lost, news, .. } = listener;
    let operations = disk.operations() - before;
    let health = door.health();
    let waits = news.iter().map(|news| if let News::Recorded { took, .. } = news { took.as_millis() } else { 0 });
    let longest = u64::try_from(waits.max().unwrap_or_default()).unwrap();
    Lived { disk, groups, recorded, lost, longest, news, health, closed, operations, failed_before_the_close }
}

impl Lived {
    /// What was acknowledged to the session, whatever became of it.
    fn acknowledged(&self) -> impl Iterator<Item = &Entry> {
        let kept =
            (1..).zip(&self.groups).filter(|(ticket, _)| *ticket <= self.recorded && !self.lost.contains(ticket));
        kept.flat_map(|(_, group)| group)
    }

    fn was_told(&self) -> bool {
        let alarming = |news: &News| match news {
            News::Checkpoint(done) => done.result.is_err(),
            News::Recorded { .. } | News::Row(..) | News::BackupGoesOn | News::SpaceIsBack { .. } => false,
            _ => true,
        };
        let troubled = !self.health.journal.trouble.is_empty() || !self.health.store.trouble.is_empty();
        troubled
            || self.health.store.readings_dropped > 0
            || self.health.store.second_tries > 0
            || self.news.iter().any(alarming)
    }

    /// The power goes, the disk is mended, and the next start must find everything.
    fn expect_sound(&self, what: &str) {
        assert_eq!(self.closed, Closed::InTime, "{what}: the threads end");
        for loss in [Loss::Unsynced, Loss::Sectors] {
            let after = self.disk.after_power_loss(loss);
            if let Err(finding) = witness::examine(&after, std::iter::empty()) {
                panic!("{what}, {loss:?}: {finding:?}; the operator heard {:?}", self.news);
            }
            if let Err(finding) = witness::expect_all(&after, self.acknowledged()) {
                panic!("{what}, {loss:?}: {finding:?}; the operator heard {:?}", self.news);
            }
        }
    }
}

#[test]
fn a_session_on_a_failing_disk_loses_nothing_that_was_acknowledged_and_says_so() {
    let house = empty_house();
    let operations = run(live(&house, How::ErrorOnce, NEVER)).operations;
    assert!(operations > 100, "{operations} operations prove nothing");
    let cases: Vec<(How, u64)> = How::ALL
        .into_iter()
        .flat_map(|how| (0..operations).step_by(stride(STRIDE)).map(move |operation| (how, operation)))
        .collect();
    let [failures, twice, longest] = [const { AtomicU64::new(0) }; 3];
    each(&cases, |&(how, operation)| {
        let lived = run(live(&house, how, operation));
        let what = format!("{how:?} at operation {operation}");
        failures.fetch_add(lived.disk.failures(), Ordering::Relaxed);
        let was_told = lived.failed_before_the_close == 0 || lived.was_told();
        assert!(was_told, "{what}: nobody was told: {:?}, {:?}", lived.news, lived.health);
        twice.fetch_add(u64::from(lived.health.store.second_tries > 0), Ordering::Relaxed);
        longest.fetch_max(lived.longest, Ordering::Relaxed);
        if !how.is_for_good() {
            assert_eq!(
                lived.lost, [0; 0],
                "{what}: the disk works again and nothing is lost at all; heard {:?}",
                lived.news
            );
            assert_eq!(lived.recorded, lived.groups.len() as u64, "{what}: writing resumes by itself");
        }
        lived.expect_sound(&what);
    });
    let [failures, twice, longest] = [failures, twice, longest].map(AtomicU64::into_inner);
    println!(
        "{} sessions, {failures} failures, {twice} with a write tried twice, the longest wait {longest} ms",
        cases.len()
    );
    assert!(failures >= cases.len() as u64 / 2, "{failures} failures in {} sessions", cases.len());
}

#[test]
fn a_start_on_a_failing_disk_is_refused_or_done_and_the_next_one_is_sound() {
    let life = Life::on(&MemoryDisk::new(3), 3);
    let mut platter = life.tape.platter();
    let mut starts = 0;
    for position in (0..life.tape.len()).step_by(life.tape.len() / 6) {
        platter.advance_to(position);
        let found = || {
            let disk = platter.after(Loss::Tail, position as u64);
            prepare(&disk);
            disk
        };
        let sound = found();
        let before = sound.operations();
        drop(witness::open(&sound).expect("every state opens"));
        let cases: Vec<(How, u64, Sort)> = [How::ErrorOnce, How::ErrorFromThenOn, How::FullFromThenOn]
            .into_iter()
            .flat_map(|how| {
                (before..sound.operations())
                    .step_by(stride(STRIDE))
                    .map(move |operation| (how, operation, Sort::Change))
            })
            .chain((0..sound.reads()).step_by(stride(STRIDE) * 4).map(|read| (How::ErrorOnce, read, Sort::Read)))
            .collect();
        starts += cases.len();
        each(&cases, |&(how, operation, sort)| {
            let disk = found();
            match sort {
                Sort::Change => disk.fail(how.at(operation)),
                Sort::Read => disk.fail_reads(how.at(operation)),
            }
            drop(witness::open(&disk));
            let after = disk.after_power_loss(Loss::Unsynced);
            if let Err(finding) = witness::examine(&after, life.acknowledged_at(position)) {
                panic!("crash at {position}, {how:?} at {sort:?} {operation}: {finding:?}");
            }
        });
    }
    println!("{starts} starts");
}
