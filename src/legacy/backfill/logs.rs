//! What logs tell of sessions: the newest line of each, and whether it speaks of an end.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::super::adopt::spans::Spans;
use super::super::moment::moment;
use super::lines::Lines;
use crate::domain::halt::HaltReason;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

/// A clock that goes back by less than this is ordinary: threads write past each other.
const ORDINARY: Duration = Duration::from_secs(1);

/// The newest line of a session in all logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSign {
    /// When it was written, by its own time.
    pub at: Timestamp,
    /// Why the session ended, if any line says so.
    pub reason: Option<HaltReason>,
    /// How far the log's clock went back, the longest step.
    pub turned_back: Duration,
    file: String,
    line: u64,
    of_an_end: bool,
    /// Whether the file bears the session's start in its name.
    pub names_its_session: bool,
}

/// Signs of all sessions.
#[derive(Clone, Debug, Default)]
pub struct LogSigns {
    signs: BTreeMap<SessionId, LogSign>,
    /// How many lines with a time were read.
    pub lines: u64,
}

/// A log that cannot be read.
#[derive(Debug, Error)]
#[error("cannot read the log {}: {why}; name a file or a folder that can be read", path.display())]
pub struct LogUnreadable {
    path: PathBuf,
    why: io::Error,
}

impl LogSigns {
    /// Reads logs and all files in folders of logs, each from its beginning to its end, holding one line at a time.
    pub fn read(paths: &[PathBuf], spans: &Spans) -> Result<Self, LogUnreadable> {
        let mut signs = Self::default();
        for path in paths {
            let failed = |why| LogUnreadable { path: path.clone(), why };
            if path.is_dir() {
                let mut inside = fs::read_dir(path)
                    .and_then(|entries| {
                        entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()
                    })
                    .map_err(failed)?;
                inside.retain(|path| path.is_file());
                inside.sort();
                for file in inside {
                    signs.file(&file, spans).map_err(|why| LogUnreadable { path: file.clone(), why })?;
                }
            } else if path.is_file() || !path.exists() {
                signs.file(path, spans).map_err(failed)?;
            } else {
                // A pipe would be waited for without an end.
                return Err(failed(io::Error::other("it is neither a file nor a folder")));
            }
        }
        Ok(signs)
    }

    /// What the logs tell of a session.
    pub fn of(&self, session: SessionId) -> Option<&LogSign> {
        self.signs.get(&session)
    }

    fn file(&mut self, path: &Path, spans: &Spans) -> io::Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let named = start_in(&name).and_then(|start| spans.begun_at(start));
        let mut before: Option<Timestamp> = None;
        let mut turned_back = Duration::ZERO;
        for line in Lines::new(File::open(path)?)? {
            let (line, mut text) = line?;
            let Some(at) = time_of(&text) else { continue };
            self.lines += 1;
            let step = before.map_or(Duration::ZERO, |before| before.since(at));
            before = Some(at);
            let session = spans.newest_at(at).filter(|session| named.is_none_or(|named| named == *session));
            let Some(session) = session else { continue };
            if step > ORDINARY {
                turned_back = turned_back.max(step);
            }
            text.make_ascii_lowercase();
            let sign = LogSign {
                at,
                names_its_session: named.is_some(),
                reason: reason(&text),
                turned_back,
                file: name.clone(),
                line,
                of_an_end: speaks_of_an_end(&text),
            };
            self.take(session, sign);
        }
        Ok(())
    }

    fn take(&mut self, session: SessionId, sign: LogSign) {
        let Some(newest) = self.signs.get_mut(&session) else {
            self.signs.insert(session, sign);
            return;
        };
        let reason = newest.reason.or(sign.reason);
        let turned_back = newest.turned_back.max(sign.turned_back);
        if sign.at >= newest.at {
            *newest = sign;
        }
        (newest.reason, newest.turned_back) = (reason, turned_back);
    }
}

