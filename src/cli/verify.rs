//! `neo verify`: the chain recomputed, and every line compared with the store's copy of it. Reads only.

use std::io::Write;
use std::path::Path;

use color_eyre::Result;
use serde::Serialize;
use thiserror::Error;

use super::args::VerifyArgs;
use super::exit::{Exit, Refusal};
use super::print::{Form, json};
use crate::disk::place::Place;
use crate::disk::real::RealDisk;
use crate::journal::reader::ReadError;
use crate::store::{OpenError, Reader, StoreError};
use crate::vault::chain::{self, ChainVerdict, Difference, Gap};

/// Why nothing could be verified.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
}

/// What was found, as it is printed.
#[derive(Debug, Serialize)]
struct Found {
    sound: bool,
    lines: u64,
    segments: u64,
    head: Option<(u64, String)>,
    same_in_store: u64,
    void: u64,
    findings: Vec<String>,
}

/// Verifies, and prints what was found.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, args: &VerifyArgs, form: Form) -> Result<Exit> {
    let place = Place::around(database);
    let reader = Reader::open(database).map_err(VerifyError::from)?;
    let ask = reader.ask();
    if let Some(session) = args.session
        && ask.session_row(session).map_err(VerifyError::from)?.is_none()
    {
        return Err(Refusal {
            exit: Exit::Failed,
            tried: format!("cannot verify session {session}"),
            why: "there is no such session".to_owned(),
            you_can: "`neo sessions` lists them.".to_owned(),
        }
        .into());
    }
    let cursor = ask.cursor().map_err(VerifyError::from)?.map(|(n, _)| n);
    let rows = ask.facts_from(0).map(|row| row.map_err(VerifyError::from));
    let verdict = chain::verify_chain(&RealDisk, &place.journal(), cursor, rows)?;
    let found = found(&verdict);
    match form {
        Form::Json => json(out, &found)?,
        Form::Text(_) => print(out, &found)?,
    }
    Ok(if found.sound { Exit::Done } else { Exit::Found })
}

fn print<W: Write>(out: &mut W, found: &Found) -> Result<()> {
    if let Some((n, hash)) = &found.head {
        writeln!(out, "journal   {} lines in {} segments, head {n} {hash}", found.lines, found.segments)?;
    } else {
        writeln!(out, "journal   no lines")?;
    }
    writeln!(out, "store     {} lines are the same, byte for byte", found.same_in_store)?;
    if found.void > 0 {
        writeln!(out, "void      {} lines were never acknowledged and do not count", found.void)?;
    }
    for finding in &found.findings {
        writeln!(out, "found     {finding}")?;
    }
    if found.sound {
        writeln!(out, "Every line is sound, and the same in both copies.")?;
    } else {
        writeln!(out, "Keep both copies as they are: what one of them has lost the other may have.")?;
    }
    Ok(())
}

fn found(verdict: &ChainVerdict) -> Found {
    let mut findings = Vec::new();
    for damage in &verdict.chain.damage {
        let (n, segment, offset) = (damage.n, &damage.segment, damage.offset);
        findings.push(format!("journal line {n} is damaged, in {segment} at byte {offset}: {}", damage.why));
    }
    for missing in &verdict.chain.missing {
        findings.push(format!("journal lines {} to {} are gone", missing.from, missing.to));
    }
    if let Some((n, difference)) = verdict.first_difference {
        let what = match difference {
            Difference::Line => "the line differs",
            Difference::Columns => "the columns beside the line differ",
        };
        findings.push(format!("{} rows of the store differ from the journal, first {n}: {what}", verdict.different));
    }
    gap(&mut findings, verdict.not_in_store, "in the journal and not in the store; the next `neo run` catches up");
    gap(&mut findings, verdict.not_in_journal, "whole in the store only");
    Found {
        sound: !verdict.found_something(),
        lines: verdict.chain.lines,
        segments: verdict.chain.segments,
        head: verdict.chain.head.map(|head| (head.n, head.hash.to_string())),
        same_in_store: verdict.same,
        void: verdict.chain.void_lines(),
        findings,
    }
}

fn gap(findings: &mut Vec<String>, gap: Gap, what: &str) {
    if let Some((first, last)) = gap.ends {
        findings.push(format!("{} lines ({first} to {last}) are {what}", gap.count));
    }
}
