//! Our quotes: what is wanted, what is there, and what quoting has come to.
//!
//! ```text
//! ╭ Quotes ──────────────────────────────╮
//! │ bid    1.41862    7.401118   4.8 bps │
//! │ ask    1.42214    7.390000   8.0 bps │
//! │ fills          14, 8 bought, 6 sold  │
//! │ earned         8.4 bps of spread     │
//! │ quoting        0:11:58, 94 % of time │
//! ╰──────────────────────────────────────╯
//! ```

use ratatui::style::Style;

use crate::console::app::model::Model;
use crate::console::ui::canvas::Canvas;
use crate::console::ui::format;
use crate::console::ui::frame::pane;
use crate::console::ui::orders;
use crate::console::ui::theme::Theme;
use crate::domain::order::Side;
use crate::session::view::SessionView;

/// Draws what is wanted on each side and what trading came to, in a narrow column.
pub fn summary(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    if canvas.height() < 3 {
        return;
    }
    let mut canvas = pane(canvas, "Quotes · wanted");
    let (theme, engine) = (canvas.theme(), &view.engine);
    for (y, side) in (0_u16..).zip([Side::Buy, Side::Sell]) {
        wanted(view, side, y, &mut canvas);
    }
    let (bought, sold) = engine.fills;
    let session = model.now.since(view.identity.started_at).as_millis().max(1);
    let share = engine.quoting.as_millis() * 100 / session;
    let rows = [
        ("fills", format!("{}, {bought} bought, {sold} sold", u64::from(bought) + u64::from(sold))),
        ("earned", format!("{} bps of spread", format::bps(engine.spread_earned))),
        ("quoting", format!("{}, {} % of the time", format::lasted(engine.quoting), share.min(100))),
    ];
    for (y, (name, text)) in (2_u16..).zip(rows) {
        canvas.put(1, y, name, theme.dim);
        canvas.put(11, y, &text, theme.text);
    }
}

fn wanted(view: &SessionView, side: Side, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let quote = view.engine.quote(side);
    canvas.put(1, y, format::quote(side), side_style(side, theme));
    let Some((price, quantity)) = quote.wanted else {
        canvas.put(11, y, "none", theme.dim);
        return;
    };
    canvas.put(11, y, &format::price(price), theme.text);
    canvas.put_right(29, y, &format::xrp(quantity), theme.text);
    let behind = quote.behind_touch.map_or_else(|| format::UNKNOWN.to_owned(), format::bps);
    let end = canvas.width().saturating_sub(1);
    if end >= 36 {
        canvas.put_right(end, y, &behind, theme.dim);
    }
}

/// How a side looks.
pub fn side_style(side: Side, theme: &Theme) -> Style {
    match side {
        Side::Buy => theme.bid,
        Side::Sell => theme.ask,
    }
}

/// Draws our open orders beside the book, where there is room for it.
pub fn draw(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let mut canvas = pane(canvas, "Our orders");
    orders::open(view, model.now, None, &mut canvas);
}
