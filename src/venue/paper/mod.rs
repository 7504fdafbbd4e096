//! A small ledger in memory: price-time books, ledgers that close every few seconds, other traders.

pub mod settings;
