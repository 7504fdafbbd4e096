//! Same-side burst: many fills on one side in a short time mean that the market knows something that we do not.

use std::collections::VecDeque;

use crate::domain::order::Side;
use crate::domain::time::Timestamp;

use super::Fired;
use crate::engine::settings::Limits;
use crate::engine::state::slot;

/// The newest fills on each side since the window began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Burst {
    recent: [VecDeque<Timestamp>; 2],
    side: Option<Side>,
}

impl Burst {
    pub fn on_fill(&mut self, now: Timestamp, side: Side, limits: &Limits) {
        let recent = &mut self.recent[slot(side)];
        recent.push_back(now);
        while recent.front().is_some_and(|&first| now.since(first) > limits.burst_window()) {
            recent.pop_front();
        }
    }

    /// Fires when a side was filled `burst_fills` times within the window.
    pub(super) fn over(&self, side: Side, limits: &Limits) -> Option<Fired> {
        let (fills, within) = (self.recent[slot(side)].len(), limits.burst_window_s);
        let many = usize::try_from(limits.burst_fills).is_ok_and(|limit| fills >= limit);
        let what = if side == Side::Buy { "buys" } else { "sales" };
        many.then(|| Fired {
            guard: "same_side_burst",
            measured: format!("{fills} {what} in {within} s"),
            limit: limits.burst_fills.to_string(),
        })
    }

    /// Remembers which side it was.
    pub(super) fn set_off(&mut self, side: Side) {
        self.side = Some(side);
    }

    /// The side that set the newest idling off.
    pub fn side(&self) -> Option<Side> {
        self.side
    }

    pub(super) fn forget(&mut self) {
        self.recent.iter_mut().for_each(VecDeque::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fires_after(fills: &[(i64, Side)]) -> bool {
        let mut burst = Burst::default();
        for &(second, side) in fills {
            burst.on_fill(Timestamp::from_millis(second * 1_000), side, &Limits::default());
        }
        burst.over(Side::Buy, &Limits::default()).is_some()
    }

    #[test]
    fn three_on_one_side_within_the_window_are_a_burst() {
        assert!(fires_after(&[(0, Side::Buy), (10, Side::Buy), (30, Side::Buy)]));
        assert!(!fires_after(&[(0, Side::Buy), (10, Side::Buy), (31, Side::Buy)]));
        assert!(!fires_after(&[(0, Side::Buy), (1, Side::Sell), (2, Side::Buy)]));
    }
}
