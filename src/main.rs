//! `neo`: parse, dispatch, exit code.

use std::io::Write as _;
use std::process::ExitCode;

use color_eyre::Result;
use neo_console::cli::args::{CommandLine, RunArgs, Verb};
use neo_console::cli::exit::Exit;
use neo_console::cli::reading::reading;
use neo_console::cli::{
    adopt, audit, backfill, backup, config, database, enter, live_database, print, query, rebuild, restore, run,
    sessions, verify,
};

fn main() -> ExitCode {
    enter(carry_out)
}

fn carry_out(line: &CommandLine) -> Result<Exit> {
    let (global, form) = (&line.global, line.global.form());
    let mut out = print::stdout();
    let exit = match &line.verb {
        // These wait for no reader of the standard output.
        None => return run::carry_out(&RunArgs::default(), global, form),
        Some(Verb::Run(args)) => return run::carry_out(args, global, form),
        Some(Verb::Sessions(args)) => {
            reading(&database(global)?, |database| sessions::carry_out(&mut out, database, args, form))?
        }
        Some(Verb::Verify(args)) => {
            reading(&database(global)?, |database| verify::carry_out(&mut out, database, args, form))?
        }
        Some(Verb::Backup(args)) => backup::carry_out(&mut out, &database(global)?, args, form)?,
        Some(Verb::Restore(args)) => restore::carry_out(&mut out, &database(global)?, args, form)?,
        Some(Verb::Adopt(args)) => adopt::carry_out(&mut out, &live_database(global)?, args, form)?,
        Some(Verb::Backfill(args)) => backfill::carry_out(&mut out, &live_database(global)?, args, form)?,
        Some(Verb::Audit(args)) => {
            let target = args.path.clone().map_or_else(|| database(global), Ok)?;
            audit::carry_out(&mut out, &target, form)?
        }
        Some(Verb::Rebuild(args)) => rebuild::carry_out(&mut out, &database(global)?, args, form)?,
        Some(Verb::Query(args)) => {
            reading(&database(global)?, |database| query::carry_out(&mut out, database, &args.sql, form))?
        }
        Some(Verb::Config(args)) => config::carry_out(&mut out, args, global, form)?,
    };
    out.flush()?;
    Ok(exit)
}
