//! The log: a daily file of JSON lines, a ring of its last lines for the screen, and stderr where there is no screen.
//!
//! Lines travel to the file and to stderr through threads of their own, so that a slow disk or a terminal that nobody
//! reads does not hold up whoever logs. The ring lies below the console: the console reads it, nothing here knows that
//! a screen exists. Never log a whole config or environment.

mod file;
mod journald;
mod line;
mod ring;
pub mod settings;
mod terminal;

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use thiserror::Error;
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;

use self::file::DailyFile;
pub use self::file::Trouble;
use self::line::Line;
pub use self::line::one_line;
pub use self::ring::{LogLine, LogRing, RING_KEPT};
pub use self::terminal::may_be_written;
use crate::domain::aim::Aim;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

/// Lines that may wait for stderr; more are left out there, the file has them all.
const STDERR_WAITING: usize = 1_024;

/// The session that lines belong to, 0 while there is none: numbers count from 1 on.
static SESSION: AtomicI64 = AtomicI64::new(0);

/// Whether lines go to stderr, too.
static IS_ECHOED: AtomicBool = AtomicBool::new(false);

/// Whether stderr is a terminal that the system is taking away.
static TERMINAL_GOES: AtomicBool = AtomicBool::new(false);

/// Who else gets to see the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// A console shows the ring.
    Nobody,
    /// There is no console: an operator or a service manager reads stderr.
    Stderr,
}

/// Why logging could not begin. Each is told before a session starts, so nothing is lost.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file or its folder cannot be made or written.
    #[error("cannot write the log in {}: {why}\nMake the folder writable, or name another one with --log-dir.", folder.display())]
    Folder {
        /// The log folder.
        folder: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// Logging has begun before, in this process.
    #[error("the log was begun twice in one process; this is a mistake in the program, please report it")]
    BegunTwice,
}

/// The log as it runs. Close it with [`Logging::close`] when everything else has ended.
#[derive(Debug)]
pub struct Logging {
    ring: LogRing,
    trouble: Trouble,
    workers: Vec<WorkerGuard>,
}

/// What became of the lines that were still on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// All were handed to the file system.
    All,
    /// Time ran out: the newest lines may be missing from the file.
    TimeUp,
}

/// From now on, lines belong to this session.
pub fn set_session(session: SessionId) {
    SESSION.store(session.0, Ordering::Relaxed);
}

/// From now on no line goes to stderr if that is a terminal: the system is taking it away, and a write could block.
pub fn leave_the_terminal() {
    TERMINAL_GOES.store(io::stderr().is_terminal(), Ordering::Relaxed);
}

/// Whether what is logged is on stderr as well, through a thread that nobody waits for.
pub fn is_echoed() -> bool {
    IS_ECHOED.load(Ordering::Relaxed)
}

fn session() -> Option<SessionId> {
    Some(SESSION.load(Ordering::Relaxed)).filter(|&number| number != 0).map(SessionId)
}

/// This machine's time: a log is about the machine, whatever clock the session runs on.
fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// Begins logging for this process: into `folder`, which is made if it is missing, and into a new ring. `verbose` is
/// how often `-v` was said. Commands in messages are aimed by `aim`: one log may tell of several databases.
pub fn begin(
    folder: &Path,
    settings: &settings::Settings,
    verbose: u8,
    echo: Echo,
    aim: Aim,
) -> Result<Logging, LogError> {
    let (lines, logging) = Lines::new(folder, settings, echo)?;
    let lines = Lines { aim, ..lines };
    let level = LevelFilter::from_level(settings.level.raised(verbose).into());
    let subscriber = Registry::default().with(lines.with_filter(level));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::BegunTwice)?;
    IS_ECHOED.store(echo == Echo::Stderr, Ordering::Relaxed);
    Ok(logging)
}

impl Logging {
    /// The last lines.
    pub fn ring(&self) -> &LogRing {
        &self.ring
    }

    /// What keeps lines from being written, if anything does: an incident for whoever can raise one.
    pub fn trouble(&self) -> &Trouble {
        &self.trouble
    }

    /// Hands the lines that are still on their way to the file system, for `within` at most: a dead disk must not keep
    /// the process from ending. Lines logged later reach the ring only.
    pub fn close(self, within: Duration) -> Flushed {
        let (done, over) = mpsc::channel();
        let workers = self.workers;
        let flush = std::thread::Builder::new().name("log flush".to_owned()).spawn(move || {
            drop(workers);
            // Nobody listens any more when time was up.
            done.send(()).unwrap_or_default();
        });
        // Without a thread to be had, the workers were dropped, and so flushed, right there.
        let flushed = flush.is_err() || over.recv_timeout(within).is_ok();
        if flushed { Flushed::All } else { Flushed::TimeUp }
    }
}

/// Who reads stderr, and how a line is put for them.
struct Stderr {
    lines: NonBlocking,
    put: fn(&Line) -> String,
}

/// Prints each event once for each place it goes to.
struct Lines {
    aim: Aim,
    file: NonBlocking,
    stderr: Option<Stderr>,
    ring: LogRing,
}

