//! Tables of any length: only the rows that can be seen are built.

use std::ops::Range;

use ratatui::style::Style;

use crate::console::app::model::ListState;
use crate::console::ui::canvas::{Canvas, width};

/// At which side of its column a text stands. Numbers stand at the right and have the same digits everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// With the unit, if there is one.
    pub title: &'static str,
    /// In cells.
    pub width: u16,
    /// Where texts stand.
    pub align: Align,
    /// How soon it is left out when there is no room: the highest first, 0 never.
    pub rank: u8,
}

/// A column of words.
pub const fn words(title: &'static str, width: u16, rank: u8) -> Column {
    Column { title, width, align: Align::Left, rank }
}

/// A column of numbers.
pub const fn numbers(title: &'static str, width: u16, rank: u8) -> Column {
    Column { title, width, align: Align::Right, rank }
}

/// One cell's text and style.
pub type Written = (String, Style);

const GAP: u16 = 2;

/// Draws the heads and as many of `rows` as there is room for, so that the selected one can be seen. `write` makes one
/// cell from a row's and a column's index; it is asked for nothing that cannot be seen.
pub fn draw(
    canvas: &mut Canvas<'_>,
    columns: &[Column],
    rows: usize,
    list: Option<ListState>,
    mut write: impl FnMut(usize, usize) -> Written,
) {
    let theme = canvas.theme();
    let shown = fitting(columns, canvas.width());
    let mut x = 1;
    for &(_, column) in &shown {
        put(canvas, x, 0, column, column.title, theme.dim);
        x += column.width + GAP;
    }
    let height = usize::from(canvas.height().saturating_sub(1));
    let visible = visible(rows, height, list);
    for (y, row) in (1_u16..).zip(visible) {
        let selected = list.is_some_and(|list| list.selected.min(rows.saturating_sub(1)) == row);
        let mut x = 1;
        for &(index, column) in &shown {
            let (text, style) = write(row, index);
            put(canvas, x, y, column, &text, style);
            x += column.width + GAP;
        }
        if selected {
            canvas.glyph(0, y, '›', theme.accent);
            let room = canvas.width();
            canvas.part(0, y, room, 1).wash(theme.selected);
        }
    }
}

fn put(canvas: &mut Canvas<'_>, x: u16, y: u16, column: &Column, text: &str, style: Style) {
    match column.align {
        Align::Right if width(text) <= column.width => canvas.put_right(x + column.width, y, text, style),
        Align::Left | Align::Right => {
            canvas.put_within(x, y, column.width, text, style);
        }
    }
}

/// The columns that fit, with their indices: those of the highest rank go first.
fn fitting(columns: &[Column], room: u16) -> Vec<(usize, &Column)> {
    let mut shown: Vec<_> = columns.iter().enumerate().collect();
    let needed = |shown: &[(usize, &Column)]| shown.iter().map(|(_, column)| column.width + GAP).sum::<u16>();
    while needed(&shown) > room.saturating_add(GAP - 1) {
        let worst = shown.iter().enumerate().filter(|(_, (_, column))| column.rank > 0);
        let Some((place, _)) = worst.max_by_key(|(_, (_, column))| column.rank) else { break };
        shown.remove(place);
    }
    shown
}

/// Which of `rows` can be seen in `height` lines: from the list's offset on, moved as little as possible so that the
/// selected row is among them.
pub fn visible(rows: usize, height: usize, list: Option<ListState>) -> Range<usize> {
    let ListState { selected, offset } = list.unwrap_or_default();
    let selected = selected.min(rows.saturating_sub(1));
    let lowest = (selected + 1).saturating_sub(height);
    let first = offset.clamp(lowest, selected.max(lowest)).min(rows.saturating_sub(height));
    first..rows.min(first + height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_selected_row_is_always_seen(rows in 1_usize..500, height in 1_usize..60, selected: u16, offset: u16) {
            let list = ListState { selected: selected.into(), offset: offset.into() };
            let seen = visible(rows, height, Some(list));
            prop_assert!(seen.contains(&usize::from(selected).min(rows - 1)));
            prop_assert_eq!(seen.len(), rows.min(height));
        }
    }

    #[test]
    fn what_is_least_needed_goes_first_when_there_is_no_room() {
        let columns = [words("id", 5, 0), numbers("price", 8, 1), words("note", 20, 9)];
        let kept = |room| fitting(&columns, room).iter().map(|(index, _)| *index).collect::<Vec<_>>();
        assert_eq!(kept(40), [0, 1, 2]);
        assert_eq!(kept(30), [0, 1]);
        assert_eq!(kept(3), [0]);
    }
}
