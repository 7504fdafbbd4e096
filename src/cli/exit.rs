//! Exit codes, and the one place that knows which error means which.

use std::process::ExitCode;

use color_eyre::Report;
use thiserror::Error;

use super::open_files;
use crate::config::ConfigError;
use crate::disk::lock::LockError;
use crate::disk::place::PlaceError;
use crate::journal::reader::ReadError;
use crate::legacy::apply::ApplyError;
use crate::legacy::backfill::WordError;
use crate::legacy::source::SourceError;
use crate::logging::LogError;
use crate::session::receipt::{Outcome, Receipt};
use crate::store::query::QueryError;
use crate::store::{OpenError, StoreError};
use crate::vault::audit::AuditError;
use crate::vault::gate::GateError;
use crate::vault::mend::MendError;
use crate::vault::rebuild::RebuildError;
use crate::vault::restore::RestoreError;
use crate::vault::swap::SwapError;
use crate::vault::verify::VerifyError;

/// How a command ended, as scripts see it. The numbers are a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; if a session ran, it is closed, verified, and nothing of ours is known or suspected to rest at the venue.
    /// A risk halt that closed well is this, too: its reason is in the row.
    Done = 0,
    /// Failed, for a reason printed; also after a panic, even when the session was closed.
    Failed = 1,
    /// Wrong usage or config.
    Usage = 2,
    /// Refused: the database is not sound; the message says what to run.
    NotSound = 3,
    /// Refused: another `neo` has this database.
    InUse = 4,
    /// Refused: no safe place, such as a network folder, a read-only one, or too little space.
    NoSafePlace = 5,
    /// The session is closed, but a step of the end failed or an order is not proven gone; the receipt says which.
    Incomplete = 6,
    /// `audit` or `verify` found something.
    Found = 7,
}

/// A command that cannot be carried out, for a reason that is not an error of any room.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{tried}: {why}\n{you_can}")]
pub struct Refusal {
    /// What the code is to be.
    pub exit: Exit,
    /// What was tried, on what: `cannot show session 99`.
    pub tried: String,
    /// Why not.
    pub why: String,
    /// What to do.
    pub you_can: String,
}

impl Exit {
    /// What a run's receipt comes to.
    pub fn of_receipt(receipt: &Receipt) -> Self {
        match receipt.outcome() {
            Outcome::Clean => Self::Done,
            Outcome::Incomplete => Self::Incomplete,
            Outcome::Failed => Self::Failed,
        }
    }

    /// What an error means: the outermost cause that has a code of its own decides.
    pub fn of_error(report: &Report) -> Self {
        // Whatever was to be opened may be sound, and in a good place.
        if open_files::ran_out(report) {
            return Self::Failed;
        }
        report.chain().find_map(code_of).unwrap_or(Self::Failed)
    }
}

/// The one place: each room's errors and their codes.
fn code_of(error: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    let refusal = error.downcast_ref().map(|refusal: &Refusal| refusal.exit);
    refusal
        .or_else(|| error.downcast_ref().map(of_config))
        .or_else(|| error.downcast_ref().map(of_log))
        .or_else(|| error.downcast_ref().map(of_place))
        .or_else(|| error.downcast_ref().map(of_lock))
        .or_else(|| error.downcast_ref().map(of_open))
        .or_else(|| error.downcast_ref().map(of_store))
        .or_else(|| error.downcast_ref().map(of_gate))
        .or_else(|| error.downcast_ref().map(of_rebuild))
        .or_else(|| error.downcast_ref().map(of_verify))
        .or_else(|| error.downcast_ref().map(of_mend))
        .or_else(|| error.downcast_ref().map(of_audit))
        .or_else(|| error.downcast_ref().map(of_query))
        .or_else(|| error.downcast_ref().map(of_restore))
        .or_else(|| error.downcast_ref().map(of_swap))
        .or_else(|| error.downcast_ref().map(of_source))
        .or_else(|| error.downcast_ref().map(of_adoption))
        .or_else(|| error.downcast_ref().map(of_word))
}

fn of_place(error: &PlaceError) -> Exit {
    match error {
        // The same code as from a command that only reads, which finds this out by another way.
        PlaceError::IsFolder(_) => Exit::NotSound,
        PlaceError::InMemory(_)
        | PlaceError::DanglingLink(_)
        | PlaceError::LeftBehind { .. }
        | PlaceError::SeveralNames { .. }
        | PlaceError::NotText(_)
        | PlaceError::NameTooLong { .. }
        | PlaceError::NotAFolder(_)
        | PlaceError::NotAFile { .. }
        | PlaceError::FolderInItsPlace { .. }
        | PlaceError::NotUsable { .. }
        | PlaceError::NotCreatable { .. }
        | PlaceError::ReadOnly { .. }
        | PlaceError::Network { .. }
        | PlaceError::CloudSync { .. }
        | PlaceError::TooLittleSpace { .. } => Exit::NoSafePlace,
    }
}

