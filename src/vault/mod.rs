//! Keeping what we have: opening with care, copies that are verified, sessions that somebody left open, the chain
//! recomputed.
//!
//! Nothing here decides about trades.

pub mod audit;
pub mod backup;
pub mod chain;
pub mod gate;
pub mod mend;
pub mod quarantine;
pub mod recover;
pub mod swap;
