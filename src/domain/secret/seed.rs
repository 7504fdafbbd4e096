//! The seeds of wallets on the XRP Ledger, by their form and, inside a longer word, by their checksum.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

/// The ledger's digits, from 0 to 57.
const BASE58: &str = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// How many digits a seed has: of the older kind of key, and of the newer.
const DIGITS: [usize; 2] = [29, 31];

/// The bytes at the end of a seed that check the others.
const CHECKSUM: usize = 4;

/// Where seeds are in `text`.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        if is_like_one(word) {
            found.push(start..start + word.len());
        } else {
            let inside = word.match_indices('s').flat_map(|(at, _)| DIGITS.map(|digits| at..at + digits));
            let inside = inside.filter(|span| word.get(span.clone()).is_some_and(checks));
            found.extend(inside.map(|span| start + span.start..start + span.end));
        }
        // What parts two words may be longer than a byte.
        let after = &text[start + word.len()..];
        start += word.len() + after.chars().next().map_or(0, char::len_utf8);
    }
    found
}

/// `s` and some thirty digits, numbers and capitals among them; whoever mistyped one has said most of it.
fn is_like_one(word: &str) -> bool {
    word.starts_with('s')
        && (27..=33).contains(&word.len())
        && word.chars().all(|c| BASE58.contains(c))
        && word.contains(|c: char| c.is_ascii_digit())
        && word.contains(|c: char| c.is_ascii_uppercase())
}

/// Whether these are digits whose last bytes are the checksum of those before: an address has an `s` in it, too.
fn checks(word: &str) -> bool {
    let Some(bytes) = bytes_of(word) else { return false };
    let Some((rest, sum)) = bytes.split_last_chunk::<CHECKSUM>() else { return false };
    Sha256::digest(Sha256::digest(rest)).starts_with(sum)
}

/// The number that these digits are, its highest byte first.
fn bytes_of(word: &str) -> Option<Vec<u8>> {
    let mut low_first: Vec<u8> = Vec::new();
    for digit in word.chars() {
        let mut carry = BASE58.find(digit)?;
        for byte in &mut low_first {
            carry += usize::from(*byte) * BASE58.len();
            [*byte, ..] = carry.to_le_bytes();
            carry >>= 8;
        }
        if carry > 0 {
            low_first.push(carry.to_le_bytes()[0]);
        }
    }
    low_first.reverse();
    Some(low_first)
}
