//! The journal read by CONTRACT alone: JSON, SHA-256 of the bytes before the last `,"hash":"`, and the rule that what
//! lies behind the line that a later segment follows is void.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::books::number;

/// One fact of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub n: usize,
    /// The highest number that was known to be on disk when it was written; −1 for none.
    pub ack: i64,
    pub at: String,
    pub session: Option<i64>,
    pub kind: String,
    /// As written, byte for byte.
    pub body: String,
    /// The whole line as written, without its newline.
    pub line: String,
    pub hash: String,
}

/// All facts that count, in order.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    pub links: Vec<Link>,
    /// Whole or broken lines that do not count.
    pub void: usize,
    /// The highest number that any line, void ones too, knows to be on disk; −1 for none.
    pub known: i64,
}

#[derive(Deserialize)]
struct Written<'a> {
    v: u32,
    n: usize,
    ack: i64,
    at: String,
    session: Option<i64>,
    kind: String,
    #[serde(borrow)]
    body: &'a RawValue,
    prev: String,
    hash: String,
}

impl Link {
    /// The body, taken apart.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body is JSON")
    }

    /// A text of the body, such as `cause.reason` by the path `/cause/reason`.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let json = self.json();
        let found = json.pointer(path).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at {path} in {}", self.line)).to_owned()
    }
}

impl Chain {
    /// Reads and checks all segments in a folder; the error says which line is wrong, and how.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let mut chain = Self { known: -1, ..Self::default() };
        for segment in segments(folder) {
            chain.follow(&segment)?;
        }
        if usize::try_from(chain.known + 1).expect("never below −1") > chain.links.len() {
            return Err(format!(
                "line {} was acknowledged, and the chain ends before {}",
                chain.known,
                chain.links.len()
            ));
        }
        Ok(chain)
    }

    /// Takes in one segment.
    fn follow(&mut self, segment: &Path) -> Result<(), String> {
        let bytes = fs::read(segment).map_err(|why| format!("{}: {why}", segment.display()))?;
        let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut is_first = true;
        for raw in lines.by_ref() {
            let Some((link, prev)) = whole(raw) else {
                self.void += 1;
                break;
            };
            if is_first && named(segment) != link.n {
                return Err(format!("{} begins with line {}", segment.display(), link.n));
            }
            if is_first {
                self.turn(&link)?;
            }
            is_first = false;
            self.add(link, &prev).map_err(|why| format!("{}: {why}", segment.display()))?;
        }
        // Behind a broken line nothing counts, but what stands there may still know of lines that do.
        for raw in lines {
            self.void += 1;
            self.known = whole(raw).map_or(self.known, |(link, _)| link.ack.max(self.known));
        }
        Ok(())
    }

    /// A later segment begins with `first`: what lies behind the line that it follows is void.
    fn turn(&mut self, first: &Link) -> Result<(), String> {
        if first.n > self.links.len() {
            return Err(format!("lines {} to {} are missing", self.links.len(), first.n - 1));
        }
        if i64::try_from(first.n).expect("few lines") <= self.known {
            return Err(format!("a segment begins at {} and line {} was acknowledged", first.n, self.known));
        }
        self.void += self.links.len() - first.n;
        self.links.truncate(first.n);
        Ok(())
    }

    fn add(&mut self, link: Link, prev: &str) -> Result<(), String> {
        let zeros = "0".repeat(64);
        let before = self.links.last().map_or(zeros.as_str(), |last| &last.hash);
        if link.n != self.links.len() {
            return Err(format!("line {} stands where {} should", link.n, self.links.len()));
        }
        if prev != before {
            return Err(format!("line {} does not follow the one before it", link.n));
        }
        if link.ack >= i64::try_from(link.n).expect("few lines") {
            return Err(format!("line {} claims that {} was on disk before it", link.n, link.ack));
        }
        if self.links.last().is_some_and(|last| last.ack > link.ack) {
            return Err(format!("line {} knows of fewer lines on disk than the one before it", link.n));
        }
        self.known = self.known.max(link.ack);
        self.links.push(link);
        Ok(())
    }

    /// All facts of one session.
    pub fn of_session(&self, session: i64) -> Vec<&Link> {
        self.links.iter().filter(|link| link.session == Some(session)).collect()
    }

    /// All facts of one kind.
    pub fn of_kind(&self, kind: &str) -> Vec<&Link> {
        self.links.iter().filter(|link| link.kind == kind).collect()
    }

    /// Orders that were intended and are not yet known to be gone, each with what is left of it, in drops.
    pub fn open_orders(&self) -> BTreeMap<String, i128> {
        let mut open = BTreeMap::new();
        for link in &self.links {
            let body = link.json();
            let order = body.get("order").or_else(|| body.get("id")).and_then(Value::as_str).unwrap_or_default();
            match (link.kind.as_str(), body["want"].as_str().or_else(|| body["step"].as_str())) {
                ("intent", Some("submit")) => {
                    open.insert(order.to_owned(), number(&body, "/quantity", 6));
                }
                ("order", Some("cancelled" | "refused" | "never_sent" | "venue_ended")) => {
                    open.remove(order);
                }
                ("fill", _) => {
                    if let Some(left) = open.get_mut(order) {
                        *left -= number(&body, "/quantity", 6);
                    }
                }
                _ => {}
            }
        }
        open.retain(|_, left| *left > 0);
        open
    }

    /// The orders of one session that were wanted and are not known to be gone.
    pub fn open_orders_of(&self, session: i64) -> Vec<String> {
        let prefix = format!("{session}-");
        self.open_orders().into_keys().filter(|order| order.starts_with(&prefix)).collect()
    }

    /// The newest fact of a kind.
    #[track_caller]
    pub fn last(&self, kind: &str) -> &Link {
        let last = self.links.iter().rfind(|link| link.kind == kind);
        last.unwrap_or_else(|| panic!("no `{kind}` among {} facts", self.links.len()))
    }
}

/// The segments of a folder, in the order of their names; none if it is not there.
pub fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("a folder that can be listed").path());
    let mut segments: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    segments.sort();
    segments
}

/// The number in a segment's name.
fn named(segment: &Path) -> usize {
    let stem = segment.file_stem().and_then(|stem| stem.to_str()).expect("a segment has a name");
    stem.parse().expect("a segment is named by a number")
}

/// As 64 hex digits.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// A line whose hash holds, with the hash that it follows.
fn whole(raw: &[u8]) -> Option<(Link, String)> {
    let line = str::from_utf8(raw).ok()?;
    let written: Written<'_> = serde_json::from_str(line).ok()?;
    let (hashed, _) = line.rsplit_once(r#","hash":""#)?;
    let hash = sha256(hashed);
    if hash != written.hash || written.v != 1 {
        return None;
    }
    let Written { n, ack, at, session, kind, body, prev, .. } = written;
    Some((Link { n, ack, at, session, kind, body: body.get().to_owned(), line: line.to_owned(), hash }, prev))
}
