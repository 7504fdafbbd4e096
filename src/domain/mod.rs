//! Pure values: money, orders, fills, sessions, facts. Shapes and arithmetic only.
//!
//! Nothing here reads a clock, touches a file, waits or asks. Whatever is true of a session follows from its
//! [`fact::Fact`]s alone, through [`account::Account`]: the live view, the receipt, the recovery after a crash and the
//! history all read the same one.

pub mod account;
pub mod adoption;
pub mod aim;
pub mod capital;
pub mod custody;
pub mod fact;
pub mod fill;
pub mod halt;
pub mod incident;
pub mod inventory;
pub mod market;
pub mod mode;
pub mod money;
pub mod order;
pub mod pnl;
pub mod reading;
pub mod secret;
pub mod session;
pub mod time;
pub mod venue;
pub mod words;
