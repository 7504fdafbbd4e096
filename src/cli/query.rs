//! `neo query`: a read-only question to the store.

use std::io::Write;
use std::path::Path;

use color_eyre::Result;

use super::exit::Exit;
use super::print::{Form, Side, Table, json};
use crate::store::query::{self, Cell};

/// Asks, and prints the answer.
pub fn carry_out<W: Write>(out: &mut W, database: &Path, sql: &str, form: Form) -> Result<Exit> {
    let answer = query::query(database, sql)?;
    match form {
        Form::Json => json(out, &answer)?,
        Form::Text(colour) => {
            let columns: Vec<(&str, Side)> = answer.columns.iter().map(|name| (name.as_str(), Side::Left)).collect();
            let mut table = Table::new(&columns);
            for row in &answer.rows {
                table.row(row.iter().map(text));
            }
            table.print(out, colour)?;
        }
    }
    Ok(Exit::Done)
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Null => "–".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Text(text) => crate::logging::one_line(text),
    }
}
