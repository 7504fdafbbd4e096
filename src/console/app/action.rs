//! The one table of actions: it makes key handling, help and the bar at the bottom.
//!
//! An action that is not in [`TABLE`] cannot be reached by any key and is not in the help; one that is in it does what
//! its help says, or says why not ([`super::disabled::disabled_reason`]).

use super::key::Key;
use super::model::{Model, Overlay, Tab};
use crate::domain::mode::Mode;
use crate::session::view::Pending;

/// Something that an operator can do with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Stop quoting, or quote again.
    PauseResume,
    /// Take every order out, after a question.
    CancelAll,
    /// Checkpoint the store now.
    Checkpoint,
    /// Back the store up now.
    Backup,
    /// End the session.
    Quit,
    /// End the session without a question; again: stop waiting.
    Interrupt,
    /// Show the keys.
    Help,
    /// Show one tab.
    Show(Tab),
    /// Show the tab to the right.
    NextTab,
    /// Show the tab to the left.
    PreviousTab,
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// Open what is selected.
    Open,
    /// Leave what lies on top.
    Leave,
    /// Show the incidents.
    Incidents,
    /// The shown incident was read.
    Acknowledge,
    /// Try again what failed.
    Retry,
    /// Show louder or quieter lines of the log.
    LogLevel,
    /// Keep the newest line of the log in sight, or not.
    FollowLog,
    /// Draw everything anew, after something else wrote on the screen.
    Redraw,
    /// Suspend the program, which a session cannot afford.
    Suspend,
    /// The other answer.
    OtherAnswer,
    /// Take the answer in focus.
    TakeAnswer,
    /// Yes.
    AnswerYes,
    /// No.
    AnswerNo,
    /// The next answer of the page that asks.
    NextOption,
    /// The answer before.
    PreviousOption,
    /// Take the answer in focus; one that changes something is asked about once more.
    TakeOption,
    /// Answer that everything is to stay as it is.
    LeaveAsItIs,
    /// Further down in a long explanation.
    ReadOn,
    /// Back up in it.
    ReadBack,
}

/// Where in the help an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// What acts on the session.
    Session,
    /// Tabs and overlays.
    Look,
    /// Moving about.
    Move,
    /// What went wrong.
    Incidents,
    /// The log.
    Log,
    /// Answering a question.
    Question,
    /// On the page that asks at the start.
    Page,
}

/// Where the operator is: decides which keys count and which actions the bar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A tab without a list.
    Tab,
    /// A tab with a list.
    List,
    /// The log.
    Log,
    /// A text over the tab: help, a past session.
    Text,
    /// The incidents.
    Incidents,
    /// A question waits for its answer.
    Question,
    /// The page that asks at the start.
    Page,
}

/// An action, its keys and what is said about it.
#[derive(Clone, Copy, Debug)]
pub struct ActionSpec {
    /// Which.
    pub action: Action,
    /// Its keys, the best known first.
    pub keys: &'static [Key],
    /// One or two words, for the bar.
    pub name: &'static str,
    /// A sentence without its full stop, for the help.
    pub help: &'static str,
    /// Where it stands in the help.
    pub group: Group,
    /// Where the bar shows it.
    pub bar: &'static [Place],
}

/// An entry of the bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarItem {
    /// The key to press.
    pub key: Key,
    /// What it does now.
    pub name: &'static str,
    /// Why it does nothing now.
    pub disabled: Option<String>,
}

const SCREENS: &[Place] = &[Place::Tab, Place::List, Place::Log];
const OVERLAYS: &[Place] = &[Place::Text, Place::Incidents];
const SCROLLED: &[Place] = &[Place::Text];
const NOWHERE: &[Place] = &[];

const fn spec(
    action: Action,
    keys: &'static [Key],
    name: &'static str,
    help: &'static str,
    group: Group,
    bar: &'static [Place],
) -> ActionSpec {
    ActionSpec { action, keys, name, help, group, bar }
}

