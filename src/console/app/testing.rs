//! Models for the tests of this room.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::key::Key;
use super::model::Model;
use super::msg::Msg;
use super::question::{Question, QuestionOption};
use super::update::update;
use crate::console::app::effect::Effect;
use crate::domain::incident::{Incident, Retry, Severity, Source};
use crate::domain::money::{Drops, Price};
use crate::domain::order::{Order, OrderId, OrderSpec, Side};
use crate::domain::session::{SessionId, SessionMode};
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueKind;
use crate::engine::snapshot::Snapshot;
use crate::keeper::health::Health;
use crate::session::view::{Identity, IncidentView, Pace, SessionView, StartAccount};

/// The moment at which all tests begin.
pub const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

/// A console whose session still starts.
pub fn model() -> Model {
    Model::new("paper.db".to_owned(), NOON)
}

/// A console on a paper session with one order out.
pub fn running() -> Model {
    with_view(|_| {})
}

/// [`running`], with its view changed.
pub fn with_view(change: impl FnOnce(&mut SessionView)) -> Model {
    let mut view = view();
    change(&mut view);
    Model { view: Some(Arc::new(view)), ..model() }
}

/// [`running`], with somebody's money.
pub fn live() -> Model {
    with_view(|view| Arc::make_mut(&mut view.identity).mode = SessionMode::Live)
}

/// A paper session with one order out.
pub fn view() -> SessionView {
    SessionView {
        now: NOON,
        taken: Instant::now(),
        identity: Arc::new(identity()),
        engine: Arc::new(Snapshot { orders: vec![order(1)], ..Snapshot::default() }),
        keeper: Arc::new(Health::default()),
        mids: Arc::new(VecDeque::new()),
        fills: Arc::new(VecDeque::new()),
        gone: Arc::new(VecDeque::new()),
        events: Arc::new(VecDeque::new()),
        incidents: Arc::new(Vec::new()),
        pending: Vec::new(),
        threads: Vec::new(),
        end: None,
    }
}

fn identity() -> Identity {
    Identity {
        session: SessionId(39),
        label: String::new(),
        mode: SessionMode::Paper,
        venue: VenueKind::Paper,
        database: "paper.db".to_owned(),
        seed: 7,
        config_hash: "3f9a2c".to_owned(),
        build: "0.1.0".to_owned(),
        started_at: NOON,
        duration: None,
        pace: Pace::Real,
        start: StartAccount::default(),
    }
}

/// An order that is not over.
pub fn order(number: u32) -> Order {
    let spec = OrderSpec {
        id: OrderId { session: SessionId(39), number },
        side: Side::Buy,
        price: Price::new(141_862, 5).unwrap(),
        quantity: Drops::from_xrp(10),
    };
    Order::intended(spec, NOON)
}

/// An incident that nobody has read.
pub fn incident(id: u32, retry: Option<Retry>) -> IncidentView {
    let incident = Incident {
        id,
        severity: Severity::Warning,
        source: Source::Backup,
        title: "Backup failed".to_owned(),
        tried: String::new(),
        happened: String::new(),
        means: String::new(),
        done: String::new(),
        you_can: String::new(),
        retry,
    };
    IncidentView { at: NOON, incident, acknowledged: false, resolved: None }
}

/// Presses a key.
pub fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Msg::Key(key))
}

/// Presses a key with a letter.
pub fn type_key(model: &mut Model, letter: char) -> Vec<Effect> {
    press(model, Key::Char(letter))
}

/// A question with two options, by the keys `r` and `b`.
pub fn question() -> Question {
    let option = |key, label: &str| QuestionOption {
        key,
        label: label.to_owned(),
        consequence: String::new(),
        command: format!("neo {label}"),
    };
    Question {
        title: "The database is damaged".to_owned(),
        explains: vec!["Both copies are damaged in the same place.".to_owned()],
        options: vec![option('r', "restore"), option('b', "rebuild")],
        leave: option('l', "leave"),
    }
}
