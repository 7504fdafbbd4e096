//! A venue of a few lines: what is asked arrives at the next ledger, and what happens there is scripted.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::fact::{Fact, Intent, Step, Verdict};
use crate::domain::fill::Fill;
use crate::domain::halt::{Cause, HaltReason};
use crate::domain::inventory::Inventory;
use crate::domain::market::{Book, Level};
use crate::domain::mode::Mode;
use crate::domain::money::{Drops, Price, Rlusd};
use crate::domain::order::{OrderId, OrderSpec, Side};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::domain::venue::{Request, VenueEvent};
use crate::engine::settings::Settings;
use crate::engine::{Effect, Input, State, Ticket, Wish, step};

pub const FEE: Drops = Drops::new(12);
pub const SESSION: SessionId = SessionId(1);

/// An engine, its venue and its journal. Every input is checked against what must always hold.
pub struct World {
    pub state: State,
    pub now: Timestamp,
    pub ledger: u32,
    /// Others' bid is this many ticks of 10⁻⁵; their ask 100 ticks above.
    pub bid_ticks: i64,
    pub held: Inventory,
    pub facts: Vec<Fact>,
    pub halts: Vec<Cause>,
    /// Requests that are on their way.
    pub inbox: Vec<Request>,
    pub resting: BTreeMap<OrderId, (OrderSpec, Drops)>,
    /// The next orders to arrive are refused.
    pub refuses: bool,
    /// Questions about what we hold are not answered.
    pub is_mute: bool,
    acked: u64,
    fills: u32,
    /// The disk is full, as far as the engine was told.
    is_full: bool,
}

