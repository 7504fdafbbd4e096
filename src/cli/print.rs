//! Printing results: tables for people, JSON for programs, and a reader who stops reading is no error.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use color_eyre::Report;
use serde::Serialize;

use super::args::ColorWhen;
use crate::logging::one_line;
use crate::vault::audit::words::quoted;

/// Whether to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Yes.
    On,
    /// No.
    Off,
}

/// How to print a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text(Colour),
    /// One JSON document.
    Json,
}

/// A writer for which a reader that has gone is as good as one that reads: `neo sessions | head -1` is no failure.
#[derive(Debug)]
pub struct UntilClosed<W> {
    inner: W,
    closed: bool,
}

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// No column is padded beyond this; a longer cell sticks out. Padding itself panics beyond 65 535.
const WIDEST: usize = 200;

/// What stands between two columns.
const GAP: &str = "  ";

/// Rows in aligned columns.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
    /// What stands below a row, by the row's place.
    notes: Vec<(usize, String)>,
}

/// The command that comes next, on a line of its own and never broken: it is copied.
pub fn next<W: Write>(out: &mut W, verb: &str, database: &Path) -> io::Result<()> {
    writeln!(out, "Next: `neo {verb} --db {}`", one_line(&quoted(&database.to_string_lossy())))
}

/// How many columns the terminal has; `None` where the output goes elsewhere and nothing need be left out.
pub fn room() -> Option<u16> {
    let terminal = io::stdout().is_terminal();
    terminal.then(crossterm::terminal::size).and_then(Result::ok).map(|(columns, _)| columns)
}

/// The standard output, buffered; flush it.
pub fn stdout() -> UntilClosed<BufWriter<io::Stdout>> {
    UntilClosed::new(BufWriter::new(io::stdout()))
}

impl Colour {
    /// What `--color`, `NO_COLOR` and the standard output come to.
    pub fn for_stdout(when: ColorWhen) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self::decide(when, refused, io::stdout().is_terminal())
    }

    fn decide(when: ColorWhen, refused: bool, terminal: bool) -> Self {
        match when {
            ColorWhen::Always => Self::On,
            ColorWhen::Auto if terminal && !refused => Self::On,
            ColorWhen::Auto | ColorWhen::Never => Self::Off,
        }
    }

    /// `text` in bold, if there are colours.
    pub(super) fn bold(self, text: &str) -> String {
        match self {
            Self::On => format!("\u{1b}[1m{text}\u{1b}[0m"),
            Self::Off => text.to_owned(),
        }
    }
}

impl<W: Write> UntilClosed<W> {
    /// Writes to `inner` as long as somebody reads.
    pub fn new(inner: W) -> Self {
        Self { inner, closed: false }
    }

    fn unless_closed<T>(&mut self, done: T, write: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.closed {
            return Ok(done);
        }
        match write(&mut self.inner) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(done)
            }
            written => written.map_err(|why| io::Error::new(why.kind(), format!("cannot print the result: {why}"))),
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |inner| inner.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), Write::flush)
    }
}

/// Prints `result` as one JSON document with a newline after it.
pub fn json<W: Write, T: Serialize + ?Sized>(out: &mut W, result: &T) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, result).map_err(io::Error::from)?;
    writeln!(out)
}

impl Table {
    /// A table with these titles.
    pub fn new(columns: &[(&str, Side)]) -> Self {
        let columns = columns.iter().map(|&(title, side)| (one_line(title), side)).collect();
        Self { columns, rows: vec![], notes: vec![] }
    }

    /// Adds a row, a cell a column; missing cells are empty. Cells are put on one line each.
    pub fn row<I: IntoIterator<Item = String>>(&mut self, cells: I) {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| one_line(&cell)).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }

    /// Adds a line below the newest row, which begins under the second column.
    pub fn note(&mut self, text: &str) {
        self.notes.push((self.rows.len(), one_line(text)));
    }

    /// How many columns of a terminal it takes.
    pub fn columns(&self) -> usize {
        let widths = self.columns.iter().enumerate().map(|(n, (title, _))| self.width(n, title) + GAP.len());
        widths.sum::<usize>().saturating_sub(GAP.len())
    }

    /// Prints titles and rows.
    pub fn print<W: Write>(&self, out: &mut W, colour: Colour) -> io::Result<()> {
        let widths: Vec<usize> = self.columns.iter().enumerate().map(|(n, (title, _))| self.width(n, title)).collect();
        let titles: Vec<&str> = self.columns.iter().map(|(title, _)| title.as_str()).collect();
        writeln!(out, "{}", colour.bold(&self.line(&titles, &widths)))?;
        let indent = widths.first().map_or(0, |width| width + GAP.len());
        for (row, place) in self.rows.iter().zip(1..) {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            writeln!(out, "{}", self.line(&cells, &widths))?;
            for (_, note) in self.notes.iter().filter(|(below, _)| *below == place) {
                writeln!(out, "{:indent$}{note}", "")?;
            }
        }
        Ok(())
    }

    fn width(&self, column: usize, title: &str) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([title.chars().count()]).max().unwrap_or(0).min(WIDEST)
    }

    fn line(&self, cells: &[&str], widths: &[usize]) -> String {
        let padded = cells.iter().zip(widths).zip(&self.columns).map(|((cell, &width), (_, side))| match side {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
        });
        padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    }
}

