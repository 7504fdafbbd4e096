//! A line as text: printed with its place in the chain, and read back only if its hash holds.
//!
//! The hash is the SHA-256 of the line's bytes before its last `,"hash":`. Everything behind them has a fixed length, so
//! both hashes are found from the end, whatever stands in the body.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::record::{Entry, Hash, View};
use crate::domain::fact::VERSION;
use crate::domain::session::SessionId;

const PREV: &str = r#","prev":""#;
const HASH: &str = r#"","hash":""#;
const END: &str = r#""}"#;
const HEX: usize = 64;

/// Bytes that are no whole line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotALine {
    /// They do not have a line's form.
    #[error("it does not have the form of a line")]
    Form,
    /// They have, and were changed after they were written.
    #[error("its hash is {found} and should be {stated}")]
    Changed {
        /// As computed.
        found: Hash,
        /// As written.
        stated: Hash,
    },
    /// They are whole, and written by a newer program.
    #[error("it has version {version}, and this neo reads none above {VERSION}")]
    Newer {
        /// Its version.
        version: u32,
    },
}

/// Appends the line of a fact, without its newline, to `text`; returns its hash.
pub(super) fn print(text: &mut String, n: u64, ack: i64, entry: &Entry, prev: Hash) -> Hash {
    let start = text.len();
    let Entry { at, session, fact } = entry;
    let fields = fact.to_json_fields();
    let session: &dyn std::fmt::Display = match session {
        Some(session) => session,
        None => &"null",
    };
    write!(text, r#"{{"v":{VERSION},"n":{n},"ack":{ack},"at":"{at}","session":{session},{fields}{PREV}"#)
        .expect("a String takes all that is written");
    push_hex(text, prev);
    text.push('"');
    let hash = digest(&text.as_bytes()[start..]);
    text.push_str(&HASH[1..]);
    push_hex(text, hash);
    text.push_str(END);
    hash
}

/// Reads a line without its newline. Its fact is not looked at: one that cannot be read is part of a whole line.
pub(super) fn parse(bytes: &[u8]) -> Result<View<'_>, NotALine> {
    let text = str::from_utf8(bytes).map_err(|_| NotALine::Form)?;
    let (hashed, stated) = split_hash(text).ok_or(NotALine::Form)?;
    let found = digest(hashed.as_bytes());
    if found != stated {
        return Err(NotALine::Changed { found, stated });
    }
    let (version, rest) = version(hashed).ok_or(NotALine::Form)?;
    if version > VERSION {
        return Err(NotALine::Newer { version });
    }
    whole(text, rest, stated).ok_or(NotALine::Form)
}

