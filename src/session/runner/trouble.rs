//! What goes wrong inside and below the runner, made into incidents and causes.

use std::time::Duration;

use super::Runner;
use crate::domain::halt::HaltReason;
use crate::domain::incident::{Incident, Retry, Severity, Source};
use crate::domain::time::Timestamp;
use crate::engine::{Input, State};
use crate::keeper::News;
use crate::keeper::health::{CheckpointAnswer, Done};
use crate::session::view::{EventKind, Pending};

/// After this many panics of the engine the session is closed without asking it again.
const ENGINE_PANICS_BORNE: u32 = 3;

impl Runner {
    pub(super) fn on_news(&mut self, news: News) {
        match news {
            News::Recorded { ticket, .. } => self.recorded(ticket),
            News::Lost { ticket, why } => self.lost(ticket, why),
            News::JournalFailed(why) => self.journal_failed(why),
            News::JournalMoved(what) => self.journal_moved(what),
            News::JournalGone(what) => self.journal_gone(what),
            News::StoreGone(what) => self.store_gone(what),
            News::Touched => self.close_looks.is_due(),
            News::LookedClosely { noticed, took, found } => self.looked_closely(noticed, took, found),
            News::BackupsGone(folder) => self.backups_gone(&folder),
            News::DiskFull(why) => self.disk_full(why),
            News::SpaceIsBack { free } => self.space_is_back(free),
            News::LittleSpace { free } => self.little_space(free),
            News::StoreFailed(why) => self.store_failed(why),
            News::Undigested { n, why } => self.undigested(n, why),
            News::StoreRecovered => {
                let now = self.clock.now();
                self.books.feed.event(now, EventKind::Keeping, "the store works again and has caught up".into());
            }
            News::Checkpoint(done) => self.checkpoint_done(&done),
            News::BackupGoesOn => self.changed = true,
            News::Backup { kind, done } => self.backup_done(kind, &done),
            News::Row(session, row) if session == self.identity.session => self.row_came(row),
            News::Readings(session, digest) if session == self.identity.session => self.readings_came(digest),
            News::Row(..) | News::Readings(..) => {}
            News::ThreadDied { name, why } => self.thread_died(name, why),
        }
    }

    fn recorded(&mut self, ticket: u64) {
        let engines = self.books.acknowledge(ticket);
        self.ask_for_row(ticket);
        let Some(engines) = engines else { return };
        // In simulated time the engine hears of a group once and whole, however the disk cut it up.
        if self.clock.is_simulated() && self.books.awaits_acknowledgement() {
            self.books.hold_back(engines);
            return;
        }
        let now = self.clock.now();
        self.step(now, Input::Recorded(engines));
    }

    fn lost(&mut self, ticket: u64, why: String) {
        let now = self.clock.now();
        tracing::error!(ticket, %why, "facts are on no disk");
        let first = self.books.lost.is_none();
        self.books.lost.get_or_insert_with(|| why.clone());
        if first {
            self.books.incident(
                now,
                Incident {
                    severity: Severity::Error,
                    means: "what happens from here on may be known to this screen and the log only".into(),
                    done: "the session ends; no new order is sent".into(),
                    you_can: "free or repair the disk of the database, then start again: what is on disk is intact"
                        .into(),
                    ..incident(Source::Journal, "Facts could not be kept", "to write facts down", why.clone())
                },
            );
        }
        self.end(HaltReason::StoreFailure, why);
    }

    fn journal_failed(&mut self, why: String) {
        let now = self.clock.now();
        self.books.incident(
            now,
            Incident {
                severity: Severity::Error,
                means: "the store alone keeps facts now; nothing acknowledged is lost".into(),
                done: "the session ends; the next start puts the facts into the journal".into(),
                you_can: "look at the disk of the journal before you start again".into(),
                ..incident(
                    Source::Journal,
                    "The journal cannot be written",
                    "to append facts, in a new file too",
                    why.clone(),
                )
            },
        );
        self.end(HaltReason::StoreFailure, why);
    }

    fn journal_moved(&mut self, what: String) {
        let now = self.clock.now();
        self.books.incident(
            now,
            Incident {
                means: "nothing is lost: what was not yet acknowledged was written again".into(),
                done: "the journal goes on in a new file".into(),
                you_can: "look at the disk; if it happens again, change it".into(),
                ..incident(Source::Journal, "The journal left a file", "to append and sync facts", what)
            },
        );
    }

