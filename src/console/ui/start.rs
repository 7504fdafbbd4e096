//! Before there is a session: the start, step by step. Drawn before anything is known but the database's path.
//!
//! ```text
//!   NEO
//!   opening /home/operator/.local/share/neo/paper.db
//!
//!   ✓ reading the journal              41 ms
//!   ◐ catching the store up              3 s
//! ```

use super::canvas::{Canvas, width};
use super::format;
use crate::console::app::model::{Model, StepState};
use crate::domain::time::Timestamp;

/// Room for how long a step takes.
const TIME: u16 = 9;

/// Draws the start.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let longest = model.starting.iter().map(|step| width(&step.text) + width(&step.note) + 3 + TIME).max().unwrap_or(0);
    let columns = longest.max(width(&model.database)).max(24);
    let rows = u16::try_from(model.starting.len()).unwrap_or(u16::MAX).saturating_add(3);
    let mut canvas = canvas.middle(columns, rows);
    let room = canvas.width();
    canvas.put(0, 0, "NEO is starting", theme.title);
    canvas.put_within(0, 1, room, &model.database, theme.dim);
    for (y, step) in (3_u16..).zip(&model.starting) {
        let (sign, style, text) = match step.state {
            StepState::Done { .. } => ("✓", theme.good, theme.dim),
            StepState::Running { .. } => ("◐", theme.warn, theme.text),
        };
        let time = time(step.state, model.now);
        canvas.put_right(room, y, &time, theme.dim);
        let room = room.saturating_sub(width(&time) + 1);
        let x = canvas.put(0, y, sign, style) + 1;
        let x = canvas.put_within(x, y, room.saturating_sub(x), &step.text, text) + 1;
        canvas.put_within(x, y, room.saturating_sub(x), &step.note, theme.dim);
    }
}

/// How long a step took, or has taken so far, to the second: it is only drawn when one has passed.
fn time(state: StepState, now: Timestamp) -> String {
    match state {
        StepState::Done { took } => format::took(took),
        StepState::Running { since } => match now.since(since).as_secs() {
            0 => String::new(),
            seconds => format!("{seconds} s"),
        },
    }
}