impl Lines {
    fn new(folder: &Path, settings: &settings::Settings, echo: Echo) -> Result<(Self, Logging), LogError> {
        let daily = DailyFile::open(folder, settings.keep_days, now)
            .map_err(|why| LogError::Folder { folder: folder.to_owned(), why })?;
        let trouble = daily.trouble();
        let (file, worker) = NonBlockingBuilder::default().lossy(false).thread_name("log").finish(daily);
        let mut workers = vec![worker];
        let stderr = (echo == Echo::Stderr).then(|| {
            let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(STDERR_WAITING);
            let (lines, worker) = builder.thread_name("log to stderr").finish(terminal::Stderr);
            workers.push(worker);
            Stderr { lines, put: if journald::has_stderr() { Line::for_journald } else { Line::for_stderr } }
        });
        let ring = LogRing::default();
        Ok((Self { aim: Aim::default(), file, stderr, ring: ring.clone() }, Logging { ring, trouble, workers }))
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::of(event, now());
        line.message = self.aim.aimed(&line.message);
        // These two only hand the line to a thread, and fail only after `Logging::close`; what the disk says to it is
        // kept by `Logging::trouble`.
        self.file.clone().write_all(line.to_json(session()).as_bytes()).unwrap_or_default();
        if let Some(Stderr { lines, put }) = self.stderr.as_ref().filter(|_| !TERMINAL_GOES.load(Ordering::Relaxed)) {
            lines.clone().write_all(put(&line).as_bytes()).unwrap_or_default();
        }
        self.ring.push(line.at.to_string(), line.level, &line.target, line.in_words());
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("ring", &self.ring).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `happening` logs: the file's text and the ring's lines.
    fn logged(happening: impl FnOnce()) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let (lines, logging) = Lines::new(folder.path(), &settings::Settings::default(), Echo::Nobody).unwrap();
        let ring = logging.ring().clone();
        tracing::subscriber::with_default(Registry::default().with(lines.with_filter(LevelFilter::INFO)), happening);
        assert_eq!(logging.close(Duration::from_secs(30)), Flushed::All);
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let text = entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
        (text, ring.since(0).iter().map(|line| line.message.clone()).collect())
    }

    /// The line without its timestamp, which is checked to be one.
    fn without_time(line: &str) -> String {
        let (head, rest) = line.split_at(r#"{"timestamp":"2026-11-22T18:40:01.123Z""#.len());
        let time = head.strip_prefix(r#"{"timestamp":""#).unwrap().strip_suffix('"').unwrap();
        assert_eq!(time.parse::<Timestamp>().unwrap().to_string(), time);
        rest.to_owned()
    }

    #[test]
    fn a_line_has_its_five_names_first_and_then_its_fields() {
        let (file, ring) = logged(|| {
            let why = io::Error::other("no space left");
            tracing::error!(
                phase = "backup",
                took_ms = 31,
                fatal = false,
                why = &why as &dyn std::error::Error,
                "phase failed"
            );
        });
        assert_eq!(
            without_time(file.strip_suffix('\n').unwrap()),
            concat!(
                r#","level":"ERROR","target":"neo_console::logging::tests","message":"phase failed","session_id":null"#,
                r#","phase":"backup","took_ms":31,"fatal":false,"why":"no space left"}"#
            )
        );
        assert_eq!(ring, ["phase failed phase=backup took_ms=31 fatal=false why=no space left"]);
    }

    #[test]
    fn a_field_never_takes_the_place_of_a_name_that_every_line_has() {
        let (file, _) = logged(|| tracing::info!(level = "loud", session_id = 7, "hello"));
        assert!(file.contains(r#""session_id":null,"level_":"loud","session_id_":7}"#), "{file}");
    }

    #[test]
    fn whatever_is_said_stays_on_one_line_and_steers_no_terminal() {
        let (file, ring) = logged(|| tracing::warn!(path = "a\nb", "red \u{1b}[31m\r\nalert"));
        assert_eq!(file.lines().count(), 1);
        assert!(serde_json::from_str::<serde_json::Value>(&file).is_ok());
        assert_eq!(ring, ["red \\u{1b}[31m  alert path=a b"]);
    }

    #[test]
    fn quiet_lines_are_not_written() {
        assert_eq!(logged(|| tracing::debug!("whisper")), (String::new(), vec![]));
    }

    /// A disk that takes a line and never answers, as long as the sender lives.
    struct Dead(mpsc::Receiver<()>);

    impl io::Write for Dead {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.recv().unwrap_or_default();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_dead_disk_does_not_keep_the_process_from_ending() {
        let (alive, answer) = mpsc::channel();
        let (mut file, worker) = NonBlockingBuilder::default().lossy(false).finish(Dead(answer));
        file.write_all(b"the last line\n").unwrap();
        let logging = Logging { ring: LogRing::default(), trouble: Trouble::default(), workers: vec![worker] };
        assert_eq!(logging.close(Duration::from_millis(20)), Flushed::TimeUp);
        drop(alive);
    }

    #[test]
    fn a_line_names_its_session() {
        let at = Timestamp::from_millis(1_795_372_801_123);
        let line = Line::plain(at, tracing::Level::INFO, "session opened");
        assert_eq!(
            line.to_json(Some(SessionId(39))),
            "{\"timestamp\":\"2026-11-22T18:40:01.123Z\",\"level\":\"INFO\",\"target\":\"neo\",\
             \"message\":\"session opened\",\"session_id\":39}\n"
        );
        assert_eq!(line.for_stderr(), "18:40:01.123 INFO  session opened\n");
        assert_eq!(line.for_journald(), "<6>session opened\n");
    }

    #[test]
    fn a_folder_that_is_a_file_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        std::fs::write(&file, "").unwrap();
        let refused = Lines::new(&file, &settings::Settings::default(), Echo::Nobody).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("cannot write the log in {}: ", file.display())), "{refused}");
        assert!(refused.ends_with("or name another one with --log-dir."), "{refused}");
    }
}
