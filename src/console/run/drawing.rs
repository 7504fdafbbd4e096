//! The drawing thread: hears what happened, lets `update` decide, carries its effects out, draws when a frame is due.
//!
//! It may block on the terminal for ever; it may panic. Neither keeps the session from being closed.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{oneshot, watch};

use super::handle::Asked;
use super::{Console, Draw, Wiring, machine_time};
use crate::console::app::clock::{next_beat, screen_time};
use crate::console::app::effect::Effect;
use crate::console::app::model::{Model, Tab};
use crate::console::app::msg::Msg;
use crate::console::app::pacer::Pacer;
use crate::console::app::question::Answer;
use crate::console::app::update::update;
use crate::console::term::guard::{Guard, PATIENCE};
use crate::console::term::panic;
use crate::console::term::screen::{Gone, Screen};
use crate::disk::faults::{self, Point};
use crate::domain::halt::HaltReason;
use crate::domain::incident::panic_words;
use crate::session::control::Control;
use crate::session::view::SessionView;
use crate::store::rows::HistoryAnswer;

pub(super) struct Drawing {
    guard: Arc<Guard>,
    screen: Screen,
    model: Model,
    draw: Draw,
    wiring: Wiring,
    msgs: UnboundedReceiver<Msg>,
    asked: UnboundedReceiver<Asked>,
    /// Who waits for the answer to the page that asks. If this thread ends, it is told by that alone.
    reply: Option<oneshot::Sender<Answer>>,
    pacer: Pacer,
    /// The runner may yet publish a view.
    views_open: bool,
    /// A view was heard of and is not on the screen yet: hearing of it marks it as seen.
    view_waits: bool,
    /// The first line of the log that has not been taken yet.
    next_line: u64,
}

/// What woke the thread.
enum Woken {
    Stop(Duration),
    Told(Msg),
    Asked(Asked),
    NewView(Result<(), watch::error::RecvError>),
    LogGrew,
    FrameDue,
}

impl Drawing {
    pub fn new(
        console: Console,
        wiring: Wiring,
        msgs: UnboundedReceiver<Msg>,
        asked: UnboundedReceiver<Asked>,
    ) -> Self {
        let Console { guard, screen, model, draw } = console;
        let mut pacer = Pacer::new(model.settings.max_fps);
        pacer.drawn(Instant::now());
        pacer.changed(Instant::now());
        Self {
            guard,
            screen,
            model,
            draw,
            wiring,
            msgs,
            asked,
            reply: None,
            pacer,
            views_open: true,
            view_waits: true,
            next_line: 0,
        }
    }

