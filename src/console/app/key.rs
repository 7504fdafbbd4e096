//! Keys as the console knows them, whatever the terminal calls them.

use std::fmt;

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character, with Shift already in it.
    Char(char),
    /// A letter with Ctrl.
    Ctrl(char),
    /// `↑`
    Up,
    /// `↓`
    Down,
    /// `←`
    Left,
    /// `→`
    Right,
    /// `PgUp`
    PageUp,
    /// `PgDn`
    PageDown,
    /// `Home`
    Home,
    /// `End`
    End,
    /// `Enter`
    Enter,
    /// `Esc`
    Esc,
    /// `Tab`
    Tab,
    /// `Shift+Tab`
    BackTab,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Char(' ') => "Space",
            Self::Char(letter) => return f.pad(letter.encode_utf8(&mut [0; 4])),
            Self::Ctrl(letter) => return f.pad(&format!("Ctrl+{}", letter.to_ascii_uppercase())),
            Self::Up => "↑",
            Self::Down => "↓",
            Self::Left => "←",
            Self::Right => "→",
            Self::PageUp => "PgUp",
            Self::PageDown => "PgDn",
            Self::Home => "Home",
            Self::End => "End",
            Self::Enter => "Enter",
            Self::Esc => "Esc",
            Self::Tab => "Tab",
            Self::BackTab => "Shift+Tab",
        };
        f.pad(name)
    }
}

impl Key {
    /// Its name in ASCII, for terminals that have nothing else.
    pub fn ascii(self) -> String {
        match self {
            Self::Up => "Up".to_owned(),
            Self::Down => "Down".to_owned(),
            Self::Left => "Left".to_owned(),
            Self::Right => "Right".to_owned(),
            other => other.to_string(),
        }
    }
}
