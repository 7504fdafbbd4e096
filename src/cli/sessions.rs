//! `neo sessions`: past sessions, the list and a single one.

use std::io::Write;
use std::path::Path;

use color_eyre::Result;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::aimed;
use super::args::{ListArgs, SessionsArgs, SessionsVerb};
use super::exit::{Exit, Refusal};
use super::print::{Colour, Form, Side, Table, json as print_json};
use crate::disk::place::Place;
use crate::domain::time::Timestamp;
use crate::session::receipt::{NoReceipt, Receipt};
use crate::store::Reader;
use crate::store::rows::{AdoptedDetail, AdoptedFill, SessionDetail, SessionRow};

/// Reads and prints what was asked for.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, args: &SessionsArgs, form: Form) -> Result<Exit> {
    let reader = Reader::open(database)?;
    let list = SessionsVerb::List(ListArgs::default());
    match args.verb.as_ref().unwrap_or(&list) {
        SessionsVerb::List(ListArgs { limit, before }) => {
            print_list(out, &reader.ask().sessions(*before, *limit)?, form)?;
        }
        SessionsVerb::Show { session, receipt } => {
            let Some(detail) = reader.ask().session_detail(*session)? else {
                return Err(Refusal {
                    exit: Exit::Failed,
                    tried: format!("cannot show session {session}"),
                    why: "there is no such session".to_owned(),
                    you_can: "`neo sessions` lists them.".to_owned(),
                }
                .into());
            };
            let path = database.display().to_string();
            if *receipt {
                let receipt =
                    kept_receipt(database, &detail).map_or_else(|| Receipt::from_detail(&detail, &path), Ok)?;
                match form {
                    Form::Json => print_json(out, &receipt)?,
                    Form::Text(_) => writeln!(out, "{}", aimed(&receipt.to_string()))?,
                }
            } else {
                print_detail(out, &detail, &path, form)?;
            }
        }
    }
    Ok(Exit::Done)
}

/// The receipt as it was kept, which knows more than the facts: what became of checkpoint and backup, and what was
/// verified. `None` if there is none that can be read, or if the session has been recovered since.
fn kept_receipt(database: &Path, detail: &SessionDetail) -> Option<Receipt> {
    let file = Place::around(database).receipts().join(format!("{}.json", detail.row.session_id));
    let kept: Receipt = match std::fs::read(&file) {
        Ok(text) => serde_json::from_slice(&text).map_err(|why| unreadable(&file, &why)).ok()?,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return None,
        Err(why) => {
            unreadable(&file, &why);
            return None;
        }
    };
    let is_its_own = kept.started_at.to_string() == detail.row.started_at && kept.status.as_str() == detail.row.status;
    is_its_own.then_some(kept)
}

fn unreadable(file: &Path, why: &dyn std::fmt::Display) {
    super::say(&format!("{} cannot be read ({why}); this is made from the database", file.display()));
}

/// Prints `rows`, which come newest first.
pub fn print_list<W: Write>(out: &mut W, rows: &[SessionRow], form: Form) -> Result<()> {
    match form {
        Form::Json => print_json(out, &rows.iter().map(RowJson::from).collect::<Vec<_>>())?,
        Form::Text(_) if rows.is_empty() => writeln!(out, "There are no sessions.")?,
        Form::Text(colour) => list(rows).print(out, colour)?,
    }
    Ok(())
}

/// Prints one session: its receipt if it is closed, its fills and its incidents. `database` is its path as the
/// operator gave it.
pub fn print_detail<W: Write>(out: &mut W, detail: &SessionDetail, database: &str, form: Form) -> Result<()> {
    let receipt = match Receipt::from_detail(detail, database) {
        Ok(receipt) => Some(receipt),
        Err(NoReceipt::NotClosed(_)) => None,
        Err(unreadable) => return Err(unreadable.into()),
    };
    match form {
        Form::Json => print_json(out, &detail_json(detail, receipt.as_ref()))?,
        Form::Text(colour) => {
            match receipt {
                Some(receipt) => write!(out, "{}", aimed(&receipt.to_string()))?,
                None => match &detail.adopted {
                    Some(adopted) => print_adopted(out, &detail.row, adopted, colour)?,
                    None => writeln!(out, "{}", aimed(&still_open(&detail.row)))?,
                },
            }
            print_fills(out, detail, colour)?;
            print_incidents(out, detail)?;
        }
    }
    Ok(())
}

