//! What is in the way of one story, told with the ways out that help: a journal or a database from elsewhere.

use super::{Choice, Dilemma, Gate, GateError};
use crate::domain::words::counted;
use crate::journal::record::Hash;
use crate::store::{OpenError, Store};
use crate::vault::whose::{At, Elsewhere, Parted, Sides, differ, first_of_backup, hash};

impl Gate<'_> {
    /// Both have line `n`, and not the same.
    pub(super) fn two_stories(&self, n: u64, store: &mut Store) -> Result<Dilemma, GateError> {
        let parted = Parted::look(&**self.disk, self.place, store.ask()?)?;
        let what = format!("journal and database tell two stories: line {n} is whole in both, and not the same");
        let mut dilemma = self.undecided(what, Vec::new());
        let at = match parted.at {
            At::TheBeginning => "their first lines differ: one of the two is another database's",
            At::Later => "they begin alike: one of the two was put there from elsewhere",
        };
        dilemma.found = [vec![at.to_owned()], self.told_by_backup(&parted)].concat();
        let (restores, others) = dilemma.choices.into_iter().partition::<Vec<_>, _>(|choice| *choice != Choice::Leave);
        let offered = match parted.sides() {
            Some(Sides::WithDatabase) => vec![Choice::Mend],
            Some(Sides::WithJournal) => [restores, vec![Choice::Rebuild]].concat(),
            Some(Sides::WithBoth) => [restores, vec![Choice::Rebuild, Choice::Mend]].concat(),
            // Either would put the lines of one house in another's place.
            Some(Sides::WithNeither) | None if parted.at == At::TheBeginning => Vec::new(),
            Some(Sides::WithNeither) | None => vec![Choice::Rebuild, Choice::Mend],
        };
        dilemma.choices = [offered, others].concat();
        Ok(dilemma)
    }

    /// No sound database denies it, and the journal is another database's all the same. `store` is the first line of what
    /// is left of the database.
    pub(super) fn refuse_another_journal(&self, store: Option<Hash>) -> Result<(), GateError> {
        let Some(elsewhere) = Elsewhere::look(&**self.disk, self.place, store) else { return Ok(()) };
        let (database, choices) = (self.place.database().to_owned(), vec![Choice::Leave]);
        let (what, found, done) = (elsewhere.what(), elsewhere.what_helps(), Vec::new());
        Err(Dilemma { database, what, found, choices, done }.into())
    }

    /// There is no journal, and the database that would give it all its lines begins otherwise than the newest backup.
    pub(super) fn refuse_another_database(&self, store: &mut Store) -> Result<(), GateError> {
        let Some((backup, first)) = first_of_backup(&**self.disk, self.place) else { return Ok(()) };
        if !differ(hash(store.ask()?, 0), Some(first)) {
            return Ok(());
        }
        let (database, backups) = (self.place.database().to_owned(), self.place.backups());
        let (shown, backups) = (database.display().to_string(), backups.display());
        let restore = Choice::Restore { backup: backup.clone() }.command(&database);
        let what = format!("there is no journal, and the database's first line is not that of the backup {backup}");
        let found = vec![
            format!("if the right database or its journal lies elsewhere, put it back, and move {shown} away"),
            format!("if both are lost, move {shown} away, with its log, and then say `{restore}`"),
            format!("if this is the right database, move the backups, {backups}, away"),
        ];
        Err(Dilemma { database, what, found, choices: vec![Choice::Leave], done: Vec::new() }.into())
    }

    fn told_by_backup(&self, parted: &Parted) -> Vec<String> {
        let (journal, database) = (self.place.journal(), self.place.database());
        let (journal, database) = (journal.display(), database.display());
        let either = format!("move the one that does not belong here away, {journal} or {database}, and start again");
        match &parted.backup {
            Some((name, Sides::WithDatabase)) => vec![
                format!("{name} agrees with the database: the journal was put there from elsewhere"),
                format!(
                    "if the right journal lies elsewhere, put it back to {journal}: it may have more than the database"
                ),
            ],
            Some((name, Sides::WithJournal)) => vec![
                format!("{name} agrees with the journal: the database was put there from elsewhere"),
                format!("if the right database lies elsewhere, put it back to {database}, with its log"),
            ],
            Some((name, Sides::WithBoth)) => vec![format!("{name} is older than the parting, and agrees with both")],
            Some((name, Sides::WithNeither)) => {
                vec![format!("{name} agrees with neither, so nothing says which of the two belongs here"), either]
            }
            None => vec!["there is no backup that could say which of the two belongs here".to_owned(), either],
        }
    }

    /// A database of another program lies where ours should, and our journal beside it has lines.
    pub(super) fn stranger(&self, why: OpenError) -> GateError {
        let what = match &why {
            OpenError::NotOurs { tables, .. } => {
                format!("what lies in the database's place is another program's database (its tables: {tables})")
            }
            OpenError::Earlier(_) => "what lies in the database's place is a database of the earlier engine".to_owned(),
            _ => return why.into(),
        };
        match self.read_journal(None) {
            Err(other) => other,
            Ok(report) if report.head.is_none() => why.into(),
            Ok(report) => {
                let lines = counted(report.lines, "line");
                let found = format!("the journal beside it has {lines}, from which the database can be made anew");
                let mut dilemma = self.undecided(what, vec![found]);
                dilemma.choices.insert(dilemma.choices.len() - 1, Choice::Rebuild);
                dilemma.into()
            }
        }
    }
}
