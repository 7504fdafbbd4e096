//! One event as one line: JSON for the file, words for people.

use std::fmt::{self, Write as _};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use crate::domain::secret;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

/// The names that every line has; a field of the same name gets an underscore.
const RESERVED: [&str; 5] = ["timestamp", "level", "target", "message", "session_id"];

/// An event with its message and its fields taken out, ready to be printed in several ways.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) level: Level,
    pub(super) target: String,
    pub(super) message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Line {
    /// What `event` says, as of `at`.
    pub(super) fn of(event: &Event<'_>, at: Timestamp) -> Self {
        let meta = event.metadata();
        let mut line =
            Self { at, level: *meta.level(), target: meta.target().to_owned(), message: String::new(), fields: vec![] };
        event.record(&mut line);
        line.hide_secrets();
        line
    }

    /// Whoever logs, and whatever others said to them: no secret gets into the log.
    fn hide_secrets(&mut self) {
        self.message = secret::hidden(&self.message).into_owned();
        for (_, value) in &mut self.fields {
            if let Value::String(words) = value {
                *words = secret::hidden(words).into_owned();
            }
        }
    }

    /// One JSON object with a newline after it: `timestamp`, `level`, `target`, `message`, `session_id` (`null` while
    /// there is none), then the fields in their own order.
    pub(super) fn to_json(&self, session: Option<SessionId>) -> String {
        let head: [Value; 5] = [
            self.at.to_string().into(),
            self.level.as_str().into(),
            self.target.as_str().into(),
            self.message.as_str().into(),
            session.map(|session| session.0).into(),
        ];
        let mut json = String::with_capacity(160);
        for (name, value) in RESERVED.into_iter().zip(head) {
            push_member(&mut json, name, &value);
        }
        for (name, value) in &self.fields {
            if RESERVED.contains(name) {
                push_member(&mut json, &format!("{name}_"), value);
            } else {
                push_member(&mut json, name, value);
            }
        }
        json.push_str("}\n");
        json
    }

    /// `message field=value …`, on one line.
    pub(super) fn in_words(&self) -> String {
        let mut words = one_line(&self.message);
        for (name, value) in &self.fields {
            let value = value.as_str().map_or_else(|| value.to_string(), one_line);
            let gap = if words.is_empty() { "" } else { " " };
            push(&mut words, format_args!("{gap}{name}={value}"));
        }
        words
    }

    /// `18:40:01.123 WARN  message field=value`, with a newline after it.
    pub(super) fn for_stderr(&self) -> String {
        let at = self.at.to_string();
        let time = at.get(11..23).unwrap_or(&at);
        format!("{time} {:5} {}\n", self.level.as_str(), self.in_words())
    }

    /// `<4>message field=value`, with a newline after it: the weight is syslog's, as in sd-daemon(3).
    pub(super) fn for_journald(&self) -> String {
        let weight = match self.level {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        format!("<{weight}>{}\n", self.in_words())
    }
}

/// Writing into a string cannot fail.
fn push(text: &mut String, arguments: fmt::Arguments<'_>) {
    text.write_fmt(arguments).unwrap_or_default();
}

fn push_member(json: &mut String, name: &str, value: &Value) {
    let before = if json.is_empty() { '{' } else { ',' };
    push(json, format_args!("{before}{}:{value}", Value::from(name)));
}

/// `text` on one line and without control characters: what came from outside must neither break a line nor steer a
/// terminal.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if c.is_control() => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            push(&mut self.message, format_args!("{value:?}"));
        } else {
            self.fields.push((field.name(), format!("{value:?}").into()));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.fields.push((field.name(), value.into()));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let causes = std::iter::successors(Some(value), |error| error.source());
        let words: Vec<String> = causes.map(ToString::to_string).collect();
        self.fields.push((field.name(), words.join(": ").into()));
    }
}

#[cfg(test)]
impl Line {
    /// A line without fields, of target `neo`.
    pub(super) fn plain(at: Timestamp, level: Level, message: &str) -> Self {
        Self { at, level, target: "neo".to_owned(), message: message.to_owned(), fields: vec![] }
    }
}
