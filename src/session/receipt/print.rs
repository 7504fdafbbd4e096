//! The receipt as text: what went wrong first, each by its name; then what the session came to.
//!
//! Inventory is exact; profits and values are rounded for reading, and exact in the receipt's JSON.

use std::fmt;

use rust_decimal::Decimal;

use super::{Kept, PhaseTook, Receipt, Verification};
use crate::domain::inventory::Inventory;
use crate::domain::money::{Drops, Rlusd, Value};
use crate::domain::order::OrderId;
use crate::domain::pnl::Holding;
use crate::domain::session::{EndedAtSource, Status};
use crate::domain::time::Timestamp;
use crate::logging::one_line;
use crate::session::phase::Phase;

/// The narrowest terminal in which no line is broken.
const COLUMNS: usize = 80;
/// What a label and the space before it take.
const LABEL: usize = 14;

/// A label and one or two cells. The second goes on a line of its own where both would be too wide.
struct Row {
    label: &'static str,
    left: String,
    right: String,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Row> = [self.alarms(), self.end(), self.money(), self.keeping()].into_iter().flatten().collect();
        let paired = rows.iter().filter(|row| !row.right.is_empty());
        let width = paired.map(|row| row.left.chars().count() + 3).max().unwrap_or(0);
        writeln!(f, "{}", self.title())?;
        for Row { label, left, right } in &rows {
            if right.is_empty() {
                writeln!(f, "  {label:<12}{left}")?;
            } else if LABEL + width + right.chars().count() < COLUMNS {
                writeln!(f, "  {label:<12}{left:<width$}{right}")?;
            } else {
                writeln!(f, "  {label:<12}{left}\n{:LABEL$}{right}", "")?;
            }
        }
        Ok(())
    }
}

impl Receipt {
    fn title(&self) -> String {
        let name = match self.label.as_str() {
            "" => format!("Session {}", self.session),
            label => format!("Session {} ({})", self.session, one_line(label)),
        };
        let ended = match self.status {
            Status::Open | Status::Closing => return format!("{name} is NOT closed: the next start recovers it."),
            Status::Closed => "closed",
            Status::Recovered => "recovered",
        };
        match self.verification {
            Verification::Verified => format!("{name} {ended}, verified."),
            Verification::NotVerified { .. } => format!("{name} {ended}, NOT verified."),
            Verification::NotLooked => format!("{name} {ended}."),
        }
    }

    /// What the operator has to know before anything else.
    fn alarms(&self) -> Vec<Row> {
        let mut rows = vec![];
        if !self.unproven.is_empty() {
            let plural = if self.unproven.len() == 1 { "it" } else { "they" };
            let orders = names(&self.unproven);
            rows.push(single("NOT PROVEN", format!("{orders}: {plural} may rest at the venue; look there")));
        }
        for failure in self.all_failures() {
            rows.push(single("FAILED", format!("{}: {}", failure.phase, one_line(&failure.why))));
        }
        if let Verification::NotVerified { what } = &self.verification {
            rows.extend(what.iter().map(|what| single("UNVERIFIED", one_line(what))));
        }
        if let Some(residual) = self.residual.filter(|residual| *residual != Inventory::default()) {
            let (xrp, rlusd) = (signed(residual.xrp.to_decimal(), 6), signed_exactly(residual.rlusd.to_decimal()));
            rows.push(single("RESIDUAL", format!("the venue has XRP {xrp} and RLUSD {rlusd} against our books")));
        }
        rows
    }

