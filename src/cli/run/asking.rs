//! What the gate leaves to the operator: asked on the console, and carried out before the gate is tried again.
//!
//! Without a console nobody is asked and nothing is changed: the refusal itself says what can be done.

use std::path::Path;
use std::sync::Arc;

use color_eyre::Result;
use tokio::runtime::Runtime;

use super::leaving::Leaving;
use super::start::Steps;
use crate::cli::writer::{self, tell_the_chain};
use crate::console::app::question::{Answer, Question, QuestionOption};
use crate::console::run::ConsoleHandle;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::domain::custody::{Healing, Restored};
use crate::domain::words::counted;
use crate::session::clock::machine_time;
use crate::vault::gate::{self, Choice, Dilemma, GateError, Opened};
use crate::vault::mend::{self, Sources};
use crate::vault::rebuild::{self, Base};
use crate::vault::restore;

/// The operator, as far as the start needs one.
pub struct Operator<'a> {
    /// Where waiting is done.
    pub runtime: &'a Runtime,
    /// Where the question is put.
    pub console: &'a ConsoleHandle,
    /// Where an end is asked for meanwhile.
    pub leaving: &'a Leaving,
}

impl Operator<'_> {
    /// Waits for the choice. An end that is asked for meanwhile, by a key, a signal or a terminal that goes, and a console
    /// that dies, leave everything as it is.
    fn choose(&self, dilemma: &Dilemma) -> Choice {
        let (question, choices) = question(dilemma);
        let reply = self.console.ask(question);
        let answer = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.leaving.wanted() => Answer::Left,
                answer = reply.wait() => answer,
            }
        });
        match answer {
            Answer::Took(place) => choices.into_iter().nth(place).unwrap_or(Choice::Leave),
            Answer::Left => Choice::Leave,
        }
    }
}

/// Opens both copies. What a machine cannot decide is asked, carried out, and tried again, until the gate opens or the
/// operator leaves.
pub fn open(
    disk: &Arc<dyn Disk>,
    place: &Place,
    operator: Option<&Operator<'_>>,
    leaving: &Leaving,
    steps: &mut Steps<'_>,
) -> Result<Opened> {
    let leaves = || leaving.is_wanted();
    let mut settled = Vec::new();
    loop {
        let dilemma = match gate::open_unless(disk, place, machine_time(), &mut |step| steps.next(step), &leaves) {
            Err(GateError::Undecided(dilemma)) => dilemma.after(settled.iter().map(as_chosen)),
            Err(other) => return Err(other.into()),
            Ok(mut opened) => {
                settled.into_iter().try_for_each(|restored| write_down(&mut opened, restored))?;
                return Ok(opened);
            }
        };
        tracing::warn!("{dilemma}");
        let choice = operator.map_or(Choice::Leave, |operator| operator.choose(&dilemma));
        tracing::info!("the choice: {}", choice.in_words());
        match settle(disk, place, &choice, steps)? {
            Some(restored) => settled.push(restored),
            None => return Err(GateError::Undecided(dilemma).into()),
        }
    }
}

/// Carries a choice out; `None` if it was to leave everything as it is.
fn settle(disk: &Arc<dyn Disk>, place: &Place, choice: &Choice, steps: &mut Steps<'_>) -> Result<Option<Restored>> {
    match choice {
        Choice::Leave => Ok(None),
        Choice::Restore { backup } => {
            steps.next("planning the restore");
            let scratch = writer::scratch(place)?;
            let plan = restore::plan(&**disk, place, Some(&place.backups().join(backup)), scratch.path())?;
            let done = restore::carry_out(disk, place, &plan, machine_time(), &mut |step| steps.next(step))?;
            Ok(Some(Restored {
                what: Healing::StoreRestored,
                from: plan.from.clone(),
                quarantine: done.quarantine,
                lines: done.replayed,
            }))
        }
        Choice::Mend => {
            let mut sources = Sources::open(disk, place);
            let (known, now) = (sources.known(), machine_time());
            let mended = mend::mend(disk, place, known, &mut |n| sources.copies(n), now, &mut |step| steps.next(step))?;
            Ok(Some(Restored {
                what: Healing::JournalMended,
                from: "store".to_owned(),
                quarantine: mended.quarantine,
                lines: mended.lines.len() as u64,
            }))
        }
        Choice::Rebuild => {
            steps.next("saving what only the old database has");
            rebuild::save_lines_of_the_old(disk, place)?;
            let now = machine_time();
            let rebuilt = rebuild::rebuild(disk, place, Base::Nothing, now, &mut |step| steps.next(step))?;
            Ok(Some(Restored {
                what: Healing::StoreRebuilt,
                from: "journal".to_owned(),
                quarantine: rebuilt.quarantine,
                lines: rebuilt.lines,
            }))
        }
    }
}