fn digest(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

fn push_hex(text: &mut String, hash: Hash) {
    text.extend(hash.hex().map(char::from));
}

/// What was hashed, and the hash that is stated.
fn split_hash(text: &str) -> Option<(&str, Hash)> {
    let rest = text.strip_suffix(END)?;
    let (rest, hex) = rest.split_at_checked(rest.len().checked_sub(HEX)?)?;
    let hashed = rest.strip_suffix(&HASH[1..])?;
    Some((hashed, Hash::from_hex(hex)?))
}

fn version(hashed: &str) -> Option<(u32, &str)> {
    let (version, rest) = hashed.strip_prefix(r#"{"v":"#)?.split_once(',')?;
    Some((version.parse().ok()?, rest))
}

/// Takes a line apart, `rest` being what was hashed, behind the version.
fn whole<'a>(text: &'a str, rest: &'a str, hash: Hash) -> Option<View<'a>> {
    let (rest, prev) = rest.strip_suffix('"')?.split_at_checked(rest.len().checked_sub(HEX + 1)?)?;
    let prev = Hash::from_hex(prev)?;
    let rest = rest.strip_suffix(PREV)?;
    let (n, rest) = rest.strip_prefix(r#""n":"#)?.split_once(',')?;
    let (ack, rest) = rest.strip_prefix(r#""ack":"#)?.split_once(',')?;
    let (at, rest) = cut(rest.strip_prefix(r#""at":""#)?, r#"","#)?;
    let (session, fields) = rest.strip_prefix(r#""session":"#)?.split_once(',')?;
    let (kind, _) = cut(fields.strip_prefix(r#""kind":""#)?, r#"","body":"#)?;
    let session = if session == "null" { None } else { Some(SessionId(session.parse().ok()?)) };
    Some(View { n: n.parse().ok()?, at: at.parse().ok()?, session, kind, text, ack: ack.parse().ok()?, prev, hash })
}

/// As `split_once`, which prepares for longer searches than ours. `between` begins with an ASCII sign.
fn cut<'a>(text: &'a str, between: &str) -> Option<(&'a str, &'a str)> {
    let first = *between.as_bytes().first()?;
    let at = memchr::memchr_iter(first, text.as_bytes()).find(|&at| text[at..].starts_with(between))?;
    Some((&text[..at], &text[at + between.len()..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::fact::{Fact, OrderStep, Step};
    use crate::domain::money::Drops;
    use crate::domain::order::OrderId;
    use crate::domain::time::Timestamp;

    fn entry() -> Entry {
        let order = OrderId { session: SessionId(39), number: 12 };
        let step = Step::Rests { ledger: 7, fee: Drops::new(12), mid: "1.4199".parse().unwrap() };
        Entry {
            at: Timestamp::from_millis(1_795_372_801_123),
            session: Some(SessionId(39)),
            fact: Fact::Order(OrderStep { order, step }),
        }
    }

    fn printed(n: u64, ack: i64, entry: &Entry) -> String {
        let mut text = String::new();
        print(&mut text, n, ack, entry, Hash::default());
        text
    }

    /// A line of another program: `fields` in our frame, rightly hashed.
    fn hashed(fields: &str) -> String {
        let hash = digest(fields.as_bytes());
        format!(r#"{fields},"hash":"{hash}"}}"#)
    }

    #[test]
    fn a_line_has_exactly_the_promised_form() {
        let zeros = "0".repeat(64);
        let before = format!(
            r#"{{"v":1,"n":1251,"ack":1249,"at":"2026-11-22T18:40:01.123Z","session":39,"kind":"order","body":{{"order":"39-12","step":"rests","ledger":7,"fee":"0.000012","mid":"1.4199"}},"prev":"{zeros}""#
        );
        assert_eq!(printed(1251, 1249, &entry()), hashed(&before));
    }

    #[test]
    fn a_line_of_no_session_says_null_and_before_any_acknowledgement_minus_one() {
        let text = printed(0, -1, &Entry { session: None, ..entry() });
        assert!(
            text.starts_with(r#"{"v":1,"n":0,"ack":-1,"at":"2026-11-22T18:40:01.123Z","session":null,"kind""#),
            "{text}"
        );
    }

    #[test]
    fn the_hash_is_the_one_that_ten_lines_of_python_compute() {
        let text = printed(3, 2, &entry());
        let (before, after) = text.rsplit_once(r#","hash":""#).unwrap();
        assert_eq!(format!("{}\"}}", digest(before.as_bytes())), after);
    }

    #[test]
    fn what_is_printed_is_read_back() {
        let text = printed(1251, 1249, &entry());
        let line = parse(text.as_bytes()).unwrap();
        assert_eq!((line.n, line.ack, line.at, line.session), (1251, 1249, entry().at, Some(SessionId(39))));
        assert_eq!((line.kind, line.fact().unwrap()), ("order", entry().fact));
        assert_eq!((line.prev, line.text), (Hash::default(), text.as_str()));
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let text = printed(1251, 1249, &entry());
        for byte in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[byte] ^= 1 << bit;
                assert!(parse(&bytes).is_err(), "bit {bit} of byte {byte}");
            }
        }
    }

    #[test]
    fn a_line_cut_short_or_made_longer_is_none() {
        let text = printed(1251, 1249, &entry());
        for end in 0..text.len() {
            assert!(parse(&text.as_bytes()[..end]).is_err(), "{end}");
        }
        assert!(parse(format!("{text} ").as_bytes()).is_err());
    }

    #[test]
    fn a_fact_from_another_world_is_kept_as_it_is() {
        let text =
            hashed(&printed(5, 4, &entry()).split_once(r#","hash""#).unwrap().0.replace("order\",", "coffee\","));
        let line = parse(text.as_bytes()).unwrap();
        assert_eq!((line.n, line.kind, line.text), (5, "coffee", text.as_str()));
        assert!(line.fact().unwrap_err().to_string().contains("`coffee`"));
    }

    #[test]
    fn a_line_from_a_newer_program_is_refused_even_if_its_frame_is_unknown() {
        assert_eq!(parse(hashed(r#"{"v":2,"number":5"#).as_bytes()), Err(NotALine::Newer { version: 2 }));
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(parse(&bytes).is_err());
        }

        #[test]
        fn no_rightly_hashed_text_makes_reading_panic(fields in "\\PC{0,80}", cut in 0_usize..400) {
            prop_assert!(parse(hashed(&fields).as_bytes()).is_err());
            let text = printed(7, 6, &entry());
            let cut = cut.min(text.len() - 75);
            let outcome = parse(hashed(&text[..cut]).as_bytes()).is_ok();
            prop_assert_eq!(outcome, cut == text.len() - 75);
        }
    }
}
