//! The end, phase by phase, while it happens.
//!
//! ```text
//! ╭ Closing session 39 · asked by the operator (q) · 0:00:04 ────────────────────────╮
//! │ ✓ seal        3 ms           cause and last inventory are on disk                │
//! │ ◐ cancel      4.1 of 15.0 s  1 of 2 gone, 39-12 waits for ledger 95 600 131      │
//! │ · settle                                                                         │
//! │                                                                                  │
//! │ Ctrl+C: stop waiting; no checkpoint, no backup (the cancels stay sent)     │
//! ╰──────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::style::Style;

use crate::console::app::model::Model;
use crate::console::ui::canvas::Canvas;
use crate::console::ui::format;
use crate::console::ui::frame::dialog;
use crate::console::ui::theme::Theme;
use crate::domain::halt::Cause;
use crate::domain::time::Timestamp;
use crate::session::phase::Phase;
use crate::session::view::{EndView, PhaseState, PhaseView, SessionView};

/// Draws the overlay.
pub fn draw(model: &Model, view: &SessionView, end: &EndView, canvas: &mut Canvas<'_>) {
    let later = later_causes(end);
    let rows = end.phases.len() + 4 + usize::from(later.is_some());
    let mut canvas = canvas.middle(96, u16::try_from(rows).unwrap_or(u16::MAX));
    let cause = cause(end).map_or("nobody", |cause| cause.reason.in_words());
    let running = format::lasted(model.now.since(end.began));
    let title = format!("Closing session {} · asked by {cause} · {running}", view.identity.session);
    let mut canvas = dialog(&mut canvas, &title);
    let (theme, width) = (canvas.theme(), canvas.width());
    let mut y = 0;
    for phase in &end.phases {
        row(phase, model.now, y, &mut canvas);
        y += 1;
    }
    if let Some(later) = later {
        canvas.put_within(0, y, width, &later, theme.dim);
        y += 1;
    }
    canvas.put_within(0, y + 1, width, &hint(end, model.now), theme.accent);
}

fn row(phase: &PhaseView, now: Timestamp, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let (sign, time, style) = state(&phase.state, now, theme);
    canvas.put(0, y, sign, style);
    let name = if matches!(phase.state, PhaseState::Waiting | PhaseState::LeftOut) { theme.dim } else { theme.text };
    canvas.put(2, y, phase.phase.as_str(), name);
    canvas.put(14, y, &time, style);
    let room = canvas.width().saturating_sub(31);
    let note = if matches!(phase.state, PhaseState::Failed(_)) { theme.bad } else { theme.text };
    canvas.put_within(31, y, room, &phase.note, note);
}

fn state(state: &PhaseState, now: Timestamp, theme: &Theme) -> (&'static str, String, Style) {
    match state {
        PhaseState::Waiting => ("·", String::new(), theme.dim),
        PhaseState::Running { since, within } => {
            let left = within.saturating_sub(now.since(*since));
            ("◐", format!("{} left", tenths(left)), theme.warn)
        }
        PhaseState::Finished(took) => ("✓", format::took(*took), theme.good),
        PhaseState::Failed(took) => ("✗", format!("failed, {}", format::took(*took)), theme.bad),
        PhaseState::LeftOut => ("–", "left out".to_owned(), theme.dim),
    }
}

fn tenths(span: std::time::Duration) -> String {
    format!("{}.{} s", span.as_secs(), span.subsec_millis() / 100)
}

/// The cause that counts: the first specific one, else the first.
fn cause(end: &EndView) -> Option<&Cause> {
    end.causes.iter().find(|cause| cause.reason.is_specific()).or_else(|| end.causes.first())
}

fn later_causes(end: &EndView) -> Option<String> {
    let counts = cause(end)?;
    let detail = (!counts.detail.is_empty()).then(|| counts.detail.clone());
    let others = end.causes.iter().filter(|other| !std::ptr::eq(*other, counts));
    let others: Vec<&str> = others.map(|other| other.reason.in_words()).collect();
    let others = (!others.is_empty()).then(|| format!("also asked by {}", others.join(", ")));
    let texts: Vec<String> = detail.into_iter().chain(others).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// What the operator can do now.
fn hint(end: &EndView, now: Timestamp) -> String {
    let Some(offer) = end.offer else { return patience(end).to_owned() };
    let left = offer.within.saturating_sub(now.since(offer.since));
    format!("r: try again what failed   e: why   Ctrl+C: leave it so (or in {})", tenths(left))
}

/// What Ctrl+C would do now.
fn patience(end: &EndView) -> &'static str {
    let running = end.phases.iter().find(|phase| matches!(phase.state, PhaseState::Running { .. }));
    match (end.impatience, running.map(|phase| phase.phase)) {
        (0, Some(Phase::Cancel)) => "Ctrl+C: stop waiting; no checkpoint, no backup (the cancels stay sent)",
        (0, Some(Phase::Checkpoint | Phase::Backup)) => {
            "Ctrl+C: leave out checkpoint and backup (the session is closed)"
        }
        (0, _) => "Ctrl+C: no waiting, no checkpoint, no backup (the session is closed anyway)",
        _ => "Ctrl+C once more: end the process as soon as the session is closed",
    }
}
