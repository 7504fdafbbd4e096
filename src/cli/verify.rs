//! `neo verify`: everything that can be recomputed, recomputed and compared. Reads only, unless the journal is to be
//! mended.

mod mending;
mod words;

use std::io::Write;
use std::path::Path;

use color_eyre::Result;
use serde::Serialize;

use super::args::VerifyArgs;
use super::exit::Exit;
use super::print::{Form, json};
use crate::disk::place::Place;
use crate::disk::real::RealDisk;
use crate::domain::words::{counted, counted_that};
use crate::vault::verify::{Projected, Verdict, verify};

/// What was found, as it is printed.
#[derive(Debug, Serialize)]
struct Found {
    sound: bool,
    lines: u64,
    segments: u64,
    head: Option<(u64, String)>,
    same_in_store: u64,
    void: u64,
    /// `None` if nothing was made of the journal, because it has to be put right first.
    tables: Option<MadeAgain>,
    /// The first thing that is not as it should be, in words.
    first_difference: Option<String>,
    findings: Vec<String>,
    notes: Vec<String>,
    /// What `--mend` did; empty without it.
    mended: Vec<String>,
}

#[derive(Debug, Serialize)]
struct MadeAgain {
    tables: u64,
    rows: u64,
    sessions_with_the_same_readings: u64,
}

/// Verifies, after mending if that is asked for, and prints what was found.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, args: &VerifyArgs, form: Form) -> Result<Exit> {
    let place = Place::around(database);
    let mended = if args.mend { mending::mend(&place)? } else { Vec::new() };
    let verdict = verify(&RealDisk, &place, args.session);
    if verdict.is_err() {
        // The journal was mended all the same, whatever keeps the database from being verified.
        tell_of_mending(out, &mended)?;
    }
    let verdict = verdict?;
    let found = found(&verdict, mended);
    match form {
        Form::Json => json(out, &found)?,
        Form::Text(_) => print(out, &found)?,
    }
    Ok(if found.sound { Exit::Done } else { Exit::Found })
}

fn found(verdict: &Verdict, mended: Vec<String>) -> Found {
    let lines = &verdict.lines;
    let aimed = |words: Vec<String>| words.iter().map(|words| super::aimed(words)).collect();
    let findings: Vec<String> = aimed(words::findings(verdict));
    let tables = verdict.projected.as_ref().map(|Projected { tables, readings, .. }| MadeAgain {
        tables: tables.tables,
        rows: tables.rows,
        sessions_with_the_same_readings: readings.same,
    });
    Found {
        sound: !verdict.found_something(),
        lines: lines.chain.lines,
        segments: lines.chain.segments,
        head: lines.chain.head.map(|head| (head.n, head.hash.to_string())),
        same_in_store: lines.same,
        void: lines.chain.void_lines(),
        tables,
        first_difference: findings.first().cloned(),
        findings,
        notes: aimed(words::notes(verdict)),
        mended,
    }
}

fn tell_of_mending<W: Write>(out: &mut W, mended: &[String]) -> Result<()> {
    for mended in mended {
        writeln!(out, "mended    {mended}")?;
    }
    Ok(())
}

fn print<W: Write>(out: &mut W, found: &Found) -> Result<()> {
    tell_of_mending(out, &found.mended)?;
    if let Some((n, hash)) = &found.head {
        let (lines, segments) = (counted(found.lines, "line"), counted(found.segments, "segment"));
        writeln!(out, "journal   {lines} in {segments}, head {n} {hash}")?;
    } else {
        writeln!(out, "journal   no lines")?;
    }
    writeln!(out, "store     {} the same, byte for byte", counted_that(found.same_in_store, "line", "is", "are"))?;
    match &found.tables {
        Some(MadeAgain { tables, rows, sessions_with_the_same_readings }) => {
            let were = if *rows == 1 { "was" } else { "were" };
            let (rows, tables) = (counted(*rows, "row"), counted(*tables, "table"));
            writeln!(out, "tables    {rows} in {tables} {were} made again from the journal")?;
            let sessions = counted_that(*sessions_with_the_same_readings, "session", "has", "have");
            writeln!(out, "readings  {sessions} those of the close")?;
        }
        None => writeln!(out, "tables    not compared: the journal has to be put right first")?,
    }
    if found.void > 0 {
        let void = counted_that(found.void, "line", "does", "do");
        writeln!(out, "void      {void} not count: nothing that is left says that it was acknowledged")?;
    }
    for note in &found.notes {
        writeln!(out, "note      {note}")?;
    }
    for finding in &found.findings {
        writeln!(out, "found     {finding}")?;
    }
    if found.sound {
        writeln!(out, "Every line is sound, the same in both copies, and the tables are what the lines make them.")?;
    } else {
        writeln!(out, "Keep both copies as they are: what one of them has lost the other may have.")?;
    }
    Ok(())
}
