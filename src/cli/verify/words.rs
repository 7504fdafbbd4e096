//! What was found, in sentences, the first difference first.

use crate::cli::print::counted;
use crate::vault::verify::lines::{ChainVerdict, Difference, Gap};
use crate::vault::verify::{Projected, ReadingsDiffer, Verdict};

/// What an operator must look at.
pub(super) fn findings(verdict: &Verdict) -> Vec<String> {
    let mut findings = Vec::new();
    of_lines(&mut findings, &verdict.lines);
    if let Some(first) = verdict.pages.first() {
        findings.push(format!(
            "SQLite finds the database malformed: {first}; `neo rebuild` makes it anew from the journal"
        ));
    }
    if let Some(projected) = &verdict.projected {
        of_tables(&mut findings, projected);
        findings.extend(projected.readings.differ.iter().map(of_readings));
    }
    findings
}

/// What is worth a word and no fault.
pub(super) fn notes(verdict: &Verdict) -> Vec<String> {
    let Some(projected) = &verdict.projected else { return Vec::new() };
    let mut notes: Vec<String> = Vec::new();
    if projected.readings.lost > 0 {
        notes.push(format!(
            "readings of {} were lost since the store was made anew; no fact is among them",
            counted(projected.readings.lost, "session")
        ));
    }
    let undigested = projected.undigested.iter();
    notes.extend(undigested.map(|line| format!("line {} is kept as it is: {}", line.n, line.why)));
    notes
}

fn of_lines(findings: &mut Vec<String>, verdict: &ChainVerdict) {
    for damage in &verdict.chain.damage {
        let (n, segment, offset) = (damage.n, &damage.segment, damage.offset);
        findings.push(format!("journal line {n} is damaged, in {segment} at byte {offset}: {}", damage.why));
    }
    for missing in &verdict.chain.missing {
        findings.push(format!("journal lines {} to {} are gone", missing.from, missing.to));
    }
    if !verdict.chain.is_sound() {
        findings.push("`neo verify --mend` puts lines right from whole copies".to_owned());
    }
    if let Some((n, difference)) = verdict.first_difference {
        let what = match difference {
            Difference::Line => "the line differs",
            Difference::Columns => "the columns beside the line differ",
        };
        findings.push(format!("{} rows of the store differ from the journal, first {n}: {what}; the next `neo run`, or `neo rebuild`, makes the \
             database anew", verdict.different));
    }
    gap(findings, verdict.not_in_store, "in the journal and not in the store; the next `neo run` catches up");
    gap(findings, verdict.not_in_journal, "whole in the store only");
}

fn of_tables(findings: &mut Vec<String>, projected: &Projected) {
    let Some(first) = &projected.tables.first else { return };
    let count = projected.tables.different;
    let more = if count > 1 { format!(" (the first of {count} rows)") } else { String::new() };
    // Rows that hang on such a line, an adoption without its baseline, would not come back by a rebuild.
    let then = if projected.undigested.is_empty() {
        "`neo rebuild` makes the tables anew from the journal"
    } else {
        "put right first what the lines noted above lack; a rebuild before that would leave these rows out"
    };
    findings.push(format!("{first}{more}; {then}"));
}

fn of_readings(differ: &ReadingsDiffer) -> String {
    let ReadingsDiffer { session, closed_with, found } = differ;
    let counts = (found.market, found.valuations) == (closed_with.market, closed_with.valuations);
    let what = if counts {
        format!("as many as there were, {} and {}, and not the same", found.market, found.valuations)
    } else {
        format!(
            "{} and {}, and were {} and {}",
            found.market, found.valuations, closed_with.market, closed_with.valuations
        )
    };
    format!(
        "the readings of session {session} are not those that it was closed with: in market_snapshots and \
        valuation_snapshots are {what}; a backup from after its close has them"
    )
}

fn gap(findings: &mut Vec<String>, gap: Gap, what: &str) {
    if let Some((first, last)) = gap.ends {
        findings.push(match gap.count {
            1 => format!("line {first} is {what}"),
            many => format!("{many} lines ({first} to {last}) are {what}"),
        });
    }
}
