//! Every key by its group, and why those that do nothing now do nothing.
//!
//! ```text
//! ╭ Keys ──────────────────────────────────────────────╮
//! │ Trading                                            │
//! │   p        pause or resume quoting                 │
//! │   x        cancel all                              │
//! │            not now: nothing of ours is out         │
//! ╰────────────────────────────────────────────────────╯
//! ```

use crate::console::ui::canvas::{Canvas, width};
use crate::console::ui::frame::dialog;
use crate::console::ui::hints::Hint;

enum Line<'a> {
    Heading(&'a str),
    Key(&'a Hint),
    NotNow(&'a str),
    Empty,
}

/// Draws the overlay, scrolled by `scroll` lines.
pub fn draw(hints: &[Hint], scroll: usize, canvas: &mut Canvas<'_>) {
    let lines = lines(hints);
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let mut canvas = canvas.middle(88, rows);
    let room = usize::from(canvas.height().saturating_sub(2));
    let scroll = scroll.min(lines.len().saturating_sub(room));
    let more = lines.len() - scroll > room;
    let title = if scroll > 0 || more { "Keys · j k scroll, Esc closes" } else { "Keys · Esc closes" };
    let mut canvas = dialog(&mut canvas, title);
    let theme = canvas.theme();
    let keys = hints.iter().map(|hint| width(&hint.keys)).max().unwrap_or(0).min(14);
    for (y, line) in (0..canvas.height()).zip(&lines[scroll..]) {
        match line {
            Line::Heading(text) => {
                canvas.put(0, y, text, theme.title);
            }
            Line::Key(hint) => key(hint, keys, y, &mut canvas),
            Line::NotNow(why) => {
                let x = 2 + keys + 2;
                let room = canvas.width().saturating_sub(x);
                canvas.put_within(x, y, room, &format!("not now: {why}"), theme.warn);
            }
            Line::Empty => {}
        }
    }
}

fn key(hint: &Hint, keys: u16, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let end = canvas.width();
    let (key, text) = match hint.disabled {
        Some(_) => (theme.frame, theme.dim),
        None => (theme.accent, theme.text),
    };
    canvas.put_within(2, y, keys, &hint.keys, key);
    let x = 2 + keys + 2;
    canvas.put_within(x, y, end.saturating_sub(x), &hint.help, text);
}

/// Headings in the order in which their groups first come, each with its keys.
fn lines(hints: &[Hint]) -> Vec<Line<'_>> {
    let mut groups: Vec<&str> = Vec::new();
    for hint in hints {
        if !groups.contains(&hint.group.as_str()) {
            groups.push(&hint.group);
        }
    }
    let mut lines = Vec::new();
    for group in groups {
        if !lines.is_empty() {
            lines.push(Line::Empty);
        }
        lines.push(Line::Heading(group));
        for hint in hints.iter().filter(|hint| hint.group == group) {
            lines.push(Line::Key(hint));
            lines.extend(hint.disabled.as_deref().map(Line::NotNow));
        }
    }
    lines
}
