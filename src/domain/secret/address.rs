//! The user's part of an address: `https://me:password@host`, and the same without a scheme.

use std::net::Ipv4Addr;
use std::ops::Range;

/// A name and something short before an `@` is what a label may say: a time, a pair, a side.
const SHORTEST_PASSWORD: usize = 4;

/// Where users are in `text`, with their passwords.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(char::is_whitespace) {
        let inside = behind_schemes(word).chain(without_scheme(word));
        found.extend(inside.map(|span| start + span.start..start + span.end));
        let after = &text[start + word.len()..];
        start += word.len() + after.chars().next().map_or(0, char::len_utf8);
    }
    found
}

/// From `://` to the last `@`, unless a host ends before it and a path begins.
fn behind_schemes(word: &str) -> impl Iterator<Item = Range<usize>> {
    word.match_indices("://").filter_map(|(at, scheme)| {
        let start = at + scheme.len();
        let user = &word[start..start + word[start..].rfind('@')?];
        // A password may have a slash in it: then what stands before the slash is no host with a port.
        let may_be_host = |host: &str| host.rsplit_once(':').is_none_or(|(_, port)| is_amount(port));
        let is_path = user.split_once('/').is_some_and(|(host, _)| may_be_host(host));
        (!is_path && !user.is_empty()).then(|| start..start + user.len())
    })
}

/// `me:password` before `@host`. The letter of a Windows drive is no user, as a path follows it.
fn without_scheme(word: &str) -> impl Iterator<Item = Range<usize>> {
    word.match_indices('@').filter(|(at, _)| is_host(&word[at + 1..])).filter_map(|(at, _)| {
        let from = word[..at].rfind(['/', '\\']).map_or(0, |slash| slash + 1);
        let colons = word[from..at].match_indices(':').map(|(colon, _)| from + colon);
        colons.map(|colon| (user_start(word, from, colon), colon)).find_map(|(user, colon)| {
            let (name, password) = (&word[user..colon], &word[colon + 1..at]);
            let is_one = name.contains(char::is_alphabetic)
                && password.chars().count() >= SHORTEST_PASSWORD
                && !password.starts_with(['"', '\''])
                && !is_amount(password);
            is_one.then_some(user..at)
        })
    })
}

/// Where the name begins that ends at `colon`, at `from` at the earliest.
fn user_start(word: &str, from: usize, colon: usize) -> usize {
    let is_of_name = |c: char| c.is_alphanumeric() || "._-+%…".contains(c);
    from + word[from..colon].trim_end_matches(is_of_name).len()
}

/// Whether a host begins here, and no price.
fn is_host(text: &str) -> bool {
    let host = text.split(|c: char| !(c.is_alphanumeric() || c == '.')).next().unwrap_or_default();
    host.starts_with(char::is_alphabetic) || host.parse::<Ipv4Addr>().is_ok()
}

fn is_amount(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',')
}
