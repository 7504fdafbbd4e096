//! The console as a pure machine: a model, messages, `update`.

pub mod model;
