//! Boxes with a title in their border.

use super::canvas::{Canvas, width};

/// Draws a box and returns its inside. Of the title, what follows the first ` · ` is said more quietly.
///
/// ```text
/// ╭ Profit · RLUSD ──────╮
/// ╰──────────────────────╯
/// ```
pub fn pane<'b>(canvas: &'b mut Canvas<'_>, title: &str) -> Canvas<'b> {
    let (columns, rows) = (canvas.width(), canvas.height());
    outline(canvas);
    let theme = canvas.theme();
    let room = columns.saturating_sub(4);
    if room > 0 && width(title) > 0 {
        let (name, rest) = title.find(" · ").map_or((title, ""), |at| title.split_at(at));
        canvas.put(1, 0, " ", theme.frame);
        let end = canvas.put_within(2, 0, room, name, theme.title);
        let end = canvas.put_within(end, 0, (room + 2).saturating_sub(end), rest, theme.dim);
        canvas.put(end, 0, " ", theme.frame);
        canvas.glyph(columns - 1, 0, '╮', theme.frame);
    }
    canvas.part(1, 1, columns.saturating_sub(2), rows.saturating_sub(2))
}

/// A box over everything that lies below it, with one column of room inside at its left and right.
pub fn dialog<'b>(canvas: &'b mut Canvas<'_>, title: &str) -> Canvas<'b> {
    canvas.clear();
    let (columns, rows) = (canvas.width(), canvas.height());
    pane(canvas, title);
    canvas.part(2, 1, columns.saturating_sub(4), rows.saturating_sub(2))
}

fn outline(canvas: &mut Canvas<'_>) {
    let (columns, rows, style) = (canvas.width(), canvas.height(), canvas.theme().frame);
    let (Some(right), Some(bottom)) = (columns.checked_sub(1), rows.checked_sub(1)) else { return };
    canvas.repeat(0, 0, columns, '─', style);
    canvas.repeat(0, bottom, columns, '─', style);
    for row in 1..bottom {
        canvas.glyph(0, row, '│', style);
        canvas.glyph(right, row, '│', style);
    }
    for (x, y, corner) in [(0, 0, '╭'), (right, 0, '╮'), (0, bottom, '╰'), (right, bottom, '╯')] {
        canvas.glyph(x, y, corner, style);
    }
}
