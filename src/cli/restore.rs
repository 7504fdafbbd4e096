//! `neo restore`: a verified backup, and the journal on top of it, in the place of the database.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;
use serde::Serialize;

use super::args::RestoreArgs;
use super::backup::named;
use super::exit::Exit;
use super::print::{Form, json, next};
use super::say;
use super::writer::{self, Writing, tell_the_chain, what_was_there};
use crate::disk::place::Place;
use crate::disk::{Disk, RealDisk};
use crate::domain::custody::{Healing, Restored};
use crate::domain::words::counted;
use crate::legacy::apply::{self, Outcome};
use crate::legacy::source::Source;
use crate::session::clock::machine_time;
use crate::vault::audit::words::quoted;
use crate::vault::restore::{self, Done, Plan};
use crate::vault::swap;

/// How long a backup that is being written is left alone before it is tried again.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(300);

/// What is printed as JSON.
#[derive(Debug, Serialize)]
struct Told<'a> {
    plan: &'a Plan,
    /// Whether it was carried out.
    done: bool,
    /// Why every table was made from the journal alone.
    made_anew: Option<String>,
    /// Where readings came from that no journal has.
    carried: Vec<String>,
    quarantine: Option<String>,
}

/// Prints the plan, and carries it out unless that is all that is wanted.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, args: &RestoreArgs, form: Form) -> Result<Exit> {
    let place = Place::around(database);
    let from = args.from.as_deref().map(|name| named(&place, name)).transpose()?;
    // What is neither ours nor the earlier engine's is for the usual way to refuse, in its own words.
    if let Some(backup) = from.as_deref().filter(|file| !apply::is_ours(&RealDisk, file))
        && let Ok(source) = Source::copy_of(backup, |_| std::thread::sleep(PAUSE))
    {
        return from_the_earlier_engine(out, &place, backup, &source, args, form);
    }
    if args.dry_run {
        let scratch = writer::scratch(&place)?;
        let plan = restore::plan(&RealDisk, &place, from.as_deref(), scratch.path())?;
        match form {
            Form::Json => {
                let (made_anew, carried, quarantine) = (None, Vec::new(), None);
                json(out, &Told { plan: &plan, done: false, made_anew, carried, quarantine })?;
            }
            Form::Text(_) => {
                print(out, &plan)?;
                nothing_was_done(out, database, args)?;
            }
        }
        return Ok(Exit::Done);
    }
    let lock = writer::lock(&place).wrap_err("nothing was restored")?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    if let Some(finished) = swap::finish_begun(&disk, &place)? {
        say(&finished);
    }
    let scratch = writer::scratch(&place)?;
    let plan = restore::plan(&*disk, &place, from.as_deref(), scratch.path())?;
    if let Form::Text(_) = form {
        print(out, &plan)?;
        out.flush()?;
    }
    let done = restore::carry_out(&disk, &place, &plan, machine_time(), &mut say)?;
    let mut writing = Writing::begin(&place, lock)?;
    let restored = Restored {
        what: Healing::StoreRestored,
        from: plan.from.clone(),
        quarantine: done.quarantine.clone(),
        lines: done.replayed,
    };
    tell_the_chain(&mut writing.opened, restored)?;
    writing.end()?;
    match form {
        Form::Json => {
            let Done { made_anew, carried, quarantine, .. } = done;
            json(out, &Told { plan: &plan, done: true, made_anew, carried, quarantine })?;
        }
        Form::Text(_) => {
            if let Some(why) = &done.made_anew {
                writeln!(out, "made anew   every table, from the journal alone: the backup is damaged ({why})")?;
            }
            done.carried.iter().try_for_each(|sentence| writeln!(out, "readings    {sentence}"))?;
            let kept = what_was_there(&place, done.quarantine.as_deref());
            let onto = if done.made_anew.is_some() { "an empty database" } else { &plan.from };
            let replayed = counted(done.replayed, "line");
            writeln!(out, "Restored: {replayed} of the journal on top of {onto}.{kept}")?;
        }
    }
    Ok(Exit::Done)
}

