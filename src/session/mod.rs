//! Our trade: the runner feeds the engine and carries out its effects; the end is a plan; every cause leads to it.
//!
//! Nothing here knows that a terminal exists.

pub mod control;
pub mod phase;
pub mod receipt;
pub mod view;
