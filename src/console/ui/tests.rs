//! Whole screens with a frozen clock, and every size.

use std::sync::LazyLock;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::fixture;
use super::glyphs::Glyphs;
use super::theme::Look;
use super::{draw, paint};
use crate::console::app::model::{Confirm, ConfirmWhat, Model, Notice, Overlay, Tab};
use crate::console::app::question::Answer;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::keeper::health::{Progress, SpaceHealth};
use crate::session::view::Pending;

const SIZES: [(u16, u16); 3] = [(200, 50), (120, 40), (80, 24)];

fn screen(model: &Model, look: &Look, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(model, look, &fixture::hints(), frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width));
    rows.map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned() + "\n").collect()
}

fn snapshot(name: &str, model: &Model, size: (u16, u16)) {
    let (width, height) = size;
    insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&screen(model, &Look::DARK, size)));
}

fn snapshots(name: &str, model: &Model) {
    for size in SIZES {
        snapshot(name, model, size);
    }
}

fn on(tab: Tab) -> Model {
    Model { tab, ..fixture::model() }
}

fn under(overlay: Overlay) -> Model {
    Model { overlay: Some(overlay), ..fixture::model() }
}

fn past_session(scroll: usize) -> Model {
    let detail = Some(Box::new(fixture::detail()));
    Model { tab: Tab::History, ..under(Overlay::PastSession { session: SessionId(38), detail, scroll }) }
}

#[test]
fn live() {
    snapshots("live", &fixture::model());
    snapshot("live", &fixture::model(), (120, 34));
    snapshot("live", &fixture::model(), (60, 16));
}

#[test]
fn live_when_it_does_not_quote() {
    snapshots("live_idle", &fixture::idle());
}

#[test]
fn live_when_one_side_is_withheld() {
    snapshots("live_ask_only", &fixture::ask_only());
}

#[test]
fn live_before_the_first_book() {
    let model = fixture::model_with(|view| {
        view.engine = std::sync::Arc::default();
        view.mids = std::sync::Arc::default();
        view.fills = std::sync::Arc::default();
        view.events = std::sync::Arc::default();
        view.incidents = std::sync::Arc::default();
        view.keeper = std::sync::Arc::default();
    });
    snapshot("live_first", &model, (120, 40));
}

#[test]
fn orders() {
    let model = fixture::model_with(|view| {
        let engine = std::sync::Arc::make_mut(&mut view.engine);
        engine.orders[1].cancel_asked_at = Some(fixture::at("12:41:05"));
    });
    snapshots("orders", &Model { tab: Tab::Orders, ..model });
}

#[test]
fn fills() {
    snapshots("fills", &on(Tab::Fills));
}

#[test]
fn history() {
    snapshots("history", &on(Tab::History));
}

#[test]
fn history_that_cannot_be_read() {
    let mut model = on(Tab::History);
    model.history.rows.clear();
    model.history.trouble = "the database is locked".into();
    snapshot("history_trouble", &model, (80, 24));
}

#[test]
fn health() {
    snapshots("health", &on(Tab::Health));
}

#[test]
fn health_in_trouble_while_a_backup_is_made() {
    let model = fixture::model_with(|view| {
        let health = std::sync::Arc::make_mut(&mut view.keeper);
        health.backing_up = Some(Progress { done: 1_102, total: 2_400 });
        health.space = Some(SpaceHealth { free: 41_200_000, ballast: false, low: true });
        health.checkpoint.iter_mut().for_each(|done| done.result = Err("busy: another connection reads".into()));
        health.store.trouble = "database or disk is full".into();
        health.store.readings_dropped = 1_200;
    });
    let model = Model { tab: Tab::Health, ..model };
    snapshots("health_trouble", &model);
    snapshot("health_trouble", &model, (60, 16));
}

#[test]
fn an_incident_that_was_put_right_says_so() {
    let mut model = fixture::model_with(|view| {
        std::sync::Arc::make_mut(&mut view.incidents)[1].resolved = Some(fixture::at("12:41:02"));
    });
    model.overlay = Some(Overlay::Incidents { shown: 1 });
    snapshot("incident_resolved", &model, (80, 24));
}

#[test]
fn log() {
    snapshots("log", &on(Tab::Log));
}

#[test]
fn the_end() {
    snapshots("end", &fixture::ending());
}

#[test]
fn the_end_with_a_second_chance() {
    snapshots("second_chance", &fixture::offering());
}

#[test]
fn an_incident() {
    snapshots("incident", &under(Overlay::Incidents { shown: 1 }));
}

#[test]
fn help() {
    snapshots("help", &under(Overlay::Help { scroll: 0 }));
}

#[test]
fn a_question() {
    snapshots("confirm_quit", &under(Overlay::Confirm(Confirm { what: ConfirmWhat::Quit, yes: false })));
    snapshot("confirm_cancel", &under(Overlay::Confirm(Confirm { what: ConfirmWhat::CancelAll, yes: true })), (80, 24));
}

#[test]
fn a_past_session() {
    snapshots("past_session", &past_session(0));
    snapshot("past_session_scrolled", &past_session(usize::MAX), (80, 24));
}

#[test]
fn the_start() {
    snapshots("start", &fixture::before_the_session(2));
}

#[test]
fn the_page_that_asks() {
    snapshots("asking", &fixture::asking());
    snapshot("asking", &fixture::asking(), (60, 16));
    let focus = Answer::Took(0);
    let sure = Overlay::Confirm(Confirm { what: ConfirmWhat::Option(0), yes: false });
    let mut model = Model { overlay: Some(sure), ..fixture::asking() };
    model.asking.iter_mut().for_each(|asking| (asking.focus, asking.scroll) = (focus, 99));
    snapshot("asking_once_more", &model, (80, 24));
}

