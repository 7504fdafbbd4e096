//! One incident: what was tried, what happened, what it means, what was done, what can be done.
//!
//! ```text
//! ╭ ▲ Backup failed · 12:40:55 · 1 of 2 ─────────────────────────────────────────────╮
//! │ Tried      to copy the store to s.backups/…T124055Z.db                           │
//! │ Happened   no space left on device, after 3.1 of 9.8 MB                          │
//! │ Means      the newest good backup is from 11:40 (verified); nothing is lost      │
//! │ Done       the half copy was removed; next try in 60 s                           │
//! │ You can    free 20 MB on the disk of s.db                                        │
//! │                                                                                  │
//! │ r try again   a acknowledge   j k others   Esc close                             │
//! ╰──────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::style::Style;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::format;
use crate::console::ui::frame::dialog;
use crate::console::ui::widget::wrap::wrap;
use crate::domain::aim::Aim;
use crate::session::view::{IncidentView, SessionView};

const WIDTH: u16 = 96;
const TEXT_AT: u16 = 11;

/// Draws the overlay.
pub fn draw(view: &SessionView, shown: usize, aim: &Aim, canvas: &mut Canvas<'_>) {
    let Some(last) = view.incidents.len().checked_sub(1) else {
        let mut canvas = canvas.middle(44, 3);
        let mut canvas = dialog(&mut canvas, "Incidents");
        let style = canvas.theme().dim;
        canvas.put(0, 0, "none in this session", style);
        return;
    };
    let shown = shown.min(last);
    let incident = &view.incidents[shown];
    let lines = lines(incident, aim, WIDTH.min(canvas.width()).saturating_sub(4 + TEXT_AT));
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4);
    let mut canvas = canvas.middle(WIDTH, rows);
    let mut canvas = dialog(&mut canvas, &title(incident, shown, last + 1));
    let theme = canvas.theme();
    let (foot, width) = (canvas.height().saturating_sub(1), canvas.width());
    for (y, (name, text)) in (0..foot).zip(&lines) {
        canvas.put(0, y, name, theme.dim);
        let style = if *name == "You can" { theme.accent } else { theme.text };
        canvas.put_within(TEXT_AT, y, width, text, style);
    }
    keys(incident, foot, &mut canvas);
}

fn title(incident: &IncidentView, shown: usize, of: usize) -> String {
    let new = match (incident.resolved, incident.acknowledged) {
        (Some(_), _) => "works again",
        (None, true) => "read",
        (None, false) => "new",
    };
    let severity = incident.incident.severity.as_str();
    let (title, at) = (&incident.incident.title, format::clock(incident.at));
    format!("▲ {title} · {severity}, {new} · {at} · {} of {of}", shown + 1)
}

/// Every line with its name, or an empty one where a text goes on.
fn lines(view: &IncidentView, aim: &Aim, width: u16) -> Vec<(&'static str, String)> {
    let incident = &view.incident;
    let since = view.resolved.map(|at| format!("it has worked at {}: nothing is left to do", format::clock(at)));
    let parts = [
        ("Where", incident.source.as_str()),
        ("Tried", incident.tried.as_str()),
        ("Happened", incident.happened.as_str()),
        ("Means", incident.means.as_str()),
        ("Done", incident.done.as_str()),
        ("You can", incident.you_can.as_str()),
    ];
    let parts = parts.into_iter().chain(since.as_deref().map(|since| ("Since", since)));
    let mut lines = Vec::new();
    for (name, text) in parts {
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        let text = if text.is_empty() { format::UNKNOWN } else { text };
        lines.extend(names.zip(aim.aimed(text).lines().flat_map(|line| wrap(line, width))));
    }
    lines
}

fn keys(incident: &IncidentView, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let acknowledge = if incident.acknowledged { theme.frame } else { theme.accent };
    let keys: [(&str, &str, Style); 4] = [
        ("r", "try again", theme.accent),
        ("a", "acknowledge", acknowledge),
        ("j k", "others", theme.accent),
        ("Esc", "close", theme.accent),
    ];
    let can_retry = incident.incident.retry.is_some() && incident.resolved.is_none();
    let mut x = 0;
    for (key, name, style) in keys.into_iter().filter(|&(key, ..)| key != "r" || can_retry) {
        x = canvas.put(x, y, key, style) + 1;
        x = canvas.put(x, y, name, if style == theme.frame { theme.frame } else { theme.dim }) + 3;
    }
}
