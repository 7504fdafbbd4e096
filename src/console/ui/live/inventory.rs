//! What we hold, what it is worth, and how far it is from the wanted share.
//!
//! ```text
//! ╭ Inventory · value in RLUSD ──────────╮
//! │ XRP        104.203117      148.02    │
//! │ RLUSD      133.871204      133.87    │
//! │ value                      281.89    │
//! │ since start                 +0.42    │
//! │ 25 ┊··········│█████▌····┊ 75  52.5 %│
//! │ target 50.0 %             drift +2.5 │
//! ╰──────────────────────────────────────╯
//! ```

use ratatui::style::Style;
use rust_decimal::Decimal;

use crate::console::ui::canvas::{Canvas, width};
use crate::console::ui::format;
use crate::console::ui::frame::pane;
use crate::console::ui::theme::Theme;
use crate::console::ui::widget::bar;
use crate::domain::money::{Bps, Value};
use crate::domain::pnl::Holding;
use crate::session::view::SessionView;

/// The corridor of the XRP's share, in bps of the value.
const CORRIDOR: (i64, i64) = (2_500, 7_500);

/// Draws the pane.
pub fn draw(view: &SessionView, canvas: &mut Canvas<'_>) {
    let mut canvas = pane(canvas, "Inventory · value in RLUSD");
    let (theme, end) = (canvas.theme(), canvas.width().saturating_sub(1));
    let holding = view.engine.holding;
    let amounts = end.saturating_sub(if end >= 32 { 12 } else { 8 });
    let rows = [
        ("XRP", holding.map(|h| format::xrp(h.xrp)), holding.map(|h| h.xrp.at(h.mid))),
        ("RLUSD", holding.map(|h| format::rounded(h.rlusd.to_decimal(), 6)), holding.map(|h| h.rlusd.value())),
    ];
    for (y, (name, amount, value)) in (0_u16..).zip(rows) {
        canvas.put(1, y, name, theme.dim);
        canvas.put_right(amounts, y, amount.as_deref().unwrap_or(format::UNKNOWN), theme.text);
        canvas.put_right(end, y, &shown(value), theme.dim);
    }
    canvas.put(1, 2, "value", theme.dim);
    canvas.put_right(end, 2, &shown(holding.map(|h| h.value)), theme.title);
    since_start(view, end, &mut canvas);
    share(view, holding, &mut canvas);
}

fn shown(value: Option<Value>) -> String {
    value.map_or_else(|| format::UNKNOWN.to_owned(), |value| format::rounded(value.to_decimal(), 2))
}

/// The change of the value without capital that was moved: money paid in is no gain.
fn since_start(view: &SessionView, end: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    canvas.put(1, 3, "since start", theme.dim);
    let (Some(now), Some(start)) = (view.engine.holding, view.engine.starting) else {
        canvas.put_right(end, 3, format::UNKNOWN, theme.dim);
        return;
    };
    let gain = now.value - start.value - view.engine.capital;
    canvas.put_right(end, 3, &format::change(gain.to_decimal(), 2), gain_style(gain, theme));
}

/// How a gain or a loss looks, beside its sign.
pub fn gain_style(gain: Value, theme: &Theme) -> Style {
    match gain.cmp(&Value::ZERO) {
        std::cmp::Ordering::Less => theme.bad,
        std::cmp::Ordering::Equal => theme.text,
        std::cmp::Ordering::Greater => theme.good,
    }
}

fn share(view: &SessionView, holding: Option<Holding>, canvas: &mut Canvas<'_>) {
    let (theme, end) = (canvas.theme(), canvas.width().saturating_sub(1));
    let target = view.engine.target_share;
    let share = holding.map(|holding| holding.inventory().xrp_share(holding.mid));
    let text = share.map_or_else(|| format::UNKNOWN.to_owned(), |share| format!("{} %", format::percent(share)));
    let outside = share.is_some_and(|s| s < Bps::from_whole(CORRIDOR.0) || s > Bps::from_whole(CORRIDOR.1));
    canvas.put(1, 4, "25", theme.dim);
    canvas.put_right(end, 4, &text, if outside { theme.bad } else { theme.text });
    let cells = end.saturating_sub(17) | 1;
    if cells < 5 || end < 24 {
        return;
    }
    canvas.glyph(4, 4, '┊', theme.dim);
    let drift = share.map(|share| share.to_decimal() - target.to_decimal());
    bar::around(canvas, (5, 4), cells, drift.map_or(0, permille_of_corridor), bar_style(outside, theme));
    canvas.glyph(5 + cells, 4, '┊', theme.dim);
    canvas.put(5 + cells + 2, 4, "75", theme.dim);
    let y = 5;
    let x = canvas.put(1, y, "XRP share, target ", theme.dim);
    canvas.put(x, y, &format!("{} %", format::percent(target)), theme.dim);
    let drift =
        drift.map_or_else(|| format::UNKNOWN.to_owned(), |drift| format::change(drift / Decimal::ONE_HUNDRED, 1));
    let drift_at = end.saturating_sub(width(&drift));
    canvas.put_right(drift_at, y, "drift ", theme.dim);
    canvas.put(drift_at, y, &drift, theme.text);
}

fn bar_style(outside: bool, theme: &Theme) -> Style {
    if outside { theme.bad } else { theme.accent }
}

/// A drift in bps as thousandths of the way from the target to the corridor's end.
fn permille_of_corridor(drift: Decimal) -> i32 {
    let half = Decimal::from((CORRIDOR.1 - CORRIDOR.0) / 2);
    let permille = (drift / half * Decimal::ONE_THOUSAND).round();
    i32::try_from(permille).unwrap_or(i32::MAX).clamp(-1_000, 1_000)
}
