//! `neo backfill`: the ends that evidence gives to adopted sessions, and, if the operator says so, their writing down.

use std::io::Write;
use std::path::Path;

use color_eyre::Result;
use serde::Serialize;

use super::args::BackfillArgs;
use super::exit::Exit;
use super::print::{Form, Side, Table, json, next, room};
use super::writer::{self, Writing};
use crate::disk::place::Place;
use crate::domain::adoption::Backfilled;
use crate::domain::fact::Fact;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::domain::words::counted;
use crate::journal::record::Entry;
use crate::legacy::backfill::logs::LogSigns;
use crate::legacy::backfill::{self, Finding};
use crate::session::clock::machine_time;
use crate::store::{Ask, Reader};
use crate::vault::audit::words::quoted;

/// What is printed as JSON of one session.
#[derive(Debug, Serialize)]
struct Told<'a> {
    session: SessionId,
    started_at: Timestamp,
    /// `null` if nothing tells.
    end: Option<&'a Backfilled>,
    done: bool,
}

/// Prints what was found; writes it down with `--apply`.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, args: &BackfillArgs, form: Form) -> Result<Exit> {
    let place = Place::around(database);
    if !args.apply {
        let reader = Reader::open(place.database())?;
        let (found, lines) = find(reader.ask(), args)?;
        print(out, &found, false, form)?;
        if let Form::Text(_) = form {
            tell_of_logs(out, args, lines)?;
            what_comes_next(out, place.database(), args, &found)?;
        }
        return Ok(Exit::Done);
    }
    let lock = writer::lock(&place)?;
    let mut writing = Writing::begin(&place, lock)?;
    let found = write_down(&mut writing, args);
    writing.end()?;
    print(out, &found?, true, form)?;
    if let Form::Text(_) = form {
        next(out, "audit", place.database())?;
    }
    Ok(Exit::Done)
}

/// Logs that nothing could be read from look like logs that tell nothing.
fn tell_of_logs<W: Write>(out: &mut W, args: &BackfillArgs, lines: u64) -> std::io::Result<()> {
    match lines {
        _ if args.log.is_empty() => Ok(()),
        0 => writeln!(out, "No line of the logs begins with a time: are they the earlier engine's, and unpacked?"),
        1 => writeln!(out, "1 line of the logs begins with a time."),
        lines => writeln!(out, "{lines} lines of the logs begin with a time."),
    }
}

/// The end of a dry run. A session that nothing tells of keeps no other from running.
fn what_comes_next<W: Write>(out: &mut W, database: &Path, args: &BackfillArgs, found: &[Finding]) -> Result<()> {
    if found.iter().all(|finding| finding.end.is_none()) {
        return Ok(next(out, "run", database)?);
    }
    writeln!(out, "Nothing was written. With --apply it is.")?;
    let mut words = vec!["backfill".to_owned()];
    words.extend(args.log.iter().map(|log| format!("--log {}", quoted(&log.to_string_lossy()))));
    words.extend(args.session.zip(args.ended_at).map(|(session, at)| format!("--session {session} --ended-at {at}")));
    words.push("--apply".to_owned());
    Ok(next(out, &words.join(" "), database)?)
}

/// All ends in one group: all of them are on disk, or none.
fn write_down(writing: &mut Writing, args: &BackfillArgs) -> Result<Vec<Finding>> {
    let opened = &mut writing.opened;
    let (found, _) = find(opened.store.ask()?, args)?;
    let at = machine_time();
    let ends = found.iter().filter_map(|finding| Some((finding.session, finding.end.clone()?)));
    let entries: Vec<Entry> = ends
        .map(|(session, end)| Entry { at, session: Some(session), fact: Fact::Backfilled(Box::new(end)) })
        .collect();
    let kept = opened.writer.write_group(&entries)?;
    let projected = opened.store.project(&kept.lines)?;
    match projected.undigested.into_iter().next() {
        None => Ok(found),
        Some(line) => Err(color_eyre::eyre::eyre!(
            "the ends are in the journal, but line {} could not be taken into the tables: {}",
            line.n,
            line.why
        )),
    }
}

/// What was found, and how many lines of the logs begin with a time.
fn find(ask: Ask<'_>, args: &BackfillArgs) -> Result<(Vec<Finding>, u64)> {
    let spans = backfill::spans(ask)?;
    let logs = LogSigns::read(&args.log, &spans)?;
    let found = match (args.session, args.ended_at) {
        (Some(session), Some(at)) => vec![backfill::by_word(ask, &logs, &spans, session, at, machine_time())?],
        _ => backfill::findings(ask, &spans, &logs)?,
    };
    Ok((found, logs.lines))
}

