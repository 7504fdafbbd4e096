//! Why an action does nothing at this moment: in the bar, in the help, and as a notice when its key is pressed.

use super::action::{Action, Place};
use super::model::{Model, Overlay, Tab};
use crate::domain::incident::Retry;
use crate::domain::mode::Mode;
use crate::session::view::{EndView, IncidentView, Pending, SessionView};

/// Why `action` does nothing now, in a sentence without its full stop; `None` if it does what its help says.
pub fn disabled_reason(model: &Model, action: Action) -> Option<String> {
    let why = match action {
        Action::PauseResume => {
            with_session(model, |view| (view.engine.mode == Mode::Halted).then_some("the engine has halted"))
        }
        Action::CancelAll => with_session(model, |view| {
            if view.pending.contains(&Pending::CancellingAll) {
                return Some("it was asked for already, and is not yet proven");
            }
            view.engine.orders.is_empty().then_some("nothing of ours is out")
        }),
        Action::Checkpoint => with_session(model, |view| in_the_making(view, Retry::Checkpoint)),
        Action::Backup => with_session(model, |view| in_the_making(view, Retry::Backup)),
        Action::Quit => model.ending.then_some("the session is ending; Ctrl+C stops the waiting"),
        Action::Suspend => Some("suspended, its orders would rest unwatched"),
        Action::Down | Action::Up | Action::Top | Action::Bottom | Action::PageDown | Action::PageUp => {
            (Place::of(model) == Place::Tab).then_some("there is no list on this tab")
        }
        Action::Open => nothing_to_open(model),
        Action::Leave => (model.overlay.is_none() && model.tab == Tab::Live)
            .then_some("there is nothing to leave; q ends the session"),
        Action::Incidents => incidents(model).is_empty().then_some("nothing has gone wrong"),
        Action::Acknowledge => nothing_to_acknowledge(model),
        Action::Retry => nothing_to_retry(model),
        Action::LogLevel | Action::FollowLog => (model.tab != Tab::Log).then_some("this is for the Log tab, key 6"),
        Action::OtherAnswer | Action::TakeAnswer | Action::AnswerYes | Action::AnswerNo => {
            (Place::of(model) != Place::Question).then_some("nothing is being asked")
        }
        Action::NextOption
        | Action::PreviousOption
        | Action::TakeOption
        | Action::LeaveAsItIs
        | Action::ReadOn
        | Action::ReadBack => (Place::of(model) != Place::Page).then_some("nothing is being asked"),
        Action::Interrupt | Action::Help | Action::Show(_) | Action::NextTab | Action::PreviousTab | Action::Redraw => {
            None
        }
    };
    why.map(str::to_owned)
}

/// The incident in sight, if the incidents are shown.
pub(super) fn shown_incident(model: &Model) -> Option<&IncidentView> {
    match model.overlay {
        Some(Overlay::Incidents { shown }) => incidents(model).get(shown),
        _ => None,
    }
}

/// All incidents of the session.
pub(super) fn incidents(model: &Model) -> &[IncidentView] {
    model.view.as_ref().map_or(&[], |view| &view.incidents)
}

fn with_session(model: &Model, reason: impl FnOnce(&SessionView) -> Option<&'static str>) -> Option<&'static str> {
    if model.ending {
        return Some("the session is ending");
    }
    match &model.view {
        None => Some("the session is still starting"),
        Some(view) => reason(view),
    }
}

/// A backup may be under way that nobody asked for: before a session, or on the timer.
fn in_the_making(view: &SessionView, what: Retry) -> Option<&'static str> {
    let (asked, runs) = match what {
        Retry::Checkpoint => (Pending::Checkpoint, false),
        Retry::Backup => (Pending::Backup, view.keeper.backing_up.is_some()),
    };
    (runs || view.pending.contains(&asked)).then_some("one is being made")
}

fn nothing_to_open(model: &Model) -> Option<&'static str> {
    if model.overlay.is_some() || model.tab != Tab::History {
        return Some("past sessions are opened from the History tab, key 4");
    }
    model.history.rows.is_empty().then_some("there is no session in the list")
}

fn nothing_to_acknowledge(model: &Model) -> Option<&'static str> {
    match shown_incident(model) {
        None => Some("open the incidents with e first"),
        Some(incident) => incident.acknowledged.then_some("it is acknowledged already"),
    }
}

/// Whether the incident in sight can be tried again, now or once what keeps it from that is over.
pub(super) fn has_retry(model: &Model) -> bool {
    match shown_incident(model) {
        Some(shown) => shown.incident.retry.is_some() && shown.resolved.is_none(),
        None => failed_in_the_end(model).next().is_some(),
    }
}

/// What the end could not do and could try again.
pub(super) fn failed_in_the_end(model: &Model) -> impl Iterator<Item = Retry> + '_ {
    model.view.iter().filter_map(|view| view.end.as_ref()).flat_map(EndView::repeatable)
}

