//! What comes by itself: views, steps of the start, time, the loss of the terminal.

use std::sync::Arc;

use super::{complain, lists, results, say};
use crate::console::app::effect::Effect;
use crate::console::app::model::{Model, Overlay, StartStep};
use crate::domain::halt::HaltReason;
use crate::domain::time::Timestamp;
use crate::session::control::Control;
use crate::session::plan::{Hurry, Windows};
use crate::session::view::SessionView;

/// Takes the newest view. When the end begins, what lies over the tab makes room for its phases, once. When the system
/// is about to take the terminal away, drawing stops: a write to it could block or spoil what little time there is.
pub fn view(model: &mut Model, view: Arc<SessionView>) -> Vec<Effect> {
    let began = view.end.is_some() && model.view.as_ref().is_none_or(|before| before.end.is_none());
    if began {
        model.ending = true;
        model.overlay = None;
    }
    if let Some(Overlay::Incidents { shown }) = &mut model.overlay {
        *shown = (*shown).min(view.incidents.len().saturating_sub(1));
    }
    let hurry = view.end.as_ref().map_or(Hurry::Orderly, |end| Hurry::of_all(&end.causes, Windows::HERE));
    model.view = Some(view);
    match results::heard(model) {
        Some(Ok(words)) => say(model, words),
        Some(Err(words)) => complain(model, words),
        None => {}
    }
    lists::keep_in_sight(model);
    if hurry == Hurry::Hurried && !std::mem::replace(&mut model.terminal_gone, true) {
        return vec![Effect::StopDrawing];
    }
    Vec::new()
}

/// A step is known by its text: told again, it is only brought up to date.
pub fn start_step(model: &mut Model, step: StartStep) {
    match model.starting.iter_mut().find(|known| known.text == step.text) {
        Some(known) => *known = step,
        None => model.starting.push(step),
    }
}

/// Time goes on; a notice that was there long enough goes away.
pub fn clock(model: &mut Model, now: Timestamp) {
    model.now = now;
    if model.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        model.notice = None;
    }
}

/// Whoever notices it, and however often: the session is told once.
pub fn terminal_gone(model: &mut Model, why: String) -> Vec<Effect> {
    if std::mem::replace(&mut model.terminal_gone, true) {
        return Vec::new();
    }
    model.ending = true;
    let end = Control::End { reason: HaltReason::TerminalClosed, detail: why };
    vec![Effect::StopDrawing, Effect::Control(end)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::key::Key;
    use crate::console::app::model::{Notice, StepState};
    use crate::console::app::msg::Msg;
    use crate::console::app::testing::{NOON, model, press, running, type_key, view as any_view};
    use crate::console::app::update::update;
    use crate::domain::halt::Cause;
    use crate::session::view::EndView;
    use std::time::Duration;

    fn ending() -> Arc<SessionView> {
        ending_by(&[])
    }

    fn ending_by(reasons: &[HaltReason]) -> Arc<SessionView> {
        let cause = |&reason| Cause { reason, detail: String::new(), at: NOON };
        let causes = reasons.iter().map(cause).collect();
        let mut view = any_view();
        view.end = Some(EndView { causes, began: NOON, phases: Vec::new(), impatience: 0, offer: None });
        Arc::new(view)
    }

    #[test]
    fn when_the_end_begins_its_phases_are_in_sight_whatever_was_open() {
        let mut model = running();
        type_key(&mut model, 'x');
        update(&mut model, Msg::View(ending()));
        assert!(model.ending);
        assert_eq!(model.overlay, None);
    }

    #[test]
    fn while_it_ends_one_can_still_look_around() {
        let mut model = running();
        update(&mut model, Msg::View(ending()));
        type_key(&mut model, '?');
        update(&mut model, Msg::View(ending()));
        assert_eq!(model.overlay, Some(Overlay::Help { scroll: 0 }));
    }

    #[test]
    fn when_the_system_takes_the_terminal_away_drawing_stops_once_even_during_an_orderly_end() {
        let mut model = running();
        let quit = ending_by(&[HaltReason::OperatorQuit]);
        assert!(update(&mut model, Msg::View(quit)).is_empty());
        let hurried = ending_by(&[HaltReason::OperatorQuit, HaltReason::SystemShutdown]);
        assert_eq!(update(&mut model, Msg::View(Arc::clone(&hurried))), [Effect::StopDrawing]);
        assert!(update(&mut model, Msg::View(hurried)).is_empty());
        assert!(update(&mut model, Msg::TerminalGone("write failed".to_owned())).is_empty(), "the session knows");
    }

    #[test]
    fn a_step_of_the_start_is_shown_once_and_then_as_done() {
        let mut model = model();
        let step = |state| StartStep { text: "opening the database".to_owned(), note: String::new(), state };
        let done = step(StepState::Done { took: Duration::from_millis(12) });
        update(&mut model, Msg::Starting(step(StepState::Running { since: NOON })));
        update(&mut model, Msg::Starting(done.clone()));
        assert_eq!(model.starting, [done]);
    }

    #[test]
    fn a_notice_goes_away_when_its_time_has_come() {
        let mut model = running();
        press(&mut model, Key::Ctrl('z'));
        let Notice { until, .. } = model.notice.clone().unwrap();
        update(&mut model, Msg::Clock(until - Duration::from_millis(1)));
        assert!(model.notice.is_some());
        update(&mut model, Msg::Clock(until));
        assert_eq!(model.notice, None);
    }

    #[test]
    fn the_loss_of_the_terminal_ends_the_session_once_and_stops_the_drawing() {
        let mut model = running();
        let effects = update(&mut model, Msg::TerminalGone("hang-up".to_owned()));
        let end = Control::End { reason: HaltReason::TerminalClosed, detail: "hang-up".to_owned() };
        assert_eq!(effects, [Effect::StopDrawing, Effect::Control(end)]);
        assert!(update(&mut model, Msg::TerminalGone("write failed".to_owned())).is_empty());
    }
}
