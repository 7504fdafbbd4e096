//! The receipt: what a session came to, how it ended, and what did not go as it should.
//!
//! Plain values. It is printed after the terminal was given back, kept as a file, and made again from the history.
//! Nothing here reads a file or asks for the time.

mod print;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::phase::Phase;
use super::view::Identity;
use crate::domain::fact::{PhaseFailure, SessionClosed, SessionRecovered, Totals};
use crate::domain::halt::{Cause, HaltReason};
use crate::domain::inventory::Inventory;
use crate::domain::money::{Bps, Value};
use crate::domain::order::OrderId;
use crate::domain::session::{EndedAtSource, SessionId, Status};
use crate::domain::time::Timestamp;
use crate::keeper::health::{BackupDone, CheckpointAnswer, Done};
use crate::store::rows::SessionDetail;

/// What is left of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which session.
    pub session: SessionId,
    /// The operator's own name for it; may be empty.
    pub label: String,
    /// The database's path as the operator gave it.
    pub database: String,
    /// How its row stands: anything but closed or recovered is bad news.
    pub status: Status,
    /// The cause that counts.
    pub reason: HaltReason,
    /// All causes, in order of arrival.
    pub causes: Vec<Cause>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What tells when it ended.
    pub ended_at_source: EndedAtSource,
    /// What it came to.
    pub totals: Totals,
    /// What the venue said we hold, less what our books say; `None` if it did not say.
    pub residual: Option<Inventory>,
    /// Orders that ended with the venue itself.
    pub venue_ended: Vec<OrderId>,
    /// Orders whose end nobody proved: they may rest.
    pub unproven: Vec<OrderId>,
    /// The checkpoint at the end; `None` if nothing is known of one.
    pub checkpoint: Option<Kept>,
    /// The backup at the end; `None` if nothing is known of one.
    pub backup: Option<Kept>,
    /// The titles of its incidents, oldest first.
    pub incidents: Vec<String>,
    /// How long each phase of the end took that was over when the receipt was made, in order.
    #[serde(default)]
    pub phases: Vec<PhaseTook>,
    /// Phases of the end that failed, and why.
    pub failures: Vec<PhaseFailure>,
    /// Phases that were left out, by the operator's impatience or for lack of time.
    pub left_out: Vec<Phase>,
    /// The newest line of the journal at the end.
    pub head: Option<Head>,
    /// Whether journal, row and receipt were compared, and agree.
    pub verification: Verification,
}

/// A phase of the end, and how long it took on this machine's clock, done or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTook {
    /// Which.
    pub phase: Phase,
    /// In milliseconds.
    pub took_ms: u64,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number, from 0 on.
    pub n: u64,
    /// Its hash, 64 hex digits.
    pub hash: String,
}

/// What became of a checkpoint or a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Kept {
    /// It was done and looked at: the log is empty, the copy is verified.
    Done {
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// It was not.
    Failed {
        /// Why.
        why: String,
    },
    /// It was not tried.
    LeftOut,
}

/// Whether what is on disk was read back and compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Verification {
    /// It was, and agrees.
    Verified,
    /// It was not possible, or does not agree: what, one by one.
    NotVerified {
        /// Each in a few words.
        what: Vec<String>,
    },
    /// Nobody looked: a past session's receipt, made again from its facts.
    NotLooked,
}

/// How an end went, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Closed, verified, and nothing of ours rests or is suspected to.
    Clean,
    /// Closed, but a step of the end failed, an order is unproven, or it could not be verified.
    Incomplete,
    /// Not closed, or closed after a panic or for want of a start.
    Failed,
}

/// Why there is no receipt for a past session.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoReceipt {
    /// It runs, or was left behind: the next start recovers it.
    #[error("session {0} is not closed: it runs now, or the next `neo run` recovers it")]
    NotClosed(SessionId),
    /// A column of its row holds what this program never writes.
    #[error("session {session} has a row with `{text}` in {column}, which cannot be read\nRun `neo verify {session}`.")]
    Unreadable {
        /// Which session.
        session: SessionId,
        /// Which column of `sessions`.
        column: &'static str,
        /// What stands there.
        text: String,
    },
}

impl Receipt {
    /// Notes that the release failed, here and in the log.
    pub fn release_failed(&mut self, why: String) {
        tracing::error!(phase = %Phase::Release, %why, "a phase of the end failed");
        self.failures.push(PhaseFailure { phase: Phase::Release.as_str().to_owned(), why });
    }

    /// Notes what was verified and is not on the disk any more.
    pub fn not_found_again(&mut self, what: Vec<String>) {
        let why = format!("{}; keep what is there as it is, and run `neo verify --all`", what.join("; "));
        match &mut self.verification {
            Verification::NotVerified { what: before } => before.extend(what),
            Verification::Verified | Verification::NotLooked => {
                self.verification = Verification::NotVerified { what };
            }
        }
        self.release_failed(why);
    }

    /// The receipt of a session that closed itself at `ended_at`. What came after that fact (checkpoint, backup, head,
    /// incidents, what was left out, verification) is for the caller to add.
    pub fn of_closed(identity: &Identity, ended_at: Timestamp, closed: &SessionClosed) -> Self {
        Self {
            label: identity.label.clone(),
            reason: closed.reason,
            causes: closed.causes.clone(),
            totals: closed.totals.clone(),
            residual: closed.residual,
            venue_ended: closed.venue_ended.clone(),
            unproven: closed.unproven.clone(),
            failures: closed.failures.clone(),
            ..Self::blank(identity.session, &identity.database, identity.started_at, ended_at)
        }
    }

