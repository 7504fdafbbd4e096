//! The books: where the runner's facts are written, numbered and handed in, and where the session's account is kept.
//!
//! The engine keeps an account of its own to decide by. This one survives the engine: whatever becomes of it, the
//! session is closed by what stands here.

use std::collections::VecDeque;

use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::incident::{Incident, Severity};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::engine::Ticket;
use crate::journal::record::Entry;
use crate::keeper::Door;
use crate::session::feed::Feed;

/// Facts on their way to the keeper, and the account that they make.
pub(super) struct Books {
    session: SessionId,
    door: Door,
    pub account: Account,
    pub feed: Feed,
    batch: Vec<Entry>,
    /// The newest ticket handed in, the newest acknowledged.
    handed_in: u64,
    acknowledged: u64,
    /// Which of the engine's tickets each of ours covers.
    engines: VecDeque<(u64, Ticket)>,
    engine_records: u64,
    engine_handed_in: u64,
    incidents: u32,
    /// Why a fact is on no disk, if one is not.
    pub lost: Option<String>,
}

impl Books {
    pub fn new(session: SessionId, door: Door) -> Self {
        Self {
            session,
            door,
            account: Account::default(),
            feed: Feed::default(),
            batch: Vec::new(),
            handed_in: 0,
            acknowledged: 0,
            engines: VecDeque::new(),
            engine_records: 0,
            engine_handed_in: 0,
            incidents: 0,
            lost: None,
        }
    }

    /// Writes a fact down; it leaves with the next [`Self::hand_in`].
    pub fn write(&mut self, at: Timestamp, mut fact: Fact) {
        if let Fact::Incident(incident) = &mut fact {
            // Incidents come from several rooms and are numbered where they meet.
            self.incidents += 1;
            incident.id = self.incidents;
            log(incident);
        }
        let applied = self.account.apply(at, &fact);
        self.feed.fact(at, &fact, &applied);
        self.batch.push(Entry { at, session: Some(self.session), fact });
    }

    /// Writes a fact of the engine's down; its acknowledgement is the engine's as well.
    pub fn write_for_engine(&mut self, at: Timestamp, fact: Fact) {
        self.engine_records += 1;
        self.write(at, fact);
    }

    /// Writes an incident down.
    pub fn incident(&mut self, at: Timestamp, incident: Incident) {
        self.write(at, Fact::Incident(incident.without_secrets()));
    }

    /// Hands in what was written since the last time; answers the ticket that will acknowledge all of it.
    pub fn hand_in(&mut self) -> u64 {
        if self.batch.is_empty() {
            return self.handed_in;
        }
        self.handed_in += 1;
        if self.engine_records > self.engine_handed_in {
            self.engine_handed_in = self.engine_records;
            self.engines.push_back((self.handed_in, Ticket(self.engine_records)));
        }
        if let Err(error) = self.door.record(self.handed_in, std::mem::take(&mut self.batch)) {
            self.lost.get_or_insert(error.to_string());
        }
        self.handed_in
    }

    /// An acknowledgement came; answers what it means for the engine, if anything.
    pub fn acknowledge(&mut self, ticket: u64) -> Option<Ticket> {
        self.acknowledged = self.acknowledged.max(ticket);
        let mut newest = None;
        while let Some(&(ours, engines)) = self.engines.front() {
            if ours > ticket {
                break;
            }
            newest = Some(engines);
            self.engines.pop_front();
        }
        newest
    }

    /// Keeps an acknowledgement for the engine until the next one comes.
    pub fn hold_back(&mut self, engines: Ticket) {
        self.engines.push_front((self.acknowledged, engines));
    }

    /// Whether everything handed in up to this ticket is on disk.
    pub fn is_on_disk(&self, ticket: u64) -> bool {
        self.acknowledged >= ticket
    }

    /// Whether the session's first fact is on disk.
    pub fn is_begun(&self) -> bool {
        self.is_on_disk(1)
    }

    /// Whether something handed in is not yet on disk.
    pub fn awaits_acknowledgement(&self) -> bool {
        self.lost.is_none() && self.acknowledged < self.handed_in
    }

    /// The engine was made anew and counts its records from 1 again.
    pub fn forget_engine(&mut self) {
        self.engines.clear();
        self.engine_records = 0;
        self.engine_handed_in = 0;
    }
}

fn log(incident: &Incident) {
    let (id, source) = (incident.id, incident.source.as_str());
    match incident.severity {
        Severity::Error => tracing::error!(incident = id, source, "{incident}"),
        Severity::Warning => tracing::warn!(incident = id, source, "{incident}"),
        Severity::Notice => tracing::info!(incident = id, source, "{incident}"),
    }
}
