//! Past sessions: asked for when the tab is opened, and further by the last row's number when the end comes near.

use super::complain;
use crate::console::app::effect::Effect;
use crate::console::app::model::{ListState, Model, Overlay};
use crate::domain::session::SessionId;
use crate::store::rows::{HistoryAnswer, HistoryQuery, SessionRow};

/// How many sessions are asked for at a time.
const PAGE: u32 = 100;
/// How near to the end of what was read the next page is asked for, in rows.
const AHEAD: usize = 25;

/// Asks for the newest sessions again; those that are there stay in sight until the answer comes.
pub fn refresh(model: &mut Model) -> Vec<Effect> {
    model.history.loading = true;
    vec![Effect::AskHistory(HistoryQuery::List { before: None, limit: PAGE })]
}

/// Asks for older sessions if the selection comes near the end of those that were read.
pub fn page_further(model: &mut Model) -> Vec<Effect> {
    let history = &mut model.history;
    let near = history.list.selected + AHEAD >= history.rows.len();
    match history.rows.last() {
        Some(last) if near && history.more && !history.loading => {
            history.loading = true;
            let before = Some(SessionId(last.session_id));
            vec![Effect::AskHistory(HistoryQuery::List { before, limit: PAGE })]
        }
        _ => Vec::new(),
    }
}

/// Opens the page of the selected session and asks for what is on it.
pub fn open_selected(model: &mut Model) -> Vec<Effect> {
    let Some(row) = model.history.rows.get(model.history.list.selected) else {
        return Vec::new();
    };
    let session = SessionId(row.session_id);
    model.overlay = Some(Overlay::PastSession { session, detail: None, scroll: 0 });
    vec![Effect::AskHistory(HistoryQuery::Detail(session))]
}

/// Takes an answer; one that nobody waits for any more changes nothing.
pub fn take(model: &mut Model, answer: HistoryAnswer) {
    match answer {
        HistoryAnswer::List { before: None, rows } => replace(model, rows),
        HistoryAnswer::List { before: Some(before), rows } => append(model, before, rows),
        HistoryAnswer::Detail(session, found) => {
            let Some(Overlay::PastSession { session: shown, detail, .. }) = &mut model.overlay else { return };
            if *shown != session {
                return;
            }
            if found.is_some() {
                *detail = found;
            } else {
                model.overlay = None;
                complain(model, format!("session {session} is not in the database"));
            }
        }
        HistoryAnswer::Failed(why) => {
            model.history.loading = false;
            if matches!(model.overlay, Some(Overlay::PastSession { detail: None, .. })) {
                model.overlay = None;
            }
            complain(model, format!("the history could not be read: {why}"));
            model.history.trouble = why;
        }
    }
}

fn replace(model: &mut Model, rows: Vec<SessionRow>) {
    let history = &mut model.history;
    let kept = history.rows.get(history.list.selected).map(|row| row.session_id);
    let selected = rows.iter().position(|row| Some(row.session_id) == kept).unwrap_or(0);
    history.more = is_full(&rows);
    history.rows = rows;
    history.loading = false;
    history.trouble.clear();
    history.list = ListState { selected, offset: history.list.offset };
    super::lists::keep_in_sight(model);
}

fn append(model: &mut Model, before: SessionId, rows: Vec<SessionRow>) {
    let history = &mut model.history;
    // After a refresh an older page no longer continues what is there.
    if history.rows.last().is_some_and(|last| last.session_id == before.0) {
        history.more = is_full(&rows);
        history.rows.extend(rows);
        history.loading = false;
        history.trouble.clear();
    }
}

