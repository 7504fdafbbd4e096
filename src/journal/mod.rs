//! The chain of facts on disk: append-only, hash-chained, the truth.
//!
//! Nothing here cuts or rewrites a line, and nothing here decides what a fact means. A line counts as kept when
//! [`writer::Writer::write_group`] has returned it, and not before.

mod line;
pub mod reader;
pub mod record;
pub mod segment;
mod walk;
pub mod writer;

#[cfg(test)]
mod tests;
