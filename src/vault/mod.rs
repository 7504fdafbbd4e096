//! Keeping what we have: the two copies of every fact, compared.
//!
//! Nothing here changes a line or a row on its own account.

pub mod chain;
