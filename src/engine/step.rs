//! One input in, effects out.

use crate::domain::fact::{Fact, OperatorCommand};
use crate::domain::incident::{Incident, Severity, Source};
use crate::domain::market::Book;
use crate::domain::mode::Mode;
use crate::domain::order::OrderId;
use crate::domain::time::Timestamp;
use crate::domain::venue::VenueEvent;

use super::mode::{Ask, Trouble};
use super::state::State;
use super::{Effect, Input, Wish};

/// Takes one input at `now` and answers what is to be done, in order. Pure: the same state and the same inputs at the
/// same times give the same effects.
#[must_use = "effects that nobody carries out are facts that nobody writes down"]
pub fn step(state: &mut State, now: Timestamp, input: Input) -> Vec<Effect> {
    if state.now.replace(now).is_none() {
        state.modes.begin(now);
    }
    match input {
        Input::Tick => {}
        Input::Venue(event) => state.on_venue(now, event),
        Input::Recorded(ticket) => state.release(ticket),
        Input::Operator(wish) => state.on_wish(wish),
        Input::Doubt(why) => state.on_doubt(why),
        Input::DiskFull(why) => state.on_lasting_trouble(Trouble::DiskFull, why),
        Input::RoomAgain => state.is_over(Trouble::DiskFull),
        Input::Stalled(why) => state.on_lasting_trouble(Trouble::Stall, why),
        Input::MovesAgain => state.is_over(Trouble::Stall),
        Input::Seal(cause) => state.seal(cause),
        Input::CancelRest => state.cancel_rest(),
    }
    state.watch();
    state.keep_truth();
    state.tend();
    state.take_effects()
}

impl State {
    fn on_venue(&mut self, now: Timestamp, event: VenueEvent) {
        match event {
            VenueEvent::Ledger { index, closed_at } => {
                self.market.on_ledger(index, closed_at);
                self.wanted.look_again();
            }
            VenueEvent::Book(book) => self.on_book(now, book),
            VenueEvent::Balances { inventory, ledger } => self.on_balances(inventory, ledger),
            VenueEvent::Filled(fill) => self.on_fill(fill),
            VenueEvent::Rests { order, ledger, fee } => self.on_rests(order, ledger, fee),
            VenueEvent::Refused { order, ledger, code, fee } => self.on_refused(order, ledger, code, fee),
            VenueEvent::Cancelled { order, ledger, fee } => self.on_cancelled(order, ledger, fee),
            VenueEvent::CancelFoundNothing { order, ledger, fee } => self.on_found_nothing(order, ledger, fee),
        }
    }

    fn on_book(&mut self, now: Timestamp, book: Book) {
        let before = self.market.mid;
        self.market.on_book(now, book);
        if let Some(mid) = self.market.mid.filter(|_| self.market.mid != before) {
            self.account.mark(mid);
            self.guards.value_changed();
        }
        self.wanted.look_again();
        self.try_to_open();
    }

    fn on_wish(&mut self, wish: Wish) {
        match wish {
            Wish::Pause => {
                self.record(Fact::Command(OperatorCommand::Pause));
                self.ask(Ask::Pause, "the operator paused".to_owned());
            }
            Wish::Resume => {
                self.record(Fact::Command(OperatorCommand::Resume));
                self.ask(Ask::Resume, "the operator resumed".to_owned());
            }
            Wish::CancelAll => {
                let orders: Vec<OrderId> = self.account.open_orders().keys().copied().collect();
                self.record(Fact::Command(OperatorCommand::CancelAll { orders: orders.clone() }));
                for order in orders {
                    self.withdraw(order, "the operator cancelled all");
                }
            }
        }
    }

    /// What is intended now may not be written down for long, so cancels go without it.
    fn on_lasting_trouble(&mut self, trouble: Trouble, why: String) {
        self.ask(Ask::Degrade { trouble, news: self.market.news }, why);
        if self.mode() != Mode::Halted {
            self.send_waiting_cancels();
        }
    }

    /// The way back leads through a truth check, as from every trouble: facts were late while it lasted.
    fn is_over(&mut self, trouble: Trouble) {
        self.modes.is_over(trouble);
        self.truth.ask_anew();
    }

    fn on_doubt(&mut self, why: String) {
        let done = if self.mode() == Mode::Halted {
            "nothing: the session is being closed"
        } else {
            "stopped quoting, asked for every cancellation and for what we hold"
        };
        self.report(Incident {
            id: 0,
            severity: Severity::Warning,
            source: Source::Engine,
            title: "Time was lost".to_owned(),
            tried: "to follow the market without a gap".to_owned(),
            happened: why.clone(),
            means: "orders may have been filled unseen; the books are not proven until the next truth check".to_owned(),
            done: done.to_owned(),
            you_can: "wait for the truth check; it resumes by itself".to_owned(),
            retry: None,
        });
        self.truth.ask_anew();
        self.ask(Ask::Degrade { trouble: Trouble::Doubt, news: self.market.news }, why);
    }
}