    /// The receipt of a session that a later start closed.
    pub fn of_recovered(
        session: SessionId,
        database: &str,
        started_at: Timestamp,
        recovered: &SessionRecovered,
    ) -> Self {
        Self {
            status: Status::Recovered,
            reason: recovered.reason,
            causes: recovered.causes.clone(),
            ended_at_source: recovered.source,
            totals: recovered.totals.clone(),
            venue_ended: recovered.venue_ended.clone(),
            unproven: recovered.unproven.clone(),
            ..Self::blank(session, database, started_at, recovered.ended_at)
        }
    }

    /// A past session's receipt, from its facts.
    pub fn from_detail(detail: &SessionDetail, database: &str) -> Result<Self, NoReceipt> {
        let row = &detail.row;
        let session = SessionId(row.session_id);
        let unreadable =
            |column, text: &str| NoReceipt::Unreadable { session, column, text: crate::logging::one_line(text) };
        let (Some(totals), Some(ended_at)) = (&detail.totals, &row.ended_at) else {
            return Err(NoReceipt::NotClosed(session));
        };
        let reason = row.halt_reason.as_deref().unwrap_or_default();
        let source = row.ended_at_source.as_deref().unwrap_or_default();
        let read_reason = HaltReason::ALL.iter().find(|known| known.as_str() == reason);
        Ok(Self {
            label: row.label.clone(),
            status: Status::from_text(&row.status).ok_or_else(|| unreadable("status", &row.status))?,
            reason: *read_reason.ok_or_else(|| unreadable("halt_reason", reason))?,
            causes: detail.causes.clone(),
            ended_at_source: EndedAtSource::from_text(source).ok_or_else(|| unreadable("ended_at_source", source))?,
            totals: totals.clone(),
            residual: detail.residual,
            venue_ended: detail.venue_ended.clone(),
            unproven: detail.unproven.clone(),
            incidents: detail.incidents.iter().map(|(_, incident)| incident.title.clone()).collect(),
            failures: detail.failures.clone(),
            ..Self::blank(
                session,
                database,
                row.started_at.parse().map_err(|_| unreadable("started_at", &row.started_at))?,
                ended_at.parse().map_err(|_| unreadable("ended_at", ended_at))?,
            )
        })
    }

    /// A session that closed for no reason and of which nothing else is known.
    fn blank(session: SessionId, database: &str, started_at: Timestamp, ended_at: Timestamp) -> Self {
        Self {
            session,
            label: String::new(),
            database: database.to_owned(),
            status: Status::Closed,
            reason: HaltReason::UnexpectedHalt,
            causes: vec![],
            started_at,
            ended_at,
            ended_at_source: EndedAtSource::Closed,
            totals: Totals::default(),
            residual: None,
            venue_ended: vec![],
            unproven: vec![],
            checkpoint: None,
            backup: None,
            incidents: vec![],
            phases: vec![],
            failures: vec![],
            left_out: vec![],
            head: None,
            verification: Verification::NotLooked,
        }
    }

    /// The notional-weighted realized spread in bps; `None` without fills.
    pub fn spread_bps(&self) -> Option<Bps> {
        let notional = self.totals.notional;
        (notional > Value::ZERO).then(|| self.totals.split.spread.bps_of(notional))
    }

    /// Every phase that failed, the checkpoint and the backup among them, each once.
    pub fn all_failures(&self) -> Vec<PhaseFailure> {
        let mut all = self.failures.clone();
        for (phase, kept) in [(Phase::Checkpoint, &self.checkpoint), (Phase::Backup, &self.backup)] {
            if let Some(Kept::Failed { why }) = kept
                && !all.iter().any(|failure| failure.phase == phase.as_str())
            {
                all.push(PhaseFailure { phase: phase.as_str().to_owned(), why: why.clone() });
            }
        }
        all
    }

    /// How the end went. Phases left out at the operator's wish are no failures; a risk halt that closed well is clean.
    pub fn outcome(&self) -> Outcome {
        let panicked = self.reason.is_a_panic() || self.causes.iter().any(|cause| cause.reason.is_a_panic());
        let nameless = matches!(self.reason, HaltReason::StartupFailure | HaltReason::UnexpectedHalt);
        if self.status != Status::Closed || panicked || nameless {
            Outcome::Failed
        } else if self.verification == Verification::Verified
            && self.unproven.is_empty()
            && self.all_failures().is_empty()
        {
            Outcome::Clean
        } else {
            Outcome::Incomplete
        }
    }
}

impl From<&Done<CheckpointAnswer>> for Kept {
    fn from(done: &Done<CheckpointAnswer>) -> Self {
        match &done.result {
            Err(why) => Self::Failed { why: why.clone() },
            Ok(answer) if answer.busy => Self::Failed { why: "a reader kept the log from being emptied".to_owned() },
            Ok(answer) if answer.checkpointed < answer.log => {
                Self::Failed { why: format!("{} of {} pages were moved", answer.checkpointed, answer.log) }
            }
            Ok(_) => Self::Done { took_ms: millis(done.took) },
        }
    }
}

impl From<&Done<BackupDone>> for Kept {
    fn from(done: &Done<BackupDone>) -> Self {
        match &done.result {
            Err(why) => Self::Failed { why: why.clone() },
            Ok(_) => Self::Done { took_ms: millis(done.took) },
        }
    }
}

/// Whole milliseconds of a span.
pub fn millis(took: std::time::Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
