//! The way to the ledger: a request takes a while to arrive, and a later one may overtake it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::book::{Arrival, Owner};
use super::chance::{Chance, Stream};
use super::settings::Settings;
use super::ticks::Ticks;
use crate::domain::order::{OrderId, OrderSpec};
use crate::domain::time::Timestamp;
use crate::domain::venue::Request;

/// Drops × ticks of one order stay below this: RLUSD 100 000. Up to there an amount has at most the 16 digits of the
/// real ledger, so nothing is ever rounded.
const MAX_PRODUCT: i128 = 10_000_000_000_000_000;

/// How many ids are remembered one by one. All at or below a forgotten one count as used.
const REMEMBERED: usize = 4_096;

/// A transaction of ours that arrived and waits for the next ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transaction {
    /// An order.
    Submit(OrderId, Arrival),
    /// A cancel of an order.
    Cancel(OrderId),
}

/// What is answered on arrival, without a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// What do we hold?
    Balances,
    /// An order so malformed that it gets into no ledger and costs nothing.
    Malformed(OrderId, &'static str),
}

/// A request as it travels.
enum Message {
    Transaction(Transaction),
    Question(Question),
}

/// What is under way.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    chance: Chance,
    min_ms: u32,
    max_ms: u32,
    sent: u64,
    transactions: BTreeMap<Ticket, Transaction>,
    questions: BTreeMap<Ticket, Question>,
    used: UsedIds,
}

/// When it arrives; among equals, the order of sending.
type Ticket = (Timestamp, u64);

/// Ids that were asked for before: two orders with one id are one order sent twice.
#[derive(Clone, Debug, Default)]
struct UsedIds {
    newest: BTreeSet<OrderId>,
    forgotten: Option<OrderId>,
}

impl Wire {
    /// A wire with nothing on it.
    pub(super) fn new(settings: &Settings, seed: u64) -> Self {
        Self {
            chance: Chance::new(seed, Stream::Wire),
            min_ms: settings.min_latency_ms,
            max_ms: settings.max_latency_ms,
            sent: 0,
            transactions: BTreeMap::new(),
            questions: BTreeMap::new(),
            used: UsedIds::default(),
        }
    }

    /// Sends a request at `now`. Exactly one latency is drawn for each, whatever it is.
    pub(super) fn send(&mut self, now: Timestamp, request: Request) {
        let latency = self.chance.between(self.min_ms.into(), self.max_ms.into());
        let ticket = (now + Duration::from_millis(latency.unsigned_abs()), self.sent);
        self.sent += 1;
        let message = match request {
            Request::Submit(spec) => match self.read(&spec) {
                Ok(order) => Message::Transaction(Transaction::Submit(spec.id, order)),
                Err(code) => Message::Question(Question::Malformed(spec.id, code)),
            },
            Request::Cancel(order) => Message::Transaction(Transaction::Cancel(order)),
            Request::Balances => Message::Question(Question::Balances),
        };
        // A ticket is used once, so neither insertion finds anything in its place.
        match message {
            Message::Transaction(transaction) => _ = self.transactions.insert(ticket, transaction),
            Message::Question(question) => _ = self.questions.insert(ticket, question),
        }
    }

    /// When the next question arrives.
    pub(super) fn next_question(&self) -> Option<Timestamp> {
        self.questions.keys().next().map(|&(at, _)| at)
    }

    /// Takes the question that arrives first.
    pub(super) fn take_question(&mut self) -> Option<Question> {
        self.questions.pop_first().map(|(_, question)| question)
    }

    /// Takes all transactions that arrive before `close`, in the order of arrival.
    pub(super) fn take_transactions(&mut self, close: Timestamp) -> Vec<Transaction> {
        let later = self.transactions.split_off(&(close, 0));
        std::mem::replace(&mut self.transactions, later).into_values().collect()
    }

