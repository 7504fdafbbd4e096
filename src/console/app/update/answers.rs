//! The answer to a question. Whatever is not a clear yes leaves everything as it is.

use super::{question, wishes};
use crate::console::app::effect::Effect;
use crate::console::app::model::{Confirm, ConfirmWhat, Model, Overlay};
use crate::console::app::question::Answer;

pub fn other(model: &mut Model) -> Vec<Effect> {
    if let Some(Overlay::Confirm(confirm)) = &mut model.overlay {
        confirm.yes = !confirm.yes;
    }
    Vec::new()
}

pub fn take(model: &mut Model) -> Vec<Effect> {
    match model.overlay {
        Some(Overlay::Confirm(Confirm { yes: true, .. })) => yes(model),
        _ => no(model),
    }
}

pub fn yes(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Confirm(Confirm { what: ConfirmWhat::Quit, .. })) => wishes::end(model),
        Some(Overlay::Confirm(Confirm { what: ConfirmWhat::CancelAll, .. })) => wishes::cancel_all(),
        Some(Overlay::Confirm(Confirm { what: ConfirmWhat::Option(option), .. })) => {
            question::answer(model, Answer::Took(option))
        }
        _ => Vec::new(),
    }
}

pub fn no(model: &mut Model) -> Vec<Effect> {
    model.overlay = None;
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::key::Key;
    use crate::console::app::testing::{live, press, running, type_key};
    use crate::domain::halt::HaltReason;
    use crate::engine::Wish;
    use crate::session::control::Control;

    #[test]
    fn enter_alone_stays() {
        let mut model = live();
        type_key(&mut model, 'q');
        assert!(press(&mut model, Key::Enter).is_empty());
        assert_eq!((model.overlay, model.ending), (None, false));
    }

    #[test]
    fn only_a_clear_yes_ends_a_live_session() {
        for keys in [&[Key::Tab, Key::Enter][..], &[Key::Right, Key::Enter], &[Key::Char('y')]] {
            let mut model = live();
            type_key(&mut model, 'q');
            let effects: Vec<_> = keys.iter().flat_map(|&key| press(&mut model, key)).collect();
            let end = Control::End { reason: HaltReason::OperatorQuit, detail: String::new() };
            assert_eq!(effects, [Effect::Control(end)], "{keys:?}");
            assert!(model.ending);
        }
    }

    #[test]
    fn esc_n_and_going_back_and_forth_leave_everything_as_it_is() {
        for keys in [&[Key::Esc][..], &[Key::Char('n')], &[Key::Tab, Key::Tab, Key::Enter]] {
            let mut model = running();
            type_key(&mut model, 'x');
            let effects: Vec<_> = keys.iter().flat_map(|&key| press(&mut model, key)).collect();
            assert!(effects.is_empty(), "{keys:?}");
            assert_eq!(model.overlay, None);
        }
    }

    #[test]
    fn cancelling_all_happens_after_a_yes_and_keeps_the_session() {
        let mut model = running();
        type_key(&mut model, 'x');
        assert_eq!(type_key(&mut model, 'y'), [Effect::Control(Control::Wish(Wish::CancelAll))]);
        assert!(!model.ending);
    }
}