/// The chain tells what was done to the files, and the session tells the operator.
fn write_down(opened: &mut Opened, restored: Restored) -> Result<()> {
    opened.account.push(as_chosen(&restored));
    tell_the_chain(opened, restored)
}

fn as_chosen(restored: &Restored) -> String {
    let kept = restored.quarantine.as_ref().map_or_else(String::new, |name| format!("; what was there is in {name}"));
    let lines = counted(restored.lines, "line");
    let did = match (restored.what, restored.lines) {
        (Healing::StoreRestored, 0) => format!("{} was put in the database's place", restored.from),
        (Healing::StoreRestored, _) => {
            format!("{} was put in the database's place, with {lines} of the journal on top", restored.from)
        }
        (Healing::JournalMended, _) => format!("the journal was put right: {lines} from {}", restored.from),
        _ => format!("the database was made anew from {lines} of the journal"),
    };
    format!("as you chose, {did}{kept}")
}

/// The dilemma as a page, and what each of its options means here.
fn question(dilemma: &Dilemma) -> (Question, Vec<Choice>) {
    let choices: Vec<Choice> = dilemma.choices.iter().filter(|&choice| *choice != Choice::Leave).cloned().collect();
    let mut explains = vec![format!("{}.", dilemma.what)];
    explains.extend(dilemma.found.iter().map(|found| format!("· {found}")));
    explains.extend(dilemma.done.iter().map(|done| format!("Before that {done}.")));
    let but = if dilemma.done.is_empty() { "Nothing" } else { "Nothing else" };
    explains.push(format!("{but} was changed so far, and nothing is ever deleted."));
    let question = Question {
        title: "This database needs a decision".to_owned(),
        explains,
        options: choices.iter().map(|choice| option(choice, &dilemma.database)).collect(),
        leave: option(&Choice::Leave, &dilemma.database),
    };
    (question, choices)
}

fn option(choice: &Choice, database: &Path) -> QuestionOption {
    let (key, label, consequence) = match choice {
        Choice::Restore { backup } => (
            'r',
            "restore",
            format!(
                "Puts {backup} in the database's place, with all that the journal has behind it. What lies there now is \
                 kept in quarantine."
            ),
        ),
        Choice::Rebuild => (
            'b',
            "rebuild",
            "Makes the database anew from the journal: what the journal does not have is not in it. What lies there now \
             is kept in quarantine."
                .to_owned(),
        ),
        Choice::Mend => (
            'm',
            "mend",
            "Puts the journal right from the database: what the database does not have is not in it. What lies there now \
             is kept in quarantine."
                .to_owned(),
        ),
        Choice::Leave => {
            ('l', "leave", "Changes nothing and ends neo with code 3. The next start asks again.".to_owned())
        }
    };
    QuestionOption { key, label: label.to_owned(), consequence, command: choice.command(database) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_is_never_one_of_the_options_that_change_something() {
        let backup = "20261122T114003Z-post.db".to_owned();
        let choices = vec![Choice::Restore { backup }, Choice::Rebuild, Choice::Leave];
        let (what, found) = ("two stories".to_owned(), vec!["evidence".to_owned()]);
        let dilemma = Dilemma { database: "/desk/s.db".into(), what, found, choices, done: Vec::new() };
        let (question, choices) = question(&dilemma);
        assert_eq!(question.options.iter().map(|option| option.key).collect::<Vec<_>>(), ['r', 'b']);
        assert_eq!(choices.len(), 2);
        assert_eq!(question.leave.command, "neo audit --db /desk/s.db");
        assert!(question.options[0].command.contains("neo restore --from 20261122T114003Z-post.db --db /desk/s.db"));
        assert_eq!(question.explains[..2], ["two stories.".to_owned(), "· evidence".to_owned()]);
    }
}
