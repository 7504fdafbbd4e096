//! Every reason for the end of a session, and which of several it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

macro_rules! halt_reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $words:literal;)*) => {
        /// Why a session ends. The names are a promise: scripts read them in `sessions.halt_reason`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum HaltReason {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)*
        }

        impl HaltReason {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As in the database and in the journal.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// As a receipt says it, after "asked by" or "ended by".
            pub const fn in_words(self) -> &'static str {
                match self { $(Self::$name => $words),* }
            }
        }
    };
}

halt_reasons! {
    /// The operator pressed `q`, or ended the session from the palette.
    OperatorQuit = "operator_quit", "the operator (q)";
    /// The time given by `--duration` was over.
    DurationElapsed = "duration_elapsed", "the end of its duration";
    /// Ctrl+C, as a key or as a signal.
    InterruptedSigint = "interrupted_sigint", "Ctrl+C";
    /// SIGTERM.
    InterruptedSigterm = "interrupted_sigterm", "SIGTERM";
    /// SIGQUIT.
    InterruptedSigquit = "interrupted_sigquit", "SIGQUIT";
    /// Ctrl+Break, on Windows.
    InterruptedSigbreak = "interrupted_sigbreak", "Ctrl+Break";
    /// A hang-up, SIGHUP, or the window's X.
    TerminalClosed = "terminal_closed", "the terminal going away";
    /// The user logs off, on Windows.
    SystemLogoff = "system_logoff", "a log-off";
    /// The system shuts down, on Windows.
    SystemShutdown = "system_shutdown", "a system shutdown";
    /// The engine wanted it, for no reason that has a name here.
    EngineRequestedHalt = "engine_requested_halt", "the engine";
    /// A replay came to its end.
    ReplayExhausted = "replay_exhausted", "the end of the replay";
    /// More XRP than allowed.
    RiskXrpExposure = "risk_xrp_exposure", "the XRP exposure limit";
    /// More RLUSD than allowed.
    RiskRlusdExposure = "risk_rlusd_exposure", "the RLUSD exposure limit";
    /// More was lost than allowed.
    RiskDrawdown = "risk_drawdown", "the drawdown limit";
    /// The market gave no news for too long.
    RiskStaleMarket = "risk_stale_market", "a stale market";
    /// The venue could not be reached for too long.
    RiskVenueUnreachable = "risk_venue_unreachable", "an unreachable venue";
    /// The kill switch.
    KillSwitch = "kill_switch", "the kill switch";
    /// Books and ledger did not agree.
    InventoryTruthHalt = "inventory_truth_halt", "books and ledger that disagree";
    /// Facts could not be kept.
    StoreFailure = "store_failure", "a failure to keep facts";
    /// The engine panicked.
    EnginePanic = "engine_panic", "a panic of the engine";
    /// The console died; the session was closed.
    ConsolePanic = "console_panic", "a panic of the console";
    /// It did not get as far as trading.
    StartupFailure = "startup_failure", "a failure to start";
    /// Nobody closed it: the next start did.
    RecoveredCrash = "recovered_crash", "a crash, recovered at the next start";
    /// Something that has no name here.
    UnexpectedHalt = "unexpected_halt", "something unexpected";
}

impl HaltReason {
    /// Whether it names a cause; the first that does is the session's reason.
    pub const fn is_specific(self) -> bool {
        !matches!(self, Self::UnexpectedHalt | Self::EngineRequestedHalt)
    }

    /// Whether an operator who sat at the console still does: the terminal is there, and nothing else will end us soon.
    pub const fn leaves_the_operator_there(self) -> bool {
        !matches!(
            self,
            Self::InterruptedSigterm
                | Self::InterruptedSigquit
                | Self::InterruptedSigbreak
                | Self::TerminalClosed
                | Self::SystemLogoff
                | Self::SystemShutdown
                | Self::ConsolePanic
        )
    }

    /// Whether a part of this program died.
    pub const fn is_a_panic(self) -> bool {
        matches!(self, Self::EnginePanic | Self::ConsolePanic)
    }
}

impl fmt::Display for HaltReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One cause for the end, as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Which.
    pub reason: HaltReason,
    /// What exactly: a panic's message, a limit and what was measured. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// All causes of one end, in order of arrival. The first specific one is the reason, for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Causes(Vec<Cause>);

impl Causes {
    /// Adds a cause that came now. One that is told again is one cause: a hang-up comes by its signal and by the terminal.
    pub fn push(&mut self, cause: Cause) {
        let is_the_same = |known: &&mut Cause| {
            known.reason == cause.reason
                && (known.detail.is_empty() || cause.detail.is_empty() || known.detail == cause.detail)
        };
        match self.0.iter_mut().find(is_the_same) {
            Some(known) if known.detail.is_empty() => known.detail = cause.detail,
            Some(_) => {}
            None => self.0.push(cause),
        }
    }

    /// The cause that counts: the first specific one, else the first; `None` while nobody wants an end.
    pub fn first(&self) -> Option<&Cause> {
        self.0.iter().find(|cause| cause.reason.is_specific()).or_else(|| self.0.first())
    }

    /// The reason that counts, [`HaltReason::UnexpectedHalt`] if there is none.
    pub fn reason(&self) -> HaltReason {
        self.first().map_or(HaltReason::UnexpectedHalt, |cause| cause.reason)
    }

    /// All, as they came.
    pub fn all(&self) -> &[Cause] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(reason: HaltReason) -> Cause {
        Cause { reason, detail: String::new(), at: Timestamp::default() }
    }

    #[test]
    fn the_first_specific_cause_wins_and_later_ones_are_kept() {
        let mut causes = Causes::default();
        assert_eq!(causes.reason(), HaltReason::UnexpectedHalt);
        causes.push(cause(HaltReason::EngineRequestedHalt));
        assert_eq!(causes.reason(), HaltReason::EngineRequestedHalt);
        causes.push(cause(HaltReason::RiskDrawdown));
        causes.push(cause(HaltReason::OperatorQuit));
        assert_eq!(causes.reason(), HaltReason::RiskDrawdown);
        assert_eq!(causes.all().len(), 3);
    }

    #[test]
    fn a_cause_that_is_told_twice_is_one_and_what_either_said_is_kept() {
        let mut causes = Causes::default();
        let said = |detail: &str| Cause { detail: detail.to_owned(), ..cause(HaltReason::TerminalClosed) };
        causes.push(cause(HaltReason::TerminalClosed));
        causes.push(said("the terminal hung up"));
        causes.push(cause(HaltReason::TerminalClosed));
        assert_eq!(causes.all(), [said("the terminal hung up")]);
        causes.push(said("somebody else's words"));
        assert_eq!(causes.all().len(), 2);
    }

    #[test]
    fn a_reason_has_one_name_everywhere() {
        for &reason in HaltReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
