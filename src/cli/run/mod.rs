//! `neo run`: puts the threads together, lets the session run, and gives everything back.
//!
//! The first frame comes before everything that can take time; only signals are listened for even before it. From then
//! on every way out of here goes through the console's end, so that the terminal is given back before anything is said
//! on it.

mod asking;
mod house;
mod leaving;
mod receipt;
mod start;
mod watchdog;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};

use super::args::{ColorWhen, Global, RunArgs};
use super::exit::Exit;
use super::print::Form;
use crate::beat::Step;
use crate::config::{Config, Loaded, places};
use crate::console::run::{Console, ConsoleHandle, First, Wiring};
use crate::console::settings::Theme;
use crate::console::{hints, term};
use crate::disk::place::Place;
use crate::logging::{self, Echo, LogRing, Logging};
use crate::session::causes;
use crate::session::control::Control;
use crate::session::plan::{Hurry, Windows};
use crate::session::receipt::Receipt;
use crate::session::service::Service;
use crate::session::view::SessionView;
use crate::store::history::History;
use crate::store::rows::{HistoryAnswer, HistoryQuery};
use crate::vault::gate::GateError;
use asking::Operator;
use house::House;
use leaving::Leaving;
use watchdog::{Watch, Watchdog};

/// How long the terminal, which may not read, can hold us up.
const TERMINAL_PATIENCE: Duration = Duration::from_millis(200);
/// How long the log, whose disk may be dead, can hold us up.
const LOG_PATIENCE: Duration = Duration::from_millis(500);

/// The ends of the channels that the session holds; the console has the others.
struct Ends {
    controls: UnboundedReceiver<Control>,
    views: watch::Sender<Option<Arc<SessionView>>>,
    queries: UnboundedReceiver<HistoryQuery>,
    answers: UnboundedSender<HistoryAnswer>,
}

/// What the watchdog tells, and whom.
struct Alarms {
    control: UnboundedSender<Control>,
    log: logging::Trouble,
}

/// Signals, heard from before the terminal is taken: one that came unheard in between would end us by its default, and
/// leave the terminal raw.
struct Heard {
    runtime: Runtime,
    control: UnboundedSender<Control>,
    controls: UnboundedReceiver<Control>,
}

impl Heard {
    fn listen() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .wrap_err("cannot start the threads that run a session")?;
        let (control, controls) = unbounded_channel();
        {
            let _inside = runtime.enter();
            causes::listen(&control).wrap_err("cannot listen for signals, so no session may begin")?;
        }
        Ok(Self { runtime, control, controls })
    }
}

/// What the operator said, and what follows from it.
struct Order<'a> {
    args: &'a RunArgs,
    config: Config,
    place: Place,
}

/// Runs a session to its end and prints its receipt.
pub fn carry_out(args: &RunArgs, global: &Global, form: Form) -> Result<Exit> {
    let mut config = Loaded::find(global.config.as_deref())?.config;
    if global.color == ColorWhen::Never || (global.color == ColorWhen::Auto && std::env::var_os("NO_COLOR").is_some()) {
        config.console.theme = Theme::Mono;
    }
    let database = global.db.clone().map_or_else(places::paper_database, Ok)?;
    let heard = Heard::listen()?;
    let screen = first_frame(args, &config, &database)?;
    term::panic::install();
    let order = Order { args, config, place: Place::around(&database) };
    let folder = global.log_dir.clone().map_or_else(places::log_folder, Ok)?;
    let echo = if screen.is_some() { Echo::Nobody } else { Echo::Stderr };
    let logging = logging::begin(&folder, &order.config.log, global.verbose, echo, super::aim())?;
    let outcome = with_threads(&order, heard, screen, &logging, form);
    // What is lost of the log if its disk is dead cannot be told in the log.
    let _ = logging.close(LOG_PATIENCE);
    outcome
}

/// Paints the first frame, if there is a terminal and the operator wants a console.
fn first_frame(args: &RunArgs, config: &Config, database: &Path) -> Result<Option<Console>> {
    if args.headless || !Console::is_possible() {
        return Ok(None);
    }
    let (database, settings) = (database.display().to_string(), config.console.clone());
    let first = First { database, aim: super::aim(), settings, draw: hints::draw };
    Ok(Some(Console::take_terminal_and_paint_first_frame(first)?))
}

