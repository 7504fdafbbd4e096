//! A terminal that is too small: what is needed, what the session does meanwhile, and how to leave.
//!
//! ```text
//!      ● QUOTING  session 39
//!  NEO needs 60x16, here are 40x10
//!    make this window larger
//!       q quit · Ctrl+C
//! ```

use super::canvas::{Canvas, width};
use super::format;
use super::header;
use crate::console::app::model::Model;

/// Columns below which nothing useful can be shown.
pub const WIDTH: u16 = 60;
/// Rows below which nothing useful can be shown.
pub const HEIGHT: u16 = 16;

/// Draws the notice, the most important first.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let (mode, style) = match &model.view {
        Some(view) => {
            let (mode, style) = header::badge(view, theme);
            (format!("{mode}  session {}", view.identity.session), style)
        }
        None if model.asking.is_some() => ("▲ NEEDS YOUR ANSWER".to_owned(), theme.shout),
        None => ("◐ STARTING".to_owned(), theme.warn),
    };
    let running = model.view.as_ref().map(|view| format::lasted(model.now.since(view.identity.started_at)));
    let (columns, rows) = (canvas.width(), canvas.height());
    let lines = [
        (mode, style),
        ("q quit · Ctrl+C".to_owned(), theme.text),
        (format!("NEO needs {WIDTH}x{HEIGHT}, here are {columns}x{rows}"), theme.text),
        ("make this window larger".to_owned(), theme.dim),
        (running.map_or_else(String::new, |running| format!("running for {running}")), theme.dim),
    ];
    let shown = rows.min(5);
    let top = (rows - shown) / 2;
    for (y, (text, style)) in (top..top + shown).zip(&lines) {
        let x = columns.saturating_sub(width(text)) / 2;
        canvas.put_within(x, y, columns, text, *style);
    }
}
