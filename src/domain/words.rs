//! How numbers of things are said.

use std::fmt::Display;
use std::path::Path;

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

/// The command that moves what lies at `path` out of the way, in backticks. It writes over nothing; what lay among the
/// segments is put beside their folder, where nobody takes it for one.
pub fn moved_away(path: &Path) -> String {
    let verb = if cfg!(windows) { "move" } else { "mv -n" };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let journal = path.parent().filter(|folder| folder.extension().is_some_and(|ending| ending == "journal"));
    let to = match journal {
        Some(journal) => journal.with_extension(format!("{name}.moved")),
        None => path.with_file_name(format!("{name}.moved")),
    };
    format!("`{verb} {} {}`", quoted(&path.to_string_lossy()), quoted(&to.to_string_lossy()))
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
    #[cfg(unix)]
    #[test]
    fn what_is_moved_away_comes_to_lie_where_nobody_takes_it_for_a_file_of_ours() {
        let moved = |path: &str| moved_away(Path::new(path));
        assert_eq!(moved("/d/s.db-wal"), "`mv -n /d/s.db-wal /d/s.db-wal.moved`");
        assert_eq!(
            moved("/d/s.journal/0000000005.jsonl"),
            "`mv -n /d/s.journal/0000000005.jsonl /d/s.0000000005.jsonl.moved`"
        );
        assert_eq!(moved("my s.lock"), "`mv -n 'my s.lock' 'my s.lock.moved'`");
    }
}