/// An error as an operator reads it: what was tried, then each cause that says something new. No backtrace.
pub struct Told<'a>(pub &'a Report);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        write!(f, "neo: {said}")?;
        for cause in self.0.chain().skip(1).map(ToString::to_string) {
            if !said.contains(&cause) {
                write!(f, "\n  because {cause}")?;
                said.push_str(&cause);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use color_eyre::eyre::WrapErr as _;

    use super::*;

    /// A reader that goes away after some bytes.
    struct Leaving(usize);

    impl Write for Leaving {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0 {
                0 => Err(io::ErrorKind::BrokenPipe.into()),
                room => {
                    let taken = bytes.len().min(room);
                    self.0 -= taken;
                    Ok(taken)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A disk that is full.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn table() -> Table {
        let mut table = Table::new(&[("session", Side::Right), ("label", Side::Left), ("profit", Side::Right)]);
        table.row(["9".to_owned(), "ä".to_owned(), "+0.4".to_owned()]);
        table.row(["10".to_owned(), "two\nlines \u{1b}[2J".to_owned()]);
        table
    }

    fn printed(colour: Colour) -> String {
        let mut out = vec![];
        table().print(&mut out, colour).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_is_aligned_and_its_cells_steer_no_terminal() {
        insta::assert_snapshot!(printed(Colour::Off), @r"
        session  label                profit
              9  ä                      +0.4
             10  two lines \u{1b}[2J
        ");
    }

    #[test]
    fn a_note_stands_below_its_row_and_widens_nothing() {
        let mut table = table();
        let before = table.columns();
        table.note(&"long ".repeat(40));
        assert_eq!(table.columns(), before);
        let mut out = vec![];
        table.print(&mut out, Colour::Off).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert!(printed.lines().last().unwrap().starts_with("         long long"), "{printed}");
    }

    #[test]
    fn a_cell_of_any_length_is_printed_whole_and_does_not_widen_the_others() {
        let mut table = table();
        table.row(["11".to_owned(), "a".repeat(100_000)]);
        let mut out = vec![];
        table.print(&mut out, Colour::Off).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert!(printed.contains(&"a".repeat(100_000)));
        assert!(printed.lines().take(3).all(|line| line.len() < 2 * WIDEST), "the others stay readable");
    }

    #[test]
    fn colours_change_no_text() {
        let coloured = printed(Colour::On);
        assert!(coloured.starts_with("\u{1b}[1msession"));
        assert_eq!(coloured.replace("\u{1b}[1m", "").replace("\u{1b}[0m", ""), printed(Colour::Off));
    }

    #[test]
    fn a_reader_who_leaves_is_no_failure_and_a_full_disk_is() {
        for room in 0..40 {
            let mut out = UntilClosed::new(BufWriter::with_capacity(8, Leaving(room)));
            table().print(&mut out, Colour::Off).unwrap();
            json(&mut out, &[1, 2, 3]).unwrap();
            out.flush().unwrap();
        }
        assert!(table().print(&mut UntilClosed::new(Full), Colour::Off).is_err());
        assert_eq!(json(&mut Full, &1).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        assert_eq!(Colour::decide(ColorWhen::Auto, false, true), Colour::On);
        assert_eq!(Colour::decide(ColorWhen::Auto, true, true), Colour::Off);
        assert_eq!(Colour::decide(ColorWhen::Auto, false, false), Colour::Off);
        assert_eq!(Colour::decide(ColorWhen::Always, true, false), Colour::On);
        assert_eq!(Colour::decide(ColorWhen::Never, false, true), Colour::Off);
    }

    #[test]
    fn an_error_is_told_without_saying_anything_twice() {
        let disk = io::Error::other("no space left");
        let report =
            Err::<(), _>(disk).wrap_err("cannot write x.db: no space left").wrap_err("cannot begin").unwrap_err();
        assert_eq!(Told(&report).to_string(), "neo: cannot begin\n  because cannot write x.db: no space left");
    }
}