fn of_lock(error: &LockError) -> Exit {
    match error {
        LockError::Held { .. } | LockError::StillHeld { .. } => Exit::InUse,
        LockError::Unusable { .. } => Exit::NoSafePlace,
    }
}

fn of_open(error: &OpenError) -> Exit {
    match error {
        OpenError::ReadOnly(_) | OpenError::NotCreated { .. } => Exit::NoSafePlace,
        unsound if unsound.is_unsound() => Exit::NotSound,
        _ => Exit::Failed,
    }
}

fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::Open(error) => of_open(error),
        StoreError::Gap { .. } | StoreError::Forked { .. } | StoreError::Unreadable { .. } => Exit::NotSound,
        StoreError::Sqlite { .. } => Exit::Failed,
    }
}

fn of_gate(error: &GateError) -> Exit {
    match error {
        GateError::Open(error) => of_open(error),
        GateError::Store(error) => of_store(error),
        GateError::Rebuild(error) => of_rebuild(error),
        GateError::Journal(error) => of_read(error),
        GateError::Kept(_) | GateError::Mend(_) | GateError::Undecided(_) => Exit::NotSound,
        // Only who runs a session can leave, and has its own word for it.
        GateError::Left { .. } => Exit::Done,
        GateError::Look(_) | GateError::Write(_) | GateError::Swap(_) | GateError::Quarantine(_) => Exit::NoSafePlace,
    }
}

fn of_verify(error: &VerifyError) -> Exit {
    match error {
        VerifyError::Open(error) => of_open(error),
        VerifyError::Store(error) => of_store(error),
        VerifyError::Journal(error) => of_read(error),
        VerifyError::NoSuchSession(_) => Exit::Failed,
    }
}

fn of_read(error: &ReadError) -> Exit {
    match error {
        ReadError::NotAFile { .. } => Exit::NoSafePlace,
        ReadError::Unreadable { .. } | ReadError::Newer { .. } => Exit::NotSound,
    }
}

fn of_mend(error: &MendError) -> Exit {
    match error {
        MendError::NoCopy { .. } => Exit::Found,
        MendError::Read(error) => of_read(error),
        MendError::StillUnsound(_) => Exit::NotSound,
        MendError::Quarantine(_) | MendError::Write { .. } => Exit::NoSafePlace,
    }
}

fn of_source(error: &SourceError) -> Exit {
    match error {
        SourceError::Missing(_) | SourceError::Unreadable { .. } | SourceError::Changing(_) => Exit::Failed,
        SourceError::NotADatabase(_) | SourceError::Malformed { .. } | SourceError::NotTheEarlierEngine { .. } => {
            Exit::NotSound
        }
        SourceError::Ours(_) => Exit::Usage,
    }
}

fn of_adoption(error: &ApplyError) -> Exit {
    match error {
        // Both files are sound: it is the choice of the database that does not fit.
        ApplyError::Collision { .. } | ApplyError::Clash(_) | ApplyError::Ours(_) => Exit::Usage,
        ApplyError::File { .. } | ApplyError::Write(_) => Exit::NoSafePlace,
        ApplyError::NotTaken { .. } | ApplyError::Read(_) => Exit::NotSound,
        ApplyError::Survey(_) | ApplyError::Quarantine(_) | ApplyError::NoSecondCopy(_) | ApplyError::Shelf { .. } => {
            Exit::Failed
        }
        ApplyError::Store(error) => of_store(error),
        ApplyError::Gate(error) => of_gate(error),
    }
}

fn of_word(error: &WordError) -> Exit {
    match error {
        WordError::NotWaiting(_) | WordError::Impossible { .. } => Exit::Usage,
        WordError::Store(error) => of_store(error),
    }
}

