//! The threads on a real pseudo-terminal, without its keys: stdin belongs to the test runner.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;

use portable_pty::{MasterPty, PtySize, native_pty_system};
use ratatui::widgets::Paragraph;
use tokio::sync::mpsc;

use super::*;
use crate::console::app::testing::view as any_view;
use crate::console::term::guard::Terminal;
use crate::domain::halt::HaltReason;
use crate::session::view::Pending;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(20);

/// A console on a terminal of its own, and the rest of the program as far as it is needed.
struct Rig {
    master: Option<Box<dyn MasterPty + Send>>,
    slave: File,
    handle: ConsoleHandle,
    control: UnboundedReceiver<Control>,
    views: watch::Sender<Option<Arc<SessionView>>>,
}

fn draw_plainly(model: &Model, frame: &mut Frame<'_>) {
    let text = match model.view.as_ref().map(|view| view.pending.len()) {
        None => "starting",
        Some(0) => "running",
        Some(_) => "BUSY",
    };
    frame.render_widget(Paragraph::new(text), frame.area());
}

fn draw_starting_only(model: &Model, frame: &mut Frame<'_>) {
    assert!(model.view.is_none(), "no widget for a view");
    draw_plainly(model, frame);
}

/// Far more than a terminal that nobody reads takes.
fn draw_a_lot(model: &Model, frame: &mut Frame<'_>) {
    if model.view.is_some() {
        frame.render_widget(Paragraph::new("all work and no play\n".repeat(500)), frame.area());
    }
}

fn rig(draw: Draw) -> Rig {
    let pair = native_pty_system().openpty(PtySize { rows: 300, cols: 300, ..PtySize::default() }).unwrap();
    let name = pair.master.tty_name().unwrap();
    let no_ctty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap();
    let slave = OpenOptions::new().read(true).write(true).custom_flags(no_ctty).open(name).unwrap();
    let first = First { database: "paper.db".to_owned(), aim: Aim::default(), settings: Settings::default(), draw };
    let console = Console::on(Tty::over(slave.try_clone().unwrap()), first).unwrap();
    let (control, heard) = mpsc::unbounded_channel();
    let (views, shown) = watch::channel(None);
    let (queries, _) = mpsc::unbounded_channel();
    let (_, answers) = mpsc::unbounded_channel();
    let wiring = Wiring { control, views: shown, queries, answers, log: LogRing::default(), log_grew: Arc::default() };
    let (told, msgs) = unbounded_channel();
    let handle = console.start_drawing(wiring, told, msgs).unwrap();
    Rig { master: Some(pair.master), slave, handle, control: heard, views }
}

