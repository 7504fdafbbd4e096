//! A session as facts, in the groups that a runner would hand in: every order lives one of its possible lives, by chance.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};

use neo_console::domain::account::Account;
use neo_console::domain::capital::{Capital, CapitalKind};
use neo_console::domain::fact::{
    EndBegun, Fact, Intent, OperatorCommand, OrderStep, SessionOpened, Step, TruthCheck, Verdict,
};
use neo_console::domain::fill::Fill;
use neo_console::domain::halt::{Cause, HaltReason};
use neo_console::domain::inventory::Inventory;
use neo_console::domain::market::{Book, Level};
use neo_console::domain::mode::{Asker, Mode, ModeChange};
use neo_console::domain::money::{Drops, Price, Rlusd};
use neo_console::domain::order::{OrderId, OrderSpec, Side};
use neo_console::domain::reading::{Reading, Valuation};
use neo_console::domain::session::{SessionId, SessionMode};
use neo_console::domain::time::Timestamp;
use neo_console::domain::venue::VenueKind;
use neo_console::journal::record::Entry;

use super::at;

/// A session that is told.
pub struct Story {
    session: SessionId,
    parent: Option<SessionId>,
    random: Pcg64Mcg,
    account: Account,
    tick: i64,
    groups: Vec<Vec<Entry>>,
}

impl Story {
    /// A whole session with that many orders, from its opening to its close, in groups.
    pub fn of(session: SessionId, parent: Option<SessionId>, orders: u32, seed: u64) -> Vec<Vec<Entry>> {
        let random = Pcg64Mcg::seed_from_u64(seed);
        let mut story = Self { session, parent, random, account: Account::default(), tick: 0, groups: Vec::new() };
        story.opening();
        for number in 1..=orders {
            story.order(number);
        }
        story.incidentals();
        story.end();
        story.groups
    }

    fn now(&self) -> Timestamp {
        at(self.session.0, self.tick)
    }

    /// One group: facts that belong together.
    fn tell(&mut self, facts: Vec<Fact>) {
        let mut group = Vec::new();
        for fact in facts {
            self.tick += 1;
            let entry = Entry { at: self.now(), session: Some(self.session), fact };
            self.account.apply(entry.at, &entry.fact);
            group.push(entry);
        }
        self.groups.push(group);
    }

    fn chance(&mut self, of: u32) -> bool {
        self.random.next_u32().is_multiple_of(of)
    }

    fn opening(&mut self) {
        let opened = SessionOpened {
            label: "a story".into(),
            mode: SessionMode::Paper,
            venue: VenueKind::Paper,
            parent: self.parent,
            clock: "simulated max".into(),
            seed: 7,
            duration_ms: None,
            config: serde_json::json!({ "quote": { "size": "7" } }),
            config_hash: "0123456789ab".into(),
            build: "0.1.0".into(),
            host: "here".into(),
            pid: 4_711,
        };
        self.tell(vec![Fact::SessionOpened(Box::new(opened))]);
        let venue = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) };
        let truth = TruthCheck { venue, books: venue, ledger: 1, mid: mid(), verdict: Verdict::Opening };
        let why = "it has a book".into();
        let mode = ModeChange { from: Mode::Starting, to: Mode::Quoting, by: Asker::Engine, why, back: String::new() };
        self.tell(vec![Fact::Truth(truth), Fact::Mode(mode)]);
    }

    fn order(&mut self, number: u32) {
        let id = OrderId { session: self.session, number };
        let side = if number.is_multiple_of(2) { Side::Sell } else { Side::Buy };
        let spec = OrderSpec { id, side, price: mid(), quantity: Drops::from_xrp(4) };
        self.tell(vec![Fact::Intent(Intent::Submit(spec))]);
        let step = |step| Fact::Order(OrderStep { order: id, step });
        let (fee, ledger) = (Drops::new(12), 5 + number);
        if self.chance(8) {
            return; // Intended and never heard of again.
        }
        let rests = step(Step::Rests { ledger, fee, mid: mid() });
        self.tell(vec![step(Step::Sent), rests]);
        if self.chance(4) {
            self.tell(vec![fill(id, side, 1, 4)]);
        } else if self.chance(3) {
            self.tell(vec![fill(id, side, 1, 1), fill(id, side, 2, 2)]);
        } else if self.chance(2) {
            let cancel = Fact::Intent(Intent::Cancel { order: id, why: "requote".into() });
            self.tell(vec![cancel]);
            self.tell(vec![step(Step::CancelSent), step(Step::Cancelled { ledger: ledger + 1, fee, mid: mid() })]);
        }
    }

    fn incidentals(&mut self) {
        let id = format!("{}-paid-in", self.session);
        let rlusd = "10.5".parse().unwrap();
        let paid = Capital { id, kind: CapitalKind::Deposit, xrp: Drops::ZERO, rlusd, mid: mid() };
        self.tell(vec![Fact::Capital(paid), Fact::Command(OperatorCommand::Pause)]);
    }

    fn end(&mut self) {
        let cause = Cause { reason: HaltReason::OperatorQuit, detail: String::new(), at: self.now() };
        let cancels: Vec<OrderId> = self.account.open_orders().keys().copied().collect();
        self.tell(vec![Fact::EndBegun(EndBegun { cause, holding: self.account.holding(), cancels: cancels.clone() })]);
        let ended = |order| Fact::Order(OrderStep { order, step: Step::VenueEnded });
        if !cancels.is_empty() {
            self.tell(cancels.iter().copied().map(ended).collect());
        }
        let closed = serde_json::json!({
            "reason": HaltReason::OperatorQuit,
            "causes": self.account.sealed().map(|(_, seal)| seal.cause.clone()).into_iter().collect::<Vec<_>>(),
            "totals": self.account.totals(at(self.session.0, self.tick + 1)),
            "residual": Inventory::default(),
            "unproven": [],
            "venue_ended": cancels,
            "failures": [],
        });
        self.tell(vec![Fact::from_parts("session_closed", &closed.to_string()).unwrap()]);
    }
}

fn fill(order: OrderId, side: Side, part: u32, xrp: i64) -> Fact {
    let (quantity, price) = (Drops::from_xrp(xrp), "1.4186".parse().unwrap());
    let id = format!("{order}/{part}");
    Fact::Fill(Fill { id, order, side, price, quantity, rlusd: Rlusd::of(quantity, price), mid: mid(), ledger: 9 })
}

/// What a ledger has to tell, as the runner reads it.
pub fn readings(session: SessionId, ledger: u32) -> Vec<Reading> {
    let at = at(session.0, i64::from(ledger));
    let level = |price: &str| Level { price: price.parse().unwrap(), quantity: Drops::from_xrp(40), ours: Drops::ZERO };
    let book = Book { ledger, at, bids: vec![level("1.4186"), level("1.418")], asks: vec![level("1.4214")] };
    let inventory = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) };
    let value = inventory.value(mid());
    let valuation = Valuation { at, inventory, mid: mid(), value, split: neo_console::domain::pnl::Split::default() };
    vec![Reading::Market(book), Reading::Valuation(valuation), Reading::Heartbeat(at)]
}

fn mid() -> Price {
    "1.42".parse().unwrap()
}
