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
use crate::journal::reader::read_chain;
use crate::journal::record::{Entry, Head};
use crate::journal::writer::Writer;
use crate::session::clock::machine_time;
use crate::store::Store;
use crate::vault::gate::Choice;
use crate::vault::mend::{self, Mended, Sources};
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
    let Some(what) = mended.healing() else {
        return Ok(vec!["nothing: every line of the journal is sound".to_owned()]);
    };
    let mut done = mended.in_words();
    let told = tell_the_chain(&disk, place, (what, &mended), &sources, known, now)?;
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

/// Writes down what was done, and puts it into the store if that has all that was before. Answers the line's number.
fn tell_the_chain(
    disk: &Arc<dyn Disk>,
    place: &Place,
    (what, mended): (Healing, &Mended),
    sources: &Sources,
    known: Option<Head>,
    now: Timestamp,
) -> Result<Option<u64>> {
    let mut from = None;
    let first = mended.lines.first();
    let report = read_chain(&**disk, &place.journal(), known.map(|head| head.n), |line| {
        if Some(&line.n) == first {
            from = sources.whose(line.n, line.text);
        }
    })?;
    let restored = Restored {
        what,
        from: from.unwrap_or_else(|| "journal".to_owned()),
        quarantine: mended.quarantine.clone(),
        lines: mended.lines.len() as u64,
    };
    let mut writer = Writer::open(Arc::clone(disk), place.journal(), report.head)?;
    let entry = Entry { at: now, session: None, fact: Fact::Restored(restored) };
    let lines = writer.write_group(&[entry])?.lines;
    if known.is_some() && known == report.head {
        Store::open_on(Arc::clone(disk), place.database())?.project(&lines)?;
    }
    Ok(lines.last().map(|line| line.n))
}
