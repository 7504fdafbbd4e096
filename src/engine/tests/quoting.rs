//! Days on which all goes well, or as it does on an ordinary one: quotes, cancels, fills, pauses.

use super::mini::{FEE, World};
use crate::domain::fact::{Fact, Intent, Step, Verdict};
use crate::domain::mode::Mode;
use crate::domain::money::Rlusd;
use crate::domain::order::Side;
use crate::domain::venue::{Request, VenueEvent};
use crate::engine::{Input, Ticket, Wish};

#[test]
fn a_session_opens_with_the_venues_word_and_quotes_both_sides() {
    let world = World::quoting();
    assert_eq!(world.verdicts(), [Verdict::Opening]);
    assert_eq!(world.modes(), [Mode::Quoting]);
    let snapshot = world.state.snapshot(world.now);
    assert_eq!(snapshot.starting.unwrap().rlusd, Rlusd::from_whole(140));
    assert!(snapshot.blocks.is_empty(), "{:?}", snapshot.blocks);
    assert!(snapshot.quotes.iter().all(|quote| quote.wanted.is_some() && quote.order.is_some()));
    assert!(snapshot.quotes.iter().all(|quote| quote.behind_touch.unwrap() > crate::domain::money::Bps::default()));
    let names: Vec<&str> = snapshot.limits.iter().map(|limit| limit.name).collect();
    assert_eq!(names, ["XRP", "RLUSD", "floor", "drawdown", "market"]);
}

#[test]
fn what_is_not_known_yet_is_not_shown_as_zero() {
    let world = World::new();
    let snapshot = world.state.snapshot(world.now);
    assert_eq!((snapshot.mid, snapshot.holding, snapshot.residual, snapshot.ledger), (None, None, None, None));
    assert_eq!(snapshot.blocks[0].what, "starting");
    assert!(snapshot.limits.is_empty());
}

#[test]
fn nothing_is_sent_until_its_intent_is_on_disk() {
    let mut world = World::new();
    world.feed(Input::Tick);
    world.ledger();
    let intents = world.facts.iter().filter(|fact| matches!(fact, Fact::Intent(Intent::Submit(_)))).count();
    assert_eq!((intents, world.inbox.len()), (2, 0));
    world.feed(Input::Recorded(Ticket(0)));
    assert_eq!(world.inbox.len(), 0);
    world.ack();
    assert_eq!((world.inbox.len(), world.submitted()), (2, 2));
}

#[test]
fn a_ticket_that_was_never_given_out_proves_nothing_about_later_intents() {
    let mut world = World::new();
    world.feed(Input::Recorded(Ticket(1_000)));
    world.ledger();
    world.ledger();
    assert_eq!(world.submitted(), 0);
}

#[test]
fn a_quote_that_is_off_is_cancelled_and_placed_anew_only_when_it_is_proven_gone() {
    let mut world = World::quoting();
    world.bid_ticks += 300;
    world.ledger();
    assert_eq!(world.submitted(), 2);
    world.ack();
    assert_eq!(world.inbox.iter().filter(|request| matches!(request, Request::Cancel(_))).count(), 2);
    world.ack();
    assert_eq!(world.submitted(), 2, "the old ones may still rest");
    world.ledger();
    world.ack();
    assert_eq!(world.submitted(), 4);
}

#[test]
fn a_quote_within_the_threshold_stays() {
    let mut world = World::quoting();
    world.bid_ticks += 20;
    world.ledger();
    world.ack();
    assert!(world.inbox.is_empty(), "{:?}", world.inbox);
}

#[test]
fn a_cancel_without_an_answer_is_asked_again_after_three_ledgers() {
    let mut world = World::quoting();
    world.bid_ticks += 300;
    world.ledger();
    world.ack();
    world.inbox.clear();
    for expected in [0, 0, 2] {
        world.open_ledger();
        world.ack();
        assert_eq!(world.inbox.iter().filter(|request| matches!(request, Request::Cancel(_))).count(), expected);
    }
}

#[test]
fn a_cancel_that_finds_nothing_proves_nothing() {
    let mut world = World::quoting();
    let order = *world.resting.keys().next().unwrap();
    world.tell(VenueEvent::CancelFoundNothing { order, ledger: world.ledger, fee: FEE });
    world.held.xrp -= FEE;
    assert!(world.state.account().open_orders().contains_key(&order));
    world.ledger();
    world.ack();
    assert_eq!(world.submitted(), 2);
}

#[test]
fn a_fill_that_wins_the_race_against_its_cancel_counts() {
    let mut world = World::quoting();
    world.wish(Wish::Pause);
    world.ack();
    world.open_ledger();
    world.fill(Side::Buy, 100);
    let arriving = std::mem::take(&mut world.inbox);
    world.arrive(arriving);
    world.close_ledger();
    assert_eq!(world.state.account().fills(), (1, 0));
    assert_eq!(world.state.account().inventory(), Some(world.held));
    assert!(!world.state.account().anything_may_rest());
}

#[test]
fn a_paused_session_takes_its_quotes_out_and_stays_empty_until_it_is_resumed() {
    let mut world = World::quoting();
    world.wish(Wish::Pause);
    world.ack();
    for _ in 0..3 {
        world.ledger();
        world.ack();
    }
    assert_eq!((world.mode(), world.resting.len()), (Mode::Paused, 0));
    assert_eq!(world.state.snapshot(world.now).blocks[0].release, "p resumes");
    world.wish(Wish::Resume);
    world.ack();
    world.ledger();
    assert_eq!((world.mode(), world.resting.len()), (Mode::Quoting, 2));
}

#[test]
fn once_a_paused_session_is_empty_its_books_are_proven_without_waiting_for_the_next_check() {
    let mut world = World::quoting();
    world.wish(Wish::Pause);
    world.ack();
    for _ in 0..2 {
        world.ledger();
        world.ack();
    }
    let account = world.state.account();
    assert!(account.open_orders().is_empty());
    assert_eq!(account.last_truth().map(|truth| truth.venue), account.inventory());
}

#[test]
fn an_intent_that_is_no_longer_wanted_is_never_sent() {
    let mut world = World::new();
    world.feed(Input::Tick);
    world.ledger();
    world.wish(Wish::Pause);
    world.ack();
    assert_eq!(world.submitted(), 0);
    let never = world.facts.iter().filter(|fact| matches!(fact, Fact::Order(step) if step.step == Step::NeverSent));
    assert_eq!(never.count(), 2);
}

#[test]
fn cancel_all_while_quoting_empties_the_book_and_quoting_goes_on() {
    let mut world = World::quoting();
    world.wish(Wish::CancelAll);
    world.ack();
    world.ledger();
    assert_eq!((world.mode(), world.resting.len()), (Mode::Quoting, 0));
    world.ack();
    world.ledger();
    assert_eq!(world.resting.len(), 2);
}

#[test]
fn three_fills_on_one_side_idle_for_the_window_and_then_it_quotes_again() {
    let mut world = World::quoting();
    world.open_ledger();
    for _ in 0..3 {
        world.fill(Side::Buy, 10);
    }
    world.close_ledger();
    assert_eq!(world.mode(), Mode::Idle);
    let block = &world.state.snapshot(world.now).blocks[0];
    assert_eq!((block.measured.as_str(), block.release.as_str()), ("3 buys in 30 s", "if no further buy"));
    assert_eq!(block.until, Some(world.now + std::time::Duration::from_secs(30)));
    world.ack();
    for _ in 0..8 {
        world.ledger();
        world.ack();
    }
    assert_eq!((world.mode(), world.modes().len()), (Mode::Quoting, 3));
}