    fn end(&self) -> Vec<Row> {
        let evidence = match self.ended_at_source {
            EndedAtSource::Closed => "",
            EndedAtSource::Journal => ", its last fact",
            EndedAtSource::Heartbeat => ", its last heartbeat",
            EndedAtSource::Log => ", its last line in the log",
            EndedAtSource::Evidence => ", its last reading",
            EndedAtSource::Operator => ", by the operator's word",
        };
        let mut rows =
            vec![pair("ended by", self.reason.in_words().to_owned(), format!("{}{evidence}", moment(self.ended_at)))];
        for cause in &self.causes {
            if cause.reason == self.reason && !cause.detail.is_empty() {
                rows.push(single("", one_line(&cause.detail)));
            } else if cause.reason != self.reason {
                let detail =
                    if cause.detail.is_empty() { String::new() } else { format!(": {}", one_line(&cause.detail)) };
                rows.push(single("also", format!("{}{detail}", cause.reason.in_words())));
            }
        }
        let lasted = u64::try_from(self.ended_at.since(self.started_at).as_millis()).unwrap_or(u64::MAX);
        let (lasted, quoting) = (hours(lasted), hours(self.totals.quoting_ms));
        let started = format!("since {}", moment(self.started_at).trim_end_matches(" UTC"));
        rows.push(pair("lasted", format!("{lasted}, of which quoting {quoting}"), started));
        rows.extend(self.phases());
        rows
    }

    fn money(&self) -> Vec<Row> {
        let totals = &self.totals;
        let (start, end) = (totals.starting, totals.ending);
        let moved = |of: fn(Holding) -> String| {
            let side = |holding: Option<Holding>| holding.map_or_else(|| "–".to_owned(), of);
            format!("{} → {}", side(start), side(end))
        };
        let (xrp, rlusd) = (moved(|held| xrp(held.xrp)), moved(|held| rlusd(held.rlusd)));
        let value = moved(|held| rounded(held.value));
        let moved_in = match totals.capital {
            none if none == Value::ZERO => String::new(),
            capital => format!("  capital moved {} RLUSD", money(capital)),
        };
        let split = &totals.split;
        let parts = format!(
            "spread {}  inventory {}  fees {}",
            money(split.spread),
            money(split.inventory),
            money(-split.fees)
        );
        let residual = match self.residual {
            None => "residual –",
            Some(residual) if residual == Inventory::default() => "residual 0",
            Some(_) => "residual NOT 0",
        };
        let fills = totals.bought + totals.sold;
        let spread = self.spread_bps().map(|bps| format!("spread {} bps", bps.to_decimal().round_dp(1)));
        vec![
            pair("inventory", format!("XRP {xrp}"), format!("RLUSD {rlusd}")),
            pair("value", format!("{value} RLUSD"), residual.to_owned() + &moved_in),
            pair("profit", format!("{} RLUSD", money(split.profit())), parts),
            pair(
                "fills",
                format!("{fills} ({} bought, {} sold)", totals.bought, totals.sold),
                spread.unwrap_or_default(),
            ),
            pair("orders", format!("{} intended, {} cancelled", totals.orders, totals.cancelled), self.resting()),
        ]
    }

    fn resting(&self) -> String {
        match (self.unproven.len(), self.venue_ended.as_slice()) {
            (0, []) => "all proven gone, nothing of ours rests".to_owned(),
            (0, gone) => format!("{} ended with the venue, nothing of ours rests", names(gone)),
            (1, _) => "1 NOT proven gone".to_owned(),
            (n, _) => format!("{n} NOT proven gone"),
        }
    }

    fn keeping(&self) -> Vec<Row> {
        let mut rows = vec![];
        let checkpoint = self.checkpoint.as_ref().map(|kept| match kept {
            Kept::Done { .. } => "checkpoint ok, WAL empty".to_owned(),
            Kept::Failed { .. } => "checkpoint FAILED".to_owned(),
            Kept::LeftOut => "checkpoint left out".to_owned(),
        });
        let backup = self.backup.as_ref().map(|kept| match kept {
            Kept::Done { took_ms } => format!("backup verified in {took_ms} ms"),
            Kept::Failed { .. } => "backup FAILED".to_owned(),
            Kept::LeftOut => "backup left out".to_owned(),
        });
        let kept = [checkpoint, backup].into_iter().flatten().collect::<Vec<_>>().join("  ");
        let journal = self.head.as_ref().map(|head| {
            let hash: String = head.hash.chars().take(12).collect();
            format!("journal {} lines, head {hash}", grouped(head.n.saturating_add(1)))
        });
        match journal {
            Some(journal) => rows.push(pair("files", journal, kept)),
            None if !kept.is_empty() => rows.push(single("files", kept)),
            None => {}
        }
        let left_out: Vec<&str> = self.left_out.iter().map(|phase| phase.as_str()).collect();
        if !left_out.is_empty() {
            rows.push(single("left out", left_out.join(", ")));
        }
        rows.push(single("incidents", self.incidents_in_words()));
        rows.push(single("database", one_line(&self.database)));
        rows
    }

