//! Bars: a part of a whole, and a distance from a middle.

use ratatui::style::Style;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::glyphs::EIGHTHS;

/// Which end a bar grows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// To the right.
    Left,
    /// To the left.
    Right,
}

/// Draws `permille` thousandths of a bar of `width` cells: `██████▍···`, the rest as a quiet track if `track` is
/// given. More than all is all.
pub fn part(
    canvas: &mut Canvas<'_>,
    (x, y): (u16, u16),
    width: u16,
    permille: u32,
    from: From,
    style: Style,
    track: Option<Style>,
) {
    let eighths = u32::from(width) * 8 * permille.min(1_000) / 1_000;
    // Something is never shown as nothing.
    let eighths = if permille > 0 { eighths.max(1) } else { 0 };
    for column in 0..width {
        let filled = eighths.saturating_sub(u32::from(column) * 8).min(8);
        let at = match from {
            From::Left => x + column,
            From::Right => x + width - 1 - column,
        };
        match (filled, track) {
            (0, Some(track)) => canvas.glyph(at, y, '·', track),
            (0, None) => {}
            (filled, _) => canvas.glyph(at, y, piece(filled, from), style),
        }
    }
}

/// A piece of a cell. From the right there are only halves.
fn piece(eighths: u32, from: From) -> char {
    match (from, eighths) {
        (From::Left, _) | (From::Right, 8) => EIGHTHS[eighths.min(8) as usize],
        (From::Right, 4..) => '▐',
        (From::Right, _) => '▕',
    }
}

/// Draws a bar that grows from the middle of `width` cells (an odd number) to the right for a positive `permille`, to
/// the left for a negative one: `····▐██│······`.
pub fn around(canvas: &mut Canvas<'_>, (x, y): (u16, u16), width: u16, permille: i32, style: Style) {
    let half = width / 2;
    let frame = canvas.theme().frame;
    canvas.repeat(x, y, half * 2 + 1, '·', frame);
    if permille < 0 {
        part(canvas, (x, y), half, permille.unsigned_abs(), From::Right, style, None);
    } else {
        part(canvas, (x + half + 1, y), half, permille.unsigned_abs(), From::Left, style, None);
    }
    canvas.glyph(x + half, y, '│', canvas.theme().dim);
}
