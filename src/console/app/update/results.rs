//! What came of a checkpoint or a backup that the operator asked for: said once, wherever the operator looks.

use std::time::Duration;

use crate::console::app::model::{Awaited, Model};
use crate::keeper::health::{BackupDone, CheckpointAnswer, Done, Health};
use crate::session::view::{Pending, SessionView};

/// What was awaited and has come, in words: well, or not. Each thing that was asked for is answered once.
pub fn heard(model: &mut Model) -> Option<Result<String, String>> {
    let view = model.view.clone()?;
    if view.end.is_some() {
        // The end tells of its own checkpoint and backup, phase by phase.
        model.awaited.clear();
        return None;
    }
    let place = model.awaited.iter().position(|awaited| has_come(awaited, &view))?;
    in_words(&model.awaited.remove(place), &view.keeper)
}

fn has_come(awaited: &Awaited, view: &SessionView) -> bool {
    match awaited {
        Awaited::Checkpoint { before } => {
            view.keeper.checkpoint != *before && !view.pending.contains(&Pending::Checkpoint)
        }
        Awaited::Backup { before } => view.keeper.backup != *before && !view.pending.contains(&Pending::Backup),
    }
}

fn in_words(awaited: &Awaited, health: &Health) -> Option<Result<String, String>> {
    match awaited {
        Awaited::Checkpoint { .. } => health.checkpoint.as_ref().map(|done| told("checkpoint", done, checkpoint)),
        Awaited::Backup { .. } => health.backup.as_ref().map(|done| told("backup", done, backup)),
    }
}

fn told<T>(what: &str, done: &Done<T>, well: impl FnOnce(&T, Duration) -> String) -> Result<String, String> {
    match &done.result {
        Ok(result) => Ok(format!("{what} done: {}", well(result, done.took))),
        Err(why) => Err(format!("{what} failed: {why} (e tells more)")),
    }
}

fn checkpoint(answer: &CheckpointAnswer, took: Duration) -> String {
    let log = if answer.log <= 0 { "the log is empty".to_owned() } else { format!("{} pages", answer.checkpointed) };
    format!("{log}, {} ms", took.as_millis())
}

fn backup(done: &BackupDone, took: Duration) -> String {
    format!("{} verified, {} ms", done.name, took.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::msg::Msg;
    use crate::console::app::testing::{NOON, running, type_key, view};
    use crate::console::app::update::update;
    use std::sync::Arc;

    fn after(result: Result<BackupDone, String>, pending: &[Pending]) -> Msg {
        let mut view = view();
        let done = Done { at: NOON, took: Duration::from_millis(31), result };
        Arc::make_mut(&mut view.keeper).backup = Some(done);
        view.pending = pending.to_vec();
        Msg::View(Arc::new(view))
    }

    fn copy() -> BackupDone {
        BackupDone { name: "a-manual.db".to_owned(), bytes: 1, cursor: None }
    }

    #[test]
    fn what_was_asked_for_is_answered_once() {
        let mut model = running();
        type_key(&mut model, 'b');
        update(&mut model, Msg::View(Arc::new(view())));
        assert_eq!(model.notice, None, "nothing has come yet");
        update(&mut model, after(Ok(copy()), &[]));
        let notice = model.notice.take().unwrap();
        assert_eq!((notice.text.as_str(), notice.bad), ("backup done: a-manual.db verified, 31 ms", false));
        update(&mut model, after(Ok(copy()), &[]));
        assert_eq!(model.notice, None);
    }

    #[test]
    fn a_failure_says_where_more_is_told() {
        let mut model = running();
        type_key(&mut model, 'b');
        update(&mut model, after(Err("no space left on device".to_owned()), &[]));
        let notice = model.notice.unwrap();
        assert!(notice.bad && notice.text.contains("no space left") && notice.text.contains("e tells more"));
    }

    #[test]
    fn a_backup_of_the_timer_that_comes_first_is_not_taken_for_the_answer() {
        let mut model = running();
        type_key(&mut model, 'b');
        update(&mut model, after(Ok(copy()), &[Pending::Backup]));
        assert_eq!(model.notice, None);
    }

    #[test]
    fn what_nobody_asked_for_is_not_said() {
        let mut model = running();
        update(&mut model, after(Ok(copy()), &[]));
        assert_eq!(model.notice, None);
    }
}
