//! Secrets by their looks: nothing that looks like one is kept, logged or shown.
//!
//! No setting and no fact holds a secret; those belong in the environment, which is never printed. This is for what an
//! operator says in the wrong place, and for what others say in their errors.

use std::borrow::Cow;

/// What stands in a secret's place.
const HIDDEN: &str = "…";

/// The letters of a seed on the XRP Ledger.
const BASE58: &str = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// What a name contains that stands for a secret.
const NAMES: [&str; 11] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "mnemonic",
    "private_key",
    "privatekey",
    "api_key",
    "apikey",
    "token",
    "credential",
];

/// Whether a setting of this name would be a secret.
pub fn is_name_of_one(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    names_one(&name) || name.contains("seed") || name.ends_with("_key") || name == "key"
}

/// Whether there is anything in `text` that looks like a secret.
pub fn is_in(text: &str) -> bool {
    matches!(hidden(text), Cow::Owned(_))
}

/// `text` without what looks like a secret: the seed of a wallet, what a name like `password=` stands before, and the
/// user's part of an address.
pub fn hidden(text: &str) -> Cow<'_, str> {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        shown.push_str(&hidden_in_word(bare));
        shown.push_str(&word[bare.len()..]);
    }
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

fn hidden_in_word(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://")
        && let Some((user, place)) = rest.split_once('@')
        && !user.contains('/')
    {
        return format!("{scheme}://{HIDDEN}@{}", hidden_in_word(place));
    }
    if let Some(at) = word.find(['=', ':']) {
        let name = word[..at].rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).next();
        let value = &word[at + 1..];
        if !value.is_empty() && name.is_some_and(|name| names_one(&name.to_ascii_lowercase().replace('-', "_"))) {
            return format!("{}{HIDDEN}", &word[..=at]);
        }
    }
    let mut shown = String::with_capacity(word.len());
    for part in word.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let bare = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        shown.push_str(if is_seed(bare) { HIDDEN } else { bare });
        shown.push_str(&part[bare.len()..]);
    }
    shown
}

fn names_one(name: &str) -> bool {
    NAMES.iter().any(|known| name.contains(known))
}

/// `s` and some thirty letters of base 58, digits and capitals among them.
fn is_seed(word: &str) -> bool {
    let mixed = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    word.starts_with('s')
        && (27..=33).contains(&word.len())
        && word.chars().all(|c| BASE58.contains(c))
        && mixed(char::is_ascii_digit)
        && mixed(char::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_looks_like_a_secret_is_hidden_and_the_rest_stays() {
        for (said, shown) in [
            ("seed snoPBrXtMeMyMHUVTgbuqAfg1SUTb, please", "seed …, please"),
            ("(sEdTM1uX8pu2do5XvTnutH6HsouMaM2)", "(…)"),
            ("--password=hunter2 and more", "--password=… and more"),
            ("AWS_SECRET_ACCESS_KEY=abc/def", "AWS_SECRET_ACCESS_KEY=…"),
            ("smb://me:hunter2@host/s.db", "smb://…@host/s.db"),
            ("api-token:abc", "api-token:…"),
        ] {
            assert_eq!(hidden(said), shown);
            assert!(is_in(said));
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        for said in [
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
            "02ddbc11b2920b9d9d4bbf2d9a2a1b6b2a4a4a7fd2a7c2d4b9a3a5f0c1b2d3e4",
            "database /home/me/s.db: no space left",
            "seed=7 speed=max",
            "https://example.org/a@b",
            "some-quite-long-name-of-a-session-2026",
        ] {
            assert_eq!(hidden(said), said);
            assert!(!is_in(said));
        }
    }

    #[test]
    fn a_settings_name_tells_whether_it_would_be_a_secret() {
        assert!(["wallet_seed", "SECRET", "private-key", "api_key", "key"].into_iter().all(is_name_of_one));
        assert!(!["tick_s", "keep_days", "theme", "keeper"].into_iter().any(is_name_of_one));
    }

    proptest! {
        #[test]
        fn hiding_twice_is_hiding_once(text in "\\PC{0,60}|(password|seed|s)[=: ]?[a-zA-Z0-9]{0,34}@?[ \\t]?") {
            let once = hidden(&text).into_owned();
            prop_assert_eq!(hidden(&once), once.as_str());
        }
    }
}
