//! Secrets by their looks: nothing that looks like one is kept, logged or shown.
//!
//! No setting and no fact holds a secret; those belong in the environment, which is never printed. This is for what an
//! operator says in the wrong place, and for what others say in their errors.

mod address;
mod named;
mod seed;

use std::borrow::Cow;

/// What stands in a secret's place.
const HIDDEN: &str = "…";

/// Whether a setting of this name would be a secret.
pub fn is_name_of_one(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    named::is_one(&name) || name.contains("seed") || name.ends_with("_key") || name == "key"
}

/// Whether there is anything in `text` that looks like a secret.
pub fn is_in(text: &str) -> bool {
    less(text).is_some()
}

/// `text` without what looks like a secret: the seed of a wallet, what a name like `password` is given, and the user's
/// part of an address.
pub fn hidden(text: &str) -> Cow<'_, str> {
    let mut shown = Cow::Borrowed(text);
    // What is left may read in another way. Each round hides a letter at least, so that there is a last one.
    while let Some(less) = less(&shown) {
        shown = Cow::Owned(less);
    }
    shown
}

/// `text` without what looks like a secret at first sight; `None` if nothing does.
fn less(text: &str) -> Option<String> {
    let mut spans = [seed::spans(text), address::spans(text), named::spans(text)].concat();
    spans.sort_by_key(|span| span.start);
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for span in spans {
        if span.start >= end {
            shown.push_str(&text[end..span.start]);
            shown.push_str(HIDDEN);
        }
        end = end.max(span.end);
    }
    shown.push_str(&text[end..]);
    (shown != text).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEED: &str = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb";

    #[test]
    fn what_looks_like_a_secret_is_hidden_and_the_rest_stays() {
        for (said, shown) in [
            ("seed snoPBrXtMeMyMHUVTgbuqAfg1SUTb, please", "seed …, please"),
            ("(sEdTM1uX8pu2do5XvTnutH6HsouMaM2)", "(…)"),
            ("xsnoPBrXtMeMyMHUVTgbuqAfg1SUTb", "x…"),
            ("3DsEdTM1uX8pu2do5XvTnutH6HsouMaM2zz", "3D…zz"),
            ("--password=hunter2 and more", "--password=… and more"),
            ("AWS_SECRET_ACCESS_KEY=abc/def", "AWS_SECRET_ACCESS_KEY=…"),
            ("api-token:abc", "api-token:…"),
            ("x=1&password=hunter2", "x=1&password=…"),
            ("a=b,token=hunter2", "a=b,token=…"),
            ("password = hunter2 and more", "password = … and more"),
            ("password: hunter2", "password: …"),
            ("password => hunter2", "password => …"),
            ("password%3Dhunter2", "password%3D…"),
            (r#"{"password":"hunter 2","x":1}"#, r#"{"password":"…","x":1}"#),
            (r#"{"token": "hunter2"}"#, r#"{"token": "…"}"#),
            (r#"{\"password\":\"hunter2\"}"#, r#"{\"password\":\"…\"}"#),
            ("seed=hunter2", "seed=…"),
            ("pwd=hunter2", "pwd=…"),
            ("wallet_seed:hunter2", "wallet_seed:…"),
            ("smb://me:hunter2@host/s.db", "smb://…@host/s.db"),
            ("https://me:p@hunter2@host/", "https://…@host/"),
            ("https://me:p/hunter2@host/", "https://…@host/"),
            ("me:hunter2@host", "…@host"),
            ("me:hunter2@10.0.0.1", "…@10.0.0.1"),
            ("../me:hunter2@h/s.db", "../…@h/s.db"),
        ] {
            assert_eq!(hidden(said), shown);
            assert!(is_in(said));
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        for said in [
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
            // An account with all that a seed has, but for the checksum.
            "rsUiUMpnrgxQp24dJYZDhmV4bE3aBtQyt8",
            "02ddbc11b2920b9d9d4bbf2d9a2a1b6b2a4a4a7fd2a7c2d4b9a3a5f0c1b2d3e4",
            "database /home/me/s.db: no space left",
            "seed=7 speed=max",
            "(seed=7)",
            "evening run: seed 7",
            "same seed: calmer book",
            "unrecognized token: \"#\"",
            "mm v2 = wide",
            "bid:ask",
            "bid:ask@0.5",
            "spread:wide@5bps",
            "quote:5000@venue",
            "12:30@venue",
            "2026-11-23 12:30:15@venue",
            "second pass: wider",
            r"C:\Users\me@work\s.db",
            "C:/Users/me@work/s.db",
            "me@work",
            "https://example.org/a@b",
            "https://example.org:8080/a@b",
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
        fn hiding_twice_is_hiding_once(
            text in "\\PC{0,60}|((password|seed|s|me|https|://|[a-zA-Z0-9]{0,34})[=: @/\"\\\\]{0,3}){0,6}[ \\t]?"
        ) {
            let once = hidden(&text).into_owned();
            prop_assert_eq!(hidden(&once), once.as_str());
            prop_assert_eq!(is_in(&text), once != text);
        }

        #[test]
        fn what_a_secrets_name_is_given_is_never_said(
            before in "([a-z]{1,5}[=:][0-9]{0,3}[&,; {(\"]){0,2}",
            name in "(wallet_|my-|X)?(password|passwd|pwd|token|api_key|PASSWORD|seed)",
            sign in "=|:|==|=>|%3D|%3a|\":\"|\\\\\":\\\\\"| ?= ?",
            value in "hunter[a-z0-9]{1,20}",
            after in "[\"})& ]?.{0,10}",
        ) {
            let said = format!("{before}{name}{sign}{value}{after}");
            let shown = hidden(&said).into_owned();
            prop_assert!(!shown.contains(&value), "{said} is shown as {shown}");
        }

        #[test]
        fn a_password_before_a_host_is_never_said(
            before in "(\\.\\./|/tmp/|https://|ssh://|the |\\(|x=1,)?",
            password in "[a-z@,;:!]{0,4}hunter[a-z0-9]{1,20}",
            host in "[a-z][a-z0-9.]{0,9}(:[0-9]{2,4})?(/[a-z@]{0,5})?",
        ) {
            let said = format!("{before}me:{password}@{host}");
            let shown = hidden(&said).into_owned();
            prop_assert!(!shown.contains("hunter"), "{said} is shown as {shown}");
        }

        #[test]
        fn a_seed_is_never_said_whatever_stands_around_it(before in "\\PC{0,20}", after in "\\PC{0,20}") {
            let shown = hidden(&format!("{before}{SEED}{after}")).into_owned();
            prop_assert!(!shown.contains(SEED), "{shown}");
        }

        #[test]
        fn ordinary_words_are_left_as_they_are(
            text in "(([a-z]{1,9}|[0-9]{1,4}|v[0-9]|[0-9]{2}:[0-9]{2}|bid:ask|seed [0-9]{1,5}|seed=[0-9]{1,20})(@[a-z]{1,5})?[:,.+]? ){0,6}"
        ) {
            prop_assert!(!is_in(&text), "{}", hidden(&text));
        }
    }
}
