//! The end of all orders: nothing new is sent, and what rests is asked back until it is gone.

use super::Cancel;
use crate::domain::fact::{EndBegun, Fact, Step};
use crate::domain::halt::Cause;
use crate::domain::order::OrderId;
use crate::engine::state::State;

impl State {
    /// The seal. The intents that were not sent will never be; what may rest is named to be cancelled.
    pub(in crate::engine) fn seal(&mut self, cause: Cause) {
        if self.account.sealed().is_some() {
            return;
        }
        let orders = self.account.open_orders().values();
        let cancels = orders.filter(|order| order.status.may_rest()).map(|order| order.spec.id).collect();
        let why = format!("the end was asked for by {}", cause.reason.in_words());
        self.record(Fact::EndBegun(EndBegun { cause, holding: self.holding(), cancels }));
        self.stop(why);
    }

    /// Halts for good: nothing that waits is sent any more.
    fn stop(&mut self, why: String) {
        let now = self.moment();
        self.modes.end(now, why);
        self.orders.ending = true;
        self.orders.waiting.clear();
        let unsent: Vec<OrderId> =
            self.orders.live.iter().filter(|live| live.sent.is_none()).map(|live| live.id).collect();
        for id in unsent {
            self.record_step(id, Step::NeverSent);
        }
        for live in self.orders.live.iter_mut().filter(|live| live.cancel == Cancel::Intended) {
            live.cancel = Cancel::NotAsked;
        }
    }

    /// Asks now, whatever was asked before and whether or not the disk answers: the seal was the intent.
    pub(in crate::engine) fn cancel_rest(&mut self) {
        if !self.orders.ending {
            self.stop("the end was asked for".to_owned());
        }
        for index in 0..self.orders.live.len() {
            self.send_cancel(self.orders.live[index].id);
        }
    }

    /// Once halted, cancels without an answer are sent again, straight away.
    pub(in crate::engine) fn chase_cancels(&mut self) {
        for index in 0..self.orders.live.len() {
            let live = self.orders.live[index];
            if self.patience_is_over(live.cancel) {
                self.send_cancel(live.id);
            }
        }
    }
}
