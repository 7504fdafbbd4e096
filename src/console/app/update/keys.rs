//! From a key to its action, and from the action to whoever knows what it means.

use super::{answers, history, incidents, lists, log, question, say, wishes};
use crate::console::app::action::{self, Action};
use crate::console::app::disabled::disabled_reason;
use crate::console::app::effect::Effect;
use crate::console::app::key::Key;
use crate::console::app::model::{Model, Overlay, Tab};

/// A key was pressed. A notice has been read by then.
pub fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    model.notice = None;
    if let Some(effects) = question::own_key(model, key) {
        return effects;
    }
    let Some(action) = action::of_key(model, key) else {
        return Vec::new();
    };
    if let Some(reason) = disabled_reason(model, action) {
        say(model, format!("{key}: {reason}"));
        return Vec::new();
    }
    perform(model, action)
}

fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::PauseResume => wishes::pause_or_resume(model),
        Action::CancelAll => wishes::ask_to_cancel_all(model),
        Action::Checkpoint => wishes::checkpoint(model),
        Action::Backup => wishes::backup(model),
        Action::Quit => wishes::quit(model),
        Action::Interrupt => wishes::interrupt(model),
        Action::Help => toggle_help(model),
        Action::Show(tab) => show(model, tab),
        Action::NextTab => show(model, neighbour(model.tab, 1)),
        Action::PreviousTab => show(model, neighbour(model.tab, Tab::ALL.len() - 1)),
        Action::Down => lists::go(model, lists::Step::Down),
        Action::Up => lists::go(model, lists::Step::Up),
        Action::Top => lists::go(model, lists::Step::Top),
        Action::Bottom => lists::go(model, lists::Step::Bottom),
        Action::PageDown => lists::go(model, lists::Step::PageDown),
        Action::PageUp => lists::go(model, lists::Step::PageUp),
        Action::Open => history::open_selected(model),
        Action::Leave => leave(model),
        Action::Incidents => incidents::toggle(model),
        Action::Acknowledge => incidents::acknowledge(model),
        Action::Retry => incidents::retry(model),
        Action::LogLevel => log::next_level(model),
        Action::FollowLog => log::toggle_follow(model),
        Action::OtherAnswer => answers::other(model),
        Action::TakeAnswer => answers::take(model),
        Action::AnswerYes => answers::yes(model),
        Action::AnswerNo => answers::no(model),
        Action::NextOption => question::next(model),
        Action::PreviousOption => question::previous(model),
        Action::TakeOption => question::take(model),
        Action::LeaveAsItIs => question::leave(model),
        Action::ReadOn => question::read_on(model),
        Action::ReadBack => question::read_back(model),
        Action::Redraw => vec![Effect::Redraw],
        // Always disabled: its reason has been said.
        Action::Suspend => Vec::new(),
    }
}

/// What lies on top belongs to the tab that is left.
fn show(model: &mut Model, tab: Tab) -> Vec<Effect> {
    model.overlay = None;
    model.tab = tab;
    if tab == Tab::History { history::refresh(model) } else { Vec::new() }
}

fn neighbour(tab: Tab, places: usize) -> Tab {
    Tab::ALL[(tab.index() + places) % Tab::ALL.len()]
}

fn toggle_help(model: &mut Model) -> Vec<Effect> {
    model.overlay = match model.overlay {
        Some(Overlay::Help { .. }) => None,
        _ => Some(Overlay::Help { scroll: 0 }),
    };
    Vec::new()
}

/// Esc always leaves: first what lies on top, then the tab.
fn leave(model: &mut Model) -> Vec<Effect> {
    if model.overlay.take().is_none() {
        model.tab = Tab::Live;
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::testing::{model, press as press_key, running, type_key};

    #[test]
    fn number_keys_show_their_tab_and_tab_goes_round() {
        let mut model = running();
        for (letter, tab) in ('1'..='6').zip(Tab::ALL) {
            type_key(&mut model, letter);
            assert_eq!(model.tab, tab);
        }
        press_key(&mut model, Key::Tab);
        assert_eq!(model.tab, Tab::Live);
        press_key(&mut model, Key::BackTab);
        assert_eq!(model.tab, Tab::Log);
    }

    #[test]
    fn a_tab_is_seen_at_once_even_if_something_lay_over_the_last_one() {
        let mut model = running();
        type_key(&mut model, '?');
        type_key(&mut model, '2');
        assert_eq!((model.tab, model.overlay), (Tab::Orders, None));
    }

    #[test]
    fn esc_always_leaves() {
        let mut model = running();
        type_key(&mut model, '5');
        type_key(&mut model, '?');
        press_key(&mut model, Key::Esc);
        assert_eq!((model.tab, &model.overlay), (Tab::Health, &None));
        press_key(&mut model, Key::Esc);
        assert_eq!(model.tab, Tab::Live);
        press_key(&mut model, Key::Esc);
        assert!(model.notice.unwrap().text.contains("q ends the session"));
    }

    #[test]
    fn the_help_key_opens_and_closes_the_help() {
        let mut model = model();
        type_key(&mut model, '?');
        assert_eq!(model.overlay, Some(Overlay::Help { scroll: 0 }));
        type_key(&mut model, '?');
        assert_eq!(model.overlay, None);
    }

    #[test]
    fn ctrl_l_draws_everything_anew() {
        assert_eq!(press_key(&mut running(), Key::Ctrl('l')), [Effect::Redraw]);
    }

    #[test]
    fn a_disabled_key_does_nothing_and_says_why() {
        let mut model = running();
        assert!(press_key(&mut model, Key::Ctrl('z')).is_empty());
        let notice = model.notice.clone().unwrap();
        assert!(notice.text.starts_with("Ctrl+Z: suspended, its orders"), "{}", notice.text);
        assert!(!notice.bad);
    }

    #[test]
    fn the_next_key_takes_the_notice_away() {
        let mut model = running();
        press_key(&mut model, Key::Ctrl('z'));
        type_key(&mut model, '2');
        assert_eq!(model.notice, None);
    }

    #[test]
    fn a_key_without_an_action_does_nothing() {
        let mut model = running();
        assert!(type_key(&mut model, '%').is_empty());
        assert_eq!((model.notice, model.overlay, model.tab), (None, None, Tab::Live));
    }
}
