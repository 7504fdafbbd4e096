//! What was found, in sentences, the first difference first.

use crate::domain::words::{counted, counted_that};
use crate::vault::audit::words::on_their_way;
use crate::vault::backup::Of;
use crate::vault::verify::lines::{ChainVerdict, Difference, Gap};
use crate::vault::verify::{Projected, ReadingsDiffer, Verdict};

/// What an operator must look at.
pub(super) fn findings(verdict: &Verdict) -> Vec<String> {
    let mut findings = Vec::new();
    of_lines(&mut findings, &verdict.lines);
    findings.extend(
        verdict.strange_log.map(|why| format!("beside the database lies {why}; the next `neo run` sets it aside")),
    );
    if are_of_two_databases(&verdict.lines) {
        return findings;
    }
    if let Some(first) = verdict.pages.first() {
        findings.push(format!(
            "SQLite finds the database malformed: {first}; `neo rebuild` makes it anew from the journal"
        ));
    }
    findings.extend(verdict.apart.iter().filter(|apart| apart.of == Of::ThisDatabase).map(ToString::to_string));
    if let Some(projected) = &verdict.projected {
        of_tables(&mut findings, projected);
        findings.extend(projected.readings.differ.iter().map(of_readings));
    }
    findings
}

/// What is worth a word and no fault.
pub(super) fn notes(verdict: &Verdict) -> Vec<String> {
    let foreign = verdict.lines.chain.foreign.iter();
    let mut notes: Vec<String> = foreign
        .map(|name| format!("{name} in the journal's folder is no segment of it, and nobody reads it"))
        .collect();
    notes.extend(verdict.apart.iter().filter(|apart| apart.of == Of::Another).map(ToString::to_string));
    if verdict.lines.on_their_way > 0 {
        notes.push(on_their_way(verdict.lines.on_their_way));
    }
    let Some(projected) = &verdict.projected else { return notes };
    if projected.readings.lost > 0 {
        notes.push(format!(
            "{} lost readings since the store was made anew; no fact is among them",
            counted_that(projected.readings.lost, "session", "has", "have")
        ));
    }
    let undigested = projected.undigested.iter();
    notes.extend(undigested.map(|line| format!("line {} is kept as it is: {}", line.n, line.why)));
    notes
}

/// Then all else differs, too, and what helps with that would not.
fn are_of_two_databases(lines: &ChainVerdict) -> bool {
    matches!(lines.first_difference, Some((0, Difference::Line)))
}

fn of_lines(findings: &mut Vec<String>, verdict: &ChainVerdict) {
    for damage in &verdict.chain.damage {
        let (n, segment, offset) = (damage.n, &damage.segment, damage.offset);
        findings.push(format!("journal line {n} is damaged, in {segment} at byte {offset}: {}", damage.why));
    }
    findings.extend(verdict.chain.missing.iter().map(|missing| format!("journal {missing}")));
    if !verdict.chain.is_sound() {
        findings.push("`neo verify --mend` puts lines right from whole copies".to_owned());
    }
    findings.extend(verdict.chain.strays.iter().map(|stray| {
        format!("{stray}; the next `neo run`, or `neo verify --mend`, takes it out of the way, and loses nothing")
    }));
    if let Some((n, difference)) = verdict.first_difference {
        let what = match difference {
            Difference::Line => "the line differs",
            Difference::Columns => "the columns beside the line differ",
        };
        let then = if are_of_two_databases(verdict) {
            "they begin with different lines, so one of them is another database's: `neo run` says which, and what helps"
        } else {
            "the next `neo run`, or `neo rebuild`, makes the database anew"
        };
        findings.push(format!(
            "{} from the journal, first {n}: {what}; {then}",
            counted_that(verdict.different, "row of the store", "differs", "differ")
        ));
    }
    if are_of_two_databases(verdict) {
        return;
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
        "put right first what the lines noted above lack: `neo backup create` makes a lost baseline anew"
    };
    findings.push(format!("{first}{more}; {then}"));
}

fn of_readings(differ: &ReadingsDiffer) -> String {
    let ReadingsDiffer { session, closed_with, found, backup } = differ;
    let counts = (found.market, found.valuations) == (closed_with.market, closed_with.valuations);
    let what = if counts {
        format!("as many as there were, {} and {}, and not the same", found.market, found.valuations)
    } else {
        format!(
            "{} and {}, and were {} and {}",
            found.market, found.valuations, closed_with.market, closed_with.valuations
        )
    };
    let then = match backup {
        Some(name) => format!("the backup {name} has them, and `neo rebuild` takes them from there"),
        None => "no backup that can be read has them: no copy of them is left".to_owned(),
    };
    format!(
        "the readings of session {session} are not those that it was closed with: in market_snapshots and \
        valuation_snapshots are {what}; {then}"
    )
}

fn gap(findings: &mut Vec<String>, gap: Gap, what: &str) {
    if let Some((first, last)) = gap.ends {
        let which = if first == last { first.to_string() } else { format!("{first} to {last}") };
        let verb = if gap.count == 1 { "is" } else { "are" };
        findings.push(format!("{} ({which}) {verb} {what}", counted(gap.count, "line")));
    }
}
