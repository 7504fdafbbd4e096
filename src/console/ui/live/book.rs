//! The book: five levels a side, what of it is ours, and how far we are from the touch.
//!
//! ```text
//! ╭ Book · XRP at RLUSD · ledger 95 600 123 ───────────────────────────────────╮
//! │      312.0     ▐██████ 1.41930 │ 1.42101 ███▏            160.2             │
//! │ ours  10.5           ▕ 1.41862 │ 1.42214 ▎                10.5 ours        │
//! │ spread 12.0 bps   our bid 4.8 bps behind   our ask 8.0 bps behind the touch│
//! ╰────────────────────────────────────────────────────────────────────────────╯
//! ```

use rust_decimal::Decimal;

use crate::console::app::model::Model;
use crate::console::ui::canvas::Canvas;
use crate::console::ui::format;
use crate::console::ui::frame::pane;
use crate::console::ui::theme::Theme;
use crate::console::ui::widget::bar::{self, From};
use crate::domain::market::{Book, Level};
use crate::domain::money::{Bps, Drops};
use crate::domain::order::Side;
use crate::session::view::SessionView;

/// A ledger closes every four seconds; an older book is worth a word.
const ORDINARY_AGE_S: u64 = 9;

/// Draws the pane.
pub fn draw(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let name = if canvas.width() >= 50 { "Book · XRP at RLUSD" } else { "Book" };
    let ledger = view.engine.ledger.map_or_else(String::new, |(ledger, closed_at)| {
        let age = model.now.since(closed_at);
        let late = if age.as_secs() > ORDINARY_AGE_S { format!(", {} ago", format::age(age)) } else { String::new() };
        format!(" · ledger {}{late}", format::grouped(ledger.into()))
    });
    let title = format!("{name}{ledger}");
    let mut canvas = pane(canvas, &title);
    let (theme, levels) = (canvas.theme(), canvas.height().saturating_sub(1));
    match &view.engine.book {
        Some(book) => ladder(book, levels, &mut canvas),
        None => {
            canvas.put(1, 0, "no book yet", theme.dim);
        }
    }
    distances(view, levels, &mut canvas);
}

fn ladder(book: &Book, levels: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let middle = canvas.width() / 2;
    let most = book.bids.iter().chain(&book.asks).take(usize::from(levels) * 2).map(|level| level.quantity).max();
    let most = most.unwrap_or(Drops::ZERO);
    for y in 0..levels.min(5) {
        canvas.glyph(middle, y, '│', theme.frame);
    }
    for (side, rows) in [(Side::Buy, &book.bids), (Side::Sell, &book.asks)] {
        for (y, level) in (0..levels).zip(rows) {
            rung(level, side, (middle, y), most, canvas);
        }
    }
}

/// One level on one side, outward from the middle: price, depth, quantity, whether it is ours.
fn rung(level: &Level, side: Side, (middle, y): (u16, u16), most: Drops, canvas: &mut Canvas<'_>) {
    const PRICE: u16 = 7;
    let theme = canvas.theme();
    let half = middle.saturating_sub(1);
    let is_ours = level.ours > Drops::ZERO;
    let tag_width = if half >= 27 { 5 } else { 0 };
    let room = half.saturating_sub(PRICE + 1).min(7);
    let bar = half.saturating_sub(PRICE + room + tag_width + 4);
    let price = format::price(level.price);
    let quantity = format::rounded(level.quantity.to_decimal(), u32::from(room >= 7));
    let (price_style, quantity_style) = styles(side, is_ours, theme);
    let (from, price_at, bar_at) = match side {
        Side::Buy => (From::Right, middle.saturating_sub(1 + PRICE), middle.saturating_sub(2 + PRICE + bar)),
        Side::Sell => (From::Left, middle + 2, middle + 3 + PRICE),
    };
    canvas.put(price_at, y, &price, price_style);
    bar::part(canvas, (bar_at, y), bar, permille(level.quantity, most), from, price_style, None);
    if is_ours {
        bar::part(canvas, (bar_at, y), bar, permille(level.ours, most), from, theme.ours, None);
    }
    let gap = u16::from(bar > 0);
    match side {
        Side::Buy => canvas.put_right(bar_at.saturating_sub(gap), y, &quantity, quantity_style),
        Side::Sell => canvas.put_right(bar_at + bar + gap + room, y, &quantity, quantity_style),
    }
    if is_ours {
        let (mark, mark_at, tag_at) = match side {
            Side::Buy => ('›', middle.saturating_sub(PRICE + 2), bar_at.saturating_sub(gap + room + tag_width)),
            Side::Sell => ('‹', middle + PRICE + 2, bar_at + bar + gap + room + 1),
        };
        if tag_width > 0 {
            canvas.put(tag_at, y, "ours", theme.ours);
        } else {
            canvas.glyph(mark_at, y, mark, theme.ours);
        }
    }
}

fn styles(side: Side, is_ours: bool, theme: &Theme) -> (ratatui::style::Style, ratatui::style::Style) {
    let price = match side {
        Side::Buy => theme.bid,
        Side::Sell => theme.ask,
    };
    if is_ours { (price, theme.ours) } else { (price, theme.dim) }
}

fn permille(quantity: Drops, most: Drops) -> u32 {
    if most <= Drops::ZERO {
        return 0;
    }
    u32::try_from(quantity.get().saturating_mul(1_000) / most.get()).unwrap_or(0)
}

/// The spread, and how far our quotes are behind the best of others.
fn distances(view: &SessionView, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let roomy = canvas.width() >= 66;
    let spread = view.engine.book.as_ref().and_then(Book::spread);
    let x = canvas.put(1, y, "spread ", theme.dim);
    let spread = spread.map_or_else(|| format::UNKNOWN.to_owned(), format::bps);
    let mut x = canvas.put(x, y, &format!("{spread:>5}"), theme.text);
    x = canvas.put(x, y, if roomy { " bps" } else { "" }, theme.dim);
    for side in [Side::Buy, Side::Sell] {
        x = canvas.put(x, y, if roomy { "   our " } else { "  " }, theme.dim);
        x = canvas.put(x, y, format::quote(side), styles(side, false, theme).0);
        let quote = view.engine.quote(side);
        let text = match (quote.order, quote.behind_touch) {
            (None, _) => format::UNKNOWN.to_owned(),
            (Some(_), Some(behind)) => distance(behind, roomy),
            (Some(_), None) => "alone".to_owned(),
        };
        x = canvas.put(x + 1, y, &text, theme.text);
    }
    if !roomy {
        canvas.put(x + 1, y, "bps", theme.dim);
    }
}

fn distance(behind: Bps, roomy: bool) -> String {
    let text = format::rounded(behind.to_decimal().abs(), 1);
    match (behind.to_decimal().cmp(&Decimal::ZERO), roomy) {
        (_, false) => format::bps(behind),
        (std::cmp::Ordering::Greater, true) => format!("{text} bps behind"),
        (std::cmp::Ordering::Equal, true) => "at the touch".to_owned(),
        (std::cmp::Ordering::Less, true) => format!("{text} bps ahead"),
    }
}
