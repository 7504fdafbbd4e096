//! Ends for sessions that have none: the latest evidence wins, and is never later than the next session's start. What has no
//! evidence stays open until the operator gives his word.

mod lines;
pub mod logs;

use std::time::Duration;

use thiserror::Error;

use self::logs::{LogSign, LogSigns};
use super::adopt::spans::Spans;
use crate::domain::adoption::{Backfilled, LastHeld};
use crate::domain::money::{Drops, Rlusd, Value};
use crate::domain::session::{EndedAtSource, SessionId};
use crate::domain::time::Timestamp;
use crate::store::{AdoptedHeld, Ask, StoreError};

/// So many ticks make an interval that can be called typical.
const TICKS_NEEDED: usize = 4;

/// A log that names no session is not believed beyond the newest row by more than this: such a line is of another day, or of
/// another zone (they differ by a quarter of an hour at least).
const STRANGE: Duration = Duration::from_mins(10);

/// What was found of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub session: SessionId,
    /// When it began.
    pub started_at: Timestamp,
    /// Its end; `None` if nothing tells.
    pub end: Option<Backfilled>,
}

/// Why the operator's word is not taken.
#[derive(Debug, Error)]
pub enum WordError {
    /// No such session waits for an end.
    #[error("session {0} is not an adopted one that lacks an end; `neo sessions` lists them")]
    NotWaiting(SessionId),
    /// It cannot have ended then.
    #[error("session {session} cannot have ended at {at}: {why}")]
    Impossible {
        /// Which.
        session: SessionId,
        /// The operator's word.
        at: Timestamp,
        /// Why not.
        why: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every adopted session without an end, with the end that the evidence gives it.
pub fn findings(ask: Ask<'_>, spans: &Spans, logs: &LogSigns) -> Result<Vec<Finding>, StoreError> {
    let mut found = Vec::new();
    for session in ask.adopted_without_end()? {
        let Some((started_at, next)) = spans.of(session) else { continue };
        let end = judge(ask, session, started_at, next, logs.of(session))?;
        found.push(Finding { session, started_at, end });
    }
    Ok(found)
}

/// The sessions of a store in time.
pub fn spans(ask: Ask<'_>) -> Result<Spans, StoreError> {
    Ok(Spans::new(ask.starts()?))
}

/// The end that the operator gives a session that has none, within what is possible.
pub fn by_word(
    ask: Ask<'_>,
    logs: &LogSigns,
    spans: &Spans,
    session: SessionId,
    at: Timestamp,
    now: Timestamp,
) -> Result<Finding, WordError> {
    let waiting = ask.adopted_without_end()?.contains(&session);
    let Some((started_at, next)) = spans.of(session).filter(|_| waiting) else {
        return Err(WordError::NotWaiting(session));
    };
    let impossible = |why| Err(WordError::Impossible { session, at, why });
    if at < started_at {
        return impossible(format!("it began at {started_at}"));
    }
    if at > now {
        return impossible(format!("it is only {now} by this machine's clock"));
    }
    if let Some(next) = next.filter(|next| at > *next) {
        return impossible(format!("the next session began at {next}"));
    }
    let evidence = judge(ask, session, started_at, next, logs.of(session))?;
    if let Some(later) = evidence.filter(|evidence| evidence.ended_at > at) {
        return impossible(format!("it was alive at {} ({})", later.ended_at, later.evidence));
    }
    let end = Backfilled {
        ended_at: at,
        source: EndedAtSource::Operator,
        evidence: "the operator's word".to_owned(),
        uncertainty_s: None,
        reason: None,
        ending: last_held(ask, session, started_at, at)?,
    };
    Ok(Finding { session, started_at, end: Some(end) })
}

fn judge(
    ask: Ask<'_>,
    session: SessionId,
    start: Timestamp,
    next: Option<Timestamp>,
    log: Option<&LogSign>,
) -> Result<Option<Backfilled>, StoreError> {
    let row = ask.adopted_signs(start, next)?.into_iter().reduce(|a, b| if b.at > a.at { b } else { a });
    let (ended_at, source, evidence) = match (log, row) {
        (Some(log), Some(row)) if !log.names_its_session && log.at > row.at + STRANGE => {
            let evidence = format!("the newest row of {}; {log} is much later and names no session", row.table);
            (row.at, EndedAtSource::Evidence, evidence)
        }
        // Of the same moment a log's line wins: it says more.
        (Some(log), row) if row.as_ref().is_none_or(|row| log.at >= row.at) => {
            (log.at, EndedAtSource::Log, log.to_string())
        }
        (_, Some(row)) => (row.at, EndedAtSource::Evidence, format!("the newest row of {}", row.table)),
        (_, None) => return Ok(None),
    };
    let ticks = ask.adopted_ticks(start, next)?;
    let turned_back = log.map_or(Duration::ZERO, |log| log.turned_back);
    let longest = next.map(|next| next.since(ended_at));
    let likely = typical_gap(&ticks).map(|gap| gap + turned_back);
    let uncertainty = match (likely, longest) {
        (Some(likely), Some(longest)) => Some(likely.min(longest)),
        (likely, longest) => likely.or(longest),
    };
    Ok(Some(Backfilled {
        ended_at,
        source,
        evidence,
        uncertainty_s: uncertainty.map(|span| span.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)),
        reason: log.and_then(|log| log.reason),
        ending: last_held(ask, session, start, ended_at)?,
    }))
}

/// What nineteen of twenty gaps between ticks do not exceed: so long it may have lived on unseen.
fn typical_gap(ticks: &[Timestamp]) -> Option<Duration> {
    if ticks.len() < TICKS_NEEDED {
        return None;
    }
    let mut gaps: Vec<Duration> = ticks.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    gaps.sort();
    gaps.get(gaps.len() * 19 / 20).copied()
}

/// What it held by the last evidence from its start up to its end; without any, what it began with, if it never traded.
fn last_held(
    ask: Ask<'_>,
    session: SessionId,
    start: Timestamp,
    end: Timestamp,
) -> Result<Option<LastHeld>, StoreError> {
    let valuation = ask.adopted_valuation(start, end)?;
    let balances = ask.adopted_balances(start, end)?;
    let newer = balances.filter(|row| valuation.as_ref().is_none_or(|valued| row.at > valued.at));
    if let Some(mut row) = newer {
        // A balance that did not change since has no row of its own.
        if let Some(valued) = &valuation {
            row.xrp = row.xrp.or_else(|| valued.xrp.clone());
            row.rlusd = row.rlusd.or_else(|| valued.rlusd.clone());
        }
        return Ok(held(&row, "inventory_ledger"));
    }
    if let Some(row) = valuation {
        return Ok(held(&row, "valuation_snapshots"));
    }
    let Some(row) = ask.session_row(session)?.filter(|row| row.fills == 0) else { return Ok(None) };
    let begun = AdoptedHeld { at: start, xrp: row.starting_xrp, rlusd: row.starting_rlusd, value: row.starting_value };
    Ok(held(&begun, "its start: it never traded"))
}

/// `None` if one of both is not known.
fn held(row: &AdoptedHeld, from: &str) -> Option<LastHeld> {
    let xrp: Drops = row.xrp.as_deref()?.parse().ok()?;
    let rlusd: Rlusd = row.rlusd.as_deref()?.parse().ok()?;
    let value: Option<Value> = row.value.as_deref().and_then(|value| value.parse().ok());
    Some(LastHeld { xrp, rlusd, value, at: row.at, from: from.to_owned() })
}
