use proptest::collection::vec;
use proptest::prelude::*;

use super::mini::{SESSION, World};
use crate::domain::fact::{Fact, Verdict};
use crate::domain::fill::Fill;
use crate::domain::halt::{Cause, HaltReason};
use crate::domain::inventory::Inventory;
use crate::domain::market::{Book, Level};
use crate::domain::mode::Mode;
use crate::domain::money::{Drops, Price, Rlusd};
use crate::domain::order::{OrderId, Side};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::domain::venue::{Request, VenueEvent};
use crate::engine::settings::Settings;
use crate::engine::{Effect, Input, State, Ticket, Wish, step};

/// What can happen to an engine at an honest venue.
#[derive(Clone, Debug)]
enum Happening {
    /// A ledger with this move of the mid; the first `late` requests arrive only in a later one.
    Ledger {
        ticks: i64,
        late: usize,
        fills: Vec<(Side, i64)>,
        refuses: bool,
    },
    Ack,
    Wait(i64),
    Wish(Wish),
    Doubt,
    DiskFull,
    RoomAgain,
    Seal,
    CancelRest,
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![Just(Wish::Pause), Just(Wish::Resume), Just(Wish::CancelAll)]
}

fn happening() -> impl Strategy<Value = Happening> {
    let fills = vec((side(), 1_i64..=100), 0..3);
    let ledger = (-200_i64..200, 0_usize..3, fills, prop::bool::weighted(0.1))
        .prop_map(|(ticks, late, fills, refuses)| Happening::Ledger { ticks, late, fills, refuses });
    prop_oneof![
        12 => ledger,
        10 => Just(Happening::Ack),
        2 => (0_i64..40).prop_map(Happening::Wait),
        1 => wish().prop_map(Happening::Wish),
        1 => Just(Happening::Doubt),
        1 => Just(Happening::DiskFull),
        1 => Just(Happening::RoomAgain),
    ]
}

fn story() -> impl Strategy<Value = Vec<Happening>> {
    let ends = prop_oneof![3 => happening(), 1 => Just(Happening::Seal), 1 => Just(Happening::CancelRest)];
    (vec(happening(), 0..150), vec(ends, 0..15)).prop_map(|(life, end)| life.into_iter().chain(end).collect())
}

