//! A session as it might be, made by hand for tests and benches: every pane has something to show.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::hints::Hint;
use super::theme::Look;
use crate::console::app::model::{History, ListState, Log, Model, StartStep, Tab};
use crate::domain::fact::Totals;
use crate::domain::fill::Fill;
use crate::domain::halt::{Cause, HaltReason};
use crate::domain::incident::{Incident, Retry, Severity, Source};
use crate::domain::inventory::Inventory;
use crate::domain::market::{Book, Level};
use crate::domain::mode::Mode;
use crate::domain::money::{Bps, Drops, Price, Rlusd, Value};
use crate::domain::order::{Gone, Order, OrderId, OrderSpec, OrderStatus, Side};
use crate::domain::pnl::{Holding, Split};
use crate::domain::session::{SessionId, SessionMode};
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueKind;
use crate::engine::snapshot::{Block, LimitView, QuoteView, Snapshot};
use crate::keeper::health::{BackupDone, CheckpointAnswer, Done, Health, JournalHealth, SpaceHealth, StoreHealth};
use crate::logging::LogLine;
use crate::session::phase::Phase;
use crate::session::view::{
    EndView, Event, EventKind, Identity, IncidentView, Pace, PhaseState, PhaseView, SessionView, ThreadView,
};
use crate::store::rows::{SessionDetail, SessionRow};

/// How everything looks in tests.
pub const LOOK: Look = Look::DARK;

/// A time on the fixture's day.
///
/// # Panics
/// If it is not like `12:41:07.250`.
pub fn at(clock: &str) -> Timestamp {
    format!("2026-11-22T{clock}Z").parse().expect("a time of day")
}

fn money<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("an amount of money")
}

/// A session in the middle of its life, all well.
pub fn model() -> Model {
    let view = view();
    Model {
        now: at("12:41:09.250"),
        database: "/home/operator/.local/share/neo/paper.db".into(),
        view: Some(Arc::new(view)),
        starting: starting(3),
        tab: Tab::Live,
        overlay: None,
        notice: None,
        orders: ListState::default(),
        fills: ListState { selected: 2, offset: 0 },
        history: history(),
        log: log(),
        ending: false,
        ..Model::default()
    }
}

/// The same with a change to what can be seen of the session.
pub fn model_with(change: impl FnOnce(&mut SessionView)) -> Model {
    let mut view = view();
    change(&mut view);
    Model { view: Some(Arc::new(view)), ..model() }
}

/// Before there is a session, with so many steps of the start behind us.
pub fn before_the_session(done: usize) -> Model {
    Model { view: None, starting: starting(done), ..model() }
}

fn starting(done: usize) -> Vec<StartStep> {
    let texts =
        ["taking the lock", "checking journal and store", "recovering session 38", "waiting for the first book"];
    (0..).zip(texts).map(|(index, text)| StartStep { text: text.into(), done: index < done }).collect()
}

/// All that can be seen of a session.
pub fn view() -> SessionView {
    SessionView {
        now: at("12:41:09"),
        taken: Instant::now(),
        identity: Arc::new(identity()),
        engine: Arc::new(engine()),
        keeper: Arc::new(health()),
        mids: Arc::new(mids()),
        fills: Arc::new(fills(14)),
        gone: Arc::new(gone()),
        events: Arc::new(events()),
        incidents: Arc::new(incidents()),
        pending: Vec::new(),
        threads: threads(),
        end: None,
    }
}

fn identity() -> Identity {
    Identity {
        session: SessionId(39),
        label: String::new(),
        mode: SessionMode::Paper,
        venue: VenueKind::Paper,
        database: "/home/operator/.local/share/neo/paper.db".into(),
        seed: 7,
        config_hash: "3f9a2c41d0be".into(),
        build: "0.1.0 a1b2c3d".into(),
        started_at: at("12:28:28"),
        duration: Some(Duration::from_hours(2)),
        pace: Pace::Real,
    }
}

