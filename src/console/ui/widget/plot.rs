//! A curve in braille dots: two columns and four rows of dots a cell.

use ratatui::style::Style;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::glyphs::BRAILLE;

/// Dots to be drawn at once.
pub struct Dots {
    columns: usize,
    rows: usize,
    cells: Vec<u8>,
}

/// A range of values from the bottom to the top of a plot, on round numbers, so that it seldom moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The value in the lowest row.
    pub low: f64,
    /// The value in the highest row.
    pub high: f64,
    /// From one label to the next.
    pub step: f64,
    /// Decimals that the labels need.
    pub decimals: usize,
}

impl Dots {
    /// No dots yet, on `columns` × `rows` cells.
    pub fn new(columns: u16, rows: u16) -> Self {
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        Self { columns, rows, cells: vec![0; columns * rows] }
    }

    /// Dots in one column of dots from one row of dots to another, counted from the upper left corner.
    pub fn upright(&mut self, x: usize, from: usize, to: usize) {
        const LEFT: [u8; 4] = [0x01, 0x02, 0x04, 0x40];
        const RIGHT: [u8; 4] = [0x08, 0x10, 0x20, 0x80];
        if x / 2 >= self.columns {
            return;
        }
        let bits = if x.is_multiple_of(2) { LEFT } else { RIGHT };
        for y in from.min(to)..=from.max(to).min((self.rows * 4).saturating_sub(1)) {
            if let Some(cell) = self.cells.get_mut(y / 4 * self.columns + x / 2) {
                *cell |= bits[y % 4];
            }
        }
    }

    /// Writes all cells that have a dot.
    pub fn draw(&self, canvas: &mut Canvas<'_>, style: Style) {
        for (y, row) in (0_u16..).zip(self.cells.chunks(self.columns.max(1))) {
            for (x, &dots) in (0_u16..).zip(row) {
                if let (1.., Some(glyph)) = (dots, char::from_u32(BRAILLE + u32::from(dots))) {
                    canvas.glyph(x, y, glyph, style);
                }
            }
        }
    }
}

impl Scale {
    /// Round numbers around all from `least` to `most`, with at most `labels` steps.
    pub fn around(least: f64, most: f64, labels: u16) -> Option<Self> {
        let spread = (most - least).max(most.abs() * 4e-4);
        if !spread.is_finite() || spread <= 0.0 {
            return None;
        }
        let rough = spread / f64::from(labels.max(1));
        let tens = rough.log10().floor();
        let unit = 10_f64.powf(tens);
        let (factor, finer) = [(1.0, 0.0), (2.0, 0.0), (2.5, 1.0), (5.0, 0.0), (10.0, -1.0)]
            .into_iter()
            .find(|(factor, _)| factor * unit >= rough)
            .unwrap_or((10.0, -1.0));
        let step = factor * unit;
        let low = (least / step).floor() * step;
        let high = ((most / step).ceil() * step).max(low + step);
        Some(Self { low, high, step, decimals: whole((finer - tens).max(0.0)) })
    }

    /// The row, counted from the top, in which a value lies on a plot of `rows` rows.
    pub fn row(&self, value: f64, rows: usize) -> usize {
        let top = rows.saturating_sub(1);
        whole(((self.high - value) / (self.high - self.low) * as_float(top)).round()).min(top)
    }

    /// All labels, from the lowest up.
    pub fn labels(&self) -> impl Iterator<Item = f64> {
        let count = whole(((self.high - self.low) / self.step).round());
        (0..=count).map(|n| self.low + as_float(n) * self.step)
    }
}

/// The number without its decimals; what is negative or no number is 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place on the screen, far below 2⁵²")]
fn whole(number: f64) -> usize {
    number.clamp(0.0, 1e6) as usize
}

#[expect(clippy::cast_precision_loss, reason = "a place on the screen, far below 2⁵²")]
fn as_float(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_scale_stands_on_round_numbers() {
        let scale = Scale::around(1.41853, 1.42391, 4).unwrap();
        assert_eq!(
            scale.labels().map(|l| format!("{l:.*}", scale.decimals)).collect::<Vec<_>>(),
            ["1.418", "1.420", "1.422", "1.424"]
        );
    }

    proptest! {
        #[test]
        fn a_scale_holds_all_that_it_was_made_for(a in 0.1_f64..10.0, b in 0.1_f64..10.0, labels in 1_u16..9) {
            let (least, most) = (a.min(b), a.max(b));
            let scale = Scale::around(least, most, labels).unwrap();
            prop_assert!(scale.low <= least + 1e-9 && scale.high >= most - 1e-9, "{:?}", scale);
            prop_assert!(scale.labels().count() <= usize::from(labels) + 3, "{:?}", scale);
            prop_assert!(scale.row(most, 40) <= scale.row(least, 40));
        }
    }
}