/// The time at a line's beginning.
fn time_of(line: &str) -> Option<Timestamp> {
    let line = line.trim_start_matches(|sign: char| !sign.is_ascii_digit() && sign != '\n');
    let end = line.find(|sign: char| !(sign.is_ascii_digit() || "-:.,T ".contains(sign))).unwrap_or(line.len());
    let text = line.get(..end)?.trim_end_matches([' ', ',', '.', '-', ':']);
    // The level may be a number: no more than the time itself is read.
    let time = text.char_indices().nth(26).map_or(text, |(end, _)| &text[..end]);
    moment(time).or_else(|| moment(text.get(..23)?)).or_else(|| moment(text.get(..19)?))
}

/// `20260413T033618` in a file's name.
fn start_in(name: &str) -> Option<Timestamp> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (0..name.len()).find_map(|from| {
        let stamp = name.get(from..from + 15)?;
        let (day, time) = stamp.split_once('T').filter(|(day, time)| day.len() == 8 && digits(day) && digits(time))?;
        let (year, month, day) = (&day[..4], &day[4..6], &day[6..]);
        moment(&format!("{year}-{month}-{day}T{}:{}:{}", &time[..2], &time[2..4], &time[4..]))
    })
}

/// Of a line in small letters.
fn speaks_of_an_end(line: &str) -> bool {
    ["shutting down", "shutdown", "sigint received", "sigterm received", "stopped", "exiting"]
        .iter()
        .any(|word| line.contains(word))
}

/// Of a line in small letters.
fn reason(line: &str) -> Option<HaltReason> {
    let named = [
        ("sigint received", HaltReason::InterruptedSigint),
        ("sigterm received", HaltReason::InterruptedSigterm),
        ("sigbreak received", HaltReason::InterruptedSigbreak),
    ];
    named.into_iter().find(|(word, _)| line.contains(word)).map(|(_, reason)| reason)
}

impl fmt::Display for LogSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of {}", self.line, self.file)?;
        if self.of_an_end {
            f.write_str(", which speaks of the end")?;
        }
        if self.turned_back > Duration::ZERO {
            write!(f, "; the log's clock went back by {} s", self.turned_back.as_secs())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        moment(text).unwrap()
    }

    fn spans() -> Spans {
        Spans::new([(SessionId(1), at("2026-04-13T03:36:18")), (SessionId(2), at("2026-04-13T04:00:00"))])
    }

    fn read(name: &str, text: &str) -> LogSigns {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        LogSigns::read(&[folder.path().to_owned()], &spans()).unwrap()
    }

    #[test]
    fn a_line_belongs_to_the_session_of_its_time_and_says_why_it_ended() {
        let signs = read(
            "any.log",
            "2026-04-13 03:40:00,120 INFO a\n  a trace without a time\n2026-04-13 03:41:00,500 WARNING SIGINT received - shutting down\n\
             [2026-04-13T04:01:00.250Z] INFO b\n2026-04-13 03:00:00,000 INFO before all\n",
        );
        let one = signs.of(SessionId(1)).unwrap();
        assert_eq!((one.at, one.reason), (at("2026-04-13T03:41:00.500"), Some(HaltReason::InterruptedSigint)));
        assert_eq!(one.to_string(), "line 3 of any.log, which speaks of the end");
        assert_eq!(signs.of(SessionId(2)).unwrap().at, at("2026-04-13T04:01:00.250"));
    }

    #[test]
    fn a_log_named_after_a_session_tells_of_no_other() {
        let text = "2026-04-13 03:40:00,120 INFO a\n2026-04-13 04:40:00,120 INFO a clock that ran ahead\n";
        let signs = read("session_20260413T033618.log", text);
        assert!(signs.of(SessionId(1)).is_some() && signs.of(SessionId(2)).is_none());
    }

    #[test]
    fn a_clock_that_went_back_is_told_and_makes_the_end_less_sure() {
        let signs = read("any.log", "2026-04-13 03:50:00,000 INFO a\n2026-04-13 03:40:00,000 INFO b\n");
        let sign = signs.of(SessionId(1)).unwrap();
        assert_eq!((sign.at, sign.turned_back), (at("2026-04-13T03:50:00"), Duration::from_mins(10)));
        assert!(sign.to_string().contains("went back by 600 s"), "{sign}");
    }
}
