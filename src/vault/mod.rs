//! Keeping what we have: opening with care, copies that are verified, sessions that somebody left open, everything
//! recomputed and compared, lines put right from their copies.
//!
//! Nothing here decides about trades.

pub mod backup;
pub mod gate;
pub mod mend;
pub mod quarantine;
pub mod recover;
pub mod replay;
pub mod restore;
pub mod swap;
pub mod verify;
