//! The terminal: borrowed, on threads of its own, and never waited for.
//!
//! | part | what is in it |
//! |---|---|
//! | `term` | the terminal itself: taking it, giving it back, reading keys, noticing that it has gone |
//! | [`app`] | the model, messages, a pure `update`, the action table that makes keys, help and bar |
//! | [`ui`] | drawing the model: pure functions of it |

pub mod app;
pub mod hints;
pub mod run;
pub mod settings;
pub mod term;
pub mod ui;
