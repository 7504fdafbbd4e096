//! Making a survey part of a house: its rows become a baseline beside the backups, a fact names the baseline, and projecting
//! the fact brings the rows into the store. Killed anywhere it is adopted or it is not; saying it again finishes.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::adopt::{Survey, SurveyError, survey};
use super::source::Source;
use crate::disk::Disk;
use crate::disk::place::Place;
use crate::disk::sidecar::sidecars;
use crate::domain::adoption::{Adopted, Digested};
use crate::domain::fact::Fact;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;
use crate::journal::reader::{ReadError, newest_line};
use crate::journal::record::Entry;
use crate::journal::writer::{WriteError, Writer};
use crate::store::rows::AdoptionRow;
use crate::store::{Ask, Clash, Store, StoreError, sha256_of};
use crate::vault::backup::{self, BackupError, BackupKind, Order, newest_fit};
use crate::vault::gate::{self, GateError, Opened};
use crate::vault::quarantine::{Quarantine, QuarantineError};

/// What came of an adoption.
#[derive(Debug)]
pub enum Outcome {
    /// It is part of the house.
    Adopted(Box<Adopted>),
    /// It was part of the house already.
    AdoptedBefore(AdoptionRow),
}

/// Why an earlier database did not become part of a house.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The house has sessions of the same numbers.
    #[error(
        "the database has session {first} already{}, and sessions keep their numbers; nothing was adopted: name another \
        database with --db", if *count > 1 { format!(" (and {} more of the same numbers)", count - 1) } else { String::new() }
    )]
    Collision {
        /// The first such number.
        first: SessionId,
        /// How many there are.
        count: usize,
    },
    /// Its rows could not be told from others in the house.
    #[error("{0}; nothing was adopted: name another database with --db")]
    Clash(Clash),
    /// One of our own databases lies in the place that is to be taken.
    #[error("{} is this program's own database; nothing was touched: use `neo restore` without an earlier backup", .0.display())]
    Ours(PathBuf),
    /// A file could not be written.
    #[error("cannot {doing} {}: {why}; nothing was adopted", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// The fact is in the journal and its rows are not in the store.
    #[error("the adoption is in the journal (line {n}), but its rows could not be taken into the store: {why}")]
    NotTaken {
        /// The line.
        n: u64,
        /// Why.
        why: String,
    },
    /// It is part of the house, and there are no two copies of it yet.
    #[error("the earlier database is adopted, but no backup could be made that has its rows: run `neo backup create`")]
    NoSecondCopy(#[from] BackupError),
    /// The shelf could not be read to see whether there is one.
    #[error("the earlier database is adopted, but the backups in {} cannot be listed: {why}", path.display())]
    Shelf {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// The source could not be read to its end.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// What is in the way could not be set aside.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// The house could not be opened afterwards.
    #[error(transparent)]
    Gate(#[from] GateError),
}

/// Whether the source was adopted before; refuses sessions whose numbers are taken, and rows that could not be told from
/// others. Reads only.
pub fn look_for(ask: Ask<'_>, survey: &Survey) -> Result<Option<AdoptionRow>, ApplyError> {
    let sha256 = &survey.adopted.source.sha256;
    let before = ask.adoptions()?.into_iter().find(|before| before.source_sha256 == *sha256);
    if before.is_some() {
        return Ok(before);
    }
    let mut taken = Vec::new();
    for session in survey.sessions()? {
        if ask.session_row(session)?.is_some() {
            taken.push(session);
        }
    }
    if let Some(&first) = taken.first() {
        return Err(ApplyError::Collision { first, count: taken.len() });
    }
    ask.clash_with(&survey.baseline)?.map_or(Ok(None), |clash| Err(ApplyError::Clash(clash)))
}

/// Makes a survey part of a house whose lock is held and whose gate was passed.
pub fn adopt(
    disk: &Arc<dyn Disk>,
    place: &Place,
    writer: &mut Writer,
    store: &mut Store,
    survey: Survey,
    now: Timestamp,
) -> Result<Outcome, ApplyError> {
    if let Some(before) = look_for(store.ask()?, &survey)? {
        return Ok(Outcome::AdoptedBefore(before));
    }
    let Survey { baseline, mut adopted } = survey;
    adopted.baseline = put_on_shelf(&**disk, &place.backups(), &baseline, now)?;
    let kept = writer.write_group(&[entry(&adopted, now)])?;
    let projected = store.project(&kept.lines)?;
    match projected.undigested.into_iter().next() {
        Some(line) => Err(ApplyError::NotTaken { n: line.n, why: line.why }),
        None => Ok(Outcome::Adopted(Box::new(adopted))),
    }
}

/// Adopts a sound backup of the earlier engine in the place of its damaged database, which goes into the quarantine with
/// what lies beside it; then opens the house. The lock is the caller's.
///
/// Killed anywhere, saying it again finishes: until the fact is in the journal, what was damaged lies in its place or in
/// the quarantine, and no session can run; from then on the house is made from the journal.
pub fn in_place_of(
    disk: &Arc<dyn Disk>,
    place: &Place,
    backup: &Source,
    now: Timestamp,
    tell: &mut dyn FnMut(&str),
) -> Result<(Opened, Outcome), ApplyError> {
    if newest_line(&**disk, &place.journal())?.is_none() {
        refuse_our_own(&**disk, place)?;
        tell("reading the earlier engine's backup");
        let Survey { baseline, mut adopted } = survey(backup)?;
        adopted.baseline = put_on_shelf(&**disk, &place.backups(), &baseline, now)?;
        tell("setting the damaged database aside");
        let mut quarantine = Quarantine::new(Arc::clone(disk), place, "earlier-damaged", now);
        for path in sidecars(place.database()).iter().chain([&place.database().to_owned()]) {
            quarantine.take_in(path)?;
        }
        adopted.replaced = quarantine.name();
        disk.create_folder(&place.journal()).map_err(file("make the folder", &place.journal()))?;
        Writer::open(Arc::clone(disk), place.journal(), None)?.write_group(&[entry(&adopted, now)])?;
        let opened = gate::open(disk, place, now, tell)?;
        return Ok((opened, Outcome::Adopted(Box::new(adopted))));
    }
    let mut opened = gate::open(disk, place, now, tell)?;
    let outcome = adopt(disk, place, &mut opened.writer, &mut opened.store, survey(backup)?, now)?;
    Ok((opened, outcome))
}

/// By its header alone: opening it as a database would change the evidence that lies beside it.
fn refuse_our_own(disk: &dyn Disk, place: &Place) -> Result<(), ApplyError> {
    if is_ours(disk, place.database()) {
        return Err(ApplyError::Ours(place.database().to_owned()));
    }
    Ok(())
}

/// Whether a file says in its header that it is one of this program's databases; what cannot be read says nothing.
pub fn is_ours(disk: &dyn Disk, path: &Path) -> bool {
    const APPLICATION_ID_AT: u64 = 68;
    disk.read_part(path, APPLICATION_ID_AT, 4).is_ok_and(|id| id == b"neo1")
}

/// Takes an ordinary backup with the adopted rows in it, so that they have two whole copies beside the store; its name, or
/// `None` if there is one already.
pub fn second_copy(
    store: &mut Store,
    place: &Place,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Option<String>, ApplyError> {
    let folder = place.backups();
    if let Outcome::AdoptedBefore(before) = outcome {
        let newest = newest_fit(&**store.disk(), &folder);
        let newest = newest.map_err(|why| ApplyError::Shelf { path: folder.clone(), why })?;
        if newest.is_some_and(|(_, checked)| checked.head.is_some_and(|head| head.n >= before.n)) {
            return Ok(None);
        }
    }
    let order = Order { kind: BackupKind::Manual, folder, now };
    Ok(Some(backup::take(store, order, |_| ControlFlow::Continue(()))?.name))
}

fn entry(adopted: &Adopted, now: Timestamp) -> Entry {
    Entry { at: now, session: None, fact: Fact::Adopted(Box::new(adopted.clone())) }
}

/// Writes a baseline into the backups' folder under a name that nobody has. One with the same bytes is taken instead: it
/// was made by an adoption that was cut off before its fact.
fn put_on_shelf(
    disk: &dyn Disk,
    folder: &Path,
    baseline: &crate::store::Baseline,
    now: Timestamp,
) -> Result<Digested, ApplyError> {
    disk.create_folder(folder).map_err(file("make the folder", folder))?;
    let half = folder.join("baseline.unverified");
    disk.remove_if_there(&half).map_err(file("remove the remains of an earlier try at", &half))?;
    baseline.write_to(disk, &half)?;
    let sha256 = sha256_of(disk, &[&half]).map_err(file("read", &half))?;
    let names = disk.names(folder).map_err(file("list", folder))?;
    for name in names.iter().filter(|name| name.contains("-baseline")) {
        let path = folder.join(name);
        if sha256_of(disk, &[&path]).map_err(file("read", &path))? == sha256 {
            disk.remove(&half).map_err(file("remove", &half))?;
            return Ok(Digested { name: name.clone(), sha256 });
        }
    }
    let stem = format!("{}-baseline", now.for_names());
    let mut free = std::iter::once(format!("{stem}.db")).chain((2_u32..).map(|number| format!("{stem}-{number}.db")));
    let name = free.find(|name| !names.contains(name)).unwrap_or_default();
    let path = folder.join(&name);
    disk.rename(&half, &path).map_err(file("give its name to", &path))?;
    disk.sync_folder(folder).map_err(file("make safe the names in", folder))?;
    Ok(Digested { name, sha256 })
}

fn file<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> ApplyError + use<'a> {
    move |why| ApplyError::File { doing, path: path.to_owned(), why }
}