fn list(rows: &[SessionRow]) -> Table {
    let mut table = Table::new(&[
        ("session", Side::Right),
        ("started", Side::Left),
        ("lasted", Side::Right),
        ("status", Side::Left),
        ("halt reason", Side::Left),
        ("mode", Side::Left),
        ("fills", Side::Right),
        ("incidents", Side::Right),
        ("profit", Side::Right),
        ("label", Side::Left),
    ]);
    for row in rows {
        let unknown = || "–".to_owned();
        table.row([
            row.session_id.to_string(),
            to_the_second(&row.started_at),
            lasted(row).unwrap_or_else(unknown),
            if row.has_no_known_end() { "no end known".to_owned() } else { row.status.clone() },
            row.halt_reason.clone().unwrap_or_else(unknown),
            row.mode.clone(),
            row.fills.to_string(),
            row.incidents.to_string(),
            row.profit.clone().unwrap_or_else(unknown),
            row.label.clone(),
        ]);
    }
    table
}

fn print_fills<W: Write>(out: &mut W, detail: &SessionDetail, colour: Colour) -> Result<()> {
    if detail.fills.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("filled", Side::Left),
        ("order", Side::Right),
        ("side", Side::Left),
        ("XRP", Side::Right),
        ("price", Side::Right),
        ("mid", Side::Right),
        ("spread bps", Side::Right),
    ]);
    for (at, fill) in &detail.fills {
        table.row([
            to_the_second(&at.to_string()),
            fill.order.to_string(),
            fill.side.as_str().to_owned(),
            fill.quantity.to_string(),
            fill.price.to_string(),
            fill.mid.to_string(),
            fill.realized_spread().to_decimal().round_dp(1).to_string(),
        ]);
    }
    writeln!(out)?;
    table.print(out, colour)?;
    Ok(())
}

/// The earlier engine kept no facts, so there is no receipt: only what its rows say, and where they come from.
fn print_adopted<W: Write>(out: &mut W, row: &SessionRow, adopted: &AdoptedDetail, colour: Colour) -> Result<()> {
    let unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    writeln!(out, "Session {} was run by the earlier engine; its rows come from {}.", row.session_id, adopted.source)?;
    writeln!(out, "  began       {} UTC", to_the_second(&row.started_at))?;
    match &row.ended_at {
        None => writeln!(out, "{}", aimed("  ended       no end known: `neo backfill` looks for evidence"))?,
        Some(ended) => {
            let (source, evidence) = (unknown(&row.ended_at_source), unknown(&row.ended_at_evidence));
            let later = row.ended_at_uncertainty_s.map_or_else(String::new, |s| format!(", or up to {s} s later"));
            writeln!(out, "  ended       {} UTC{later} (source {source}: {evidence})", to_the_second(ended))?;
        }
    }
    writeln!(out, "  because     {}", row.halt_reason.as_deref().unwrap_or("not known"))?;
    for (name, start, end) in [
        ("XRP", &row.starting_xrp, &row.ending_xrp),
        ("RLUSD", &row.starting_rlusd, &row.ending_rlusd),
        ("value", &row.starting_value, &row.ending_value),
    ] {
        writeln!(out, "  {name:<12}{} → {}", unknown(start), unknown(end))?;
    }
    writeln!(out, "  orders      {}, {} cancelled", adopted.orders, adopted.cancelled)?;
    for order in &adopted.unproven {
        writeln!(out, "  UNPROVEN    {order} may rest at the venue: nobody has proven it gone")?;
    }
    if adopted.fills.is_empty() {
        return Ok(());
    }
    let columns = [
        ("filled", Side::Left),
        ("side", Side::Left),
        ("XRP", Side::Right),
        ("price", Side::Right),
        ("mid", Side::Right),
        ("order", Side::Left),
    ];
    let mut table = Table::new(&columns);
    for fill in &adopted.fills {
        let AdoptedFill { at, order, side, price, quantity, mid } = fill.clone();
        table.row([to_the_second(&at), side, quantity, price, mid.unwrap_or_else(|| "–".to_owned()), order]);
    }
    writeln!(out)?;
    table.print(out, colour)?;
    Ok(())
}

fn print_incidents<W: Write>(out: &mut W, detail: &SessionDetail) -> Result<()> {
    for (at, incident) in &detail.incidents {
        let line = |text: &str| crate::logging::one_line(text);
        writeln!(out, "\n{}  {}", to_the_second(&at.to_string()), line(&incident.title))?;
        let parts = [
            ("tried", &incident.tried),
            ("happened", &incident.happened),
            ("means", &incident.means),
            ("done", &incident.done),
            ("you can", &incident.you_can),
        ];
        for (label, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
            for (label, text) in std::iter::once(label).chain(std::iter::repeat("")).zip(aimed(text).lines()) {
                writeln!(out, "  {label:<10}{}", line(text))?;
            }
        }
    }
    Ok(())
}

