//! What a service manager (systemd) is told: how the start goes, that the session is open, what it does, that it still
//! turns, that it ends.
//!
//! Only where one listens: `NOTIFY_SOCKET` says so. It is told from the start's own steps and from the runner's own turn,
//! never from a timer or a thread beside them, so that what hangs falls silent. Nothing here waits: what finds no room is
//! told again with the next turn. (The crate `sd-notify` would wait, and knows no abstract sockets.)

#[cfg(unix)]
mod unix;

use std::fmt::Write as _;
use std::io;
use std::time::{Duration, Instant};

#[cfg(unix)]
use self::unix::Manager;
use crate::logging::one_line;

/// How long one step of the start may take before the manager gives it up: a check of every line of a large house, on a
/// slow disk. A step that hangs tells nothing more, and is ended after that.
const STEP_PATIENCE: Duration = Duration::from_mins(5);

/// A pulse is sent this often within the manager's limit, so that one that is lost or late does no harm.
#[cfg(unix)]
const PULSES_A_LIMIT: u32 = 4;

/// How far we are, as a service manager counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// No session is open yet.
    #[default]
    Starting,
    /// A session is open: its first fact is on disk.
    Ready,
    /// The end has begun.
    Stopping,
}

/// The line to a service manager; a line to nobody where none has started us.
#[derive(Debug, Default)]
pub struct Service {
    manager: Option<Manager>,
    pulse: Option<Pulse>,
    /// What the manager knows.
    stage: Stage,
    status: String,
    /// What kept it from being told the last time.
    trouble: Option<io::ErrorKind>,
}

/// When the manager is to hear from us next.
#[derive(Debug)]
struct Pulse {
    apart: Duration,
    next: Instant,
}

/// Nobody manages services this way here.
#[cfg(not(unix))]
#[derive(Debug)]
enum Manager {}

#[cfg(not(unix))]
impl Manager {
    fn tell(&self, _: &str) -> io::Result<()> {
        match *self {}
    }
}

impl Service {
    /// As `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` say. An address that means nothing is told in the log; the
    /// session runs without.
    #[cfg(unix)]
    pub fn from_environment() -> Self {
        let Some(address) = std::env::var_os("NOTIFY_SOCKET") else { return Self::default() };
        let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let limit = number("WATCHDOG_USEC").filter(|&limit| is_ours && limit > 0).map(Duration::from_micros);
        match Manager::at(&address) {
            Ok(manager) => Self::told_to(manager, limit),
            Err(error) => {
                tracing::warn!(?address, %error, "the service manager cannot be told anything");
                Self::default()
            }
        }
    }

    /// Nobody listens on this system.
    #[cfg(not(unix))]
    pub fn from_environment() -> Self {
        Self::default()
    }

