//! The config: one TOML file, composed of each room's own settings. Without a file, the defaults.
//!
//! No secret lives here, and none may: the effective config is written into each session's first fact.

pub mod places;
mod problem;
mod read;
mod rules;
mod show;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use self::problem::{ConfigError, Place, Problem};
use crate::{console, engine, keeper, logging, venue};

/// The commented template that `neo config init` writes.
pub const TEMPLATE: &str = include_str!("../../assets/neo.toml");

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[engine]` and `[engine.limits]`
    pub engine: engine::settings::Settings,
    /// `[paper]`
    pub paper: venue::paper::settings::Settings,
    /// `[keeper]`
    pub keeper: keeper::settings::Settings,
    /// `[console]`
    pub console: console::settings::Settings,
    /// `[log]`
    pub log: logging::settings::Settings,
}

/// A config and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// What is in effect.
    pub config: Config,
    /// The file that was read; `None` if there is none, and all are defaults.
    pub file: Option<PathBuf>,
    /// The whole names of the keys that the file sets: `engine.limits.max_xrp`.
    pub set: BTreeSet<String>,
}

impl Config {
    /// Reads a config from `text`; `file` is how the operator calls it.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        read::parse(text, file).map(|(config, _)| config).map_err(ConfigError::Refused)
    }

    /// What is in effect, as it is written into a session's first fact: money as text, keys in a fixed order.
    ///
    /// # Panics
    /// Never: a config is plain data.
    pub fn effective_json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("a config is plain data: nothing in it can fail to print")
    }

    /// The first 12 hex digits of the SHA-256 of [`Self::effective_json`]'s compact text.
    pub fn config_hash(&self) -> String {
        let digest = Sha256::digest(self.effective_json().to_string());
        digest.iter().take(6).fold(String::new(), |mut hex, byte| {
            // Writing into a string cannot fail.
            write!(hex, "{byte:02x}").unwrap_or_default();
            hex
        })
    }
}

impl Loaded {
    /// The config from the file `named` by the operator, which must exist; else from the platform's own place, if there
    /// is a file; else the defaults.
    pub fn find(named: Option<&Path>) -> Result<Self, ConfigError> {
        let default = places::config_file();
        match (named, &default) {
            (Some(named), _) => Self::read(named),
            (None, Some(usual)) => match Self::read(usual) {
                Err(ConfigError::Unreadable { why, .. }) if why.kind() == io::ErrorKind::NotFound => {
                    Ok(Self::defaults())
                }
                read => read,
            },
            (None, None) => Ok(Self::defaults()),
        }
    }

    fn defaults() -> Self {
        Self { config: Config::default(), file: None, set: BTreeSet::new() }
    }

    fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(file).map_err(|why| ConfigError::Unreadable {
            path: file.to_owned(),
            you_can: match why.kind() {
                io::ErrorKind::NotFound => "Check the path, or write the file with `neo config init`.",
                io::ErrorKind::InvalidData => "Save it as UTF-8.",
                _ => "Make it readable, or name another file with --config.",
            },
            why,
        })?;
        // Some Windows editors begin a file with this mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (config, set) = read::parse(text, &file.display().to_string()).map_err(ConfigError::Refused)?;
        Ok(Self { config, file: Some(file.to_owned()), set })
    }
}

/// Writes the commented template to the file `named` by the operator, else to the platform's own place, and answers
/// where that is. A file that is there is never overwritten.
pub fn init(named: Option<&Path>) -> Result<PathBuf, ConfigError> {
    let file = match named {
        Some(named) => named.to_owned(),
        None => places::config_file().ok_or(ConfigError::NoHome("the config", "--config"))?,
    };
    write_new(&file).map(|()| file.clone()).map_err(|why| match why.kind() {
        io::ErrorKind::AlreadyExists => ConfigError::Exists(file),
        _ => ConfigError::Unwritable { path: file, why },
    })
}

fn write_new(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut template = options.open(file)?;
    template.write_all(TEMPLATE.as_bytes())?;
    template.sync_all()
}
