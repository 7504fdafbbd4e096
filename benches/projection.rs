//! How fast facts become rows: batches of a hundred lines of a session that trades, each batch one transaction.

use divan::Bencher;
use divan::counter::ItemsCount;

use neo_console::domain::fact::{Fact, Intent, OrderStep, SessionOpened, Step};
use neo_console::domain::fill::Fill;
use neo_console::domain::money::{Drops, Price, Rlusd};
use neo_console::domain::order::{OrderId, OrderSpec, Side};
use neo_console::domain::session::{SessionId, SessionMode};
use neo_console::domain::time::Timestamp;
use neo_console::domain::venue::VenueKind;
use neo_console::journal::record::{Hash, Line};
use neo_console::store::Store;

const SESSION: SessionId = SessionId(1);
const BATCH: usize = 100;
const BATCHES: usize = 100;

fn main() {
    divan::main();
}

/// An order's whole life, over and over, with a new order each time.
fn fact(n: u64) -> Fact {
    let number = u32::try_from(n / 5).expect("the bench tells fewer facts than that");
    let order = OrderId { session: SESSION, number };
    let price: Price = Price::new(14_186, 4).expect("a price above zero");
    let quantity = Drops::from_xrp(7);
    let step = |step| Fact::Order(OrderStep { order, step });
    match n % 5 {
        0 => Fact::Intent(Intent::Submit(OrderSpec { id: order, side: Side::Buy, price, quantity })),
        1 => step(Step::Sent),
        2 => step(Step::Rests { ledger: number, fee: Drops::new(12), mid: price }),
        3 => {
            let rlusd = Rlusd::of(quantity, price);
            let (id, side) = (format!("bench-{n}"), Side::Buy);
            Fact::Fill(Fill { id, order, side, price, quantity, rlusd, mid: price, ledger: number })
        }
        _ => step(Step::CancelSent),
    }
}

fn opened() -> Fact {
    Fact::SessionOpened(Box::new(SessionOpened {
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
    }))
}

/// Lines as the journal hands them over. The store takes their hashes as proven, so the bench numbers them instead.
fn lines() -> Vec<Line> {
    let hash = |n: u64| {
        let mut hash = Hash::default();
        hash.0[..8].copy_from_slice(&n.to_le_bytes());
        hash
    };
    let lines = (0..(BATCH * BATCHES) as u64).map(|n| {
        let at = Timestamp::from_millis(1_795_372_801_000 + i64::try_from(n).expect("few facts"));
        let fact = if n == 0 { opened() } else { fact(n) };
        let (fields, prev, own) = (fact.to_json_fields(), hash(n), hash(n + 1));
        let text = format!(
            r#"{{"v":1,"n":{n},"ack":{n},"at":"{at}","session":{SESSION},{fields},"prev":"{prev}","hash":"{own}"}}"#
        );
        let kind = fact.kind().to_owned();
        Line { n, at, session: Some(SESSION), kind, text, ack: -1, prev, hash: own }
    });
    lines.collect()
}

#[divan::bench(sample_count = 10)]
fn ten_thousand_facts_in_batches_of_a_hundred(bencher: Bencher<'_, '_>) {
    let lines = lines();
    let fresh = || {
        let folder = tempfile::tempdir().expect("a folder for the bench");
        let store = Store::open(&folder.path().join("s.db")).expect("a new store");
        (folder, store)
    };
    bencher.counter(ItemsCount::new(lines.len())).with_inputs(fresh).bench_local_values(|(folder, mut store)| {
        for batch in lines.chunks(BATCH) {
            let projected = store.project(batch).expect("the batch follows the one before");
            assert!(projected.undigested.is_empty());
        }
        (folder, store)
    });
}
