//! Which characters a terminal can show. Panes are written with all of Unicode; where a terminal has only ASCII, the
//! canvas puts a stand-in of the same width, so no pane needs to know.

/// Which characters the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// All of them.
    Unicode,
    /// ASCII only.
    Ascii,
}

/// Blocks from nothing to a whole cell, in eighths from the left.
pub const EIGHTHS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// The first of the 256 braille patterns, the one without a dot.
pub const BRAILLE: u32 = 0x2800;

/// What stands for a character on a terminal that has only ASCII; one cell wide.
pub fn stand_in(glyph: char) -> char {
    match glyph {
        ' '..='~' => glyph,
        '\u{2800}'..='\u{28FF}' => stand_in_for_dots(glyph as u32 - BRAILLE),
        '█' | '▉' | '▊' | '▋' => '#',
        '▌' | '▍' | '▐' => '=',
        '▎' | '▏' | '▕' | '┊' | '│' | '‖' => '|',
        '─' | '−' | '–' | '—' => '-',
        '╭' | '╮' | '╰' | '╯' | '┤' | '├' | '┬' | '┴' | '┼' | '✓' => '+',
        '·' => '.',
        '●' => '*',
        '◐' | '…' => '~',
        '○' => 'o',
        '■' => '@',
        '▲' => '^',
        '▼' => 'v',
        '›' | '→' | '▸' => '>',
        '‹' | '←' => '<',
        '✗' | '×' => 'x',
        'Σ' => 'S',
        _ => '?',
    }
}

/// The height of the dots in a cell is what a curve means: high, middle or low.
fn stand_in_for_dots(dots: u32) -> char {
    const HIGH: u32 = 0b0000_1001;
    const LOW: u32 = 0b1100_0000;
    match (dots & HIGH != 0, dots & LOW != 0) {
        _ if dots == 0 => ' ',
        (true, true) => '|',
        (true, false) => '\'',
        (false, true) => '.',
        (false, false) => '-',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_always_ascii() {
        for glyph in ('\0'..='\u{2FFF}').chain(['界', '🙂']) {
            assert!(matches!(stand_in(glyph), ' '..='~'), "{glyph:?}");
        }
    }

    #[test]
    fn a_curve_keeps_its_height() {
        assert_eq!(stand_in('⠉'), '\'');
        assert_eq!(stand_in('⠤'), '-');
        assert_eq!(stand_in('⣀'), '.');
    }
}
