//! Every limit, and how much of it is used.
//!
//! ```text
//! ╭ Limits ──────────────────────────────╮
//! │ XRP      104.2 of 150 XRP ██████▊··· │
//! │ market   2.1 of 30 s      ▋········· │
//! ╰──────────────────────────────────────╯
//! ```

use ratatui::style::Style;

use crate::console::ui::canvas::{Canvas, width};
use crate::console::ui::frame::pane;
use crate::console::ui::theme::Theme;
use crate::console::ui::widget::bar::{self, From};
use crate::engine::snapshot::LimitView;
use crate::session::view::SessionView;

/// How many rows it takes.
pub fn rows(view: &SessionView) -> u16 {
    u16::try_from(view.engine.limits.len()).unwrap_or(u16::MAX).clamp(1, 8)
}

/// Draws the pane, a limit a row.
pub fn draw(view: &SessionView, canvas: &mut Canvas<'_>) {
    let mut canvas = pane(canvas, "Limits · used");
    let theme = canvas.theme();
    let limits = &view.engine.limits;
    let names = limits.iter().map(|limit| width(limit.name)).max().unwrap_or(0);
    let measured = limits.iter().map(|limit| width(&limit.measured)).max().unwrap_or(0);
    let bounds = limits.iter().map(|limit| width(&limit.limit)).max().unwrap_or(0);
    let bar_at = 1 + names + 2 + measured + 4 + bounds + 2;
    let end = canvas.width().saturating_sub(1);
    for (y, limit) in (0_u16..).zip(limits) {
        let style = style(limit, theme);
        canvas.put(1, y, limit.name, theme.dim);
        canvas.put_right(3 + names + measured, y, &limit.measured, style);
        let x = canvas.put(3 + names + measured, y, " of ", theme.dim);
        canvas.put_within(x, y, end.saturating_sub(x), &limit.limit, theme.dim);
        let bar_style = if style == theme.text { theme.accent } else { style };
        let cells = end.saturating_sub(bar_at);
        bar::part(&mut canvas, (bar_at, y), cells, limit.used_permille, From::Left, bar_style, Some(theme.frame));
    }
}

/// As percentages, two limits a row, for a narrow terminal.
pub fn brief(view: &SessionView, canvas: &mut Canvas<'_>) {
    let mut canvas = pane(canvas, "Limits · used");
    let theme = canvas.theme();
    let half = canvas.width() / 2;
    for (index, limit) in (0_u16..).zip(&view.engine.limits) {
        let (x, y) = (1 + index % 2 * half, index / 2);
        canvas.put_within(x, y, 9, limit.name, theme.dim);
        let end = x + half.saturating_sub(3);
        canvas.put_right(end, y, &format!("{} %", limit.used_permille / 10), style(limit, theme));
    }
}

fn style(limit: &LimitView, theme: &Theme) -> Style {
    match limit.used_permille {
        0..800 => theme.text,
        800..1_000 => theme.warn,
        1_000.. => theme.bad,
    }
}
