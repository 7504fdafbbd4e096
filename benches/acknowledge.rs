//! What a fact's acknowledgement costs, beside the least that any program pays for the same bytes: an overwrite of
//! space that is allocated already, and a sync. Both in one folder, in one run.

use std::cell::RefCell;
use std::sync::Arc;

use neo_console::disk::{Disk, RealDisk};
use neo_console::domain::fact::Fact;
use neo_console::domain::fill::Fill;
use neo_console::domain::money::{Drops, Price, Rlusd};
use neo_console::domain::order::{OrderId, Side};
use neo_console::domain::session::SessionId;
use neo_console::domain::time::Timestamp;
use neo_console::journal::reader::read_chain;
use neo_console::journal::record::Entry;
use neo_console::journal::writer::Writer;

const GROUPS: [u32; 2] = [1, 16];
const SAMPLES: u32 = 1000;
const READ_LINES: u32 = 20_000;

fn main() {
    divan::main();
}

fn fill(number: u32) -> Entry {
    let session = SessionId(39);
    let (quantity, rlusd) = (Drops::new(4_000_000), "5.6744".parse::<Rlusd>().expect("an amount"));
    let price = Price::from_amounts(rlusd, quantity).expect("a price");
    let (order, mid) = (OrderId { session, number }, "1.4199".parse().expect("a price"));
    let id = format!("paper-{number}-1");
    let fact = Fact::Fill(Fill { id, order, side: Side::Buy, price, quantity, rlusd, mid, ledger: number });
    Entry { at: Timestamp::from_millis(1_795_372_801_123), session: Some(session), fact }
}

fn group(size: u32) -> Vec<Entry> {
    (0..size).map(fill).collect()
}

/// On the disk that the crate is built on: a folder in memory would flatter.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

fn writer_in(folder: &tempfile::TempDir) -> Writer {
    Writer::open(Arc::new(RealDisk), folder.path(), None).expect("a writer")
}

#[divan::bench(args = GROUPS, sample_count = SAMPLES, sample_size = 1)]
fn journal(bencher: divan::Bencher, size: u32) {
    let folder = folder();
    let writer = RefCell::new(writer_in(&folder));
    let entries = group(size);
    bencher
        .with_inputs(|| writer.borrow_mut().make_room().expect("room"))
        .bench_local_values(|()| writer.borrow_mut().write_group(&entries).expect("an acknowledgement"));
}

#[divan::bench(args = GROUPS, sample_count = SAMPLES, sample_size = 1)]
fn bare_overwrite(bencher: divan::Bencher, size: u32) {
    let folder = folder();
    let lines = writer_in(&folder).write_group(&group(size)).expect("lines").lines;
    let bytes: String = lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect();
    let mut file = RealDisk.create(&folder.path().join("bare")).expect("a file");
    file.write_at(0, &vec![b'\n'; bytes.len() * (SAMPLES as usize + 1)]).expect("space");
    file.sync_data().expect("a sync");
    let mut offset = 0;
    bencher.bench_local(|| {
        file.write_at(offset, bytes.as_bytes()).expect("a write");
        file.sync_data().expect("a sync");
        offset += bytes.len() as u64;
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn read_back(bencher: divan::Bencher) {
    let folder = folder();
    let lines = writer_in(&folder).write_group(&group(READ_LINES)).expect("lines").lines;
    let bytes: usize = lines.iter().map(|line| line.text.len() + 1).sum();
    bencher.counter(divan::counter::BytesCount::new(bytes)).bench_local(|| {
        let report = read_chain(&RealDisk, folder.path(), None, |line| {
            divan::black_box(line);
        });
        assert_eq!(report.expect("a chain").lines, u64::from(READ_LINES));
    });
}
