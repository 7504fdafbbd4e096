//! Log: the last lines of this process, oldest first, quieter ones left out.
//!
//! ```text
//! ╭ Log · info and louder, following ────────────────────────────────────────────────────────────────╮
//! │ 12:40:55  INFO   keeper::store    checkpoint pages=112 took_ms=4                                 │
//! │ 12:40:58  WARN   session::runner  the clock jumped by 3.1 s                                      │
//! ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::style::Style;
use tracing::Level;

use super::canvas::Canvas;
use super::frame::pane;
use super::theme::Theme;
use crate::console::app::model::Model;
use crate::logging::LogLine;

/// Draws the tab.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let log = &model.log;
    let level = log.level.as_str().to_lowercase();
    let place = if log.follow { "following".to_owned() } else { format!("{} back from the newest", log.back) };
    let mut canvas = pane(canvas, &format!("Log · {level} and louder, {place}"));
    let theme = canvas.theme();
    let back = if log.follow { 0 } else { log.back };
    let height = usize::from(canvas.height());
    let heard = log.lines.iter().rev().filter(|line| line.level <= log.level);
    let seen: Vec<&LogLine> = heard.skip(back).take(height).map(AsRef::as_ref).collect();
    if seen.is_empty() {
        canvas.put(1, 0, "nothing at this level", theme.dim);
    }
    for (y, line) in (0_u16..).zip(seen.iter().rev()) {
        row(line, y, &mut canvas);
    }
}

fn row(line: &LogLine, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let style = level_style(line.level, theme);
    canvas.put_within(1, y, 8, time_of_day(&line.at), theme.dim);
    canvas.put_within(11, y, 5, line.level.as_str(), style);
    let target = line.target.trim_start_matches("neo_console::");
    let (x, room) = if canvas.width() >= 100 { (18, 22) } else { (17, 14) };
    canvas.put_within(x, y, room, target, theme.dim);
    let x = x + room + 1;
    let end = canvas.width().saturating_sub(1);
    let text = if line.level <= Level::WARN { style } else { theme.text };
    canvas.put_within(x, y, end.saturating_sub(x), &line.message, text);
}

/// `12:40:55` of `2026-11-22T12:40:55.123Z`; another text as it is.
fn time_of_day(at: &str) -> &str {
    at.get(11..19).unwrap_or(at)
}

fn level_style(level: Level, theme: &Theme) -> Style {
    match level {
        Level::ERROR => theme.bad,
        Level::WARN => theme.warn,
        Level::INFO => theme.text,
        _ => theme.dim,
    }
}
