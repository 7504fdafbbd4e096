//! What is likely to have happened, and the command that comes next. Pure: a tale from findings.

use crate::domain::words::counted;
use serde::Serialize;

use super::Examined;
use super::finding::Finding;
use super::inside::DatabaseKind;
use super::words::{moment, numbers, on_their_way, quoted, span};

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// The command, ready to be run.
    pub command: String,
    /// What it does.
    pub why: String,
}

/// The likely story, in whole sentences.
pub fn likely(seen: &Examined, found: &[Finding]) -> String {
    let mut told = vec![lead(seen, found)];
    if found.iter().any(is_loss) {
        told.push(what_a_copy_holds(seen));
    }
    let lead_has_sessions = matches!(found.first(), Some(Finding::NotEnded { .. }));
    for finding in found {
        match finding {
            Finding::NotEnded { sessions } if !lead_has_sessions => told.push(format!(
                "{} ({}) never got an end: the earlier engine's shutdown failed in silence.",
                counted(sessions.len(), "session"),
                numbers(sessions)
            )),
            Finding::StaleOrders { orders } => told.push(format!(
                "{} may still rest at the venue; look there before anything trades.",
                counted(orders.len(), "order")
            )),
            _ => {}
        }
    }
    told.join(" ")
}

/// The first finding tells most: they come gravest first, and a lost log explains the damage that it left.
fn lead(seen: &Examined, found: &[Finding]) -> String {
    let has = |wanted: &dyn Fn(&Finding) -> bool| found.iter().any(wanted);
    if let Some(Finding::LogLost { written_at, newest_at, .. }) =
        found.iter().find(|finding| matches!(finding, Finding::LogLost { .. }))
    {
        return format!(
            "the engine was killed in a write (a window's X does that), and its write-ahead log was lost. Nothing had been \
             moved from that log into the database since {}, {} before the newest that is known of it, so the file is \
             stale and torn.",
            moment(*written_at),
            span(newest_at.since(*written_at))
        );
    }
    if has(&|finding| matches!(finding, Finding::OrphanedLog { .. })) {
        return "the database was removed or emptied while its newest changes stood in its log only. That log is still \
                whole: keep it, and open neither file with anything."
            .to_owned();
    }
    if has(&|finding| matches!(finding, Finding::CutShort { .. })) {
        return "the file was copied or moved by half: its end is not there.".to_owned();
    }
    if has(&|finding| matches!(finding, Finding::SwapBegun)) {
        return "a restore or rebuild was interrupted. Both databases are there, and saying it again finishes it."
            .to_owned();
    }
    match found.first() {
        None => sound(seen),
        Some(Finding::Missing) => "the database was moved or deleted, and its companions stayed.".to_owned(),
        Some(Finding::Emptied) => "the database was emptied, and its companions stayed.".to_owned(),
        Some(Finding::JournalElsewhere) => {
            "another house's journal was put beside this database, or in the place of one that was lost.".to_owned()
        }
        Some(Finding::NotAFile) if seen.chain.is_some() || !seen.shelf.copies.is_empty() => {
            "something else was put in the database's place; what belongs to it is still there.".to_owned()
        }
        Some(Finding::NotAFile) => "this is not what was meant: no database lies here.".to_owned(),
        Some(Finding::InTheWay { .. }) => {
            "something else was put where a file or folder of the database belongs.".to_owned()
        }
        Some(Finding::StrangeLog { .. }) => {
            "a file was copied over the write-ahead log, or its beginning was damaged. What the journal has is not lost by it."
                .to_owned()
        }
        Some(Finding::NotADatabase) => {
            "another file was put in the database's place, or its beginning was overwritten.".to_owned()
        }
        Some(Finding::Malformed { .. } | Finding::Unanswered { .. }) => {
            "pages of the database were damaged: by a failing disk, by a copy over it while it was open, or by a kill on a \
             disk that does not keep its word."
                .to_owned()
        }
        Some(Finding::JournalDamaged { .. } | Finding::JournalUnread { .. }) => {
            "a file of the journal was changed, cut or lost after it was written.".to_owned()
        }
        Some(Finding::StoreDiffers { first: 0, .. }) => "journal and database begin with different lines: one of the two is \
             another database's, or its first line was changed."
            .to_owned(),
        Some(Finding::StoreDiffers { .. }) => {
            "rows of the database were changed after they were written; the journal has them as they were.".to_owned()
        }
        Some(Finding::Foreign { .. }) => "this is another program's database, and none of ours.".to_owned(),
        Some(Finding::Newer) => "a newer neo ran here.".to_owned(),
        Some(Finding::BackupAhead { .. }) => {
            "an older file was put in the database's place, or its log was lost without a trace.".to_owned()
        }
        Some(Finding::NotEnded { .. }) => "the database is sound, and no session in it was ever closed: the earlier \
             engine's shutdown failed in silence."
            .to_owned(),
        Some(Finding::Empty) if seen.journal_is_whole() => {
            "the database was emptied; the journal beside it has every line.".to_owned()
        }
        Some(Finding::Empty) => "the database was made and never written to.".to_owned(),
        Some(Finding::StoreAlone { .. }) => "the journal was moved or deleted; the database has its lines.".to_owned(),
        Some(Finding::LeftOpen { .. } | Finding::StoreBehind { .. }) => "the last session's process was killed. Nothing \
             acknowledged is lost, and the next start closes it."
            .to_owned(),
        Some(_) => "the files are sound; what is listed above wants a look.".to_owned(),
    }
}

