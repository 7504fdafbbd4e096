//! Keeping what we have: opening with care, copies that are verified, sessions that somebody left open, everything
//! recomputed and compared, lines put right from their copies.
//!
//! Nothing here decides about trades.

pub mod audit;
pub mod backup;
pub mod baseline;
pub mod closely;
pub mod gate;
pub mod look;
pub mod mend;
mod old;
pub mod quarantine;
mod readings;
pub mod rebuild;
pub mod recover;
pub mod replay;
pub mod restore;
pub mod strange_log;
pub mod swap;
pub mod verify;
pub mod whose;

use crate::journal::reader::ChainReport;

/// The first place at which a journal is damaged, in words.
fn first_damage(report: &ChainReport) -> String {
    let broken = report.damage.first().map(ToString::to_string);
    let missing = report.missing.first().map(ToString::to_string);
    let places = report.damage.len() + report.missing.len();
    let first = broken.or(missing).unwrap_or_default();
    if places > 1 { format!("{first} (the first of {places} places)") } else { first }
}
