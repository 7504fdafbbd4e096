//! `neo audit`: the doctor's report, for people on eighty columns and for programs.

use std::io::{self, Write};
use std::path::Path;

use color_eyre::Result;
use serde::Serialize;

use super::aimed;
use super::exit::Exit;
use super::print::{Colour, Form, json};
use crate::console::ui::widget::wrap::wrap;
use crate::disk::real::RealDisk;
use crate::domain::time::Timestamp;
use crate::domain::words::counted;
use crate::logging::one_line;
use crate::session::clock::machine_time;
use crate::vault::audit::words::{moment, numbers, on_their_way, size};
use crate::vault::audit::{
    CopyState, DatabaseKind, Examined, Finding, Inside, Next, Report, Role, Severity, Version, audit,
};

/// A line of the terminal that everybody has.
const COLUMNS: u16 = 80;

/// How far what stands under a title is moved in.
const INDENT: usize = 11;

/// A report as a program reads it.
#[derive(Serialize)]
struct Document<'a> {
    sound: bool,
    findings: Vec<Told<'a>>,
    likely: &'a str,
    next: &'a Next,
    examined: &'a Examined,
}

#[derive(Serialize)]
struct Told<'a> {
    severity: Severity,
    says: String,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// Examines the database at `target`, and prints what was found.
pub fn carry_out<W: Write>(out: &mut W, target: &Path, form: Form) -> Result<Exit> {
    let report = audit(&RealDisk, target, &std::env::temp_dir(), machine_time())?;
    match form {
        Form::Json => json(out, &document(&report))?,
        Form::Text(colour) => print(out, &report, colour)?,
    }
    Ok(if report.findings.is_empty() { Exit::Done } else { Exit::Found })
}

fn document(report: &Report) -> Document<'_> {
    let told = |finding: &'_ Finding| -> (Severity, String) { (finding.severity(), aimed(&finding.to_string())) };
    let findings = report.findings.iter().map(|finding| {
        let (severity, says) = told(finding);
        Told { severity, says, finding }
    });
    Document {
        sound: report.findings.is_empty(),
        findings: findings.collect(),
        likely: &report.likely,
        next: &report.next,
        examined: &report.examined,
    }
}

fn print<W: Write>(out: &mut W, report: &Report, colour: Colour) -> io::Result<()> {
    let seen = &report.examined;
    writeln!(out, "{}", colour.bold(&one_line(&seen.database)))?;
    writeln!(out, "examined on a copy at {}; nothing here was touched\n", seen.now)?;
    if let Some(holder) = &seen.running {
        let ahead = seen.chain.as_ref().map(|chain| chain.ahead).filter(|lines| *lines > 0);
        let moment = format!("{holder}: all figures are of a moment");
        let lines: Vec<String> = [Some(moment), ahead.map(on_their_way)].into_iter().flatten().collect();
        section(out, colour, "Running", &lines)?;
    }
    files(out, seen, colour)?;
    let database = seen.inside.as_ref().map_or_else(|| "not looked into".to_owned(), database);
    section(out, colour, "Database", &[database])?;
    section(out, colour, "Journal", &journal(seen))?;
    if let Some((inside, copy)) = seen.telling() {
        let from = copy.map(|name| format!("as the backup {name} tells:"));
        section(out, colour, "Sessions", &from.into_iter().chain([sessions(inside)]).collect::<Vec<_>>())?;
        section(out, colour, "Orders", &[orders(inside)])?;
        section(out, colour, "Sums", &[sums(inside)])?;
    }
    section(out, colour, "Backups", &backups(seen))?;
    writeln!(out)?;
    for finding in &report.findings {
        section(out, colour, finding.severity().as_str(), &[aimed(&finding.to_string())])?;
    }
    if report.findings.is_empty() {
        section(out, colour, "Found", &["nothing".to_owned()])?;
    }
    writeln!(out)?;
    paragraph(out, &format!("Likely: {}", report.likely))?;
    // A command is not broken into lines: it is copied.
    writeln!(out, "Next: `{}`", one_line(&report.next.command))?;
    paragraph(out, &format!("which {}.", aimed(&report.next.why)))
}

fn files<W: Write>(out: &mut W, seen: &Examined, colour: Colour) -> io::Result<()> {
    const NAME: usize = 24;
    writeln!(out, "{}", colour.bold("Files"))?;
    for file in &seen.files.seen {
        let name = one_line(&file.name);
        let time = file.modified.map_or_else(|| "–".to_owned(), |at: Timestamp| at.to_string());
        // What was set aside lies in folders of its own, which nobody looks into here.
        let bytes = if file.role == Role::Quarantine { "–".to_owned() } else { size(file.bytes) };
        let rest = format!("{bytes:>9}  {time:<24}  {}", file.role.in_words(file));
        if name.chars().count() <= NAME {
            writeln!(out, "  {name:<NAME$} {rest}")?;
        } else {
            writeln!(out, "  {name}\n  {:NAME$} {rest}", "")?;
        }
    }
    writeln!(out)
}

