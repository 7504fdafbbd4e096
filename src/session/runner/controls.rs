//! What is asked from outside: by the console, by signals.

use super::Runner;
use crate::domain::fact::{Fact, OperatorCommand};
use crate::domain::halt::HaltReason;
use crate::domain::mode::Mode;
use crate::domain::order::OrderId;
use crate::engine::{Input, Wish};
use crate::session::control::Control;
use crate::session::phase::Phase;
use crate::session::view::{EventKind, Pending};
use crate::vault::backup::BackupKind;

impl Runner {
    pub(super) fn on_control(&mut self, control: Control) {
        match control {
            Control::Wish(wish) => self.wish(wish),
            Control::Checkpoint if self.ending.is_some() => self.try_again(Phase::Checkpoint),
            Control::Backup if self.ending.is_some() => self.try_again(Phase::Backup),
            Control::Checkpoint => self.operator_checkpoint(),
            Control::Backup => self.operator_backup(),
            Control::Acknowledge { incident } => self.command(OperatorCommand::Acknowledge { incident }),
            Control::Trouble(incident) => {
                let now = self.clock.now();
                self.books.incident(now, *incident);
            }
            Control::Refused(words) => {
                let now = self.clock.now();
                tracing::warn!("{words}");
                self.books.feed.event(now, EventKind::Operator, words);
            }
            Control::End { reason, detail } => self.end(reason, detail),
            Control::Interrupt if self.ending.is_none() => self.end(HaltReason::InterruptedSigint, String::new()),
            Control::Interrupt => self.lose_patience(),
        }
    }

    fn wish(&mut self, wish: Wish) {
        let now = self.clock.now();
        if self.ending.is_some() {
            let text = "the session is ending: quoting cannot be changed any more".to_owned();
            return self.books.feed.event(now, EventKind::Operator, text);
        }
        match wish {
            Wish::CancelAll => self.cancelling = self.books.account.open_orders().keys().copied().collect(),
            Wish::Resume => self.pending.push(Pending::Resuming),
            Wish::Pause => {}
        }
        self.step(now, Input::Operator(wish));
    }

    fn operator_checkpoint(&mut self) {
        self.command(OperatorCommand::Checkpoint);
        if !self.pending.contains(&Pending::Checkpoint) {
            self.pending.push(Pending::Checkpoint);
            self.checkpoint();
        }
    }

    fn operator_backup(&mut self) {
        self.command(OperatorCommand::Backup);
        if !self.pending.contains(&Pending::Backup) {
            self.pending.push(Pending::Backup);
            self.back_up(BackupKind::Manual);
        }
    }

    pub(super) fn checkpoint(&mut self) {
        let now = self.clock.now();
        self.door.checkpoint(now);
    }

    fn command(&mut self, command: OperatorCommand) {
        let now = self.clock.now();
        self.books.write(now, Fact::Command(command));
    }

    /// What was asked for and has not happened yet: asked and done are two things on every screen.
    pub(super) fn pending(&mut self) -> Vec<Pending> {
        let account = &self.books.account;
        let open = account.open_orders();
        let is_open = |order: &OrderId| open.contains_key(order);
        self.cancelling.retain(is_open);
        let mut pending = self.pending.clone();
        if account.mode() == Mode::Paused && account.anything_may_rest() {
            pending.push(Pending::Pausing);
        }
        if account.mode() != Mode::Quoting || account.anything_may_rest() {
            pending.retain(|&asked| asked != Pending::Resuming);
            self.pending.retain(|&asked| asked != Pending::Resuming);
        }
        if !self.cancelling.is_empty() {
            pending.push(Pending::CancellingAll);
        }
        pending
    }
}
