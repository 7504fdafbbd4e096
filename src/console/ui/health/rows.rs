//! A pane of named rows. What is longer than its line goes on in the next, as long as the pane has room for it all.

use ratatui::style::Style;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::frame::pane;
use crate::console::ui::widget::bar;
use crate::console::ui::widget::wrap::wrap;

/// Where a row's text begins.
const TEXT_AT: u16 = 13;
/// How wide the bar of a row is.
const BAR: u16 = 16;

/// A name, what there is to say, and how it looks.
pub struct Row {
    pub name: &'static str,
    pub text: String,
    pub style: Style,
    /// A part of a whole, shown as a bar before the text.
    pub permille: Option<u32>,
}

/// Rows under one title.
pub struct Pane {
    pub title: &'static str,
    pub rows: Vec<Row>,
}

impl Row {
    pub fn new(name: &'static str, text: impl Into<String>, style: Style) -> Self {
        Self { name, text: text.into(), style, permille: None }
    }

    fn text_at(&self) -> u16 {
        TEXT_AT + self.permille.map_or(0, |_| BAR + 1)
    }

    fn lines(&self, width: u16) -> Vec<String> {
        wrap(&self.text, room(width).saturating_sub(self.text_at() - TEXT_AT))
    }
}

impl Pane {
    /// How many lines it takes with its border, everything said.
    pub fn height(&self, width: u16) -> u16 {
        let lines: usize = self.rows.iter().map(|row| row.lines(width).len()).sum();
        u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2)
    }

    /// How many it takes at least: a line a row.
    pub fn least_height(&self) -> u16 {
        u16::try_from(self.rows.len()).unwrap_or(u16::MAX).saturating_add(2)
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let all_fits = self.height(canvas.width()) <= canvas.height();
        let width = canvas.width();
        let mut canvas = pane(canvas, self.title);
        let (theme, end) = (canvas.theme(), canvas.width().saturating_sub(1));
        let mut y = 0;
        for row in &self.rows {
            let x = row.text_at();
            canvas.put(1, y, row.name, theme.dim);
            if let Some(permille) = row.permille {
                bar::part(&mut canvas, (TEXT_AT, y), BAR, permille, bar::From::Left, theme.accent, Some(theme.frame));
            }
            let lines = if all_fits { row.lines(width) } else { vec![row.text.clone()] };
            for line in lines {
                canvas.put_within(x, y, end.saturating_sub(x), &line, row.style);
                y += 1;
            }
        }
    }
}

/// Draws panes one below the other. Each gets a line a row, and what room is left over goes to the first that need it;
/// the last one takes the rest.
pub fn stack(panes: &[Pane], canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let mut spare = height.saturating_sub(panes.iter().map(Pane::least_height).sum());
    let mut top = 0;
    for (index, pane) in panes.iter().enumerate() {
        let more = pane.height(width).saturating_sub(pane.least_height()).min(spare);
        spare -= more;
        let is_last = index + 1 == panes.len();
        let rows = if is_last { height.saturating_sub(top) } else { pane.least_height() + more };
        pane.draw(&mut canvas.part(0, top, width, rows));
        top = top.saturating_add(rows);
    }
}

/// Columns for a row's text in a pane as wide as that.
fn room(width: u16) -> u16 {
    width.saturating_sub(2 + TEXT_AT + 1)
}