    #[cfg(unix)]
    fn told_to(manager: Manager, limit: Option<Duration>) -> Self {
        let pulse = limit.map(|limit| Pulse { apart: limit / PULSES_A_LIMIT, next: Instant::now() });
        Self { manager: Some(manager), pulse, ..Self::default() }
    }

    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        self.manager.is_some()
    }

    /// When the manager is to hear from us at the latest, if it watches.
    pub fn next_pulse(&self) -> Option<Instant> {
        self.pulse.as_ref().map(|pulse| pulse.next)
    }

    /// The start has come to this step, which may take its time.
    pub fn step(&mut self, step: &str) {
        let patience = format!("EXTEND_TIMEOUT_USEC={}\n", STEP_PATIENCE.as_micros());
        self.send(patience, self.stage, &format!("starting: {step}"));
    }

    /// The runner has turned: tells what the manager does not know yet, and that we live.
    pub fn turned(&mut self, stage: Stage, status: &str) {
        let now = Instant::now();
        let mut message = String::new();
        if let Some(pulse) = self.pulse.as_mut().filter(|pulse| now >= pulse.next) {
            message.push_str("WATCHDOG=1\n");
            pulse.next = now + pulse.apart;
        }
        self.send(message, stage, status);
    }

    /// Sends what is new and `message` in one, if there is anything.
    fn send(&mut self, mut message: String, stage: Stage, status: &str) {
        let Some(manager) = &self.manager else { return };
        let status = one_line(status);
        message.push_str(match stage {
            Stage::Ready if self.stage < stage => "READY=1\n",
            Stage::Stopping if self.stage < stage => "STOPPING=1\n",
            _ => "",
        });
        if status != self.status {
            // Writing into a string cannot fail.
            writeln!(message, "STATUS={status}").unwrap_or_default();
        }
        if message.is_empty() {
            return;
        }
        match manager.tell(&message) {
            Ok(()) => (self.stage, self.status, self.trouble) = (stage, status, None),
            Err(error) if self.trouble == Some(error.kind()) => {}
            Err(error) => {
                tracing::warn!(%error, "the service manager cannot be told; it is tried again");
                self.trouble = Some(error.kind());
            }
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::*;

    /// A service manager, and who tells it.
    fn managed(limit: Option<Duration>) -> (tempfile::TempDir, UnixDatagram, Service) {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("notify");
        let listener = UnixDatagram::bind(&address).unwrap();
        listener.set_nonblocking(true).unwrap();
        (folder, listener, Service::told_to(Manager::at(address.as_os_str()).unwrap(), limit))
    }

    /// All that was told and not heard yet, a message each.
    fn heard(listener: &UnixDatagram) -> Vec<String> {
        let mut room = [0; 4_096];
        std::iter::from_fn(|| {
            listener.recv(&mut room).ok().map(|length| String::from_utf8_lossy(&room[..length]).into())
        })
        .collect()
    }

    #[test]
    fn what_the_manager_knows_is_not_told_again() {
        let (_folder, listener, mut service) = managed(None);
        service.step("opening both copies");
        service.turned(Stage::Starting, "starting");
        service.turned(Stage::Ready, "starting");
        service.turned(Stage::Ready, "quoting: both\nsides");
        service.turned(Stage::Ready, "quoting: both\nsides");
        service.turned(Stage::Stopping, "closing: seal");
        service.turned(Stage::Stopping, "closing: cancel");
        assert_eq!(
            heard(&listener),
            [
                "EXTEND_TIMEOUT_USEC=300000000\nSTATUS=starting: opening both copies\n",
                "STATUS=starting\n",
                "READY=1\n",
                "STATUS=quoting: both sides\n",
                "STOPPING=1\nSTATUS=closing: seal\n",
                "STATUS=closing: cancel\n",
            ]
        );
    }

    #[test]
    fn who_is_watched_says_when_it_must_turn_again_and_pulses_with_that_turn_alone() {
        let limit = Duration::from_secs(4_000);
        let (_folder, listener, mut service) = managed(Some(limit));
        service.turned(Stage::Ready, "quoting");
        assert_eq!(heard(&listener), ["WATCHDOG=1\nREADY=1\nSTATUS=quoting\n"]);
        let wait = service.next_pulse().unwrap().saturating_duration_since(Instant::now());
        assert!(wait > limit / 8 && wait <= limit / 4, "{wait:?}");
        service.turned(Stage::Ready, "quoting");
        assert_eq!(heard(&listener), Vec::<String>::new());
    }

    #[test]
    fn a_manager_that_does_not_listen_holds_nobody_up_and_hears_everything_later() {
        let (_folder, listener, mut service) = managed(None);
        let mut told = 0;
        while service.trouble.is_none() {
            service.turned(Stage::Starting, &format!("step {told}"));
            told += 1;
        }
        service.turned(Stage::Ready, "quoting");
        heard(&listener);
        service.turned(Stage::Ready, "quoting");
        assert_eq!(heard(&listener), ["READY=1\nSTATUS=quoting\n"]);
    }

    #[test]
    fn nobody_is_told_anything_where_nobody_listens() {
        let mut service = Service::default();
        service.turned(Stage::Ready, "quoting");
        assert!(!service.is_heard());
        assert_eq!(service.next_pulse(), None);
    }
}