    /// The order in this room's integers, or the real ledger's code for what is wrong with it.
    fn read(&mut self, spec: &OrderSpec) -> Result<Arrival, &'static str> {
        if !self.used.insert(spec.id) {
            return Err("tefPAST_SEQ");
        }
        let limit = Ticks::of_limit(spec.price, spec.side).ok_or("temBAD_OFFER")?;
        let product = i128::from(limit.get()) * i128::from(spec.quantity.get());
        if !(1..MAX_PRODUCT).contains(&product) {
            return Err("temBAD_OFFER");
        }
        Ok(Arrival { owner: Owner::Us(spec.id), side: spec.side, limit, quantity: spec.quantity })
    }
}

impl UsedIds {
    /// Remembers an id; says whether it was new.
    fn insert(&mut self, id: OrderId) -> bool {
        if self.forgotten.is_some_and(|forgotten| id <= forgotten) || !self.newest.insert(id) {
            return false;
        }
        if self.newest.len() > REMEMBERED {
            self.forgotten = self.newest.pop_first();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Drops;
    use crate::domain::order::Side;
    use crate::domain::session::SessionId;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn wire() -> Wire {
        Wire::new(&Settings::default(), 3)
    }

    fn id(number: u32) -> OrderId {
        OrderId { session: SessionId(1), number }
    }

    fn spec(number: u32, price: &str, quantity: Drops) -> Request {
        Request::Submit(OrderSpec { id: id(number), side: Side::Buy, price: price.parse().unwrap(), quantity })
    }

    fn question_about(request: Request) -> Option<Question> {
        let mut wire = wire();
        wire.send(START, request);
        wire.take_question()
    }

    #[test]
    fn a_request_arrives_after_the_least_and_before_the_greatest_latency() {
        let mut wire = wire();
        for number in 0..200 {
            wire.send(START, Request::Cancel(id(number)));
        }
        assert_eq!(wire.take_transactions(START + Duration::from_millis(80)), []);
        assert_eq!(wire.take_transactions(START + Duration::from_millis(901)).len(), 200);
    }

    #[test]
    fn a_later_request_may_overtake_an_earlier_one() {
        let mut wire = wire();
        for number in 0..20 {
            wire.send(START, Request::Cancel(id(number)));
        }
        let arrived = wire.take_transactions(START + Duration::from_secs(1));
        let sent: Vec<_> = (0..20).map(|number| Transaction::Cancel(id(number))).collect();
        assert_ne!(arrived, sent);
    }

    #[test]
    fn an_order_for_nothing_or_less_is_malformed() {
        for quantity in [Drops::ZERO, Drops::new(-1), Drops::new(i64::MIN)] {
            assert_eq!(
                question_about(spec(1, "1.42", quantity)),
                Some(Question::Malformed(id(1), "temBAD_OFFER")),
                "{quantity}"
            );
        }
    }

    #[test]
    fn an_order_beyond_what_can_be_counted_exactly_is_malformed() {
        for (price, quantity) in [("1", Drops::from_xrp(100_000)), ("9999999999999999", Drops::from_xrp(1))] {
            assert_eq!(question_about(spec(1, price, quantity)), Some(Question::Malformed(id(1), "temBAD_OFFER")));
        }
        assert_eq!(question_about(spec(1, "1", Drops::from_xrp(99_999))), None);
    }

    #[test]
    fn the_second_order_with_one_id_is_refused() {
        let mut wire = wire();
        wire.send(START, spec(1, "1.42", Drops::from_xrp(8)));
        wire.send(START, spec(1, "1.42", Drops::from_xrp(8)));
        assert_eq!(wire.take_question(), Some(Question::Malformed(id(1), "tefPAST_SEQ")));
        assert_eq!(wire.take_transactions(START + Duration::from_secs(1)).len(), 1);
    }

    #[test]
    fn used_ids_are_known_for_ever_in_bounded_memory() {
        let mut used = UsedIds::default();
        for number in 1..=20_000 {
            assert!(used.insert(id(number)));
        }
        assert!((1..=20_000).all(|number| !used.insert(id(number))));
        assert!(used.newest.len() <= REMEMBERED);
    }
}
