//! What the paper ledger promises, seen from outside: the rules one by one, whole sessions, and any requests at all.

mod any_requests;
mod sessions;

use std::collections::BTreeSet;

use super::*;
use crate::domain::inventory::Inventory;
use crate::domain::money::{Bps, Rlusd};
use crate::domain::order::OrderSpec;
use crate::domain::session::SessionId;

const START: Timestamp = Timestamp::from_millis(1_795_372_800_000);

fn at(millis: u64) -> Timestamp {
    START + Duration::from_millis(millis)
}

fn id(number: u32) -> OrderId {
    OrderId { session: SessionId(1), number }
}

fn submit(number: u32, side: Side, price: &str, quantity: &str) -> Request {
    let (price, quantity) = (price.parse().unwrap(), quantity.parse().unwrap());
    Request::Submit(OrderSpec { id: id(number), side, price, quantity })
}

fn paper(seed: u64) -> Paper {
    Paper::new(&Settings::default(), seed, START)
}

/// What happened to us, without ledgers and books.
fn ours(news: Vec<VenueEvent>) -> Vec<VenueEvent> {
    news.into_iter().filter(|event| !matches!(event, VenueEvent::Ledger { .. } | VenueEvent::Book(_))).collect()
}

/// What a fresh ledger tells us about these requests, made at its start, within its first seconds.
fn told(seed: u64, requests: impl IntoIterator<Item = Request>) -> Vec<VenueEvent> {
    let mut paper = paper(seed);
    requests.into_iter().for_each(|request| paper.request(START, request));
    ours(paper.advance(at(2_000)))
}

/// How an event changes what we hold.
fn change(event: &VenueEvent) -> (Drops, Rlusd) {
    match event {
        VenueEvent::Filled(fill) => (fill.xrp_change(), fill.rlusd_change()),
        VenueEvent::Rests { fee, .. }
        | VenueEvent::Refused { fee, .. }
        | VenueEvent::Cancelled { fee, .. }
        | VenueEvent::CancelFoundNothing { fee, .. } => (-*fee, Rlusd::ZERO),
        VenueEvent::Ledger { .. } | VenueEvent::Book(_) | VenueEvent::Balances { .. } => (Drops::ZERO, Rlusd::ZERO),
    }
}

fn start_holding() -> Inventory {
    let settings = Settings::default();
    Inventory { xrp: settings.start_xrp, rlusd: settings.start_rlusd }
}

#[test]
fn a_full_book_is_there_at_once() {
    let mut paper = paper(1);
    assert_eq!(paper.due(), START);
    let news = paper.advance(START);
    let [VenueEvent::Ledger { index, closed_at }, VenueEvent::Book(book)] = &news[..] else { panic!("{news:?}") };
    assert_eq!((*index, *closed_at, book.ledger, book.at), (FIRST_LEDGER, START, FIRST_LEDGER, START));
    assert_eq!((book.bids.len(), book.asks.len()), (market::DEPTH, market::DEPTH));
    assert!(book.mid().unwrap().bps_from(Settings::default().start_mid).abs() < Bps::from_whole(10));
}

#[test]
fn ledgers_close_after_a_second_and_then_every_four() {
    let mut paper = paper(1);
    let closes: Vec<_> = paper
        .advance(at(9_000))
        .into_iter()
        .filter_map(|event| match event {
            VenueEvent::Ledger { index, closed_at } => Some((index - FIRST_LEDGER, closed_at)),
            _ => None,
        })
        .collect();
    assert_eq!(closes, [(0, at(0)), (1, at(1_000)), (2, at(5_000)), (3, at(9_000))]);
    assert_eq!(paper.due(), at(13_000));
}

#[test]
fn nothing_is_told_twice_or_before_its_time() {
    let mut paper = paper(1);
    assert_eq!(paper.advance(START - Duration::from_millis(1)), []);
    assert_eq!(paper.advance(START).len(), 2);
    assert_eq!(paper.advance(START), []);
    assert_eq!(paper.advance(at(999)), []);
    assert_eq!(paper.advance(at(1_000)).len(), 2);
}

#[test]
fn an_order_comes_to_rest_in_the_ledger_after_its_arrival_and_is_marked_in_the_book() {
    let mut paper = paper(1);
    paper.request(START, submit(1, Side::Buy, "1.4195", "8"));
    let news = paper.advance(at(1_000));
    assert!(news.contains(&VenueEvent::Rests { order: id(1), ledger: FIRST_LEDGER + 1, fee: Drops::new(12) }));
    let Some(VenueEvent::Book(book)) = news.last() else { panic!("{news:?}") };
    let marked: Drops = book.bids.iter().map(|level| level.ours).sum();
    assert_eq!(marked, Drops::from_xrp(8));
}

#[test]
fn a_request_that_arrives_after_the_close_waits_for_the_next_ledger() {
    let settings = Settings { min_latency_ms: 500, max_latency_ms: 500, ..Settings::default() };
    for (sent, ledger) in [(499, FIRST_LEDGER + 1), (500, FIRST_LEDGER + 2)] {
        let mut paper = Paper::new(&settings, 1, START);
        paper.request(at(sent), Request::Cancel(id(1)));
        let news = ours(paper.advance(at(6_000)));
        assert_eq!(news, [VenueEvent::CancelFoundNothing { order: id(1), ledger, fee: Drops::new(12) }]);
    }
}

