//! Who looks whether the runner turns: a plain thread, that needs neither the runtime nor the keeper.
//!
//! A runner that does not turn decides nothing and sends nothing. That is said at once, in the log and on the screen; if
//! it lasts, the process ends, because then the next start can do what this one cannot: prove the orders gone, and close
//! the session. The same goes for what comes after the session, should a disk never answer there.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::{Exit, TERMINAL_PATIENCE};
use crate::beat::{Beat, Eye, LOOK, Still};
use crate::console::run::WayOut;
use crate::domain::incident::{Incident, Severity, Source};
use crate::logging;
use crate::session::control::Control;

/// A runner that has not turned for so long is stuck; in a session it turns four times a second.
const STALLED: Duration = Duration::from_secs(3);
/// After so long it will not turn again.
const GIVEN_UP: Duration = Duration::from_secs(15);
/// How long the log may take for its last line.
const LAST_LINE: Duration = Duration::from_millis(200);

/// What the watchdog looks at, and whom it tells.
pub struct Watch {
    /// The runner's beat.
    pub beat: Arc<Beat>,
    /// What keeps the log from being written.
    pub log: logging::Trouble,
    /// Who writes incidents down, while it turns.
    pub control: UnboundedSender<Control>,
    /// The screen, if there is one.
    pub way_out: Option<WayOut>,
}

/// The thread. Dropped, it ends.
pub struct Watchdog(#[allow(dead_code, reason = "dropping it is what ends the thread")] Sender<()>);

impl Watchdog {
    /// Begins to look.
    ///
    /// # Errors
    /// If the system gives us no thread.
    pub fn start(watch: Watch) -> std::io::Result<Self> {
        let (alive, over) = channel();
        let work = move || {
            let (mut looks, mut looked) = (Looks::default(), Instant::now());
            while over.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let passed = looked.elapsed();
                looked = Instant::now();
                looks.look(&watch, passed);
            }
        };
        thread::Builder::new().name("watchdog".to_owned()).spawn(work)?;
        Ok(Self(alive))
    }
}

/// What was seen and told so far.
#[derive(Default)]
struct Looks {
    eye: Eye,
    said: bool,
    log_said: bool,
}

impl Looks {
    fn look(&mut self, watch: &Watch, passed: Duration) {
        let still = self.eye.look(&watch.beat, passed);
        if still.lasted >= GIVEN_UP {
            give_up(watch, still);
        }
        if still.lasted >= STALLED {
            let words = in_words(still);
            if let Some(way_out) = &watch.way_out {
                way_out.alarm(&words);
            }
            if !std::mem::replace(&mut self.said, true) {
                tracing::error!("{words}");
            }
        } else {
            self.said = false;
        }
        if let Some(why) = watch.log.get()
            && !std::mem::replace(&mut self.log_said, true)
        {
            // Nobody hears it only once the session is over.
            let _ = watch.control.send(Control::Trouble(Box::new(no_log(why))));
        }
    }
}

fn in_words(still: Still) -> String {
    let Still { step, lasted } = still;
    let left = GIVEN_UP.saturating_sub(lasted).as_secs();
    format!(
        "the runner has stood still for {} s, {}: nothing is decided or sent; in {left} s this process ends, and the next \
         start closes the session",
        lasted.as_secs(),
        step.in_words(),
    )
}

/// Nothing here waits for anybody, and what is acknowledged is on disk.
fn give_up(watch: &Watch, still: Still) -> ! {
    let Still { step, lasted } = still;
    let words = format!(
        "the runner has stood still for {} s, {}: this process ends, and the next `neo run` closes the session",
        lasted.as_secs(),
        step.in_words()
    );
    tracing::error!("{words}");
    thread::sleep(LAST_LINE);
    if let Some(way_out) = &watch.way_out {
        way_out.give_back(TERMINAL_PATIENCE);
    }
    say_and_leave(&words)
}

/// A terminal that nobody reads must not keep this thread: another one writes, for as long as there is time.
fn say_and_leave(words: &str) -> ! {
    let words = words.to_owned();
    let say = move || {
        // Nobody may read it; the log has it.
        let _ = writeln!(std::io::stderr(), "neo: {words}");
    };
    if let Ok(saying) = thread::Builder::new().spawn(say) {
        let until = Instant::now() + TERMINAL_PATIENCE;
        while !saying.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }
    std::process::exit(Exit::Failed as i32)
}

fn no_log(why: String) -> Incident {
    Incident {
        id: 0,
        severity: Severity::Warning,
        source: Source::Disk,
        title: "The log cannot be written".to_owned(),
        tried: "to write lines into the log file".to_owned(),
        happened: why,
        means: "the session goes on; what is told here is on the Log tab and in the journal, not in the file"
            .to_owned(),
        done: "tries again with every line".to_owned(),
        you_can: "look at the disk of the log folder, or name another one with --log-dir at the next start".to_owned(),
        retry: None,
    }
}
