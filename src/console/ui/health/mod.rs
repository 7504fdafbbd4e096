//! Health: where the files lie, how the two copies are kept, what the start found, and who works on it.
//!
//! ```text
//! ╭ Place ──────────────────────────────────╮╭ Store · the second copy ────────────────────────────────────╮
//! │ disk        212.3 GB free, ballast there││ cursor      line 1 251, all that the journal has             │
//! │ lock        ours: pid 4711 on desk      ││ checkpoint  ✓ 14 s ago, WAL empty (busy 0, log 0, …), 4 ms    │
//! ╰─────────────────────────────────────────╯│ backing up  ██████▍········· 1 102 of 2 400 pages             │
//! ╭ Journal · the truth ────────────────────╮╰──────────────────────────────────────────────────────────────╯
//! ╰─────────────────────────────────────────╯╭ Start · what was checked ────────────────────────────────────╮
//! ╭ Threads ────────────────────────────────╮╭ Session ────────────────────────────────────────────────────╮
//! ```
//!
//! A narrow terminal shows the same, one pane below the other and a line for each thing.

mod copies;
mod place;
mod rows;

use self::rows::{Pane, stack};
use super::canvas::Canvas;
use super::format;
use super::theme::Theme;
use crate::console::app::model::Model;
use crate::session::view::SessionView;

/// From so many columns on there are two panes side by side.
const WIDE: u16 = 100;
/// Below so many rows borders would cost more than they give.
const LOW: u16 = 20;

/// Draws the tab.
pub fn draw(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let theme = canvas.theme();
    if width >= WIDE {
        let left = width / 2;
        stack(&left_panes(view, theme), &mut canvas.part(0, 0, left, height));
        stack(&right_panes(model, view, theme), &mut canvas.part(left, 0, width - left, height));
    } else if height >= LOW {
        stack(&narrow_panes(model, view, theme), canvas);
    } else {
        let rows = narrow_panes(model, view, theme).into_iter().rev().flat_map(|pane| pane.rows).collect();
        stack(&[Pane { title: "Health", rows }], canvas);
    }
}

fn left_panes(view: &SessionView, theme: &Theme) -> [Pane; 3] {
    [
        Pane { title: "Place", rows: place::place(view, theme) },
        Pane { title: "Journal · the truth", rows: copies::journal(&view.keeper, theme) },
        Pane { title: "Threads", rows: place::threads(view, theme) },
    ]
}

fn right_panes(model: &Model, view: &SessionView, theme: &Theme) -> [Pane; 3] {
    let start = &view.identity.start;
    [
        Pane { title: "Store · the second copy", rows: copies::store(&view.keeper, model.now, theme) },
        Pane { title: "Start · what was checked", rows: place::start_step_by_step(start, theme) },
        Pane { title: "Session", rows: place::session(&view.identity, theme) },
    ]
}

/// One below the other, what matters least at the top: on a low terminal their order is turned round.
fn narrow_panes(model: &Model, view: &SessionView, theme: &Theme) -> [Pane; 3] {
    let start = &view.identity.start;
    let mut place = place::place(view, theme);
    place.push(place::start_together(start, theme));
    place.push(place::threads_together(view, theme));
    place.push(place::session_together(&view.identity, theme));
    [
        Pane { title: "Place and start", rows: place },
        Pane { title: "Journal · the truth", rows: copies::journal_together(&view.keeper, theme) },
        Pane { title: "Store · the second copy", rows: copies::store(&view.keeper, model.now, theme) },
    ]
}

fn known(text: &str) -> String {
    if text.is_empty() { unknown() } else { text.to_owned() }
}

fn unknown() -> String {
    format::UNKNOWN.to_owned()
}
