//! A session's identity and the states of its row.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[doc = $enum_doc:literal])+ $enum:ident { $($(#[doc = $doc:literal])+ $name:ident = $text:literal,)* })*) => {$(
        $(#[doc = $enum_doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $enum {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)*
        }

        impl $enum {
            /// As in the database and in the journal.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The one with this text, if there is one.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }

        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    )*};
}

/// A session's number, from 1 on, never used twice in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub i64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

words! {
    /// Where a session stands.
    Status {
        /// Running, or left behind by a process that is gone.
        Open = "OPEN",
        /// Its end is sealed and not yet complete.
        Closing = "CLOSING",
        /// Closed by itself.
        Closed = "CLOSED",
        /// Closed by a later start.
        Recovered = "RECOVERED",
    }

    /// What tells when a session ended.
    EndedAtSource {
        /// It closed itself then.
        Closed = "closed",
        /// The last fact in its journal.
        Journal = "journal",
        /// Its last heartbeat.
        Heartbeat = "heartbeat",
        /// A line in a log.
        Log = "log",
        /// Another reading.
        Evidence = "evidence",
        /// The operator's word.
        Operator = "operator",
    }

    /// Who ran it.
    Origin {
        /// This program.
        Own = "own",
        /// The earlier engine: its rows were taken over.
        Adopted = "adopted",
    }

    /// Whose money it is.
    SessionMode {
        /// Nobody's.
        Paper = "paper",
        /// Nobody's: a recorded market is played again.
        Replay = "replay",
        /// The operator's.
        Live = "live",
    }
}
