//! A backup of a store of about a hundred megabytes, while nothing else happens and while two hundred facts a second come
//! in: how long each takes, and how long a fact waits for its acknowledgement meanwhile. Both on one disk, in one run.
//!
//! Aimed at: under load within three times the idle time, and 99 of 100 acknowledgements within ten milliseconds.
#![allow(clippy::print_stdout, reason = "the figures are what this is for")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use neo_console::disk::RealDisk;
use neo_console::disk::ballast::Ballast;
use neo_console::domain::fact::{Fact, SessionOpened};
use neo_console::domain::fill::Fill;
use neo_console::domain::market::{Book, Level};
use neo_console::domain::money::{Drops, Price, Rlusd};
use neo_console::domain::order::{OrderId, Side};
use neo_console::domain::reading::Reading;
use neo_console::domain::session::{SessionId, SessionMode};
use neo_console::domain::time::Timestamp;
use neo_console::domain::venue::VenueKind;
use neo_console::journal::record::Entry;
use neo_console::journal::writer::Writer;
use neo_console::keeper::{Door, Keeper, LastLog, News};
use neo_console::store::Store;
use neo_console::vault::backup::{self, BackupKind, Order};

const SESSION: SessionId = SessionId(1);
/// Half of the store are facts and what is made of them; the rest are books.
const FACTS: u32 = 60_000;
const BOOKS: u32 = 115_000;
const GROUP: usize = 500;
/// Two hundred a second.
const APART: Duration = Duration::from_millis(5);
/// So many acknowledgements are looked at without a backup, to compare with.
const WITHOUT: usize = 600;
/// Backups of each sort.
const TIMES: usize = 3;

fn main() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let (writer, store) = filled(folder.path());
    let megabytes = std::fs::metadata(store.path()).expect("a store").len() >> 20;
    let (tell, news) = unbounded_channel();
    let ballast = Ballast::at(Arc::new(RealDisk), folder.path().join("s.ballast"), 1);
    let keeper = Keeper::start(writer, store, ballast, tell).expect("a keeper");
    let acknowledged = listen(news);

    let idle = median((0..TIMES).map(|time| back_up(keeper.door(), folder.path(), time)).collect());
    let over = Arc::new(AtomicBool::new(false));
    let load = hand_in(keeper.door().clone(), Arc::clone(&over));
    let without: Vec<Duration> = acknowledged.iter().take(WITHOUT).collect();
    let loaded = median((0..TIMES).map(|time| back_up(keeper.door(), folder.path(), TIMES + time)).collect());
    let meanwhile: Vec<Duration> = acknowledged.try_iter().collect();
    over.store(true, Ordering::Relaxed);
    let behind = load.join().expect("the load");
    keeper.close(LastLog::LeftFull, Duration::from_secs(9));

    println!("store                              {megabytes} MB");
    println!("backup, idle                       {} ms", idle.as_millis());
    println!("backup, 200 facts a second         {} ms", loaded.as_millis());
    println!("ratio (aim: 3)                     {:.2}", loaded.as_secs_f64() / idle.as_secs_f64());
    print("acknowledged without a backup     ", without);
    print("acknowledged meanwhile (p99: 10 ms)", meanwhile);
    println!("the store was behind by at most    {behind} facts");
}

fn print(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let rank = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)].as_micros();
    println!("{what} {} facts, p50 {} µs, p99 {} µs, longest {} µs", took.len(), rank(50), rank(99), rank(100));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Has one made on the store's thread, as a session does, and waits for it.
fn back_up(door: &Door, folder: &Path, time: usize) -> Duration {
    let now = at(u32::try_from(time).expect("few"));
    let order = Order { kind: BackupKind::Manual, folder: folder.join("s.backups"), now };
    let (tell, told) = mpsc::channel();
    let began = Instant::now();
    door.on_store(Box::new(move |shift| {
        let (disk, database) = (Arc::clone(shift.store().disk()), shift.store().path().to_owned());
        let made = backup::make(&disk, &database, order, |_| match shift.keep_up() {
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
            ControlFlow::Break(()) => panic!("nobody closes the keeper here"),
        });
        let done = made.expect("a copy").put_on_record(shift.store());
        tell.send(done.is_ok()).expect("somebody waits");
    }));
    assert!(told.recv().expect("an answer"), "the backup failed");
    began.elapsed()
}

