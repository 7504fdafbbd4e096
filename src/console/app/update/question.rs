//! The page that asks at the start. What changes something is asked about once more; leaving never is.

use crate::console::app::effect::Effect;
use crate::console::app::key::Key;
use crate::console::app::model::{Confirm, ConfirmWhat, Model, Overlay};
use crate::console::app::question::{Answer, Asking, Question};

/// Puts the page on the screen.
pub fn ask(model: &mut Model, question: Question) {
    model.overlay = None;
    model.asking = Some(Asking::new(question));
}

/// An option's own key was pressed; `None` if it is no option's.
pub fn own_key(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let Key::Char(letter) = key else { return None };
    let asking = model.asking.as_mut().filter(|_| model.overlay.is_none())?;
    let place = asking.question.options.iter().position(|option| option.key == letter)?;
    asking.focus = Answer::Took(place);
    Some(take(model))
}

pub fn next(model: &mut Model) -> Vec<Effect> {
    focus(model, Asking::next)
}

pub fn previous(model: &mut Model) -> Vec<Effect> {
    focus(model, Asking::previous)
}

fn focus(model: &mut Model, on: impl FnOnce(&Asking) -> Answer) -> Vec<Effect> {
    if let Some(asking) = &mut model.asking {
        asking.focus = on(asking);
    }
    Vec::new()
}

/// Takes what is in focus, after one more question if it changes something.
pub fn take(model: &mut Model) -> Vec<Effect> {
    match model.asking.as_ref().map(|asking| asking.focus) {
        Some(Answer::Took(option)) => {
            model.overlay = Some(Overlay::Confirm(Confirm { what: ConfirmWhat::Option(option), yes: false }));
            Vec::new()
        }
        Some(Answer::Left) => leave(model),
        None => Vec::new(),
    }
}

pub fn leave(model: &mut Model) -> Vec<Effect> {
    answer(model, Answer::Left)
}

/// The page goes; whoever asked goes on.
pub fn answer(model: &mut Model, answer: Answer) -> Vec<Effect> {
    model.overlay = None;
    if model.asking.take().is_some() { vec![Effect::Answer(answer)] } else { Vec::new() }
}

pub fn read_on(model: &mut Model) -> Vec<Effect> {
    scroll(model, |scroll| scroll.saturating_add(SCROLLED))
}

pub fn read_back(model: &mut Model) -> Vec<Effect> {
    scroll(model, |scroll| scroll.saturating_sub(SCROLLED))
}

/// Lines of one step through a long explanation.
const SCROLLED: usize = 4;

fn scroll(model: &mut Model, to: impl FnOnce(usize) -> usize) -> Vec<Effect> {
    if let Some(asking) = &mut model.asking {
        asking.scroll = to(asking.scroll);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::msg::Msg;
    use crate::console::app::testing::{model, press, question, type_key};
    use crate::console::app::update::update;
    use crate::session::control::Control;
    use proptest::prelude::*;

    fn asked() -> Model {
        let mut model = model();
        assert!(update(&mut model, Msg::Ask(question())).is_empty());
        model
    }

    fn focus_of(model: &Model) -> Option<Answer> {
        model.asking.as_ref().map(|asking| asking.focus)
    }

    #[test]
    fn enter_alone_leaves_everything_as_it_is() {
        let mut model = asked();
        assert_eq!(press(&mut model, Key::Enter), [Effect::Answer(Answer::Left)]);
        assert_eq!(model.asking, None);
    }

    #[test]
    fn every_way_out_of_other_programs_leaves_too() {
        for key in [Key::Esc, Key::Char('q'), Key::Char('l'), Key::Char('n')] {
            assert_eq!(press(&mut asked(), key), [Effect::Answer(Answer::Left)], "{key}");
        }
    }

    #[test]
    fn what_changes_something_is_asked_about_once_more() {
        let mut model = asked();
        assert!(type_key(&mut model, 'b').is_empty());
        assert_eq!(
            model.overlay,
            Some(Overlay::Confirm(Confirm { what: ConfirmWhat::Option(1), yes: false })),
            "with no in focus"
        );
        assert_eq!(type_key(&mut model, 'y'), [Effect::Answer(Answer::Took(1))]);
        assert_eq!((model.asking, model.overlay), (None, None));
    }

    #[test]
    fn a_no_goes_back_to_the_page() {
        for key in [Key::Enter, Key::Esc, Key::Char('n')] {
            let mut model = asked();
            type_key(&mut model, 'r');
            assert!(press(&mut model, key).is_empty(), "{key}");
            assert_eq!((focus_of(&model), &model.overlay), (Some(Answer::Took(0)), &None), "{key}");
        }
    }

    #[test]
    fn arrows_go_round_from_the_harmless_answer() {
        let mut model = asked();
        for focus in [Answer::Took(0), Answer::Took(1), Answer::Left] {
            press(&mut model, Key::Down);
            assert_eq!(focus_of(&model), Some(focus));
        }
        for focus in [Answer::Took(1), Answer::Took(0), Answer::Left] {
            press(&mut model, Key::Up);
            assert_eq!(focus_of(&model), Some(focus));
        }
    }

    #[test]
    fn an_option_that_was_reached_with_the_arrows_is_asked_about_too() {
        let mut model = asked();
        press(&mut model, Key::Down);
        assert!(press(&mut model, Key::Enter).is_empty());
        assert!(press(&mut model, Key::Enter).is_empty(), "the no of the second question");
        assert!(model.asking.is_some());
    }

    #[test]
    fn ctrl_c_is_told_to_whoever_waits_even_over_the_second_question() {
        let mut model = asked();
        type_key(&mut model, 'r');
        assert_eq!(press(&mut model, Key::Ctrl('c')), [Effect::Control(Control::Interrupt)]);
    }

    #[test]
    fn no_key_of_a_session_counts_on_the_page() {
        for key in ['p', 'x', 'c', 'e', '1', '?'] {
            let mut model = asked();
            let before = model.asking.clone();
            assert!(type_key(&mut model, key).is_empty(), "{key}");
            assert_eq!((model.asking, model.overlay), (before, None), "{key}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_changed_without_a_yes(keys in proptest::collection::vec(0_usize..8, 0..20)) {
            const KEYS: [Key; 8] = [Key::Char('r'), Key::Char('b'), Key::Up, Key::Down, Key::Enter, Key::Esc,
                Key::PageDown, Key::Char('n')];
            let mut model = asked();
            for key in keys {
                let effects = press(&mut model, KEYS[key]);
                prop_assert!(effects.is_empty() || effects == [Effect::Answer(Answer::Left)]);
            }
        }
    }
}
