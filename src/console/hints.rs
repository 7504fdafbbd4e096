//! The action table as the drawing needs it: what the keys do right now.

use ratatui::Frame;

use super::app::action::{self, ActionSpec, BarItem, Group, TABLE};
use super::app::disabled::disabled_reason;
use super::app::key::Key;
use super::app::model::Model;
use super::settings;
use super::ui::glyphs::Glyphs;
use super::ui::hints::Hint;
use super::ui::theme::{Look, Theme};

/// Draws the model as the operator has set it.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    super::ui::draw(model, &look(model), &hints(model), frame);
}

/// How everything looks, by the settings.
fn look(model: &Model) -> Look {
    let theme = match model.settings.theme {
        settings::Theme::Dark => Theme::DARK,
        settings::Theme::Light => Theme::LIGHT,
        settings::Theme::Mono => Theme::MONO,
    };
    let glyphs = if model.settings.ascii { Glyphs::Ascii } else { Glyphs::Unicode };
    Look { theme, glyphs }
}

/// Every action: group by group, as the help lists them, with its place on the keys line.
pub fn hints(model: &Model) -> Vec<Hint> {
    let bar = action::bar(model);
    let in_group = |group| TABLE.iter().filter(move |spec| spec.group == group);
    // Their keys are told by the question and by the page themselves.
    Group::ALL
        .into_iter()
        .filter(|&group| !matches!(group, Group::Question | Group::Page))
        .flat_map(in_group)
        .map(|spec| hint(model, spec, &bar))
        .collect()
}

fn hint(model: &Model, spec: &ActionSpec, bar: &[BarItem]) -> Hint {
    let shown = |key: Key| if model.settings.ascii { key.ascii() } else { key.to_string() };
    let name = action::name_now(model, spec.action);
    let place = bar.iter().position(|item| item.name == name && spec.keys.first() == Some(&item.key));
    Hint {
        keys: spec.keys.iter().map(|&key| shown(key)).collect::<Vec<_>>().join(" "),
        name: name.to_owned(),
        help: spec.help.to_owned(),
        group: spec.group.title().to_owned(),
        bar: place.zip(spec.keys.first().map(|&key| shown(key))),
        disabled: disabled_reason(model, spec.action),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::model::Overlay;
    use crate::console::app::testing::running;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    #[test]
    fn every_action_but_those_of_a_question_is_in_the_help_once() {
        let answers = TABLE.iter().filter(|spec| matches!(spec.group, Group::Question | Group::Page)).count();
        assert_eq!(hints(&running()).len(), TABLE.len() - answers);
    }

    #[test]
    fn no_word_of_the_help_is_cut_on_a_narrow_terminal() {
        for scroll in (0..80).step_by(8) {
            let overlay = Some(Overlay::Help { scroll });
            let model = Model { overlay, settings: settings::Settings::default(), ..running() };
            let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
            terminal.draw(|frame| draw(&model, frame)).unwrap();
            let text = terminal.backend().to_string();
            assert!(text.contains("Keys ·") && !text.contains('…'), "{text}");
        }
    }

    #[test]
    fn the_keys_line_has_what_the_action_table_puts_there_and_nothing_else() {
        let model = running();
        let mut shown: Vec<(usize, String)> =
            hints(&model).into_iter().filter_map(|hint| hint.bar.map(|(place, _)| (place, hint.name))).collect();
        shown.sort();
        let bar: Vec<(usize, String)> =
            action::bar(&model).iter().enumerate().map(|(place, item)| (place, item.name.to_owned())).collect();
        assert_eq!(shown, bar);
    }
}
