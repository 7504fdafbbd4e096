//! What the operator can set about the console.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::session::SessionMode;

/// `[console]` in the config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether `q` asks before it ends a paper or replay session.
    pub confirm_quit_paper: bool,
    /// Whether `q` asks before it ends a live session.
    pub confirm_quit_live: bool,
    /// Which colours carry the meanings.
    pub theme: Theme,
    /// Whether to draw with ASCII only.
    pub ascii: bool,
    /// The most frames a second, 1 to 30. Nothing is drawn when nothing changed.
    pub max_fps: FrameRate,
}

/// Which colours carry the meanings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light background.
    Light,
    /// No colours: bold, dim and reverse only.
    Mono,
}

/// Frames a second, from 1 to [`FrameRate::MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct FrameRate(u32);

/// The number is not a rate that we draw at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} frames a second is out of range: write a number from 1 to 30")]
pub struct NotAFrameRate(u32);

impl FrameRate {
    /// More than this only heats the machine.
    pub const MOST: Self = Self(30);

    /// Frames a second.
    pub const fn per_second(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for FrameRate {
    type Error = NotAFrameRate;

    fn try_from(rate: u32) -> Result<Self, NotAFrameRate> {
        if (1..=Self::MOST.0).contains(&rate) { Ok(Self(rate)) } else { Err(NotAFrameRate(rate)) }
    }
}

impl From<FrameRate> for u32 {
    fn from(rate: FrameRate) -> Self {
        rate.0
    }
}

impl Settings {
    /// Whether `q` asks before it ends a session of this mode.
    pub const fn asks_before_quitting(&self, mode: SessionMode) -> bool {
        match mode {
            SessionMode::Paper | SessionMode::Replay => self.confirm_quit_paper,
            SessionMode::Live => self.confirm_quit_live,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            confirm_quit_paper: false,
            confirm_quit_live: true,
            theme: Theme::default(),
            ascii: false,
            max_fps: FrameRate::MOST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_out_of_range_is_refused_with_the_range() {
        for text in ["max_fps = 0", "max_fps = 31"] {
            let error = toml::from_str::<Settings>(text).unwrap_err().to_string();
            assert!(error.contains("from 1 to 30"), "{error}");
        }
        assert_eq!(toml::from_str::<Settings>("max_fps = 10").unwrap().max_fps.per_second(), 10);
    }

    #[test]
    fn what_is_not_said_is_the_default_and_what_is_unknown_is_refused() {
        assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
        assert_eq!(toml::from_str::<Settings>("theme = \"light\"").unwrap().theme, Theme::Light);
        assert!(toml::from_str::<Settings>("colour = true").is_err());
    }

    #[test]
    fn only_real_money_is_asked_about_unless_the_operator_wants_it() {
        let settings = Settings::default();
        assert!(settings.asks_before_quitting(SessionMode::Live));
        assert!(!settings.asks_before_quitting(SessionMode::Paper));
        assert!(!settings.asks_before_quitting(SessionMode::Replay));
    }
}
