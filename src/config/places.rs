//! Where a user's files belong on this platform.

use std::path::PathBuf;

use directories::BaseDirs;

use super::problem::ConfigError;

const HOUSE: &str = "neo-console";

/// The config that is read when none is named: `neo-console/neo.toml` in the platform's config folder, whether or not
/// it exists; `None` if the system does not say where that is.
pub fn config_file() -> Option<PathBuf> {
    BaseDirs::new().map(|dirs| dirs.config_dir().join(HOUSE).join("neo.toml"))
}

/// The database of paper sessions when none is named: `neo-console/paper.db` in the platform's local data folder.
pub fn paper_database() -> Result<PathBuf, ConfigError> {
    local("paper.db", ConfigError::NoHome("the database", "--db"))
}

/// The database of live sessions when none is named, where the earlier engine's belong: `neo-console/live.db`, beside it.
pub fn live_database() -> Result<PathBuf, ConfigError> {
    local("live.db", ConfigError::NoHome("the database", "--db"))
}

/// The log folder when none is named: `neo-console/log`, beside the database.
pub fn log_folder() -> Result<PathBuf, ConfigError> {
    local("log", ConfigError::NoHome("the log", "--log-dir"))
}

/// Local, not roaming: on Windows a roaming folder is copied over the network at log-off.
fn local(name: &str, homeless: ConfigError) -> Result<PathBuf, ConfigError> {
    BaseDirs::new().map(|dirs| dirs.data_local_dir().join(HOUSE).join(name)).ok_or(homeless)
}
