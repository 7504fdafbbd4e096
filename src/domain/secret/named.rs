//! What a name that stands for a secret is given: `password=…`, `{"password": "…"}`, `password%3D…`.

use std::ops::Range;

/// What a name contains that stands for a secret.
const NAMES: [&str; 12] = [
    "secret",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "mnemonic",
    "private_key",
    "privatekey",
    "api_key",
    "apikey",
    "token",
    "credential",
];

/// What such a name may end with. A number behind it is none: our own `--seed` is not secret.
const ENDS: [&str; 2] = ["seed", "_pass"];

/// Words of whole sentences, in which a colon and a space are no more than that.
const IN_SENTENCES: [&str; 4] = ["seed", "token", "tokens", "pass"];

/// The most digits of a number that our own `--seed` takes.
const NUMBER: usize = 20;

/// Whether a name, as it was written, stands for a secret wherever it stands.
pub(super) fn is_one(name: &str) -> bool {
    let name = plain(name);
    NAMES.iter().any(|known| name.contains(known))
}

fn ends_like_one(name: &str) -> bool {
    let name = plain(name);
    name == "pass" || ENDS.iter().any(|end| name.ends_with(end))
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// Where in `text` the values are.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.char_indices() {
        // What is hidden already says no more.
        if found.last().is_none_or(|before| before.end <= at)
            && let Some(sign) = Sign::at(text, at)
        {
            found.extend(sign.value(text));
        }
    }
    found
}

/// What stands between a name and its value.
#[derive(Clone, Copy)]
struct Sign {
    at: usize,
    is_colon: bool,
    len: usize,
}

impl Sign {
    fn at(text: &str, at: usize) -> Option<Self> {
        let rest = &text.as_bytes()[at..];
        let begins = |sign: &str| {
            rest.get(..sign.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(sign.as_bytes()))
                .then_some(sign.len())
        };
        let colon = begins(":").or_else(|| begins("%3A")).map(|len| (true, len));
        let (is_colon, len) = colon.or_else(|| begins("=").or_else(|| begins("%3D")).map(|len| (false, len)))?;
        Some(Self { at, is_colon, len })
    }

    fn value(self, text: &str) -> Option<Range<usize>> {
        let before = text[..self.at].trim_end_matches(is_blank);
        let bare = before.trim_end_matches(is_quote);
        let name_start = bare.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-').len();
        let name = &bare[name_start..];
        if !is_one(name) && !ends_like_one(name) {
            return None;
        }
        let after = &text[self.at + self.len..];
        let rest = after.trim_start_matches(['=', ':', '>']).trim_start_matches(is_blank);
        let opened = rest.trim_start_matches(is_quote);
        let start = text.len() - opened.len();
        let (was_quoted, is_quoted) = (bare.len() < before.len(), opened.len() < rest.len());
        let is_apart = after.starts_with(is_blank);
        if self.is_colon && is_apart && !(was_quoted && is_quoted) && IN_SENTENCES.contains(&&*plain(name)) {
            return None;
        }
        let end = if is_quoted { opened.find(['"', '\'', '\n']) } else { opened.find(char::is_whitespace) };
        let value = &opened[..end.unwrap_or(opened.len())];
        let value = if is_quoted { value.trim_end_matches('\\') } else { value };
        let is_secret = !value.is_empty() && (is_one(name) || !is_number(value));
        is_secret.then(|| start..start + value.len())
    }
}

/// Whether it is a number, or one and what a list goes on with.
fn is_number(value: &str) -> bool {
    let digits = value.split([',', ';', ':', '.', '+', '&', '@', ')', '}']).next().unwrap_or_default();
    (1..=NUMBER).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '\\' | ']' | '[')
}
