//! Drawing: pure functions of the model. Nothing here decides, waits or remembers.
//!
//! | part | what is in it |
//! |---|---|
//! | [`theme`], [`glyphs`] | how meanings look; what stands in where a terminal has no Unicode |
//! | [`canvas`], [`mod@format`], [`frame`], [`widget`] | writing within a rectangle, numbers as text, boxes, bars, tables, plots |
//! | [`header`], [`tabs`], [`keys`] | the three lines that are always there |
//! | [`live`], [`orders`], [`fills`], [`history`], [`health`], [`log`] | the tabs, each drawn in its module comment |
//! | [`overlay`], [`small`] | what lies over a tab; a terminal that is too small |
//! | [`start`], [`asking`] | before there is a session; what only the operator can decide |
//!
//! Two drawings of one model are the same cells, so a screen whose model did not change costs nothing to show again.

pub mod asking;
pub mod canvas;
pub mod fills;
#[cfg(any(test, feature = "faults"))]
#[doc(hidden)]
pub mod fixture;
pub mod format;
pub mod frame;
pub mod glyphs;
pub mod header;
pub mod health;
pub mod hints;
pub mod history;
pub mod keys;
pub mod live;
pub mod log;
pub mod orders;
pub mod overlay;
pub mod small;
pub mod start;
pub mod tabs;
pub mod theme;
pub mod widget;

use ratatui::Frame;
use ratatui::buffer::Buffer;

use self::canvas::Canvas;
use self::hints::Hint;
use self::theme::Look;
use crate::console::app::model::{Model, Tab};

/// Draws the model. `hints` are the keys as they are now, in the order in which they matter.
pub fn draw(model: &Model, look: &Look, hints: &[Hint], frame: &mut Frame) {
    paint(model, look, hints, frame.buffer_mut());
}

/// Draws the model into a buffer of any size.
pub fn paint(model: &Model, look: &Look, hints: &[Hint], buffer: &mut Buffer) {
    let mut canvas = Canvas::new(buffer, look);
    canvas.wash(look.theme.text);
    let (width, height) = (canvas.width(), canvas.height());
    if width < small::WIDTH || height < small::HEIGHT {
        small::draw(model, &mut canvas);
        return;
    }
    header::draw(model, &mut canvas.part(0, 0, width, 1));
    if let Some(asking) = &model.asking {
        // Nothing else can be done or looked at before this is answered.
        asking::draw(asking, &model.database, &mut canvas.part(0, 1, width, height - 2));
        keys::draw(model, &[], &mut canvas.part(0, height - 1, width, 1));
        overlay::draw(model, hints, &mut canvas.part(0, 1, width, height - 2));
        return;
    }
    tabs::draw(model, &mut canvas.part(0, 1, width, 1));
    body(model, &mut canvas.part(0, 2, width, height - 3));
    keys::draw(model, hints, &mut canvas.part(0, height - 1, width, 1));
    overlay::draw(model, hints, &mut canvas.part(0, 2, width, height - 3));
}

fn body(model: &Model, canvas: &mut Canvas<'_>) {
    match (model.tab, &model.view) {
        (Tab::History, _) => history::draw(model, canvas),
        (Tab::Log, _) => log::draw(model, canvas),
        (_, None) => start::draw(model, canvas),
        (Tab::Live, Some(view)) => live::draw(model, view, canvas),
        (Tab::Orders, Some(view)) => orders::draw(model, view, canvas),
        (Tab::Fills, Some(view)) => fills::draw(model, view, canvas),
        (Tab::Health, Some(view)) => health::draw(model, view, canvas),
    }
}

#[cfg(test)]
mod tests;
