//! How a day ends: the seal, the cancels and what is proven of them.

use super::mini::{SESSION, World};
use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::mode::Mode;
use crate::domain::venue::Request;
use crate::engine::settings::Settings;
use crate::engine::{Input, State, Wish};

#[test]
fn the_seal_names_what_may_rest_and_drops_what_was_not_sent() {
    let mut world = World::quoting();
    world.bid_ticks += 300;
    world.ledger();
    world.seal();
    let Some(Fact::EndBegun(end)) = world.facts.iter().find(|fact| matches!(fact, Fact::EndBegun(_))) else {
        panic!("not sealed");
    };
    assert_eq!(end.cancels.len(), 2);
    assert!(end.holding.is_some());
    world.ack();
    assert!(world.inbox.is_empty(), "the cancels of before are covered by the seal");
    world.feed(Input::CancelRest);
    assert_eq!(world.inbox.len(), 2);
    world.ledger();
    assert_eq!((world.mode(), world.resting.len()), (Mode::Halted, 0));
    assert!(!world.state.account().anything_may_rest());
}

#[test]
fn a_cancel_that_overtakes_its_order_at_the_end_is_sent_again() {
    let mut world = World::new();
    world.feed(Input::Tick);
    world.ledger();
    world.ack();
    let late = std::mem::take(&mut world.inbox);
    world.seal();
    world.feed(Input::CancelRest);
    world.ledger();
    world.open_ledger();
    world.arrive(late);
    for _ in 0..2 {
        world.ledger();
    }
    assert!(world.resting.is_empty() && !world.state.account().anything_may_rest());
}

#[test]
fn an_order_that_comes_to_rest_behind_its_cancel_is_cancelled_again_in_the_same_ledger() {
    let pause = |world: &mut World| world.wish(Wish::Pause);
    let end = |world: &mut World| {
        world.seal();
        world.feed(Input::CancelRest);
    };
    for stop in [&pause as &dyn Fn(&mut World), &end] {
        let mut world = World::new();
        world.feed(Input::Tick);
        world.ledger();
        world.ack();
        let orders = std::mem::take(&mut world.inbox);
        stop(&mut world);
        world.ack();
        let cancels = std::mem::take(&mut world.inbox);
        world.open_ledger();
        world.arrive(cancels);
        world.arrive(orders);
        world.close_ledger();
        world.ack();
        assert_eq!(world.inbox.iter().filter(|request| matches!(request, Request::Cancel(_))).count(), 2);
        world.ledger();
        assert!(world.resting.is_empty() && !world.state.account().anything_may_rest());
    }
}

#[test]
fn cancels_are_sent_even_if_the_seal_could_not_be_written() {
    let mut world = World::quoting();
    world.seal();
    world.feed(Input::CancelRest);
    assert_eq!(world.inbox.len(), 2);
    world.inbox.clear();
    world.open_ledger();
    assert_eq!(world.inbox.len(), 0);
    world.open_ledger();
    assert_eq!(world.inbox.len(), 2, "asked again after two ledgers");
}

#[test]
fn an_engine_rebuilt_from_facts_cancels_and_accounts_and_never_trades() {
    let mut world = World::quoting();
    let mut account = Account::default();
    world.facts.iter().for_each(|fact| _ = account.apply(world.now, fact));
    world.state = State::halted(Settings::default(), SESSION, account);
    assert_eq!(world.mode(), Mode::Halted);
    world.seal();
    world.feed(Input::CancelRest);
    world.wish(Wish::Resume);
    for _ in 0..5 {
        world.ledger();
        world.ack();
    }
    assert_eq!((world.submitted(), world.resting.len()), (2, 0));
    assert_eq!(world.state.account().inventory(), Some(world.held));
}
