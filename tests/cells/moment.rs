//! What a session is doing when the end comes.

use crate::support::{Console, House, Leader, Stage};

/// What a session is doing when the end comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The house is being opened: there is no session yet.
    Starting,
    /// Orders rest, more are on their way.
    Quoting,
    /// A copy of the store is being made, and is in no hurry.
    BackupRuns,
    /// `q` was pressed, and the venue has not yet proven the orders gone.
    AnotherEndRuns,
    /// The operator looks at a past session.
    HistoryOpen,
}

/// While this file is there, starting takes its time.
const SLOW_START: &str = "slow-start";
/// While this file is there, a backup takes its time.
const SLOW_BACKUP: &str = "slow-backup";

impl Moment {
    /// Starts `neo` in a terminal, and waits until the moment has come.
    pub fn reach(self, house: &House, leader: Leader, faults: &str) -> Console {
        if self == Self::HistoryOpen {
            house.short_session(1);
        }
        if self == Self::Starting {
            house.touch(SLOW_START);
        }
        let faults = format!("ballast:@{SLOW_START}:stall300,backup_step:@{SLOW_BACKUP}:stall150,{faults}");
        // A ledger takes its real four seconds where the end must not be over before another one comes.
        let speed = if self == Self::AnotherEndRuns { "1" } else { "20" };
        let stage = Stage::new().led_by(leader).faults(&faults);
        let mut console = stage.start(house, &["run", "--seed", "7", "--speed", speed]);
        match self {
            Self::Starting => console.wait_for_text("s.db"),
            _ => console.wait_for_quotes(house),
        }
        match self {
            Self::Starting | Self::Quoting => {}
            Self::BackupRuns => {
                house.touch(SLOW_BACKUP);
                console.keys("b");
                crate::support::until("a copy on its way", || house.has_unverified_backup().then_some(()));
            }
            Self::AnotherEndRuns => {
                console.keys("q");
                console.wait_for_text("Closing session 1");
                house.until_chain("the seal", |chain| !chain.of_kind("end_begun").is_empty());
            }
            Self::HistoryOpen => {
                console.keys("4");
                console.wait_for_text("CLOSED");
                console.keys("G\r");
                console.wait_for_text("Session 1 ·");
            }
        }
        console
    }

    /// The number that the session has.
    pub const fn session(self) -> i64 {
        if matches!(self, Self::HistoryOpen) { 2 } else { 1 }
    }
}
