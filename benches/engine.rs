//! How fast the engine decides: steps a second over a realistic mix of inputs, and over a stream of fills.
//!
//! Aim: a million steps a second on one core.

use divan::Bencher;
use divan::counter::ItemsCount;
use neo_console::domain::fill::Fill;
use neo_console::domain::inventory::Inventory;
use neo_console::domain::market::{Book, Level};
use neo_console::domain::money::{Drops, Price, Rlusd};
use neo_console::domain::order::{OrderId, Side};
use neo_console::domain::session::SessionId;
use neo_console::domain::time::Timestamp;
use neo_console::domain::venue::{Request, VenueEvent};
use neo_console::engine::settings::Settings;
use neo_console::engine::{Effect, Input, State, Ticket, step};

const SESSION: SessionId = SessionId(1);
const LEDGERS: u32 = 5_000;

fn main() {
    divan::main();
}

/// Others' market around `bid` (in ticks of 10⁻⁵), five levels a side.
fn book(ledger: u32, at: Timestamp, bid: i64) -> Book {
    let level = |ticks| Level {
        price: Price::new(ticks, 5).expect("above zero"),
        quantity: Drops::from_xrp(300),
        ours: Drops::ZERO,
    };
    let bids = (0..5).map(|depth| level(bid - depth * 20)).collect();
    Book { ledger, at, bids, asks: (0..5).map(|depth| level(bid + 100 + depth * 20)).collect() }
}

fn at(ledger: u32) -> Timestamp {
    Timestamp::from_millis(i64::from(ledger) * 4_000)
}

/// Plays a market to a throwaway engine with a venue that answers at the next ledger, and returns what it was told:
/// a ledger, a book, answers, an acknowledgement and ticks, over and over.
fn realistic_mix() -> Vec<(Timestamp, Input)> {
    let mut state = State::new(Settings::default(), SESSION);
    let (mut told, mut asked, mut held) = (Vec::new(), Vec::new(), start());
    let (mut tickets, mut walk, mut bid) = (0_u64, 7_u64, 141_950_i64);
    for ledger in 1..=LEDGERS {
        walk = walk.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Three ledgers in four leave the touch where it is; else it moves by up to two bps.
        if (walk >> 33).is_multiple_of(4) {
            bid += i64::try_from(walk >> 40 & 63).unwrap_or(0) - 31 - (bid - 141_950) / 20;
        }
        let mut inputs = vec![Input::Tick, Input::Venue(VenueEvent::Ledger { index: ledger, closed_at: at(ledger) })];
        inputs.extend(std::mem::take(&mut asked).into_iter().map(|request| answer(request, ledger, &mut held)));
        inputs.extend([Input::Venue(VenueEvent::Book(book(ledger, at(ledger), bid))), Input::Tick, Input::Tick]);
        let mut queue = std::collections::VecDeque::from(inputs);
        while let Some(input) = queue.pop_front() {
            told.push((at(ledger), input.clone()));
            let before = tickets;
            for effect in step(&mut state, at(ledger), input) {
                match effect {
                    Effect::Record(_) => tickets += 1,
                    Effect::Request(request) => asked.push(request),
                    Effect::Halt(cause) => panic!("the mix must not halt: {cause:?}"),
                }
            }
            if tickets > before {
                queue.push_back(Input::Recorded(Ticket(tickets)));
            }
        }
    }
    told
}

fn start() -> Inventory {
    Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) }
}

fn answer(request: Request, ledger: u32, held: &mut Inventory) -> Input {
    let fee = Drops::new(12);
    Input::Venue(match request {
        Request::Submit(spec) => {
            held.xrp -= fee;
            VenueEvent::Rests { order: spec.id, ledger, fee }
        }
        Request::Cancel(order) => {
            held.xrp -= fee;
            VenueEvent::Cancelled { order, ledger, fee }
        }
        Request::Balances => VenueEvent::Balances { inventory: *held, ledger },
    })
}

/// Ticks, ledgers, books, answers and acknowledgements as a session meets them.
#[divan::bench]
fn steps_of_a_realistic_mix(bencher: Bencher) {
    let mix = realistic_mix();
    bencher
        .counter(ItemsCount::new(mix.len()))
        .with_inputs(|| (State::new(Settings::default(), SESSION), mix.clone()))
        .bench_local_values(|(mut state, mix)| {
            for (now, input) in mix {
                divan::black_box(step(&mut state, now, input));
            }
            state
        });
}

/// A tick on which nothing is due: the path that is taken most often.
#[divan::bench]
fn steps_of_idle_ticks(bencher: Bencher) {
    let (mut state, now) = opened();
    bencher.counter(ItemsCount::new(1_000_u32)).bench_local(|| {
        for _ in 0..1_000 {
            divan::black_box(step(&mut state, now, Input::Tick));
        }
    });
}

/// Fills, alternating between the sides.
#[divan::bench]
fn steps_of_fills(bencher: Bencher) {
    let (opened, now) = opened();
    let fills: Vec<Fill> = (0..1_000).map(fill).collect();
    bencher.counter(ItemsCount::new(fills.len())).with_inputs(|| (opened.clone(), fills.clone())).bench_local_values(
        |(mut state, fills)| {
            for fill in fills {
                divan::black_box(step(&mut state, now, Input::Venue(VenueEvent::Filled(fill))));
            }
            state
        },
    );
}

fn fill(number: u32) -> Fill {
    let side = if number.is_multiple_of(2) { Side::Buy } else { Side::Sell };
    let price = Price::new(if side == Side::Buy { 141_858 } else { 142_199 }, 5).expect("above zero");
    let mid = Price::new(142_000 + i64::from(number / 16 % 40), 5).expect("above zero");
    let quantity = Drops::new(1_234);
    let order = OrderId { session: SESSION, number: 1 + number % 2 };
    let rlusd = Rlusd::of(quantity, price);
    Fill { id: format!("fill-{number}"), order, side, price, quantity, rlusd, mid, ledger: 3 }
}

/// An engine with both quotes resting.
fn opened() -> (State, Timestamp) {
    let mut state = State::new(Settings::default(), SESSION);
    let now = at(1);
    let mut held = start();
    let mut inputs = vec![
        Input::Venue(VenueEvent::Ledger { index: 1, closed_at: now }),
        Input::Venue(VenueEvent::Book(book(1, now, 141_950))),
        Input::Venue(VenueEvent::Balances { inventory: held, ledger: 1 }),
        Input::Recorded(Ticket(9)),
    ];
    while !inputs.is_empty() {
        let effects: Vec<Effect> = inputs.drain(..).flat_map(|input| step(&mut state, now, input)).collect();
        let requests = effects
            .into_iter()
            .filter_map(|effect| if let Effect::Request(request) = effect { Some(request) } else { None });
        inputs = requests.map(|request| answer(request, 1, &mut held)).collect();
    }
    assert_eq!(state.account().open_orders().len(), 2, "both quotes rest");
    (state, now)
}
