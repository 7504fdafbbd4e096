//! The mid over time, with our fills in it.
//!
//! ```text
//! ╭ Mid 1.42156 · 5 min ─────────────────────────────╮
//! │ 1.424┤          ▼                                │
//! │ 1.422┤⢀⠤⠒⠢⡀ ⢀⠎⠑⢄                      ⢀⡠⠔⠒        │
//! │ 1.420┤⠁    ⠈⠢⠊   ⠑⢄   ▲    ⢀⣀⠤⠤⠒⠊⠉⠑⠢⠤⣀⡠          │
//! │      12:36     12:37     12:38     12:39         │
//! ╰──────────────────────────────────────────────────╯
//! ```
//!
//! The window stands still and the curve grows into it: it moves on by whole minutes, its ends lie on the clock, and
//! the prices beside it are round numbers. So a new mid changes one or two cells, not all of them.

use crate::console::app::model::Model;
use crate::console::ui::canvas::{Canvas, width};
use crate::console::ui::format;
use crate::console::ui::frame::pane;
use crate::console::ui::widget::plot::{Dots, Scale};
use crate::domain::order::Side;
use crate::domain::time::Timestamp;
use crate::session::view::SessionView;

/// How much time a chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// The last five whole minutes and the one that runs.
    FiveMinutes,
    /// The session from its start, as long as its mids are kept.
    Session,
}

const MINUTE: i64 = 60_000;

/// The time from the left to the right end, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from: i64,
    to: i64,
}

impl Window {
    fn new(stretch: Stretch, started: Timestamp, now: Timestamp) -> Self {
        // Far beyond any clock, and far from where sums of milliseconds overflow.
        let millis = |at: Timestamp| at.as_millis().clamp(-(1 << 52), 1 << 52);
        let (started, now) = (millis(started), millis(now));
        match stretch {
            Stretch::FiveMinutes => {
                let to = (now.div_euclid(MINUTE) + 1) * MINUTE;
                Self { from: to - 6 * MINUTE, to }
            }
            Stretch::Session => {
                let from = started.div_euclid(MINUTE) * MINUTE;
                let whole = [10, 20, 40].map(|minutes| Self { from, to: from + minutes * MINUTE });
                let to = (now.div_euclid(5 * MINUTE) + 1) * 5 * MINUTE;
                whole.into_iter().find(|window| now < window.to).unwrap_or(Self { from: to - 60 * MINUTE, to })
            }
        }
    }

    /// In which of `columns` a moment lies, if in any.
    fn column(self, at: Timestamp, columns: u16) -> Option<u16> {
        let at = at.as_millis();
        if at < self.from || at >= self.to {
            return None;
        }
        u16::try_from((at - self.from) * i64::from(columns) / (self.to - self.from)).ok()
    }

    /// Whole minutes between two labels of at least `room` cells.
    fn label_step(self, columns: u16, room: u16) -> i64 {
        let fits = |step: &i64| (self.to - self.from) / (step * MINUTE) * i64::from(room) <= i64::from(columns);
        [1, 2, 5, 10, 15, 30].into_iter().find(fits).unwrap_or(60)
    }
}

/// Draws the pane.
pub fn draw(model: &Model, view: &SessionView, stretch: Stretch, canvas: &mut Canvas<'_>) {
    let mid = view.engine.mid.map_or_else(|| format::UNKNOWN.to_owned(), format::price);
    let title = match stretch {
        Stretch::FiveMinutes => format!("Mid {mid} · 5 min, ▲ bought ▼ sold"),
        Stretch::Session => "Mid · session, ▲ bought ▼ sold".to_owned(),
    };
    let mut canvas = pane(canvas, &title);
    let window = Window::new(stretch, view.identity.started_at, model.now);
    let rows = if canvas.height() >= 4 { canvas.height() - 1 } else { canvas.height() };
    let Some(scale) = scale(view, window, rows) else {
        let style = canvas.theme().dim;
        canvas.put(1, 0, "no mid yet", style);
        return;
    };
    let axis = axis(scale, rows, &mut canvas);
    let (columns, height) = (canvas.width().saturating_sub(axis + 1), canvas.height());
    curve(view, window, scale, &mut canvas.part(axis, 0, columns, rows));
    marks(view, window, scale, &mut canvas.part(axis, 0, columns, rows));
    if rows < height {
        clock(window, (axis, columns), rows, &mut canvas);
    }
}

