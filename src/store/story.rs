//! Stories for tests: sessions told as facts, and the journal's lines of them.

use sha2::{Digest as _, Sha256};

use crate::domain::account::Account;
use crate::domain::capital::{Capital, CapitalKind};
use crate::domain::fact::{
    EndBegun, Fact, GuardFired, Intent, OperatorCommand, OrderStep, SessionClosed, SessionOpened, Step, TruthCheck,
    Verdict,
};
use crate::domain::fill::Fill;
use crate::domain::halt::{Cause, HaltReason};
use crate::domain::incident::{Incident, Severity, Source};
use crate::domain::inventory::Inventory;
use crate::domain::mode::{Asker, Mode, ModeChange};
use crate::domain::money::{Drops, Price, Rlusd};
use crate::domain::order::{OrderId, OrderSpec, Side};
use crate::domain::session::{SessionId, SessionMode};
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueKind;
use crate::journal::record::{Hash, Line};
use crate::store::Baseline;

/// What an adoption took over: two sessions, a fill of the first and one between both, and a reading.
pub(crate) fn rows_taken_over() -> Baseline {
    let baseline = Baseline::empty().unwrap();
    baseline
        .connection()
        .execute_batch(
            "INSERT INTO sessions (session_id, label, mode, venue, status, started_at, origin) VALUES
               (1, '', 'live', 'xrpl', 'OPEN', '2026-04-13T03:36:18.000Z', 'adopted'),
               (2, '', 'live', 'xrpl', 'OPEN', '2026-04-14T03:36:18.000Z', 'adopted');
             INSERT INTO orders (id, session_id, side, price, quantity, status, filled_quantity, exchanged_rlusd, created_at,
               updated_at, price_approx, quantity_approx, filled_quantity_approx) VALUES
               ('aa', 1, 'BUY', '1.4', '7.000000', 'UNPROVEN', '0.000000', '0', 'x', 'x', 1.4, 7, 0);
             INSERT INTO fills (id, n, order_id, session_id, side, price, quantity, rlusd, created_at, price_approx,
               quantity_approx, rlusd_approx) VALUES
               ('f1', 0, 'aa', 1, 'BUY', '1.4', '7.000000', '9.8', 'x', 1.4, 7, 9.8),
               ('f2', 0, 'aa', NULL, 'BUY', '1.4', '7.000000', '9.8', 'x', 1.4, 7, 9.8);
             INSERT INTO adopted_market_snapshots (n, source_key, created_at) VALUES (0, '1', 'x');",
        )
        .unwrap();
    baseline
}

/// A moment of the stories.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_372_801_000 + seconds * 1_000)
}

pub(crate) fn mid() -> Price {
    "1.42".parse().unwrap()
}

/// Facts in order, each with its time and its session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    pub(crate) facts: Vec<(Timestamp, SessionId, Fact)>,
}

impl Story {
    /// One session from its opening to its close.
    pub(crate) fn of_a_day(session: i64) -> Self {
        let mut story = Self::of_an_open_session(session);
        story.seal(HaltReason::OperatorQuit);
        story.close();
        story
    }

    /// Sessions 1 to `days`, each closed.
    pub(crate) fn of_days(days: i64) -> Self {
        Self { facts: (1..=days).flat_map(|day| Self::of_a_day(day).facts).collect() }
    }

