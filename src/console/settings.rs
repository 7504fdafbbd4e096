//! What the operator can set about the console.

use serde::{Deserialize, Serialize};

/// `[console]` in the config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether `q` asks before it ends a paper session.
    pub confirm_quit_paper: bool,
    /// Whether `q` asks before it ends a live session.
    pub confirm_quit_live: bool,
    /// Which colours.
    pub theme: Theme,
    /// Whether to draw with ASCII characters only.
    pub ascii: bool,
}

/// Which colours the console uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// No colours at all.
    Mono,
}

impl Default for Settings {
    fn default() -> Self {
        Self { confirm_quit_paper: false, confirm_quit_live: true, theme: Theme::default(), ascii: false }
    }
}