/// Every action, in the order of the help and of the bar.
#[rustfmt::skip]
pub const TABLE: &[ActionSpec] = &[
    spec(Action::PauseResume, &[Key::Char('p')], "pause", "Stop quoting and take the quotes out, or quote again", Group::Session, SCREENS),
    spec(Action::Quit, &[Key::Char('q')], "quit", "End the session; a live one is asked about first", Group::Session, SCREENS),
    spec(Action::Help, &[Key::Char('?')], "help", "Show the keys and what they do", Group::Look, SCREENS),
    spec(Action::CancelAll, &[Key::Char('x')], "cancel all", "Take every order out, once; asks before", Group::Session, SCREENS),
    spec(Action::Checkpoint, &[Key::Char('c')], "checkpoint", "Move the write-ahead log into the database now", Group::Session, SCREENS),
    spec(Action::Backup, &[Key::Char('b')], "backup", "Make a verified copy of the database now", Group::Session, SCREENS),
    spec(Action::Open, &[Key::Enter], "open", "Open the selected session", Group::Look, &[Place::List]),
    spec(Action::LogLevel, &[Key::Char('l')], "level", "Show louder lines only, or quieter ones too", Group::Log, &[Place::Log]),
    spec(Action::FollowLog, &[Key::Char('f')], "follow", "Keep the newest line in sight, or stay where you are", Group::Log, &[Place::Log]),
    spec(Action::Incidents, &[Key::Char('e')], "incidents", "Show what went wrong: what, why, and what to do", Group::Incidents, NOWHERE),
    spec(Action::Retry, &[Key::Char('r')], "try again", "Try again what failed: a checkpoint or a backup, at the end of a session too, or reading the history; other incidents say what you can do", Group::Incidents, &[Place::Incidents]),
    spec(Action::Acknowledge, &[Key::Char('a')], "acknowledge", "Note that you have read this incident", Group::Incidents, &[Place::Incidents]),
    spec(Action::TakeAnswer, &[Key::Enter], "choose", "Take the answer in focus", Group::Question, &[Place::Question]),
    spec(Action::OtherAnswer, &[Key::Tab, Key::Left, Key::Right, Key::BackTab, Key::Char('h'), Key::Char('l')], "other answer", "Put the other answer into focus", Group::Question, &[Place::Question]),
    spec(Action::AnswerYes, &[Key::Char('y')], "yes", "Do it", Group::Question, &[Place::Question]),
    spec(Action::AnswerNo, &[Key::Esc, Key::Char('n')], "no", "Leave everything as it is", Group::Question, &[Place::Question]),
    spec(Action::NextOption, &[Key::Down, Key::Tab, Key::Right, Key::Char('j')], "next", "The next answer", Group::Page, &[Place::Page]),
    spec(Action::PreviousOption, &[Key::Up, Key::BackTab, Key::Left, Key::Char('k')], "previous", "The answer before", Group::Page, &[Place::Page]),
    spec(Action::TakeOption, &[Key::Enter], "choose", "Take the answer in focus; what changes something is asked about once more", Group::Page, &[Place::Page]),
    spec(Action::LeaveAsItIs, &[Key::Esc, Key::Char('l'), Key::Char('q'), Key::Char('n')], "leave", "Leave everything as it is", Group::Page, &[Place::Page]),
    spec(Action::ReadOn, &[Key::PageDown, Key::Char(' ')], "read on", "Further down in the explanation", Group::Page, NOWHERE),
    spec(Action::ReadBack, &[Key::PageUp], "read back", "Back up in the explanation", Group::Page, NOWHERE),
    spec(Action::Down, &[Key::Char('j'), Key::Down], "down", "One row down, or the next incident", Group::Move, SCROLLED),
    spec(Action::Up, &[Key::Char('k'), Key::Up], "up", "One row up, or the incident before", Group::Move, SCROLLED),
    spec(Action::Top, &[Key::Char('g'), Key::Home], "top", "To the first row", Group::Move, NOWHERE),
    spec(Action::Bottom, &[Key::Char('G'), Key::End], "bottom", "To the last row", Group::Move, NOWHERE),
    spec(Action::PageDown, &[Key::PageDown], "page down", "A page down", Group::Move, NOWHERE),
    spec(Action::PageUp, &[Key::PageUp], "page up", "A page up", Group::Move, NOWHERE),
    spec(Action::Show(Tab::Live), &[Key::Char('1')], "live", "Everything at a glance", Group::Look, NOWHERE),
    spec(Action::Show(Tab::Orders), &[Key::Char('2')], "orders", "Our orders, those out and those that are gone", Group::Look, NOWHERE),
    spec(Action::Show(Tab::Fills), &[Key::Char('3')], "fills", "Our fills", Group::Look, NOWHERE),
    spec(Action::Show(Tab::History), &[Key::Char('4')], "history", "Past sessions", Group::Look, NOWHERE),
    spec(Action::Show(Tab::Health), &[Key::Char('5')], "health", "Journal, store, checkpoint, heartbeat, threads", Group::Look, NOWHERE),
    spec(Action::Show(Tab::Log), &[Key::Char('6')], "log", "The log as it is written", Group::Look, NOWHERE),
    spec(Action::NextTab, &[Key::Tab], "next tab", "The tab to the right", Group::Look, NOWHERE),
    spec(Action::PreviousTab, &[Key::BackTab], "previous tab", "The tab to the left", Group::Look, NOWHERE),
    spec(Action::Leave, &[Key::Esc], "close", "Leave what lies on top, then go back to Live", Group::Look, OVERLAYS),
    spec(Action::Interrupt, &[Key::Ctrl('c')], "end now", "End without a question; again: stop waiting for the venue; a third time: leave as soon as the session is closed", Group::Session, NOWHERE),
    spec(Action::Redraw, &[Key::Ctrl('l')], "redraw", "Draw everything anew, after something else wrote on the screen", Group::Look, NOWHERE),
    spec(Action::Suspend, &[Key::Ctrl('z')], "suspend", "Suspend the program", Group::Session, NOWHERE),
];

