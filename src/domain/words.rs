//! How numbers of things are said.

use std::fmt::Display;

/// `no line`, `1 line`, `2 lines`.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(number: N, what: &str) -> String {
    if number == N::from(0) {
        format!("no {what}")
    } else if number == N::from(1) {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

/// The same with its verb, given for one and for more: `no line is`, `1 line is`, `2 lines are`. Of things that belong to
/// something the first word is the one that counts: `2 rows of the store differ`.
pub fn counted_that<N: Copy + Display + PartialOrd + From<u8>>(number: N, what: &str, one: &str, more: &str) -> String {
    let verb = if number > N::from(1) { more } else { one };
    match what.split_once(' ') {
        Some((what, of)) => format!("{} {of} {verb}", counted(number, what)),
        None => format!("{} {verb}", counted(number, what)),
    }
}

/// As a shell takes it for one word.
pub fn quoted(word: &str) -> String {
    let plain = |sign: char| sign.is_alphanumeric() || "/\\._-:~+,@".contains(sign);
    match word {
        word if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        word if cfg!(windows) => format!("\"{word}\""),
        word => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_counted_as_a_person_says_it() {
        assert_eq!([0_u64, 1, 2].map(|number| counted(number, "line")), ["no line", "1 line", "2 lines"]);
        let that = [0_usize, 1, 2].map(|number| counted_that(number, "row of the store", "differs", "differ"));
        assert_eq!(that, ["no row of the store differs", "1 row of the store differs", "2 rows of the store differ"]);
    }
}
