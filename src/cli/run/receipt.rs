//! The receipt's ways out: two files in `s.receipts/`, the log, and the terminal or the standard output.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use color_eyre::Result;

use super::{TERMINAL_PATIENCE, hurry_of};
use crate::cli::aimed;
use crate::cli::print::{Form, stdout};
use crate::console::run::ConsoleHandle;
use crate::console::term::guard::Terminal;
use crate::disk::Disk as _;
use crate::disk::place::Place;
use crate::disk::real::RealDisk;
use crate::disk::replace::replace;
use crate::logging;
use crate::session::clock::machine_time;
use crate::session::plan::Hurry;
use crate::session::receipt::Receipt;
use crate::vault::quarantine::Quarantine;

/// How long whoever reads the standard output may take to make room for a receipt.
const READER_PATIENCE: Duration = Duration::from_secs(2);

/// Keeps the receipt as text and as JSON, named by its session, and in the log. A number that was lost with both copies
/// of its session is given again: the receipt that has it already goes into the quarantine.
pub fn keep(place: &Place, receipt: &mut Receipt) {
    let session = receipt.session;
    let document = serde_json::to_string_pretty(receipt).unwrap_or_else(|error| {
        receipt.release_failed(format!("the receipt could not be put into JSON: {error}"));
        String::new()
    });
    let kept = place.receipts().join(format!("{session}.txt"));
    let kept = kept.display();
    tracing::info!(status = %receipt.status, reason = %receipt.reason, "session {session} is over, receipt in {kept}");
    make_anew(&place.receipts());
    let mut earlier = Quarantine::new(Arc::new(RealDisk), place, "earlier-receipt", machine_time());
    for (kind, text) in [("json", document), ("txt", receipt.to_string())] {
        let path = place.receipts().join(format!("{session}.{kind}"));
        if let Err(error) = earlier.take_in(&path) {
            receipt.release_failed(format!("the receipt could not be kept: {error}"));
        } else if let Err(error) = replace(&RealDisk, &path, text.as_bytes()) {
            receipt.release_failed(format!("the receipt could not be kept: {error}"));
        }
    }
}

/// The folder may have been deleted under the session. That it cannot be made is told by whoever cannot write there.
fn make_anew(folder: &Path) {
    if let Ok(None) = RealDisk.find(folder)
        && RealDisk.create_folder(folder).is_ok()
    {
        tracing::warn!(folder = %folder.display(), "the folder of receipts is gone, and was made anew");
    }
}

/// Prints the receipt: on the terminal once it is given back, as long as that reads; else on the standard output. A
/// terminal that the system is taking away, or that would stop who writes to it from the background, gets nothing.
pub fn print(receipt: &Receipt, console: Option<&mut ConsoleHandle>, form: Form) -> Result<()> {
    let terminal_goes = hurry_of(receipt) == Hurry::Hurried;
    let text = match form {
        Form::Json => format!("{}\n", serde_json::to_string_pretty(receipt)?),
        Form::Text(_) => aimed(&format!("{receipt}\n")),
    };
    let Some(console) = console else {
        if (terminal_goes && std::io::stdout().is_terminal()) || !logging::may_be_written(std::io::stdout()) {
            return Ok(());
        }
        return Ok(put_on_stdout(text)?);
    };
    if terminal_goes {
        console.abandon();
    }
    if console.finish(TERMINAL_PATIENCE).terminal == Terminal::Usable {
        // A terminal that does not read gets no receipt; the files have it.
        let _ = console.print(&text, TERMINAL_PATIENCE);
    }
    Ok(())
}

/// A pipe that is full, and whose reader does nothing, gets no receipt: the files have it, and nobody is kept waiting.
fn put_on_stdout(text: String) -> io::Result<()> {
    let (tell, told) = mpsc::channel();
    let writing = move || {
        let mut out = stdout();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        // Nobody listens once it took too long.
        let _ = tell.send(written);
    };
    thread::Builder::new().spawn(writing)?;
    told.recv_timeout(READER_PATIENCE).unwrap_or_else(|_| {
        tracing::warn!("nobody reads the standard output; the receipt is in its file");
        Ok(())
    })
}