fn of_restore(error: &RestoreError) -> Exit {
    match error {
        RestoreError::Unfit { .. }
        | RestoreError::Baseline(_)
        | RestoreError::AnotherChain { .. }
        | RestoreError::Damaged(_)
        | RestoreError::Kept(_) => Exit::NotSound,
        RestoreError::Journal(error) => of_read(error),
        RestoreError::Write(_) => Exit::NoSafePlace,
        RestoreError::Open(error) => of_open(error),
        RestoreError::Store(error) => of_store(error),
        RestoreError::Rebuild(error) => of_rebuild(error),
        RestoreError::NoBackup { .. }
        | RestoreError::InUse { .. }
        | RestoreError::File { .. }
        | RestoreError::Compare(_) => Exit::Failed,
    }
}

fn of_rebuild(error: &RebuildError) -> Exit {
    match error {
        RebuildError::Store(error) => of_store(error),
        RebuildError::Swap(error) => of_swap(error),
        RebuildError::Journal(error) => of_read(error),
        RebuildError::Kept(_)
        | RebuildError::NoJournal(_)
        | RebuildError::Damaged { .. }
        | RebuildError::EndLost { .. }
        | RebuildError::BaselineLost { .. }
        | RebuildError::Elsewhere(_)
        | RebuildError::OtherChain { .. } => Exit::NotSound,
        RebuildError::File { .. } | RebuildError::NotPutBack { .. } => Exit::Failed,
    }
}

/// Whatever it is, it is the disk, and the next start goes on from there.
fn of_swap(_: &SwapError) -> Exit {
    Exit::Failed
}

fn of_audit(error: &AuditError) -> Exit {
    match error {
        AuditError::SeveralIn { .. } => Exit::Usage,
        AuditError::TooLittleRoom { .. } | AuditError::NoScratch { .. } => Exit::NoSafePlace,
        AuditError::Nothing(_)
        | AuditError::NoneIn(_)
        | AuditError::Unreadable { .. }
        | AuditError::KeepsChanging { .. } => Exit::Failed,
    }
}

fn of_query(error: &QueryError) -> Exit {
    match error {
        QueryError::Open(error) => of_open(error),
        QueryError::Nothing | QueryError::Several | QueryError::NotAQuestion => Exit::Usage,
        QueryError::Failed(_) => Exit::Failed,
    }
}

fn of_config(error: &ConfigError) -> Exit {
    match error {
        ConfigError::Unreadable { .. } | ConfigError::Refused(_) | ConfigError::Exists(_) => Exit::Usage,
        ConfigError::Unwritable { .. } | ConfigError::NoHome(..) => Exit::NoSafePlace,
    }
}

fn of_log(error: &LogError) -> Exit {
    match error {
        LogError::Folder { .. } => Exit::NoSafePlace,
        LogError::BegunTwice => Exit::Failed,
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use color_eyre::eyre::WrapErr as _;

    use super::*;
    use crate::domain::fact::{SessionRecovered, Totals};
    use crate::domain::halt::HaltReason;
    use crate::domain::session::{EndedAtSource, SessionId, Status};
    use crate::domain::time::Timestamp;
    use crate::session::receipt::Verification;

    #[test]
    fn the_cause_that_has_a_code_decides_however_deep_it_lies() {
        let missing = ConfigError::NoHome("the database", "--db");
        let report = Err::<(), _>(missing).wrap_err("cannot begin").wrap_err("outermost").unwrap_err();
        assert_eq!(Exit::of_error(&report), Exit::NoSafePlace);
    }

    #[test]
    fn an_error_without_a_code_of_its_own_is_1() {
        assert_eq!(Exit::of_error(&Report::msg("no idea")), Exit::Failed);
    }

    #[test]
    fn a_receipt_of_a_session_that_nobody_closed_or_verified_is_not_0() {
        let recovered = SessionRecovered {
            reason: HaltReason::RecoveredCrash,
            causes: vec![],
            ended_at: Timestamp::default(),
            source: EndedAtSource::Journal,
            totals: Totals::default(),
            unproven: vec![],
            venue_ended: vec![],
        };
        let receipt = Receipt::of_recovered(SessionId(1), "paper.db", Timestamp::default(), &recovered);
        assert_eq!(Exit::of_receipt(&receipt), Exit::Failed);
        let closed = Receipt { status: Status::Closed, ..receipt };
        assert_eq!(Exit::of_receipt(&closed), Exit::Incomplete);
        let verified = Receipt { verification: Verification::Verified, ..closed };
        assert_eq!(Exit::of_receipt(&verified), Exit::Done);
    }

    #[test]
    fn a_wrong_config_is_2() {
        let refused = crate::config::Config::parse("a = 1", "neo.toml").unwrap_err();
        assert_eq!(Exit::of_error(&refused.into()), Exit::Usage);
    }
}
