//! Orders: what is open, with what was asked and what is confirmed apart; below it what is gone, newest first.
//!
//! ```text
//! ╭ Open · 2 ────────────────────────────────────────────────────────────────────────────────────────╮
//! │   id     side    price   quantity    filled  confirmed      asked            behind bps   age    │
//! │ › 39-12  buy   1.41862   7.401118  0.000000  resting        cancel 4 s ago          4.8   41 s   │
//! ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
//! ╭ Gone · newest first ─────────────────────────────────────────────────────────────────────────────╮
//! │   id     side    price   quantity    filled  how            mean price  gone at   lived          │
//! ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```
//!
//! The list's rows are the open orders, then those that are gone.

use ratatui::style::Style;

use super::canvas::Canvas;
use super::format;
use super::frame::pane;
use super::live::side_style;
use super::theme::Theme;
use super::widget::table::{self, Column, Written, numbers, words};
use crate::console::app::model::{ListState, Model};
use crate::domain::money::{Drops, Price};
use crate::domain::order::{Gone, Order, OrderStatus};
use crate::domain::time::Timestamp;
use crate::session::view::SessionView;

const OPEN: [Column; 10] = [
    words("id", 8, 0),
    words("side", 4, 0),
    numbers("price", 8, 0),
    numbers("quantity", 11, 0),
    numbers("filled", 11, 3),
    words("confirmed", 13, 0),
    words("asked", 12, 0),
    numbers("behind", 6, 1),
    numbers("age", 6, 2),
    numbers("ledger", 10, 5),
];

const GONE: [Column; 8] = [
    words("id", 8, 0),
    words("side", 4, 0),
    numbers("price", 8, 0),
    numbers("quantity", 11, 0),
    numbers("filled", 11, 1),
    words("how", 13, 0),
    words("gone at", 8, 0),
    numbers("mean price", 10, 2),
];

/// Draws the tab.
pub fn draw(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let open_count = view.engine.orders.len();
    let rows = u16::try_from(open_count.max(1)).unwrap_or(u16::MAX);
    let open_height = rows.saturating_add(3).min(height / 2);
    let list = model.orders;
    let in_open = (list.selected < open_count).then_some(list);
    let mut upper = canvas.part(0, 0, width, open_height);
    open(view, model.now, in_open, &mut pane(&mut upper, &format!("Open · {open_count}")));
    let in_gone = list.selected.checked_sub(open_count);
    let in_gone = in_gone.map(|selected| ListState { selected, offset: list.offset.saturating_sub(open_count) });
    let mut lower = canvas.part(0, open_height, width, height - open_height);
    gone(view, in_gone, &mut pane(&mut lower, "Gone · UTC, newest first"));
}

/// Draws the table of open orders.
pub fn open(view: &SessionView, now: Timestamp, list: Option<ListState>, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let orders = &view.engine.orders;
    table::draw(canvas, &OPEN, orders.len(), list, |row, column| open_cell(view, &orders[row], now, column, theme));
    if orders.is_empty() {
        canvas.put(1, 1, "nothing of ours is open", theme.dim);
    }
}

fn open_cell(view: &SessionView, order: &Order, now: Timestamp, column: usize, theme: &Theme) -> Written {
    match column {
        0..=3 => spec_cell(order, column, theme),
        4 => filled(order, theme),
        5 => (format::status(order.status).to_owned(), status_style(order.status, theme)),
        6 => asked(order, now, theme),
        7 => (behind(view, order), theme.text),
        8 => (format::age(now.since(order.created_at)), theme.dim),
        _ => (order.resting_since.map_or_else(unknown, |ledger| format::grouped(ledger.into())), theme.dim),
    }
}

fn spec_cell(order: &Order, column: usize, theme: &Theme) -> Written {
    let spec = &order.spec;
    match column {
        0 => (spec.id.to_string(), theme.text),
        1 => (format::side(spec.side).to_owned(), side_style(spec.side, theme)),
        2 => (format::price(spec.price), theme.text),
        _ => (format::xrp(spec.quantity), theme.text),
    }
}

fn filled(order: &Order, theme: &Theme) -> Written {
    (format::xrp(order.filled), if order.filled > Drops::ZERO { theme.text } else { theme.dim })
}

/// What was asked and is not confirmed yet.
fn asked(order: &Order, now: Timestamp, theme: &Theme) -> Written {
    match (order.cancel_asked_at, order.status) {
        (Some(at), _) => (format!("cancel {}", format::age(now.since(at))), theme.warn),
        (None, OrderStatus::Intended | OrderStatus::Sent) => ("place".to_owned(), theme.warn),
        (None, _) => (unknown(), theme.dim),
    }
}

/// Behind the best price of others on its side; negative is ahead of it.
fn behind(view: &SessionView, order: &Order) -> String {
    use crate::domain::order::Side;
    let best = view.engine.book.as_ref().and_then(|book| book.others_best(order.spec.side));
    best.map_or_else(unknown, |best| {
        let above = order.spec.price.bps_from(best);
        format::bps(match order.spec.side {
            Side::Buy => -above,
            Side::Sell => above,
        })
    })
}

fn status_style(status: OrderStatus, theme: &Theme) -> Style {
    match status {
        OrderStatus::Intended | OrderStatus::Sent => theme.warn,
        OrderStatus::Resting | OrderStatus::Gone(Gone::Filled) => theme.good,
        OrderStatus::PartiallyFilled => theme.ours,
        OrderStatus::Gone(Gone::Refused) => theme.bad,
        OrderStatus::Gone(Gone::Cancelled | Gone::NeverSent | Gone::VenueEnded) => theme.dim,
    }
}

fn gone(view: &SessionView, list: Option<ListState>, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let orders = &view.gone;
    table::draw(canvas, &GONE, orders.len(), list, |row, column| {
        orders.get(orders.len() - 1 - row).map_or_else(|| (unknown(), theme.dim), |o| gone_cell(o, column, theme))
    });
    if orders.is_empty() {
        canvas.put(1, 1, "none is gone yet", theme.dim);
    }
}

fn gone_cell(order: &Order, column: usize, theme: &Theme) -> Written {
    match column {
        0..=3 => spec_cell(order, column, theme),
        4 => filled(order, theme),
        5 => (format::status(order.status).to_owned(), status_style(order.status, theme)),
        6 => (format::clock(order.updated_at), theme.dim),
        _ => {
            let mean = Price::from_amounts(order.exchanged, order.filled);
            (mean.map_or_else(unknown, format::price), theme.text)
        }
    }
}

fn unknown() -> String {
    format::UNKNOWN.to_owned()
}