/// The end of a dry run, with the command that does it.
fn nothing_was_done<W: Write>(out: &mut W, database: &Path, args: &RestoreArgs) -> io::Result<()> {
    writeln!(out, "Nothing was done: without --dry-run it is.")?;
    match &args.from {
        Some(from) => next(out, &format!("restore --from {}", quoted(&from.to_string_lossy())), database),
        None => next(out, "restore", database),
    }
}

/// A sound backup of the earlier engine in the place of its damaged database: it is adopted there.
fn from_the_earlier_engine<W: Write>(
    out: &mut W,
    place: &Place,
    backup: &Path,
    source: &Source,
    args: &RestoreArgs,
    form: Form,
) -> Result<Exit> {
    if let Form::Text(_) = form {
        writeln!(out, "from        {}, a sound database of the earlier engine", backup.display())?;
        writeln!(out, "quarantine  {} and what lies beside it", place.database().display())?;
        writeln!(out, "then        its rows are adopted, and the database is made anew from the journal")?;
        out.flush()?;
    }
    if args.dry_run {
        match form {
            Form::Json => json(out, &serde_json::json!({ "earlier": source.digested(), "done": false }))?,
            Form::Text(_) => nothing_was_done(out, place.database(), args)?,
        }
        return Ok(Exit::Done);
    }
    let lock = writer::lock_or_make(place).wrap_err("nothing was restored")?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let (mut opened, outcome) = apply::in_place_of(&disk, place, source, machine_time(), &mut say)?;
    let copy = apply::second_copy(&mut opened.store, place, &outcome, machine_time());
    opened.store.checkpoint()?;
    drop((opened, lock));
    copy?;
    let (adopted, before) = match outcome {
        Outcome::Adopted(adopted) => (Some(adopted), None),
        Outcome::AdoptedBefore(before) => (None, Some(before)),
    };
    match form {
        Form::Json => {
            let told = serde_json::json!({ "earlier": source.digested(), "done": true, "account": adopted, "adopted_before": before });
            json(out, &told)?;
        }
        Form::Text(_) => {
            let replaced = adopted.and_then(|adopted| adopted.replaced);
            let kept = what_was_there(place, replaced.as_deref());
            writeln!(out, "Restored: the rows of {} are adopted.{kept}", source.digested().name)?;
            writeln!(out, "Where its logs still are, name them with --log in what comes next.")?;
            next(out, "backfill", place.database())?;
        }
    }
    Ok(Exit::Done)
}

fn print<W: Write>(out: &mut W, plan: &Plan) -> Result<()> {
    let number = |n: Option<u64>| n.map_or_else(|| "no line".to_owned(), |n| format!("line {n}"));
    for why in &plan.passed_over {
        writeln!(out, "unfit       {why}")?;
    }
    let taken = plan.taken_at.map_or_else(String::new, |at| format!(", taken at {at}"));
    writeln!(out, "from        {}{taken}, up to {}, {} bytes", plan.from, number(plan.cursor), plan.bytes)?;
    let replayed = match plan.replayed {
        0 => "nothing comes".to_owned(),
        1 => "1 line comes".to_owned(),
        many => format!("{many} lines come"),
    };
    writeln!(out, "journal     up to {}; {replayed} on top of the backup", number(plan.journal))?;
    if plan.returned > 0 {
        writeln!(out, "returned    {} that the journal lost and the backup has", counted(plan.returned, "line"))?;
    }
    if plan.salvaged > 0 {
        writeln!(out, "salvaged    {} that only the old database has", counted(plan.salvaged, "line"))?;
    }
    if let Some(why) = &plan.not_salvaged {
        writeln!(out, "salvaged    nothing: {why}")?;
    }
    if !plan.quarantined.is_empty() {
        writeln!(out, "quarantine  {}", plan.quarantined.join(", "))?;
    }
    Ok(())
}
