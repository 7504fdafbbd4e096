//! One line of the journal: what is in it. How it is printed and read back stands in `line`.

use std::fmt;

use super::line;
use crate::domain::fact::{Fact, NotAFact};
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

pub use super::line::NotALine;

/// A SHA-256, printed as 64 lower-case hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

/// The newest line of a chain: who follows it must name both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub n: u64,
    /// Its hash.
    pub hash: Hash,
}

/// A fact that is to become a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it happened, on the session's clock.
    pub at: Timestamp,
    /// Whose it is.
    pub session: Option<SessionId>,
    /// What happened.
    pub fact: Fact,
}

/// A whole line whose hash holds, as it stands in the bytes of its segment: reading on costs no copy of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View<'a> {
    /// Its number in the house's one chain, from 0 on.
    pub n: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Whose it is.
    pub session: Option<SessionId>,
    /// What kind of fact it says it is.
    pub kind: &'a str,
    /// The bytes as written, without the newline.
    pub text: &'a str,
    /// The highest number that was known to be on disk when it was written; −1 for none.
    pub ack: i64,
    /// The hash of the line before.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
}

/// A whole line whose hash holds, to be kept or handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the house's one chain, from 0 on.
    pub n: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Whose it is.
    pub session: Option<SessionId>,
    /// What kind of fact it says it is.
    pub kind: String,
    /// The bytes as written, without the newline.
    pub text: String,
    /// The highest number that was known to be on disk when it was written; −1 for none.
    pub ack: i64,
    /// The hash of the line before.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
}

impl View<'_> {
    /// What the next line follows.
    pub const fn head(&self) -> Head {
        Head { n: self.n, hash: self.hash }
    }

    /// A copy that outlives the segment's bytes.
    pub fn to_line(self) -> Line {
        let Self { n, at, session, kind, text, ack, prev, hash } = self;
        Line { n, at, session, kind: kind.to_owned(), text: text.to_owned(), ack, prev, hash }
    }

    /// The fact, read from the text; or why this program cannot read it: such a line is kept and passed over, never
    /// fatal.
    pub fn fact(&self) -> Result<Fact, NotAFact> {
        Fact::from_line(self.kind, self.text)
    }
}

impl Line {
    /// A line without its newline, if it is whole, of a version that is known, and its hash holds.
    pub fn read(text: &str) -> Result<Self, NotALine> {
        line::parse(text.as_bytes()).map(View::to_line)
    }

    /// What the next line follows.
    pub const fn head(&self) -> Head {
        Head { n: self.n, hash: self.hash }
    }

    /// As [`View::fact`].
    pub fn fact(&self) -> Result<Fact, NotAFact> {
        Fact::from_line(&self.kind, &self.text)
    }
}

impl Hash {
    /// From 64 lower-case hex digits, and from nothing else: a digit that changed its case is damage.
    pub fn from_hex(text: &str) -> Option<Self> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
        let mut hash = Self::default();
        if pairs.len() != hash.0.len() {
            return None;
        }
        // A hash is no secret: its digits need not all take the same time, as they do in `base16ct`.
        for (byte, [high, low]) in hash.0.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(hash)
    }

    /// Its 64 digits.
    pub(super) fn hex(self) -> [u8; 64] {
        let mut text = [0; 64];
        // It fails only where the room is too small.
        let _ = base16ct::lower::encode(&self.0, &mut text);
        text
    }
}

const fn digit(sign: u8) -> Option<u8> {
    match sign {
        b'0'..=b'9' => Some(sign - b'0'),
        b'a'..=b'f' => Some(sign - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.hex()).map_err(|_| fmt::Error)?)
    }
}