    /// Draws until it is told to stop, then gives the terminal back. A panic ends the session, not the program.
    pub fn draw_until_stopped(mut self, runtime: &Runtime, stopped: oneshot::Receiver<Duration>) {
        match catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.run(stopped)))) {
            Ok(patience) => {
                self.guard.give_back(patience);
            }
            Err(thrown) => {
                let detail = panic::take_of(thread::current().id())
                    .map_or_else(|| panic_words(&*thrown), |panicked| panicked.to_string());
                self.control(Control::End { reason: HaltReason::ConsolePanic, detail });
                self.guard.give_back(PATIENCE);
            }
        }
    }

    /// Returns how long giving back may wait for room.
    async fn run(&mut self, mut stopped: oneshot::Receiver<Duration>) -> Duration {
        // The terminal may have changed its size before anybody listened for it.
        if let Ok(size) = self.guard.tty().size() {
            self.hear(Msg::Resize(size));
        }
        loop {
            if self.pacer.is_due(Instant::now()) {
                self.frame();
            }
            match self.wait(&mut stopped).await {
                Woken::Stop(patience) => return patience,
                Woken::Told(msg) => self.hear(msg),
                Woken::Asked(Asked { question, reply }) => {
                    self.reply = Some(reply);
                    self.hear(Msg::Ask(question));
                }
                Woken::NewView(news) => {
                    self.views_open = news.is_ok();
                    self.view_waits = true;
                    self.pacer.changed(Instant::now());
                }
                Woken::LogGrew => self.pacer.changed(Instant::now()),
                Woken::FrameDue => {}
            }
        }
    }

    /// While a frame is due already, further views and lines are left where they are: the frame takes the newest. So a
    /// session at the greatest speed wakes this thread no more often than it draws.
    async fn wait(&mut self, stopped: &mut oneshot::Receiver<Duration>) -> Woken {
        let gone = self.model.terminal_gone;
        let listens = !gone && !self.pacer.has_change();
        let due = self.pacer.next().filter(|_| !gone);
        let Wiring { views, answers, log_grew, .. } = &mut self.wiring;
        tokio::select! {
            biased;
            patience = stopped => Woken::Stop(patience.unwrap_or(PATIENCE)),
            Some(msg) = self.msgs.recv() => Woken::Told(msg),
            Some(asked) = self.asked.recv() => Woken::Asked(asked),
            Some(answer) = answers.recv() => Woken::Told(Msg::History(answer)),
            news = views.changed(), if listens && self.views_open => Woken::NewView(news),
            () = log_grew.notified(), if listens && self.model.tab == Tab::Log => Woken::LogGrew,
            () = until(due) => Woken::FrameDue,
        }
    }

    fn hear(&mut self, msg: Msg) {
        if let Msg::Resize(size) = &msg {
            self.screen.resize(*size);
        }
        for effect in update(&mut self.model, msg) {
            self.carry_out(effect);
        }
        self.pacer.changed(Instant::now());
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Control(control) => self.control(control),
            Effect::AskHistory(query) => {
                if self.wiring.queries.send(query).is_err() {
                    let why = "the thread that reads it has ended".to_owned();
                    self.hear(Msg::History(HistoryAnswer::Failed(why)));
                }
            }
            Effect::Answer(answer) => {
                if let Some(reply) = self.reply.take() {
                    // Ignored: whoever asked has been told to end and does not wait any more.
                    let _ = reply.send(answer);
                }
            }
            Effect::Redraw => {
                let outcome = self.screen.redraw();
                self.unless_gone(outcome);
            }
            Effect::StopDrawing => self.guard.mark_gone(),
        }
    }

    fn control(&self, control: Control) {
        if let Err(unheard) = self.wiring.control.send(control) {
            // The runner has ended, and the session with it: nothing is left to control.
            tracing::debug!(control = ?unheard.0, "nobody hears the console any more");
        }
    }

    fn frame(&mut self) {
        self.catch_up();
        let outcome = self.draw_frame();
        self.unless_gone(outcome);
        let now = Instant::now();
        self.pacer.drawn(now);
        self.pacer.beat_at(next_beat(&self.model).map(|beat| now + beat));
    }

    /// The one place where a frame is drawn, and can be made to fail in a build for tests.
    fn draw_frame(&mut self) -> Result<(), Gone> {
        faults::hit(Point::ConsoleFrame)?;
        let Self { screen, model, draw, .. } = self;
        screen.draw(|frame| draw(model, frame))
    }

    /// Takes the newest view, the newest lines and the time into the model.
    fn catch_up(&mut self) {
        if let Some(view) = self.newest_view() {
            for effect in update(&mut self.model, Msg::View(view)) {
                self.carry_out(effect);
            }
        }
        if self.model.tab == Tab::Log {
            let lines = self.wiring.log.since(self.next_line);
            if let Some(last) = lines.last() {
                self.next_line = last.number + 1;
                update(&mut self.model, Msg::LogGrew(lines));
            }
        }
        let now = screen_time(self.model.view.as_deref(), Instant::now(), machine_time());
        update(&mut self.model, Msg::Clock(now));
    }

    fn newest_view(&mut self) -> Option<Arc<SessionView>> {
        let views = &mut self.wiring.views;
        // An error means that nobody publishes any more; the last view stays on the screen.
        let is_new = std::mem::take(&mut self.view_waits) || views.has_changed().unwrap_or(false);
        if is_new { views.borrow_and_update().clone() } else { None }
    }

    fn unless_gone(&mut self, outcome: Result<(), Gone>) {
        if let Err(gone) = outcome {
            self.hear(Msg::TerminalGone(gone.to_string()));
        }
    }
}

/// Until that moment; for ever if there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => pending().await,
    }
}