/// What the engine knows.
pub fn engine() -> Snapshot {
    let mid: Price = money("1.420155");
    let start = Inventory { xrp: Drops::from_xrp(100), rlusd: Rlusd::from_whole(140) };
    let held = Inventory { xrp: money("104.203117"), rlusd: money("134.331204187") };
    Snapshot {
        mode: Mode::Quoting,
        mode_since: at("12:29:11"),
        mode_why: "the first book and the first truth check are there".into(),
        ledger: Some((95_600_123, at("12:41:07"))),
        book: Some(book()),
        mid: Some(mid),
        starting: Some(Holding::new(start, money("1.41912"))),
        holding: Some(Holding::new(held, mid)),
        split: Split { spread: money("0.312044"), inventory: money("0.1093127"), fees: money("0.000118") },
        capital: Value::ZERO,
        residual: Some((Inventory::default(), at("12:40:31"))),
        target_share: Bps::from_whole(5_000),
        quotes: [quote(Side::Buy, "1.41862", "7.401118", 11, "4.8"), quote(Side::Sell, "1.42214", "7.390000", 12, "8")],
        orders: vec![order(11, Side::Buy, "1.41862", "7.401118"), order(12, Side::Sell, "1.42214", "7.390000")],
        fills: (8, 6),
        spread_earned: money("8.42"),
        quoting: Duration::from_secs(718),
        limits: limits(),
        blocks: Vec::new(),
    }
}

fn quote(side: Side, price: &str, quantity: &str, number: u32, behind: &str) -> QuoteView {
    let wanted = Some((money(price), money(quantity)));
    QuoteView { side, wanted, order: Some(id(number)), behind_touch: Some(money(behind)) }
}

fn id(number: u32) -> OrderId {
    OrderId { session: SessionId(39), number }
}

/// An order that rests.
pub fn order(number: u32, side: Side, price: &str, quantity: &str) -> Order {
    let spec = OrderSpec { id: id(number), side, price: money(price), quantity: money(quantity) };
    let created = at("12:40:28");
    Order {
        status: OrderStatus::Resting,
        resting_since: Some(95_600_113),
        updated_at: at("12:40:31"),
        ..Order::intended(spec, created)
    }
}

fn limits() -> Vec<LimitView> {
    let limit = |name, measured: &str, limit: &str, used_permille| LimitView {
        name,
        measured: measured.into(),
        limit: limit.into(),
        used_permille,
    };
    vec![
        limit("XRP", "104.2", "150 XRP", 695),
        limit("RLUSD", "134.3", "150 RLUSD", 896),
        limit("drawdown", "0.0", "3.0 %", 0),
        limit("market", "2.1", "30 s", 70),
    ]
}

fn book() -> Book {
    let level = |price: &str, quantity: &str, ours: &str| Level {
        price: money(price),
        quantity: money(quantity),
        ours: money(ours),
    };
    Book {
        ledger: 95_600_123,
        at: at("12:41:07"),
        bids: vec![
            level("1.4193", "312.04", "0"),
            level("1.41905", "88.4", "0"),
            level("1.41862", "10.501118", "7.401118"),
            level("1.4185", "540.1", "0"),
            level("1.41811", "1204.7", "0"),
        ],
        asks: vec![
            level("1.42101", "160.2", "0"),
            level("1.4212", "420", "0"),
            level("1.42214", "7.39", "7.39"),
            level("1.4224", "121.7", "0"),
            level("1.423", "873.55", "0"),
        ],
    }
}

/// A walk of a quarter of an hour, a mid a ledger.
fn mids() -> VecDeque<(Timestamp, Price)> {
    let mut millis = at("12:28:31").as_millis();
    let mut ticks = 142_000_i64;
    let mut noise = 12_345_u32;
    let mut mids = VecDeque::new();
    while millis <= at("12:41:07").as_millis() {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ticks += 4 * (i64::from(noise >> 28) - 7) - (ticks - 142_015) / 16;
        mids.extend(Price::new(ticks * 10 + 5, 6).map(|mid| (Timestamp::from_millis(millis), mid)));
        millis += 4_000;
    }
    mids
}

/// So many fills, the newest a moment ago.
pub fn fills(count: u32) -> VecDeque<(Timestamp, Fill)> {
    let newest = at("12:41:07").as_millis();
    (0..count)
        .map(|n| {
            let side = if n % 5 < 3 { Side::Buy } else { Side::Sell };
            let price: Price = if side == Side::Buy { money("1.41862") } else { money("1.42214") };
            let quantity = Drops::new(7_390_000 + i64::from(n) * 1_117);
            let rlusd = Rlusd::of(quantity, price);
            let fill = Fill {
                id: format!("9F31C2{n:010}"),
                order: id(n + 1),
                side,
                price,
                quantity,
                rlusd,
                mid: money("1.42011"),
                ledger: 95_599_990 + n * 9,
            };
            (Timestamp::from_millis(newest - i64::from(count - 1 - n) * 37_000), fill)
        })
        .collect()
}