    /// `4.1 s: seal 3 ms, cancel 4.1 s, settle 0 ms, close 9 ms`, and below it what came once the session was closed.
    fn phases(&self) -> Vec<Row> {
        let whole: u64 = self.phases.iter().map(|phase| phase.took_ms).sum();
        let in_words = |of: &[PhaseTook]| {
            let each = of.iter().map(|PhaseTook { phase, took_ms }| format!("{phase} {}", span(*took_ms)));
            each.collect::<Vec<_>>().join(", ")
        };
        let closing = self.phases.partition_point(|took| took.phase <= Phase::Close);
        let (closing, keeping) = self.phases.split_at(closing);
        let rows = [("the end", format!("{}: {}", span(whole), in_words(closing))), ("", in_words(keeping))];
        let known = usize::from(!closing.is_empty()) + usize::from(!keeping.is_empty());
        rows.into_iter().take(known).map(|(label, words)| single(label, words)).collect()
    }

    /// Each title once, with how often it came.
    fn incidents_in_words(&self) -> String {
        let mut titles: Vec<(&str, usize)> = vec![];
        for title in &self.incidents {
            match titles.iter_mut().find(|(seen, _)| seen == title) {
                Some((_, times)) => *times += 1,
                None => titles.push((title, 1)),
            }
        }
        let words = titles.into_iter().map(|(title, times)| match times {
            1 => one_line(title),
            times => format!("{} ({times} times)", one_line(title)),
        });
        let words = words.collect::<Vec<_>>().join(", ");
        if words.is_empty() { "none".to_owned() } else { words }
    }
}

fn single(label: &'static str, left: String) -> Row {
    Row { label, left, right: String::new() }
}

fn pair(label: &'static str, left: String, right: String) -> Row {
    Row { label, left, right }
}

fn names(orders: &[OrderId]) -> String {
    orders.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// `2026-11-22 12:52:03 UTC`
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let seconds = text.split_once('.').map_or(text.as_str(), |(seconds, _)| seconds);
    format!("{} UTC", seconds.replacen('T', " ", 1))
}

/// `0:12:46`
fn hours(millis: u64) -> String {
    let seconds = millis / 1_000;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// `31 ms`, from a second on `4.1 s`.
fn span(millis: u64) -> String {
    if millis < 1_000 { format!("{millis} ms") } else { format!("{}.{} s", millis / 1_000, millis / 100 % 10) }
}

/// `1 263`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

fn xrp(drops: Drops) -> String {
    minus(&drops.to_string())
}

/// Exact, with at least as many decimals as XRP has.
fn rlusd(amount: Rlusd) -> String {
    minus(&at_least(amount.to_decimal(), 6).to_string())
}

fn rounded(value: Value) -> String {
    minus(&at_least(value.to_decimal().round_dp(4), 4).to_string())
}

fn money(value: Value) -> String {
    signed(value.to_decimal(), 4)
}

/// With its sign and `decimals`; with more where it would be shown as nothing and is not. Nothing is plain `0`.
fn signed(number: Decimal, decimals: u32) -> String {
    let round = number.round_dp(decimals);
    if round.is_zero() && !number.is_zero() {
        return signed_exactly(number.round_sf(1).unwrap_or(number));
    }
    signed_exactly(at_least(round, decimals))
}

fn signed_exactly(number: Decimal) -> String {
    match number {
        zero if zero.is_zero() => "0".to_owned(),
        positive if positive.is_sign_positive() => format!("+{positive}"),
        negative => minus(&negative.to_string()),
    }
}

fn at_least(number: Decimal, decimals: u32) -> Decimal {
    let mut padded = number;
    padded.rescale(number.scale().max(decimals));
    padded
}

/// A true minus sign: a hyphen is easily overlooked.
fn minus(number: &str) -> String {
    number.replacen('-', "−", 1)
}
