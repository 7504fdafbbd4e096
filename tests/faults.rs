//! A whole session, engine and paper venue and all, on a disk whose operations fail: once, for a while, from then on, with
//! an error and for lack of room. It ends, its receipt is true, nothing that it acted upon is lost, and where the disk
//! works again it goes on by itself.
//!
//! Here it is every few operations. All of them: `NEO_SWEEP=all cargo test --release --test faults -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod sim;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use neo_console::cli::exit::Exit;
use neo_console::disk::sim::{Loss, MemoryDisk};
use neo_console::domain::fact::{EndBegun, Fact, Intent, SessionClosed, SessionRecovered};
use neo_console::domain::halt::HaltReason;
use neo_console::domain::money::Drops;
use neo_console::domain::order::OrderSpec;
use neo_console::domain::session::Status;
use neo_console::domain::time::Timestamp;
use neo_console::journal::reader::read_chain;
use neo_console::keeper::Closed;
use neo_console::session::receipt::{Kept, Verification};

use sim::failing::{How, NEVER, each, run, stride};
use sim::session::{self, Ended};
use sim::witness::{self, Finding};
use sim::{place, prepare};

/// Every how many operations one fails, when nobody says.
const STRIDE: usize = 13;

/// What a journal has to tell of its newest session.
#[derive(Default)]
struct Told {
    /// The hash of each line, by its number.
    hashes: Vec<String>,
    /// Whether the session is in it at all.
    opened: bool,
    intended: Vec<OrderSpec>,
    fills: BTreeSet<String>,
    seal: Option<EndBegun>,
    closed: Option<(Timestamp, Box<SessionClosed>)>,
    recovered: Option<Box<SessionRecovered>>,
}

impl Told {
    /// By the journal alone, as it lies on that disk.
    fn by(disk: &MemoryDisk) -> Result<Self, Finding> {
        let mut told = Self::default();
        let report = read_chain(disk, &place().journal(), None, |line| {
            told.hashes.push(line.hash.to_string());
            match line.fact().expect("a fact that we wrote") {
                Fact::SessionOpened(_) => told.opened = true,
                Fact::Intent(Intent::Submit(order)) => told.intended.push(order),
                Fact::Fill(fill) => _ = told.fills.insert(fill.id),
                Fact::EndBegun(seal) => told.seal = Some(seal),
                Fact::SessionClosed(closed) => told.closed = Some((line.at, closed)),
                Fact::SessionRecovered(recovered) => told.recovered = Some(recovered),
                _ => {}
            }
        });
        report.map_err(|error| Finding::Lost(error.to_string()))?;
        Ok(told)
    }
}

fn lost<T>(what: impl Into<String>) -> Result<T, Finding> {
    Err(Finding::Lost(what.into()))
}

fn wrong<T>(what: impl Into<String>) -> Result<T, Finding> {
    Err(Finding::Wrong(what.into()))
}

/// Whether the receipt vouches for the session's close.
fn says_closed(ended: &Ended) -> bool {
    let in_doubt = match &ended.receipt.verification {
        Verification::NotVerified { what } => what.iter().any(|what| what.contains("not known to be on disk")),
        Verification::Verified | Verification::NotLooked => false,
    };
    ended.receipt.status == Status::Closed && !in_doubt
}

/// The power goes when all is over, and the next start comes. Everything that the session acted upon and told is there.
fn expect_true(ended: &Ended) -> Result<(), Finding> {
    expect_nothing_sent_unwritten(ended)?;
    expect_honest(ended)?;
    for loss in [Loss::Unsynced, Loss::Sectors] {
        let after = ended.disk.after_power_loss(loss);
        if says_closed(ended) && !ended.receipt.incidents.iter().any(|title| title == "The journal cannot be written") {
            expect_closed(ended, &Told::by(&after)?)?;
        }
        witness::examine(&after, std::iter::empty())?;
        let told = Told::by(&after)?;
        expect_kept(ended, &told)?;
        expect_an_end(ended, &told)?;
    }
    Ok(())
}

