//! `neo adopt`: the account of an earlier database, and, if the operator says so, the taking over.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::Result;
use serde::Serialize;

use super::args::AdoptArgs;
use super::exit::{Exit, Refusal};
use super::print::{Colour, Form, Side, Table, json, next};
use super::writer::{self, Writing};
use crate::disk::place::Place;
use crate::disk::{Disk, RealDisk};
use crate::domain::adoption::Adopted;
use crate::domain::words::counted;
use crate::legacy::adopt::{Survey, survey};
use crate::legacy::apply::{self, Outcome};
use crate::legacy::source::Source;
use crate::session::clock::machine_time;
use crate::store::rows::AdoptionRow;
use crate::store::{OpenError, Reader};
use crate::vault::audit::words::quoted;

/// How long a database that is being written is left alone before it is tried again.
const PAUSE: Duration = Duration::from_millis(300);

/// What is printed as JSON.
#[derive(Debug, Serialize)]
struct Told<'a> {
    /// Whether it is part of the house now.
    done: bool,
    adopted_before: Option<&'a AdoptionRow>,
    account: &'a Adopted,
}

/// Prints the account of the source; takes it over with `--apply`.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, args: &AdoptArgs, form: Form) -> Result<Exit> {
    let place = Place::around(database);
    refuse_itself(&args.source, &place)?;
    let source = Source::copy_of(&args.source, |_| std::thread::sleep(PAUSE))?;
    let survey = survey(&source)?;
    if !args.apply {
        let before = look(&place, &survey)?;
        tell(out, &survey.adopted, before.as_ref(), false, form)?;
        if let (Form::Text(_), None) = (form, before) {
            writeln!(out, "Nothing was written. With --apply it becomes part of {}.", place.database().display())?;
            next(out, &format!("adopt {} --apply", quoted(&args.source.to_string_lossy())), place.database())?;
        }
        return Ok(Exit::Done);
    }
    let account = survey.adopted.clone();
    let lock = writer::lock_or_make(&place)?;
    let mut writing = Writing::begin(&place, lock)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let opened = &mut writing.opened;
    let outcome = apply::adopt(&disk, &place, &mut opened.writer, &mut opened.store, survey, machine_time());
    let copy = match &outcome {
        Ok(outcome) => apply::second_copy(&mut opened.store, &place, outcome, machine_time()),
        Err(_) => Ok(None),
    };
    writing.end()?;
    let (outcome, copy) = (outcome?, copy?);
    match outcome {
        Outcome::AdoptedBefore(before) => {
            tell(out, &account, Some(&before), false, form)?;
            if let (Form::Text(_), Some(copy)) = (form, copy) {
                writeln!(out, "No backup had its rows: {copy} has them now.")?;
            }
        }
        Outcome::Adopted(adopted) => {
            tell(out, &adopted, None, true, form)?;
            if let Form::Text(_) = form {
                let database = place.database().display();
                writeln!(out, "Adopted into {database}; two more copies of the rows are in")?;
                writeln!(out, "{}: {}", place.backups().display(), names(&adopted, copy.as_deref()))?;
                writeln!(out, "Where its logs still are, name them with --log in what comes next.")?;
                next(out, "backfill", place.database())?;
            }
        }
    }
    Ok(Exit::Done)
}

fn names(adopted: &Adopted, copy: Option<&str>) -> String {
    let copy = copy.map_or_else(String::new, |copy| format!(" and {copy}"));
    format!("{}{copy}", adopted.baseline.name)
}

fn refuse_itself(source: &Path, place: &Place) -> Result<(), Refusal> {
    // A file that is not there is none that is both.
    let same = source.canonicalize().ok().zip(place.database().canonicalize().ok()).is_some_and(|(a, b)| a == b);
    if !same {
        return Ok(());
    }
    Err(Refusal {
        exit: Exit::Usage,
        tried: format!("cannot adopt {} into itself", source.display()),
        why: "it is the database that it would become part of".to_owned(),
        you_can: "Name another database with --db; a new one is made.".to_owned(),
    })
}

/// Whether it was adopted before; a database that is not there yet has adopted nothing.
fn look(place: &Place, survey: &Survey) -> Result<Option<AdoptionRow>> {
    match Reader::open(place.database()) {
        Ok(reader) => Ok(apply::look_for(reader.ask(), survey)?),
        Err(OpenError::Missing(_) | OpenError::Empty(_)) => Ok(None),
        Err(why) => Err(why.into()),
    }
}

fn tell<W: Write>(out: &mut W, account: &Adopted, before: Option<&AdoptionRow>, done: bool, form: Form) -> Result<()> {
    match (form, before) {
        (Form::Json, _) => json(out, &Told { done, adopted_before: before, account })?,
        (Form::Text(_), Some(before)) => writeln!(
            out,
            "{} is adopted already: line {} of the journal, rows in {}. Nothing was adopted.",
            account.source.name, before.n, before.baseline_name
        )?,
        (Form::Text(colour), None) => print(out, account, colour)?,
    }
    Ok(())
}

fn print<W: Write>(out: &mut W, account: &Adopted, colour: Colour) -> Result<()> {
    writeln!(out, "{}  SHA-256 {}", account.source.name, account.source.sha256)?;
    if let Some((first, last)) = account.sessions {
        writeln!(out, "sessions {first} to {last}, which keep their numbers")?;
    }
    writeln!(out)?;
    let mut table =
        Table::new(&[("table", Side::Left), ("read", Side::Right), ("taken", Side::Right), ("refused", Side::Right)]);
    for taken in &account.tables {
        let [read, kept, refused] = [taken.read, taken.taken, taken.refused].map(|count| count.to_string());
        table.row([taken.table.clone(), read, kept, refused]);
    }
    table.print(out, colour)?;
    writeln!(out)?;
    for left in &account.left {
        writeln!(out, "not taken  {}, {} rows: {}", left.table, left.rows, left.why)?;
    }
    for row in &account.refused {
        writeln!(out, "refused    {} {}: {}", row.table, row.row, row.why)?;
    }
    let unnamed = account.rows_refused() - account.refused.len() as u64;
    if unnamed > 0 {
        writeln!(out, "refused    {unnamed} more; all are in the table adopted_refusals once it is adopted")?;
    }
    for rounding in &account.roundings {
        let (unit, numbers) = (&rounding.unit, rounding.numbers);
        writeln!(out, "rounded    {numbers} numbers in {unit}: {} in all, {} at most", rounding.sum, rounding.largest)?;
    }
    if account.between > 0 {
        let rows = counted(usize::try_from(account.between).unwrap_or(usize::MAX), "row");
        writeln!(out, "between    {rows} of orders, fills or movements in no session's time")?;
    }
    for order in &account.unproven {
        let (id, side, quantity, price) = (&order.id, order.side, order.quantity, order.price);
        writeln!(
            out,
            "UNPROVEN   {id}: {side} {quantity} at {price}, left {}: it may rest at the venue",
            order.status
        )?;
    }
    Ok(())
}