fn is_full(rows: &[SessionRow]) -> bool {
    rows.len() >= PAGE as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::key::Key;
    use crate::console::app::model::Tab;
    use crate::console::app::msg::Msg;
    use crate::console::app::testing::{press, running, type_key};
    use crate::console::app::update::update;
    use crate::store::rows::SessionDetail;

    fn rows(newest: i64, oldest: i64) -> Vec<SessionRow> {
        (oldest..=newest).rev().map(|session_id| SessionRow { session_id, ..SessionRow::default() }).collect()
    }

    fn answer(model: &mut Model, before: Option<i64>, rows: Vec<SessionRow>) {
        update(model, Msg::History(HistoryAnswer::List { before: before.map(SessionId), rows }));
    }

    fn asks(before: Option<i64>) -> Vec<Effect> {
        vec![Effect::AskHistory(HistoryQuery::List { before: before.map(SessionId), limit: PAGE })]
    }

    fn opened() -> Model {
        let mut model = running();
        type_key(&mut model, '4');
        answer(&mut model, None, rows(250, 151));
        model
    }

    #[test]
    fn opening_the_tab_asks_for_the_newest_every_time() {
        let mut model = running();
        assert_eq!(type_key(&mut model, '4'), asks(None));
        assert!(model.history.loading);
        answer(&mut model, None, rows(3, 1));
        assert!(!model.history.loading && !model.history.more);
        assert_eq!(type_key(&mut model, '4'), asks(None));
        assert_eq!(model.history.rows.len(), 3, "what is known stays in sight");
    }

    #[test]
    fn coming_near_the_end_asks_once_for_what_is_older_than_the_last_row() {
        let mut model = opened();
        assert!(type_key(&mut model, 'j').is_empty());
        assert_eq!(type_key(&mut model, 'G'), asks(Some(151)));
        assert!(type_key(&mut model, 'k').is_empty(), "one question at a time");
        answer(&mut model, Some(151), rows(150, 120));
        assert_eq!(model.history.rows.len(), 131);
        assert!(!model.history.more);
        assert!(type_key(&mut model, 'G').is_empty(), "there are no older ones");
    }

    #[test]
    fn a_page_that_no_longer_fits_is_dropped() {
        let mut model = opened();
        type_key(&mut model, 'G');
        type_key(&mut model, '4');
        answer(&mut model, None, rows(251, 152));
        answer(&mut model, Some(151), rows(150, 120));
        assert_eq!(model.history.rows, rows(251, 152));
    }

    #[test]
    fn a_refresh_keeps_the_selected_session_selected() {
        let mut model = opened();
        type_key(&mut model, 'j');
        answer(&mut model, None, rows(252, 153));
        assert_eq!(model.history.rows[model.history.list.selected].session_id, 249);
    }

    #[test]
    fn enter_opens_the_selected_session_and_asks_for_its_page() {
        let mut model = opened();
        type_key(&mut model, 'j');
        assert_eq!(press(&mut model, Key::Enter), [Effect::AskHistory(HistoryQuery::Detail(SessionId(249)))]);
        let detail = Box::new(SessionDetail::default());
        update(&mut model, Msg::History(HistoryAnswer::Detail(SessionId(249), Some(detail.clone()))));
        let page = Overlay::PastSession { session: SessionId(249), detail: Some(detail), scroll: 0 };
        assert_eq!(model.overlay, Some(page));
    }

    #[test]
    fn an_answer_about_another_session_than_the_one_in_sight_is_dropped() {
        let mut model = opened();
        press(&mut model, Key::Enter);
        let stale = HistoryAnswer::Detail(SessionId(7), Some(Box::default()));
        update(&mut model, Msg::History(stale));
        assert!(matches!(model.overlay, Some(Overlay::PastSession { detail: None, .. })));
    }

    #[test]
    fn a_session_that_is_not_there_closes_its_page_and_says_so() {
        let mut model = opened();
        press(&mut model, Key::Enter);
        update(&mut model, Msg::History(HistoryAnswer::Detail(SessionId(250), None)));
        assert_eq!(model.overlay, None);
        assert!(model.notice.unwrap().text.contains("session 250"));
    }

    #[test]
    fn a_failure_is_shown_where_the_rows_would_be_and_can_be_tried_again() {
        let mut model = running();
        type_key(&mut model, '4');
        update(&mut model, Msg::History(HistoryAnswer::Failed("disk I/O error".to_owned())));
        assert_eq!((model.history.trouble.as_str(), model.history.loading), ("disk I/O error", false));
        assert_eq!(type_key(&mut model, 'r'), asks(None));
        answer(&mut model, None, rows(1, 1));
        assert!(model.history.trouble.is_empty());
        assert_eq!(model.tab, Tab::History);
    }
}