impl Group {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 7] =
        [Self::Session, Self::Look, Self::Move, Self::Incidents, Self::Log, Self::Question, Self::Page];

    /// Its title in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Session => "Session",
            Self::Look => "Look",
            Self::Move => "Move",
            Self::Incidents => "Incidents",
            Self::Log => "Log",
            Self::Question => "In a question",
            Self::Page => "On the page that asks",
        }
    }
}

impl Place {
    /// Where the operator is.
    pub const fn of(model: &Model) -> Self {
        match (&model.overlay, model.tab) {
            (Some(Overlay::Confirm(_)), _) => Self::Question,
            (Some(Overlay::Incidents { .. }), _) => Self::Incidents,
            (Some(Overlay::Help { .. } | Overlay::PastSession { .. }), _) => Self::Text,
            (None, _) if model.asking.is_some() => Self::Page,
            (None, Tab::Live | Tab::Health) => Self::Tab,
            (None, Tab::Orders | Tab::Fills | Tab::History) => Self::List,
            (None, Tab::Log) => Self::Log,
        }
    }
}

impl Action {
    /// What is said about it.
    pub fn spec(self) -> &'static ActionSpec {
        // A test holds that each action has its line; the first line is never reached.
        TABLE.iter().find(|spec| spec.action == self).unwrap_or(&TABLE[0])
    }

    /// Where its keys count. While anything is asked, its own keys and Ctrl+C do, and no others.
    fn listens_at(self, place: Place) -> bool {
        match self.spec().group {
            Group::Question => place == Place::Question,
            Group::Page => place == Place::Page,
            _ => !matches!(place, Place::Question | Place::Page) || self == Self::Interrupt,
        }
    }
}

/// The action of a key at this moment.
pub fn of_key(model: &Model, key: Key) -> Option<Action> {
    let place = Place::of(model);
    TABLE.iter().filter(|spec| spec.keys.contains(&key)).map(|spec| spec.action).find(|action| action.listens_at(place))
}

/// What an action is called at this moment: `p` is "resume" while the session is paused.
pub fn name_now(model: &Model, action: Action) -> &'static str {
    match action {
        Action::PauseResume if wants_resume(model) => "resume",
        Action::FollowLog if model.log.follow => "stay",
        Action::Interrupt if model.ending => "stop waiting",
        other => other.spec().name,
    }
}

/// The bar at this moment. What is disabled stays visible and says why; but what an incident has no retry for is not
/// offered beside it.
pub fn bar(model: &Model) -> Vec<BarItem> {
    let place = Place::of(model);
    TABLE
        .iter()
        .filter(|spec| match spec.group {
            // All that acts on a session is over, but for stopping to wait.
            Group::Session if model.ending => spec.action == Action::Interrupt,
            Group::Incidents if model.ending && spec.action != Action::Acknowledge => spec.action.listens_at(place),
            _ => spec.bar.contains(&place),
        })
        .filter(|spec| spec.action != Action::Retry || super::disabled::has_retry(model))
        .filter_map(|spec| {
            Some(BarItem {
                key: *spec.keys.first()?,
                name: name_now(model, spec.action),
                disabled: super::disabled::disabled_reason(model, spec.action),
            })
        })
        .collect()
}

