//! Many sessions, each from another seed: the books add up exactly, and one seed is one session.
//!
//! Here are twenty. The thousand-seed run is `NEO_SEEDS=1000 cargo test --release --test seeds -- --nocapture`.

mod support;

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use support::{Books, Chain, House, Link};

/// How many seeds are tried when nobody says.
const SEEDS: u64 = 20;
/// How many run at a time.
const AT_ONCE: u64 = 2;
/// Ten minutes: a hundred and fifty ledgers.
const DURATION: &str = "10m";

/// Runs the session of one seed in a house of its own.
fn session_of(seed: u64) -> (House, Chain) {
    let house = House::new();
    let seed = seed.to_string();
    house.session(&["--seed", &seed, "--speed", "max", "--duration", DURATION]).ended().expect_code(0);
    let chain = house.chain();
    (house, chain)
}

/// Everything that must be exact in a closed session.
#[track_caller]
fn expect_exact(house: &House, chain: &Chain) -> Books {
    let facts = chain.of_session(1);
    let books = Books::of(facts.iter().copied());
    let closed = chain.last("session_closed").json();
    books.expect_totals(&closed["totals"]);
    let nothing = json!({ "xrp": "0.000000", "rlusd": "0" });
    assert_eq!(closed["residual"], nothing, "what the venue says, less what the books say");
    assert_eq!((&closed["unproven"], &closed["failures"]), (&json!([]), &json!([])));
    let row = house.rows().session(1);
    for name in ["xrp", "rlusd", "value"] {
        assert_eq!(json!(row[&format!("starting_{name}")]), closed["totals"]["starting"][name]);
        assert_eq!(json!(row[&format!("ending_{name}")]), closed["totals"]["ending"][name]);
    }
    for truth in facts.iter().filter(|link| link.kind == "truth").map(|link| link.json()) {
        assert_eq!(truth["venue"], truth["books"], "each look at the venue agrees with the books");
    }
    books
}

#[test]
fn the_books_of_every_seed_add_up_to_the_last_digit() {
    let seeds = std::env::var("NEO_SEEDS").map_or(SEEDS, |seeds| seeds.parse().expect("NEO_SEEDS is a number"));
    let (next, fills) = (AtomicU64::new(1), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > seeds {
                        break;
                    }
                    let (house, chain) = session_of(seed);
                    println!("seed {seed}: {} facts", chain.links.len());
                    let books = expect_exact(&house, &chain);
                    fills.fetch_add(books.bought + books.sold, Ordering::Relaxed);
                }
            });
        }
    });
    let fills = fills.into_inner();
    assert!(fills > seeds * 10, "sums of next to nothing prove next to nothing: {fills} fills in {seeds} sessions");
}

/// A fact without what tells only where and as what process it was written.
fn told(link: &Link) -> (usize, String, Option<i64>, String, String) {
    let mut body = link.body.clone();
    if link.kind == "session_opened" {
        let mut opened = link.json();
        for own in ["host", "pid", "build"] {
            assert_ne!(opened[own].take(), Value::Null, "{own} is in {}", link.line);
        }
        body = opened.to_string();
    }
    (link.n, link.at.clone(), link.session, link.kind.clone(), body)
}

#[test]
fn one_seed_is_one_session_byte_for_byte() {
    for seed in [7, 8] {
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(|| session_of(seed).1);
            (session_of(seed).1, other.join().expect("the other session"))
        });
        let (one, other): (Vec<_>, Vec<_>) =
            (one.links.iter().map(told).collect(), other.links.iter().map(told).collect());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(one.len(), other.len(), "seed {seed}");
    }
}

#[test]
fn another_seed_is_another_session() {
    let (one, other) = (session_of(7).1, session_of(8).1);
    let fills = |chain: &Chain| chain.of_kind("fill").iter().map(|link| link.body.clone()).collect::<Vec<_>>();
    assert_ne!(fills(&one), fills(&other));
}

#[test]
fn a_lifelike_session_has_a_few_fills_a_minute_and_quotes_at_once() {
    let chain = session_of(7).1;
    let opened = &chain.links[0];
    assert_eq!((opened.kind.as_str(), opened.n), ("session_opened", 0));
    let fills = chain.of_kind("fill").len();
    assert!((10..=100).contains(&fills), "one to ten a minute: {fills} in ten");
    let rests = chain.links.iter().find(|link| link.kind == "order" && link.text("/step") == "rests");
    let rests = rests.expect("an order rests");
    assert!(rests.at[..16] == opened.at[..16], "within its first minute: {} and {}", opened.at, rests.at);
}