fn gone() -> VecDeque<Order> {
    let ends = [Gone::Cancelled, Gone::Filled, Gone::Cancelled, Gone::Refused, Gone::Filled, Gone::Cancelled];
    (1..)
        .zip(ends)
        .map(|(number, how)| {
            let side = if number % 2 == 0 { Side::Sell } else { Side::Buy };
            let mut order = order(number, side, "1.41931", "7.390000");
            order.status = OrderStatus::Gone(how);
            if how == Gone::Filled {
                order.filled = order.spec.quantity;
                order.exchanged = Rlusd::of(order.filled, order.spec.price);
            }
            order.updated_at = Timestamp::from_millis(at("12:33:07").as_millis() + i64::from(number) * 61_000);
            order
        })
        .collect()
}

fn events() -> VecDeque<Event> {
    [
        ("12:39:02", EventKind::Operator, "p: resume quoting"),
        ("12:39:03", EventKind::Mode, "quoting: the operator asked for it"),
        ("12:39:58", EventKind::Order, "bid moved 1.41840 → 1.41862   mid rose 3.4 bps"),
        ("12:40:10", EventKind::Sold, "sold   7.390000 at 1.42198   +0.0081 spread"),
        ("12:40:24", EventKind::Trouble, "backup failed: no space left on device"),
        ("12:40:31", EventKind::Bought, "bought 7.401118 at 1.41862   partial, 0.000418 rests"),
        ("12:40:55", EventKind::Keeping, "checkpoint   112 pages, WAL empty, 4 ms"),
        ("12:41:03", EventKind::Order, "ask moved 1.42198 → 1.42214   mid rose 3.4 bps"),
        ("12:41:07", EventKind::Sold, "sold   7.390000 at 1.42214   +0.0087 spread"),
    ]
    .into_iter()
    .map(|(clock, kind, text)| Event { at: at(clock), kind, text: text.into() })
    .collect()
}

fn incidents() -> Vec<IncidentView> {
    let clock = Incident {
        id: 1,
        severity: Severity::Notice,
        source: Source::Session,
        title: "The clock jumped".into(),
        tried: "to keep time".into(),
        happened: "the clock went on by 3.1 s between two looks".into(),
        means: "quotes may have been stale for that long".into(),
        done: "quotes were taken out until the next truth check agreed".into(),
        you_can: "look whether this machine slept".into(),
        retry: None,
    };
    let backup = Incident {
        id: 2,
        severity: Severity::Error,
        source: Source::Backup,
        title: "Backup failed".into(),
        tried: "to copy the store to paper.backups/39-20261122T124024Z.db".into(),
        happened: "no space left on device, after 3.1 of 9.8 MB".into(),
        means:
            "the newest good backup is from 11:40 and verified; nothing is lost, but what happened since then is only \
                in the journal and in the store"
                .into(),
        done: "the half copy was removed; the next try is in 60 s".into(),
        you_can: "free 20 MB on the disk of paper.db".into(),
        retry: Some(Retry::Backup),
    };
    vec![
        IncidentView { at: at("12:31:12"), incident: clock, acknowledged: true },
        IncidentView { at: at("12:40:24"), incident: backup, acknowledged: false },
    ]
}

fn health() -> Health {
    let checkpoint = CheckpointAnswer { busy: false, log: 0, checkpointed: 0 };
    let backup = BackupDone { name: "39-20261122T114003Z.db".into(), bytes: 9_812_345, cursor: Some(1_102) };
    Health {
        journal: JournalHealth {
            head: Some((1_251, "9f31c0d25bd6a57a2e3f4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8fc2".into())),
            segment: "0000001198.jsonl".into(),
            last_ack: Duration::from_micros(1_420),
            trouble: String::new(),
        },
        store: StoreHealth {
            cursor: Some(1_249),
            wal_bytes: Some(41_200),
            readings_dropped: 0,
            trouble: String::new(),
        },
        checkpoint: Some(Done { at: at("12:40:55"), took: Duration::from_millis(4), result: Ok(checkpoint) }),
        backup: Some(Done { at: at("11:40:03"), took: Duration::from_millis(31), result: Ok(backup) }),
        space: Some(SpaceHealth { free: 212_300_000_000, ballast: true, low: false }),
        heartbeat_at: Some(at("12:41:06")),
    }
}

