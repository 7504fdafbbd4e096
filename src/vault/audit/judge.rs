//! From what was seen to what it means. Pure: the same examination always finds the same.

use std::collections::BTreeSet;

use super::Examined;
use super::files::{Main, Mode, Role};
use super::finding::Finding;
use super::house::Chain;
use super::inside::{DatabaseKind, Inside, Version};
use super::sessions::{ClockKind, Origin, Session};
use super::shelf::CopyState;
use crate::domain::halt::HaltReason;
use crate::domain::time::Timestamp;

/// A database written so much earlier than what it must hold is stale; file systems are coarse, and clocks differ.
const SLACK: std::time::Duration = std::time::Duration::from_mins(2);

/// All findings, the gravest first.
pub fn judge(seen: &Examined) -> Vec<Finding> {
    let mut found = files(seen);
    if let Some(inside) = &seen.inside {
        found.extend(soundness(seen, inside));
    }
    found.extend(seen.chain.as_ref().map(|chain| journal(seen, chain)).unwrap_or_default());
    if let Some((inside, _)) = seen.telling() {
        found.extend(sessions(seen, inside));
        found.extend(orders(seen, inside));
        found.extend(inside.sums.wrong.iter().cloned().map(|wrong| Finding::DoesNotAddUp { wrong }));
    }
    found.extend(copies(seen));
    found.sort_by_key(Finding::severity);
    found
}

fn files(seen: &Examined) -> Vec<Finding> {
    let files = &seen.files;
    let mut found = Vec::new();
    match files.main {
        Main::Missing => found.push(Finding::Missing),
        Main::NotAFile => found.push(Finding::NotAFile),
        Main::Empty if !seen.journal_is_whole() && !seen.shelf.copies.is_empty() => found.push(Finding::Emptied),
        Main::Empty => found.push(Finding::Empty),
        Main::NotADatabase => found.push(Finding::NotADatabase),
        Main::Database(header) => {
            let bytes = files.bytes(Role::Database).unwrap_or_default();
            let needed = header.pages.unwrap_or_default().saturating_mul(header.page_bytes);
            // With a log a checkpoint may have been cut off, and the log has what the file lacks.
            if bytes < needed && files.bytes(Role::Log).unwrap_or_default() == 0 {
                found.push(Finding::CutShort { bytes, needed });
            }
            // The head of one that is being written may be met half-way.
            if let Some(why) = files.strange_log.filter(|_| seen.running.is_none()) {
                found.push(Finding::StrangeLog { why });
            }
            if header.mode == Mode::Wal && files.bytes(Role::Rollback).is_some_and(|bytes| bytes > 0) {
                found.push(Finding::RollbackBesideLog);
            }
        }
    }
    found.extend(seen.in_the_way.clone().map(|why| Finding::InTheWay { why }));
    if let (Main::Missing | Main::Empty, Some(bytes @ 1..)) = (files.main, files.bytes(Role::Log)) {
        found.push(Finding::OrphanedLog { bytes });
    }
    if files.get(Role::Swap).is_some() {
        found.push(Finding::SwapBegun);
    }
    found
}

fn soundness(seen: &Examined, inside: &Inside) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(first) = inside.damage.first() {
        found.push(Finding::Malformed { places: inside.damage.len(), first: first.clone() });
        found.extend(log_lost(seen));
    }
    if !inside.unanswered.is_empty() {
        found.push(Finding::Unanswered { what: inside.unanswered.join("; ") });
    }
    match &inside.kind {
        DatabaseKind::Foreign { tables } => found.push(Finding::Foreign { tables: tables.clone() }),
        DatabaseKind::Ours { version: Version::Newer } => found.push(Finding::Newer),
        DatabaseKind::Ours { .. } | DatabaseKind::Earlier | DatabaseKind::Blank | DatabaseKind::Unknown => {}
    }
    found
}

/// An empty log beside its index is ordinary: any reader leaves it so. Beside a malformed database that is older than
/// what it should hold, it is the story of a log that was lost.
fn log_lost(seen: &Examined) -> Option<Finding> {
    let files = &seen.files;
    let index_bytes = files.bytes(Role::LogIndex).filter(|bytes| *bytes > 0)?;
    let written_at = files.get(Role::Database)?.modified?;
    let newest_at = seen.newest_moment()?;
    let log_is_gone = files.bytes(Role::Log).unwrap_or_default() == 0;
    let stale = newest_at.since(written_at) > SLACK;
    (log_is_gone && stale).then_some(Finding::LogLost { written_at, newest_at, index_bytes })
}

