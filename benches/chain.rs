//! How fast the chain is recomputed: every byte of a journal read, every hash of it computed, nothing else. What reading
//! each line's fact adds stands beside it.

use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};

use neo_console::disk::RealDisk;
use neo_console::domain::fact::{Fact, Intent, OrderStep, Step};
use neo_console::domain::fill::Fill;
use neo_console::domain::money::{Drops, Price, Rlusd};
use neo_console::domain::order::{OrderId, OrderSpec, Side};
use neo_console::domain::session::SessionId;
use neo_console::domain::time::Timestamp;
use neo_console::journal::reader::read_chain;
use neo_console::journal::record::{Entry, Line};
use neo_console::journal::writer::Writer;

const SESSION: SessionId = SessionId(39);
/// As they come in a session: a few lines that belong together.
const GROUP: usize = 4;
const GROUPS: usize = 12_500;

fn main() {
    divan::main();
}

/// An order's whole life, over and over.
fn entry(n: usize) -> Entry {
    let number = u32::try_from(n).expect("few enough facts");
    let (order, mid) = (OrderId { session: SESSION, number: number / 4 }, Price::new(14_186, 4).expect("a price"));
    let (side, price, quantity) = (Side::Buy, mid, Drops::from_xrp(4));
    let fact = match n % 4 {
        0 => Fact::Intent(Intent::Submit(OrderSpec { id: order, side, price, quantity })),
        1 => Fact::Order(OrderStep { order, step: Step::Sent }),
        2 => Fact::Order(OrderStep { order, step: Step::Rests { ledger: number, fee: Drops::new(12), mid } }),
        _ => {
            let (id, rlusd) = (format!("bench-{n}"), Rlusd::of(quantity, price));
            Fact::Fill(Fill { id, order, side, price, quantity, rlusd, mid, ledger: number })
        }
    };
    let at = Timestamp::from_millis(1_795_372_801_123 + i64::from(number) * 40);
    Entry { at, session: Some(SESSION), fact }
}

/// A journal of fifty thousand lines, its lines, and how many bytes its file has.
fn journal() -> (tempfile::TempDir, Vec<Line>, u64) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let mut writer = Writer::open(Arc::new(RealDisk), folder.path(), None).expect("a writer");
    let mut lines = Vec::new();
    for group in 0..GROUPS {
        let entries: Vec<Entry> = (0..GROUP).map(|nth| entry(group * GROUP + nth)).collect();
        lines.extend(writer.write_group(&entries).expect("an acknowledgement").lines);
    }
    let segment = writer.segment().expect("an open segment");
    let bytes = std::fs::metadata(folder.path().join(segment)).expect("a segment").len();
    (folder, lines, bytes)
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn recompute(bencher: Bencher<'_, '_>) {
    let (folder, lines, bytes) = journal();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let report = read_chain(&RealDisk, folder.path(), None, |line| {
            black_box(line);
        });
        assert_eq!(report.expect("a chain").lines, lines.len() as u64);
    });
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn recompute_and_read_every_fact(bencher: Bencher<'_, '_>) {
    let (folder, _, bytes) = journal();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let report = read_chain(&RealDisk, folder.path(), None, |line| {
            black_box(line.fact().expect("a fact"));
        });
        assert!(report.expect("a chain").is_sound());
    });
}
