//! What the operator wants of the session. Wanted is not happened: what happens comes back with the next view.

use crate::console::app::action::wants_resume;
use crate::console::app::effect::Effect;
use crate::console::app::model::{Awaited, Confirm, ConfirmWhat, Model, Overlay};
use crate::domain::halt::HaltReason;
use crate::engine::Wish;
use crate::session::control::Control;

pub fn pause_or_resume(model: &Model) -> Vec<Effect> {
    tell(Control::Wish(if wants_resume(model) { Wish::Resume } else { Wish::Pause }))
}

pub fn ask_to_cancel_all(model: &mut Model) -> Vec<Effect> {
    ask(model, ConfirmWhat::CancelAll)
}

pub fn cancel_all() -> Vec<Effect> {
    tell(Control::Wish(Wish::CancelAll))
}

pub fn checkpoint(model: &mut Model) -> Vec<Effect> {
    let before = model.view.as_ref().and_then(|view| view.keeper.checkpoint.clone());
    model.awaited.push(Awaited::Checkpoint { before });
    tell(Control::Checkpoint)
}

pub fn backup(model: &mut Model) -> Vec<Effect> {
    let before = model.view.as_ref().and_then(|view| view.keeper.backup.clone());
    model.awaited.push(Awaited::Backup { before });
    tell(Control::Backup)
}

/// A session that still starts is ended without a question: nothing is out yet.
pub fn quit(model: &mut Model) -> Vec<Effect> {
    let asks = model.view.as_ref().is_some_and(|view| model.settings.asks_before_quitting(view.identity.mode));
    if asks { ask(model, ConfirmWhat::Quit) } else { end(model) }
}

pub fn end(model: &mut Model) -> Vec<Effect> {
    model.ending = true;
    tell(Control::End { reason: HaltReason::OperatorQuit, detail: String::new() })
}

/// Never asks, and works at every moment: how often it was said is counted by the session.
pub fn interrupt(model: &mut Model) -> Vec<Effect> {
    model.ending = true;
    model.overlay = None;
    tell(Control::Interrupt)
}

fn ask(model: &mut Model, what: ConfirmWhat) -> Vec<Effect> {
    model.overlay = Some(Overlay::Confirm(Confirm { what, yes: false }));
    Vec::new()
}

fn tell(control: Control) -> Vec<Effect> {
    vec![Effect::Control(control)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::key::Key;
    use crate::console::app::testing::{live, model, press, running, type_key, with_view};
    use crate::domain::mode::Mode;
    use crate::session::view::Pending;
    use std::sync::Arc;

    fn quits() -> Vec<Effect> {
        tell(Control::End { reason: HaltReason::OperatorQuit, detail: String::new() })
    }

    fn paused(pending: &[Pending]) -> Model {
        with_view(|view| {
            Arc::make_mut(&mut view.engine).mode = Mode::Paused;
            view.pending.extend_from_slice(pending);
        })
    }

    #[test]
    fn q_ends_a_paper_session_at_once() {
        let mut model = running();
        assert_eq!(type_key(&mut model, 'q'), quits());
        assert!(model.ending);
    }

    #[test]
    fn q_in_a_live_session_asks_once_with_the_harmless_answer_in_focus() {
        let mut model = live();
        assert!(type_key(&mut model, 'q').is_empty());
        assert_eq!(model.overlay, Some(Overlay::Confirm(Confirm { what: ConfirmWhat::Quit, yes: false })));
        assert!(!model.ending);
    }

    #[test]
    fn the_config_can_turn_either_question_round() {
        let (mut paper, mut money) = (running(), live());
        paper.settings.confirm_quit_paper = true;
        money.settings.confirm_quit_live = false;
        assert!(type_key(&mut paper, 'q').is_empty());
        assert_eq!(type_key(&mut money, 'q'), quits());
    }

    #[test]
    fn while_it_starts_q_and_ctrl_c_already_work() {
        assert_eq!(type_key(&mut model(), 'q'), quits());
        assert_eq!(press(&mut model(), Key::Ctrl('c')), [Effect::Control(Control::Interrupt)]);
    }

    #[test]
    fn a_second_q_says_how_to_hurry_instead_of_ending_twice() {
        let mut model = running();
        type_key(&mut model, 'q');
        assert!(type_key(&mut model, 'q').is_empty());
        assert!(model.notice.unwrap().text.contains("Ctrl+C"));
    }

    #[test]
    fn ctrl_c_never_asks_and_each_one_is_told_to_the_session() {
        let mut model = live();
        type_key(&mut model, 'q');
        for _ in 0..3 {
            assert_eq!(press(&mut model, Key::Ctrl('c')), [Effect::Control(Control::Interrupt)]);
        }
        assert_eq!(model.overlay, None);
        assert!(model.ending);
    }

    #[test]
    fn p_asks_for_the_opposite_of_what_was_asked_for_last() {
        for (mut model, wish) in [
            (running(), Wish::Pause),
            (paused(&[]), Wish::Resume),
            (paused(&[Pending::Resuming]), Wish::Pause),
            (with_view(|view| view.pending.push(Pending::Pausing)), Wish::Resume),
        ] {
            assert_eq!(type_key(&mut model, 'p'), [Effect::Control(Control::Wish(wish))]);
        }
    }

    #[test]
    fn x_asks_before_it_cancels() {
        let mut model = running();
        assert!(type_key(&mut model, 'x').is_empty());
        assert_eq!(model.overlay, Some(Overlay::Confirm(Confirm { what: ConfirmWhat::CancelAll, yes: false })));
    }

    #[test]
    fn c_and_b_keep_now() {
        assert_eq!(type_key(&mut running(), 'c'), [Effect::Control(Control::Checkpoint)]);
        assert_eq!(type_key(&mut running(), 'b'), [Effect::Control(Control::Backup)]);
    }
}
