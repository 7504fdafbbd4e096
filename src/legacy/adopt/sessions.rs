//! Sessions keep their numbers. One that has an end keeps it; the others wait for their backfill.

use rusqlite::params;

use super::draft::{Draft, Unit};
use super::{Stop, Taking};
use crate::domain::halt::HaltReason;
use crate::domain::session::{EndedAtSource, Origin, SessionId, SessionMode, Status};
use crate::domain::time::Timestamp;

/// Our own sessions go on counting from the highest: a wild number would leave them no room.
const NUMBERS: std::ops::Range<i64> = 1..1_000_000_000;

impl Taking<'_> {
    /// Takes a session; its number and when it began.
    pub(super) fn session(&mut self, draft: &mut Draft) -> Result<(SessionId, Timestamp), Stop> {
        let number = draft.integer("session_id").filter(|number| NUMBERS.contains(number));
        let number = number.ok_or_else(|| Stop::Refused("its number is none from 1 to 999999999".to_owned()))?;
        let start = draft.moment("started_at")?;
        // An end before the start is no end, but its text is kept.
        let end = draft.moment_if_any("ended_at").filter(|end| *end >= start);
        let status = if end.is_some() { Status::Closed } else { Status::Open };
        // A reason that is not one of ours stays among what is left over.
        let reason = draft.row.value("halt_reason").and_then(|value| match value {
            rusqlite::types::Value::Text(text) => HaltReason::ALL.iter().find(|known| known.as_str() == text),
            _ => None,
        });
        let starting = [
            draft.money_if_any("starting_xrp", Unit::Xrp),
            draft.money_if_any("starting_rlusd", Unit::Rlusd),
            draft.money_if_any("starting_value", Unit::Rlusd),
        ];
        let ending = [
            draft.money_if_any("ending_xrp", Unit::Xrp),
            draft.money_if_any("ending_rlusd", Unit::Rlusd),
            draft.money_if_any("ending_value", Unit::Rlusd),
        ];
        let texts = |all: &[Option<super::draft::Money>; 3]| all.clone().map(|money| money.map(|money| money.text));
        let ([xrp, rlusd, value], [end_xrp, end_rlusd, end_value]) = (texts(&starting), texts(&ending));
        self.baseline
            .prepare_cached(
                "INSERT INTO sessions (session_id, label, mode, venue, status, started_at, ended_at, ended_at_source, halt_reason,
                   starting_xrp, starting_rlusd, starting_value, ending_xrp, ending_rlusd, ending_value, parent_session_id,
                   starting_value_approx, ending_value_approx, origin, ended_at_evidence, earlier)
                 VALUES (?1, '', ?2, 'xrpl', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
            )?
            .execute(params![
                number,
                SessionMode::Live.as_str(),
                status.as_str(),
                start.to_string(),
                end.map(|end| end.to_string()),
                end.map(|_| EndedAtSource::Closed.as_str()),
                reason.map(|reason| reason.as_str()),
                xrp,
                rlusd,
                value,
                end_xrp,
                end_rlusd,
                end_value,
                draft.integer("parent_session_id"),
                starting[2].as_ref().map(super::draft::Money::approx),
                ending[2].as_ref().map(super::draft::Money::approx),
                Origin::Adopted.as_str(),
                end.map(|_| "the earlier engine's own row"),
                draft.left_over(),
            ])?;
        Ok((SessionId(number), start))
    }
}
