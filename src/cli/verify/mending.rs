//! `neo verify --mend`: the journal put right from the store and the backups, and told of in the journal.

use std::sync::Arc;

use color_eyre::Result;

use crate::cli::exit::{Exit, Refusal};
use crate::cli::writer;
use crate::disk::place::Place;
use crate::disk::{Disk, RealDisk};
use crate::domain::custody::{Healing, Restored};
use crate::domain::fact::Fact;
use crate::domain::time::Timestamp;
use crate::domain::words::counted_that;
use crate::journal::reader::{ReadError, read_chain};
use crate::journal::record::{Entry, Head};
use crate::journal::writer::Writer;
use crate::session::clock::machine_time;
use crate::store::Store;
use crate::vault::gate::Choice;
use crate::vault::mend::{self, Mended, Sources};
use crate::vault::rebuild;
use crate::vault::whose::{At, Parted, Sides};

/// Mends what can be mended; answers what was done, in sentences. Refuses beside a running session.
pub(super) fn mend(place: &Place) -> Result<Vec<String>> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let _lock = writer::lock(place)?;
    let now = machine_time();
    let mut sources = Sources::open(&disk, place);
    refuse_to_mend_from_another(&*disk, place, sources.parted()?)?;
    let known = sources.known();
    let mended = mend::mend(&disk, place, known, &mut |n| sources.copies(n), now, &mut |_| ())?;
    let mut done = mended.in_words();
    let mut healed = Vec::new();
    if let Some(what) = mended.healing() {
        healed.push(restored(&*disk, place, what, &mended, &sources)?);
    }
    drop(sources);
    // Whatever is written next takes the place of lines that only a backup may still have.
    let saved = rebuild::save_the_whole_end(&disk, place)?;
    if saved.lines > 0 {
        let were = counted_that(saved.lines, &format!("fact from line {} on", saved.first), "was", "were");
        let they_are = if saved.lines == 1 { "it is" } else { "they are" };
        done.push(format!("{were} only in {}; {they_are} in the journal again", the(&saved.from)));
        healed.push(Restored { what: Healing::JournalHealed, from: saved.from, quarantine: None, lines: saved.lines });
    }
    done.extend(saved.parted);
    if healed.is_empty() {
        done.push("nothing: every line of the journal is sound".to_owned());
        return Ok(done);
    }
    let told = tell_the_chain(&disk, place, healed, known, now)?;
    done.extend(told.map(|n| format!("line {n} of the journal tells of it")));
    Ok(done)
}

/// A database that was put there from elsewhere is no source for a journal that belongs here, and where nothing says
/// which of the two does, a journal that is whole is not written over.
fn refuse_to_mend_from_another(disk: &dyn Disk, place: &Place, parted: Option<Parted>) -> Result<()> {
    let Some(parted) = parted else { return Ok(()) };
    let (database, journal) = (place.database(), place.journal());
    let (why, you_can) = match (parted.at, parted.backup) {
        (_, Some((backup, Sides::WithJournal))) => (
            format!(
                "the backup {backup} agrees with the journal, so it is the database that was put there from elsewhere"
            ),
            format!("Make the database anew from the journal: `{}`.", Choice::Rebuild.command(database)),
        ),
        (At::TheBeginning, backup)
            if !matches!(backup, Some((_, Sides::WithDatabase)))
                && read_chain(disk, &journal, None, |_| ())?.is_sound() =>
        {
            (
                "the journal is whole, its first line is not the database's, and no backup says which of the two is \
                 another database's"
                    .to_owned(),
                format!(
                    "Move the one that does not belong here away, {} or {}: the next start needs only the other.",
                    journal.display(),
                    database.display()
                ),
            )
        }
        _ => return Ok(()),
    };
    let tried = format!("cannot mend the journal of {}", database.display());
    Err(Refusal { exit: Exit::NotSound, tried, why, you_can }.into())
}

/// What was mended, and from whose copy the first line was taken.
fn restored(
    disk: &dyn Disk,
    place: &Place,
    what: Healing,
    mended: &Mended,
    sources: &Sources,
) -> Result<Restored, ReadError> {
    let mut from = None;
    let first = mended.lines.first();
    read_chain(disk, &place.journal(), None, |line| {
        if Some(&line.n) == first {
            from = sources.whose(line.n, line.text);
        }
    })?;
    let from = from.unwrap_or_else(|| "journal".to_owned());
    Ok(Restored { what, from, quarantine: mended.quarantine.clone(), lines: mended.lines.len() as u64 })
}

/// Writes down what was done, and puts it into the store if that has all that was before. Answers the last line's number.
fn tell_the_chain(
    disk: &Arc<dyn Disk>,
    place: &Place,
    healed: Vec<Restored>,
    known: Option<Head>,
    now: Timestamp,
) -> Result<Option<u64>> {
    let report = read_chain(&**disk, &place.journal(), known.map(|head| head.n), |_| ())?;
    let mut writer = Writer::open(Arc::clone(disk), place.journal(), report.head)?;
    let entry = |restored| Entry { at: now, session: None, fact: Fact::Restored(restored) };
    let entries: Vec<Entry> = healed.into_iter().map(entry).collect();
    let lines = writer.write_group(&entries)?.lines;
    if known.is_some() && known == report.head {
        Store::open_on(Arc::clone(disk), place.database())?.project(&lines)?;
    }
    Ok(lines.last().map(|line| line.n))
}

fn the(source: &str) -> String {
    if source == "store" { "the store".to_owned() } else { source.to_owned() }
}