    fn store_failed(&mut self, why: String) {
        let now = self.clock.now();
        self.books.incident(
            now,
            Incident {
                means: "facts are safe in the journal; History and queries lag behind".into(),
                done: "it is tried again every second".into(),
                you_can: "free space on the disk of the database; otherwise the next start catches up".into(),
                ..incident(Source::Store, "The store cannot be written", "to project facts into the database", why)
            },
        );
    }

    fn undigested(&mut self, n: u64, why: String) {
        let now = self.clock.now();
        self.books.incident(
            now,
            Incident {
                means: "the line is kept as it is; the tables do not tell of it".into(),
                done: "the cursor went on".into(),
                you_can: "run `neo verify --all`, and report the line".into(),
                ..incident(Source::Store, "A fact could not be projected", &format!("to project line {n}"), why)
            },
        );
    }

    fn checkpoint_done(&mut self, done: &Done<CheckpointAnswer>) {
        self.pending.retain(|&pending| pending != Pending::Checkpoint);
        let now = self.clock.now();
        match &done.result {
            Ok(answer) => {
                let wal = if answer.log <= 0 || answer.log == answer.checkpointed { "WAL empty" } else { "WAL in use" };
                let text = format!("checkpoint   {wal}, {} ms", done.took.as_millis());
                self.books.feed.resolve(Retry::Checkpoint, now);
                self.books.feed.event(now, EventKind::Keeping, text);
            }
            Err(why) => self.books.incident(
                now,
                Incident {
                    means: "nothing is lost; the write-ahead log stays as long as it is".into(),
                    done: "it is tried again on the timer".into(),
                    you_can: "close other programs that read the database, then press r".into(),
                    retry: Some(Retry::Checkpoint),
                    ..incident(
                        Source::Store,
                        "Checkpoint failed",
                        "to move the write-ahead log into the database",
                        why.clone(),
                    )
                },
            ),
        }
        self.checkpoint_of_the_end(done);
    }

    fn thread_died(&mut self, name: &'static str, why: String) {
        let now = self.clock.now();
        self.dead_threads.push((name, why.clone()));
        self.books.incident(
            now,
            Incident {
                severity: Severity::Error,
                means: "one of the two copies is no longer written".into(),
                done: "the session ends by the other".into(),
                you_can: "start again; what is missing is caught up".into(),
                ..incident(Source::Session, "A thread died", &format!("to run the {name} thread"), why.clone())
            },
        );
        self.end(HaltReason::StoreFailure, format!("the {name} thread died: {why}"));
        if name == "journal" {
            self.books.lost.get_or_insert(why);
        }
    }

    pub(super) fn engine_panicked(&mut self, now: Timestamp, words: String) {
        self.engine_panics += 1;
        self.books.incident(
            now,
            Incident {
                severity: Severity::Error,
                means: "no decision can be trusted any more; what was written down can".into(),
                done: "orders are cancelled and the session is closed from its facts".into(),
                you_can: "report the log; it has the place of the panic".into(),
                ..incident(Source::Engine, "The engine panicked", "to take one step", words.clone())
            },
        );
        self.books.forget_engine();
        if self.engine_panics <= ENGINE_PANICS_BORNE {
            self.state = State::halted(self.settings.clone(), self.identity.session, self.books.account.clone());
        }
        self.end(HaltReason::EnginePanic, words);
    }

    pub(super) fn runner_panicked(&mut self, words: String) {
        let now = self.clock.now();
        self.books.incident(
            now,
            Incident {
                severity: Severity::Error,
                means: "the part that carries decisions out failed; what was written down can be trusted".into(),
                done: "orders are cancelled and the session is closed".into(),
                you_can: "report the log; it has the place of the panic".into(),
                ..incident(Source::Session, "The runner panicked", "to run the session", words.clone())
            },
        );
        self.end(HaltReason::UnexpectedHalt, words);
    }

    pub(super) fn notice_a_jump(&mut self, now: Timestamp) {
        let Some(jump) = self.clock.jump() else { return };
        self.step(now, Input::Doubt(jump.to_string()));
    }
}

/// An incident with its first half; the rest is filled in by who knows what it means.
pub(super) fn incident(source: Source, title: &str, tried: &str, happened: String) -> Incident {
    Incident {
        id: 0,
        severity: Severity::Warning,
        source,
        title: title.to_owned(),
        tried: tried.to_owned(),
        happened,
        means: String::new(),
        done: String::new(),
        you_can: String::new(),
        retry: None,
    }
}

pub(super) fn in_seconds(gap: Duration) -> String {
    format!("{}.{} s", gap.as_secs(), gap.subsec_millis() / 100)
}
