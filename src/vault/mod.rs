//! Keeping what we have: copies that are verified, and sessions that somebody left open.
//!
//! Nothing here decides about trades, and nothing here writes a fact: what a recovery found out is handed back as
//! entries for the journal.

pub mod backup;
pub mod recover;
