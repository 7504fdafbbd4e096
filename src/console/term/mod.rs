//! The terminal itself: borrowed, given back once, and able to die at any moment.
//!
//! Nothing here decides what an operator sees, and nothing here may take a session with it: what blocks on the terminal
//! has a thread of its own that nobody waits for without a limit.
//!
//! | part | what is in it |
//! |---|---|
//! | [`tty`] | the terminal behind stdout: its modes, its size, whether it has room |
//! | [`guard`] | taking it, and giving it back exactly once |
//! | [`screen`] | frames: one write each, none when nothing changed |
//! | [`input`] | the thread that reads keys |
//! | [`hangup`] | the thread that notices that the terminal has gone |
//! | [`mod@panic`] | what a panic leaves behind |

pub mod guard;
pub mod hangup;
pub mod input;
pub mod panic;
pub mod screen;
pub mod tty;
