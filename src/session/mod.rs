//! Our trade: the runner feeds the engine and carries out its effects; the end is a plan; every cause leads to it.
//!
//! Nothing here knows that a terminal exists.

pub mod causes;
pub mod clock;
pub mod control;
mod feed;
pub mod phase;
pub mod plan;
pub mod receipt;
pub mod runner;
pub mod service;
pub mod view;
