//! The start as it is told: step by step on the screen and in the log, and afterwards as an account.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::console::app::model::{StartStep, StepState};
use crate::console::run::ConsoleHandle;
use crate::disk::file_system;
use crate::disk::lock::Holder;
use crate::disk::place::Place;
use crate::domain::time::Timestamp;
use crate::keeper::health::Progress;
use crate::session::clock::machine_time;
use crate::session::service::Service;
use crate::session::view::{Quarantined, StartAccount};

/// The folders that are not there before the start: after a refusal they go again, if nothing came into them.
pub struct Made(Vec<PathBuf>);

impl Made {
    /// Looks before anything is made.
    pub fn before(place: &Place) -> Self {
        let folders = [place.journal(), place.backups(), place.receipts()];
        Self(folders.into_iter().filter(|folder| !folder.exists()).collect())
    }

    /// Removes them again.
    pub fn take_back(&self) {
        for folder in &self.0 {
            // One that is not empty is not removed, and one that stays is only untidy: the refusal counts.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// The start's steps, on the screen if there is one, in the log, and for a service manager.
pub struct Steps<'a> {
    console: Option<&'a ConsoleHandle>,
    service: &'a mut Service,
    current: Option<Step>,
    done: Vec<(String, Duration)>,
}

/// The step that goes on.
struct Step {
    text: String,
    since: Timestamp,
    began: Instant,
    /// How far it has come.
    note: String,
}

impl<'a> Steps<'a> {
    /// None so far.
    pub const fn new(console: Option<&'a ConsoleHandle>, service: &'a mut Service) -> Self {
        Self { console, service, current: None, done: Vec::new() }
    }

    /// The step before is over, and this one begins.
    pub fn next(&mut self, text: &str) {
        self.end_current();
        tracing::info!("{text}");
        self.service.step(text);
        let step = Step { text: text.to_owned(), since: machine_time(), began: Instant::now(), note: String::new() };
        self.show(&step, StepState::Running { since: step.since });
        self.current = Some(step);
    }

    /// How far a backup has come, in percent: each is shown once.
    pub fn note(&mut self, Progress { done, total }: Progress) {
        let note = if done == total {
            "verifying".to_owned()
        } else {
            format!("{} %", u64::from(done) * 100 / u64::from(total).max(1))
        };
        let Some(mut step) = self.current.take() else { return };
        if note != step.note {
            step.note = note;
            self.service.step(&format!("{}, {}", step.text, step.note));
            self.show(&step, StepState::Running { since: step.since });
        }
        self.current = Some(step);
    }

    /// All of them are over: what was done, and how long each took.
    pub fn all_done(mut self) -> Vec<(String, Duration)> {
        self.end_current();
        self.done
    }

    fn end_current(&mut self) {
        if let Some(mut step) = self.current.take() {
            let took = step.began.elapsed();
            step.note.clear();
            self.show(&step, StepState::Done { took });
            self.done.push((step.text, took));
        }
    }

    fn show(&self, step: &Step, state: StepState) {
        if let Some(console) = self.console {
            console.starting(StartStep { text: step.text.clone(), note: step.note.clone(), state });
        }
    }
}

/// What the Health tab tells of the start.
pub fn account(place: &Place, holder: Holder, steps: Vec<(String, Duration)>, account: &[String]) -> StartAccount {
    StartAccount {
        file_system: file_system::name_of(place.folder()),
        lock: Some(holder),
        steps,
        account: account.to_vec(),
        quarantine: quarantined(&place.quarantine()),
    }
}

/// What lies in quarantine; a folder that cannot be read is as good as none, because nothing but this line reads it.
fn quarantined(folder: &Path) -> Option<Quarantined> {
    let folders = std::fs::read_dir(folder).ok()?.flatten().filter(|entry| entry.path().is_dir());
    let names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let newest = names.iter().max()?.clone();
    Some(Quarantined { folders: names.len(), newest })
}
