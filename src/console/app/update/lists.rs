//! Moving in lists and texts. The selection always is a row that there is, and always in sight.

use super::{history, log};
use crate::console::app::disabled::incidents;
use crate::console::app::effect::Effect;
use crate::console::app::model::{ListState, Model, Overlay, Tab};

/// One key of moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Down,
    Up,
    Top,
    Bottom,
    PageDown,
    PageUp,
}

impl Step {
    /// Where it leads from row `from` among `rows` rows when `page` of them are in sight.
    pub fn lead(self, from: usize, rows: usize, page: usize) -> usize {
        let wanted = match self {
            Self::Down => from.saturating_add(1),
            Self::Up => from.saturating_sub(1),
            Self::Top => 0,
            Self::Bottom => usize::MAX,
            Self::PageDown => from.saturating_add(page),
            Self::PageUp => from.saturating_sub(page),
        };
        wanted.min(rows.saturating_sub(1))
    }
}

/// Moves what is on top: the overlay's text, else the tab's list.
pub fn go(model: &mut Model, step: Step) -> Vec<Effect> {
    let (page, count) = (model.page(), incidents(model).len());
    match &mut model.overlay {
        Some(Overlay::Help { scroll }) => *scroll = step.lead(*scroll, crate::console::app::action::TABLE.len(), page),
        Some(Overlay::PastSession { detail, scroll, .. }) => {
            let lines = detail.as_ref().map_or(0, |detail| HEAD_LINES + detail.fills.len() + detail.incidents.len());
            *scroll = step.lead(*scroll, lines, page);
        }
        Some(Overlay::Incidents { shown }) => *shown = step.lead(*shown, count, page),
        Some(Overlay::Confirm(_)) => {}
        None => return go_in_tab(model, step),
    }
    Vec::new()
}

/// Lines of a past session's page besides its fills and incidents; the drawing stops where the text does.
const HEAD_LINES: usize = 20;

fn go_in_tab(model: &mut Model, step: Step) -> Vec<Effect> {
    let (page, rows) = (model.page(), rows(model));
    match model.tab {
        Tab::Log => log::go(model, step),
        tab => {
            if let Some(list) = list_mut(model, tab) {
                list.selected = step.lead(list.selected, rows, page);
            }
            keep_in_sight(model);
        }
    }
    if model.tab == Tab::History { history::page_further(model) } else { Vec::new() }
}

/// After rows came or went, or the terminal changed: the selection is put onto a row that there is, and into sight.
pub fn keep_in_sight(model: &mut Model) {
    let page = model.page();
    for tab in [Tab::Orders, Tab::Fills, Tab::History] {
        let rows = rows_of(model, tab);
        if let Some(list) = list_mut(model, tab) {
            list.selected = list.selected.min(rows.saturating_sub(1));
            let lowest = (list.selected + 1).saturating_sub(page);
            let highest = list.selected.min(rows.saturating_sub(page));
            list.offset = list.offset.clamp(lowest.min(highest), highest);
        }
    }
}

fn rows(model: &Model) -> usize {
    rows_of(model, model.tab)
}

fn rows_of(model: &Model, tab: Tab) -> usize {
    let view = model.view.as_ref();
    match tab {
        Tab::Orders => view.map_or(0, |view| view.engine.orders.len() + view.gone.len()),
        Tab::Fills => view.map_or(0, |view| view.fills.len()),
        Tab::History => model.history.rows.len(),
        Tab::Live | Tab::Health | Tab::Log => 0,
    }
}

fn list_mut(model: &mut Model, tab: Tab) -> Option<&mut ListState> {
    match tab {
        Tab::Orders => Some(&mut model.orders),
        Tab::Fills => Some(&mut model.fills),
        Tab::History => Some(&mut model.history.list),
        Tab::Live | Tab::Health | Tab::Log => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::key::Key;
    use crate::console::app::model::Size;
    use crate::console::app::msg::Msg;
    use crate::console::app::testing::{order, press, running, type_key, with_view};
    use crate::console::app::update::update;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn with_orders(count: u32) -> Model {
        let mut model = with_view(|view| Arc::make_mut(&mut view.engine).orders = (1..=count).map(order).collect());
        type_key(&mut model, '2');
        model
    }

    #[test]
    fn the_keys_move_as_they_do_everywhere() {
        let mut model = with_orders(50);
        for (key, row) in [
            (Key::Char('j'), 1),
            (Key::Down, 2),
            (Key::Char('k'), 1),
            (Key::Up, 0),
            (Key::Up, 0),
            (Key::PageDown, 18),
            (Key::PageUp, 0),
            (Key::Char('G'), 49),
            (Key::Down, 49),
            (Key::Home, 0),
            (Key::End, 49),
            (Key::Char('g'), 0),
        ] {
            press(&mut model, key);
            assert_eq!(model.orders.selected, row, "{key}");
        }
    }

    #[test]
    fn a_list_that_became_shorter_keeps_a_row_selected() {
        let mut model = with_orders(50);
        type_key(&mut model, 'G');
        let shorter = with_orders(3).view.unwrap();
        update(&mut model, Msg::View(shorter));
        assert_eq!(model.orders, ListState { selected: 2, offset: 0 });
    }

    #[test]
    fn the_help_scrolls_and_the_list_below_it_stays() {
        let mut model = with_orders(50);
        type_key(&mut model, '?');
        type_key(&mut model, 'j');
        assert_eq!(model.overlay, Some(Overlay::Help { scroll: 1 }));
        assert_eq!(model.orders.selected, 0);
    }

    #[test]
    fn where_there_is_no_list_a_moving_key_says_so() {
        let mut model = running();
        type_key(&mut model, 'j');
        assert!(model.notice.unwrap().text.contains("no list"));
    }

    proptest! {
        #[test]
        fn the_selection_is_a_row_and_in_sight_whatever_is_pressed(
            count in 0_u32..60,
            height in 0_u16..60,
            keys in proptest::collection::vec(0_usize..6, 0..40),
        ) {
            let mut model = with_orders(count);
            update(&mut model, Msg::Resize(Size { width: 80, height }));
            for key in keys {
                press(&mut model, [Key::Down, Key::Up, Key::Home, Key::End, Key::PageDown, Key::PageUp][key]);
                let (list, page) = (model.orders, model.page());
                prop_assert!(list.selected < (count as usize).max(1));
                prop_assert!((list.offset..list.offset + page).contains(&list.selected), "{list:?} of {page}");
                prop_assert!(list.offset == 0 || list.offset + page <= count as usize, "{list:?}: no empty rows below");
            }
        }
    }
}