fn sound(seen: &Examined) -> String {
    if seen.running.is_some() {
        return match seen.chain.as_ref().map_or(0, |chain| chain.ahead) {
            0 => "all is well; a session runs, and these are the figures of a moment.".to_owned(),
            lines => format!(
                "{}, as a store does that cannot be written or is behind; all else is well.",
                on_their_way(lines)
            ),
        };
    }
    match seen.inside.as_ref().and_then(|inside| inside.sessions.newest()) {
        Some(newest) => format!("all is well; session {} was the last and is closed.", newest.number),
        None => "all is well; no session has run here yet.".to_owned(),
    }
}

fn is_loss(finding: &Finding) -> bool {
    matches!(
        finding,
        Finding::LogLost { .. }
            | Finding::Malformed { .. }
            | Finding::Unanswered { .. }
            | Finding::Missing
            | Finding::Emptied
            | Finding::CutShort { .. }
            | Finding::NotADatabase
            | Finding::BackupAhead { .. }
    )
}

fn what_a_copy_holds(seen: &Examined) -> String {
    if seen.journal_is_whole() {
        return "The journal beside it is whole, so nothing is lost.".to_owned();
    }
    let Some((copy, inside)) = seen.shelf.newest_sound() else {
        return "No sound backup lies beside it.".to_owned();
    };
    let sessions: Vec<i64> = inside.sessions.all.iter().map(|session| session.number).collect();
    let held = if sessions.is_empty() { "no session".to_owned() } else { format!("sessions {}", numbers(&sessions)) };
    let taken_at = copy.taken_at.map_or_else(|| "an unknown time".to_owned(), moment);
    format!(
        "The backup {} of {taken_at} is sound and holds {held}; what came after it is not in these files.",
        copy.name
    )
}

