//! A rectangle of the screen to write on. Nothing lands outside of it, so every pane can be drawn at any size, and no
//! control character gets through, so no text from outside can move a cursor or turn a line around.

use std::borrow::Cow;

use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::glyphs::{Glyphs, stand_in};
use super::theme::{Look, Theme};

/// A rectangle to write on. Columns and rows are counted from its own upper left corner.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    look: &'a Look,
}

impl<'a> Canvas<'a> {
    /// All of a buffer.
    pub fn new(buffer: &'a mut Buffer, look: &'a Look) -> Self {
        let area = buffer.area;
        Self { buffer, area, look }
    }

    /// A part of this one; what would lie outside is cut off.
    pub fn part(&mut self, x: u16, y: u16, width: u16, height: u16) -> Canvas<'_> {
        let (left, top) = (self.area.x.saturating_add(x), self.area.y.saturating_add(y));
        let area = Rect { x: left, y: top, width, height }.intersection(self.area);
        Canvas { buffer: self.buffer, area, look: self.look }
    }

    /// A part of this one in its middle, as large as asked if there is room.
    pub fn middle(&mut self, width: u16, height: u16) -> Canvas<'_> {
        let (width, height) = (width.min(self.width()), height.min(self.height()));
        self.part((self.width() - width) / 2, (self.height() - height) / 2, width, height)
    }

    /// In cells.
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// In cells.
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// The styles to write with.
    pub fn theme(&self) -> &'a Theme {
        &self.look.theme
    }

    /// Writes `text` from column `x` on and returns the column after it.
    pub fn put(&mut self, x: u16, y: u16, text: &str, style: Style) -> u16 {
        if x >= self.area.width || y >= self.area.height {
            return x.saturating_add(width(text));
        }
        let room = self.area.width - x;
        let (left, row) = (self.area.x + x, self.area.y + y);
        if is_printable_ascii(text) {
            return x.saturating_add(self.put_ascii(left, row, text, room, style));
        }
        let text = match self.look.glyphs {
            Glyphs::Unicode => plain(text),
            Glyphs::Ascii => Cow::Owned(in_ascii(text)),
        };
        let (end, _) = self.buffer.set_stringn(left, row, &text, usize::from(room), style);
        end - self.area.x
    }

    fn put_ascii(&mut self, left: u16, row: u16, text: &str, room: u16, style: Style) -> u16 {
        let mut written = 0;
        for (column, letter) in (0..room).zip(text.chars()) {
            if let Some(cell) = self.buffer.cell_mut((left + column, row)) {
                cell.set_char(letter).set_style(style);
            }
            written = column + 1;
        }
        written
    }

    /// Writes `text` so that it ends before column `end`; what has no room on the left is cut off there, visibly.
    pub fn put_right(&mut self, end: u16, y: u16, text: &str, style: Style) {
        match end.checked_sub(width(text)) {
            Some(x) => {
                self.put(x, y, text, style);
            }
            None => {
                self.put_within(0, y, end, text, style);
            }
        }
    }

    /// Writes `text` into at most `room` columns, with `…` for what had none, and returns the column after it.
    pub fn put_within(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let room = room.min(self.area.width.saturating_sub(x));
        if width(text) <= room {
            return self.put(x, y, text, style);
        }
        let Some(kept) = room.checked_sub(1) else { return x };
        let end = self.part(x, y, kept, 1).put(0, 0, text, style).min(kept);
        self.glyph(x + end, y, '…', style);
        x + end + 1
    }

    /// Writes one character that is one cell wide.
    pub fn glyph(&mut self, x: u16, y: u16, glyph: char, style: Style) {
        if x >= self.area.width || y >= self.area.height {
            return;
        }
        let glyph = match self.look.glyphs {
            Glyphs::Unicode => glyph,
            Glyphs::Ascii => stand_in(glyph),
        };
        if let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + y)) {
            cell.set_char(glyph).set_style(style);
        }
    }

    /// Writes one character `times` times, to the right.
    pub fn repeat(&mut self, x: u16, y: u16, times: u16, glyph: char, style: Style) {
        for column in x..x.saturating_add(times).min(self.area.width) {
            self.glyph(column, y, glyph, style);
        }
    }

    /// Lays a style over everything, characters unchanged.
    pub fn wash(&mut self, style: Style) {
        self.buffer.set_style(self.area, style);
    }

    /// Empties everything.
    pub fn clear(&mut self) {
        for row in self.area.rows() {
            for cell in row.columns() {
                if let Some(cell) = self.buffer.cell_mut((cell.x, cell.y)) {
                    cell.reset();
                }
            }
        }
        self.wash(self.look.theme.text);
    }
}

/// How many cells `text` takes.
pub fn width(text: &str) -> u16 {
    if is_printable_ascii(text) { u16::try_from(text.len()).unwrap_or(u16::MAX) } else { plain(text).cell_width() }
}

/// `text` without what could move a cursor, ring a bell or turn a line around. Line breaks and tabs become spaces.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unwanted) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|letter| match letter {
        '\n' | '\t' => Some(' '),
        unwanted if is_unwanted(unwanted) => None,
        letter => Some(letter),
    });
    Cow::Owned(kept.collect())
}

fn is_unwanted(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for letter in plain(text).chars() {
        let cells = letter.encode_utf8(&mut [0; 4]).cell_width();
        ascii.extend(std::iter::repeat_n(stand_in(letter), usize::from(cells)));
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(look: Look, room: u16, write: impl FnOnce(&mut Canvas<'_>) -> u16) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, room, 1));
        write(&mut Canvas::new(&mut buffer, &look));
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn a_text_from_outside_cannot_move_the_cursor_or_turn_the_line() {
        let hostile = "a\x1b[2Jb\nc\u{202e}d\u{7}";
        assert_eq!(written(Look::DARK, 12, |canvas| canvas.put(0, 0, hostile, Style::new())), "a[2Jb cd    ");
    }

    #[test]
    fn what_has_no_room_is_cut_visibly() {
        let cut = |room| written(Look::DARK, room, |canvas| canvas.put_within(0, 0, room, "abcdef", Style::new()));
        assert_eq!(cut(6), "abcdef");
        assert_eq!(cut(4), "abc…");
        assert_eq!(cut(1), "…");
    }

    #[test]
    fn a_terminal_with_ascii_only_gets_ascii_only() {
        let ascii = Look { glyphs: Glyphs::Ascii, ..Look::MONO };
        let text = written(ascii, 12, |canvas| canvas.put(0, 0, "● −1 → 界…", Style::new()));
        assert_eq!(text, "* -1 > ??~  ");
    }

    proptest! {
        #[test]
        fn no_text_lands_outside_or_panics(text: String, x in 0_u16..40, y in 0_u16..4, room in 0_u16..30) {
            for look in [Look::DARK, Look { glyphs: Glyphs::Ascii, ..Look::DARK }] {
                let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 3));
                let mut canvas = Canvas::new(&mut buffer, &look);
                let mut part = canvas.part(5, 1, 10, 1);
                part.put(x, y, &text, Style::new());
                part.put_right(x, y, &text, Style::new());
                part.put_within(x, y, room, &text, Style::new());
                let outside = |x: u16, y: u16| !(5..15).contains(&x) || y != 1;
                for (index, cell) in buffer.content.iter().enumerate() {
                    let (x, y) = buffer.pos_of(index);
                    prop_assert!(!outside(x, y) || cell.symbol() == " ");
                }
            }
        }
    }
}
