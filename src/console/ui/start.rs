//! Before there is a session: the start, step by step. Drawn before anything is known but the database's path.
//!
//! ```text
//!   NEO
//!   opening /home/operator/.local/share/neo/paper.db
//!
//!   ✓ lock
//!   ◐ catching up the store
//!   · first book
//! ```

use super::canvas::{Canvas, width};
use crate::console::app::model::Model;

/// Draws the start.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let longest = model.starting.iter().map(|step| width(&step.text) + width(&step.note) + 3).max().unwrap_or(0);
    let columns = longest.max(width(&model.database)).max(24);
    let rows = u16::try_from(model.starting.len()).unwrap_or(u16::MAX).saturating_add(3);
    let mut canvas = canvas.middle(columns, rows);
    let room = canvas.width();
    canvas.put(0, 0, "NEO is starting", theme.title);
    canvas.put_within(0, 1, room, &model.database, theme.dim);
    let running = model.starting.iter().position(|step| !step.done);
    for (y, (index, step)) in (3_u16..).zip(model.starting.iter().enumerate()) {
        let (sign, style) = match (step.done, running == Some(index)) {
            (true, _) => ("✓", theme.good),
            (false, true) => ("◐", theme.warn),
            (false, false) => ("·", theme.dim),
        };
        let x = canvas.put(0, y, sign, style) + 1;
        let text = if step.done { theme.dim } else { theme.text };
        let x = canvas.put_within(x, y, room.saturating_sub(x), &step.text, text) + 1;
        canvas.put_within(x, y, room.saturating_sub(x), &step.note, theme.dim);
    }
}
