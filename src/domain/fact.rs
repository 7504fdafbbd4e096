//! Facts: what must never be lost. Each is one line of the journal: a `kind` and a `body`.
//!
//! A profit, a receipt and a past session's page are made of facts alone. The texts here are a format on disk: a field
//! may be added with a default, never renamed or removed within one [`VERSION`].

mod ending;

use serde::{Deserialize, Serialize};

use super::adoption::{Adopted, Backfilled};
use super::capital::Capital;
use super::custody::Restored;
use super::fill::Fill;
use super::incident::Incident;
use super::inventory::Inventory;
use super::mode::ModeChange;
use super::money::{Drops, Price};
use super::order::{OrderId, OrderSpec};
use super::session::{SessionId, SessionMode};
use super::venue::VenueKind;

pub use ending::{EndBegun, PhaseFailure, SessionClosed, SessionRecovered, Totals};

/// The version of the lines that this program writes. It reads all up to this one, and refuses newer ones.
pub const VERSION: u32 = 1;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Fact {
    /// A session began, with its effective config.
    SessionOpened(Box<SessionOpened>),
    /// What the venue says we hold, against our books. The first one of a session is its starting inventory.
    Truth(TruthCheck),
    /// We are going to ask the venue for something. Nothing is sent before this is on disk.
    Intent(Intent),
    /// A step of an order's life.
    Order(OrderStep),
    /// An exchange of ours.
    Fill(Fill),
    /// Money moved in or out.
    Capital(Capital),
    /// The engine changed its mode.
    Mode(ModeChange),
    /// A guard fired.
    Guard(GuardFired),
    /// The operator asked for something.
    Command(OperatorCommand),
    /// Something went wrong.
    Incident(Incident),
    /// The seal: no new orders from here on.
    EndBegun(EndBegun),
    /// The session is closed.
    SessionClosed(Box<SessionClosed>),
    /// The session was closed by a later start.
    SessionRecovered(Box<SessionRecovered>),
    /// Files were put right.
    Restored(Restored),
    /// A database of the earlier engine was taken over.
    Adopted(Box<Adopted>),
    /// An adopted session was given an end.
    Backfilled(Box<Backfilled>),
}

/// How a session began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionOpened {
    /// The operator's own name for it; may be empty.
    pub label: String,
    /// Whose money it is.
    pub mode: SessionMode,
    /// Where it trades.
    pub venue: VenueKind,
    /// The session that it follows in this database, if any.
    pub parent: Option<SessionId>,
    /// How time runs in it: `real`, or `simulated` and how fast.
    pub clock: String,
    /// What all its randomness comes from.
    pub seed: u64,
    /// How long it is meant to last, in milliseconds of its own clock.
    pub duration_ms: Option<u64>,
    /// The effective config, secrets taken out.
    pub config: serde_json::Value,
    /// The first 12 hex digits of the SHA-256 of `config`'s text.
    pub config_hash: String,
    /// Which program: version and commit.
    pub build: String,
    /// On which machine.
    pub host: String,
    /// As which process.
    pub pid: u32,
}

/// What a truth check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first look of a session: it is where the books begin.
    Opening,
    /// Books and ledger agree to the last digit.
    Ok,
    /// They differ, by less than the limit for degrading.
    Warn,
    /// They differ by more than is bearable.
    Halt,
    /// The venue did not say.
    Unverified,
}

/// What the venue says we hold, against what our books say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthCheck {
    /// What the venue says.
    pub venue: Inventory,
    /// What our books say.
    pub books: Inventory,
    /// After which ledger.
    pub ledger: u32,
    /// The mid at that moment.
    pub mid: Price,
    /// What follows.
    pub verdict: Verdict,
}

/// What we are going to ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "want", rename_all = "snake_case")]
pub enum Intent {
    /// Place this order.
    Submit(OrderSpec),
    /// Take this order out of the book.
    Cancel {
        /// Which.
        order: OrderId,
        /// Why, in a few words.
        why: String,
    },
}

/// A step of an order's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderStep {
    /// Which order.
    pub order: OrderId,
    /// Which step.
    #[serde(flatten)]
    pub step: Step,
}

/// The steps of an order's life, fills aside. Where the venue charged us, `fee` at `mid` says how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Handed to the venue.
    Sent,
    /// In the venue's book.
    Rests {
        /// Since which ledger.
        ledger: u32,
        /// Network fee.
        fee: Drops,
        /// The mid when it was paid.
        mid: Price,
    },
    /// The venue did not take it.
    Refused {
        /// In which ledger.
        ledger: u32,
        /// The venue's own code.
        code: String,
        /// Network fee.
        fee: Drops,
        /// The mid when it was paid.
        mid: Price,
    },
    /// A cancel was handed to the venue. Asked is not gone.
    CancelSent,
    /// Taken out of the book because we asked.
    Cancelled {
        /// In which ledger.
        ledger: u32,
        /// Network fee.
        fee: Drops,
        /// The mid when it was paid.
        mid: Price,
    },
    /// A cancel touched nothing, which proves nothing.
    CancelFoundNothing {
        /// In which ledger.
        ledger: u32,
        /// Network fee.
        fee: Drops,
        /// The mid when it was paid.
        mid: Price,
    },
    /// Intended and never sent.
    NeverSent,
    /// The venue ended, and its book with it.
    VenueEnded,
}

