//! `neo backup`: verified copies made, listed, checked and pruned.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;
use serde::Serialize;

use super::aimed;
use super::args::{BackupArgs, BackupVerb, BackupVerifyArgs};
use super::exit::{Exit, Refusal};
use super::print::{Form, Side, Table, json};
use super::say;
use super::writer::{self, Writing};
use crate::disk::held::is_held;
use crate::disk::place::Place;
use crate::disk::{Disk, RealDisk};
use crate::domain::time::Timestamp;
use crate::domain::words::{counted, quoted};
use crate::session::clock::machine_time;
use crate::store::Reader;
use crate::vault::backup::drill::{self, Drilled};
use crate::vault::backup::{self, BackupKind, OnShelf, Order};
use crate::vault::baseline;

/// A backup as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    kind: &'static str,
    taken_at: Timestamp,
    bytes: u64,
    /// The newest line in it; nothing if it has none or cannot be read.
    cursor: Option<u64>,
    /// Whether the database knows of it; nothing if the database cannot be asked.
    on_record: Option<bool>,
}

/// A backup that was made.
#[derive(Debug, Serialize)]
struct Created {
    name: String,
    bytes: u64,
    cursor: Option<u64>,
}

/// What checking a backup found.
#[derive(Debug, Serialize)]
struct Verified {
    name: String,
    fit: bool,
    lines: Option<u64>,
    head: Option<(u64, String)>,
    why: Option<String>,
    drill: Option<Drilled>,
}

/// Carries one of them out.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, args: &BackupArgs, form: Form) -> Result<Exit> {
    let place = Place::around(database);
    match args.verb.as_ref().unwrap_or(&BackupVerb::Create) {
        BackupVerb::Create => create(out, &place, form),
        BackupVerb::List => list(out, &place, form),
        BackupVerb::Verify(args) => verify(out, &place, args, form),
        BackupVerb::Prune => prune(out, &place, form),
    }
}

fn create<W: Write>(out: &mut W, place: &Place, form: Form) -> Result<Exit> {
    let lock = writer::lock_or(place, "no backup was made; in the console of a running session press b")?;
    let mut writing = Writing::begin(place, lock)?;
    let order = Order { kind: BackupKind::Manual, folder: place.backups(), now: machine_time() };
    let done = backup::take(&mut writing.opened.store, order, |_| ControlFlow::Continue(()))?;
    writing.end()?;
    let created = Created { name: done.name, bytes: done.bytes, cursor: done.cursor };
    match form {
        Form::Json => json(out, &created)?,
        Form::Text(_) => {
            let up_to = created.cursor.map_or_else(|| "without a line".to_owned(), |n| format!("up to line {n}"));
            writeln!(out, "{} verified, {up_to}, {} bytes", created.name, created.bytes)?;
        }
    }
    Ok(Exit::Done)
}

fn list<W: Write>(out: &mut W, place: &Place, form: Form) -> Result<Exit> {
    let folder = place.backups();
    // A broken database is when somebody needs this list most.
    let on_record = Reader::open(place.database()).ok().and_then(|reader| reader.ask().backups_on_record().ok());
    let listed: Vec<Listed> = on_shelf(&folder)?
        .into_iter()
        .map(|OnShelf { name, kind, taken_at, bytes }| Listed {
            cursor: cursor_of(&folder.join(&name)),
            on_record: on_record.as_ref().map(|known| known.iter().any(|row| row.name == name)),
            kind: kind.as_str(),
            name,
            taken_at,
            bytes,
        })
        .collect();
    tell_of_lost_baselines(place);
    tell_of_those_apart(place);
    match form {
        Form::Json => json(out, &listed)?,
        Form::Text(_) if listed.is_empty() => writeln!(out, "There is no backup in {}.", folder.display())?,
        Form::Text(colour) => {
            let columns = [("name", Side::Left), ("kind", Side::Left), ("taken at", Side::Left)];
            let numbers = [("bytes", Side::Right), ("up to line", Side::Right), ("on record", Side::Left)];
            let mut table = Table::new(&[columns, numbers].concat());
            for backup in &listed {
                let cursor = backup.cursor.map_or_else(unknown, |n| n.to_string());
                let on_record = backup.on_record.map_or_else(unknown, |known| if known { "yes" } else { "no" }.into());
                let texts = [backup.name.clone(), backup.kind.to_owned(), backup.taken_at.to_string()];
                table.row(texts.into_iter().chain([backup.bytes.to_string(), cursor, on_record]));
            }
            table.print(out, colour)?;
        }
    }
    Ok(Exit::Done)
}

/// One that is gone stands in no list. A database that cannot be asked has other troubles first.
fn tell_of_lost_baselines(place: &Place) {
    let reader = Reader::open(place.database()).ok();
    let lost = reader.and_then(|reader| baseline::lost(&RealDisk, place, reader.ask()).ok());
    for lost in lost.unwrap_or_default() {
        let why = lost.why;
        say(&format!("rows of the earlier engine have lost a copy: {why}; `neo backup create` makes a new one"));
    }
}

/// What the table cannot show: whose lines a backup has. A database that cannot be asked has other troubles first.
fn tell_of_those_apart(place: &Place) {
    let Ok(reader) = Reader::open(place.database()) else { return };
    let on_shelf = backup::shelf(&RealDisk, &place.backups()).unwrap_or_default();
    for apart in backup::apart(&RealDisk, &place.backups(), &on_shelf, reader.ask()) {
        say(&apart.to_string());
    }
}

