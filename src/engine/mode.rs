//! Who may move whom. Every change of mode is decided in [`Modes::ask`], and nowhere else.
//!
//! | asked | by | effect |
//! |---|---|---|
//! | ready | engine | Starting ends |
//! | pause, resume | operator | remembered in every mode; shown unless Degraded or Halted |
//! | idle, calm | guard | stands for its time, under a pause too |
//! | degrade | guard or engine | overrides a pause, which it remembers |
//! | proven | engine | ends Degraded, unless what caused it lasts, as a full disk does: back to what still stands |
//! | halt | guard or session | final |
//!
//! What stands is kept apart from what is shown, and the mode is always the first of Halted, Degraded, Paused,
//! Starting, Idle, Quoting that has a reason.

use crate::domain::mode::{Asker, Mode, ModeChange};
use crate::domain::time::Timestamp;

/// Why we cannot prove that we are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The market gave no news.
    StaleMarket,
    /// Books and ledger differ, or the venue does not say what we hold.
    Truth,
    /// The clock jumped.
    Doubt,
    /// Facts can be written for a short while only, or not at all.
    DiskFull,
    /// A thread that keeps facts stands still.
    Stall,
}

/// A wish to change the mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Ready,
    Pause,
    Resume,
    Idle {
        until: Timestamp,
    },
    Calm,
    /// `news` is how many books had come by then: only later ones count as fresh.
    Degrade {
        trouble: Trouble,
        news: u64,
    },
    Proven,
    Halt(Asker),
}

/// The mode, and everything that stands behind it.
#[derive(Clone, Debug)]
pub(super) struct Modes {
    mode: Mode,
    since: Timestamp,
    why: String,
    ready: bool,
    paused: bool,
    idle_until: Option<Timestamp>,
    troubles: Vec<Trouble>,
    /// Of the troubles those that stay, whatever is proven, until we are told that they are over.
    lasting: Vec<Trouble>,
    /// Books that had come when the newest trouble began.
    troubled_at_news: u64,
    over: bool,
}

impl Modes {
    pub fn starting() -> Self {
        Self {
            mode: Mode::Starting,
            since: Timestamp::default(),
            why: "waiting for the first book and the first truth check".to_owned(),
            ready: false,
            paused: false,
            idle_until: None,
            troubles: Vec::new(),
            lasting: Vec::new(),
            troubled_at_news: 0,
            over: false,
        }
    }

    pub fn halted(why: &str) -> Self {
        let mut modes = Self::starting();
        modes.end(Timestamp::default(), why.to_owned());
        modes
    }

    /// The session's first moment.
    pub fn begin(&mut self, now: Timestamp) {
        self.since = now;
    }

    /// Decides what becomes of the mode when something is asked; `None` if it stays what it is.
    pub fn ask(&mut self, now: Timestamp, ask: Ask, why: String) -> Option<ModeChange> {
        if self.mode == Mode::Halted {
            return None;
        }
        self.idle_until = self.idle_until.filter(|&until| now < until);
        match ask {
            Ask::Ready => self.ready = true,
            Ask::Pause => self.paused = true,
            Ask::Resume => self.paused = false,
            Ask::Idle { until } => self.idle_until = Some(until),
            Ask::Calm => self.idle_until = None,
            Ask::Degrade { trouble, news } => {
                self.troubled_at_news = news;
                if !self.troubles.contains(&trouble) {
                    self.troubles.push(trouble);
                }
                if trouble.lasts() && !self.lasting.contains(&trouble) {
                    self.lasting.push(trouble);
                }
            }
            Ask::Proven => self.troubles.retain(|trouble| self.lasting.contains(trouble)),
            Ask::Halt(_) => self.over = true,
        }
        let (from, to) = (self.mode, self.due());
        if from == to {
            return None;
        }
        self.mode = to;
        self.since = now;
        self.why = because(why, ask, to);
        Some(ModeChange { from, to, by: ask.by(), why: self.why.clone(), back: self.back().to_owned() })
    }

    /// What caused it has ended: from now on that trouble can be proven to be over, like every other.
    pub fn is_over(&mut self, trouble: Trouble) {
        self.lasting.retain(|&lasting| lasting != trouble);
    }

    /// Whether what is handed in now may not be written down for long.
    pub fn is_writing_late(&self) -> bool {
        !self.lasting.is_empty()
    }

    /// Whether something stands in our way that a truth check could clear.
    pub fn can_be_proven(&self) -> bool {
        self.lasting.is_empty() || self.troubles.iter().any(|trouble| !self.lasting.contains(trouble))
    }

    /// The seal itself is the fact of this change.
    pub fn end(&mut self, now: Timestamp, why: String) {
        if self.mode != Mode::Halted {
            self.since = now;
            self.why = why;
        }
        self.over = true;
        self.mode = Mode::Halted;
    }

    fn due(&self) -> Mode {
        if self.over {
            Mode::Halted
        } else if !self.troubles.is_empty() {
            Mode::Degraded
        } else if self.paused {
            Mode::Paused
        } else if !self.ready {
            Mode::Starting
        } else if self.idle_until.is_some() {
            Mode::Idle
        } else {
            Mode::Quoting
        }
    }

    fn back(&self) -> &'static str {
        match self.mode {
            Mode::Starting => "a book with two sides, and the venue's word on what we hold",
            Mode::Quoting | Mode::Halted => "",
            Mode::Paused => "the operator resumes",
            Mode::Idle => "time, if that side is not filled again",
            Mode::Degraded if self.lasting.contains(&Trouble::DiskFull) => {
                "room on the disk, then fresh news of the market and a clean truth check"
            }
            Mode::Degraded if self.lasting.contains(&Trouble::Stall) => {
                "the thread moves again, then fresh news of the market and a clean truth check"
            }
            Mode::Degraded => "fresh news of the market, then a clean truth check",
        }
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn since(&self) -> Timestamp {
        self.since
    }

