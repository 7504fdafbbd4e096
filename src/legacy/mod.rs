//! The earlier engine's database and logs: taken over once, and its sessions given their ends. Can be removed one day.
//!
//! What belonged to the earlier engine is never written to, nor anything beside it: all reading is done on a scratch
//! copy. Nothing of it becomes ours in silence: every row is counted, every rounding summed, every refusal named.

pub mod adopt;
pub mod apply;
pub mod backfill;
mod exact;
mod moment;
pub mod source;

pub use moment::moment;
