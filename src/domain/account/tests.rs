use super::*;
use crate::domain::order::OrderSpec;
use crate::domain::session::SessionId;

fn id(number: u32) -> OrderId {
    OrderId { session: SessionId(1), number }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn mid() -> Price {
    "1.42".parse().unwrap()
}

fn spec(number: u32) -> OrderSpec {
    OrderSpec { id: id(number), side: Side::Buy, price: "1.4186".parse().unwrap(), quantity: Drops::from_xrp(7) }
}

fn step(number: u32, step: Step) -> Fact {
    Fact::Order(OrderStep { order: id(number), step })
}

fn fill(number: u32, id_text: &str, xrp: i64) -> Fact {
    let quantity = Drops::from_xrp(xrp);
    let price: Price = "1.4186".parse().unwrap();
    let rlusd = Rlusd::of(quantity, price);
    let order = id(number);
    Fact::Fill(Fill { id: id_text.into(), order, side: Side::Buy, price, quantity, rlusd, mid: mid(), ledger: 3 })
}

fn begun() -> Account {
    let mut account = Account::default();
    let venue = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) };
    let truth = TruthCheck { venue, books: venue, ledger: 1, mid: mid(), verdict: Verdict::Opening };
    account.apply(at(0), &Fact::Truth(truth));
    account.apply(at(1), &Fact::Intent(Intent::Submit(spec(1))));
    account.apply(at(1), &step(1, Step::Sent));
    account.apply(at(4), &step(1, Step::Rests { ledger: 2, fee: Drops::new(12), mid: mid() }));
    account
}

#[test]
fn an_order_goes_from_intended_to_gone() {
    let mut account = begun();
    assert!(account.anything_may_rest());
    assert_eq!(account.apply(at(8), &fill(1, "a", 3)), Applied::Counted);
    assert_eq!(account.open_orders()[&id(1)].status, OrderStatus::PartiallyFilled);
    let Applied::OrderGone(order) = account.apply(at(12), &fill(1, "b", 4)) else { panic!("not gone") };
    assert_eq!(order.status, OrderStatus::Gone(Gone::Filled));
    assert!(!account.anything_may_rest());
    assert_eq!(account.fills(), (2, 0));
}

#[test]
fn the_same_fill_counts_once() {
    let mut account = begun();
    account.apply(at(8), &fill(1, "a", 3));
    let before = account.inventory();
    assert_eq!(account.apply(at(9), &fill(1, "a", 3)), Applied::Duplicate);
    assert_eq!(account.inventory(), before);
}

#[test]
fn a_cancel_that_found_nothing_costs_its_fee_and_proves_nothing() {
    let mut account = begun();
    let before = account.inventory().unwrap();
    account.apply(at(8), &step(1, Step::CancelFoundNothing { ledger: 3, fee: Drops::new(12), mid: mid() }));
    assert!(account.anything_may_rest());
    assert_eq!(account.inventory().unwrap().xrp, before.xrp - Drops::new(12));
}

#[test]
fn a_fill_of_an_order_that_is_already_gone_still_counts() {
    let mut account = begun();
    account.apply(at(8), &step(1, Step::Cancelled { ledger: 3, fee: Drops::new(12), mid: mid() }));
    account.apply(at(9), &fill(1, "late", 2));
    assert_eq!(account.fills(), (1, 0));
    assert_eq!(account.pnl().unwrap().split().profit(), account.pnl().unwrap().profit_by_value());
}