/// Had the power gone at the moment at which an order was handed to the venue, its intent would have been there.
fn expect_nothing_sent_unwritten(ended: &Ended) -> Result<(), Finding> {
    let tape = ended.disk.tape();
    let mut platter = tape.platter();
    for (position, order) in &ended.seen.submitted {
        platter.advance_to(*position);
        if !Told::by(&platter.after(Loss::Unsynced, 0))?.intended.contains(order) {
            return lost(format!("order {} was sent, and its intent was not safe", order.id));
        }
    }
    Ok(())
}

/// The receipt does not say more than is known, and says what failed.
fn expect_honest(ended: &Ended) -> Result<(), Finding> {
    let receipt = &ended.receipt;
    let exit = Exit::of_receipt(receipt);
    if !says_closed(ended) && (exit == Exit::Done || receipt.verification == Verification::Verified) {
        return wrong(format!("it is not closed and the receipt is content: {receipt:?}"));
    }
    let listed = |order| receipt.unproven.contains(order) || receipt.venue_ended.contains(order);
    if let Some((order, _)) = ended.seen.at_large.iter().find(|(order, _)| !listed(order)) {
        return wrong(format!("order {order} may rest at the venue, and the receipt does not list it"));
    }
    if !receipt.unproven.is_empty() && exit == Exit::Done {
        return wrong(format!("{:?} may rest and the exit is 0", receipt.unproven));
    }
    for (phase, kept) in [("checkpoint", &receipt.checkpoint), ("backup", &receipt.backup)] {
        let failed = matches!(kept, Some(Kept::Failed { .. }));
        if failed && !receipt.all_failures().iter().any(|failure| failure.phase == phase) {
            return wrong(format!("the {phase} failed and is not listed"));
        }
    }
    let fills = usize::try_from(receipt.totals.bought + receipt.totals.sold).unwrap();
    if fills != ended.seen.fills.len() || fills != ended.view.fills.len() {
        return wrong(format!("{} fills at the venue, {fills} on the receipt", ended.seen.fills.len()));
    }
    Ok(())
}

/// What the receipt vouches for is there, to the last digit.
fn expect_closed(ended: &Ended, told: &Told) -> Result<(), Finding> {
    let receipt = &ended.receipt;
    let Some((at, closed)) = &told.closed else { return lost("the receipt says closed, the journal does not") };
    let mut totals = receipt.totals.clone();
    totals.incidents = closed.totals.incidents;
    let same = receipt.ended_at == *at
        && receipt.reason == closed.reason
        && totals == closed.totals
        && receipt.unproven == closed.unproven
        && receipt.venue_ended == closed.venue_ended
        && receipt.residual == closed.residual;
    if same { Ok(()) } else { wrong(format!("closed as {closed:?}, and the receipt says {receipt:?}")) }
}

/// The chain is there up to the head on the receipt; so is whatever reached the venue or came from it.
fn expect_kept(ended: &Ended, told: &Told) -> Result<(), Finding> {
    if let Some(head) = &ended.receipt.head
        && told.hashes.get(usize::try_from(head.n).unwrap()) != Some(&head.hash)
    {
        return lost(format!("line {} of the receipt is not in the journal of {}", head.n, told.hashes.len()));
    }
    if let Some((_, order)) = ended.seen.submitted.iter().find(|(_, order)| !told.intended.contains(order)) {
        return lost(format!("order {} was sent and its intent is not there", order.id));
    }
    let filled: BTreeSet<String> = ended.seen.fills.iter().map(|fill| fill.id.clone()).collect();
    if !told.fills.is_subset(&filled) {
        return wrong(format!("{:?} in the journal, {filled:?} at the venue", told.fills));
    }
    if says_closed(ended) && told.fills != filled {
        return lost(format!("{filled:?} at the venue, {:?} in the journal", told.fills));
    }
    Ok(())
}

