//! Fills: our exchanges, newest first, each with the mid that it met and what the distance from it earned.
//!
//! ```text
//! ╭ Fills · UTC, newest first ──────────────────────────────────────────────────────────────────────╮
//! │   time      order   side    price   quantity       RLUSD       mid  spread bps   profit  id     │
//! │ › 12:41:07  39-11   sell  1.42214   7.390000  10.509614   1.42156        4.1   +0.0043  9F31…  │
//! ╰─────────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use super::canvas::Canvas;
use super::format;
use super::frame::pane;
use super::live::{gain_style, side_style};
use super::theme::Theme;
use super::widget::table::{self, Column, Written, numbers, words};
use crate::console::app::model::Model;
use crate::domain::fill::Fill;
use crate::domain::time::Timestamp;
use crate::session::view::SessionView;

/// The columns of a table of fills.
pub const COLUMNS: [Column; 11] = [
    words("time", 8, 0),
    words("order", 8, 0),
    words("side", 4, 0),
    numbers("price", 8, 0),
    numbers("quantity", 11, 0),
    numbers("RLUSD", 11, 3),
    numbers("mid", 8, 1),
    numbers("spread bps", 10, 2),
    numbers("profit", 9, 0),
    numbers("ledger", 10, 5),
    words("id", 16, 6),
];

/// Draws the tab.
pub fn draw(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (bought, sold) = view.engine.fills;
    let earned = format::bps(view.engine.spread_earned);
    let title = format!("Fills · UTC, newest first · {bought} bought, {sold} sold, {earned} bps of spread earned");
    let mut canvas = pane(canvas, &title);
    let theme = canvas.theme();
    let fills = &view.fills;
    table::draw(&mut canvas, &COLUMNS, fills.len(), Some(model.fills), |row, column| {
        fills
            .get(fills.len() - 1 - row)
            .map_or_else(|| (format::UNKNOWN.to_owned(), theme.dim), |(at, fill)| cell(*at, fill, column, theme))
    });
    if fills.is_empty() {
        canvas.put(1, 1, "no fill yet", theme.dim);
    }
}

/// The newest fills as far as there is room, without what can be looked up.
pub fn brief(view: &SessionView, canvas: &mut Canvas<'_>) {
    const BRIEF: [Column; 5] = [
        words("time", 8, 0),
        words("side", 4, 0),
        numbers("price", 8, 0),
        numbers("quantity", 9, 2),
        numbers("profit", 7, 1),
    ];
    let theme = canvas.theme();
    let newest = view.fills.len().min(usize::from(canvas.height()));
    table::draw(canvas, &BRIEF, newest, None, |row, column| {
        let (at, fill) = &view.fills[view.fills.len() - 1 - row];
        cell(*at, fill, [0, 2, 3, 4, 8][column], theme)
    });
}

/// One cell of a table of fills.
pub fn cell(at: Timestamp, fill: &Fill, column: usize, theme: &Theme) -> Written {
    match column {
        0 => (format::clock(at), theme.dim),
        1 => (fill.order.to_string(), theme.text),
        2 => (format::side(fill.side).to_owned(), side_style(fill.side, theme)),
        3 => (format::price(fill.price), theme.text),
        4 => (format::xrp(fill.quantity), theme.text),
        5 => (format::rounded(fill.rlusd.to_decimal(), 6), theme.text),
        6 => (format::price(fill.mid), theme.dim),
        7 => (format::bps(fill.realized_spread()), theme.text),
        8 => {
            let profit = fill.spread_profit();
            (format::change(profit.to_decimal(), 4), gain_style(profit, theme))
        }
        9 => (format::grouped(fill.ledger.into()), theme.dim),
        _ => (fill.id.clone(), theme.dim),
    }
}
