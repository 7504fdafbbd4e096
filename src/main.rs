//! `neo`: parse, dispatch, exit code.

use std::io::Write as _;
use std::process::ExitCode;

use color_eyre::Result;
use neo_console::cli::args::{CommandLine, Verb};
use neo_console::cli::exit::{Exit, Refusal};
use neo_console::cli::{config, enter, print};

fn main() -> ExitCode {
    enter(carry_out)
}

fn carry_out(line: &CommandLine) -> Result<Exit> {
    let (global, form) = (&line.global, line.global.form());
    let mut out = print::stdout();
    let exit = match &line.verb {
        Some(Verb::Config(args)) => config::carry_out(&mut out, args, global, form)?,
        _ => return Err(not_wired().into()),
    };
    out.flush()?;
    Ok(exit)
}

/// The verbs that need a running house are joined here when the rooms are.
fn not_wired() -> Refusal {
    Refusal {
        exit: Exit::Failed,
        tried: "cannot do this".to_owned(),
        why: "this build holds the command line and the settings only".to_owned(),
        you_can: "Build the whole house.".to_owned(),
    }
}
