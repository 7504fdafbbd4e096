//! The chain of facts on disk: append-only, hash-chained, the truth.

pub mod record;