fn verify<W: Write>(out: &mut W, place: &Place, args: &BackupVerifyArgs, form: Form) -> Result<Exit> {
    let chosen = match &args.name {
        Some(name) => vec![named(place, name)?],
        None => on_shelf(&place.backups())?.into_iter().map(|backup| place.backups().join(&backup.name)).collect(),
    };
    let mut verified: Vec<Verified> = chosen.iter().map(|path| checked(path)).collect();
    if args.drill {
        drill_newest(place, &chosen, &mut verified)?;
    }
    match form {
        Form::Json => json(out, &verified)?,
        Form::Text(_) => print_verified(out, &verified)?,
    }
    let found = verified.iter().any(|one| !one.fit || one.drill.as_ref().is_some_and(|drill| !drill.is_the_same()));
    Ok(if found { Exit::Found } else { Exit::Done })
}

/// The newest that is fit is restored, beside the live database, and compared with it.
fn drill_newest(place: &Place, chosen: &[PathBuf], verified: &mut [Verified]) -> Result<()> {
    let is_baseline = |path: &Path| backup::said_by(path).is_some_and(|(kind, _)| kind == BackupKind::Baseline);
    let newest = chosen.iter().zip(verified).find(|(path, one)| one.fit && !is_baseline(path));
    let Some((path, one)) = newest else {
        let you_can = if is_held(&place.lock()) {
            "a session runs: press b in its console to make one, and drill when it has ended".to_owned()
        } else {
            format!("make one with `neo backup create --db {}`", quoted(&place.database().to_string_lossy()))
        };
        return Err(Refusal {
            exit: Exit::Found,
            tried: "cannot drill a restore".to_owned(),
            why: "there is no backup that is fit".to_owned(),
            you_can,
        }
        .into());
    };
    let lock = writer::lock_or(place, "a drill compares with a database at rest; end the session first")?;
    let writing = Writing::begin(place, lock)?;
    let scratch = writer::scratch(place)?;
    let disk = writing.opened.store.disk().clone();
    one.drill = Some(drill::drill(&disk, place, path, scratch.path())?);
    writing.end()
}

fn print_verified<W: Write>(out: &mut W, verified: &[Verified]) -> Result<()> {
    if verified.is_empty() {
        writeln!(out, "There is no backup to verify.")?;
    }
    for one in verified {
        match &one.why {
            Some(why) => writeln!(out, "unfit  {}: {}", one.name, aimed(why))?,
            None => writeln!(
                out,
                "fit    {}, {}, each with its own hash",
                one.name,
                counted(one.lines.unwrap_or(0), "line")
            )?,
        }
        let Some(drill) = &one.drill else { continue };
        writeln!(out, "drill  restored from it, with {} of the journal on top", counted(drill.replayed, "line"))?;
        for difference in &drill.differences {
            writeln!(out, "found  {}", aimed(difference))?;
        }
        if drill.is_the_same() {
            writeln!(out, "drill  {} tables are the same as in the live database", drill.tables)?;
        }
    }
    Ok(())
}

fn prune<W: Write>(out: &mut W, place: &Place, form: Form) -> Result<Exit> {
    let lock = writer::lock_or(place, "nothing was pruned; a running session prunes by itself")?;
    let mut writing = Writing::begin(place, lock)?;
    let folder = place.backups();
    let on_shelf = on_shelf(&folder)?;
    let spared = backup::newest_fit(&RealDisk, &folder)?.map(|(backup, _)| backup.name);
    let store = writing.opened.store.ask()?;
    let too_many = backup::surplus(&RealDisk, &folder, &on_shelf, spared.as_deref(), store);
    let pruned = backup::prune(&RealDisk, &folder, too_many)?;
    writing.opened.store.record_pruned(&pruned, machine_time())?;
    writing.end()?;
    match form {
        Form::Json => json(out, &pruned)?,
        Form::Text(_) if pruned.is_empty() => {
            writeln!(out, "Nothing is too many: up to {} of each kind are kept.", backup::KEPT)?;
        }
        Form::Text(_) => pruned.iter().try_for_each(|name| writeln!(out, "removed  {name}"))?,
    }
    Ok(Exit::Done)
}

/// A backup on the shelf, or a file anywhere.
pub(super) fn named(place: &Place, name: &Path) -> Result<PathBuf> {
    let on_shelf = place.backups().join(name);
    [on_shelf, name.to_owned()].into_iter().find(|path| path.is_file()).ok_or_else(|| {
        Refusal {
            exit: Exit::Failed,
            tried: format!("cannot find the backup {}", name.display()),
            why: format!("there is no such file, here or in {}", place.backups().display()),
            you_can: "`neo backup list` shows what there is".to_owned(),
        }
        .into()
    })
}

fn on_shelf(folder: &Path) -> Result<Vec<OnShelf>> {
    backup::shelf(&RealDisk, folder).wrap_err_with(|| format!("cannot list the backups in {}", folder.display()))
}

fn checked(path: &Path) -> Verified {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bare = Verified { name, fit: false, lines: None, head: None, why: None, drill: None };
    match backup::check(&RealDisk as &dyn Disk, path) {
        Ok(found) => {
            let head = found.head.map(|head| (head.n, head.hash.to_string()));
            Verified { fit: true, lines: Some(found.counts[0]), head, ..bare }
        }
        Err(why) => Verified { why: Some(why.to_string()), ..bare },
    }
}

fn cursor_of(path: &Path) -> Option<u64> {
    let copy = Reader::open_copy(&RealDisk, path).ok()?;
    copy.ask().cursor().ok()?.map(|(n, _)| n)
}

fn unknown() -> String {
    "–".to_owned()
}