/// The session has one end: its own, or the next start's with the cause that was sealed.
fn expect_an_end(ended: &Ended, told: &Told) -> Result<(), Finding> {
    let sealed = told.seal.as_ref().map(|seal| seal.cause.reason);
    match (&told.closed, &told.recovered) {
        (Some(_), None) => expect_closed(ended, told),
        (None, Some(_)) if says_closed(ended) => lost("the receipt says closed, and the next start recovered it"),
        (None, Some(recovered)) if recovered.reason != sealed.unwrap_or(HaltReason::RecoveredCrash) => {
            wrong(format!("recovered as {}, sealed as {sealed:?}", recovered.reason))
        }
        (None, Some(_)) => Ok(()),
        // Not even its beginning was kept: it is told by the receipt alone, and has done nothing.
        (None, None) if !told.opened && ended.seen.submitted.is_empty() => Ok(()),
        (None, None) | (Some(_), Some(_)) => wrong("no end, or two"),
    }
}

/// Whether the operator could know that something failed, if anything did that matters.
fn was_told(ended: &Ended) -> bool {
    // What of SQLite's shared memory or of a half-made backup cannot be removed is removed by whoever comes next.
    let is_litter = |name: &str| name.ends_with("-shm") || name.contains(".unverified");
    let matters = |failed: &String| !failed.strip_prefix("remove ").is_some_and(is_litter);
    if !ended.failed.iter().any(matters) {
        return true;
    }
    let health = &ended.health;
    let counted = health.store.readings_dropped > 0 || health.store.second_tries > 0;
    counted || !ended.view.incidents.is_empty() || !ended.receipt.all_failures().is_empty()
}

/// A disk that worked again in time has cost nothing. Who closes on a disk that is full for a while yet cannot wait for it.
fn expect_resumed(ended: &Ended, how: How) -> Result<(), Finding> {
    let receipt = &ended.receipt;
    let in_peace = ended.seen.failures_before_the_end == Some(ended.failed.len() as u64);
    if receipt.reason != HaltReason::OperatorQuit {
        return wrong(format!("it did not go on by itself: {receipt:?}"));
    }
    if !says_closed(ended) && (in_peace || how != How::FullForAWhile) {
        return wrong(format!("it is not closed: {receipt:?}"));
    }
    if in_peace && Exit::of_receipt(receipt) != Exit::Done {
        return wrong(format!("nothing failed at the end, and yet: {receipt:?}"));
    }
    Ok(())
}

fn expect(outcome: &Result<(), Finding>, what: &str, ended: &Ended) {
    let incidents: Vec<_> = ended.view.incidents.iter().map(|view| &view.incident).collect();
    let failed = &ended.failed;
    assert!(
        outcome.is_ok(),
        "{what}, {failed:?}: {outcome:?}; the operator saw {incidents:#?} and {:?}",
        ended.receipt
    );
}

/// A house in which nobody has lived yet.
fn furnish(disk: &MemoryDisk) {
    prepare(disk);
    drop(witness::open(disk).expect("a new house opens"));
}

/// What all sessions came to.
#[derive(Default)]
struct Tally {
    failures: AtomicUsize,
    fills: AtomicUsize,
    closed: AtomicUsize,
    done: AtomicUsize,
}

impl Tally {
    fn count(&self, ended: &Ended) {
        self.failures.fetch_add(ended.failed.len(), Ordering::Relaxed);
        self.fills.fetch_add(ended.seen.fills.len(), Ordering::Relaxed);
        self.closed.fetch_add(usize::from(says_closed(ended)), Ordering::Relaxed);
        self.done.fetch_add(usize::from(Exit::of_receipt(&ended.receipt) == Exit::Done), Ordering::Relaxed);
    }
}