#[test]
fn an_order_that_takes_on_arrival_rests_first_and_is_then_filled_piece_by_piece() {
    let news = told(1, [submit(1, Side::Sell, "1.40", "90")]);
    assert!(matches!(news[0], VenueEvent::Rests { .. }), "{news:?}");
    let fills: Vec<&Fill> = news
        .iter()
        .filter_map(|event| match event {
            VenueEvent::Filled(fill) => Some(fill),
            _ => None,
        })
        .collect();
    assert_eq!(fills.iter().map(|fill| fill.quantity).sum::<Drops>(), Drops::from_xrp(90));
    for (fill, piece) in fills.iter().zip(1..) {
        assert_eq!(fill.id, format!("1-1.{piece}"));
        assert_eq!(fill.rlusd, Rlusd::of(fill.quantity, fill.price));
        assert_eq!(fill.mid, fills[0].mid, "one arrival meets one mid");
        assert!(fill.price < fill.mid && fill.price > "1.40".parse().unwrap());
    }
}

#[test]
fn an_order_that_we_cannot_cover_is_refused_and_costs_the_fee() {
    for request in [submit(1, Side::Sell, "1.50", "100"), submit(1, Side::Buy, "1.40", "100.000001")] {
        let news = told(1, [request]);
        let code = "tecUNFUNDED_OFFER".to_owned();
        let refused = VenueEvent::Refused { order: id(1), ledger: FIRST_LEDGER + 1, code, fee: Drops::new(12) };
        assert_eq!(news, [refused]);
    }
}

#[test]
fn what_rests_binds_what_it_offers() {
    let news = told(1, [submit(1, Side::Sell, "1.50", "60"), submit(2, Side::Sell, "1.50", "60")]);
    assert!(matches!(news[..], [VenueEvent::Rests { .. }, VenueEvent::Refused { .. }]), "{news:?}");
}

#[test]
fn malformed_orders_are_told_without_a_fee() {
    for (price, quantity) in [("1.42", "0"), ("1.42", "-8"), ("9999999999999999", "1")] {
        let news = told(1, [submit(1, Side::Buy, price, quantity)]);
        let code = "temBAD_OFFER".to_owned();
        assert_eq!(news, [VenueEvent::Refused { order: id(1), ledger: FIRST_LEDGER, code, fee: Drops::ZERO }]);
    }
}

#[test]
fn an_order_that_meets_an_older_one_of_ours_takes_it_out() {
    let settings = Settings { min_latency_ms: 0, max_latency_ms: 0, ..Settings::default() };
    let mut paper = Paper::new(&settings, 1, START);
    paper.advance(START);
    // Inside the others' spread, so that they meet nobody else.
    let price = paper.book.mid().unwrap().to_tick(5, Toward::Lower).to_string();
    paper.crowd = Crowd::new(settings.start_mid, 1, at(10_000_000));
    paper.request(at(1), submit(1, Side::Sell, &price, "8"));
    paper.advance(at(1_000));
    paper.request(at(1_001), submit(2, Side::Buy, &price, "8"));
    let ledger = FIRST_LEDGER + 2;
    let fee = Drops::new(12);
    assert_eq!(
        ours(paper.advance(at(5_000))),
        [
            VenueEvent::Rests { order: id(2), ledger, fee },
            VenueEvent::Cancelled { order: id(1), ledger, fee: Drops::ZERO }
        ]
    );
}

#[test]
fn balances_are_answered_as_soon_as_the_question_arrives() {
    let mut paper = paper(1);
    paper.request(START, Request::Balances);
    paper.advance(START);
    assert!(paper.due() >= at(80) && paper.due() <= at(900));
    let news = paper.advance(paper.due());
    assert_eq!(news, [VenueEvent::Balances { inventory: start_holding(), ledger: FIRST_LEDGER }]);
}

#[test]
fn a_fee_is_never_more_than_what_is_left() {
    let settings = Settings { start_xrp: Drops::new(20), ..Settings::default() };
    let mut paper = Paper::new(&settings, 1, START);
    (1..=3).for_each(|number| paper.request(START, Request::Cancel(id(number))));
    let fees: Vec<Drops> = paper.advance(at(1_000)).iter().map(|event| -change(event).0).collect();
    assert_eq!(fees.into_iter().filter(|&fee| fee > Drops::ZERO).collect::<Vec<_>>(), [Drops::new(12), Drops::new(8)]);
    assert_eq!(paper.purse.holding().xrp, Drops::ZERO);
}

#[test]
fn both_sides_outlast_an_order_that_sweeps_the_whole_book() {
    let settings = Settings { start_xrp: Drops::from_xrp(1_000_000_000), ..Settings::default() };
    let mut paper = Paper::new(&settings, 1, START);
    paper.request(START, submit(1, Side::Sell, "0.00001", "999999999"));
    for event in paper.advance(at(60_000)) {
        if let VenueEvent::Book(book) = event {
            assert!(book.touch().is_some(), "{book:?}");
        }
    }
    assert!(paper.purse.holding().xrp < Drops::from_xrp(10), "the wall takes whatever comes");
}

#[test]
fn the_order_of_arrival_is_not_the_order_of_application() {
    let mut firsts = BTreeSet::new();
    for seed in 0..20 {
        let news = told(seed, [submit(1, Side::Buy, "1.30", "8"), Request::Cancel(id(1))]);
        firsts.insert(matches!(news[0], VenueEvent::CancelFoundNothing { .. }));
    }
    assert_eq!(firsts.len(), 2, "a cancel can come before the order that it is meant for");
}