impl Rig {
    /// Reads what is on the terminal on a thread of its own, until it hangs up; tells when `text` was there.
    fn read_until(&self, text: &'static str) -> std_mpsc::Receiver<&'static str> {
        self.read_for(vec![text])
    }

    /// The same for several texts, each told once, when it has come behind the one before.
    fn read_for(&self, mut texts: Vec<&'static str>) -> std_mpsc::Receiver<&'static str> {
        let mut reader = self.master.as_ref().unwrap().try_clone_reader().unwrap();
        let (seen, is_seen) = std_mpsc::channel();
        thread::spawn(move || {
            let (mut all, mut chunk) = (Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                all.extend_from_slice(&chunk[..count]);
                while texts.first().is_some_and(|text| String::from_utf8_lossy(&all).contains(text)) {
                    // The one who waits may have seen enough.
                    let _ = seen.send(texts.remove(0));
                }
            }
        });
        is_seen
    }

    fn is_cooked(&self) -> bool {
        let modes = rustix::termios::tcgetattr(&self.slave).unwrap();
        modes.local_modes.contains(rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO)
    }

    fn end(&mut self) -> (HaltReason, String) {
        match self.control.blocking_recv() {
            Some(Control::End { reason, detail }) => (reason, detail),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_was_taken_is_given_back_once_as_it_was() {
    let mut rig = rig(draw_plainly);
    assert!(!rig.is_cooked());
    let left = rig.read_until("\x1b[?25h\x1b[?1049l");
    assert_eq!(rig.handle.finish(LIMIT).terminal, Terminal::Usable);
    assert!(rig.is_cooked());
    left.recv_timeout(LONG).unwrap();
    assert_eq!(rig.handle.finish(LIMIT).terminal, Terminal::Usable);
    assert!(rig.handle.print("Session 39 closed, verified.\n", LIMIT));
}

#[test]
fn a_view_is_drawn_when_it_is_published() {
    let rig = rig(draw_plainly);
    let seen = rig.read_until("running");
    rig.views.send_replace(Some(Arc::new(any_view())));
    seen.recv_timeout(LONG).unwrap();
}

#[test]
fn every_single_view_is_drawn_even_if_no_other_follows() {
    let rig = rig(draw_plainly);
    let seen = rig.read_for(vec!["running", "BUSY"]);
    rig.views.send_replace(Some(Arc::new(any_view())));
    assert_eq!(seen.recv_timeout(LONG), Ok("running"));
    let mut busy = any_view();
    busy.pending.push(Pending::Backup);
    rig.views.send_replace(Some(Arc::new(busy)));
    assert_eq!(seen.recv_timeout(LONG), Ok("BUSY"));
}

#[test]
fn a_terminal_that_a_shell_had_in_between_is_taken_again_with_the_next_frame() {
    let rig = rig(draw_plainly);
    let mut cooked = rustix::termios::tcgetattr(&rig.slave).unwrap();
    cooked.local_modes.insert(rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO);
    rustix::termios::tcsetattr(&rig.slave, rustix::termios::OptionalActions::Now, &cooked).unwrap();
    let drawn_anew = rig.read_until("\x1b[?2004h\x1b[2J");
    rig.views.send_replace(Some(Arc::new(any_view())));
    drawn_anew.recv_timeout(LONG).unwrap();
    assert!(!rig.is_cooked());
}

#[test]
fn a_panic_while_drawing_ends_the_session_and_leaves_the_terminal_usable() {
    let mut rig = rig(draw_starting_only);
    let left = rig.read_until("\x1b[?1049l");
    rig.views.send_replace(Some(Arc::new(any_view())));
    let (reason, detail) = rig.end();
    assert_eq!(reason, HaltReason::ConsolePanic);
    assert!(detail.contains("no widget for a view"), "{detail}");
    left.recv_timeout(LONG).unwrap();
    assert_eq!(rig.handle.finish(LIMIT).terminal, Terminal::Usable);
    assert!(rig.is_cooked());
}

#[test]
fn a_terminal_that_nobody_reads_is_given_up_in_time() {
    let mut rig = rig(draw_a_lot);
    rig.views.send_replace(Some(Arc::new(any_view())));
    // The write has begun when the terminal has no room any more.
    let tty = Tty::over(rig.slave.try_clone().unwrap());
    while tty.has_room() {
        thread::yield_now();
    }
    let began = Instant::now();
    assert_eq!(rig.handle.finish(LIMIT).terminal, Terminal::Stuck);
    assert!(began.elapsed() < LIMIT * 2, "{:?}", began.elapsed());
    assert!(rig.is_cooked());
    assert!(!rig.handle.print("Session 39 closed, verified.\n", LIMIT));
}

#[test]
fn a_terminal_that_hangs_up_ends_the_session_and_is_never_written_to_again() {
    let mut rig = rig(draw_plainly);
    rig.master = None;
    rig.views.send_replace(Some(Arc::new(any_view())));
    let (reason, detail) = rig.end();
    assert_eq!(reason, HaltReason::TerminalClosed);
    assert!(detail.contains("the terminal has gone"), "{detail}");
    assert_eq!(rig.handle.finish(LIMIT).terminal, Terminal::Gone);
    assert!(!rig.handle.print("Session 39 closed, verified.\n", LIMIT));
    assert!(rig.control.try_recv().is_err(), "told once");
}

#[test]
fn the_watchdog_sees_a_hang_up_without_anybody_reading_or_writing() {
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let name = pair.master.tty_name().unwrap();
    let no_ctty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap();
    let tty = Tty::over(OpenOptions::new().read(true).write(true).custom_flags(no_ctty).open(name).unwrap());
    let (seen, is_seen) = std_mpsc::channel();
    thread::spawn(move || seen.send(tty.hung_up()));
    drop(pair);
    assert_eq!(is_seen.recv_timeout(LONG), Ok(true));
}
