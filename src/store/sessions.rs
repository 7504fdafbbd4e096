//! Past sessions: the list from their rows, one page at a time; a single one from its facts, replayed into the same
//! account that the live view was made of.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::adopted;
use super::error::StoreError;
use super::facts::Facts;
use super::rows::{SessionDetail, SessionRow};
use crate::domain::account::Account;
use crate::domain::fact::{Fact, Totals};
use crate::domain::halt::Cause;
use crate::domain::incident::{Incident, Severity, Source};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

const COLUMNS: &str = "SELECT session_id, label, mode, venue, status, started_at, ended_at, ended_at_source, halt_reason,
    halt_detail, starting_xrp, starting_rlusd, starting_value, ending_xrp, ending_rlusd, ending_value, last_heartbeat_at,
    parent_session_id, config_hash, build, host, pid,
    (SELECT count(*) FROM fills WHERE fills.session_id = sessions.session_id),
    (SELECT count(*) FROM incidents WHERE incidents.session_id = sessions.session_id), profit,
    origin, ended_at_uncertainty_s, ended_at_evidence
    FROM sessions";

/// A session's facts, replayed.
#[derive(Debug, Default)]
pub struct Replay {
    /// What they come to.
    pub account: Account,
    /// How many lines there were.
    pub lines: u64,
    /// Lines that could not be read, one sentence each.
    pub unread: Vec<String>,
}

/// The newest `limit` sessions before `before`, newest first.
pub(super) fn list(
    connection: &Connection,
    before: Option<SessionId>,
    limit: u32,
) -> Result<Vec<SessionRow>, StoreError> {
    let before = before.map_or(i64::MAX, |session| session.0);
    let rows = (|| -> rusqlite::Result<Vec<_>> {
        let sql = format!("{COLUMNS} WHERE session_id < ?1 ORDER BY session_id DESC LIMIT ?2");
        let mut rows = connection.prepare_cached(&sql)?;
        rows.query_map((before, limit), read)?.collect()
    })();
    rows.map_err(StoreError::doing("list sessions"))
}

/// The row of one session.
pub(super) fn row(connection: &Connection, session: SessionId) -> Result<Option<SessionRow>, StoreError> {
    let row = connection
        .prepare_cached(&format!("{COLUMNS} WHERE session_id = ?1"))
        .and_then(|mut row| row.query_row([session.0], read).optional());
    row.map_err(StoreError::doing("read a session's row"))
}

/// One session, whole.
pub(super) fn detail(connection: &Connection, session: SessionId) -> Result<Option<SessionDetail>, StoreError> {
    let Some(row) = row(connection, session)? else { return Ok(None) };
    let mut detail = SessionDetail { row, ..SessionDetail::default() };
    let replay = replay(Facts::of(connection, session), |at, fact, account| detail.take_in(at, fact, account))?;
    detail.volume_weighted_spread = replay.account.volume_weighted_spread();
    detail.doubts.extend(replay.unread);
    detail.incidents.extend(undigested(connection, session)?);
    if detail.row.is_adopted() {
        detail.adopted = Some(adopted::detail(connection, session)?);
    }
    Ok(Some(detail))
}

/// Replays facts into an empty account; `before_each` sees every fact and the account as it stood before it.
pub(super) fn replay(
    facts: Facts<'_>,
    mut before_each: impl FnMut(Timestamp, &Fact, &mut Account),
) -> Result<Replay, StoreError> {
    let mut replay = Replay::default();
    for row in facts {
        let row = row?;
        replay.lines += 1;
        match row.fact() {
            Ok((at, fact)) => {
                before_each(at, &fact, &mut replay.account);
                replay.account.apply(at, &fact);
            }
            Err(why) => replay.unread.push(why.to_string()),
        }
    }
    Ok(replay)
}