fn journal(seen: &Examined, chain: &Chain) -> Vec<Finding> {
    if chain.lines == 0 && chain.only_in_store > 0 {
        return vec![Finding::StoreAlone { lines: chain.only_in_store }];
    }
    let mut found = Vec::new();
    // What the one has too much of, and what it lacks, is then no damage: it is the next thing that is said.
    let apart = chain.different.map(|(lines, first)| Finding::StoreDiffers { lines, first });
    let (houses_apart, lines_apart) = apart.into_iter().partition::<Vec<_>, _>(Finding::is_of_two_houses);
    found.extend(houses_apart);
    found.extend(seen.journal_is_elsewhere().then_some(Finding::JournalElsewhere));
    if let Some(first) = chain.strays.first() {
        found.push(Finding::JournalStrays { files: chain.strays.len(), first: first.clone() });
    }
    if !chain.foreign.is_empty() {
        found.push(Finding::JournalForeign { names: chain.foreign.clone() });
    }
    if let Some(first) = chain.damage.first() {
        found.push(Finding::JournalDamaged { places: chain.damage.len(), first: first.clone() });
    }
    if let Some(why) = &chain.unread {
        found.push(Finding::JournalUnread { why: why.clone() });
    }
    let sound = seen.inside.as_ref().is_some_and(Inside::is_sound);
    found.extend(lines_apart);
    if chain.only_in_store > 0 {
        found.push(Finding::StoreAlone { lines: chain.only_in_store });
    }
    if chain.ahead > 0 && sound && seen.running.is_none() {
        found.push(Finding::StoreBehind { lines: chain.ahead });
    }
    let lost = chain.baselines_lost.iter().cloned();
    found.extend(lost.map(|(name, why)| Finding::BaselineLost { name, why }));
    found.extend(chain.apart.iter().cloned().map(|why| Finding::BackupApart { why }));
    found
}

fn sessions(seen: &Examined, inside: &Inside) -> Vec<Finding> {
    let all = &inside.sessions.all;
    let numbers = |wanted: &dyn Fn(&&Session) -> bool| -> Vec<i64> {
        all.iter().filter(wanted).map(|session| session.number).collect()
    };
    let running = seen.running_session(inside);
    let mut found = Vec::new();
    let left_open = numbers(&|session| session.is_left_open() && Some(session.number) != running);
    if !left_open.is_empty() {
        found.push(Finding::LeftOpen { sessions: left_open });
    }
    let not_ended = numbers(&|session| session.origin != Origin::Own && !session.is_over());
    if !not_ended.is_empty() {
        found.push(Finding::NotEnded { sessions: not_ended });
    }
    let no_time =
        numbers(&|session| session.origin == Origin::Own && !session.is_left_open() && session.ended_at.is_none());
    if !no_time.is_empty() {
        found.push(Finding::EndWithoutTime { sessions: no_time });
    }
    found.extend(all.iter().filter_map(impossible_reason));
    found.extend(reason_of_another_time(inside));
    let missing = missing_numbers(all);
    if !missing.is_empty() {
        found.push(Finding::NumbersMissing { sessions: missing });
    }
    let ends_early =
        |session: &&Session| session.ended_at.zip(session.started_at).is_some_and(|(end, start)| end < start);
    found.extend(all.iter().filter(ends_early).map(|session| Finding::EndsBeforeItBegan { session: session.number }));
    found.extend(all.windows(2).filter_map(overlap));
    found
}

fn impossible_reason(session: &Session) -> Option<Finding> {
    if session.origin != Origin::Own || session.is_left_open() {
        return None;
    }
    let reason = session.halt_reason.clone().unwrap_or_else(|| "nothing".to_owned());
    let known = HaltReason::ALL.iter().any(|known| known.as_str() == reason);
    (!known).then_some(Finding::ImpossibleReason { session: session.number, reason })
}

fn reason_of_another_time(inside: &Inside) -> Option<Finding> {
    let keyed = inside.sessions.keyed_reason.as_ref()?;
    let newest = inside.sessions.newest()?;
    let began_at = newest.started_at.filter(|began| *began > keyed.written_at)?;
    let (reason, written_at) = (keyed.reason.clone(), keyed.written_at);
    Some(Finding::ReasonOfAnotherTime { reason, written_at, session: newest.number, began_at })
}

/// Between the lowest and the highest number; at most a thousand of them, lest a wild number make a list without end.
fn missing_numbers(all: &[Session]) -> Vec<i64> {
    let gaps = all.windows(2).filter_map(|pair| match pair {
        [before, after] => Some(before.number.saturating_add(1)..after.number),
        _ => None,
    });
    gaps.flatten().take(1_000).collect()
}

fn overlap(pair: &[Session]) -> Option<Finding> {
    let [earlier, later] = pair else { return None };
    // Simulated time may run ahead of the next session's beginning.
    if earlier.clock == ClockKind::Simulated || later.clock == ClockKind::Simulated {
        return None;
    }
    let until = earlier.ended_at.or(earlier.started_at)?;
    (later.started_at? < until).then_some(Finding::Overlap { earlier: earlier.number, later: later.number })
}