/// A title, and its lines beside and under it.
fn section<W: Write>(out: &mut W, colour: Colour, title: &str, lines: &[String]) -> io::Result<()> {
    let room = COLUMNS - u16::try_from(INDENT).unwrap_or(COLUMNS);
    let mut title = colour.bold(&format!("{title:<INDENT$}"));
    for line in lines.iter().flat_map(|line| wrap(&one_line(line), room)) {
        writeln!(out, "{title}{line}")?;
        title = " ".repeat(INDENT);
    }
    Ok(())
}

fn paragraph<W: Write>(out: &mut W, text: &str) -> io::Result<()> {
    wrap(&one_line(text), COLUMNS).into_iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn database(inside: &Inside) -> String {
    let whose = match &inside.kind {
        DatabaseKind::Ours { version: Version::This } => "ours".to_owned(),
        DatabaseKind::Ours { version: Version::Older } => {
            "ours, of an older neo: the next start brings it up to date".to_owned()
        }
        DatabaseKind::Ours { version: Version::Newer } => "of a newer neo".to_owned(),
        DatabaseKind::Earlier => "the earlier engine's".to_owned(),
        DatabaseKind::Foreign { .. } => "another program's".to_owned(),
        DatabaseKind::Blank => "without any table".to_owned(),
        DatabaseKind::Unknown => "it cannot be told whose".to_owned(),
    };
    let state = if inside.is_sound() { "sound by quick_check and integrity_check" } else { "not sound" };
    format!("{whose}; {state}")
}

fn journal(seen: &Examined) -> Vec<String> {
    let Some(chain) = &seen.chain else { return vec!["none".to_owned()] };
    let mut lines =
        vec![format!("{} in {}", counted(chain.lines, "line"), counted(to_usize(chain.segments), "segment"))];
    if chain.damage.is_empty() && chain.unread.is_none() {
        lines[0].push_str(", every hash holds");
    }
    lines
}

fn sessions(inside: &Inside) -> String {
    let Some(newest) = inside.sessions.newest() else { return "none yet".to_owned() };
    let all: Vec<i64> = inside.sessions.all.iter().map(|session| session.number).collect();
    let end = match (newest.ended_at, &newest.halt_reason) {
        (Some(at), Some(reason)) => format!("ended {} by {reason}", moment(at)),
        (Some(at), None) => format!("ended {}", moment(at)),
        (None, _) => "has no end".to_owned(),
    };
    let began = newest.started_at.map_or_else(|| "at an unknown time".to_owned(), moment);
    format!("{} ({}); session {} began {began} and {end}", all.len(), numbers(&all), newest.number)
}

fn orders(inside: &Inside) -> String {
    let (open, unproven) = (inside.orders.open.len(), inside.orders.unproven.len());
    let rest = if open == 0 { "none is marked open".to_owned() } else { format!("{open} marked open") };
    let known = if unproven == 0 {
        String::new()
    } else {
        format!("; {unproven} taken over unproven, for the next live session to prove gone")
    };
    format!("{}, {rest}{known}", inside.orders.count)
}

fn sums(inside: &Inside) -> String {
    match inside.sums.wrong.iter().map(|wrong| wrong.places).sum::<u64>() {
        0 if inside.sums.checked == 0 => "none to check yet".to_owned(),
        0 => format!("{} checked, all add up", inside.sums.checked),
        wrong => format!("{} checked, {wrong} do not add up", inside.sums.checked),
    }
}

fn backups(seen: &Examined) -> Vec<String> {
    let mut lines = match seen.shelf.copies.first() {
        None => vec!["none".to_owned()],
        Some(newest) => vec![format!("{}, the newest is {}", seen.shelf.copies.len(), newest.name)],
    };
    lines.extend(seen.shelf.baselines.iter().map(|name| format!("and {name}, the rows of the earlier engine")));
    for copy in &seen.shelf.copies {
        let taken_at = copy.taken_at.map_or_else(|| "an unknown time".to_owned(), moment);
        match &copy.state {
            CopyState::NotOpened => {}
            CopyState::Unsound { .. } => lines.push(format!("{} of {taken_at}: not sound", copy.name)),
            CopyState::Sound { newest_session, .. } => {
                let up_to = newest_session.map_or("no session".to_owned(), |session| format!("session {session}"));
                lines.push(format!("sound: the one of {taken_at}, up to {up_to}"));
            }
        }
    }
    lines
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