/// Facts, evenly; answers how far the store was behind at most.
fn hand_in(door: Door, over: Arc<AtomicBool>) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let (mut ticket, mut behind, mut next) = (0_u64, 0, Instant::now());
        while !over.load(Ordering::Relaxed) {
            let number = FACTS + u32::try_from(ticket).expect("few");
            ticket += 1;
            door.record(ticket, vec![fill(number)]).expect("a journal");
            let health = door.health();
            let head = health.journal.head.map_or(0, |(n, _)| n);
            behind = behind.max(head.saturating_sub(health.store.cursor.unwrap_or(0)));
            next += APART;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        behind
    })
}

/// How long each acknowledgement took.
fn listen(mut news: UnboundedReceiver<News>) -> mpsc::Receiver<Duration> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        while let Some(news) = news.blocking_recv() {
            match news {
                News::Recorded { took, .. } if tell.send(took).is_err() => return,
                News::Lost { why, .. } | News::StoreFailed(why) | News::JournalFailed(why) => panic!("{why}"),
                _ => {}
            }
        }
    });
    told
}

fn at(second: u32) -> Timestamp {
    Timestamp::from_millis(1_795_372_801_000 + i64::from(second) * 1_000)
}

fn filled(folder: &Path) -> (Writer, Store) {
    let journal = folder.join("s.journal");
    std::fs::create_dir(&journal).expect("a folder");
    let mut writer = Writer::open(Arc::new(RealDisk), journal, None).expect("a journal");
    let mut store = Store::open(&folder.join("s.db")).expect("a store");
    let entries: Vec<Entry> = std::iter::once(opened()).chain((1..FACTS).map(fill)).collect();
    for group in entries.chunks(GROUP) {
        let kept = writer.write_group(group).expect("an acknowledgement");
        store.project(&kept.lines).expect("rows");
    }
    let books: Vec<Reading> = (0..BOOKS).map(book).collect();
    for batch in books.chunks(GROUP) {
        store.write_readings(SESSION, batch).expect("rows");
    }
    assert!(!store.checkpoint().expect("a checkpoint").busy);
    (writer, store)
}

fn opened() -> Entry {
    let opened = SessionOpened {
        label: "bench".to_owned(),
        mode: SessionMode::Paper,
        venue: VenueKind::Paper,
        parent: None,
        clock: "real".to_owned(),
        seed: 1,
        duration_ms: None,
        config: serde_json::Value::Null,
        config_hash: "0".repeat(12),
        build: "bench".to_owned(),
        host: "bench".to_owned(),
        pid: 1,
    };
    Entry { at: at(0), session: Some(SESSION), fact: Fact::SessionOpened(Box::new(opened)) }
}

fn price() -> Price {
    Price::new(14_186, 4).expect("a price")
}

fn fill(number: u32) -> Entry {
    let quantity = Drops::from_xrp(4);
    let (order, rlusd) = (OrderId { session: SESSION, number }, Rlusd::of(quantity, price()));
    let id = format!("bench-{number}");
    let fill = Fill { id, order, side: Side::Buy, price: price(), quantity, rlusd, mid: price(), ledger: number };
    Entry { at: at(number), session: Some(SESSION), fact: Fact::Fill(fill) }
}

fn book(ledger: u32) -> Reading {
    let level = || Level { price: price(), quantity: Drops::from_xrp(40), ours: Drops::ZERO };
    let side = || std::iter::repeat_with(level).take(5).collect::<Vec<_>>();
    Reading::Market(Book { ledger, at: at(ledger), bids: side(), asks: side() })
}
