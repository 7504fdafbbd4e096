//! Live: am I safe, what do I hold, what have I out there, what did it earn and why, what just happened.
//!
//! ```text
//! 120 columns and more            80x24                            below
//! ╭ Inventory ─╮╭ Book ────────╮  ╭ Inventory ──╮╭ Book ────────╮  ╭ Inventory ─╮╭ Book ─────╮
//! ├ Profit ────┤├ Mid ─────────┤  ├ Profit ─────┤├ Mid ─────────┤  ├ Profit, in one line ────┤
//! ├ Limits ────┤│              │  │             │├ Limits ──────┤  ├ Events ─────────────────┤
//! ├ Quotes ────┤├ Events ──────┤  ├ Events ─────┴──────────────┤  ╰─────────────────────────╯
//! ╰────────────╯╰──────────────╯  ╰────────────────────────────╯
//! ```
//!
//! The size decides what is shown; less room drops detail, never one of the five answers.

mod blocks;
mod book;
mod chart;
mod events;
mod inventory;
mod limits;
mod profit;
mod quotes;

use super::canvas::Canvas;
use super::fills;
use super::frame::pane;
use crate::console::app::model::Model;
use crate::session::view::SessionView;
use chart::Stretch;
pub use inventory::gain_style;
pub use quotes::side_style;

/// Draws Live at the size that there is.
pub fn draw(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    match (canvas.width(), canvas.height()) {
        (150.., 40..) => wide(model, view, canvas),
        (104.., 28..) => regular(model, view, canvas),
        (_, 20..) => narrow(model, view, canvas),
        _ => low(model, view, canvas),
    }
}

fn wide(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let left = 48;
    column(model, view, &mut canvas.part(0, 0, left, height));
    let right = width - left;
    // Our orders are shown with their distance and what was asked, where there is room for it.
    let book_width = right.saturating_sub(87).clamp(62, right / 2 + 12);
    let book_height = 9;
    book::draw(model, view, &mut canvas.part(left, 0, book_width, book_height));
    quotes::draw(model, view, &mut canvas.part(left + book_width, 0, right - book_width, book_height));
    let events_height = events_height(view, height - book_height, right);
    let charts = height - book_height - events_height;
    let half = right / 2;
    chart::draw(model, view, Stretch::FiveMinutes, &mut canvas.part(left, book_height, half, charts));
    chart::draw(model, view, Stretch::Session, &mut canvas.part(left + half, book_height, right - half, charts));
    what_happened(model, view, &mut canvas.part(left, book_height + charts, right, events_height));
}

fn regular(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let left = 40;
    column(model, view, &mut canvas.part(0, 0, left, height));
    let right = width - left;
    let book_height = 8;
    book::draw(model, view, &mut canvas.part(left, 0, right, book_height));
    let events_height = events_height(view, height - book_height, right);
    let charts = height - book_height - events_height;
    chart::draw(model, view, Stretch::FiveMinutes, &mut canvas.part(left, book_height, right, charts));
    what_happened(model, view, &mut canvas.part(left, book_height + charts, right, events_height));
}

/// What we hold, what it earned, how far the limits are, and with what is left our quotes.
fn column(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let inventory_height = 8;
    let profit_height = profit::rows(view) + 2;
    let limits_height = limits::rows(view) + 2;
    inventory::draw(view, &mut canvas.part(0, 0, width, inventory_height));
    profit::draw(view, &mut canvas.part(0, inventory_height, width, profit_height));
    let y = inventory_height + profit_height;
    limits::draw(view, &mut canvas.part(0, y, width, limits_height));
    let y = y + limits_height;
    let rest = height.saturating_sub(y);
    let quotes_height = if rest >= 13 { 7 } else { rest };
    quotes::summary(model, view, &mut canvas.part(0, y, width, quotes_height));
    if quotes_height < rest {
        let mut foot = canvas.part(0, y + quotes_height, width, rest - quotes_height);
        fills::brief(view, &mut pane(&mut foot, "Fills · UTC, newest first"));
    }
}

fn narrow(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let left = (width / 2).saturating_sub(1);
    let right = width - left;
    let (inventory_height, profit_height) = (7, profit::rows(view) + 2);
    let top = inventory_height + profit_height;
    inventory::draw(view, &mut canvas.part(0, 0, left, inventory_height));
    profit::draw(view, &mut canvas.part(0, inventory_height, left, profit_height));
    let book_height = if height >= 24 { 8 } else { 5 };
    book::draw(model, view, &mut canvas.part(left, 0, right, book_height));
    let limits_height = 4;
    let charts = top.saturating_sub(book_height + limits_height);
    chart::draw(model, view, Stretch::FiveMinutes, &mut canvas.part(left, book_height, right, charts));
    limits::brief(view, &mut canvas.part(left, book_height + charts, right, limits_height));
    what_happened(model, view, &mut canvas.part(0, top, width, height.saturating_sub(top)));
}

fn low(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let left = (width / 2).saturating_sub(1);
    inventory::draw(view, &mut canvas.part(0, 0, left, 7));
    book::draw(model, view, &mut canvas.part(left, 0, width - left, 7));
    profit::brief(view, &mut canvas.part(0, 7, width, 3));
    what_happened(model, view, &mut canvas.part(0, 10, width, height.saturating_sub(10)));
}

/// A third of the height, and as much as it takes to say why there are no quotes.
fn events_height(view: &SessionView, height: u16, width: u16) -> u16 {
    let wanted = (height * 2 / 5).max(6);
    let needed = if blocks::are_shown(view) { blocks::rows(view, width) + 2 } else { 0 };
    wanted.max(needed).min(height.saturating_sub(8))
}

/// Why it does not quote, if it does not; then the events, as far as there is room.
fn what_happened(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    if !blocks::are_shown(view) {
        let mut inside = pane(canvas, "Events · UTC, newest first");
        let taken = blocks::withheld(model, view, &mut inside);
        let (columns, rows) = (inside.width(), inside.height());
        events::draw(view, &mut inside.part(0, taken, columns, rows.saturating_sub(taken)));
        return;
    }
    let needed = blocks::rows(view, width) + 2;
    let left_over = height.saturating_sub(needed);
    let mine = if left_over >= 4 { needed } else { height };
    blocks::draw(model, view, &mut canvas.part(0, 0, width, mine));
    if mine < height {
        let mut rest = canvas.part(0, mine, width, height - mine);
        events::draw(view, &mut pane(&mut rest, "Events · UTC, newest first"));
    }
}
