//! Commands that are copied from what we say, aimed at the database that they were said about.
//!
//! What is kept (incidents, receipts, the journal) names commands without a database, because a house can be moved; where it
//! is shown, the path is added.

use std::path::Path;

use super::words::quoted;

/// How a command of ours begins where it is named.
const BEGINS: &str = "`neo ";

/// A database, and which commands work on it by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aim {
    database: String,
    home: Home,
}

/// Whether a database lies where commands that name none look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Home {
    /// Where all look but those of live money.
    #[default]
    Paper,
    /// Where those of live money look.
    Live,
    /// Nobody looks there unless told to.
    Elsewhere,
}

impl Aim {
    /// At `database`, which lies at `home`.
    pub fn at(database: &Path, home: Home) -> Self {
        Self { database: database.to_string_lossy().into_owned(), home }
    }

    /// `text` with `--db` in each command between backticks that would work on another database without it.
    pub fn aimed(&self, text: &str) -> String {
        let mut aimed = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once(BEGINS) {
            let Some((command, after)) = behind.split_once('`') else { break };
            aimed.extend([before, BEGINS, command]);
            if self.is_missed_by(command) {
                aimed.extend([" --db ", &quoted(&self.database)]);
            }
            aimed.push('`');
            rest = after;
        }
        aimed + rest
    }

    fn is_missed_by(&self, command: &str) -> bool {
        let mut words = command.split_whitespace();
        let looks_at = match (words.next(), words.next()) {
            // These name their file, or need none; an adoption's database is the operator's choice.
            (Some("adopt" | "config" | "completions" | "man"), _) | (Some("audit"), Some(_)) => return false,
            (Some("backfill"), _) => Home::Live,
            (Some(verb), _) if verb.starts_with('-') => return false,
            _ => Home::Paper,
        };
        self.home != looks_at && !command.contains("--db ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> Aim {
        Aim::at(Path::new("/desk/s.db"), Home::Elsewhere)
    }

    #[test]
    fn every_command_that_would_miss_the_database_is_given_it() {
        let text = "line 3 is damaged; `neo verify --mend` mends it, or `neo rebuild`. `q` is not ours";
        assert_eq!(
            desk().aimed(text),
            "line 3 is damaged; `neo verify --mend --db /desk/s.db` mends it, or `neo rebuild --db /desk/s.db`. `q` is \
             not ours"
        );
        let folder = Aim::at(Path::new("/my desk/s.db"), Home::Elsewhere);
        let shown = if cfg!(windows) { "\"/my desk/s.db\"" } else { "'/my desk/s.db'" };
        assert_eq!(folder.aimed("`neo audit`"), format!("`neo audit --db {shown}`"));
    }

    #[test]
    fn a_command_that_names_its_database_or_needs_none_stays_as_it_is() {
        for text in [
            "`neo run --db other.db`",
            "`neo audit old.db` explains, `neo adopt old.db` takes it over",
            "`neo config init`, `neo --help`",
            "an open `neo run",
            "neo, `bored`",
        ] {
            assert_eq!(desk().aimed(text), text);
        }
    }

    #[test]
    fn commands_stay_short_where_they_find_the_database_by_themselves() {
        let at = |home| Aim::at(Path::new("x.db"), home);
        assert_eq!(at(Home::Paper).aimed("`neo verify`, `neo backfill`"), "`neo verify`, `neo backfill --db x.db`");
        assert_eq!(at(Home::Live).aimed("`neo verify`, `neo backfill`"), "`neo verify --db x.db`, `neo backfill`");
    }

    #[test]
    fn what_is_aimed_is_not_aimed_twice() {
        let once = desk().aimed("`neo verify`");
        assert_eq!(desk().aimed(&once), once);
    }
}
