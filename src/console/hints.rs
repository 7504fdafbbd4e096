//! The action table as the drawing needs it: what the keys do right now.

use ratatui::Frame;

use super::app::action::{self, ActionSpec, TABLE};
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

/// First what the bar shows, in its order, then everything else for the help.
pub fn hints(model: &Model) -> Vec<Hint> {
    let bar = action::bar(model);
    let in_bar = |keys: &[Key]| bar.iter().any(|item| keys.first() == Some(&item.key));
    let (mut first, rest): (Vec<&ActionSpec>, Vec<&ActionSpec>) = TABLE.iter().partition(|spec| in_bar(spec.keys));
    first.sort_by_key(|spec| bar.iter().position(|item| spec.keys.first() == Some(&item.key)));
    first.into_iter().chain(rest).map(|spec| hint(model, spec)).collect()
}

fn hint(model: &Model, spec: &ActionSpec) -> Hint {
    let keys = spec.keys.iter().map(|key| if model.settings.ascii { key.ascii() } else { key.to_string() });
    Hint {
        keys: keys.collect::<Vec<_>>().join(" "),
        name: action::name_now(model, spec.action).to_owned(),
        help: spec.help.to_owned(),
        group: spec.group.title().to_owned(),
        disabled: disabled_reason(model, spec.action),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::testing::running;

    #[test]
    fn every_action_is_in_the_help_once() {
        let hints = hints(&running());
        assert_eq!(hints.len(), TABLE.len());
    }

    #[test]
    fn the_bar_comes_first() {
        let model = running();
        let first: Vec<String> = hints(&model).into_iter().map(|hint| hint.name).collect();
        let bar: Vec<&str> = action::bar(&model).iter().map(|item| item.name).collect();
        assert_eq!(first[..bar.len()], bar);
    }
}
