//! Where the files lie, what the start made of them, and who works on them.

use std::time::Duration;

use super::rows::Row;
use super::{known, unknown};
use crate::console::ui::format;
use crate::console::ui::theme::Theme;
use crate::disk::lock::Holder;
use crate::domain::words::counted;
use crate::keeper::health::SpaceHealth;
use crate::session::view::{Identity, Pace, Pulse, Quarantined, SessionView, StartAccount, ThreadView};

/// Where everything lies and who may write there.
pub fn place(view: &SessionView, theme: &Theme) -> Vec<Row> {
    let start = &view.identity.start;
    vec![
        Row::new("database", view.identity.database.clone(), theme.text),
        disk(start, view.keeper.space, theme),
        lock(start.lock.as_ref(), theme),
        quarantine(start.quarantine.as_ref(), theme),
    ]
}

fn disk(start: &StartAccount, space: Option<SpaceHealth>, theme: &Theme) -> Row {
    let system = start.file_system.as_ref().map(|name| format!(" on {name}")).unwrap_or_default();
    let Some(SpaceHealth { free, ballast, low }) = space else {
        return Row::new("disk", format!("{} free{system}", format::UNKNOWN), theme.dim);
    };
    let free = format!("{} free{system}", format::size(free));
    let ballast_is = if ballast { "ballast there" } else { "ballast released" };
    let style = match (ballast, low) {
        (false, _) => theme.bad,
        (true, true) => theme.warn,
        (true, false) => theme.text,
    };
    let text = if low { format!("▲ {free}, make room now; {ballast_is}") } else { format!("{free}, {ballast_is}") };
    Row::new("disk", text, style)
}

fn lock(holder: Option<&Holder>, theme: &Theme) -> Row {
    match holder {
        Some(Holder { pid, host, since }) => {
            let since = format::day_and_time(&since.to_string());
            Row::new("lock", format!("ours: pid {pid} on {host} since {since}"), theme.text)
        }
        None => Row::new("lock", unknown(), theme.dim),
    }
}

fn quarantine(what: Option<&Quarantined>, theme: &Theme) -> Row {
    match what {
        Some(Quarantined { folders, newest }) => {
            let folders = counted(*folders, "folder");
            Row::new("quarantine", format!("{folders}, newest {newest}"), theme.text)
        }
        None => Row::new("quarantine", "empty", theme.dim),
    }
}

/// What was checked and what was found, in one line.
pub fn start_together(start: &StartAccount, theme: &Theme) -> Row {
    let took: Duration = start.steps.iter().map(|(_, took)| *took).sum();
    let checked = format!("{} in {}", counted(start.steps.len(), "step"), format::took(took));
    match start.account.as_slice() {
        _ if start.steps.is_empty() => Row::new("start", unknown(), theme.dim),
        [] => Row::new("start", format!("✓ sound, {checked}"), theme.text),
        [only] => Row::new("start", format!("▲ put right: {only}"), theme.warn),
        [first, rest @ ..] => Row::new("start", format!("▲ put right, {} more: {first}", rest.len()), theme.warn),
    }
}

/// What was checked and what was found, step by step.
pub fn start_step_by_step(start: &StartAccount, theme: &Theme) -> Vec<Row> {
    let steps = start.steps.iter().enumerate().map(|(index, (text, took))| {
        let name = if index == 0 { "checked" } else { "" };
        Row::new(name, format!("✓ {text}, {}", format::took(*took)), theme.text)
    });
    let mut rows: Vec<Row> = steps.collect();
    if rows.is_empty() {
        rows.push(Row::new("checked", unknown(), theme.dim));
    }
    if start.account.is_empty() {
        rows.push(Row::new("put right", "nothing: all was as it should be", theme.dim));
    }
    rows.extend(found(start, theme));
    rows
}

fn found<'a>(start: &'a StartAccount, theme: &'a Theme) -> impl Iterator<Item = Row> + 'a {
    start.account.iter().enumerate().map(|(index, sentence)| {
        let name = if index == 0 { "put right" } else { "" };
        Row::new(name, sentence.clone(), theme.warn)
    })
}

pub fn threads(view: &SessionView, theme: &Theme) -> Vec<Row> {
    let row = |thread: &ThreadView| {
        let (text, style) = match thread.pulse {
            Pulse::Moves => (format!("✓ {}", thread.doing), theme.text),
            Pulse::StandsStill => (format!("✗ {}", thread.doing), theme.bad),
            Pulse::Dead => (format!("✗ dead: {}", thread.doing), theme.bad),
        };
        Row::new(thread.name, text, style)
    };
    view.threads.iter().map(row).collect()
}

/// All threads in one line: those that stand still and the dead by their names.
pub fn threads_together(view: &SessionView, theme: &Theme) -> Row {
    let of = |pulse| {
        let names = view.threads.iter().filter(move |thread| thread.pulse == pulse).map(|thread| thread.name);
        names.collect::<Vec<&str>>()
    };
    let mut troubles = Vec::new();
    for (pulse, words) in [(Pulse::Dead, "dead"), (Pulse::StandsStill, "standing still")] {
        let names = of(pulse);
        if !names.is_empty() {
            troubles.push(format!("{words}: {}", names.join(", ")));
        }
    }
    let live = of(Pulse::Moves).len();
    if troubles.is_empty() {
        Row::new("threads", format!("✓ all {live} live"), theme.text)
    } else {
        Row::new("threads", format!("✗ {}; {live} live", troubles.join("; ")), theme.bad)
    }
}

/// All that the first line has no room for on a narrow terminal.
pub fn session(identity: &Identity, theme: &Theme) -> Vec<Row> {
    let pace = match identity.pace {
        Pace::Real => "real time".to_owned(),
        Pace::Simulated { permille } => {
            format!("simulated, {}.{} × real time", permille / 1_000, permille % 1_000 / 100)
        }
        Pace::Max => "simulated, as fast as facts are on disk".to_owned(),
    };
    let rows = [
        ("session", identity.session.to_string()),
        ("label", known(&identity.label)),
        ("money", identity.mode.to_string()),
        ("venue", identity.venue.as_str().to_owned()),
        ("seed", identity.seed.to_string()),
        ("config", identity.config_hash.clone()),
        ("build", identity.build.clone()),
        ("started", format::day_and_time(&identity.started_at.to_string())),
        ("duration", identity.duration.map_or_else(|| "no end set".to_owned(), format::lasted)),
        ("clock", pace),
    ];
    rows.into_iter().map(|(name, text)| Row::new(name, text, theme.text)).collect()
}

/// What of it tells one session from another.
pub fn session_together(identity: &Identity, theme: &Theme) -> Row {
    let Identity { mode, seed, config_hash, build, .. } = identity;
    Row::new("session", format!("{mode}, seed {seed}, config {config_hash}, {build}"), theme.text)
}