#[test]
fn a_whole_session_on_a_failing_disk_ends_with_a_true_receipt_and_loses_nothing_it_acted_upon() {
    let disk = MemoryDisk::new(1);
    furnish(&disk);
    let house = || disk.after_power_loss(Loss::Nothing);
    let sound = run(session::live(&house(), How::ErrorOnce, NEVER));
    expect(&expect_true(&sound), "without a failure", &sound);
    assert_eq!(Exit::of_receipt(&sound.receipt), Exit::Done, "{:?}", sound.receipt);
    assert!(sound.seen.fills.len() >= 2 && sound.receipt.totals.cancelled > 0, "{:?}", sound.seen);

    let stride = stride(STRIDE);
    let of = |how: How| {
        // Each way begins at another operation, so that together they come to more of them.
        let first = (how as usize * stride / How::ALL.len()) as u64;
        (first..sound.operations).step_by(stride).map(move |operation| (how, operation))
    };
    let cases: Vec<(How, u64)> = How::ALL.into_iter().flat_map(of).collect();
    let tally = Tally::default();
    each(&cases, |&(how, operation)| {
        let ended = run(session::live(&house(), how, operation));
        let what = format!("{how:?} at operation {operation} of {}", sound.operations);
        assert_eq!(ended.closed, Closed::InTime, "{what}: the threads end");
        expect(&expect_true(&ended), &what, &ended);
        assert!(was_told(&ended), "{what}: nobody was told of {:?}: {:?}", ended.failed, ended.health);
        if !how.is_for_good() {
            expect(&expect_resumed(&ended, how), &what, &ended);
        }
        tally.count(&ended);
    });
    let Tally { failures, fills, closed, done } = tally;
    let [failures, fills, closed, done] = [failures, fills, closed, done].map(AtomicUsize::into_inner);
    let sessions = cases.len();
    println!("{sessions} sessions, {failures} failures, {fills} fills, {closed} closed, {done} with nothing amiss");
    assert!(failures >= sessions / 2, "{failures} failures in {sessions} sessions");
    assert!(closed >= sessions / 2 && closed < sessions, "{closed} of {sessions} closed");
}

#[test]
fn a_journal_that_is_never_synced_is_found_out() {
    let disk = MemoryDisk::lying_about(".jsonl", 1);
    furnish(&disk);
    let ended = run(session::live(&disk, How::ErrorOnce, NEVER));
    assert_eq!(Exit::of_receipt(&ended.receipt), Exit::Done, "nobody notices while it lasts");
    assert!(matches!(expect_nothing_sent_unwritten(&ended), Err(Finding::Lost(_))));
    let told = Told::by(&disk.after_power_loss(Loss::Unsynced)).unwrap();
    assert!(matches!(expect_closed(&ended, &told), Err(Finding::Lost(_))));
    assert!(matches!(expect_kept(&ended, &told), Err(Finding::Lost(_))));
}

#[test]
fn a_receipt_that_is_not_true_is_found_out() {
    let disk = MemoryDisk::new(1);
    furnish(&disk);
    let lie = |lie: fn(&mut Ended)| {
        let mut ended = run(session::live(&disk.after_power_loss(Loss::Nothing), How::ErrorOnce, NEVER));
        lie(&mut ended);
        expect_true(&ended).is_err() || !was_told(&ended)
    };
    assert!(!lie(|_| {}), "the truth is believed");
    assert!(lie(|ended| ended.receipt.totals.orders += 1));
    assert!(lie(|ended| ended.receipt.reason = HaltReason::DurationElapsed));
    assert!(lie(|ended| ended.receipt.head.as_mut().unwrap().hash.replace_range(..1, "x")));
    assert!(lie(|ended| ended.receipt.status = Status::Closing));
    assert!(lie(|ended| ended.seen.at_large.push((ended.seen.submitted[0].1.id, Drops::from_xrp(1)))));
    assert!(lie(|ended| _ = ended.seen.fills.pop()));
    assert!(lie(|ended| ended.failed.push("sync /sim/s.db".to_owned())));
}
