//! What each phase waits for, and what came of it.

use std::time::Duration;

use super::Runner;
use super::end::{Ending, OUT_OF_TIME};
use crate::domain::inventory::Inventory;
use crate::domain::time::Timestamp;
use crate::domain::venue::Request;
use crate::keeper::health::{BackupDone, CheckpointAnswer, Done};
use crate::session::phase::Phase;

impl Runner {
    pub(super) fn settle(&mut self, now: Timestamp) {
        let newest = self.books.account.last_truth().map(|truth| truth.ledger);
        let proven = self.books_are_proven();
        if let Some(ending) = &mut self.ending {
            ending.settled_from = newest;
        }
        if !proven {
            self.venue.request(now, Request::Balances);
        }
        self.ask_for_readings();
    }

    /// Whether nothing has changed our balances since the venue last said what we hold.
    fn books_are_proven(&self) -> bool {
        let account = &self.books.account;
        match (account.inventory(), account.last_truth()) {
            (Some(books), Some(truth)) => books == truth.venue && books == truth.books,
            // Nothing was ever held here: there is nothing to prove.
            (None, _) => true,
            (Some(_), None) => false,
        }
    }

    pub(super) fn residual(&self) -> Option<Inventory> {
        let account = &self.books.account;
        let truth = account.last_truth()?;
        let ending = self.ending.as_ref()?;
        let fresh = self.books_are_proven() || ending.settled_from.is_none_or(|from| truth.ledger > from);
        fresh.then(|| account.pnl().map(|pnl| pnl.residual(truth.venue))).flatten()
    }

    /// What came of the running phase so far: `None` while it runs.
    pub(super) fn outcome_of(&self, phase: Phase) -> Option<Result<String, String>> {
        let ending = self.ending.as_ref()?;
        match phase {
            Phase::Seal => match &self.books.lost {
                Some(why) => Some(Err(why.clone())),
                None => {
                    self.books.is_on_disk(ending.awaited).then(|| Ok("cause and last inventory are on disk".into()))
                }
            },
            Phase::Cancel => {
                let nothing_rests = self.books.account.open_orders().is_empty();
                nothing_rests.then(|| Ok("nothing of ours rests".into()))
            }
            Phase::Settle => self.settled(ending),
            Phase::Close => self.close_outcome(ending),
            Phase::Checkpoint => ending.checkpoint.as_ref().map(|done| match &done.result {
                Ok(_) => Ok("WAL empty".into()),
                Err(why) => Err(why.clone()),
            }),
            Phase::Backup => ending.backup.as_ref().map(|done| match &done.result {
                Ok(backup) => Ok(format!("{} verified", backup.name)),
                Err(why) => Err(why.clone()),
            }),
            Phase::Release => None,
        }
    }

    fn settled(&self, ending: &Ending) -> Option<Result<String, String>> {
        if ending.readings.is_awaited() {
            return None;
        }
        let truth = self.books.account.last_truth();
        let news = truth.is_some_and(|truth| ending.settled_from.is_none_or(|from| truth.ledger > from));
        if !news && !self.books_are_proven() {
            return None;
        }
        match self.residual() {
            None => Some(Ok("nothing was held".into())),
            Some(residual) if residual == Inventory::default() => Some(Ok("books and ledger agree".into())),
            Some(Inventory { xrp, rlusd }) => {
                Some(Err(format!("books and ledger differ by {xrp} XRP and {rlusd} RLUSD")))
            }
        }
    }

    fn close_outcome(&self, ending: &Ending) -> Option<Result<String, String>> {
        if let Some(why) = &self.books.lost {
            return Some(Err(why.clone()));
        }
        match &ending.row_verified {
            Some(Ok(())) => Some(Ok("on disk, row read back".into())),
            Some(Err(why)) => Some(Err(format!("on disk in the journal; the row in the store: {why}"))),
            None => None,
        }
    }

    /// What there is to say of a phase while it runs.
    pub(super) fn running_words(&self, phase: Phase) -> String {
        let account = &self.books.account;
        match phase {
            Phase::Cancel => {
                let asked = account.sealed().map_or(0, |(_, seal)| seal.cancels.len());
                let open: Vec<String> = account.open_orders().keys().map(ToString::to_string).collect();
                let gone = asked.saturating_sub(open.len());
                format!("{gone} of {asked} gone; the next ledger tells of {}", open.join(", "))
            }
            Phase::Settle => "asked the venue what we hold".into(),
            Phase::Seal | Phase::Close => "waiting for the disk".into(),
            Phase::Checkpoint => "emptying the write-ahead log".into(),
            Phase::Backup => "copying and verifying".into(),
            Phase::Release => String::new(),
        }
    }

    pub(super) fn unfinished_words(&self, phase: Phase, within: Duration) -> String {
        let what = match phase {
            Phase::Cancel => {
                let open = self.books.account.open_orders().keys().map(ToString::to_string).collect::<Vec<_>>();
                format!("not proven gone: {}", open.join(", "))
            }
            Phase::Settle => "the venue did not say what we hold".to_owned(),
            Phase::Close => "the disk did not acknowledge the close, or the row was not read back".to_owned(),
            Phase::Seal | Phase::Checkpoint | Phase::Backup | Phase::Release => "it did not finish".to_owned(),
        };
        format!("{OUT_OF_TIME} {} ms: {what}", within.as_millis())
    }

    pub(super) fn checkpoint_of_the_end(&mut self, done: &Done<CheckpointAnswer>) {
        if let Some(ending) = self.ending.as_mut().filter(|ending| ending.awaits(Phase::Checkpoint)) {
            ending.checkpoint = Some(done.clone());
        }
    }

    pub(super) fn backup_of_the_end(&mut self, done: &Done<BackupDone>) {
        if let Some(ending) = self.ending.as_mut().filter(|ending| ending.awaits(Phase::Backup)) {
            ending.backup = Some(done.clone());
        }
    }
}

/// What a phase tries.
pub(super) fn phase_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Seal => "to write the cause and the last inventory down",
        Phase::Cancel => "to have every order proven gone",
        Phase::Settle => "to compare books and ledger a last time",
        Phase::Close => "to write the session's end and to read its row back",
        Phase::Checkpoint => "to move the write-ahead log into the database",
        Phase::Backup => "to copy the store and to verify the copy",
        Phase::Release => "to give back the lock and the terminal",
    }
}