fn live_through(world: &mut World, happening: Happening) {
    match happening {
        Happening::Ledger { ticks, late, fills, refuses } => {
            world.bid_ticks += ticks;
            world.refuses = refuses;
            world.open_ledger();
            for (side, percent) in fills {
                world.fill(side, percent);
            }
            // The oldest stay on their way, so that a cancel may overtake its order.
            let arriving = world.inbox.split_off(late.min(world.inbox.len()));
            world.arrive(arriving);
            world.close_ledger();
            if let Some(books) = world.state.account().inventory() {
                assert_eq!(books, world.held, "books are the start and every fill and fee");
            }
        }
        Happening::Ack => world.ack(),
        Happening::Wait(seconds) => world.wait(seconds),
        Happening::Wish(wish) => world.wish(wish),
        Happening::Doubt => world.feed(Input::Doubt("the clock jumped".into())),
        Happening::DiskFull => world.feed(Input::DiskFull("no space left".into())),
        Happening::RoomAgain => world.feed(Input::RoomAgain),
        Happening::Seal => world.seal(),
        Happening::CancelRest => {
            world.seal();
            world.feed(Input::CancelRest);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// The world checks itself after every input: write-ahead, one order a side, caps, promises, the split.
    #[test]
    fn whatever_happens_at_an_honest_venue_the_engine_keeps_its_promises(story in story()) {
        let mut world = World::new();
        world.feed(Input::Tick);
        let mut halted = false;
        for happening in story {
            live_through(&mut world, happening);
            prop_assert!(!halted || world.mode() == Mode::Halted, "halted is final");
            halted = world.mode() == Mode::Halted;
        }
        prop_assert!(world.halts.len() <= 1, "a halt is asked for once");
        prop_assert!(!world.verdicts().iter().any(|verdict| matches!(verdict, Verdict::Warn | Verdict::Halt)));
    }

    /// However a session went, its end leaves nothing at the venue once the venue answers.
    #[test]
    fn an_end_leaves_nothing_at_the_venue(story in story()) {
        let mut world = World::new();
        world.feed(Input::Tick);
        for happening in story {
            live_through(&mut world, happening);
        }
        world.seal();
        world.feed(Input::CancelRest);
        for _ in 0..6 {
            world.ledger();
        }
        prop_assert!(world.resting.is_empty());
        prop_assert!(!world.state.account().anything_may_rest());
    }

    /// Replaying the facts gives the books that the engine had.
    #[test]
    fn the_books_are_made_of_facts_alone(story in story()) {
        let mut world = World::new();
        world.feed(Input::Tick);
        for happening in story {
            live_through(&mut world, happening);
        }
        let mut replayed = crate::domain::account::Account::default();
        for fact in &world.facts {
            replayed.apply(world.now, fact);
        }
        prop_assert_eq!(replayed.inventory(), world.state.account().inventory());
        prop_assert_eq!(replayed.fills(), world.state.account().fills());
        prop_assert_eq!(replayed.mode(), world.state.account().mode());
        prop_assert_eq!(replayed.mode(), world.state.mode());
    }
}

fn junk_id() -> impl Strategy<Value = OrderId> {
    (0_i64..3, 0_u32..6).prop_map(|(session, number)| OrderId { session: SessionId(session), number })
}

fn junk_levels() -> impl Strategy<Value = Vec<Level>> {
    let level = (100_000_i64..180_000, 0_i64..90_000_000, 0_i64..90_000_000).prop_map(|(ticks, all, ours)| Level {
        price: Price::new(ticks, 5).unwrap(),
        quantity: Drops::new(all),
        ours: Drops::new(ours),
    });
    vec(level, 0..4)
}

fn junk_fill() -> impl Strategy<Value = VenueEvent> {
    (0_u8..20, junk_id(), side(), 1_i64..90_000_000, 1_i64..100_000_000, 100_000_i64..180_000).prop_map(
        |(id, order, side, drops, mantissa, mid)| {
            let (quantity, mid) = (Drops::new(drops), Price::new(mid, 5).unwrap());
            let rlusd: Rlusd = rust_decimal::Decimal::new(mantissa, 6).to_string().parse().unwrap();
            let price = Price::from_amounts(rlusd, quantity).unwrap();
            VenueEvent::Filled(Fill { id: id.to_string(), order, side, price, quantity, rlusd, mid, ledger: 0 })
        },
    )
}

fn junk_event() -> impl Strategy<Value = VenueEvent> {
    let fee = (0_i64..1_000).prop_map(Drops::new);
    let about = (junk_id(), 0_u32..30, fee, 0_u8..4).prop_map(|(order, ledger, fee, which)| match which {
        0 => VenueEvent::Rests { order, ledger, fee },
        1 => VenueEvent::Refused { order, ledger, code: "tefPAST_SEQ".into(), fee },
        2 => VenueEvent::Cancelled { order, ledger, fee },
        _ => VenueEvent::CancelFoundNothing { order, ledger, fee },
    });
    let book = (0_u32..30, junk_levels(), junk_levels())
        .prop_map(|(ledger, bids, asks)| VenueEvent::Book(Book { ledger, at: Timestamp::default(), bids, asks }));
    let balances =
        (0_i64..160_000_000, 0_i64..160, 0_u32..30).prop_map(|(drops, rlusd, ledger)| VenueEvent::Balances {
            inventory: Inventory { xrp: Drops::new(drops), rlusd: Rlusd::from_whole(rlusd) },
            ledger,
        });
    let ledger = (0_u32..30, any::<i32>())
        .prop_map(|(index, at)| VenueEvent::Ledger { index, closed_at: Timestamp::from_millis(i64::from(at)) });
    prop_oneof![3 => about, 3 => book, 1 => balances, 2 => ledger, 1 => junk_fill()]
}

fn junk_input() -> impl Strategy<Value = Input> {
    let cause = Cause { reason: HaltReason::InterruptedSigterm, detail: String::new(), at: Timestamp::default() };
    prop_oneof![
        20 => junk_event().prop_map(Input::Venue),
        6 => (0_u64..200).prop_map(|ticket| Input::Recorded(Ticket(ticket))),
        3 => Just(Input::Tick),
        1 => wish().prop_map(Input::Operator),
        1 => Just(Input::Doubt(String::new())),
        1 => Just(Input::DiskFull(String::new())),
        1 => Just(Input::RoomAgain),
        1 => prop_oneof![9 => Just(Input::Tick), 1 => Just(Input::Seal(cause)), 1 => Just(Input::CancelRest)],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_sequence_of_events_makes_it_panic_or_trade_after_the_end(inputs in vec((0_i64..20_000, junk_input()), 0..200)) {
        let mut state = State::new(Settings::default(), SESSION);
        let (mut issued, mut on_disk, mut ended) = (0_u64, 0_u64, false);
        let mut intents = std::collections::BTreeMap::new();
        for (millis, input) in inputs {
            if let Input::Recorded(Ticket(ticket)) = &input {
                on_disk = on_disk.max(*ticket.min(&issued));
            }
            ended |= matches!(input, Input::Seal(_) | Input::CancelRest);
            for effect in step(&mut state, Timestamp::from_millis(millis), input) {
                match effect {
                    Effect::Record(fact) => {
                        issued += 1;
                        if let Fact::Intent(crate::domain::fact::Intent::Submit(spec)) = fact {
                            intents.insert(spec.id, issued);
                        }
                    }
                    Effect::Request(Request::Submit(spec)) => {
                        prop_assert!(!ended && intents[&spec.id] <= on_disk);
                    }
                    Effect::Request(Request::Cancel(_) | Request::Balances) => {}
                    Effect::Halt(_) => ended = true,
                }
            }
            prop_assert!(!ended || state.mode() == Mode::Halted);
            let snapshot = state.snapshot(Timestamp::from_millis(millis));
            let quotes_both = snapshot.quotes.iter().all(|quote| quote.wanted.is_some());
            prop_assert!(quotes_both || !snapshot.blocks.is_empty(), "a quote that is missing is explained");
        }
    }
}
