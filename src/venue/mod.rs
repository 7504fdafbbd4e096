//! Where we trade. A venue takes requests and tells what has become true; it decides nothing for us.
//!
//! Uses `domain` and `disk` only.

pub mod paper;

use crate::domain::time::Timestamp;
use crate::domain::venue::{Request, VenueEvent, VenueKind};

/// A place to trade, driven by the session's clock.
///
/// The runner asks [`Venue::due`] when there will be news, waits for that moment on the session's own clock, and takes
/// the news with [`Venue::advance`]. So a simulated day is the same day at every speed.
pub trait Venue: Send {
    /// Which kind it is.
    fn kind(&self) -> VenueKind;

    /// Hands over a request at `now`. Never blocks; what becomes of it comes out of [`Venue::advance`].
    fn request(&mut self, now: Timestamp, request: Request);

    /// When there will be news, if nothing more is asked.
    fn due(&self) -> Timestamp;

    /// Takes all news up to and with `now`, in the order in which it became true.
    fn advance(&mut self, now: Timestamp) -> Vec<VenueEvent>;
}
