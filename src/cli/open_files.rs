//! How many files the system lets us have open. With too few a database seems to be unreadable, and a session could not
//! make its backup: that is found out before anything is opened.

use std::io;

use color_eyre::Report;

use super::exit::{Exit, Refusal};

/// What a session needs at its most, twice over.
const NEEDED: u64 = 64;

/// Takes as many as we need, if the system lets us.
///
/// # Errors
/// If it does not: how many there are, and how more are given.
pub fn take() -> Result<(), Refusal> {
    let open = may_be_open();
    if open >= NEEDED {
        return Ok(());
    }
    Err(Refusal {
        exit: Exit::Failed,
        tried: "cannot begin".to_owned(),
        why: format!("too many files would be open: the system lets us have {open} at once, and neo needs {NEEDED}"),
        you_can: "raise the limit: `ulimit -n 256` in the shell, or LimitNOFILE=256 in the unit".to_owned(),
    })
}

/// Whether an error comes of too many open files, ours or everybody's: nothing is wrong with the file that was to be opened.
pub fn ran_out(report: &Report) -> bool {
    report.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(is_one)
}

#[cfg(unix)]
fn may_be_open() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let now = limit.current.unwrap_or(u64::MAX);
    let most = limit.maximum.unwrap_or(u64::MAX).min(NEEDED);
    if now < most && setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit }).is_ok() { most } else { now }
}

#[cfg(unix)]
fn is_one(why: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| why.raw_os_error() == Some(errno.raw_os_error()))
}

/// Windows has no such limit that a session could reach.
#[cfg(windows)]
const fn may_be_open() -> u64 {
    u64::MAX
}

/// `ERROR_TOO_MANY_OPEN_FILES`.
#[cfg(windows)]
fn is_one(why: &io::Error) -> bool {
    why.raw_os_error() == Some(4)
}
