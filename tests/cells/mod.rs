//! The cells of the matrix: a way to end, come upon a session at a moment, and what must be so afterwards.

mod end;
mod moment;
mod way;

pub use end::live_and_end;
pub use moment::Moment;
pub use way::Way;
