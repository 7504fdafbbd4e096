//! A cell lived through, and looked at in every place that tells of the end.

use std::time::{Duration, Instant};

use super::{Moment, Way};
use crate::support::{Chain, Console, House, until};

/// How one went.
pub struct Ended {
    /// From the event to the process gone.
    pub took: Duration,
}

/// The plan's budget, and what a busy machine may add to it.
const BUDGET: Duration = Duration::from_secs(25);

/// Lives through one cell, and panics if anything is not as it must be.
pub fn live_and_end(way: Way, moment: Moment) -> Ended {
    let house = House::new();
    let mut console = moment.reach(&house, way.leader(), &way.faults());
    let (cpu_before, event) = (console.cpu().unwrap_or_default(), Instant::now());
    way.come(&mut console, &house);
    let mut cpu = cpu_before;
    let code = until(&format!("the end by {way:?} while {moment:?}"), || {
        cpu = console.cpu().unwrap_or(cpu);
        console.exit_code()
    });
    let took = event.elapsed();
    let cell = Cell { way, moment, house: &house, code };
    assert!(took < BUDGET, "{cell}: took {took:?}");
    if !way.leaves_the_terminal() {
        let spent = cpu.saturating_sub(cpu_before);
        assert!(spent < took / 20 + Duration::from_millis(200), "{cell}: {spent:?} of CPU in {took:?}");
    }
    cell.expect_terminal(&mut console);
    cell.expect_account();
    Ended { took }
}

struct Cell<'a> {
    way: Way,
    moment: Moment,
    house: &'a House,
    code: u32,
}

impl std::fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} while {:?}, exit {}", self.way, self.moment, self.code)
    }
}

impl Cell<'_> {
    /// The terminal is the operator's again.
    fn expect_terminal(&self, console: &mut Console) {
        if !self.way.leaves_the_terminal() {
            return;
        }
        console.ended();
        let (before, now) = console.settings_before_and_now();
        assert_eq!(before, now, "{self}");
        if self.way == Way::StalledReader {
            return; // What it wrote, nobody read.
        }
        assert!(!console.is_on_alternate_screen() && !console.is_cursor_hidden(), "{self}:\n{}", console.screen());
    }

    /// Journal, row and exit code say the same; what a fault kept from being written is written by the next start.
    fn expect_account(&self) {
        let session = self.moment.session();
        let opened = |chain: &Chain| chain.of_kind("session_opened").iter().any(|link| link.session == Some(session));
        if !self.house.journal().exists() || !opened(&self.house.chain()) {
            return self.expect_no_session();
        }
        assert!(self.way.codes().contains(&self.code), "{self}");
        if self.way.breaks_a_copy() {
            self.house.short_session(2);
        }
        let chain = self.house.chain();
        let ends = chain.links.iter().filter(|link| link.session == Some(session));
        let ends: Vec<_> = ends.filter(|link| ["session_closed", "session_recovered"].contains(&&*link.kind)).collect();
        assert_eq!(ends.len(), 1, "{self}: it ends once: {ends:#?}");
        let end = ends[0].json();
        assert_eq!(end["reason"], self.way.reason(self.moment), "{self}");
        self.expect_orders(&chain, session, &end);
        let row = self.house.rows().session(session);
        let status = if ends[0].kind == "session_closed" { "CLOSED" } else { "RECOVERED" };
        assert_eq!(
            (row["status"].as_str(), row["halt_reason"].as_str()),
            (status, self.way.reason(self.moment)),
            "{self}"
        );
        assert!(status == "CLOSED" || self.way == Way::JournalFault, "{self}: {row:#?}");
        self.house.run(&["verify", "--all"]).expect_code(0);
    }

    /// Every order that was sent is proven gone, or named.
    fn expect_orders(&self, chain: &Chain, session: i64, end: &serde_json::Value) {
        let unproven = end["unproven"].as_array().cloned().unwrap_or_default();
        let named: Vec<&str> = unproven.iter().filter_map(|order| order.as_str().or(order["id"].as_str())).collect();
        for order in chain.open_orders_of(session) {
            assert!(named.contains(&order.as_str()), "{self}: {order} may rest, and nobody says so: {end}");
        }
        if self.code == 0 {
            assert!(unproven.is_empty(), "{self}: {end}");
        }
    }

    /// The end came before there was a session to end: nothing is left open, and nothing is in the way of the next.
    fn expect_no_session(&self) {
        assert_eq!(self.moment, Moment::Starting, "{self}: there was a session");
        let failed = self.way == Way::ConsolePanic;
        assert_eq!(self.code, u32::from(failed), "{self}: leaving before a session is no failure, a panic is one");
        self.house.remove("fault");
        self.house.short_session(3);
        self.house.run(&["verify", "--all"]).expect_code(0);
    }
}
