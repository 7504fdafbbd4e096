//! `neo rebuild`: the database anew, from the journal alone.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use color_eyre::Result;
use color_eyre::eyre::WrapErr as _;
use serde::Serialize;

use super::args::RebuildArgs;
use super::exit::Exit;
use super::print::{Form, json};
use super::say;
use super::writer::{self, Writing, tell_the_chain, what_was_there};
use crate::disk::place::Place;
use crate::disk::{Disk, RealDisk};
use crate::domain::custody::{Healing, Restored};
use crate::domain::words::counted;
use crate::session::clock::machine_time;
use crate::vault::rebuild::{self, Base, Plan, Rebuilt};
use crate::vault::swap;

/// What is printed as JSON.
#[derive(Debug, Serialize)]
struct Told<'a> {
    plan: &'a Plan,
    /// Whether it was carried out.
    done: bool,
    /// Lines that the tables know nothing of, beside an incident each.
    undigested: u64,
    /// Where readings came from that no journal has.
    carried: Vec<String>,
    quarantine: Option<String>,
}

/// Prints the plan, and carries it out unless that is all that is wanted.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, args: &RebuildArgs, form: Form) -> Result<Exit> {
    let place = Place::around(database);
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let lock = writer::lock(&place).wrap_err("nothing was rebuilt")?;
    if !args.dry_run
        && let Some(finished) = swap::finish_begun(&disk, &place)?
    {
        say(&finished);
    }
    let plan = rebuild::plan(&disk, &place)?;
    if let Form::Text(_) = form {
        print(out, &plan)?;
        out.flush()?;
    }
    if args.dry_run {
        return finish(out, &place, &plan, None, form);
    }
    rebuild::save_lines_of_the_old(&disk, &place)?;
    let rebuilt = rebuild::rebuild(&disk, &place, Base::Nothing, machine_time(), &mut say)?;
    let mut writing = Writing::begin(&place, lock)?;
    let restored = Restored {
        what: Healing::StoreRebuilt,
        from: "journal".to_owned(),
        quarantine: rebuilt.quarantine.clone(),
        lines: rebuilt.lines,
    };
    tell_the_chain(&mut writing.opened, restored)?;
    writing.end()?;
    finish(out, &place, &plan, Some(rebuilt), form)
}

fn print<W: Write>(out: &mut W, plan: &Plan) -> Result<()> {
    let newest = plan.newest.map_or_else(|| "no line".to_owned(), |n| format!("line {n}"));
    writeln!(out, "journal     {}, up to {newest}", counted(plan.lines, "line"))?;
    if plan.only_in_database > 0 {
        writeln!(out, "saved       {} that only the old database has", counted(plan.only_in_database, "line"))?;
    }
    if let Some(n) = plan.left_behind {
        writeln!(
            out,
            "left        line {n} of the old database or a backup does not follow the journal: it stays there"
        )?;
    }
    writeln!(out, "quarantine  the old database, with its log")?;
    Ok(())
}

fn finish<W: Write>(out: &mut W, place: &Place, plan: &Plan, rebuilt: Option<Rebuilt>, form: Form) -> Result<Exit> {
    match (form, rebuilt) {
        (Form::Json, rebuilt) => {
            let done = rebuilt.is_some();
            let Rebuilt { undigested, carried, quarantine, .. } = rebuilt.unwrap_or_default();
            json(out, &Told { plan, done, undigested, carried, quarantine })?;
        }
        (Form::Text(_), None) => writeln!(out, "Nothing was done: without --dry-run it is.")?,
        (Form::Text(_), Some(rebuilt)) => {
            rebuilt.carried.iter().try_for_each(|sentence| writeln!(out, "readings    {sentence}"))?;
            if rebuilt.undigested > 0 {
                writeln!(out, "undigested  {}, each beside an incident", counted(rebuilt.undigested, "line"))?;
            }
            let kept = what_was_there(place, rebuilt.quarantine.as_deref());
            writeln!(out, "Rebuilt from {} of the journal.{kept}", counted(rebuilt.lines, "line"))?;
        }
    }
    Ok(Exit::Done)
}
