//! Reading keys, on a thread that nothing waits for: it may block for ever, and on a dead terminal it would.

use std::io;
use std::thread;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::UnboundedSender;

use crate::console::app::key::Key;
use crate::console::app::model::Size;
use crate::console::app::msg::Msg;

/// Starts the thread. It ends when nobody listens any more, or when nothing can be read.
pub fn listen(told: UnboundedSender<Msg>) -> io::Result<()> {
    thread::Builder::new().name("input".to_owned()).spawn(move || read_on(&told))?;
    Ok(())
}

fn read_on(told: &UnboundedSender<Msg>) {
    while !told.is_closed() {
        let told_all = match event::read() {
            Ok(event) => translate(&event).is_none_or(|msg| told.send(msg).is_ok()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => true,
            Err(error) => {
                tracing::error!(%error, "keys cannot be read any more");
                // Ignored: if nobody listens, the console has ended and needs no keys.
                let _ = told.send(Msg::InputLost(error.to_string()));
                false
            }
        };
        if !told_all {
            return;
        }
    }
}

/// What an event of the terminal means to the console; `None` if nothing.
fn translate(event: &Event) -> Option<Msg> {
    match *event {
        Event::Key(key) => translate_key(key).map(Msg::Key),
        Event::Paste(_) => Some(Msg::Paste),
        Event::Resize(width, height) => Some(Msg::Resize(Size { width, height })),
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
    }
}

fn translate_key(key: KeyEvent) -> Option<Key> {
    // Windows tells releases too.
    if key.kind == KeyEventKind::Release || key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    Some(match key.code {
        KeyCode::Char(letter) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Ctrl(letter.to_ascii_lowercase())
        }
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => Key::BackTab,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        translate_key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn shift_is_in_the_letter_and_ctrl_beside_it() {
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Key::Char('G')));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Key::Ctrl('c')));
        assert_eq!(key(KeyCode::Char('C'), KeyModifiers::CONTROL | KeyModifiers::SHIFT), Some(Key::Ctrl('c')));
    }

    #[test]
    fn a_letter_with_alt_ends_no_session() {
        assert_eq!(key(KeyCode::Char('q'), KeyModifiers::ALT), None);
    }

    #[test]
    fn letting_a_key_go_is_not_pressing_it() {
        let released = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(translate_key(released), None);
    }

    #[test]
    fn shift_tab_has_one_name_on_every_terminal() {
        assert_eq!(key(KeyCode::BackTab, KeyModifiers::SHIFT), Some(Key::BackTab));
        assert_eq!(key(KeyCode::Tab, KeyModifiers::SHIFT), Some(Key::BackTab));
    }

    #[test]
    fn what_was_pasted_stays_apart_from_keys() {
        assert!(matches!(translate(&Event::Paste("q".to_owned())), Some(Msg::Paste)));
    }
}