impl SessionDetail {
    fn take_in(&mut self, at: Timestamp, fact: &Fact, account: &mut Account) {
        match fact {
            Fact::SessionOpened(opened) => self.opened = Some(opened.clone()),
            Fact::Fill(fill) if !account.knows_fill(&fill.id) => self.fills.push((at, fill.clone())),
            Fact::Guard(guard) => self.guards.push((at, guard.clone())),
            Fact::Incident(incident) => self.incidents.push((at, incident.clone())),
            Fact::EndBegun(seal) if self.causes.is_empty() => self.causes = vec![seal.cause.clone()],
            Fact::SessionClosed(closed) if !account.is_ended() => {
                self.ended(at, &closed.totals, &closed.causes, account);
                self.residual = closed.residual;
                self.unproven.clone_from(&closed.unproven);
                self.venue_ended.clone_from(&closed.venue_ended);
                self.failures.clone_from(&closed.failures);
            }
            Fact::SessionRecovered(recovered) if !account.is_ended() => {
                self.ended(recovered.ended_at, &recovered.totals, &recovered.causes, account);
                self.unproven.clone_from(&recovered.unproven);
                self.venue_ended.clone_from(&recovered.venue_ended);
            }
            _ => {}
        }
    }

    /// The last line's totals are what was acknowledged and printed; the facts before it must come to the same money.
    fn ended(&mut self, at: Timestamp, stated: &Totals, causes: &[Cause], account: &mut Account) {
        if let Some(ending) = &stated.ending {
            account.mark(ending.mid);
        }
        if !same_money(stated, &account.totals(at)) {
            self.doubts.push("its facts do not come to the totals that its last line states".to_owned());
        }
        self.totals = Some(stated.clone());
        if !causes.is_empty() {
            self.causes = causes.to_vec();
        }
    }
}

fn same_money(a: &Totals, b: &Totals) -> bool {
    let money = |totals: &Totals| {
        let Totals { starting, ending, split, capital, bought, sold, notional, .. } = *totals;
        (starting, ending, split, capital, bought, sold, notional)
    };
    money(a) == money(b)
}

/// Incidents that the store made itself: they are no facts, so the replay does not know them.
fn undigested(connection: &Connection, session: SessionId) -> Result<Vec<(Timestamp, Incident)>, StoreError> {
    const SQL: &str = "SELECT created_at, title, tried, happened, means, done, you_can FROM incidents
                       WHERE session_id = ?1 AND made_by = 'store' ORDER BY n";
    let rows = (|| -> rusqlite::Result<Vec<_>> {
        let mut rows = connection.prepare_cached(SQL)?;
        rows.query_map([session.0], |row| {
            let at = row.get::<_, String>(0)?.parse().unwrap_or_default();
            let incident = Incident {
                id: 0,
                severity: Severity::Error,
                source: Source::Store,
                title: row.get(1)?,
                tried: row.get(2)?,
                happened: row.get(3)?,
                means: row.get(4)?,
                done: row.get(5)?,
                you_can: row.get(6)?,
                retry: None,
            };
            Ok((at, incident))
        })?
        .collect()
    })();
    rows.map_err(StoreError::doing("read a session's incidents"))
}

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        session_id: row.get(0)?,
        label: row.get(1)?,
        mode: row.get(2)?,
        venue: row.get(3)?,
        status: row.get(4)?,
        started_at: row.get(5)?,
        ended_at: row.get(6)?,
        ended_at_source: row.get(7)?,
        halt_reason: row.get(8)?,
        halt_detail: row.get(9)?,
        starting_xrp: row.get(10)?,
        starting_rlusd: row.get(11)?,
        starting_value: row.get(12)?,
        ending_xrp: row.get(13)?,
        ending_rlusd: row.get(14)?,
        ending_value: row.get(15)?,
        last_heartbeat_at: row.get(16)?,
        parent_session_id: row.get(17)?,
        config_hash: row.get(18)?,
        build: row.get(19)?,
        host: row.get(20)?,
        pid: row.get(21)?,
        fills: row.get(22)?,
        incidents: row.get(23)?,
        profit: row.get(24)?,
        origin: row.get(25)?,
        ended_at_uncertainty_s: row.get(26)?,
        ended_at_evidence: row.get(27)?,
    })
}