fn nothing_to_retry(model: &Model) -> Option<&'static str> {
    if let Some(incident) = shown_incident(model) {
        return match incident.incident.retry {
            None => Some("there is nothing to try again here; the incident says what you can do"),
            Some(_) if incident.resolved.is_some() => Some("it has worked since"),
            Some(retry) if failed_in_the_end(model).any(|failed| failed == retry) => None,
            Some(retry) => with_session(model, |view| in_the_making(view, retry)),
        };
    }
    if model.overlay.is_none() && failed_in_the_end(model).next().is_some() {
        return None;
    }
    if model.tab == Tab::History && model.overlay.is_none() {
        return model.history.trouble.is_empty().then_some("the history was read well");
    }
    Some("open the incidents with e first")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::action::TABLE;
    use crate::console::app::testing::{incident, model, running, with_view};
    use crate::keeper::health::Progress;

    fn reason(model: &Model, action: Action) -> String {
        disabled_reason(model, action).unwrap_or_default()
    }

    #[test]
    fn before_there_is_a_session_only_looking_and_leaving_work() {
        let model = model();
        for action in [Action::PauseResume, Action::CancelAll, Action::Checkpoint, Action::Backup] {
            assert_eq!(reason(&model, action), "the session is still starting", "{action:?}");
        }
        for action in [Action::Quit, Action::Interrupt, Action::Help, Action::NextTab, Action::Show(Tab::Log)] {
            assert_eq!(disabled_reason(&model, action), None, "{action:?}");
        }
    }

    #[test]
    fn once_the_end_has_begun_nothing_but_ctrl_c_acts_on_the_session() {
        let mut model = running();
        model.ending = true;
        for action in [Action::PauseResume, Action::CancelAll, Action::Checkpoint, Action::Backup, Action::Quit] {
            assert!(reason(&model, action).starts_with("the session is ending"), "{action:?}");
        }
        assert_eq!(disabled_reason(&model, Action::Interrupt), None);
    }

    #[test]
    fn suspending_is_refused_with_the_reason() {
        assert!(reason(&running(), Action::Suspend).contains("orders would rest unwatched"));
    }

    #[test]
    fn what_was_asked_for_cannot_be_asked_for_again_before_it_happened() {
        for (pending, action) in [
            (Pending::CancellingAll, Action::CancelAll),
            (Pending::Checkpoint, Action::Checkpoint),
            (Pending::Backup, Action::Backup),
        ] {
            assert_eq!(disabled_reason(&running(), action), None, "{action:?}");
            let model = with_view(|view| view.pending.push(pending));
            assert!(disabled_reason(&model, action).is_some(), "{action:?}");
        }
    }

    #[test]
    fn a_backup_that_nobody_asked_for_keeps_b_and_its_retry_from_beginning_another() {
        let mut model = with_view(|view| {
            std::sync::Arc::make_mut(&mut view.keeper).backing_up = Some(Progress { done: 3, total: 9 });
            std::sync::Arc::make_mut(&mut view.incidents).push(incident(1, Some(Retry::Backup)));
        });
        assert_eq!(reason(&model, Action::Backup), "one is being made");
        assert_eq!(disabled_reason(&model, Action::Checkpoint), None);
        model.overlay = Some(Overlay::Incidents { shown: 0 });
        assert_eq!(reason(&model, Action::Retry), "one is being made");
    }

    #[test]
    fn what_has_worked_since_is_not_tried_again() {
        let mut model = with_view(|view| {
            let resolved = IncidentView { resolved: Some(view.now), ..incident(1, Some(Retry::Backup)) };
            std::sync::Arc::make_mut(&mut view.incidents).push(resolved);
        });
        model.overlay = Some(Overlay::Incidents { shown: 0 });
        assert_eq!(reason(&model, Action::Retry), "it has worked since");
        assert_eq!(disabled_reason(&model, Action::Acknowledge), None);
    }

    #[test]
    fn cancelling_all_needs_something_that_is_out() {
        let model = with_view(|view| std::sync::Arc::make_mut(&mut view.engine).orders.clear());
        assert_eq!(reason(&model, Action::CancelAll), "nothing of ours is out");
    }

    #[test]
    fn a_halted_engine_is_not_paused() {
        let model = with_view(|view| std::sync::Arc::make_mut(&mut view.engine).mode = Mode::Halted);
        assert_eq!(reason(&model, Action::PauseResume), "the engine has halted");
    }

    #[test]
    fn an_incident_is_acknowledged_and_retried_where_it_is_shown() {
        let mut model = with_view(|view| std::sync::Arc::make_mut(&mut view.incidents).push(incident(1, None)));
        assert!(reason(&model, Action::Acknowledge).contains('e'));
        model.overlay = Some(Overlay::Incidents { shown: 0 });
        assert_eq!(disabled_reason(&model, Action::Acknowledge), None);
        assert_eq!(
            reason(&model, Action::Retry),
            "there is nothing to try again here; the incident says what you can do"
        );
        assert_eq!(disabled_reason(&model, Action::Incidents), None);
    }

    #[test]
    fn without_incidents_there_is_nothing_to_show() {
        assert_eq!(reason(&running(), Action::Incidents), "nothing has gone wrong");
    }

    #[test]
    fn no_reason_ends_with_a_full_stop() {
        for model in [model(), running()] {
            for spec in TABLE {
                assert!(!reason(&model, spec.action).ends_with('.'), "{:?}", spec.action);
            }
        }
    }
}