/// Whether `p` would resume: the session is paused or about to be, and nobody has asked for the opposite yet.
pub fn wants_resume(model: &Model) -> bool {
    model.view.as_ref().is_some_and(|view| {
        let asked = view.pending.iter().rev().find(|pending| matches!(pending, Pending::Pausing | Pending::Resuming));
        match asked {
            Some(Pending::Pausing) => true,
            Some(_) => false,
            None => view.engine.mode == Mode::Paused,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::model::{Confirm, ConfirmWhat};
    use crate::console::app::testing::{model, running};
    use std::collections::HashSet;

    const ANYWHERE: &[Place] =
        &[Place::Tab, Place::List, Place::Log, Place::Text, Place::Incidents, Place::Question, Place::Page];

    #[test]
    fn every_action_has_a_key_a_name_and_a_help() {
        for spec in TABLE {
            assert!(!spec.keys.is_empty() && !spec.name.is_empty() && !spec.help.is_empty(), "{:?}", spec.action);
            assert!(!spec.help.ends_with('.'), "{:?}", spec.action);
            assert_eq!(spec.action.spec().help, spec.help, "{:?} stands twice in the table", spec.action);
        }
    }

    #[test]
    fn every_group_of_the_help_has_something_in_it() {
        for group in Group::ALL {
            assert!(TABLE.iter().any(|spec| spec.group == group), "{group:?}");
        }
    }

    #[test]
    fn at_each_place_a_key_does_one_thing() {
        for &place in ANYWHERE {
            let mut taken = HashSet::new();
            for spec in TABLE.iter().filter(|spec| spec.action.listens_at(place)) {
                for key in spec.keys {
                    assert!(taken.insert(*key), "{key} twice at {place:?}");
                }
            }
        }
    }

    #[test]
    fn what_the_bar_shows_can_be_pressed_there() {
        for &place in ANYWHERE {
            for spec in TABLE.iter().filter(|spec| spec.bar.contains(&place)) {
                assert!(spec.action.listens_at(place), "{:?} at {place:?}", spec.action);
            }
        }
    }

    #[test]
    fn while_a_question_waits_no_other_key_counts_but_ctrl_c() {
        let mut model = running();
        model.overlay = Some(Overlay::Confirm(Confirm { what: ConfirmWhat::Quit, yes: false }));
        for key in ['q', 'p', 'x', 'c', 'b', 'e', '1', '?'] {
            assert_eq!(of_key(&model, Key::Char(key)), None, "{key}");
        }
        assert_eq!(of_key(&model, Key::Ctrl('c')), Some(Action::Interrupt));
        assert_eq!(of_key(&model, Key::Esc), Some(Action::AnswerNo));
        assert_eq!(of_key(&model, Key::Tab), Some(Action::OtherAnswer));
    }

    #[test]
    fn what_does_not_work_yet_has_no_key() {
        for key in ['/', 's', 'y', ':', 'z'] {
            assert_eq!(of_key(&running(), Key::Char(key)), None, "{key}");
        }
    }

    #[test]
    fn the_bar_keeps_disabled_actions_in_sight_and_says_why() {
        let bar = bar(&model());
        let pause = bar.iter().find(|item| item.key == Key::Char('p')).unwrap();
        assert_eq!(pause.disabled.as_deref(), Some("the session is still starting"));
        assert_eq!(bar.iter().find(|item| item.key == Key::Char('q')).unwrap().disabled, None);
    }

    #[test]
    fn the_bar_of_an_end_says_what_ctrl_c_would_do() {
        let mut model = running();
        assert!(bar(&model).iter().all(|item| item.key != Key::Ctrl('c')));
        model.ending = true;
        let bar = bar(&model);
        assert!(bar.iter().any(|item| item.key == Key::Ctrl('c') && item.name == "stop waiting"));
        assert!(bar.iter().all(|item| item.key != Key::Char('p')), "nothing that is over is in its way");
    }
}
