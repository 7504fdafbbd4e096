//! The console as a pure machine: a model, messages, `update`.
//!
//! Nothing here reads a clock, a key or a file: what happened comes in as a [`msg::Msg`], what is to be done goes out as
//! an [`effect::Effect`], and all that the screen is made of is the [`model::Model`].
//!
//! | part | what is in it |
//! |---|---|
//! | [`action`] | the one table that makes keys, help and bar; [`disabled`] says why an action does nothing |
//! | [`update`] | a message and the model in, effects out |
//! | [`question`] | what only the operator can decide, before a session begins |
//! | [`clock`] | what time it is on the screen |
//! | [`pacer`] | when to draw next |

pub mod action;
pub mod clock;
pub mod disabled;
pub mod effect;
pub mod key;
pub mod model;
pub mod msg;
pub mod pacer;
pub mod question;
#[cfg(test)]
pub(in crate::console) mod testing;
pub mod update;
