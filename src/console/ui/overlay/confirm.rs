//! A question, what a yes would do, and the harmless answer in focus.
//!
//! ```text
//! ╭ Take every order out? ─────────────────────────────╮
//! │ 2 orders rest. Quoting goes on if it was on.       │
//! │                                                    │
//! │  ▸ no, keep them        yes, cancel all            │
//! ╰────────────────────────────────────────────────────╯
//! ```

use crate::console::app::model::{Confirm, ConfirmWhat, Model};
use crate::console::app::question::Answer;
use crate::console::ui::canvas::Canvas;
use crate::console::ui::frame::dialog;
use crate::console::ui::widget::wrap::wrap;
use crate::domain::words::counted;

struct Question {
    title: String,
    text: String,
    no: &'static str,
    yes: String,
}

/// Draws the overlay.
pub fn draw(confirm: Confirm, model: &Model, canvas: &mut Canvas<'_>) {
    let question = question(confirm.what, model);
    let width = 60.min(canvas.width());
    let lines = wrap(&question.text, width.saturating_sub(4));
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(5);
    let mut canvas = canvas.middle(width, rows);
    let mut canvas = dialog(&mut canvas, &question.title);
    let theme = canvas.theme();
    let foot = canvas.height().saturating_sub(2);
    for (y, line) in (0..foot).zip(&lines) {
        canvas.put(0, y, line, theme.text);
    }
    let mut x = 1;
    for (text, in_focus) in [(question.no, !confirm.yes), (question.yes.as_str(), confirm.yes)] {
        let start = x;
        x = canvas.put(x, foot, if in_focus { " ▸ " } else { "   " }, theme.accent);
        x = canvas.put(x, foot, text, if in_focus { theme.text } else { theme.dim });
        x = canvas.put(x, foot, " ", theme.text);
        if in_focus {
            canvas.part(start, foot, x - start, 1).wash(theme.selected);
        }
        x += 2;
    }
    canvas.put(1, foot + 1, "Tab chooses, Enter answers, Esc changes nothing", theme.dim);
}

fn question(what: ConfirmWhat, model: &Model) -> Question {
    let view = model.view.as_deref();
    let open = view.map_or(0, |view| view.engine.orders.len());
    let orders = counted(open, "order");
    match what {
        ConfirmWhat::Quit => {
            let session = view.map_or_else(String::new, |view| format!(" {}", view.identity.session));
            let text = format!(
                "Session{session} will be closed: {orders} cancelled and waited for, then checkpoint, backup and receipt."
            );
            Question { title: "End this session?".into(), text, no: "stay", yes: "end the session".into() }
        }
        ConfirmWhat::CancelAll => {
            let text = format!("{orders} will be cancelled. Quoting goes on if it is on; p pauses it.");
            Question { title: "Take every order out?".into(), text, no: "no, keep them", yes: "yes, cancel all".into() }
        }
        ConfirmWhat::Option(place) => of_option(place, model),
    }
}

fn of_option(place: usize, model: &Model) -> Question {
    let option = model.asking.as_ref().map(|asking| asking.question.option(Answer::Took(place)));
    let (label, text) =
        option.map_or_else(Default::default, |option| (option.label.clone(), option.consequence.clone()));
    Question { title: format!("Really {label}?"), text, no: "no, not now", yes: format!("yes, {label}") }
}