/// The command that comes next.
pub fn next(seen: &Examined, found: &[Finding]) -> Next {
    let with = |verb: &str| format!("neo {verb}{}", seen.db_flag());
    let step = |command: String, why: &str| Next { command, why: why.to_owned() };
    let has = |wanted: fn(&Finding) -> bool| found.iter().any(wanted);
    if seen.running.is_some() && !has(|finding| finding.severity() == super::Severity::Grave) {
        return step(with("sessions"), "shows what the running session has come to");
    }
    if seen.has_stranger() && seen.journal_is_whole() {
        return step(
            with("rebuild"),
            "makes our database anew from the journal; what lies there is kept in quarantine",
        );
    }
    if seen.is_earlier() {
        return adopt(seen, found);
    }
    if has(|finding| matches!(finding, Finding::SwapBegun)) {
        return step(with("run"), "finishes what was begun, and opens with care");
    }
    if has(|finding| matches!(finding, Finding::Newer)) {
        return step("neo --version".to_owned(), "shows which neo this is; use the newer one here");
    }
    let is_ours = seen.chain.is_some() || seen.inside.is_some();
    if is_ours && has(|finding| matches!(finding, Finding::InTheWay { .. })) {
        return step(with("audit"), "looks again, once what is in the way was moved away");
    }
    if has(|finding| matches!(finding, Finding::Foreign { .. } | Finding::NotAFile)) {
        return step("neo --help".to_owned(), "lists the commands; name a database of ours with --db");
    }
    if has(Finding::is_of_two_houses) {
        return step(with("run"), "says which of the two is from elsewhere, if the backups show it, and what helps");
    }
    if has(|finding| matches!(finding, Finding::JournalElsewhere)) {
        let why =
            "once the right journal is back, or this one moved away: shows the plan; without --dry-run it does it";
        let next = restore(seen);
        return if seen.shelf.newest_sound().is_some() { Next { why: why.to_owned(), ..next } } else { next };
    }
    if has(|finding| matches!(finding, Finding::JournalDamaged { .. })) {
        return step(with("verify --mend"), "puts each damaged line right from a copy whose hash holds");
    }
    if has(|finding| matches!(finding, Finding::JournalUnread { .. })) {
        return step(with("verify --all"), "names every place in the journal that cannot be read");
    }
    if has(is_loss) || has(|finding| matches!(finding, Finding::StoreDiffers { .. } | Finding::OrphanedLog { .. })) {
        return if seen.journal_is_whole() {
            step(with("rebuild"), "makes the database anew from the journal; what lies there is kept in quarantine")
        } else {
            restore(seen)
        };
    }
    if has(|finding| matches!(finding, Finding::NotEnded { .. })) {
        return step(with("backfill"), "finds an end for each of them; it shows what it found and changes nothing yet");
    }
    if has(|finding| matches!(finding, Finding::StoreAlone { .. })) {
        return step(with("run"), "puts those lines back into the journal at its start");
    }
    if has(|finding| matches!(finding, Finding::Empty)) {
        return step(with("run"), "makes the database from whatever the journal and the backups hold");
    }
    if has(|finding| matches!(finding, Finding::BaselineLost { .. })) {
        return step(with("backup create"), "makes a new baseline first, and then takes a verified copy");
    }
    if has(|finding| matches!(finding, Finding::NoBackup | Finding::BackupBehind { .. } | Finding::UnsoundCopy { .. }))
    {
        return step(with("backup"), "takes a verified copy");
    }
    let by_a_start = |finding: &Finding| {
        matches!(
            finding,
            Finding::LeftOpen { .. }
                | Finding::StoreBehind { .. }
                | Finding::JournalStrays { .. }
                | Finding::StrangeLog { .. }
        )
    };
    if found.is_empty() || has(by_a_start) {
        return step(with("run"), "starts a session; it opens both copies with care first");
    }
    step(with("verify --all"), "compares every line of the journal with the database")
}

fn restore(seen: &Examined) -> Next {
    match seen.shelf.newest_sound() {
        Some((copy, _)) => Next {
            command: format!("neo restore --from {}{} --dry-run", quoted(&copy.path.to_string_lossy()), seen.db_flag()),
            why: "shows the plan; without --dry-run it does it, and keeps what lies there in quarantine".to_owned(),
        },
        None => Next {
            command: format!("neo backup list{}", seen.db_flag()),
            why: "shows what copies there are; keep these files as they are, and give a sound copy from elsewhere to \
                  `neo restore --from FILE`"
                .to_owned(),
        },
    }
}

/// A sound database of the earlier engine is taken over into one of ours; a damaged one is replaced by its backup, in place.
fn adopt(seen: &Examined, found: &[Finding]) -> Next {
    if found.iter().any(is_loss) {
        return restore(seen);
    }
    Next {
        command: format!("neo adopt {}", quoted(&seen.database)),
        why: "shows what it would take over and changes nothing; --apply does it".to_owned(),
    }
}

impl Examined {
    /// Whether the earlier engine's database lies, or lay, here.
    fn is_earlier(&self) -> bool {
        let own = self.inside.as_ref().map(|inside| &inside.kind);
        let kind = match own {
            None | Some(DatabaseKind::Unknown | DatabaseKind::Blank) => {
                self.shelf.newest_sound().map(|(_, inside)| &inside.kind)
            }
            known => known,
        };
        kind == Some(&DatabaseKind::Earlier)
    }

    /// Whether a database that is not ours lies in the place of ours.
    fn has_stranger(&self) -> bool {
        let kind = self.inside.as_ref().map(|inside| &inside.kind);
        matches!(kind, Some(DatabaseKind::Foreign { .. } | DatabaseKind::Earlier))
    }

    pub(super) fn journal_is_whole(&self) -> bool {
        self.chain.as_ref().is_some_and(super::house::Chain::is_whole) && !self.journal_is_elsewhere()
    }

    fn db_flag(&self) -> String {
        format!(" --db {}", quoted(&self.database))
    }
}
