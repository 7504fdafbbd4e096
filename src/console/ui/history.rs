//! History: past sessions, newest first. `Enter` opens one.
//!
//! ```text
//! ╭ Sessions · UTC, newest first ────────────────────────────────────────────────────────────────────────────────╮
//! │    no  started             lasted  status     reason            fills    profit  ending value  incidents     │
//! │›   38  2026-11-22 10:02   2:00:00  CLOSED     duration_elapsed     41   +0.8812        281.47          0     │
//! ╰──────────────────────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::style::Style;
use rust_decimal::Decimal;

use super::canvas::Canvas;
use super::format;
use super::frame::pane;
use super::theme::Theme;
use super::widget::table::{self, Column, Written, numbers, words};
use crate::console::app::model::Model;
use crate::domain::session::Status;
use crate::domain::time::Timestamp;
use crate::store::rows::SessionRow;

const COLUMNS: [Column; 11] = [
    numbers("no", 5, 0),
    words("started", 16, 0),
    numbers("lasted", 8, 0),
    words("status", 9, 0),
    words("reason", 20, 0),
    numbers("fills", 5, 2),
    numbers("profit", 9, 1),
    numbers("ending value", 12, 4),
    numbers("incidents", 9, 3),
    words("mode", 6, 5),
    words("label", 24, 6),
];

/// Draws the tab.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let history = &model.history;
    let state = match (history.loading, history.more) {
        (true, _) => " · reading…",
        (false, true) => " · older ones follow",
        (false, false) => "",
    };
    let mut canvas = pane(canvas, &format!("Sessions · UTC, newest first{state}"));
    let (theme, width) = (canvas.theme(), canvas.width());
    if !history.trouble.is_empty() {
        let height = canvas.height();
        let mut foot = canvas.part(1, height.saturating_sub(1), width.saturating_sub(2), 1);
        foot.put_within(0, 0, width, &format!("✗ the history could not be read: {}", history.trouble), theme.bad);
    }
    let room = canvas.height().saturating_sub(u16::from(!history.trouble.is_empty()));
    let mut canvas = canvas.part(0, 0, width, room);
    let rows = &history.rows;
    table::draw(&mut canvas, &COLUMNS, rows.len(), Some(history.list), |row, column| cell(&rows[row], column, theme));
    if rows.is_empty() {
        let text = match (history.loading, history.trouble.is_empty()) {
            (true, _) => "reading past sessions…",
            (false, true) => "there is no past session yet",
            (false, false) => "r tries again",
        };
        canvas.put(1, 1, text, theme.dim);
    }
}

fn cell(row: &SessionRow, column: usize, theme: &Theme) -> Written {
    match column {
        0 => (row.session_id.to_string(), theme.text),
        1 => (format::day_and_minute(&row.started_at), theme.text),
        2 => (lasted(row), theme.text),
        3 if row.has_no_known_end() => ("no end".to_owned(), theme.warn),
        3 => (row.status.clone(), status_style(&row.status, theme)),
        4 => (row.halt_reason.clone().unwrap_or_else(unknown), theme.text),
        5 => (row.fills.to_string(), theme.text),
        6 => money(row.profit.as_deref(), |profit| format::change(profit, 4), theme),
        7 => money(row.ending_value.as_deref(), |value| format::rounded(value, 2), theme),
        8 => (row.incidents.to_string(), if row.incidents > 0 { theme.warn } else { theme.dim }),
        9 => (row.mode.clone(), if row.mode == "live" { theme.ours } else { theme.dim }),
        _ => (row.label.clone(), theme.dim),
    }
}

/// From its start to its end, if both are known.
pub fn lasted(row: &SessionRow) -> String {
    let started = row.started_at.parse::<Timestamp>().ok();
    let ended = row.ended_at.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    match (started, ended) {
        (Some(started), Some(ended)) => format::lasted(ended.since(started)),
        _ => unknown(),
    }
}

/// How a status looks, beside its word.
pub fn status_style(status: &str, theme: &Theme) -> Style {
    match Status::from_text(status) {
        Some(Status::Closed) => theme.good,
        Some(Status::Recovered | Status::Closing) => theme.warn,
        Some(Status::Open) => theme.accent,
        None => theme.dim,
    }
}

/// An amount as the database has it: not a number is shown as it stands there.
fn money(text: Option<&str>, shown: impl Fn(Decimal) -> String, theme: &Theme) -> Written {
    match text.map(|text| (text, text.parse::<Decimal>())) {
        None => (unknown(), theme.dim),
        Some((_, Ok(number))) if number < Decimal::ZERO => (shown(number), theme.bad),
        Some((_, Ok(number))) => (shown(number), theme.text),
        Some((text, Err(_))) => (text.to_owned(), theme.warn),
    }
}

fn unknown() -> String {
    format::UNKNOWN.to_owned()
}
