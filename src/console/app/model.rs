//! All that the screen is made of.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::question::Asking;
use crate::console::settings::Settings;
use crate::domain::aim::Aim;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::keeper::health::{BackupDone, CheckpointAnswer, Done};
use crate::logging::LogLine;
use crate::session::view::SessionView;
use crate::store::rows::{SessionDetail, SessionRow};

/// The tabs, in order of their number keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Everything at a glance.
    #[default]
    Live,
    /// Open orders, and those that are gone.
    Orders,
    /// Our fills.
    Fills,
    /// Past sessions.
    History,
    /// How keeping goes.
    Health,
    /// The log.
    Log,
}

/// What lies over the tab; at most one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys and what they do, scrolled by this many lines.
    Help {
        /// Lines scrolled.
        scroll: usize,
    },
    /// A question with the harmless answer in focus.
    Confirm(Confirm),
    /// The incidents, one at a time.
    Incidents {
        /// Index into the view's incidents.
        shown: usize,
    },
    /// One past session.
    PastSession {
        /// Which.
        session: SessionId,
        /// What is known of it; `None` while it is read.
        detail: Option<Box<SessionDetail>>,
        /// Lines scrolled.
        scroll: usize,
    },
}

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// What is asked.
    pub what: ConfirmWhat,
    /// Whether "yes" is in focus; it begins with "no".
    pub yes: bool,
}

/// What needs a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmWhat {
    /// Ending a live session.
    Quit,
    /// Taking every order out.
    CancelAll,
    /// The option at this place of the page that asks.
    Option(usize),
}

/// A short notice at the bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What there is to say.
    pub text: String,
    /// Whether it is bad news.
    pub bad: bool,
    /// When it goes away, on the model's clock.
    pub until: Timestamp,
}

/// Where a list stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListState {
    /// The selected row.
    pub selected: usize,
    /// The first visible row.
    pub offset: usize,
}

/// Past sessions as far as they were read.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Newest first.
    pub rows: Vec<SessionRow>,
    /// Whether there may be older ones.
    pub more: bool,
    /// Whether an answer is awaited.
    pub loading: bool,
    /// Why it could not be read; empty when it could.
    pub trouble: String,
    /// Selected row.
    pub list: ListState,
}

/// The log as far as it is shown.
#[derive(Clone, Debug)]
pub struct Log {
    /// The last lines, oldest first.
    pub lines: VecDeque<Arc<LogLine>>,
    /// Lines quieter than this are not shown.
    pub level: tracing::Level,
    /// Whether the newest line is kept in sight.
    pub follow: bool,
    /// Lines scrolled up from the newest, when not following.
    pub back: usize,
}

/// What the operator asked for, with the newest of its kind before that: what comes of it is said in a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// A checkpoint.
    Checkpoint {
        /// The newest one then.
        before: Option<Done<CheckpointAnswer>>,
    },
    /// A backup.
    Backup {
        /// The newest one then.
        before: Option<Done<BackupDone>>,
    },
}

/// What the program does before there is a session to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartStep {
    /// `opening the database`
    pub text: String,
    /// How far it has come, `40 %`; empty if nobody says.
    pub note: String,
    /// How far that is as a whole.
    pub state: StepState,
}

/// How far a step of the start is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It goes on since then, on this machine's clock.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// It is over.
    Done {
        /// How long it took.
        took: Duration,
    },
}

/// How large the terminal is, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// All that the screen is made of.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// What time it is for the screen: the session's own clock where there is a session, else this machine's.
    pub now: Timestamp,
    /// The database's path, known from the first frame on.
    pub database: String,
    /// At which database the commands are aimed that the screen names.
    pub aim: Aim,
    /// The session; `None` while it starts.
    pub view: Option<Arc<SessionView>>,
    /// The start, step by step.
    pub starting: Vec<StartStep>,
    /// What the start asks, in the place of everything else.
    pub asking: Option<Asking>,
    /// Which tab is shown.
    pub tab: Tab,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// What the operator asked for and has not heard of yet.
    pub awaited: Vec<Awaited>,
    /// The newest notice.
    pub notice: Option<Notice>,
    /// Rows of Orders.
    pub orders: ListState,
    /// Rows of Fills.
    pub fills: ListState,
    /// Past sessions.
    pub history: History,
    /// The log.
    pub log: Log,
    /// Whether the program has been told to end; keys but `Ctrl+C` are for looking only.
    pub ending: bool,
    /// What the operator set about the console.
    pub settings: Settings,
    /// How large the terminal is.
    pub size: Size,
    /// Whether the terminal has gone: nothing is drawn any more.
    pub terminal_gone: bool,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [Self::Live, Self::Orders, Self::Fills, Self::History, Self::Health, Self::Log];

    /// Its place in the row of tabs, from 0 on.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl Model {
    /// The screen before there is anything to show.
    pub fn new(database: String, now: Timestamp) -> Self {
        Self { now, database, ..Self::default() }
    }

    /// How many rows of a list can be seen, about: what `PgUp` and `PgDn` move by, and what keeps the selection in sight.
    pub fn page(&self) -> usize {
        usize::from(self.size.height.saturating_sub(FRAME_ROWS)).max(1)
    }
}

/// Header, tabs, two borders, the list's header and the keys.
const FRAME_ROWS: u16 = 6;

impl Default for Size {
    fn default() -> Self {
        Self { width: 80, height: 24 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { lines: VecDeque::new(), level: tracing::Level::INFO, follow: true, back: 0 }
    }
}