fn with_threads(
    order: &Order<'_>,
    heard: Heard,
    screen: Option<Console>,
    logging: &Logging,
    form: Form,
) -> Result<Exit> {
    let Heard { runtime, control, controls } = heard;
    let (views, seen) = watch::channel(None);
    let (asked, queries) = unbounded_channel();
    let (answers, answered) = unbounded_channel();
    let ends = Ends { controls, views, queries, answers };
    let wiring = Wiring {
        control: control.clone(),
        views: seen,
        queries: asked,
        answers: answered,
        log: logging.ring().clone(),
        log_grew: growth_of(logging.ring()),
    };
    let mut console = screen.map(|screen| screen.start(wiring)).transpose()?;
    let alarms = Alarms { control, log: logging.trouble().clone() };
    let receipt = run_session(order, &runtime, console.as_ref(), ends, alarms);
    runtime.shutdown_background();
    let Some(receipt) = receipt? else {
        // The terminal is given back before anything is said on it.
        drop(console);
        leaving::say_left();
        return Ok(Exit::Done);
    };
    receipt::print(&receipt, console.as_mut(), form)?;
    Ok(Exit::of_receipt(&receipt))
}

/// Opens the house, runs the session, closes the house. `None` if the operator left before the session began.
fn run_session(
    order: &Order<'_>,
    runtime: &Runtime,
    console: Option<&ConsoleHandle>,
    ends: Ends,
    alarms: Alarms,
) -> Result<Option<Receipt>> {
    let leaving = Leaving::listen(runtime, ends.controls, console.map(ConsoleHandle::way_out));
    let operator = console.map(|console| Operator { runtime, console, leaving: &leaving });
    let mut service = Service::from_environment();
    let mut house = match House::open(&order.place, console, operator.as_ref(), &leaving, &mut service) {
        Err(error) if is_leaving(&error) => return leaving.left().map(|()| None),
        opened => opened?,
    };
    let controls = match leaving.hand_over(runtime) {
        Ok(Some(controls)) => controls,
        left => {
            house.close();
            return left.map(|_| None);
        }
    };
    answer_history(runtime, order.place.database(), ends.queries, ends.answers)?;
    let (runner, keeper) = house.begin_session(order, controls, ends.views, service)?;
    let (beat, way_out) = (runner.beat(), console.map(ConsoleHandle::way_out));
    let watch = Watch { beat: Arc::clone(&beat), log: alarms.log, control: alarms.control, way_out };
    let _watchdog = Watchdog::start(watch).wrap_err("cannot start the thread that watches the session")?;
    let mut receipt = runtime.block_on(runner.run());
    beat.at(Step::Release);
    house::close_keeper(keeper, &order.place, &mut receipt);
    receipt::keep(&order.place, &mut receipt);
    house.close();
    Ok(Some(receipt))
}

/// Whether the start ended because the operator wanted it to.
fn is_leaving(error: &color_eyre::Report) -> bool {
    matches!(error.downcast_ref(), Some(GateError::Left { .. }))
}

/// Whether the system was about to end this process when the session ended.
fn hurry_of(receipt: &Receipt) -> Hurry {
    Hurry::of_all(&receipt.causes, Windows::HERE)
}

/// Lets the history's thread answer what the console asks.
fn answer_history(
    runtime: &Runtime,
    database: &Path,
    mut queries: UnboundedReceiver<HistoryQuery>,
    answers: UnboundedSender<HistoryAnswer>,
) -> Result<()> {
    let database: PathBuf = database.to_owned();
    let listener = Box::new(move |answer| {
        // Nobody listens once the console has ended.
        let _ = answers.send(answer);
    });
    let history = History::start(&database, listener).wrap_err("cannot start the history's thread")?;
    runtime.spawn(async move {
        while let Some(query) = queries.recv().await {
            history.ask(query);
        }
    });
    Ok(())
}

fn growth_of(ring: &LogRing) -> Arc<Notify> {
    let grew = Arc::new(Notify::new());
    let told = Arc::clone(&grew);
    // The ring takes one hook, and this process has one console.
    let _ = ring.on_growth(Box::new(move || told.notify_one()));
    grew
}
