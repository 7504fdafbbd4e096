//! Whether stderr goes to systemd's journal, which has a time of its own for each line and wants to know its weight.

/// As systemd.exec(5) has it: `JOURNAL_STREAM` names the device and inode of the stream that it connected, and stderr is
/// that one. The variable alone proves nothing, because it is inherited.
#[cfg(unix)]
pub(super) fn has_stderr() -> bool {
    let stream = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    rustix::fs::fstat(rustix::stdio::stderr()).is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// There is none on this system.
#[cfg(not(unix))]
pub(super) fn has_stderr() -> bool {
    false
}
