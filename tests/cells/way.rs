//! The ways in which an end comes.

use rustix::process::Signal;

use super::Moment;
use crate::support::{Console, House, Leader, until};

/// What ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Q,
    CtrlC,
    CtrlCTwice,
    CtrlCThrice,
    Term,
    Hup,
    Quit,
    /// The window goes, and `neo` is told.
    HangUp,
    /// The window goes, and nobody tells `neo`.
    SilentHangUp,
    /// Nobody reads what is drawn, then SIGTERM.
    StalledReader,
    ConsolePanic,
    EnginePanic,
    /// From now on the journal cannot be written.
    JournalFault,
    /// From now on the store cannot be written; then `q`.
    StoreFault,
    /// No room anywhere while closing, until the ballast is given up.
    DiskFull,
    /// SIGSTOP, SIGTERM, SIGCONT.
    StopTermCont,
}

/// While this file is there, the way's fault happens.
const FAULT: &str = "fault";

impl Way {
    pub const ALL: [Self; 16] = [
        Self::Q,
        Self::CtrlC,
        Self::CtrlCTwice,
        Self::CtrlCThrice,
        Self::Term,
        Self::Hup,
        Self::Quit,
        Self::HangUp,
        Self::SilentHangUp,
        Self::StalledReader,
        Self::ConsolePanic,
        Self::EnginePanic,
        Self::JournalFault,
        Self::StoreFault,
        Self::DiskFull,
        Self::StopTermCont,
    ];

    /// Who leads the terminal's session.
    pub const fn leader(self) -> Leader {
        if matches!(self, Self::HangUp) { Leader::Neo } else { Leader::DeafShell }
    }

    /// What `neo` is told to fail at.
    pub fn faults(self) -> String {
        let failing: &[&str] = match self {
            Self::ConsolePanic => &["console_frame:@fault:panic"],
            Self::EnginePanic => &["engine_step:@fault:panic"],
            Self::JournalFault => &["journal_sync:@fault"],
            Self::StoreFault => &["store_commit:@fault"],
            Self::DiskFull => &["journal_sync:@fault:enospc", "store_commit:@fault:enospc", "backup:@fault:enospc"],
            _ => &[],
        };
        failing.join(",")
    }

    /// Lets it happen.
    pub fn come(self, console: &mut Console, house: &House) {
        match self {
            Self::Q => console.keys("q"),
            Self::CtrlC => console.keys("\x03"),
            Self::CtrlCTwice => console.keys("\x03\x03"),
            Self::CtrlCThrice => console.keys("\x03\x03\x03"),
            Self::Term => console.signal(Signal::TERM),
            Self::Hup => console.signal(Signal::HUP),
            Self::Quit => console.signal(Signal::QUIT),
            Self::HangUp | Self::SilentHangUp => console.hang_up(),
            Self::StalledReader => {
                console.stop_reading();
                console.signal(Signal::TERM);
            }
            Self::ConsolePanic | Self::EnginePanic | Self::JournalFault => house.touch(FAULT),
            Self::StoreFault => {
                house.touch(FAULT);
                console.keys("q");
            }
            Self::DiskFull => {
                house.touch(FAULT);
                console.keys("q");
                let closing = |console: &mut Console| console.exit_code().is_some();
                until("the ballast given up", || (closing(console) || !house.has_ballast()).then_some(()));
                house.remove(FAULT);
            }
            Self::StopTermCont => {
                console.signal(Signal::STOP);
                console.signal(Signal::TERM);
                console.signal(Signal::CONT);
            }
        }
    }

    /// The reason that the session has then.
    pub const fn reason(self, moment: Moment) -> &'static str {
        match (self, moment) {
            // The first cause wins.
            (_, Moment::AnotherEndRuns) | (Self::Q | Self::StoreFault | Self::DiskFull, _) => "operator_quit",
            (Self::CtrlC | Self::CtrlCTwice | Self::CtrlCThrice, _) => "interrupted_sigint",
            (Self::Term | Self::StalledReader | Self::StopTermCont, _) => "interrupted_sigterm",
            (Self::Hup | Self::HangUp | Self::SilentHangUp, _) => "terminal_closed",
            (Self::Quit, _) => "interrupted_sigquit",
            (Self::ConsolePanic, _) => "console_panic",
            (Self::EnginePanic, _) => "engine_panic",
            (Self::JournalFault, _) => "store_failure",
        }
    }

    /// Whether the terminal is still there to be looked at.
    pub const fn leaves_the_terminal(self) -> bool {
        !matches!(self, Self::HangUp | Self::SilentHangUp)
    }

    /// Whether a copy of the facts cannot be written at the end, so that the next start has to bring it level.
    pub const fn breaks_a_copy(self) -> bool {
        matches!(self, Self::JournalFault | Self::StoreFault | Self::DiskFull)
    }

    /// Exit codes that CONTRACT allows for it.
    pub const fn codes(self) -> &'static [u32] {
        match self {
            Self::ConsolePanic | Self::EnginePanic => &[1],
            Self::JournalFault | Self::StoreFault => &[6],
            // Impatience leaves orders unproven or not: `end` looks at which.
            Self::CtrlCTwice | Self::CtrlCThrice | Self::DiskFull => &[0, 6],
            _ => &[0],
        }
    }
}
