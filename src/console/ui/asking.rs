//! The page that asks at the start, in the place of everything else: what was found, in plain words, and what each answer
//! does. The harmless answer is in focus.
//!
//! ```text
//! ╭ The database is damaged and so is the journal ─────────────────────────────────╮
//! │ Line 812 is broken in both copies, so neither can mend the other.              │
//! │ · the journal's segment 0000000400.jsonl has a wrong hash at byte 81 220       │
//! │                                                                                │
//! │   r  restore    Puts the backup of 11:40 in place, and all lines since.        │
//! │                 later: neo restore --latest                                    │
//! │ ▸ l  leave      Changes nothing; neo ends with code 3.                         │
//! │                 later: neo audit                                               │
//! │                                                                                │
//! │ ↑ ↓ other answer   Enter choose   Esc leave                                    │
//! ╰────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::style::Style;

use super::canvas::{Canvas, width};
use super::frame::dialog;
use super::widget::wrap::wrap;
use crate::console::app::question::{Asking, Question, QuestionOption};
use crate::domain::words::counted;

/// Wider than this a line is hard to read.
const WIDTH: u16 = 104;
/// Borders at both sides with a column of room inside.
const BORDERS: u16 = 4;
/// Where an answer's text begins.
const TEXT_AT: u16 = 15;
/// Of a long explanation at least so many lines are in sight.
const LEAST_EXPLAINED: usize = 4;

/// How much is said of each answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    WithCommands,
    Consequences,
    OfTheOneInFocus,
}

/// A line of an answer.
struct Line {
    /// The answer's key and name, in its first line.
    name: Option<(char, String)>,
    in_focus: bool,
    text: String,
    is_command: bool,
}

/// Draws the page.
pub fn draw(asking: &Asking, database: &str, canvas: &mut Canvas<'_>) {
    let room = WIDTH.min(canvas.width()).saturating_sub(BORDERS);
    let explained = explained(&asking.question, database, room);
    let height = usize::from(canvas.height()).saturating_sub(2);
    // Between the parts stands an empty line, and the keys are the last.
    let free = |answers: &[Line]| height.saturating_sub(answers.len() + 3);
    let details = [Detail::WithCommands, Detail::Consequences];
    let answers = details
        .into_iter()
        .map(|detail| answers(asking, room, detail))
        .find(|answers| free(answers) >= explained.len().min(LEAST_EXPLAINED))
        .unwrap_or_else(|| answers(asking, room, Detail::OfTheOneInFocus));
    let shown = explained.len().min(free(&answers));
    let scroll = asking.scroll.min(explained.len() - shown);
    let hidden = explained.len() - shown - scroll;

    let rows = u16::try_from(shown + answers.len() + 5).unwrap_or(u16::MAX);
    let mut page = canvas.middle(room + BORDERS, rows);
    let mut page = dialog(&mut page, &asking.question.title);
    let theme = page.theme();
    let mut y = 0;
    for line in explained.iter().skip(scroll).take(shown) {
        page.put(0, y, line, theme.text);
        y += 1;
    }
    y += 1;
    for line in &answers {
        answer(line, y, &mut page);
        y += 1;
    }
    keys(shown < explained.len(), hidden, y + 1, &mut page);
}

/// The question's paragraphs and the file that it is about.
fn explained(question: &Question, database: &str, room: u16) -> Vec<String> {
    let mut lines = wrap(database, room);
    for paragraph in &question.explains {
        let (mark, text) = paragraph.strip_prefix("· ").map_or(("", paragraph.as_str()), |text| ("· ", text));
        let indent = " ".repeat(usize::from(width(mark)));
        let marks = std::iter::once(mark).chain(std::iter::repeat(indent.as_str()));
        lines.extend(
            marks.zip(wrap(text, room.saturating_sub(width(mark)))).map(|(mark, line)| format!("{mark}{line}")),
        );
    }
    lines
}

fn answers(asking: &Asking, room: u16, detail: Detail) -> Vec<Line> {
    let lines_of = |option: &QuestionOption, in_focus| {
        let name = (option.key, option.label.clone());
        let is_told = in_focus || detail != Detail::OfTheOneInFocus;
        let text = if is_told { option.consequence.as_str() } else { "" };
        let texts = wrap(text, room.saturating_sub(TEXT_AT)).into_iter();
        let command = (detail == Detail::WithCommands && !option.command.is_empty()).then_some(&option.command);
        let names = std::iter::once(Some(name)).chain(std::iter::repeat(None));
        let texts = names.zip(texts).map(move |(name, text)| Line { name, in_focus, text, is_command: false });
        let command = command.map(|command| {
            let text = format!("later: {command}");
            Line { name: None, in_focus, text, is_command: true }
        });
        texts.chain(command).collect::<Vec<_>>()
    };
    asking.question.answers().flat_map(|(answer, option)| lines_of(option, answer == asking.focus)).collect()
}

fn answer(line: &Line, y: u16, canvas: &mut Canvas<'_>) {
    let (theme, room) = (canvas.theme(), canvas.width());
    if let Some((key, label)) = &line.name {
        canvas.put(0, y, if line.in_focus { "▸" } else { " " }, theme.accent);
        canvas.put(2, y, &key.to_string(), theme.accent);
        canvas.put_within(5, y, TEXT_AT - 6, label, theme.title);
    }
    let style: Style = if line.is_command { theme.dim } else { theme.text };
    canvas.put_within(TEXT_AT, y, room.saturating_sub(TEXT_AT), &line.text, style);
    if line.in_focus {
        canvas.part(0, y, room, 1).wash(theme.selected);
    }
}

fn keys(is_long: bool, hidden: usize, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let more = match hidden {
        0 => "reads back".to_owned(),
        hidden => format!("{} more", counted(hidden, "line")),
    };
    let scroll = if hidden == 0 { "PgUp" } else { "PgDn" };
    let keys = [("↑ ↓", "other"), ("Enter", "choose"), ("Esc", "leave"), (scroll, more.as_str())];
    let mut x = 0;
    for (key, name) in keys.into_iter().take(if is_long { 4 } else { 3 }) {
        x = canvas.put(x, y, key, theme.accent) + 1;
        x = canvas.put(x, y, name, theme.dim) + 3;
    }
}
