//! The last line: what can be pressed, or the newest notice; and whether the two copies are well.
//!
//! ```text
//!  p pause  x cancel all  c checkpoint  b backup  : command  ? help  q quit            journal 1 251 ✓  store ✓
//! ```

use ratatui::style::Style;

use super::canvas::{Canvas, width};
use super::format;
use super::hints::Hint;
use super::theme::Theme;
use crate::console::app::model::{Model, Tab};
use crate::keeper::health::Health;

/// The store follows the journal within a moment; only more than this is worth a word.
const ORDINARY_LAG: u64 = 64;

/// Draws the last line.
pub fn draw(model: &Model, hints: &[Hint], canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let end = canvas.width().saturating_sub(1);
    let copies = model.view.iter().flat_map(|view| [store(&view.keeper, theme), journal(&view.keeper, theme)]);
    let copies: Vec<(String, Style)> = copies.collect();
    let room = copies.iter().fold(end, |room, (text, _)| room.saturating_sub(width(text) + 2));
    let mut left = end;
    // The Health tab tells of both copies itself: where the keys are in want of room they have it.
    let give_way = model.tab == Tab::Health && keys_width(hints) > room;
    for (text, style) in copies.into_iter().filter(|_| !give_way) {
        left = left.saturating_sub(width(&text));
        canvas.put(left, 0, &text, style);
        left = left.saturating_sub(2);
    }
    match &model.notice {
        Some(notice) if notice.until > model.now => {
            let (sign, style) = if notice.bad { ("▲ ", theme.bad) } else { ("› ", theme.accent) };
            let x = canvas.put(1, 0, sign, style);
            canvas.put_within(x, 0, left.saturating_sub(x), &notice.text, style);
        }
        _ => keys(hints, left, canvas),
    }
}

/// How many columns all keys of the line take.
fn keys_width(hints: &[Hint]) -> u16 {
    let shown = hints.iter().filter_map(|hint| hint.bar.as_ref().map(|(_, key)| width(key) + 1 + width(&hint.name)));
    shown.fold(0, |all, one| all + one + 2)
}

fn keys(hints: &[Hint], end: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let mut x = 1;
    let mut shown: Vec<(usize, &str, &Hint)> =
        hints.iter().filter_map(|hint| hint.bar.as_ref().map(|(place, key)| (*place, key.as_str(), hint))).collect();
    shown.sort_by_key(|&(place, ..)| place);
    for (_, pressed, hint) in shown {
        if x + width(pressed) + 1 + width(&hint.name) > end {
            continue;
        }
        let (key, name) = match hint.disabled {
            Some(_) => (theme.frame, theme.frame),
            None => (theme.accent, theme.dim),
        };
        x = canvas.put(x, 0, pressed, key) + 1;
        x = canvas.put(x, 0, &hint.name, name) + 2;
    }
}

fn journal(health: &Health, theme: &Theme) -> (String, Style) {
    let number = health.journal.head.as_ref().map(|(number, _)| format::grouped(*number));
    match number {
        _ if !health.journal.is_well() => (" journal ✗ ".into(), theme.shout),
        Some(number) => (format!("journal {number} ✓"), theme.dim),
        None => (format!("journal {}", format::UNKNOWN), theme.dim),
    }
}

fn store(health: &Health, theme: &Theme) -> (String, Style) {
    match lag(health) {
        _ if !health.store.is_well() => ("store ✗".into(), theme.bad),
        Some(lag) if lag > ORDINARY_LAG => (format!("store {} behind", format::grouped(lag)), theme.warn),
        Some(_) => ("store ✓".into(), theme.dim),
        None => (format!("store {}", format::UNKNOWN), theme.dim),
    }
}

/// How many journal lines the store has yet to project; `None` before either is known.
pub fn lag(health: &Health) -> Option<u64> {
    let (head, _) = health.journal.head.as_ref()?;
    Some(health.store.cursor.map_or(head + 1, |cursor| head.saturating_sub(cursor)))
}