impl World {
    pub fn new() -> Self {
        Self::with(Settings::default(), Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) })
    }

    pub fn with(settings: Settings, held: Inventory) -> Self {
        Self {
            state: State::new(settings, SESSION),
            now: Timestamp::from_millis(1_000_000),
            ledger: 100,
            bid_ticks: 141_950,
            held,
            facts: Vec::new(),
            halts: Vec::new(),
            inbox: Vec::new(),
            resting: BTreeMap::new(),
            refuses: false,
            is_mute: false,
            acked: 0,
            fills: 0,
            is_full: false,
        }
    }

    /// A world that has come so far that both quotes rest.
    pub fn quoting() -> Self {
        let mut world = Self::new();
        world.feed(Input::Tick);
        for _ in 0..3 {
            world.ledger();
            world.ack();
        }
        assert_eq!(world.resting.len(), 2, "both quotes rest");
        world
    }

    pub fn feed(&mut self, input: Input) {
        self.is_full = (self.is_full && input != Input::RoomAgain) || matches!(input, Input::DiskFull(_));
        let effects = step(&mut self.state, self.now, input);
        for effect in effects {
            match effect {
                Effect::Record(fact) => self.facts.push(fact),
                Effect::Request(request) => self.take_request(request),
                Effect::Halt(cause) => self.halts.push(cause),
            }
        }
        self.check();
    }

    pub fn wish(&mut self, wish: Wish) {
        self.feed(Input::Operator(wish));
    }

    pub fn seal(&mut self) {
        let cause = Cause { reason: HaltReason::OperatorQuit, detail: String::new(), at: self.now };
        self.feed(Input::Seal(cause));
    }

    /// Everything so far is on disk.
    pub fn ack(&mut self) {
        self.acked = self.facts.len() as u64;
        self.feed(Input::Recorded(Ticket(self.acked)));
    }

    pub fn wait(&mut self, seconds: i64) {
        self.now = Timestamp::from_millis(self.now.as_millis() + seconds * 1_000);
        self.feed(Input::Tick);
    }

    /// A ledger closes four seconds later, and everything that is on its way arrives in it.
    pub fn ledger(&mut self) {
        self.open_ledger();
        let arriving = std::mem::take(&mut self.inbox);
        self.arrive(arriving);
        self.close_ledger();
    }

    pub fn open_ledger(&mut self) {
        self.now = Timestamp::from_millis(self.now.as_millis() + 4_000);
        self.ledger += 1;
        self.tell(VenueEvent::Ledger { index: self.ledger, closed_at: self.now });
    }

    pub fn close_ledger(&mut self) {
        let book = self.book();
        self.tell(VenueEvent::Book(book));
    }

    pub fn tell(&mut self, event: VenueEvent) {
        self.feed(Input::Venue(event));
    }

    /// Fills the resting order on a side by `percent` of what is left of it; nothing if none rests.
    pub fn fill(&mut self, side: Side, percent: i64) {
        let Some((spec, left)) = self.resting.values_mut().find(|(spec, _)| spec.side == side) else { return };
        let quantity = Drops::new((left.get() * percent / 100).max(1));
        *left -= quantity;
        let (order, price, gone) = (spec.id, spec.price, *left == Drops::ZERO);
        let rlusd = Rlusd::of(quantity, price);
        self.fills += 1;
        let (id, mid, ledger) = (format!("f{}", self.fills), self.mid(), self.ledger);
        let fill = Fill { id, order, side, price, quantity, rlusd, mid, ledger };
        self.held = self.held.changed_by(fill.xrp_change(), fill.rlusd_change());
        if gone {
            self.resting.remove(&order);
        }
        self.tell(VenueEvent::Filled(fill));
    }

    /// These requests arrive in the newest ledger; questions are answered last.
    pub fn arrive(&mut self, requests: Vec<Request>) {
        let (ledger, mut asked) = (self.ledger, false);
        for request in requests {
            match request {
                Request::Submit(spec) if self.refuses => {
                    self.held.xrp -= FEE;
                    self.tell(VenueEvent::Refused {
                        order: spec.id,
                        ledger,
                        code: "tecUNFUNDED_OFFER".into(),
                        fee: FEE,
                    });
                }
                Request::Submit(spec) => {
                    let order = spec.id;
                    self.held.xrp -= FEE;
                    self.resting.insert(order, (spec.clone(), spec.quantity));
                    self.tell(VenueEvent::Rests { order, ledger, fee: FEE });
                }
                Request::Cancel(order) => {
                    self.held.xrp -= FEE;
                    let event = match self.resting.remove(&order) {
                        Some(_) => VenueEvent::Cancelled { order, ledger, fee: FEE },
                        None => VenueEvent::CancelFoundNothing { order, ledger, fee: FEE },
                    };
                    self.tell(event);
                }
                Request::Balances => asked = true,
            }
        }
        if asked && !self.is_mute {
            self.tell(VenueEvent::Balances { inventory: self.held, ledger });
        }
    }

    pub fn book(&self) -> Book {
        let level =
            |ticks| Level { price: Price::new(ticks, 5).unwrap(), quantity: Drops::from_xrp(500), ours: Drops::ZERO };
        let (bids, asks) = (vec![level(self.bid_ticks)], vec![level(self.bid_ticks + 100)]);
        Book { ledger: self.ledger, at: self.now, bids, asks }
    }

    pub fn mid(&self) -> Price {
        self.book().mid().unwrap()
    }

    pub fn mode(&self) -> Mode {
        self.state.mode()
    }

    pub fn is_sealed(&self) -> bool {
        self.facts.iter().any(|fact| matches!(fact, Fact::EndBegun(_)))
    }

    /// The modes that were entered, in order.
    pub fn modes(&self) -> Vec<Mode> {
        self.facts
            .iter()
            .filter_map(|fact| if let Fact::Mode(change) = fact { Some(change.to) } else { None })
            .collect()
    }

    pub fn verdicts(&self) -> Vec<Verdict> {
        self.facts
            .iter()
            .filter_map(|fact| if let Fact::Truth(truth) = fact { Some(truth.verdict) } else { None })
            .collect()
    }

    pub fn incidents(&self) -> Vec<String> {
        let title = |fact: &Fact| if let Fact::Incident(incident) = fact { Some(incident.title.clone()) } else { None };
        self.facts.iter().filter_map(title).collect()
    }

    pub fn submitted(&self) -> usize {
        self.facts.iter().filter(|fact| matches!(fact, Fact::Order(step) if step.step == Step::Sent)).count()
    }

    /// What is sent must have been intended, on disk, and not after the seal. Cancels need not wait for a full disk.
    fn take_request(&mut self, request: Request) {
        let on_disk = &self.facts[..usize::try_from(self.acked).unwrap()];
        match &request {
            Request::Submit(spec) => {
                assert!(on_disk.contains(&Fact::Intent(Intent::Submit(spec.clone()))), "{} was not on disk", spec.id);
                assert!(!self.is_sealed(), "{} was sent after the seal", spec.id);
            }
            Request::Cancel(order) => {
                let intended =
                    |fact: &Fact| matches!(fact, Fact::Intent(Intent::Cancel { order: which, .. }) if which == order);
                assert!(
                    on_disk.iter().any(intended) || self.is_sealed() || self.is_full,
                    "the cancel of {order} was not on disk"
                );
            }
            Request::Balances => {}
        }
        self.inbox.push(request);
    }

    fn check(&self) {
        let account = self.state.account();
        let sides: Vec<Side> = account.open_orders().values().map(|order| order.spec.side).collect();
        assert!(sides.len() < 3 && (sides.len() < 2 || sides[0] != sides[1]), "one order a side: {sides:?}");
        let Some(pnl) = account.pnl() else { return };
        assert_eq!(pnl.split().profit(), pnl.profit_by_value(), "the split adds up");
        let limits = &self.state.settings().limits;
        for order in account.open_orders().values() {
            let (left, worth) = (order.remaining(), Rlusd::of(order.remaining(), order.spec.price));
            let held = pnl.inventory();
            match order.spec.side {
                Side::Buy => {
                    assert!(held.xrp + left <= limits.max_xrp, "a bid within the cap");
                    assert!(held.rlusd - worth >= limits.min_rlusd, "a bid above the floor");
                }
                Side::Sell => {
                    assert!(left <= held.xrp, "no more promised than held");
                    assert!(held.rlusd + worth <= limits.max_rlusd, "an ask within the cap");
                }
            }
        }
        let ids: BTreeSet<&str> = self.fill_ids().collect();
        assert_eq!(ids.len(), self.fill_ids().count(), "no fill twice");
    }

    fn fill_ids(&self) -> impl Iterator<Item = &str> {
        self.facts.iter().filter_map(|fact| if let Fact::Fill(fill) = fact { Some(fill.id.as_str()) } else { None })
    }
}
