//! One line of the journal: what is in it, how it is printed and hashed, how it is read back.

use std::fmt;

use crate::domain::fact::Fact;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

/// A SHA-256, printed as 64 lower-case hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

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

/// A whole line whose hash holds.
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
    /// The fact, or why this program cannot read it: such a line is kept and passed over, never fatal.
    pub fact: Result<Fact, String>,
    /// The bytes as written, without the newline.
    pub text: String,
    /// The highest number that was known to be on disk when it was written; −1 for none.
    pub ack: i64,
    /// The hash of the line before.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
