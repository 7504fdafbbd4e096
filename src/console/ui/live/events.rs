//! What just happened, newest first.

use ratatui::style::Style;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::format;
use crate::console::ui::theme::Theme;
use crate::session::view::{EventKind, SessionView};

/// Draws as many events as there is room for.
pub fn draw(view: &SessionView, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    if view.events.is_empty() {
        canvas.put(1, 0, "nothing yet", theme.dim);
    }
    for (y, event) in (0..canvas.height()).zip(view.events.iter().rev()) {
        let (sign, style) = look(event.kind, theme);
        let x = canvas.put(1, y, &format::clock(event.at), theme.dim) + 2;
        canvas.glyph(x, y, sign, style);
        let text_style = if event.kind == EventKind::Trouble { theme.bad } else { theme.text };
        let room = canvas.width().saturating_sub(x + 3);
        canvas.put_within(x + 2, y, room, &event.text, text_style);
    }
}

fn look(kind: EventKind, theme: &Theme) -> (char, Style) {
    match kind {
        EventKind::Bought => ('▲', theme.bid),
        EventKind::Sold => ('▼', theme.ask),
        EventKind::Order => ('·', theme.dim),
        EventKind::Mode => ('●', theme.accent),
        EventKind::Keeping => ('✓', theme.dim),
        EventKind::Trouble => ('✗', theme.bad),
        EventKind::Operator => ('›', theme.accent),
    }
}
