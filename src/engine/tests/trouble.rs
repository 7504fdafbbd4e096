//! Days on which something is wrong: the market, the clock, the disk, the books, the venue, a limit.

use super::mini::{SESSION, World};
use crate::domain::fact::{Fact, Verdict};
use crate::domain::halt::HaltReason;
use crate::domain::inventory::Inventory;
use crate::domain::mode::{Asker, Mode};
use crate::domain::money::{Drops, Price, Rlusd};
use crate::domain::order::{OrderStatus, Side};
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueEvent;
use crate::engine::settings::Settings;
use crate::engine::{Effect, Input, State, Wish, step};

#[test]
fn a_silent_market_degrades_and_recovers_after_news_and_a_clean_check() {
    let mut world = World::quoting();
    for _ in 0..8 {
        world.wait(4);
        world.ack();
    }
    assert_eq!(world.mode(), Mode::Degraded);
    world.ledger();
    assert_eq!(world.verdicts().last(), Some(&Verdict::Ok));
    world.ack();
    world.ledger();
    assert_eq!(world.mode(), Mode::Quoting, "{:?}", world.facts);
    assert!(world.halts.is_empty());
}

#[test]
fn a_market_that_stays_silent_ends_the_session_once() {
    let mut world = World::quoting();
    for _ in 0..200 {
        world.wait(4);
        world.ack();
    }
    assert_eq!(world.halts.len(), 1);
    assert_eq!(world.halts[0].reason, HaltReason::RiskStaleMarket);
    assert_eq!(world.mode(), Mode::Halted);
}

#[test]
fn a_pause_is_no_time_in_which_the_market_can_become_stale() {
    let mut world = World::quoting();
    world.wish(Wish::Pause);
    world.ack();
    world.ledger();
    for _ in 0..20 {
        world.inbox.clear();
        world.wait(2);
    }
    assert_eq!(world.mode(), Mode::Paused);
    world.wish(Wish::Resume);
    world.ack();
    assert_eq!(world.mode(), Mode::Quoting);
    assert_eq!(world.submitted(), 2, "an old book is not quoted on");
    assert_eq!(world.state.snapshot(world.now).blocks[0].what, "the book is old");
}

#[test]
fn a_clock_that_jumped_degrades_until_the_books_are_proven() {
    let mut world = World::quoting();
    world.feed(Input::Doubt("the clock jumped by 41 s".into()));
    assert_eq!((world.mode(), world.incidents()), (Mode::Degraded, vec!["Time was lost".to_owned()]));
    world.ack();
    world.ledger();
    world.ack();
    world.ledger();
    assert_eq!(world.mode(), Mode::Quoting);
}

#[test]
fn a_full_disk_takes_the_quotes_out_and_room_on_it_leads_back() {
    let mut world = World::quoting();
    world.feed(Input::DiskFull("no space left on device".into()));
    assert_eq!(world.mode(), Mode::Degraded);
    world.ack();
    let checks = world.verdicts().len();
    for _ in 0..5 {
        world.ledger();
        world.ack();
    }
    assert_eq!((world.mode(), world.resting.len()), (Mode::Degraded, 0), "fresh news and clean books are not room");
    assert_eq!(world.verdicts().len(), checks, "room is not spent on proving what is not in doubt");
    world.feed(Input::RoomAgain);
    for _ in 0..4 {
        world.ledger();
        world.ack();
    }
    assert_eq!((world.mode(), world.resting.len()), (Mode::Quoting, 2));
}

#[test]
fn on_a_full_disk_no_cancel_waits_for_the_disk() {
    let mut world = World::quoting();
    world.wish(Wish::CancelAll);
    assert!(world.inbox.is_empty(), "the intents are not on disk yet");
    world.feed(Input::DiskFull("no space left on device".into()));
    for _ in 0..2 {
        world.ledger();
    }
    assert_eq!((world.resting.len(), world.mode()), (0, Mode::Degraded), "gone, without one acknowledgement");
    world.feed(Input::RoomAgain);
    world.ack();
    for _ in 0..4 {
        world.ledger();
        world.ack();
    }
    assert_eq!(world.mode(), Mode::Quoting);
}

#[test]
fn a_disk_that_stays_full_ends_the_session_as_a_failure_to_keep_facts() {
    let mut world = World::quoting();
    world.feed(Input::DiskFull("no space left on device".into()));
    for _ in 0..120 {
        world.ledger();
        world.ack();
    }
    assert_eq!(world.halts[0].reason, HaltReason::StoreFailure);
}

#[test]
fn a_trouble_remembers_that_the_operator_had_paused() {
    let mut world = World::quoting();
    world.wish(Wish::Pause);
    world.feed(Input::Doubt("the clock jumped by 41 s".into()));
    world.ack();
    for _ in 0..3 {
        world.ledger();
        world.ack();
    }
    assert_eq!(world.modes(), [Mode::Quoting, Mode::Paused, Mode::Degraded, Mode::Paused]);
}