#[test]
fn a_notice_and_what_is_pending() {
    let mut model = fixture::model_with(|view| view.pending = vec![Pending::Pausing]);
    model.notice = Some(Notice {
        text: "the bid and the ask are being taken out".into(),
        bad: false,
        until: fixture::at("12:41:12"),
    });
    snapshots("pending", &model);
}

#[test]
fn a_terminal_that_is_too_small() {
    snapshot("small", &fixture::model(), (40, 10));
    snapshot("small", &fixture::model(), (10, 3));
}

#[test]
fn ascii_only() {
    let ascii = Look { glyphs: Glyphs::Ascii, ..Look::MONO };
    let text = text(&screen(&fixture::model(), &ascii, (120, 40)));
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!("live_ascii_120x40", text);
}

fn cells_with<'a>(buffer: &'a Buffer, symbol: &'a str) -> impl Iterator<Item = &'a Cell> {
    buffer.content.iter().filter(move |cell| cell.symbol() == symbol)
}

#[test]
fn what_we_bought_has_the_bids_colour_and_what_we_sold_the_asks() {
    let screen = screen(&fixture::model(), &Look::DARK, (120, 40));
    let colours = |symbol| cells_with(&screen, symbol).map(|cell| Some(cell.fg)).collect::<Vec<_>>();
    assert!(colours("▲").contains(&Look::DARK.theme.bid.fg));
    assert!(colours("▼").contains(&Look::DARK.theme.ask.fg));
    assert_ne!(Look::DARK.theme.bid.fg, Look::DARK.theme.ask.fg);
}

#[test]
fn without_colour_there_is_none_and_the_selection_still_shows() {
    for tab in [Tab::Live, Tab::Orders, Tab::Fills, Tab::History, Tab::Health, Tab::Log] {
        let screen = screen(&on(tab), &Look::MONO, (120, 40));
        assert!(screen.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
        assert!(screen.content.iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)));
    }
}

#[test]
fn a_clock_that_stands_still_gives_the_same_screen() {
    let model = fixture::model();
    assert_eq!(screen(&model, &Look::DARK, (200, 50)), screen(&model.clone(), &Look::DARK, (200, 50)));
}

/// How many cells change from one screen to the next.
fn changed(before: &Model, after: &Model) -> usize {
    let (before, after) = (screen(before, &Look::DARK, (200, 50)), screen(after, &Look::DARK, (200, 50)));
    before.diff(&after).len()
}

#[test]
fn a_second_that_passes_changes_hardly_anything() {
    let before = fixture::model();
    let after = Model { now: before.now + std::time::Duration::from_secs(1), ..before.clone() };
    assert!(changed(&before, &after) <= 12, "{}", changed(&before, &after));
}

#[test]
fn a_ledger_with_a_new_mid_leaves_the_rest_of_the_chart_alone() {
    let before = fixture::model();
    let mut after = fixture::model_with(|view| {
        let newest = *view.mids.back().unwrap();
        std::sync::Arc::make_mut(&mut view.mids).push_back((fixture::at("12:41:11"), newest.1));
    });
    after.now = fixture::at("12:41:11.5");
    assert!(changed(&before, &after) <= 30, "{}", changed(&before, &after));
}

/// One of each kind, made once.
static MODELS: LazyLock<Vec<Model>> = LazyLock::new(models);

fn models() -> Vec<Model> {
    let mut models: Vec<Model> =
        [Tab::Live, Tab::Orders, Tab::Fills, Tab::History, Tab::Health, Tab::Log].map(on).into();
    models.extend([fixture::idle(), fixture::ask_only(), fixture::ending(), fixture::before_the_session(1)]);
    models.extend([past_session(0), past_session(30), under(Overlay::Help { scroll: 3 })]);
    models.extend([0, 1, 9].map(|shown| under(Overlay::Incidents { shown })));
    models.push(under(Overlay::Confirm(Confirm { what: ConfirmWhat::Quit, yes: false })));
    models.push(fixture::asking());
    models
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_screen_can_be_drawn_at_every_size(width in 1_u16..220, height in 1_u16..60, which in 0_usize..18, ascii: bool) {
        let glyphs = if ascii { Glyphs::Ascii } else { Glyphs::Unicode };
        let look = Look { glyphs, ..Look::LIGHT };
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        paint(&MODELS[which % MODELS.len()], &look, &fixture::hints(), &mut buffer);
        prop_assert!(buffer.content.iter().all(|cell| !cell.symbol().contains(char::is_control)));
    }

    #[test]
    fn every_pane_can_be_drawn_at_every_size(width in 0_u16..70, height in 0_u16..20, which in 0_usize..18) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 90, 30));
        let mut canvas = super::canvas::Canvas::new(&mut buffer, &Look::DARK);
        let mut part = canvas.part(3, 2, width, height);
        let model = &MODELS[which % MODELS.len()];
        super::body(model, &mut part);
        if let Some(asking) = &model.asking {
            super::asking::draw(asking, &model.database, &mut part);
        }
        super::overlay::draw(&MODELS[which % MODELS.len()], &fixture::hints(), &mut part);
    }

    #[test]
    fn a_clock_that_is_wrong_by_years_breaks_nothing(millis in any::<i64>()) {
        let model = Model { now: Timestamp::from_millis(millis), ..fixture::model() };
        let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
        paint(&model, &Look::DARK, &fixture::hints(), &mut buffer);
    }
}
