//! NEO Console: an operator console for a market maker on the XRP Ledger.
//!
//! The house, ground floor first. An arrow (a `use`) only ever points down; `tests/architecture.rs` holds the list.
//!
//! | room | what is in it |
//! |---|---|
//! | [`beat`] | which step a thread is at, and who looks whether it still moves |
//! | [`domain`] | pure values: money, orders, fills, facts, one session's account |
//! | [`disk`] | files that may fail, places, the lock, atomic replacement |
//! | [`engine`] | pure decisions: state and input in, effects out |
//! | [`journal`] | the chain of facts on disk: the truth |
//! | [`store`] | SQLite: every line again, and the tables that people ask |
//! | [`keeper`] | two threads behind one door: one appends and acknowledges, one projects |
//! | [`vault`] | keeping what we have: opening with care, backup, recovery, verification |
//! | [`legacy`] | the earlier engine's database and logs: adopted and backfilled |
//! | [`venue`] | where we trade |
//! | [`session`] | our trade: the runner, the clock, the end and its causes, the receipt |
//! | [`console`] | the terminal: borrowed, and never waited for |
//! | [`config`], [`logging`] | composed from each room's own settings; the log and its last lines |
//! | [`cli`] | arguments, and one file a verb |

pub mod beat;
pub mod cli;
pub mod config;
pub mod console;
pub mod disk;
pub mod domain;
pub mod engine;
pub mod journal;
pub mod keeper;
pub mod legacy;
pub mod logging;
pub mod session;
pub mod store;
pub mod vault;
pub mod venue;