    /// A session with one order of each fate, left running.
    pub(crate) fn of_an_open_session(session: i64) -> Self {
        let mut story = Self::default();
        let id = SessionId(session);
        story.tell(id, opened());
        let venue = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) };
        story.tell(
            id,
            Fact::Truth(TruthCheck { venue, books: venue, ledger: 1, mid: mid(), verdict: Verdict::Opening }),
        );
        story.tell(id, mode(Mode::Starting, Mode::Quoting));
        for number in 1..=5 {
            let side = if number % 2 == 0 { Side::Sell } else { Side::Buy };
            let spec = OrderSpec { id: order(session, number), side, price: mid(), quantity: Drops::from_xrp(7) };
            story.tell(id, Fact::Intent(Intent::Submit(spec)));
        }
        // 1: filled in two parts, the first on arrival. 2: cancelled. 3: refused. 4: rests. 5: intended only.
        story.step(session, 1, Step::Sent);
        story.fill(session, 1, "a", Side::Buy, 3);
        story.step(session, 1, rests());
        story.fill(session, 1, "b", Side::Buy, 4);
        story.step(session, 2, Step::Sent);
        story.step(session, 2, rests());
        story.tell(id, Fact::Intent(Intent::Cancel { order: order(session, 2), why: "requote".into() }));
        story.step(session, 2, Step::CancelSent);
        story.step(session, 2, Step::CancelFoundNothing { ledger: 6, fee: Drops::new(12), mid: mid() });
        story.step(session, 2, Step::Cancelled { ledger: 7, fee: Drops::new(12), mid: mid() });
        story.step(session, 3, Step::Sent);
        let code = "tecUNFUNDED_OFFER".to_owned();
        story.step(session, 3, Step::Refused { ledger: 7, code, fee: Drops::new(12), mid: mid() });
        story.step(session, 4, Step::Sent);
        story.step(session, 4, rests());
        story.fill(session, 4, "c", Side::Sell, 2);
        let capital = Capital {
            id: format!("{session}-paid-in"),
            kind: CapitalKind::Deposit,
            xrp: Drops::ZERO,
            rlusd: "10.5".parse().unwrap(),
            mid: mid(),
        };
        story.tell(id, Fact::Capital(capital));
        let guard = GuardFired {
            guard: "drawdown".into(),
            measured: "3.1 %".into(),
            limit: "3 %".into(),
            action: "halt".into(),
        };
        story.tell(id, Fact::Guard(guard));
        story.tell(id, incident(1));
        story.tell(id, Fact::Command(OperatorCommand::Acknowledge { incident: 1 }));
        story
    }

    pub(crate) fn tell(&mut self, session: SessionId, fact: Fact) {
        let seconds = i64::try_from(self.facts.len()).unwrap() + session.0 * 10_000;
        self.facts.push((at(seconds), session, fact));
    }

    pub(crate) fn step(&mut self, session: i64, number: u32, step: Step) {
        self.tell(SessionId(session), Fact::Order(OrderStep { order: order(session, number), step }));
    }

    pub(crate) fn fill(&mut self, session: i64, number: u32, name: &str, side: Side, xrp: i64) {
        let (quantity, price) = (Drops::from_xrp(xrp), "1.4186".parse().unwrap());
        let (rlusd, order) = (Rlusd::of(quantity, price), order(session, number));
        let id = format!("{session}/{name}");
        self.tell(
            SessionId(session),
            Fact::Fill(Fill { id, order, side, price, quantity, rlusd, mid: mid(), ledger: 5 }),
        );
    }

    pub(crate) fn seal(&mut self, reason: HaltReason) {
        let session = self.newest();
        let account = self.account(session);
        let cause = Cause { reason, detail: String::new(), at: at(0) };
        let cancels = account.open_orders().keys().copied().collect();
        self.tell(session, Fact::EndBegun(EndBegun { cause, holding: account.holding(), cancels }));
    }

    pub(crate) fn close(&mut self) {
        let session = self.newest();
        for number in [4, 5] {
            self.step(session.0, number, Step::VenueEnded);
        }
        let account = self.account(session);
        let closed = SessionClosed {
            reason: HaltReason::OperatorQuit,
            causes: account.sealed().map(|(_, seal)| seal.cause.clone()).into_iter().collect(),
            totals: account.totals(at(0)),
            residual: Some(Inventory::default()),
            unproven: Vec::new(),
            venue_ended: vec![order(session.0, 4), order(session.0, 5)],
            failures: Vec::new(),
            readings: None,
        };
        self.tell(session, Fact::SessionClosed(Box::new(closed)));
    }

    pub(crate) fn account(&self, session: SessionId) -> Account {
        let mut account = Account::default();
        for (at, whose, fact) in &self.facts {
            if *whose == session {
                account.apply(*at, fact);
            }
        }
        account
    }

    fn newest(&self) -> SessionId {
        self.facts.last().unwrap().1
    }

    /// The whole story as the journal has it.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::with_capacity(self.facts.len());
        for (at, session, fact) in &self.facts {
            let (n, prev) = lines.last().map_or((0, Hash::default()), |line| (line.n + 1, line.hash));
            lines.push(line(n, prev, *at, *session, fact.kind(), &fact.to_json_fields()));
        }
        lines
    }
}

/// A line of the chain that says `fields`.
pub(crate) fn line(n: u64, prev: Hash, at: Timestamp, session: SessionId, kind: &str, fields: &str) -> Line {
    let ack = i64::try_from(n).unwrap() - 1;
    let head = format!(r#"{{"v":1,"n":{n},"ack":{ack},"at":"{at}","session":{session},{fields},"prev":"{prev}""#);
    let hash = Hash(Sha256::digest(head.as_bytes()).into());
    let text = format!(r#"{head},"hash":"{hash}"}}"#);
    Line { n, at, session: Some(session), kind: kind.to_owned(), text, ack, prev, hash }
}

pub(crate) fn order(session: i64, number: u32) -> OrderId {
    OrderId { session: SessionId(session), number }
}

pub(crate) fn rests() -> Step {
    Step::Rests { ledger: 5, fee: Drops::new(12), mid: mid() }
}

pub(crate) fn incident(id: u32) -> Fact {
    let say = |text: &str| text.to_owned();
    Fact::Incident(Incident {
        id,
        severity: Severity::Warning,
        source: Source::Venue,
        title: say("A cancel found nothing"),
        tried: say("cancel"),
        happened: say("nothing"),
        means: say("nothing is proven"),
        done: say("asked again"),
        you_can: say("wait"),
        retry: None,
    })
}

fn mode(from: Mode, to: Mode) -> Fact {
    Fact::Mode(ModeChange { from, to, by: Asker::Engine, why: "it has a book".into(), back: String::new() })
}

fn opened() -> Fact {
    Fact::SessionOpened(Box::new(SessionOpened {
        label: "a story".into(),
        mode: SessionMode::Paper,
        venue: VenueKind::Paper,
        parent: None,
        clock: "real".into(),
        seed: 7,
        duration_ms: None,
        config: serde_json::json!({}),
        config_hash: "0123456789ab".into(),
        build: "0.1.0".into(),
        host: "here".into(),
        pid: 4_711,
    }))
}
