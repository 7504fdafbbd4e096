//! Long texts in narrow places.

use crate::console::ui::canvas::width;

/// Cuts a text into lines of at most `columns` cells, between words where it can. An empty text is one empty line.
pub fn wrap(text: &str, columns: u16) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let gap = u16::from(!line.is_empty());
        if width(line).saturating_add(gap).saturating_add(width(word)) <= columns {
            if gap > 0 {
                line.push(' ');
            }
            line.push_str(word);
        } else {
            if !line.is_empty() {
                lines.push(String::new());
            }
            push_word(&mut lines, word, columns);
        }
    }
    lines
}

/// A word that is longer than a line is cut where the line ends.
fn push_word(lines: &mut Vec<String>, word: &str, columns: u16) {
    let mut used = 0;
    for letter in word.chars() {
        let cells = width(letter.encode_utf8(&mut [0; 4]));
        if used + cells > columns && used > 0 {
            lines.push(String::new());
            used = 0;
        }
        used += cells;
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_cut_between_words() {
        assert_eq!(wrap("no space left on device", 9), ["no space", "left on", "device"]);
        assert_eq!(wrap("", 9), [""]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_long(text in "[a-z 界]{0,60}", columns in 2_u16..20) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns));
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
