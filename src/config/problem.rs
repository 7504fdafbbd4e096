//! What is wrong with a config, told so that the line can be found and put right.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use thiserror::Error;

use crate::domain::secret;

/// Why there is no config to work with.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the config {}: {why}\n{you_can}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
        /// What the operator can do.
        you_can: &'static str,
    },
    /// The file was read and is not a config.
    #[error("{}", in_words(.0))]
    Refused(Vec<Problem>),
    /// `config init` found a file there already.
    #[error("{} exists, and nothing is overwritten\nRead it with `neo config show`, or name another file with --config.", .0.display())]
    Exists(PathBuf),
    /// `config init` could not write the file.
    #[error("cannot write the config {}: {why}\nName another file with --config.", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The system does not say where a user's files belong.
    #[error("there is no home folder to keep {0} in\nName a place with {1}.")]
    NoHome(&'static str, &'static str),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as the operator named it.
    pub file: String,
    /// Where in the file, if it is in one place.
    pub place: Option<Place>,
    /// What is wrong, without a full stop.
    pub what: String,
    /// What to do about it, without a full stop; may be empty.
    pub advice: String,
}

/// A place in a text, as people count: from 1 on, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The line up to the end of what is meant: what stands behind it may be a secret, and before it no text is shown.
    pub text: String,
    /// How many characters are meant, at least one.
    pub width: usize,
}

impl Place {
    /// The place of the bytes `span` in `text`.
    pub fn of(text: &str, span: &Range<usize>) -> Self {
        let start = floor(text, span.start);
        let end = floor(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        let end = end.min(line_start + line.len()).max(start);
        let meant = text[start..end].chars().count();
        let (before, shown) = (&text[line_start..start], secret::hidden(&text[start..end]));
        Self {
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            text: without_texts(before) + &shown,
            width: meant.max(1),
        }
    }
}

impl Place {
    /// Keeps the numbers alone: what stands there may be anything.
    pub fn leave_out_the_text(&mut self) {
        self.text.clear();
    }
}

/// What stands in quotes, letter by letter out of sight, so that the marks below stay where they are.
fn without_texts(before: &str) -> String {
    let mut inside = None;
    let hide = |c: char| match inside {
        None if c == '"' || c == '\'' => {
            inside = Some(c);
            c
        }
        Some(quote) if c == quote => {
            inside = None;
            c
        }
        None => c,
        Some(_) => '…',
    };
    before.chars().map(hide).collect()
}

/// The nearest character boundary at or below `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn in_words(problems: &[Problem]) -> String {
    let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
    words.join("\n\n")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            None => write!(f, "{}: {}", self.file, self.what)?,
            Some(Place { line, column, text, .. }) if text.is_empty() => {
                write!(f, "{}:{line}:{column}: {}", self.file, self.what)?;
            }
            Some(Place { line, column, text, width }) => {
                let number = line.to_string();
                let gutter = " ".repeat(number.len());
                // Tabs stay tabs, so that the marks stand below what they mean.
                let indent: String =
                    text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
                writeln!(f, "{}:{line}:{column}: {}", self.file, self.what)?;
                writeln!(f, "  {number} | {text}")?;
                write!(f, "  {gutter} | {indent}{}", "^".repeat(*width))?;
            }
        }
        if self.advice.is_empty() { Ok(()) } else { write!(f, "\n{}", self.advice) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_place_counts_lines_and_columns_as_people_do() {
        let text = "a = 1\r\nä_b = \"x\"\r\n";
        let place = Place::of(text, &(14..17));
        assert_eq!(place, Place { line: 2, column: 7, text: "ä_b = \"x\"".to_owned(), width: 3 });
    }

    proptest! {
        #[test]
        fn every_span_has_a_place(text in "\\PC{0,20}(\\r?\\n\\PC{0,20}){0,3}", from in 0_usize..200, len in 0_usize..200) {
            let place = Place::of(&text, &(from..from + len));
            prop_assert!(place.line >= 1 && place.column >= 1 && place.width >= 1);
            prop_assert!(place.text.chars().count() + 1 >= place.column);
        }
    }
}