fn in_window<'a, T: 'a>(
    all: impl DoubleEndedIterator<Item = &'a (Timestamp, T)> + 'a,
    window: Window,
) -> impl Iterator<Item = (Timestamp, &'a T)> + 'a {
    all.rev().take_while(move |(at, _)| at.as_millis() >= window.from).map(|(at, thing)| (*at, thing))
}

fn scale(view: &SessionView, window: Window, rows: u16) -> Option<Scale> {
    let mids = in_window(view.mids.iter(), window).map(|(_, mid)| mid.approx());
    let fills = in_window(view.fills.iter(), window).map(|(_, fill)| fill.price.approx());
    let (least, most) =
        mids.chain(fills).fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), p| (least.min(p), most.max(p)));
    Scale::around(least, most, (rows / 3).clamp(2, 8))
}

/// Prices at the left; returns the column where the plot begins.
fn axis(scale: Scale, rows: u16, canvas: &mut Canvas<'_>) -> u16 {
    let theme = canvas.theme();
    let room = width(&format!("{:.*}", scale.decimals, scale.high)).max(7) + 1;
    for y in 0..rows {
        canvas.glyph(room, y, '│', theme.frame);
    }
    for label in scale.labels() {
        let y = u16::try_from(scale.row(label, usize::from(rows) * 4) / 4).unwrap_or(u16::MAX);
        canvas.put_right(room, y, &format!("{label:.*}", scale.decimals), theme.dim);
        canvas.glyph(room, y, '┤', theme.frame);
    }
    room + 1
}

fn curve(view: &SessionView, window: Window, scale: Scale, canvas: &mut Canvas<'_>) {
    let (columns, rows) = (canvas.width(), canvas.height());
    let mut dots = Dots::new(columns, rows);
    let mut later: Option<(usize, usize)> = None;
    for (at, mid) in in_window(view.mids.iter(), window) {
        let Some(x) = window.column(at, columns.saturating_mul(2)).map(usize::from) else { continue };
        let y = scale.row(mid.approx(), usize::from(rows) * 4);
        dots.upright(x, y, y);
        if let Some((later_x, later_y)) = later {
            join(&mut dots, (x, y), (later_x, later_y));
        }
        later = Some((x, y));
    }
    let style = canvas.theme().curve;
    dots.draw(canvas, style);
}

/// Joins two neighbours by a straight line, without a hole where it is steep.
fn join(dots: &mut Dots, (x, y): (usize, usize), (later_x, later_y): (usize, usize)) {
    let steps = later_x.saturating_sub(x);
    if steps == 0 {
        dots.upright(x, y, later_y);
        return;
    }
    let height_at = |step: usize| {
        if later_y >= y { y + (later_y - y) * step / steps } else { y - (y - later_y) * step / steps }
    };
    for step in 1..=steps {
        let (before, here) = (height_at(step - 1), height_at(step));
        let from = match here.cmp(&before) {
            std::cmp::Ordering::Greater => before + 1,
            std::cmp::Ordering::Equal => here,
            std::cmp::Ordering::Less => before - 1,
        };
        dots.upright(x + step, from, here);
    }
}

fn marks(view: &SessionView, window: Window, scale: Scale, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let (columns, rows) = (canvas.width(), canvas.height());
    for (at, fill) in in_window(view.fills.iter(), window) {
        let Some(x) = window.column(at, columns) else { continue };
        let y = scale.row(fill.price.approx(), usize::from(rows) * 4) / 4;
        let (mark, style) = match fill.side {
            Side::Buy => ('▲', theme.bid),
            Side::Sell => ('▼', theme.ask),
        };
        canvas.glyph(x, u16::try_from(y).unwrap_or(u16::MAX), mark, style);
    }
}

/// The time of day below the plot, at whole minutes.
fn clock(window: Window, (axis, columns): (u16, u16), y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let step = window.label_step(columns, 9) * MINUTE;
    let mut at = (window.from.div_euclid(step) + 1) * step;
    while at < window.to {
        let moment = Timestamp::from_millis(at);
        if let Some(column) = window.column(moment, columns) {
            canvas.glyph(axis + column, y, '┬', theme.frame);
            canvas.put((axis + column).saturating_sub(2), y, &format::minute(moment), theme.dim);
        }
        at += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-22T{text}Z").parse().unwrap()
    }

    #[test]
    fn the_window_stands_still_within_a_minute() {
        let window = |now| Window::new(Stretch::FiveMinutes, at("12:00:00"), at(now));
        assert_eq!(window("12:41:00"), window("12:41:59.999"));
        assert_eq!(window("12:41:30").from, at("12:36:00").as_millis());
        assert_ne!(window("12:42:00"), window("12:41:59.999"));
    }

    #[test]
    fn now_is_always_in_sight() {
        for stretch in [Stretch::FiveMinutes, Stretch::Session] {
            for minutes in 0..200 {
                let now = Timestamp::from_millis(at("12:00:00").as_millis() + minutes * MINUTE);
                assert!(Window::new(stretch, at("12:00:00"), now).column(now, 50).is_some(), "{minutes}");
            }
        }
    }
}
