//! The two copies: how far each is, and what was done to keep them.

use super::rows::Row;
use super::unknown;
use crate::console::ui::format;
use crate::console::ui::keys;
use crate::console::ui::theme::Theme;
use crate::domain::time::Timestamp;
use crate::domain::words::counted;
use crate::keeper::health::{BackupDone, CheckpointAnswer, Done, Health, Progress};

/// A heartbeat older than this is late: they come every five seconds.
const LATE_HEARTBEAT_S: u64 = 15;
/// So much of a hash is enough to tell two apart.
const SHORT_HASH: usize = 12;

pub fn journal(health: &Health, theme: &Theme) -> Vec<Row> {
    let journal = &health.journal;
    let segment = if journal.segment.is_empty() { unknown() } else { journal.segment.clone() };
    let mut rows = trouble([&journal.gone, &journal.trouble], theme);
    rows.push(Row::new("segment", segment, theme.text));
    rows.push(Row::new("on disk in", format::took(journal.last_ack), theme.text));
    rows.insert(0, head(health, theme));
    rows
}

/// The same in two lines.
pub fn journal_together(health: &Health, theme: &Theme) -> Vec<Row> {
    let journal = &health.journal;
    let mut rows = trouble([&journal.gone, &journal.trouble], theme);
    rows.push(head(health, theme));
    let text = format!("{} in {}", format::took(journal.last_ack), journal.segment);
    rows.push(Row::new("on disk in", text, theme.text));
    rows
}

fn head(health: &Health, theme: &Theme) -> Row {
    match &health.journal.head {
        Some((number, hash)) => {
            let short: String = hash.chars().take(SHORT_HASH).collect();
            Row::new("head", format!("line {}, hash {short}…", format::grouped(*number)), theme.text)
        }
        None => Row::new("head", unknown(), theme.dim),
    }
}

/// The store as it stands, and what was done last: `now` is the session's.
pub fn store(health: &Health, now: Timestamp, theme: &Theme) -> Vec<Row> {
    let store = &health.store;
    let mut rows = trouble([&store.gone, &store.trouble], theme);
    rows.push(cursor(health, theme));
    rows.push(wal(health, theme));
    rows.push(done("checkpoint", health.checkpoint.as_ref(), now, checkpoint, theme));
    rows.extend(health.backing_up.map(|progress| backing_up(progress, theme)));
    rows.push(done("backup", health.backup.as_ref(), now, backup, theme));
    let age = health.heartbeat_at.map(|at| now.since(at));
    let style = if age.is_some_and(|age| age.as_secs() > LATE_HEARTBEAT_S) { theme.warn } else { theme.text };
    rows.push(Row::new("heartbeat", age.map_or_else(unknown, |age| format!("{} ago", format::age(age))), style));
    rows
}

fn cursor(health: &Health, theme: &Theme) -> Row {
    let cursor = health.store.cursor.map_or_else(unknown, |n| format!("line {}", format::grouped(n)));
    let lag = match keys::lag(health) {
        None => String::new(),
        Some(0) => ", all that the journal has".to_owned(),
        Some(lag) => format!(", {} behind", counted(usize::try_from(lag).unwrap_or(usize::MAX), "line")),
    };
    Row::new("cursor", format!("{cursor}{lag}"), theme.text)
}

fn wal(health: &Health, theme: &Theme) -> Row {
    let wal = health.store.wal_bytes;
    let wal = wal.map_or_else(unknown, |bytes| if bytes == 0 { "empty".into() } else { format::size(bytes) });
    let noted = |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", format::grouped(count)));
    let dropped = noted(health.store.readings_dropped, "readings dropped");
    let twice = noted(health.store.second_tries, "writes tried twice");
    let style = if dropped.is_some() || twice.is_some() { theme.warn } else { theme.text };
    let dropped = dropped.unwrap_or_else(|| "no reading dropped".to_owned());
    let words: Vec<String> = [wal, dropped].into_iter().chain(twice).collect();
    Row::new("WAL", words.join(", "), style)
}

fn trouble(troubles: [&String; 2], theme: &Theme) -> Vec<Row> {
    let troubles = troubles.into_iter().filter(|trouble| !trouble.is_empty());
    troubles.map(|trouble| Row::new("trouble", format!("✗ {trouble}"), theme.bad)).collect()
}

fn backing_up(Progress { done, total }: Progress, theme: &Theme) -> Row {
    let permille = u64::from(done) * 1_000 / u64::from(total).max(1);
    let text = if done == total {
        "copied, being verified".to_owned()
    } else {
        format!("{} of {} pages", format::grouped(done.into()), format::grouped(total.into()))
    };
    Row { permille: u32::try_from(permille).ok(), ..Row::new("backing up", text, theme.accent) }
}

fn done<T>(
    name: &'static str,
    done: Option<&Done<T>>,
    now: Timestamp,
    in_words: impl Fn(&T, &str) -> String,
    theme: &Theme,
) -> Row {
    let Some(done) = done else { return Row::new(name, "none yet", theme.dim) };
    let when = when(done.at, now);
    match &done.result {
        Ok(result) => Row::new(name, format!("✓ {when}, {}", in_words(result, &format::took(done.took))), theme.text),
        Err(why) => Row::new(name, format!("✗ {when}, {why}"), theme.bad),
    }
}

/// How long ago. What was made before a session in simulated time has this machine's: then only its time is said.
fn when(at: Timestamp, now: Timestamp) -> String {
    if at > now { format::clock(at) } else { format!("{} ago", format::age(now.since(at))) }
}

/// The answer row as it is, behind what it means.
fn checkpoint(answer: &CheckpointAnswer, took: &str) -> String {
    let CheckpointAnswer { busy, log, checkpointed } = *answer;
    let means = match (busy, log) {
        (true, _) => "a reader was in the way",
        (false, ..=0) => "WAL empty",
        (false, _) => "moved",
    };
    format!("{means} (busy {}, log {log}, checkpointed {checkpointed}), {took}", u8::from(busy))
}

fn backup(done: &BackupDone, took: &str) -> String {
    let cursor = done.cursor.map_or_else(unknown, format::grouped);
    format!("{}{} verified up to line {cursor}, {took}, {}", kind(&done.name), format::size(done.bytes), done.name)
}

/// Why it was made, as its name says it: `20261122T114003Z-timer.db`.
fn kind(name: &str) -> String {
    let kind = name.split_once('-').and_then(|(_, rest)| rest.split(['-', '.']).next());
    kind.map(|kind| format!("{kind}, ")).unwrap_or_default()
}