fn threads() -> Vec<ThreadView> {
    let thread = |name, doing: &str| ThreadView { name, alive: true, doing: doing.into() };
    vec![
        thread("runner", "waits for ledger 95 600 124"),
        thread("journal", "idle, newest group of 3 in 1.4 ms"),
        thread("store", "projects line 1 250"),
        thread("history", "idle"),
        thread("signals", "listens"),
        ThreadView { name: "input", alive: false, doing: "the terminal was closed for reading".into() },
    ]
}

/// Past sessions: one of each kind.
pub fn history() -> History {
    let row = |session_id: i64, status: &str, reason: Option<&str>, fills, profit: Option<&str>| SessionRow {
        session_id,
        mode: "paper".into(),
        venue: "paper".into(),
        status: status.into(),
        started_at: format!("2026-11-{:02}T09:12:04.113Z", session_id - 17),
        ended_at: (status != "OPEN").then(|| format!("2026-11-{:02}T11:12:05.871Z", session_id - 17)),
        ended_at_source: Some("closed".into()),
        halt_reason: reason.map(Into::into),
        ending_value: (status != "OPEN").then(|| "281.470000012".into()),
        config_hash: Some("3f9a2c41d0be".into()),
        build: Some("0.1.0 a1b2c3d".into()),
        host: Some("desk".into()),
        fills,
        incidents: i64::from(status == "RECOVERED"),
        profit: profit.map(Into::into),
        ..SessionRow::default()
    };
    let rows = vec![
        row(39, "OPEN", None, 14, None),
        row(38, "CLOSED", Some("duration_elapsed"), 41, Some("0.8812004")),
        row(37, "RECOVERED", Some("recovered_crash"), 7, Some("-0.113007")),
        row(36, "CLOSED", Some("risk_drawdown"), 112, Some("-8.40221")),
        row(35, "CLOSED", Some("operator_quit"), 0, Some("0")),
    ];
    History { rows, more: true, loading: false, trouble: String::new(), list: ListState { selected: 1, offset: 0 } }
}

/// All of one past session.
pub fn detail() -> SessionDetail {
    let engine = engine();
    let incident = incidents().swap_remove(1).incident;
    SessionDetail {
        row: history().rows.swap_remove(1),
        totals: Some(Totals {
            starting: engine.starting,
            ending: engine.holding,
            split: engine.split,
            capital: Value::ZERO,
            bought: 25,
            sold: 16,
            notional: money("430.18"),
            orders: 231,
            cancelled: 190,
            quoting_ms: 6_672_000,
            incidents: 1,
        }),
        causes: vec![Cause { reason: HaltReason::DurationElapsed, detail: String::new(), at: at("11:12:04") }],
        residual: Some(Inventory::default()),
        unproven: Vec::new(),
        venue_ended: vec![id(11), id(12)],
        failures: Vec::new(),
        fills: fills(41).into(),
        incidents: vec![(at("10:40:24"), incident)],
        ..SessionDetail::default()
    }
}

fn log() -> Log {
    let lines = [
        (tracing::Level::INFO, "session::runner", "session opened session_id=39 seed=7"),
        (tracing::Level::DEBUG, "keeper::journal", "group of 3 on disk took_us=1420"),
        (tracing::Level::WARN, "session::clock", "the clock jumped by 3.1 s"),
        (tracing::Level::INFO, "keeper::store", "checkpoint pages=112 took_ms=4"),
        (
            tracing::Level::ERROR,
            "vault::backup",
            "backup failed: no space left on device \u{1b}[31m after 3.1 of 9.8 MB",
        ),
        (tracing::Level::INFO, "engine", "ask moved from=1.42198 to=1.42214 why=\"mid rose 3.4 bps\""),
    ];
    let lines = (0..).zip(lines).map(|(number, (level, target, message))| {
        let at = format!("2026-11-22T12:40:{:02}.123Z", number * 7);
        Arc::new(LogLine { number, at, level, target: format!("neo_console::{target}"), message: message.into() })
    });
    Log { lines: lines.collect(), ..Log::default() }
}

