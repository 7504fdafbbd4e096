//! What was watched and what went wrong: truth checks, guards, modes, commands, incidents.

use rusqlite::params;

use super::super::exact;
use super::{Refusal, Telling, Told, beyond};
use crate::domain::fact::{GuardFired, OperatorCommand, TruthCheck, Verdict};
use crate::domain::incident::{Incident, Severity, Source};
use crate::domain::mode::ModeChange;
use crate::domain::money::Drops;

impl Told<'_> {
    pub(super) fn truth(&self, truth: &TruthCheck) -> Telling {
        if truth.verdict == Verdict::Opening {
            self.starting(truth.venue, truth.mid)?;
            self.opening(truth.venue)?;
        }
        let xrp = truth.venue.xrp.get().checked_sub(truth.books.xrp.get()).map(Drops::new);
        let rlusd = exact::difference(truth.venue.rlusd.to_decimal(), truth.books.rlusd.to_decimal());
        let (xrp, rlusd) = xrp.zip(rlusd).ok_or_else(|| beyond("the residual"))?;
        self.execute(
            "INSERT INTO inventory_truth_snapshots (n, session_id, created_at, ledger_index, verdict, venue_xrp, venue_rlusd,
               books_xrp, books_rlusd, residual_xrp, residual_rlusd, mid_price)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                self.n,
                self.session()?,
                self.at,
                truth.ledger,
                verdict_text(truth.verdict),
                truth.venue.xrp.to_string(),
                truth.venue.rlusd.to_string(),
                truth.books.xrp.to_string(),
                truth.books.rlusd.to_string(),
                xrp.to_string(),
                rlusd.to_string(),
                truth.mid.to_string(),
            ],
        )?;
        Ok(())
    }

    pub(super) fn guard(&self, guard: &GuardFired) -> Telling {
        self.execute(
            "INSERT INTO circuit_breaker_events (n, session_id, created_at, guard, measured, threshold, action)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![self.n, self.session()?, self.at, guard.guard, guard.measured, guard.limit, guard.action],
        )?;
        Ok(())
    }

    pub(super) fn mode(&self, change: &ModeChange) -> Telling {
        let (from, to, by) = (change.from.as_str(), change.to.as_str(), change.by.as_str());
        self.execute(
            "INSERT INTO engine_state (n, session_id, created_at, from_mode, to_mode, asked_by, why, leads_back)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![self.n, self.session()?, self.at, from, to, by, change.why, change.back],
        )?;
        Ok(())
    }

    pub(super) fn command(&self, command: &OperatorCommand) -> Telling {
        let detail = serde_json::to_string(command).map_err(|why| Refusal::Fact(why.to_string()))?;
        self.execute(
            "INSERT INTO operator_commands (n, session_id, created_at, command, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![self.n, self.session, self.at, command_name(command), detail],
        )?;
        if let OperatorCommand::Acknowledge { incident } = command {
            self.execute(
                "UPDATE incidents SET acknowledged_at = ?3
                 WHERE session_id = ?1 AND number = ?2 AND acknowledged_at IS NULL",
                params![self.session()?, incident, self.at],
            )?;
        }
        Ok(())
    }

    pub(super) fn incident(&self, incident: &Incident) -> Telling {
        self.incident_row(incident, Some(incident.id), "session")?;
        Ok(())
    }

    /// A line that cannot be digested: the tables know it by its incident alone.
    pub(super) fn keep_raw(&self, kind: &str, why: &str) -> rusqlite::Result<()> {
        if kind == "session_opened" && self.session.is_some() {
            self.opened_unread()?;
        }
        let incident = Incident {
            id: 0,
            severity: Severity::Error,
            source: Source::Store,
            title: "A fact could not be digested".to_owned(),
            tried: format!("to take journal line {} ({kind}) into the tables", self.n),
            happened: why.to_owned(),
            means: "the line is whole in the journal and in `facts`; the tables beside them lack it".to_owned(),
            done: "the line was kept as it is, and the lines behind it were taken in".to_owned(),
            you_can: format!(
                "look at it with `neo query \"SELECT line FROM facts WHERE n = {}\"`, and keep it for a report",
                self.n
            ),
            retry: None,
        };
        self.incident_row(&incident, None, "store")
    }

    fn incident_row(&self, incident: &Incident, number: Option<u32>, made_by: &str) -> rusqlite::Result<()> {
        self.execute(
            "INSERT INTO incidents (n, session_id, number, made_by, created_at, severity, source, title, tried, happened, means, done,
               you_can) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                self.n,
                self.session,
                number,
                made_by,
                self.at,
                incident.severity.as_str(),
                incident.source.as_str(),
                incident.title,
                incident.tried,
                incident.happened,
                incident.means,
                incident.done,
                incident.you_can,
            ],
        )?;
        Ok(())
    }
}

const fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Opening => "opening",
        Verdict::Ok => "ok",
        Verdict::Warn => "warn",
        Verdict::Halt => "halt",
        Verdict::Unverified => "unverified",
    }
}

const fn command_name(command: &OperatorCommand) -> &'static str {
    match command {
        OperatorCommand::Pause => "pause",
        OperatorCommand::Resume => "resume",
        OperatorCommand::CancelAll { .. } => "cancel_all",
        OperatorCommand::Checkpoint => "checkpoint",
        OperatorCommand::Backup => "backup",
        OperatorCommand::Acknowledge { .. } => "acknowledge",
    }
}