/// A guard fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardFired {
    /// Which guard: `xrp_exposure`, `rlusd_exposure`, `drawdown`, `stale_market`, …
    pub guard: String,
    /// What was measured, with its unit.
    pub measured: String,
    /// The limit, with its unit.
    pub limit: String,
    /// What follows, in a few words.
    pub action: String,
}

/// What an operator asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum OperatorCommand {
    /// Stop quoting, keep the session.
    Pause,
    /// Quote again.
    Resume,
    /// Cancel every order now.
    CancelAll {
        /// The orders that this means.
        orders: Vec<OrderId>,
    },
    /// Checkpoint the store now.
    Checkpoint,
    /// Back the store up now.
    Backup,
    /// An incident was read.
    Acknowledge {
        /// Which.
        incident: u32,
    },
}

/// Why a line's kind and body are not a fact.
#[derive(Debug, thiserror::Error)]
#[error("a fact of kind `{kind}` that this program cannot read: {why}")]
pub struct NotAFact {
    kind: String,
    why: serde_json::Error,
}

impl Fact {
    /// As in the line's `kind`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SessionOpened(_) => "session_opened",
            Self::Truth(_) => "truth",
            Self::Intent(_) => "intent",
            Self::Order(_) => "order",
            Self::Fill(_) => "fill",
            Self::Capital(_) => "capital",
            Self::Mode(_) => "mode",
            Self::Guard(_) => "guard",
            Self::Command(_) => "command",
            Self::Incident(_) => "incident",
            Self::EndBegun(_) => "end_begun",
            Self::SessionClosed(_) => "session_closed",
            Self::SessionRecovered(_) => "session_recovered",
            Self::Restored(_) => "restored",
            Self::Adopted(_) => "adopted",
            Self::Backfilled(_) => "backfilled",
        }
    }

    /// The text `"kind":"…","body":{…}`, as it stands in a journal line.
    ///
    /// # Panics
    /// Never: facts are plain data, and nothing in them can fail to print.
    pub fn to_json_fields(&self) -> String {
        let object = serde_json::to_string(self).expect("facts are plain data: nothing in them can fail to print");
        object[1..object.len() - 1].to_owned()
    }

    /// Reads the fact of that kind back from a whole journal line: what stands around `kind` and `body` is passed over.
    /// The kind stands before the body, so that the body is read at once as what it is.
    pub fn from_line(kind: &str, text: &str) -> Result<Self, NotAFact> {
        serde_json::from_str(text).map_err(|why| NotAFact { kind: kind.to_owned(), why })
    }

    /// Reads a fact back from a line's `kind` and `body`.
    pub fn from_parts(kind: &str, body: &str) -> Result<Self, NotAFact> {
        #[derive(Serialize)]
        struct Parts<'a> {
            kind: &'a str,
            body: &'a serde_json::value::RawValue,
        }
        let parts = serde_json::from_str(body)
            .and_then(|body| serde_json::to_string(&Parts { kind, body }))
            .and_then(|text| serde_json::from_str(&text));
        parts.map_err(|why| NotAFact { kind: kind.to_owned(), why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step() -> Fact {
        let order = OrderId { session: SessionId(39), number: 12 };
        let mid = "1.4199".parse().unwrap();
        Fact::Order(OrderStep { order, step: Step::Rests { ledger: 7, fee: Drops::new(12), mid } })
    }

    #[test]
    fn a_fact_prints_its_kind_and_body() {
        let text = step().to_json_fields();
        assert_eq!(
            text,
            r#""kind":"order","body":{"order":"39-12","step":"rests","ledger":7,"fee":"0.000012","mid":"1.4199"}"#
        );
    }

    #[test]
    fn a_fact_is_read_back_from_its_parts_and_ignores_fields_it_does_not_know() {
        let body = r#"{"order":"39-12","step":"rests","ledger":7,"fee":"0.000012","mid":"1.4199","new":[1]}"#;
        assert_eq!(Fact::from_parts("order", body).unwrap(), step());
    }

    #[test]
    fn a_kind_from_another_world_is_named_in_the_error() {
        assert!(Fact::from_parts("coffee", "{}").unwrap_err().to_string().contains("`coffee`"));
        assert!(Fact::from_parts("fill", "{").is_err());
    }
}
