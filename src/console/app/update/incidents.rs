//! Reading incidents, acknowledging them, trying again.

use super::{history, wishes};
use crate::console::app::disabled::{failed_in_the_end, incidents, shown_incident};
use crate::console::app::effect::Effect;
use crate::console::app::model::{Model, Overlay};
use crate::domain::incident::Retry;
use crate::session::control::Control;
use crate::session::view::IncidentView;

/// Opens at the oldest that nobody has read, else at the newest.
pub fn toggle(model: &mut Model) -> Vec<Effect> {
    if matches!(model.overlay, Some(Overlay::Incidents { .. })) {
        model.overlay = None;
    } else {
        let all = incidents(model);
        let unread = all.iter().position(IncidentView::is_new);
        model.overlay = Some(Overlay::Incidents { shown: unread.unwrap_or(all.len().saturating_sub(1)) });
    }
    Vec::new()
}

pub fn acknowledge(model: &Model) -> Vec<Effect> {
    let told = shown_incident(model).map(|incident| Control::Acknowledge { incident: incident.incident.id });
    told.map(Effect::Control).into_iter().collect()
}

/// Beside no incident it is what the end could not do, and else, on the History tab, the reading of the history.
pub fn retry(model: &mut Model) -> Vec<Effect> {
    let shown = shown_incident(model).map(|shown| shown.incident.retry);
    let failed = failed_in_the_end(model).next();
    match shown.unwrap_or(failed) {
        None if shown.is_none() => history::refresh(model),
        Some(Retry::Checkpoint) => wishes::checkpoint(model),
        Some(Retry::Backup) => wishes::backup(model),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::key::Key;
    use crate::console::app::testing::{incident, press, type_key, with_view};
    use std::sync::Arc;

    fn with_incidents(incidents: Vec<IncidentView>) -> Model {
        with_view(|view| view.incidents = Arc::new(incidents))
    }

    fn read(mut incident: IncidentView) -> IncidentView {
        incident.acknowledged = true;
        incident
    }

    #[test]
    fn e_opens_at_the_first_that_nobody_has_read() {
        let mut model = with_incidents(vec![read(incident(1, None)), incident(2, None), incident(3, None)]);
        type_key(&mut model, 'e');
        assert_eq!(model.overlay, Some(Overlay::Incidents { shown: 1 }));
        type_key(&mut model, 'e');
        assert_eq!(model.overlay, None);
    }

    #[test]
    fn when_all_are_read_e_opens_at_the_newest() {
        let mut model = with_incidents(vec![read(incident(1, None)), read(incident(2, None))]);
        type_key(&mut model, 'e');
        assert_eq!(model.overlay, Some(Overlay::Incidents { shown: 1 }));
    }

    #[test]
    fn j_and_k_go_from_one_to_the_next_and_stop_at_the_ends() {
        let mut model = with_incidents(vec![incident(1, None), incident(2, None)]);
        type_key(&mut model, 'e');
        for (letter, shown) in [('k', 0), ('j', 1), ('j', 1), ('g', 0), ('G', 1)] {
            type_key(&mut model, letter);
            assert_eq!(model.overlay, Some(Overlay::Incidents { shown }), "{letter}");
        }
    }

    #[test]
    fn a_acknowledges_the_one_in_sight_by_its_number() {
        let mut model = with_incidents(vec![incident(7, None)]);
        type_key(&mut model, 'e');
        assert_eq!(type_key(&mut model, 'a'), [Effect::Control(Control::Acknowledge { incident: 7 })]);
    }

    #[test]
    fn r_tries_again_what_the_incident_says_can_be_tried() {
        for (retry, control) in [(Retry::Backup, Control::Backup), (Retry::Checkpoint, Control::Checkpoint)] {
            let mut model = with_incidents(vec![incident(1, Some(retry))]);
            type_key(&mut model, 'e');
            assert_eq!(type_key(&mut model, 'r'), [Effect::Control(control)]);
        }
    }

    #[test]
    fn esc_closes_them() {
        let mut model = with_incidents(vec![incident(1, None)]);
        type_key(&mut model, 'e');
        press(&mut model, Key::Esc);
        assert_eq!(model.overlay, None);
    }
}
