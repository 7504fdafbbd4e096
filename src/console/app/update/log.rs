//! The Log tab: which lines are shown, and whether the newest is kept in sight.

use std::collections::VecDeque;
use std::sync::Arc;

use tracing::Level;

use super::lists::Step;
use crate::console::app::effect::Effect;
use crate::console::app::model::{Log, Model};
use crate::logging::{LogLine, RING_KEPT};

/// From the quietest screen to the fullest, and round again.
const LEVELS: [Level; 5] = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];

/// Takes new lines. Who has scrolled back keeps seeing the same lines.
pub fn grow(model: &mut Model, lines: Vec<Arc<LogLine>>) {
    let log = &mut model.log;
    if !log.follow {
        log.back += lines.iter().filter(|line| line.level <= log.level).count();
    }
    log.lines.extend(lines);
    let surplus = log.lines.len().saturating_sub(RING_KEPT);
    log.lines.drain(..surplus);
    log.back = log.back.min(most_back(log));
}

pub fn next_level(model: &mut Model) -> Vec<Effect> {
    let at = LEVELS.iter().position(|level| *level == model.log.level).unwrap_or(0);
    model.log.level = LEVELS[(at + 1) % LEVELS.len()];
    model.log.back = model.log.back.min(most_back(&model.log));
    Vec::new()
}

pub fn toggle_follow(model: &mut Model) -> Vec<Effect> {
    model.log.follow = !model.log.follow;
    model.log.back = 0;
    Vec::new()
}

/// Moving up stops following; coming back to the newest line follows again.
pub fn go(model: &mut Model, step: Step) {
    let page = model.page();
    let log = &mut model.log;
    let most = most_back(log);
    let row = step.lead(most - log.back.min(most), most + 1, page);
    log.back = most - row;
    log.follow = log.back == 0;
}

/// Lines that the level lets through, less the newest.
fn most_back(log: &Log) -> usize {
    shown(&log.lines, log.level).saturating_sub(1)
}

fn shown(lines: &VecDeque<Arc<LogLine>>, level: Level) -> usize {
    lines.iter().filter(|line| line.level <= level).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::msg::Msg;
    use crate::console::app::testing::{running, type_key};
    use crate::console::app::update::update;

    fn lines(numbers: std::ops::Range<u64>, level: Level) -> Vec<Arc<LogLine>> {
        let line = |number| LogLine { number, at: String::new(), level, target: String::new(), message: String::new() };
        numbers.map(|number| Arc::new(line(number))).collect()
    }

    fn with_lines(count: u64) -> Model {
        let mut model = running();
        type_key(&mut model, '6');
        update(&mut model, Msg::LogGrew(lines(0..count, Level::INFO)));
        model
    }

    #[test]
    fn who_follows_stays_at_the_newest_line() {
        let model = with_lines(100);
        assert!(model.log.follow);
        assert_eq!(model.log.back, 0);
    }

    #[test]
    fn who_has_scrolled_back_keeps_seeing_the_same_lines() {
        let mut model = with_lines(100);
        type_key(&mut model, 'k');
        assert_eq!((model.log.follow, model.log.back), (false, 1));
        update(&mut model, Msg::LogGrew(lines(100..110, Level::INFO)));
        update(&mut model, Msg::LogGrew(lines(110..120, Level::DEBUG)));
        assert_eq!(model.log.back, 11, "lines that the level hides move nothing");
    }

    #[test]
    fn coming_back_to_the_newest_line_follows_again() {
        for back in ['G', 'f'] {
            let mut model = with_lines(100);
            type_key(&mut model, 'g');
            assert_eq!((model.log.follow, model.log.back), (false, 99));
            type_key(&mut model, back);
            assert_eq!((model.log.follow, model.log.back), (true, 0), "{back}");
        }
    }

    #[test]
    fn l_goes_through_the_levels_and_round() {
        let mut model = with_lines(1);
        let seen: Vec<Level> = (0..5)
            .map(|_| {
                type_key(&mut model, 'l');
                model.log.level
            })
            .collect();
        assert_eq!(seen, [Level::DEBUG, Level::TRACE, Level::ERROR, Level::WARN, Level::INFO]);
    }

    #[test]
    fn a_louder_level_never_leaves_the_screen_scrolled_beyond_its_lines() {
        let mut model = with_lines(100);
        type_key(&mut model, 'g');
        (0..3).for_each(|_| drop(type_key(&mut model, 'l')));
        assert_eq!((model.log.level, model.log.back), (Level::ERROR, 0));
    }

    #[test]
    fn no_more_lines_are_kept_than_the_ring_has() {
        let mut model = with_lines(RING_KEPT as u64 + 500);
        assert_eq!(model.log.lines.len(), RING_KEPT);
        assert_eq!(model.log.lines.front().unwrap().number, 500);
        type_key(&mut model, 'g');
        update(&mut model, Msg::LogGrew(lines(9_000..9_010, Level::INFO)));
        assert_eq!(model.log.back, RING_KEPT - 1);
    }
}
