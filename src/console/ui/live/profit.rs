//! What was earned, and where it comes from. The residual is always shown: it must be nothing at all.
//!
//! ```text
//! ╭ Profit · RLUSD ──────────────────────╮
//! │ spread        +0.3120   ······│████  │
//! │ inventory     +0.1093   ······│█▍··  │
//! │ fees          −0.0001   ······│····  │
//! │ session       +0.4212   +14.9 bps    │
//! │ residual       0        ✓ 12:40:31   │
//! ╰──────────────────────────────────────╯
//! ```

use rust_decimal::Decimal;

use super::inventory::gain_style;
use crate::console::ui::canvas::Canvas;
use crate::console::ui::format;
use crate::console::ui::frame::pane;
use crate::console::ui::widget::bar;
use crate::domain::inventory::Inventory;
use crate::domain::money::Value;
use crate::session::view::SessionView;

/// Where the amounts end.
const AMOUNTS_END: u16 = 22;

/// How many rows it takes.
pub fn rows(view: &SessionView) -> u16 {
    if view.engine.capital == Value::ZERO { 5 } else { 6 }
}

/// Draws the pane.
pub fn draw(view: &SessionView, canvas: &mut Canvas<'_>) {
    let mut canvas = pane(canvas, "Profit · RLUSD");
    let theme = canvas.theme();
    let split = &view.engine.split;
    let parts = [("spread", split.spread), ("inventory", split.inventory), ("fees", -split.fees)];
    let largest = parts.iter().map(|(_, part)| magnitude(*part)).max().unwrap_or_default();
    let bar_width = canvas.width().saturating_sub(AMOUNTS_END + 3).saturating_sub(1) | 1;
    for (y, (name, part)) in (0_u16..).zip(parts) {
        canvas.put(1, y, name, theme.dim);
        canvas.put_right(AMOUNTS_END, y, &format::change(part.to_decimal(), 4), theme.text);
        if bar_width >= 7 && canvas.width() > AMOUNTS_END + 9 {
            bar::around(&mut canvas, (AMOUNTS_END + 2, y), bar_width, permille(part, largest), gain_style(part, theme));
        }
    }
    let profit = split.profit();
    canvas.put(1, 3, "session", theme.text);
    canvas.put_right(AMOUNTS_END, 3, &format::change(profit.to_decimal(), 4), gain_style(profit, theme));
    if let Some(start) = view.engine.starting {
        let text = format!("{} bps", format::change(profit.bps_of(start.value).to_decimal(), 1));
        canvas.put(AMOUNTS_END + 2, 3, &text, theme.dim);
    }
    if view.engine.capital != Value::ZERO {
        canvas.put(1, 4, "capital moved", theme.dim);
        canvas.put_right(AMOUNTS_END, 4, &format::change(view.engine.capital.to_decimal(), 4), theme.text);
        canvas.put(AMOUNTS_END + 2, 4, "no profit", theme.dim);
    }
    residual(view, rows(view) - 1, &mut canvas);
}

/// In one line, for a terminal that is low.
pub fn brief(view: &SessionView, canvas: &mut Canvas<'_>) {
    let mut canvas = pane(canvas, "Profit · RLUSD");
    let theme = canvas.theme();
    let split = &view.engine.split;
    let profit = split.profit();
    let mut x = canvas.put(1, 0, "session ", theme.text);
    x = canvas.put(x, 0, &format::change(profit.to_decimal(), 2), gain_style(profit, theme)) + 2;
    for (name, part) in [("spread ", split.spread), ("inventory ", split.inventory), ("fees ", -split.fees)] {
        x = canvas.put(x, 0, name, theme.dim);
        x = canvas.put(x, 0, &format::change(part.to_decimal(), 2), theme.text) + 2;
    }
}

fn residual(view: &SessionView, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    canvas.put(1, y, "residual", theme.dim);
    let Some((residual, at)) = view.engine.residual else {
        canvas.put_right(AMOUNTS_END - 5, y, format::UNKNOWN, theme.dim);
        return;
    };
    if residual == Inventory::default() {
        canvas.put_right(AMOUNTS_END - 5, y, "0", theme.text);
        canvas.put(AMOUNTS_END + 2, y, &format!("✓ {}", format::clock(at)), theme.dim);
    } else {
        let (xrp, rlusd) = (format::exact(residual.xrp.to_decimal()), format::exact(residual.rlusd.to_decimal()));
        let room = canvas.width().saturating_sub(12);
        canvas.put_within(11, y, room, &format!("✗ {xrp} XRP, {rlusd} RLUSD"), theme.bad);
    }
}

fn magnitude(part: Value) -> Decimal {
    part.to_decimal().abs()
}

fn permille(part: Value, largest: Decimal) -> i32 {
    if largest.is_zero() {
        return 0;
    }
    i32::try_from((part.to_decimal() / largest * Decimal::ONE_THOUSAND).round()).unwrap_or(0)
}
