//! The second line: the tabs with what they hold, and whether anything went wrong.
//!
//! ```text
//!  1 Live   2 Orders 2   3 Fills 14   4 History   5 Health   6 Log                         e ▲ 2 incidents, 1 new
//! ```

use super::canvas::{Canvas, width};
use crate::console::app::model::{Model, Tab};
use crate::domain::words::counted;
use crate::session::view::SessionView;

/// The tabs, in order of their number keys: key, name, and a short name where there is little room.
pub const ALL: [(Tab, &str, &str, &str); 6] = [
    (Tab::Live, "1", "Live", "Live"),
    (Tab::Orders, "2", "Orders", "Ord"),
    (Tab::Fills, "3", "Fills", "Fills"),
    (Tab::History, "4", "History", "Hist"),
    (Tab::Health, "5", "Health", "Hlth"),
    (Tab::Log, "6", "Log", "Log"),
];

/// Draws the second line.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let gap = if canvas.width() >= 100 { 2 } else { 0 };
    let mut x = 0;
    for (tab, key, name, short) in ALL {
        let name = if canvas.width() >= 76 { name } else { short };
        let count = model.view.as_deref().and_then(|view| count(tab, view));
        let start = x;
        x = canvas.put(x + 1, 0, key, theme.accent) + 1;
        x = canvas.put(x, 0, name, if tab == model.tab { theme.text } else { theme.dim });
        if let Some(count) = count {
            // A growing count moves nothing until it has four digits.
            canvas.put(x + 1, 0, &count.to_string(), theme.text);
            x += 1 + width(&count.to_string()).max(if gap > 0 { 3 } else { 2 });
        }
        x += 1;
        if tab == model.tab {
            canvas.part(start, 0, x - start, 1).wash(theme.selected);
        }
        x += gap;
    }
    if let Some(view) = &model.view {
        incidents(view, x, canvas);
    }
}

fn count(tab: Tab, view: &SessionView) -> Option<usize> {
    match tab {
        Tab::Orders => Some(view.engine.orders.len()),
        Tab::Fills => {
            let (bought, sold) = view.engine.fills;
            usize::try_from(u64::from(bought) + u64::from(sold)).ok()
        }
        Tab::Live | Tab::History | Tab::Health | Tab::Log => None,
    }
}

fn incidents(view: &SessionView, x: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let total = view.incidents.len();
    let new = view.incidents.iter().filter(|incident| incident.is_new()).count();
    let style = if new > 0 { theme.bad } else { theme.dim };
    let texts = match (total, new) {
        (0, _) => ["no incidents".to_owned(), String::new(), String::new()],
        (total, 0) => [format!("e ▲ {}, 0 new", counted(total, "incident")), format!("e ▲ {total}"), "▲".into()],
        (total, new) => [
            format!("e ▲ {}, {new} new", counted(total, "incident")),
            format!("e ▲ {new} new of {total}"),
            format!("▲ {new}"),
        ],
    };
    let end = canvas.width().saturating_sub(1);
    if let Some(text) = texts.iter().find(|text| x + 1 + width(text) <= end) {
        canvas.put_right(end, 0, text, style);
    }
}