fn orders(seen: &Examined, inside: &Inside) -> Option<Finding> {
    let sessions = &inside.sessions.all;
    // What the next start closes it also sweeps; what runs is no stale order.
    let alive: BTreeSet<i64> =
        sessions.iter().filter(|session| session.is_left_open()).map(|session| session.number).collect();
    let earlier_runs = inside.kind == DatabaseKind::Earlier && seen.seems_to_run(inside);
    let newest = inside.sessions.newest().map(|session| session.number);
    let is_stale = |session: Option<i64>| match session {
        Some(session) => !(alive.contains(&session) || (earlier_runs && newest == Some(session))),
        None => true,
    };
    let orders: Vec<_> = inside.orders.open.iter().filter(|order| is_stale(order.session)).cloned().collect();
    (!orders.is_empty()).then_some(Finding::StaleOrders { orders })
}

fn copies(seen: &Examined) -> Vec<Finding> {
    let mut found = Vec::new();
    for copy in &seen.shelf.copies {
        if let CopyState::Unsound { why } = &copy.state {
            found.push(Finding::UnsoundCopy { name: copy.name.clone(), why: why.clone() });
        }
    }
    let own = seen.inside.as_ref().filter(|inside| inside.is_sound());
    let newest_over = own.and_then(|inside| {
        inside.sessions.all.iter().rfind(|session| session.origin != Origin::Earlier && session.is_over())
    });
    match (seen.shelf.newest_sound(), newest_over) {
        (None, Some(_)) => found.push(Finding::NoBackup),
        (Some((copy, backup)), newest_over) => {
            let newest_in_it = backup.sessions.newest().map_or(0, |session| session.number);
            let name = copy.name.clone();
            let newest = own.map(|inside| inside.sessions.newest().map_or(0, |session| session.number));
            if let Some(newest) = newest.filter(|newest| *newest < newest_in_it) {
                found.push(Finding::BackupAhead { name, newest_in_it, newest });
            } else if let Some(newest) = newest_over.map(|session| session.number).filter(|over| *over > newest_in_it) {
                found.push(Finding::BackupBehind { name, newest_in_it, newest });
            }
        }
        (None, None) => {}
    }
    found
}

impl Examined {
    /// Whether the journal begins as neither what is left of the database does nor, if that is not sound, its newest copy.
    pub fn journal_is_elsewhere(&self) -> bool {
        let Some(journal) = self.chain.as_ref().and_then(|chain| chain.first_line) else { return false };
        let own = self.inside.as_ref().and_then(|inside| inside.first_line);
        let in_copy = self.shelf.newest_sound().and_then(|(_, inside)| inside.first_line);
        // A sound database is compared line by line.
        let is_sound = own.is_some() && self.inside.as_ref().is_some_and(Inside::is_sound);
        !is_sound && own != Some(journal) && in_copy.or(own).is_some_and(|first| first != journal)
    }

    /// What the sessions and orders are told from: the database, or the newest sound copy where that cannot tell; with
    /// that copy's name.
    pub fn telling(&self) -> Option<(&Inside, Option<&str>)> {
        let known = |inside: &&Inside| matches!(inside.kind, DatabaseKind::Ours { .. } | DatabaseKind::Earlier);
        let whole = self.inside.as_ref().filter(known);
        if let Some(inside) = whole.filter(|inside| inside.unanswered.is_empty()) {
            return Some((inside, None));
        }
        let copy = self.shelf.newest_sound().map(|(copy, inside)| (inside, Some(copy.name.as_str())));
        copy.filter(|(inside, _)| known(inside)).or(whole.map(|inside| (inside, None)))
    }

    /// The newest moment that anything but the database file's own time tells of.
    pub fn newest_moment(&self) -> Option<Timestamp> {
        let own = self.inside.as_ref().and_then(|inside| inside.sessions.newest_moment());
        let copy = self.shelf.newest_sound();
        let in_copy = copy.and_then(|(_, inside)| inside.sessions.newest_moment());
        let taken_at = copy.and_then(|(copy, _)| copy.taken_at);
        own.max(in_copy).max(taken_at)
    }

    /// The session of the process that holds the lock.
    pub fn running_session(&self, inside: &Inside) -> Option<i64> {
        self.running.as_ref()?;
        inside.sessions.all.iter().rfind(|session| session.is_left_open()).map(|session| session.number)
    }

    /// The earlier engine keeps no lock: it seems to run if it wrote a moment ago.
    fn seems_to_run(&self, inside: &Inside) -> bool {
        inside.sessions.last_sign.is_some_and(|sign| self.now.since(sign) < SLACK)
    }
}
