//! The console as threads: one draws, one reads keys, one notices that the terminal has gone.
//!
//! The order matters: the first frame is painted before there is a runtime, a database or a thread, so that it is there
//! within milliseconds. All that comes later joins through [`Wiring`], whose channels exist before those who use them.

mod drawing;
mod handle;

use std::io;
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;
use std::time::SystemTime;

use ratatui::Frame;
use thiserror::Error;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot, watch};

use super::app::model::Model;
use super::settings::Settings;
use super::term::guard::{Guard, TakeError};
use super::term::screen::{Gone, Screen};
use super::term::tty::Tty;
use super::term::{hangup, input};
use crate::domain::aim::Aim;
use crate::domain::time::Timestamp;
use crate::logging::LogRing;
use crate::session::control::Control;
use crate::session::view::SessionView;
use crate::store::rows::{HistoryAnswer, HistoryQuery};
use drawing::Drawing;
pub use handle::{ConsoleHandle, Finished, Reply, WayOut};

/// Draws the whole model onto a frame.
pub type Draw = fn(&Model, &mut Frame<'_>);

/// What the first frame needs.
#[derive(Clone, Debug)]
pub struct First {
    /// The database's path as the operator gave it.
    pub database: String,
    /// At which database the commands are aimed that the screen names.
    pub aim: Aim,
    /// What the operator set about the console.
    pub settings: Settings,
    /// Draws the model.
    pub draw: Draw,
}

/// What joins the console to the rest. All of it can be made before anything else is there; what is asked before there
/// is somebody to answer waits in its channel.
#[derive(Debug)]
pub struct Wiring {
    /// To the runner, or to whoever holds its place while the session starts.
    pub control: UnboundedSender<Control>,
    /// The newest view; `None` until there is one.
    pub views: watch::Receiver<Option<Arc<SessionView>>>,
    /// To the history thread.
    pub queries: UnboundedSender<HistoryQuery>,
    /// From the history thread.
    pub answers: UnboundedReceiver<HistoryAnswer>,
    /// The log's last lines.
    pub log: LogRing,
    /// Told (`notify_one`) whenever the log has a new line.
    pub log_grew: Arc<Notify>,
}

/// A console whose first frame is on the screen, and that runs nothing yet.
#[derive(Debug)]
pub struct Console {
    guard: Arc<Guard>,
    screen: Screen,
    model: Model,
    draw: Draw,
}

/// The first frame could not be painted; the terminal is as it was before.
#[derive(Debug, Error)]
pub enum FirstFrameError {
    /// The terminal could not be taken.
    #[error(transparent)]
    Take(#[from] TakeError),
    /// It hung up at once.
    #[error(transparent)]
    Gone(#[from] Gone),
}

/// A thread of the console could not be started; the terminal is as it was before.
#[derive(Debug, Error)]
#[error("could not start the console's {what} ({why}); free some memory or raise the limit of threads")]
pub struct StartError {
    what: &'static str,
    #[source]
    why: io::Error,
}

impl Console {
    /// Whether there is a terminal to put a console on.
    pub fn is_possible() -> bool {
        Tty::is_there()
    }

    /// Takes the terminal and paints the first frame. Does nothing else, and nothing else may come before it.
    pub fn take_terminal_and_paint_first_frame(first: First) -> Result<Self, FirstFrameError> {
        if !Self::is_possible() {
            return Err(TakeError::NoTerminal.into());
        }
        Self::on(Tty::of_stdout().map_err(TakeError::Failed)?, first)
    }

    fn on(tty: Tty, first: First) -> Result<Self, FirstFrameError> {
        let guard = Arc::new(Guard::take(tty)?);
        let mut model = Model::new(first.database, machine_time());
        model.aim = first.aim;
        model.settings = first.settings;
        model.size = guard.tty().size().map_err(TakeError::Failed)?;
        let mut screen = Screen::new(Arc::clone(&guard), model.size)?;
        screen.draw(|frame| (first.draw)(&model, frame))?;
        Ok(Self { guard, screen, model, draw: first.draw })
    }

    /// Starts the threads. From here on keys work.
    pub fn start(self, wiring: Wiring) -> Result<ConsoleHandle, StartError> {
        let (told, msgs) = unbounded_channel();
        hangup::watch(Arc::clone(&self.guard), told.clone()).map_err(StartError::of("hang-up watchdog"))?;
        let handle = self.start_drawing(wiring, told.clone(), msgs)?;
        input::listen(told).map_err(StartError::of("input thread"))?;
        Ok(handle)
    }

    fn start_drawing(
        self,
        wiring: Wiring,
        told: UnboundedSender<super::app::msg::Msg>,
        msgs: UnboundedReceiver<super::app::msg::Msg>,
    ) -> Result<ConsoleHandle, StartError> {
        // Time only: nothing here waits for a file or a socket.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(StartError::of("drawing clock"))?;
        let (stop, stopped) = oneshot::channel();
        let (over, is_over) = std_mpsc::channel();
        let (ask, asked) = unbounded_channel();
        let guard = Arc::clone(&self.guard);
        let drawing = Drawing::new(self, wiring, msgs, asked);
        let draw = move || {
            drawing.draw_until_stopped(&runtime, stopped);
            // Ignored: whoever waited has given up and looks after the terminal itself.
            let _ = over.send(());
        };
        thread::Builder::new().name("drawing".to_owned()).spawn(draw).map_err(StartError::of("drawing thread"))?;
        Ok(ConsoleHandle::new(guard, told, ask, stop, is_over))
    }
}

impl StartError {
    fn of(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |why| Self { what, why }
    }
}

/// What this machine's clock says. The console's only look at it; a session brings its own time.
fn machine_time() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