#[test]
fn books_that_are_far_from_the_ledger_degrade_and_end_the_session_if_nobody_helps() {
    let mut world = World::quoting();
    world.held.xrp += Drops::from_xrp(6);
    for _ in 0..120 {
        world.ledger();
        world.ack();
    }
    assert_eq!(world.halts[0].reason, HaltReason::InventoryTruthHalt);
    assert_eq!(world.incidents(), ["Books and ledger differ"], "told once");
}

#[test]
fn a_small_difference_warns_and_quoting_goes_on() {
    let mut world = World::quoting();
    world.held.xrp += Drops::from_xrp(1);
    for _ in 0..40 {
        world.ledger();
        world.ack();
    }
    assert_eq!((world.mode(), world.incidents().len()), (Mode::Quoting, 1));
    let (residual, _) = world.state.snapshot(world.now).residual.unwrap();
    assert_eq!(residual.xrp, Drops::from_xrp(1));
}

#[test]
fn a_venue_that_does_not_say_what_we_hold_degrades() {
    let mut world = World::quoting();
    world.is_mute = true;
    for _ in 0..40 {
        world.ledger();
        world.ack();
    }
    assert_eq!(world.mode(), Mode::Degraded);
    assert_eq!(world.incidents(), ["What we hold is unverified"]);
}

#[test]
fn holding_more_than_the_cap_ends_the_session() {
    let held = Inventory { xrp: Drops::from_xrp(151), rlusd: Rlusd::from_whole(100) };
    let mut world = World::with(Settings::default(), held);
    world.feed(Input::Tick);
    world.ledger();
    world.ledger();
    world.ledger();
    assert_eq!(world.halts.iter().map(|cause| cause.reason).collect::<Vec<_>>(), [HaltReason::RiskXrpExposure]);
    assert_eq!((world.mode(), world.submitted()), (Mode::Halted, 0));
    let by =
        world.facts.iter().rev().find_map(|fact| if let Fact::Mode(change) = fact { Some(change.by) } else { None });
    assert_eq!(by, Some(Asker::Guard));
}

#[test]
fn losing_more_than_the_drawdown_ends_the_session() {
    let mut world = World::quoting();
    world.bid_ticks -= 9_000;
    world.ledger();
    assert_eq!(world.halts[0].reason, HaltReason::RiskDrawdown);
}

#[test]
fn refusals_back_off_and_are_told_once() {
    let mut world = World::new();
    world.refuses = true;
    world.feed(Input::Tick);
    for _ in 0..30 {
        world.ledger();
        world.ack();
    }
    assert!(world.submitted() <= 10, "{}", world.submitted());
    assert_eq!(world.incidents(), ["Orders are refused", "Orders are refused"], "once a side");
    let blocks = world.state.snapshot(world.now).blocks;
    assert!(blocks.iter().any(|block| block.what == "orders are refused"), "{blocks:?}");
    world.refuses = false;
    for _ in 0..40 {
        world.ledger();
        world.ack();
    }
    assert_eq!(world.resting.len(), 2);
}

#[test]
fn an_order_without_an_answer_is_told_and_never_assumed_gone() {
    let mut world = World::new();
    world.feed(Input::Tick);
    world.ledger();
    world.ack();
    world.inbox.clear();
    for _ in 0..20 {
        world.ledger();
        world.ack();
    }
    assert_eq!(world.submitted(), 2);
    assert_eq!(world.incidents(), ["An order has no answer", "An order has no answer"]);
    assert!(world.state.account().open_orders().values().all(|order| order.status == OrderStatus::Sent));
}

#[test]
fn a_one_sided_book_is_not_quoted_on() {
    let mut world = World::quoting();
    world.open_ledger();
    let mut book = world.book();
    book.bids.clear();
    world.tell(VenueEvent::Book(book));
    world.ack();
    assert_eq!(world.inbox.len(), 2);
    assert_eq!(world.state.snapshot(world.now).blocks[0].what, "the book has no two sides");
    assert!(world.state.snapshot(world.now).mid.is_some(), "the last mid still values what we hold");
}

#[test]
fn a_fill_above_our_ask_at_the_cap_does_not_end_the_session() {
    let mut world = World::quoting();
    let (id, (spec, _)) = world.resting.iter().find(|(_, (spec, _))| spec.side == Side::Sell).unwrap();
    let price: Price = "1.43".parse().unwrap();
    let fill = crate::domain::fill::Fill {
        id: "better".into(),
        order: *id,
        side: Side::Sell,
        price,
        quantity: spec.quantity,
        rlusd: Rlusd::of(spec.quantity, price),
        mid: world.mid(),
        ledger: world.ledger,
    };
    world.tell(VenueEvent::Filled(fill));
    assert!(world.state.account().inventory().unwrap().rlusd > Rlusd::from_whole(150));
    assert!(world.halts.is_empty());
}

#[test]
fn incidents_of_other_rooms_share_one_count() {
    let mut state = State::new(Settings::default(), SESSION);
    let effects = step(&mut state, Timestamp::default(), Input::Doubt("a stall".into()));
    let [Effect::Record(incident @ Fact::Incident(first)), ..] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((first.id, state.next_incident()), (1, 2));
    state.take_in(Timestamp::default(), incident);
    assert_eq!(state.next_incident(), 3);
}