fn still_open(row: &SessionRow) -> String {
    let started = to_the_second(&row.started_at);
    format!(
        "Session {} is {}: it began {started} UTC and runs now, or the next `neo run` recovers it.",
        row.session_id, row.status
    )
}

/// `2026-11-22 12:39:17` of an RFC 3339 text; any other text as it stands.
fn to_the_second(text: &str) -> String {
    match (text.parse::<Timestamp>(), text.split_once('.')) {
        (Ok(_), Some((seconds, _))) => seconds.replacen('T', " ", 1),
        _ => text.to_owned(),
    }
}

/// `0:12:46`; `None` if it has no end, or times that cannot be read.
fn lasted(row: &SessionRow) -> Option<String> {
    let started: Timestamp = row.started_at.parse().ok()?;
    let ended: Timestamp = row.ended_at.as_deref()?.parse().ok()?;
    let seconds = ended.since(started).as_secs();
    Some(format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60))
}

/// A row under the names that its table has.
#[derive(Serialize)]
struct RowJson<'r> {
    session_id: i64,
    label: &'r str,
    mode: &'r str,
    venue: &'r str,
    status: &'r str,
    started_at: &'r str,
    ended_at: Option<&'r str>,
    ended_at_source: Option<&'r str>,
    halt_reason: Option<&'r str>,
    halt_detail: Option<Json>,
    starting_xrp: Option<&'r str>,
    starting_rlusd: Option<&'r str>,
    starting_value: Option<&'r str>,
    ending_xrp: Option<&'r str>,
    ending_rlusd: Option<&'r str>,
    ending_value: Option<&'r str>,
    last_heartbeat_at: Option<&'r str>,
    parent_session_id: Option<i64>,
    config_hash: Option<&'r str>,
    build: Option<&'r str>,
    host: Option<&'r str>,
    pid: Option<i64>,
    fills: i64,
    incidents: i64,
    profit: Option<&'r str>,
    origin: &'r str,
    ended_at_uncertainty_s: Option<i64>,
    ended_at_evidence: Option<&'r str>,
}

impl<'r> From<&'r SessionRow> for RowJson<'r> {
    fn from(row: &'r SessionRow) -> Self {
        // The column holds JSON; should it ever hold something else, that is shown as the text it is.
        let detail = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Json::from(text.as_str()));
        Self {
            session_id: row.session_id,
            label: &row.label,
            mode: &row.mode,
            venue: &row.venue,
            status: &row.status,
            started_at: &row.started_at,
            ended_at: row.ended_at.as_deref(),
            ended_at_source: row.ended_at_source.as_deref(),
            halt_reason: row.halt_reason.as_deref(),
            halt_detail: row.halt_detail.as_ref().map(detail),
            starting_xrp: row.starting_xrp.as_deref(),
            starting_rlusd: row.starting_rlusd.as_deref(),
            starting_value: row.starting_value.as_deref(),
            ending_xrp: row.ending_xrp.as_deref(),
            ending_rlusd: row.ending_rlusd.as_deref(),
            ending_value: row.ending_value.as_deref(),
            last_heartbeat_at: row.last_heartbeat_at.as_deref(),
            parent_session_id: row.parent_session_id,
            config_hash: row.config_hash.as_deref(),
            build: row.build.as_deref(),
            host: row.host.as_deref(),
            pid: row.pid,
            fills: row.fills,
            incidents: row.incidents,
            profit: row.profit.as_deref(),
            origin: &row.origin,
            ended_at_uncertainty_s: row.ended_at_uncertainty_s,
            ended_at_evidence: row.ended_at_evidence.as_deref(),
        }
    }
}

/// `session` (the row), `receipt` (`null` while it is open), `fills` and `incidents`, each with its time in `at`.
fn detail_json(detail: &SessionDetail, receipt: Option<&Receipt>) -> Json {
    json!({
        "session": RowJson::from(&detail.row),
        "receipt": receipt,
        "adopted": detail.adopted,
        "fills": detail.fills.iter().map(|(at, fill)| json!({ "at": at, "fill": fill })).collect::<Vec<_>>(),
        "incidents": detail.incidents.iter().map(|(at, incident)| json!({ "at": at, "incident": incident })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
