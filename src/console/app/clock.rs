//! What time it is on the screen. Pure: both clocks are passed in.
//!
//! A session has its own clock, published with each view. Between two views it goes on at the session's pace.

use std::time::{Duration, Instant};

use super::model::Model;
use crate::domain::time::Timestamp;
use crate::session::view::{Pace, SessionView};

/// How long a notice stays, in the operator's time.
const NOTICE_STAYS: Duration = Duration::from_secs(6);

/// The session's time at the moment `at`, or the machine's time `machine` while there is no session.
pub fn screen_time(view: Option<&SessionView>, at: Instant, machine: Timestamp) -> Timestamp {
    view.map_or(machine, |view| view.now + at_pace(view.identity.pace, at.saturating_duration_since(view.taken)))
}

/// How long until the clock on the screen shows something new, in the operator's time; `None` if only news moves it.
pub fn next_beat(model: &Model) -> Option<Duration> {
    let Some(view) = &model.view else {
        return Some(to_the_full_second(model.now.as_millis()));
    };
    match view.identity.pace {
        Pace::Real => {
            let lasted = model.now.as_millis().saturating_sub(view.identity.started_at.as_millis());
            Some(to_the_full_second(lasted))
        }
        Pace::Simulated { .. } => Some(Duration::from_secs(1)),
        Pace::Max => None,
    }
}

/// When a notice that is shown now goes away. At the greatest pace nobody can say: it stays until the next key.
pub fn notice_until(model: &Model) -> Timestamp {
    match model.view.as_ref().map(|view| view.identity.pace) {
        Some(Pace::Max) => Timestamp::from_millis(i64::MAX),
        Some(pace) => model.now + at_pace(pace, NOTICE_STAYS),
        None => model.now + NOTICE_STAYS,
    }
}

fn at_pace(pace: Pace, span: Duration) -> Duration {
    match pace {
        Pace::Real => span,
        Pace::Simulated { permille } => {
            let millis = span.as_millis().saturating_mul(u128::from(permille)) / 1_000;
            Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
        }
        Pace::Max => Duration::ZERO,
    }
}

fn to_the_full_second(millis: i64) -> Duration {
    Duration::from_millis(1_000 - millis.rem_euclid(1_000).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::testing::{model, view};
    use std::sync::Arc;

    fn at(pace: Pace) -> SessionView {
        let mut view = view();
        Arc::make_mut(&mut view.identity).pace = pace;
        view
    }

    #[test]
    fn a_sessions_clock_goes_on_at_its_own_pace_between_two_views() {
        let machine = Timestamp::from_millis(7);
        for (pace, gone) in [
            (Pace::Real, 2_000),
            (Pace::Simulated { permille: 100_000 }, 200_000),
            (Pace::Simulated { permille: 500 }, 1_000),
            (Pace::Max, 0),
        ] {
            let view = at(pace);
            let later = view.taken + Duration::from_secs(2);
            assert_eq!(screen_time(Some(&view), later, machine).as_millis() - view.now.as_millis(), gone, "{pace:?}");
        }
        assert_eq!(screen_time(None, Instant::now(), machine), machine);
    }

    #[test]
    fn the_clock_beats_when_its_second_changes() {
        let mut model = model();
        let view = at(Pace::Real);
        model.now = view.identity.started_at + Duration::from_millis(3_250);
        model.view = Some(Arc::new(view));
        assert_eq!(next_beat(&model), Some(Duration::from_millis(750)));
        model.now = model.now + Duration::from_millis(750);
        assert_eq!(next_beat(&model), Some(Duration::from_secs(1)));
    }

    #[test]
    fn at_the_greatest_pace_only_news_moves_the_clock() {
        let mut model = model();
        model.view = Some(Arc::new(at(Pace::Max)));
        assert_eq!(next_beat(&model), None);
    }

    #[test]
    fn a_notice_can_be_read_at_every_pace() {
        let mut model = model();
        model.view = Some(Arc::new(at(Pace::Simulated { permille: 100_000 })));
        assert_eq!(notice_until(&model).since(model.now), Duration::from_mins(10));
    }
}
