//! What was done to the files themselves, as facts: so that the chain tells of its own mending.

use serde::{Deserialize, Serialize};

/// What was put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Healing {
    /// The store was made anew from the journal.
    StoreRebuilt,
    /// The store was made from a backup and the journal.
    StoreRestored,
    /// An exchange of the store that was cut off was finished.
    StoreExchanged,
    /// Files that belong to another state of the store were taken from beside it.
    SidecarsSetAside,
    /// Broken or lost lines of the journal were put right.
    JournalMended,
    /// Files that bore a segment's name and were none were taken out of the journal, or got their own names back.
    SegmentsSorted,
    /// The journal's lost end was put back.
    JournalHealed,
}

/// Files were put right. Nothing in it changes what any session did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// What was done.
    pub what: Healing,
    /// From where: `journal`, `store`, or a backup's file name.
    pub from: String,
    /// The folder in `s.quarantine/` that has what was there before; `None` if nothing was in the way.
    pub quarantine: Option<String>,
    /// How many lines were taken over.
    pub lines: u64,
}

/// A digest of all readings of a session that are in the store: what changes one of them later shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingsDigest {
    /// How many rows of `market_snapshots` the session has.
    pub market: u64,
    /// How many rows of `valuation_snapshots`.
    pub valuations: u64,
    /// The SHA-256, in hex, over both tables' rows in the order of their keys. What is digested of a row stands in the
    /// store's `digest`.
    pub sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fact::Fact;

    #[test]
    fn a_healing_has_exactly_the_promised_form() {
        let restored = Restored {
            what: Healing::StoreRebuilt,
            from: "journal".to_owned(),
            quarantine: Some("20261122T184001Z-malformed".to_owned()),
            lines: 1_252,
        };
        let body =
            r#"{"what":"store_rebuilt","from":"journal","quarantine":"20261122T184001Z-malformed","lines":1252}"#;
        assert_eq!(Fact::Restored(restored.clone()).to_json_fields(), format!(r#""kind":"restored","body":{body}"#));
        assert_eq!(Fact::from_parts("restored", body).unwrap(), Fact::Restored(restored));
    }
}
