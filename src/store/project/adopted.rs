//! Rows of the earlier engine: copied from their baseline in the transaction of the fact that names it; and the ends that
//! adopted sessions are given later.

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params, params_from_iter};

use super::super::baseline::TABLES;
use super::{Refusal, Telling, Told};
use crate::domain::adoption::{Adopted, Backfilled};
use crate::domain::halt::HaltReason;
use crate::domain::money::Value;

impl Told<'_> {
    pub(super) fn adopted(&self, adopted: &Adopted) -> Telling {
        let baseline = self.baselines.open(adopted).map_err(Refusal::Fact)?;
        let (first, last) = adopted.sessions.map(|(first, last)| (first.0, last.0)).unzip();
        self.execute(
            "INSERT INTO adoptions (n, created_at, source_name, source_sha256, baseline_name, baseline_sha256, first_session,
               last_session) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                self.n,
                self.at,
                adopted.source.name,
                adopted.source.sha256,
                adopted.baseline.name,
                adopted.baseline.sha256,
                first,
                last
            ],
        )?;
        TABLES.iter().try_for_each(|table| self.copy(&baseline, table))
    }

    /// Copies a table by the names of its columns: a baseline may be older than this schema. Only what the store does
    /// may be the store's fault.
    fn copy(&self, baseline: &Connection, table: &str) -> Telling {
        let unreadable = |why: rusqlite::Error| Refusal::Fact(format!("the table {table} of its baseline: {why}"));
        let mut rows = baseline.prepare(&format!("SELECT * FROM {table}")).map_err(unreadable)?;
        let columns: Vec<String> = rows.column_names().map(str::to_owned).collect();
        let places = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT INTO {table} ({}) VALUES ({places})", columns.join(", "));
        let mut insert = self.connection.prepare_cached(&insert)?;
        let mut rows = rows.query([]).map_err(unreadable)?;
        while let Some(row) = rows.next().map_err(unreadable)? {
            let value = |(place, column): (usize, &String)| match column.as_str() {
                "n" => Ok(Cell::Integer(self.n)),
                _ => row.get::<_, Cell>(place),
            };
            let values: Vec<Cell> =
                columns.iter().enumerate().map(value).collect::<rusqlite::Result<_>>().map_err(unreadable)?;
            insert.execute(params_from_iter(values))?;
        }
        Ok(())
    }

    pub(super) fn backfilled(&self, backfilled: &Backfilled) -> Telling {
        let session = self.session()?;
        let ending = backfilled.ending.as_ref();
        let ended = self.execute(
            "UPDATE sessions SET status = 'RECOVERED', ended_at = ?2, ended_at_source = ?3, ended_at_uncertainty_s = ?4,
               ended_at_evidence = ?5, halt_reason = ?6, ending_xrp = ?7, ending_rlusd = ?8, ending_value = ?9,
               ending_value_approx = ?10
             WHERE session_id = ?1 AND origin = 'adopted' AND status = 'OPEN' AND started_at <= ?2",
            params![
                session,
                backfilled.ended_at.to_string(),
                backfilled.source.as_str(),
                backfilled.uncertainty_s.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX)),
                backfilled.evidence,
                backfilled.reason.map(HaltReason::as_str),
                ending.map(|held| held.xrp.to_string()),
                ending.map(|held| held.rlusd.to_string()),
                ending.and_then(|held| held.value).map(|value| value.to_string()),
                ending.and_then(|held| held.value).map(Value::approx),
            ],
        )?;
        if ended == 0 {
            return Err(Refusal::Fact(format!(
                "session {session} is not an adopted one that lacks an end and began before {}",
                backfilled.ended_at
            )));
        }
        Ok(())
    }
}
