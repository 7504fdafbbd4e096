//! What lies over a tab: at most one thing. What the operator has opened goes first; else the end, once it has begun.

mod confirm;
mod end;
mod help;
mod incident;
mod past_session;

use super::canvas::Canvas;
use super::hints::Hint;
use crate::console::app::model::{Model, Overlay};

/// Draws it, if there is one.
pub fn draw(model: &Model, hints: &[Hint], canvas: &mut Canvas<'_>) {
    match (&model.overlay, &model.view) {
        (Some(Overlay::Help { scroll }), _) => help::draw(hints, *scroll, canvas),
        (Some(Overlay::Confirm(confirm)), _) => confirm::draw(*confirm, model, canvas),
        (Some(Overlay::Incidents { shown }), Some(view)) => incident::draw(view, *shown, &model.aim, canvas),
        (Some(Overlay::PastSession { session, detail, scroll }), _) => {
            past_session::draw(*session, detail.as_deref(), *scroll, &model.aim, canvas);
        }
        (Some(Overlay::Incidents { .. }) | None, view) => {
            let Some(view) = view else { return };
            if let Some(end) = &view.end {
                end::draw(model, view, end, canvas);
            }
        }
    }
}
