//! Frames. Each is one write, inside synchronized output if it is long; one that changes nothing writes nothing at all.

use std::io;
use std::sync::Arc;

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{self, Clear};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size as Area};
use ratatui::{Frame, Terminal};
use thiserror::Error;

use super::guard::Guard;
use crate::console::app::model::Size;

/// Room for the largest frame, so that it never grows while drawing.
const FRAME_BYTES: usize = 256 * 1024;
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// Up to this many bytes a frame arrives in one piece anyway, and the marks would be a good part of it.
const WHOLE_ANYWAY: usize = 256;

/// What is drawn on a terminal that was taken.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<Frames<Held>>,
    guard: Arc<Guard>,
}

/// The terminal cannot be written to: it has gone. No failure of the console.
#[derive(Debug, Error)]
#[error("the terminal has gone: {0}")]
pub struct Gone(#[from] io::Error);

/// Where a finished frame goes.
trait Sink {
    /// Sends it all.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
}

#[derive(Debug)]
struct Held(Arc<Guard>);

/// A backend that gathers a whole frame and sends it at once.
#[derive(Debug)]
struct Frames<S> {
    sink: S,
    frame: Vec<u8>,
    size: Size,
    cursor_hidden: bool,
    sent: u64,
}

impl Screen {
    /// A screen on a terminal that was taken: cleared, without a cursor.
    pub fn new(guard: Arc<Guard>, size: Size) -> Result<Self, Gone> {
        let frames = Frames::new(Held(Arc::clone(&guard)), size);
        Ok(Self { terminal: Terminal::new(frames)?, guard })
    }

    /// Draws what changed since the frame before. Blocks for as long as nobody reads the terminal.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> Result<(), Gone> {
        if self.guard.is_gone() {
            return Ok(());
        }
        let tty = self.guard.tty();
        // While a shell has the terminal, drawing would spoil its screen, or stop this process.
        if !tty.is_ours() {
            return Ok(());
        }
        // The shell gave it back, with its own modes and its own words on it.
        if !tty.is_raw() {
            self.redraw()?;
        }
        self.terminal.draw(render)?;
        Ok(())
    }

    /// The terminal has this size now; the next frame fills it.
    pub fn resize(&mut self, size: Size) {
        self.terminal.backend_mut().size = size;
    }

    /// Takes the terminal once more; the next frame draws everything.
    pub fn redraw(&mut self) -> Result<(), Gone> {
        self.guard.take_again()?;
        let area = self.terminal.size()?;
        self.terminal.resize((Position::ORIGIN, area).into())?;
        Ok(())
    }

    /// How many bytes were sent for all frames so far.
    pub fn bytes_sent(&self) -> u64 {
        self.terminal.backend().sent
    }
}

impl Sink for Held {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.tty().write_all(bytes)
    }
}

impl<S: Sink> Frames<S> {
    fn new(sink: S, size: Size) -> Self {
        let mut frame = Vec::with_capacity(FRAME_BYTES);
        frame.extend_from_slice(BEGIN);
        Self { sink, frame, size, cursor_hidden: true, sent: 0 }
    }
}

impl<S: Sink> Backend for Frames<S> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        CrosstermBackend::new(&mut self.frame).draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.cursor_hidden, true) {
            queue!(self.frame, Hide)?;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.cursor_hidden, false) {
            queue!(self.frame, Show)?;
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking the terminal would take an answer out of the keys' hands; nobody here needs it.
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        queue!(self.frame, MoveTo(x, y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        let region = match region {
            ClearType::All => terminal::ClearType::All,
            ClearType::AfterCursor => terminal::ClearType::FromCursorDown,
            ClearType::BeforeCursor => terminal::ClearType::FromCursorUp,
            ClearType::CurrentLine => terminal::ClearType::CurrentLine,
            ClearType::UntilNewLine => terminal::ClearType::UntilNewLine,
        };
        queue!(self.frame, Clear(region))
    }

    fn size(&self) -> io::Result<Area> {
        Ok(Area { width: self.size.width, height: self.size.height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Area::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        let drawn = self.frame.len() - BEGIN.len();
        if drawn == 0 {
            return Ok(());
        }
        let whole = if drawn > WHOLE_ANYWAY {
            self.frame.extend_from_slice(END);
            &self.frame[..]
        } else {
            &self.frame[BEGIN.len()..]
        };
        let outcome = self.sink.send(whole);
        self.sent += whole.len() as u64;
        self.frame.truncate(BEGIN.len());
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::widgets::Paragraph;

    /// Keeps each write apart.
    #[derive(Debug, Default)]
    struct Writes(Vec<Vec<u8>>);

    impl Sink for Writes {
        fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.0.push(bytes.to_vec());
            Ok(())
        }
    }

    fn terminal() -> Terminal<Frames<Writes>> {
        Terminal::new(Frames::new(Writes::default(), Size { width: 80, height: 24 })).unwrap()
    }

    fn draw(terminal: &mut Terminal<Frames<Writes>>, text: &str) {
        terminal.draw(|frame| frame.render_widget(Paragraph::new(text), frame.area())).unwrap();
    }

    fn writes(terminal: &Terminal<Frames<Writes>>) -> &[Vec<u8>] {
        &terminal.backend().sink.0
    }

    #[test]
    fn a_frame_is_one_write_inside_synchronized_output() {
        let mut terminal = terminal();
        draw(&mut terminal, &"quoting both sides\n".repeat(20));
        assert_eq!(writes(&terminal).len(), 1);
        assert!(writes(&terminal)[0].starts_with(BEGIN) && writes(&terminal)[0].ends_with(END));
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let mut terminal = terminal();
        draw(&mut terminal, "quoting");
        let before = terminal.backend().sent;
        draw(&mut terminal, "quoting");
        assert_eq!(writes(&terminal).len(), 1);
        assert_eq!(terminal.backend().sent, before);
    }

    #[test]
    fn a_clock_that_goes_on_by_a_second_costs_less_than_fifty_bytes() {
        let mut terminal = terminal();
        draw(&mut terminal, "0:12:41");
        draw(&mut terminal, "0:12:42");
        assert!(writes(&terminal)[1].len() < 50, "{:?}", String::from_utf8_lossy(&writes(&terminal)[1]));
    }

    #[test]
    fn after_a_resize_everything_is_drawn_anew() {
        let mut terminal = terminal();
        draw(&mut terminal, "quoting");
        terminal.backend_mut().size = Size { width: 60, height: 20 };
        draw(&mut terminal, "quoting");
        let second = String::from_utf8_lossy(&writes(&terminal)[1]).into_owned();
        assert!(second.contains("\x1b[2J") && second.contains("quoting"), "{second:?}");
    }

    #[test]
    fn a_terminal_without_any_room_is_drawn_on_without_a_word() {
        let mut terminal = Terminal::new(Frames::new(Writes::default(), Size { width: 0, height: 0 })).unwrap();
        draw(&mut terminal, "quoting");
        assert!(writes(&terminal).is_empty());
    }
}
