//! Health: how the two copies are kept, and who works on it.
//!
//! ```text
//! ╭ Journal · the truth ────────────────────╮╭ Store · the second copy ────────────────────────────────────╮
//! │ head        1 251  9f31…c2              ││ cursor      1 251, with the journal                          │
//! │ segment     0000001234.jsonl            ││ checkpoint  ✓ 12:40:55, 112 pages, WAL empty, 4 ms           │
//! ╰─────────────────────────────────────────╯╰──────────────────────────────────────────────────────────────╯
//! ╭ Threads ────────────────────────────────╮╭ Session ────────────────────────────────────────────────────╮
//! ```

use ratatui::style::Style;

use super::canvas::Canvas;
use super::format;
use super::frame::pane;
use super::keys;
use super::theme::Theme;
use crate::console::app::model::Model;
use crate::keeper::health::{BackupDone, CheckpointAnswer, Done, Health};
use crate::session::view::{Identity, Pace, SessionView};

/// A heartbeat older than this is late: they come every five seconds.
const LATE_HEARTBEAT_S: u64 = 15;

/// A name, what there is to say, and how it looks.
type Row = (&'static str, String, Style);

/// Draws the tab.
pub fn draw(model: &Model, view: &SessionView, canvas: &mut Canvas<'_>) {
    let (width, height) = (canvas.width(), canvas.height());
    let left = width / 2;
    let upper = 8.min(height / 2);
    let theme = canvas.theme();
    rows(&journal(&view.keeper, theme), "Journal · the truth", &mut canvas.part(0, 0, left, upper));
    let store = store(model, &view.keeper, theme);
    rows(&store, "Store · the second copy", &mut canvas.part(left, 0, width - left, upper));
    threads(view, &mut canvas.part(0, upper, left, height - upper));
    let identity = identity(&view.identity, theme);
    rows(&identity, "Session", &mut canvas.part(left, upper, width - left, height - upper));
}

fn rows(rows: &[Row], title: &str, canvas: &mut Canvas<'_>) {
    let mut canvas = pane(canvas, title);
    let (theme, end) = (canvas.theme(), canvas.width().saturating_sub(1));
    for (y, (name, text, style)) in (0_u16..).zip(rows) {
        canvas.put(1, y, name, theme.dim);
        canvas.put_within(13, y, end.saturating_sub(13), text, *style);
    }
}

fn journal(health: &Health, theme: &Theme) -> Vec<Row> {
    let journal = &health.journal;
    let (number, hash) = match &journal.head {
        Some((number, hash)) => (format::grouped(*number), hash.as_str()),
        None => (unknown(), format::UNKNOWN),
    };
    let mut rows = vec![
        ("head line", number, theme.text),
        ("head hash", hash.to_owned(), theme.dim),
        ("segment", known(&journal.segment), theme.text),
        ("on disk in", format::took(journal.last_ack), theme.text),
    ];
    rows.push(trouble(&journal.trouble, theme));
    rows
}

fn store(model: &Model, health: &Health, theme: &Theme) -> Vec<Row> {
    let store = &health.store;
    let cursor = store.cursor.map_or_else(unknown, format::grouped);
    let lag = match keys::lag(health) {
        None => String::new(),
        Some(0) => ", all that the journal has".to_owned(),
        Some(lag) => format!(", {} behind", format::counted(usize::try_from(lag).unwrap_or(usize::MAX), "line")),
    };
    let wal =
        store.wal_bytes.map_or_else(unknown, |bytes| if bytes == 0 { "empty".into() } else { format::size(bytes) });
    let noted = |count: u64, what: &str| match count {
        0 => String::new(),
        count => format!(", {} {what}", format::grouped(count)),
    };
    let dropped = noted(store.readings_dropped, "readings dropped");
    let twice = noted(store.second_tries, "writes tried twice");
    let style = if dropped.is_empty() && twice.is_empty() { theme.text } else { theme.warn };
    vec![
        ("cursor", format!("{cursor}{lag}"), theme.text),
        ("WAL", format!("{wal}{dropped}{twice}"), style),
        done("checkpoint", health.checkpoint.as_ref(), checkpoint, theme),
        done("backup", health.backup.as_ref(), backup, theme),
        heartbeat(model, health, theme),
        trouble(&store.trouble, theme),
    ]
}

fn heartbeat(model: &Model, health: &Health, theme: &Theme) -> Row {
    let age = health.heartbeat_at.map(|at| model.now.since(at));
    let style = if age.is_some_and(|age| age.as_secs() > LATE_HEARTBEAT_S) { theme.warn } else { theme.text };
    ("heartbeat", age.map_or_else(unknown, |age| format!("{} ago", format::age(age))), style)
}

fn trouble(trouble: &str, theme: &Theme) -> Row {
    if trouble.is_empty() {
        ("trouble", "none".to_owned(), theme.dim)
    } else {
        ("trouble", format!("✗ {trouble}"), theme.bad)
    }
}

fn done<T>(name: &'static str, done: Option<&Done<T>>, in_words: impl Fn(&T) -> String, theme: &Theme) -> Row {
    let Some(done) = done else { return (name, "none yet".to_owned(), theme.dim) };
    let (at, took) = (format::clock(done.at), format::took(done.took));
    match &done.result {
        Ok(result) => (name, format!("✓ {at}, {}, {took}", in_words(result)), theme.text),
        Err(why) => (name, format!("✗ {at}, {why}"), theme.bad),
    }
}

fn checkpoint(answer: &CheckpointAnswer) -> String {
    match answer {
        CheckpointAnswer { busy: true, log, checkpointed } => format!("busy, {checkpointed} of {log} pages"),
        CheckpointAnswer { log: ..=0, .. } => "WAL empty".to_owned(),
        CheckpointAnswer { checkpointed, .. } => format!("{checkpointed} pages"),
    }
}

fn backup(done: &BackupDone) -> String {
    let cursor = done.cursor.map_or_else(unknown, format::grouped);
    format!("{} verified, up to line {cursor}, {}", format::size(done.bytes), done.name)
}

fn threads(view: &SessionView, canvas: &mut Canvas<'_>) {
    let mut canvas = pane(canvas, "Threads");
    let (theme, end) = (canvas.theme(), canvas.width().saturating_sub(1));
    for (y, thread) in (0..canvas.height()).zip(&view.threads) {
        let (sign, style) = if thread.alive { ("✓", theme.good) } else { ("✗", theme.shout) };
        canvas.put(1, y, sign, style);
        canvas.put_within(3, y, 10, thread.name, theme.text);
        let doing = if thread.alive { thread.doing.clone() } else { format!("dead: {}", thread.doing) };
        canvas.put_within(13, y, end.saturating_sub(13), &doing, if thread.alive { theme.dim } else { theme.bad });
    }
}

/// All that the first line has no room for on a narrow terminal.
fn identity(identity: &Identity, theme: &Theme) -> Vec<Row> {
    let pace = match identity.pace {
        Pace::Real => "real time".to_owned(),
        Pace::Simulated { permille } => {
            format!("simulated, {}.{} × real time", permille / 1_000, permille % 1_000 / 100)
        }
        Pace::Max => "simulated, as fast as facts are on disk".to_owned(),
    };
    vec![
        ("session", identity.session.to_string(), theme.text),
        ("label", known(&identity.label), theme.text),
        ("money", identity.mode.to_string(), theme.text),
        ("venue", identity.venue.as_str().to_owned(), theme.text),
        ("database", identity.database.clone(), theme.text),
        ("seed", identity.seed.to_string(), theme.text),
        ("config", identity.config_hash.clone(), theme.text),
        ("build", identity.build.clone(), theme.text),
        ("started", format::day_and_time(&identity.started_at.to_string()), theme.text),
        ("duration", identity.duration.map_or_else(|| "no end set".to_owned(), format::lasted), theme.text),
        ("clock", pace, theme.text),
    ]
}

fn known(text: &str) -> String {
    if text.is_empty() { unknown() } else { text.to_owned() }
}

fn unknown() -> String {
    format::UNKNOWN.to_owned()
}
