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
use crate::console::ui::widget::wrap::wrap;

enum Line<'a> {
    Heading(&'a str),
    /// A key with as much of its help as one line takes.
    Key(&'a Hint, String),
    /// What is left of the help.
    More(&'a Hint, String),
    NotNow(String),
    Empty,
}

/// Borders with a column of room inside.
const BORDERS: u16 = 4;

/// Draws the overlay, scrolled by `scroll` lines.
pub fn draw(hints: &[Hint], scroll: usize, canvas: &mut Canvas<'_>) {
    let keys = hints.iter().map(|hint| width(&hint.keys)).max().unwrap_or(0).min(14);
    let text_at = 2 + keys + 2;
    let lines = lines(hints, 88.min(canvas.width()).saturating_sub(BORDERS + text_at));
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let mut canvas = canvas.middle(88, rows);
    let room = usize::from(canvas.height().saturating_sub(2));
    let scroll = scroll.min(lines.len().saturating_sub(room));
    let more = lines.len() - scroll > room;
    let title = if scroll > 0 || more { "Keys · j k scroll, Esc closes" } else { "Keys · Esc closes" };
    let mut canvas = dialog(&mut canvas, title);
    let theme = canvas.theme();
    for (y, line) in (0..canvas.height()).zip(&lines[scroll..]) {
        match line {
            Line::Heading(text) => {
                canvas.put(0, y, text, theme.title);
            }
            Line::Key(hint, help) => {
                let style = if hint.disabled.is_some() { theme.frame } else { theme.accent };
                canvas.put_within(2, y, keys, &hint.keys, style);
                text(hint, help, text_at, y, &mut canvas);
            }
            Line::More(hint, help) => text(hint, help, text_at, y, &mut canvas),
            Line::NotNow(why) => {
                canvas.put(text_at, y, why, theme.warn);
            }
            Line::Empty => {}
        }
    }
}

fn text(hint: &Hint, help: &str, x: u16, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    canvas.put(x, y, help, if hint.disabled.is_some() { theme.dim } else { theme.text });
}

/// Headings in the order in which their groups first come, each with its keys.
fn lines(hints: &[Hint], room: u16) -> Vec<Line<'_>> {
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
            let mut help = wrap(&hint.help, room).into_iter();
            lines.extend(help.next().map(|first| Line::Key(hint, first)));
            lines.extend(help.map(|more| Line::More(hint, more)));
            let why = hint.disabled.iter().flat_map(|why| wrap(&format!("not now: {why}"), room));
            lines.extend(why.map(Line::NotNow));
        }
    }
    lines
}
