//! SQLite: every journal line as it was written, and beside it the tables that people ask. Fast, and safe to lose.

pub mod rows;
