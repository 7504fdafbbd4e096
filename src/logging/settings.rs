//! What the operator can set about the log.

use serde::{Deserialize, Serialize};

/// `[log]` in the config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Lines quieter than this are not written.
    pub level: Level,
    /// How many days a log file is kept, today's included.
    pub keep_days: u32,
}

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Something failed that the operator relies on.
    Error,
    /// Something did not work; the session goes on.
    Warn,
    /// What an operator wants to read afterwards.
    Info,
    /// What an engineer wants to read afterwards.
    Debug,
    /// Everything.
    Trace,
}

impl Default for Settings {
    fn default() -> Self {
        Self { level: Level::Info, keep_days: 30 }
    }
}

impl Level {
    /// This level, or a louder-spoken one if `-v` was said: once for debug, twice for trace.
    #[must_use]
    pub fn raised(self, verbose: u8) -> Self {
        match verbose {
            0 => self,
            1 => self.max(Self::Debug),
            _ => Self::Trace,
        }
    }
}

impl From<Level> for tracing::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_v_never_makes_the_log_quieter() {
        assert_eq!(Level::Info.raised(0), Level::Info);
        assert_eq!(Level::Warn.raised(1), Level::Debug);
        assert_eq!(Level::Trace.raised(1), Level::Trace);
        assert_eq!(Level::Error.raised(2), Level::Trace);
    }
}
