//! Who looks whether the runner turns: a plain thread, that needs neither the runtime nor the keeper.
//!
//! A runner that does not turn decides nothing and sends nothing. That is said at once, in the log and on the screen; if
//! it lasts, the process ends, because then the next start can do what this one cannot: prove the orders gone, and close
//! the session. The same goes for what comes after the session, should a disk never answer there.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::{Exit, TERMINAL_PATIENCE};
use crate::beat::{Beat, Eye, LOOK, Step, Still};
use crate::cli::say_within;
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
    let left = GIVEN_UP.saturating_sub(still.lasted).as_secs();
    format!("{}; in {left} s this process ends, and {}", what_stands_still(still), what_comes_next(still))
}

fn what_stands_still(Still { step, lasted }: Still) -> String {
    let (lasted, doing) = (lasted.as_secs(), step.in_words());
    match step {
        Step::Release => format!("what comes after the session has stood still for {lasted} s, {doing}"),
        _ => format!("the runner has stood still for {lasted} s, {doing}: nothing is decided or sent"),
    }
}

const fn what_comes_next(Still { step, .. }: Still) -> &'static str {
    match step {
        Step::Release => "`neo sessions` tells how the session ended",
        _ => "the next `neo run` closes the session",
    }
}

/// Nothing here waits for anybody, and what is acknowledged is on disk.
fn give_up(watch: &Watch, still: Still) -> ! {
    let words = format!("{}: this process ends, and {}", what_stands_still(still), what_comes_next(still));
    tracing::error!("{words}");
    thread::sleep(LAST_LINE);
    if let Some(way_out) = &watch.way_out {
        way_out.give_back(TERMINAL_PATIENCE);
    }
    say_within(words, TERMINAL_PATIENCE);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_session_nobody_is_told_that_it_is_still_open() {
        let words = |step| in_words(Still { step, lasted: STALLED });
        assert!(words(Step::Turn).contains("the next `neo run` closes the session"));
        assert_eq!(
            words(Step::Release),
            "what comes after the session has stood still for 3 s, closing the files; in 12 s this process ends, and \
             `neo sessions` tells how the session ended"
        );
    }
}