/// Not quoting, for two reasons.
pub fn idle() -> Model {
    model_with(|view| {
        let engine = Arc::make_mut(&mut view.engine);
        engine.mode = Mode::Idle;
        engine.mode_since = at("12:39:57");
        engine.mode_why = "the market is hostile".into();
        engine.orders.clear();
        engine.quotes.iter_mut().for_each(|quote| (quote.order, quote.wanted) = (None, None));
        let block = |what: &str, measured: &str, release: &str, until| Block {
            side: None,
            what: what.into(),
            measured: measured.into(),
            release: release.into(),
            until,
        };
        engine.blocks = vec![
            block("market is one-sided", "3 buys in 30 s (limit 3)", "if no further buy", Some(at("12:41:27"))),
            block("mid is moving", "9.1 bps in 30 s (limit 4)", "when it stays within 4 bps for 30 s", None),
        ];
    })
}

/// Quoting, but not on one side.
pub fn ask_only() -> Model {
    model_with(|view| {
        let engine = Arc::make_mut(&mut view.engine);
        engine.quotes[0].wanted = None;
        engine.quotes[0].order = None;
        engine.blocks = vec![Block {
            side: Some(Side::Buy),
            what: "XRP limit".into(),
            measured: "149.2 XRP and 7.4 to come (limit 150)".into(),
            release: "when some XRP is sold".into(),
            until: None,
        }];
    })
}

/// In the middle of its end.
pub fn ending() -> Model {
    let mut model = model_with(|view| {
        Arc::make_mut(&mut view.engine).mode = Mode::Halted;
        let phase = |phase, state, note: &str| PhaseView { phase, state, note: note.into() };
        let running = PhaseState::Running { since: at("12:41:05.1"), within: Duration::from_secs(15) };
        let cause = |reason, at| Cause { reason, detail: String::new(), at };
        view.end = Some(EndView {
            causes: vec![
                cause(HaltReason::OperatorQuit, at("12:41:05")),
                cause(HaltReason::InterruptedSigterm, at("12:41:08")),
            ],
            began: at("12:41:05"),
            phases: vec![
                phase(
                    Phase::Seal,
                    PhaseState::Finished(Duration::from_millis(3)),
                    "cause and last inventory are on disk",
                ),
                phase(Phase::Cancel, running, "1 of 2 gone, 39-12 waits for ledger 95 600 131"),
                phase(Phase::Settle, PhaseState::Waiting, ""),
                phase(Phase::Close, PhaseState::Waiting, ""),
                phase(Phase::Checkpoint, PhaseState::LeftOut, ""),
                phase(Phase::Backup, PhaseState::Failed(Duration::from_millis(120)), "no space left on device"),
                phase(Phase::Release, PhaseState::Waiting, ""),
            ],
            impatience: 0,
        });
    });
    model.ending = true;
    model
}

/// Keys as the action table might tell them.
pub fn hints() -> Vec<Hint> {
    let hint = |keys: &str, name: &str, help: &str, group: &str, disabled: Option<&str>| Hint {
        keys: keys.into(),
        name: name.into(),
        help: help.into(),
        group: group.into(),
        bar: None,
        disabled: disabled.map(Into::into),
    };
    let mut hints = vec![
        hint("p", "pause", "stop quoting, or quote again", "Trading", None),
        hint("x", "cancel all", "take every order out, after a question", "Trading", None),
        hint("c", "checkpoint", "checkpoint the store now", "Keeping", None),
        hint("b", "backup", "make a verified backup now", "Keeping", Some("one is running")),
        hint("?", "help", "show the keys", "Console", None),
        hint("q", "quit", "end the session", "Console", None),
        hint("Ctrl+C", "quit now", "end the session without a question", "Console", None),
        hint("1-6 Tab", "tabs", "go to a tab", "Moving", None),
        hint("j k ↑ ↓", "move", "move the selection", "Moving", None),
        hint("Enter", "open", "open what is selected", "Moving", Some("nothing is selected")),
        hint("e", "incidents", "show the incidents", "Incidents", None),
    ];
    for (place, hint) in hints.iter_mut().enumerate() {
        hint.bar = Some((place, hint.keys.clone()));
    }
    hints
}