    pub fn why(&self) -> &str {
        &self.why
    }

    pub fn idle_until(&self) -> Option<Timestamp> {
        self.idle_until
    }

    pub fn is_paused(&self) -> bool {
        self.paused
    }

    pub fn is_ready(&self) -> bool {
        self.ready
    }

    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// Whether a book has come since the newest trouble began.
    pub fn news_since_trouble(&self, news: u64) -> bool {
        news > self.troubled_at_news
    }
}

impl Trouble {
    /// Whether no truth check can prove that it is over.
    const fn lasts(self) -> bool {
        matches!(self, Self::DiskFull | Self::Stall)
    }
}

impl Ask {
    fn by(self) -> Asker {
        match self {
            Self::Pause | Self::Resume => Asker::Operator,
            Self::Idle { .. } | Self::Calm | Self::Degrade { trouble: Trouble::StaleMarket, .. } => Asker::Guard,
            Self::Ready | Self::Proven | Self::Degrade { .. } => Asker::Engine,
            Self::Halt(by) => by,
        }
    }
}

/// A change may lead to what stood behind: then that is said too.
fn because(why: String, ask: Ask, to: Mode) -> String {
    match (ask, to) {
        (Ask::Pause, Mode::Paused) | (Ask::Idle { .. }, Mode::Idle) => why,
        (_, Mode::Paused) => why + "; the operator had paused",
        (_, Mode::Idle) => why + "; the market is still one-sided",
        _ => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOUBT: Ask = Ask::Degrade { trouble: Trouble::Doubt, news: 0 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn after(asks: &[Ask]) -> Modes {
        let mut modes = Modes::starting();
        for &ask in asks {
            modes.ask(at(1), ask, "so".into());
        }
        modes
    }

    #[test]
    fn a_pause_outlives_a_trouble_that_hides_it() {
        assert_eq!(after(&[Ask::Ready, Ask::Pause, DOUBT]).mode(), Mode::Degraded);
        assert_eq!(after(&[Ask::Ready, Ask::Pause, DOUBT, Ask::Proven]).mode(), Mode::Paused);
        assert_eq!(after(&[Ask::Ready, Ask::Pause, DOUBT, Ask::Resume, Ask::Proven]).mode(), Mode::Quoting);
    }

    #[test]
    fn resuming_leads_to_what_still_stands() {
        let idle = Ask::Idle { until: at(30) };
        assert_eq!(after(&[Ask::Ready, idle, Ask::Pause, Ask::Resume]).mode(), Mode::Idle);
        assert_eq!(after(&[Ask::Pause, Ask::Resume]).mode(), Mode::Starting);
        assert_eq!(after(&[Ask::Pause, Ask::Ready]).mode(), Mode::Paused);
    }

    #[test]
    fn every_change_says_who_and_why_and_what_leads_back() {
        let mut modes = after(&[Ask::Ready]);
        let change = modes.ask(at(2), Ask::Pause, "the operator paused".into()).unwrap();
        assert_eq!((change.from, change.to, change.by), (Mode::Quoting, Mode::Paused, Asker::Operator));
        assert_eq!(change.back, "the operator resumes");
        assert_eq!(modes.ask(at(3), Ask::Pause, "again".into()), None);
    }

    #[test]
    fn a_full_disk_is_no_matter_of_proof_until_there_is_room() {
        let full = Ask::Degrade { trouble: Trouble::DiskFull, news: 0 };
        let mut modes = after(&[Ask::Ready, DOUBT, full, Ask::Proven]);
        assert_eq!((modes.mode(), modes.troubles()), (Mode::Degraded, &[Trouble::DiskFull][..]));
        assert!(!modes.can_be_proven(), "a truth check would prove nothing");
        modes.is_over(Trouble::DiskFull);
        assert_eq!(modes.mode(), Mode::Degraded);
        modes.ask(at(2), Ask::Proven, "so".into());
        assert_eq!(modes.mode(), Mode::Quoting);
    }

    #[test]
    fn room_on_the_disk_does_not_make_a_thread_move() {
        let [full, stall] = [Trouble::DiskFull, Trouble::Stall].map(|trouble| Ask::Degrade { trouble, news: 0 });
        let mut modes = after(&[Ask::Ready, full, stall]);
        modes.is_over(Trouble::DiskFull);
        modes.ask(at(2), Ask::Proven, "so".into());
        assert_eq!((modes.mode(), modes.troubles()), (Mode::Degraded, &[Trouble::Stall][..]));
        modes.is_over(Trouble::Stall);
        modes.ask(at(3), Ask::Proven, "so".into());
        assert_eq!(modes.mode(), Mode::Quoting);
    }

    fn any_ask() -> impl Strategy<Value = Ask> {
        prop_oneof![
            Just(Ask::Ready),
            Just(Ask::Pause),
            Just(Ask::Resume),
            Just(Ask::Idle { until: at(9) }),
            Just(Ask::Calm),
            Just(DOUBT),
            Just(Ask::Proven),
        ]
    }

    proptest! {
        #[test]
        fn halted_is_final(before in proptest::collection::vec(any_ask(), 0..9), later in proptest::collection::vec(any_ask(), 0..9)) {
            let mut modes = after(&before);
            modes.ask(at(1), Ask::Halt(Asker::Guard), "limit".into());
            for ask in later {
                prop_assert_eq!(modes.ask(at(2), ask, "so".into()), None);
            }
            prop_assert_eq!(modes.mode(), Mode::Halted);
        }
    }
}
