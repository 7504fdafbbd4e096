//! The first line: what this is, whose money it is, what it does, and for how long.
//!
//! ```text
//!  NEO  paper.db · paper · seed 7 · config 3f9a2c41d0be · 0.1.0 a1b2c3d   ● QUOTING   session 39   0:12:41 of 2:00:00
//! ```

use ratatui::style::Style;

use super::canvas::{Canvas, width};
use super::format;
use super::theme::Theme;
use crate::console::app::model::Model;
use crate::domain::mode::Mode;
use crate::domain::order::Side;
use crate::domain::session::SessionMode;
use crate::session::view::{Identity, Pending, SessionView};

/// Draws the first line.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let x = canvas.put(1, 0, "NEO", theme.accent.patch(theme.title)) + 2;
    let Some(view) = &model.view else {
        let end = canvas.width().saturating_sub(1);
        let (state, style) = match &model.asking {
            Some(_) => ("▲ NEEDS YOUR ANSWER", theme.shout),
            None => ("◐ STARTING", theme.warn),
        };
        canvas.put_right(end, 0, state, style);
        canvas.put_within(x, 0, end.saturating_sub(x + width(state) + 2), file_name(&model.database), theme.text);
        return;
    };
    let clock = clock(model, view, canvas.width());
    let slot = match canvas.width() {
        0..76 => 18,
        76..116 => 20,
        116..150 => 33,
        150.. => 44,
    };
    let right = canvas.width().saturating_sub(width(&clock) + 1);
    let mode_at = right.saturating_sub(slot);
    identity(&view.identity, x, mode_at.saturating_sub(1), canvas);
    state(view, &mut canvas.part(mode_at, 0, slot - 2, 1));
    canvas.put(right, 0, &clock, theme.text);
}

fn clock(model: &Model, view: &SessionView, columns: u16) -> String {
    let identity = &view.identity;
    let running = format::lasted(model.now.since(identity.started_at));
    match identity.duration {
        Some(duration) if columns < 76 => format!("{running} of {}", format::lasted(duration)),
        Some(duration) => format!("session {}   {running} of {}", identity.session, format::lasted(duration)),
        None => format!("session {}   {running}", identity.session),
    }
}

/// Shortened from its end, so that the database and whose money it is always stay.
fn identity(identity: &Identity, x: u16, end: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let live = identity.mode == SessionMode::Live;
    let money = if live { " LIVE " } else { identity.mode.as_str() };
    let room = end.saturating_sub(x + width(money) + 3);
    let x = canvas.put_within(x, 0, room, file_name(&identity.database), theme.text);
    let x = canvas.put(x, 0, " · ", theme.dim);
    let mut x = canvas.put(x, 0, money, if live { theme.shout } else { theme.text });
    let venue = identity.venue.as_str();
    let details = [
        if venue == identity.mode.as_str() { String::new() } else { venue.to_owned() },
        format!("seed {}", identity.seed),
        format!("config {}", identity.config_hash),
        identity.build.clone(),
        identity.label.clone(),
    ];
    for detail in details.iter().filter(|detail| !detail.is_empty()) {
        if x + 3 + width(detail) > end {
            return;
        }
        x = canvas.put(x, 0, " · ", theme.dim);
        x = canvas.put(x, 0, detail, theme.dim);
    }
}

/// The mode, beside it what was asked for and has not happened yet, else in a few words why it is so.
fn state(view: &SessionView, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let (mark, style) = badge(view, theme);
    let mut x = canvas.put(0, 0, &mark, style) + 1;
    for &pending in &view.pending {
        x = canvas.put(x, 0, in_words(pending), theme.warn) + 1;
    }
    let (why, room) = (reason(view), canvas.width().saturating_sub(x));
    if view.pending.is_empty() && (width(&why) <= room || room >= 16) {
        canvas.put_within(x, 0, room, &why, theme.warn);
    }
}

/// The mode with its sign, and how it looks.
pub fn badge(view: &SessionView, theme: &Theme) -> (String, Style) {
    if view.end.is_some() {
        return ("■ CLOSING".to_owned(), theme.warn);
    }
    let mode = view.engine.mode;
    let (sign, style) = match mode {
        Mode::Starting => ("◐", theme.warn),
        Mode::Quoting => ("●", theme.good),
        Mode::Paused => ("‖", theme.warn),
        Mode::Idle => ("○", theme.warn),
        Mode::Degraded => ("▲", theme.shout),
        Mode::Halted => ("■", theme.shout),
    };
    (format!("{sign} {}", mode.as_str().to_uppercase()), style)
}

fn reason(view: &SessionView) -> String {
    if let Some(end) = &view.end {
        let running =
            end.phases.iter().find(|phase| matches!(phase.state, crate::session::view::PhaseState::Running { .. }));
        return running.map_or_else(String::new, |phase| phase.phase.to_string());
    }
    if view.engine.mode != Mode::Quoting {
        return view.engine.mode_why.clone();
    }
    match view.engine.blocks.iter().find_map(|block| block.side) {
        Some(side) => format!("{} only", format::quote(Side::opposite(side))),
        None => String::new(),
    }
}

/// What was asked for and has not happened yet.
pub const fn in_words(pending: Pending) -> &'static str {
    match pending {
        Pending::Pausing => "pausing…",
        Pending::Resuming => "resuming…",
        Pending::CancellingAll => "cancelling…",
        Pending::Checkpoint => "checkpoint…",
        Pending::Backup => "backup…",
    }
}

/// The last part of a path, of either kind of system: the folder is on the Health tab.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path)
}
