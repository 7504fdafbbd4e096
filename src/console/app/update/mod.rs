//! `update`: a message and the model in, effects out. Pure: no clock, no I/O.

mod answers;
mod history;
mod incidents;
mod keys;
mod lists;
mod log;
mod news;
mod question;
mod results;
mod wishes;

use super::clock::notice_until;
use super::effect::Effect;
use super::model::{Model, Notice};
use super::msg::Msg;

/// Takes one message into the model and answers what is to be done, in this order.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => keys::press(model, key),
        Msg::Paste => {
            say(model, "pasted text is ignored: keys are commands here".to_owned());
            Vec::new()
        }
        Msg::Resize(size) => {
            model.size = size;
            lists::keep_in_sight(model);
            Vec::new()
        }
        Msg::View(view) => news::view(model, view),
        Msg::Starting(step) => {
            news::start_step(model, step);
            Vec::new()
        }
        Msg::Ask(asked) => {
            question::ask(model, asked);
            Vec::new()
        }
        Msg::History(answer) => {
            history::take(model, answer);
            Vec::new()
        }
        Msg::LogGrew(lines) => {
            log::grow(model, lines);
            Vec::new()
        }
        Msg::Clock(now) => {
            news::clock(model, now);
            Vec::new()
        }
        Msg::TerminalGone(why) => news::terminal_gone(model, why),
        Msg::Alarm(text) => {
            complain(model, text);
            Vec::new()
        }
        Msg::InputLost(why) => {
            complain(model, format!("keys cannot be read any more ({why}); end the session with kill -TERM"));
            Vec::new()
        }
    }
}

fn say(model: &mut Model, text: String) {
    model.notice = Some(Notice { text, bad: false, until: notice_until(model) });
}

fn complain(model: &mut Model, text: String) {
    model.notice = Some(Notice { text, bad: true, until: notice_until(model) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::testing::running;

    #[test]
    fn pasted_text_is_not_taken_as_commands() {
        let mut model = running();
        assert!(update(&mut model, Msg::Paste).is_empty());
        assert!(model.notice.unwrap().text.contains("ignored"));
    }

    #[test]
    fn when_keys_are_lost_the_operator_learns_another_way_out() {
        let mut model = running();
        update(&mut model, Msg::InputLost("bad file descriptor".to_owned()));
        let notice = model.notice.unwrap();
        assert!(notice.bad && notice.text.contains("kill -TERM"), "{}", notice.text);
    }
}
