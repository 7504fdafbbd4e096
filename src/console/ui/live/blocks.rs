//! Why it does not quote, and what would release it.
//!
//! ```text
//! ╭ Not quoting: IDLE since 0:01:12 · one side only ───────────────────────────────────────────────╮
//! │ market is one-sided   3 buys in 30 s (limit 3)        resumes in 0:00:18, if no further buy    │
//! ╰────────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use crate::console::app::model::Model;
use crate::console::ui::canvas::Canvas;
use crate::console::ui::format;
use crate::console::ui::frame::pane;
use crate::domain::mode::Mode;
use crate::domain::time::Timestamp;
use crate::engine::snapshot::Block;
use crate::session::view::SessionView;

/// Where there is room for what, measured and release in one row.
const ONE_ROW: u16 = 96;

/// Whether the pane is shown: there are no quotes, and the session is not being closed.
pub fn are_shown(view: &SessionView) -> bool {
    view.engine.mode != Mode::Quoting && view.end.is_none()
}

/// How many rows it takes inside of its border, which is `width` cells wide.
pub fn rows(view: &SessionView, width: u16) -> u16 {
    let blocks = u16::try_from(view.engine.blocks.len()).unwrap_or(u16::MAX);
    blocks.saturating_mul(if width >= ONE_ROW { 1 } else { 2 }).max(1)
}

/// Draws the pane.
pub fn draw(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let engine = &view.engine;
    let since = format::lasted(model.now.since(engine.mode_since));
    let mode = engine.mode.as_str().to_uppercase();
    let since = if engine.mode_since == Timestamp::default() { String::new() } else { format!(" for {since}") };
    let why = if engine.mode_why.is_empty() { String::new() } else { format!(" · {}", engine.mode_why) };
    let title = format!("Not quoting: {mode}{since}{why}");
    let mut canvas = pane(canvas, &title);
    let theme = canvas.theme();
    if engine.blocks.is_empty() {
        canvas.put(1, 0, "nothing else keeps it from quoting", theme.dim);
    }
    let one_row = canvas.width() + 2 >= ONE_ROW;
    let mut y = 0;
    for block in &engine.blocks {
        y += self::block(model, block, y, one_row, &mut canvas);
    }
}

/// Draws one block and says how many rows it took.
fn block(model: &Model, block: &Block, y: u16, one_row: bool, canvas: &mut Canvas<'_>) -> u16 {
    let theme = canvas.theme();
    let end = canvas.width().saturating_sub(1);
    let release = release(model, block);
    if one_row {
        let third = end / 3;
        canvas.put_within(1, y, third.saturating_sub(2), &what(block), theme.warn);
        canvas.put_within(third, y, third.saturating_sub(2), &block.measured, theme.text);
        canvas.put_within(third * 2, y, end.saturating_sub(third * 2), &release, theme.accent);
        return 1;
    }
    let x = canvas.put_within(1, y, end / 2, &what(block), theme.warn) + 2;
    canvas.put_within(x, y, end.saturating_sub(x), &block.measured, theme.text);
    canvas.put_within(3, y + 1, end.saturating_sub(3), &release, theme.accent);
    2
}

/// What withholds one side while quotes are wanted; returns how many rows it took.
pub fn withheld(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) -> u16 {
    let Some(block) = view.engine.blocks.first().filter(|_| view.end.is_none()) else { return 0 };
    let one_row = canvas.width() + 2 >= ONE_ROW;
    self::block(model, block, 0, one_row, canvas)
}

fn what(block: &Block) -> String {
    match block.side {
        Some(side) => format!("no {}: {}", format::quote(side), block.what),
        None => block.what.clone(),
    }
}

fn release(model: &Model, block: &Block) -> String {
    match block.until {
        Some(until) => format!("resumes in {} {}", format::lasted(until.since(model.now)), block.release),
        None => block.release.clone(),
    }
}
