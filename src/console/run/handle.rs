//! The console as the rest of the program holds it: told, finished within a limit, never waited for without one.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::console::app::model::{StartStep, StepState};
use crate::console::app::msg::Msg;
use crate::console::app::question::{Answer, Question};
use crate::console::term::guard::{Guard, PATIENCE, Terminal};
use crate::console::term::tty::Room;

/// A running console.
#[derive(Debug)]
pub struct ConsoleHandle {
    guard: Arc<Guard>,
    told: UnboundedSender<Msg>,
    ask: UnboundedSender<Asked>,
    stop: Option<oneshot::Sender<Duration>>,
    is_over: Receiver<()>,
}

/// A question on its way to the screen, and where its answer goes.
#[derive(Debug)]
pub(super) struct Asked {
    pub question: Question,
    pub reply: oneshot::Sender<Answer>,
}

/// The answer that will come.
#[derive(Debug)]
pub struct Reply(oneshot::Receiver<Answer>);

impl Reply {
    /// Waits for the operator, for as long as that takes. A console that ends before has left everything as it is.
    pub async fn wait(self) -> Answer {
        self.0.await.unwrap_or(Answer::Left)
    }
}

/// The terminal's way back, for who may not wait for the thread that holds the console.
#[derive(Clone, Debug)]
pub struct WayOut {
    guard: Arc<Guard>,
    told: UnboundedSender<Msg>,
}

impl WayOut {
    /// As [`ConsoleHandle::abandon`].
    pub fn abandon(&self) {
        self.guard.mark_gone();
    }

    /// Shows a line below the steps of the start.
    pub fn tell(&self, text: &str) {
        let state = StepState::Done { took: Duration::ZERO };
        // Ignored: a console that has ended shows nothing.
        let _ = self.told.send(Msg::Starting(StartStep { text: text.to_owned(), note: String::new(), state }));
    }

    /// Says at the bottom of the screen what no view will tell.
    pub fn alarm(&self, text: &str) {
        // Ignored: a console that has ended shows nothing.
        let _ = self.told.send(Msg::Alarm(text.to_owned()));
    }

    /// Gives the terminal back within `limit`, whatever is drawing.
    pub fn give_back(&self, limit: Duration) -> Terminal {
        self.guard.give_back(limit)
    }
}

/// A console that draws no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// What became of the terminal.
    pub terminal: Terminal,
}

impl ConsoleHandle {
    pub(super) fn new(
        guard: Arc<Guard>,
        told: UnboundedSender<Msg>,
        ask: UnboundedSender<Asked>,
        stop: oneshot::Sender<Duration>,
        is_over: Receiver<()>,
    ) -> Self {
        Self { guard, told, ask, stop: Some(stop), is_over }
    }

    /// Shows a step of the start, or that it is done.
    pub fn starting(&self, step: StartStep) {
        // Ignored: a console that has ended shows nothing, and the step goes on without it.
        let _ = self.told.send(Msg::Starting(step));
    }

    /// Puts a question on the screen, in the place of everything else. Asked again before it is answered, the first one
    /// counts as left.
    pub fn ask(&self, question: Question) -> Reply {
        let (reply, answer) = oneshot::channel();
        // Ignored: a console that has ended drops the other end, which is an answer.
        let _ = self.ask.send(Asked { question, reply });
        Reply(answer)
    }

    /// What another thread needs to leave by.
    pub fn way_out(&self) -> WayOut {
        WayOut { guard: Arc::clone(&self.guard), told: self.told.clone() }
    }

    /// From now on nothing is written to the terminal: it is going, and a write could block or spoil what little time
    /// there is, as when Windows closes the window.
    pub fn abandon(&self) {
        self.guard.mark_gone();
    }

    /// Stops the drawing and gives the terminal back, within `limit`, even if the drawing thread is stuck in a write to a
    /// terminal that nobody reads. Said again, it only tells what became of the terminal.
    pub fn finish(&mut self, limit: Duration) -> Finished {
        let deadline = Instant::now() + limit;
        if let Some(stop) = self.stop.take() {
            // A part is kept for doing it from here, if the thread does not come back. If it is no longer there, so that
            // this cannot be sent, it has given the terminal back already.
            let (theirs, asked) = (limit / 2, stop.send(limit / 4));
            if asked.is_ok() && self.is_over.recv_timeout(theirs).is_err() {
                tracing::warn!("the drawing thread did not come back in time; giving the terminal back without it");
            }
        }
        Finished { terminal: self.guard.give_back(deadline.saturating_duration_since(Instant::now())) }
    }

    /// Prints on the terminal that was given back, as long as it has room, within `limit`. Returns whether all of it was
    /// printed.
    pub fn print(&self, text: &str, limit: Duration) -> bool {
        // A held terminal shows frames; one that is gone or stuck takes nothing.
        self.guard.give_back(limit) == Terminal::Usable
            && self.guard.tty().may_be_written()
            && self.guard.tty().write_with_room(text.as_bytes(), limit) == Room::Enough
    }
}

impl Drop for ConsoleHandle {
    /// Whoever forgets to finish it still leaves a usable terminal behind.
    fn drop(&mut self) {
        self.finish(PATIENCE);
    }
}