fn print<W: Write>(out: &mut W, found: &[Finding], done: bool, form: Form) -> Result<()> {
    let colour = match form {
        Form::Json => {
            let told = found.iter().map(|finding| Told {
                session: finding.session,
                started_at: finding.started_at,
                end: finding.end.as_ref(),
                done: done && finding.end.is_some(),
            });
            return Ok(json(out, &told.collect::<Vec<_>>())?);
        }
        Form::Text(colour) => colour,
    };
    if found.is_empty() {
        return Ok(writeln!(out, "No adopted session lacks an end.")?);
    }
    table(found, room()).print(out, colour)?;
    let ended = found.iter().filter(|finding| finding.end.is_some()).count();
    let open: Vec<String> =
        found.iter().filter(|finding| finding.end.is_none()).map(|finding| finding.session.to_string()).collect();
    writeln!(
        out,
        "\n{ended} of {} {}.",
        counted(found.len() as u64, "session"),
        if done { "have an end now" } else { "would have an end" }
    )?;
    if !open.is_empty() {
        writeln!(
            out,
            "Nothing tells when {} ended: give logs with --log, or your word with --session ID --ended-at TIME.",
            open.join(", ")
        )?;
    }
    Ok(())
}

/// All of it if there is room; else without the starts, and the evidence below each row.
fn table(found: &[Finding], room: Option<u16>) -> Table {
    let full = full_table(found);
    match room {
        Some(room) if full.columns() > usize::from(room) => narrow_table(found),
        _ => full,
    }
}

fn full_table(found: &[Finding]) -> Table {
    let mut table = Table::new(&[
        ("session", Side::Right),
        ("started", Side::Left),
        ("ended", Side::Left),
        ("source", Side::Left),
        ("± s", Side::Right),
        ("XRP", Side::Right),
        ("RLUSD", Side::Right),
        ("evidence", Side::Left),
    ]);
    for finding in found {
        let [ended, source, uncertainty, xrp, rlusd] = cells(finding);
        let (session, started) = (finding.session.to_string(), finding.started_at.to_string());
        table.row([session, started, ended, source, uncertainty, xrp, rlusd, evidence(finding)]);
    }
    table
}

fn narrow_table(found: &[Finding]) -> Table {
    let mut table = Table::new(&[
        ("session", Side::Right),
        ("ended", Side::Left),
        ("source", Side::Left),
        ("± s", Side::Right),
        ("XRP", Side::Right),
        ("RLUSD", Side::Right),
    ]);
    for finding in found {
        table.row([finding.session.to_string()].into_iter().chain(cells(finding)));
        table.note(&evidence(finding));
    }
    table
}

/// When it ended, what tells, give or take how many seconds, and what it held.
fn cells(finding: &Finding) -> [String; 5] {
    let unknown = || "–".to_owned();
    let end = finding.end.as_ref();
    let held = end.and_then(|end| end.ending.as_ref());
    [
        end.map_or_else(unknown, |end| end.ended_at.to_string()),
        end.map_or_else(unknown, |end| end.source.to_string()),
        end.and_then(|end| end.uncertainty_s).map_or_else(unknown, |seconds| seconds.to_string()),
        held.map_or_else(unknown, |held| held.xrp.to_string()),
        held.map_or_else(unknown, |held| held.rlusd.to_string()),
    ]
}

fn evidence(finding: &Finding) -> String {
    finding.end.as_ref().map_or_else(|| "none".to_owned(), |end| end.evidence.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::adoption::LastHeld;
    use crate::domain::session::EndedAtSource;

    fn found() -> Vec<Finding> {
        let at: Timestamp = "2026-04-13T03:52:09.123Z".parse().unwrap();
        let (xrp, rlusd) = ("145.123456".parse().unwrap(), "179.209178000001".parse().unwrap());
        let end = Backfilled {
            ended_at: at,
            source: EndedAtSource::Evidence,
            evidence: "line 31 of session_20260413T033618.log, which speaks of the end".to_owned(),
            uncertainty_s: Some(86_400),
            reason: None,
            ending: Some(LastHeld { xrp, rlusd, value: None, at, from: String::new() }),
        };
        let finding = |session, end| Finding { session: SessionId(session), started_at: at, end };
        vec![finding(1, Some(end)), finding(2, None)]
    }

    #[test]
    fn the_table_fits_eighty_columns_and_is_whole_where_there_is_room() {
        let printed = |room| {
            let mut out = vec![];
            table(&found(), room).print(&mut out, super::super::print::Colour::Off).unwrap();
            String::from_utf8(out).unwrap()
        };
        let narrow = printed(Some(80));
        assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
        assert!(
            narrow.contains("\n         line 31 of session_20260413T033618.log, which speaks of the end\n"),
            "{narrow}"
        );
        for wide in [printed(None), printed(Some(200))] {
            assert!(wide.contains("started") && wide.lines().count() == 3, "{wide}");
        }
    }
}
