//! The power is lost after every operation of a house's life, in six ways, under the journal and the store at once; then
//! the house is opened as the next start would. What was acknowledged is there, once, and nobody was asked.
//!
//! Here are twenty thousand states. A million: `NEO_POWER_STATES=1000000 cargo test --release --test power -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod sim;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng as _, SeedableRng as _};

use neo_console::disk::sim::{Loss, MemoryDisk};

use sim::life::Life;
use sim::witness::{self, Finding};

/// How many states are tried when nobody says.
const STATES: usize = 20_000;
/// Of so many starts after a crash one loses the power again.
const AGAIN: usize = 64;
/// So many words about failures are enough to understand them.
const TOLD: usize = 5;

/// What became of the states of one kind.
#[derive(Default)]
struct Tally {
    /// Opened and looked at.
    states: usize,
    /// The disk is to the last byte one that was opened, and no more was acknowledged since: not opened again.
    same: usize,
    again: usize,
    lost: usize,
    doubled: usize,
    not_opened: usize,
    wrong: usize,
}

/// What became of all.
#[derive(Default)]
struct Outcome {
    tallies: BTreeMap<&'static str, Tally>,
    told: Vec<String>,
}

/// One moment and one way to lose the power at it.
struct Crash<'a> {
    life: &'a Life,
    position: usize,
    loss: Loss,
    seed: u64,
}

impl Crash<'_> {
    /// Whether the disk, and what was acknowledged, is what it was at an earlier moment that was tried.
    fn is_as_before(&self, since: usize) -> bool {
        let acknowledged = |position| self.life.acknowledged_at(position).count();
        self.position > since && acknowledged(self.position) == acknowledged(since)
    }

    fn try_it(&self, disk: &MemoryDisk, outcome: &Mutex<Outcome>) {
        let found = witness::examine(disk, self.life.acknowledged_at(self.position));
        self.count(found.map(drop), |tally| tally.states += 1, outcome);
        if self.position % AGAIN == self.loss as usize {
            self.lose_it_again(disk, outcome);
        }
    }

    /// The power goes a second time, somewhere in the start that the first loss made necessary.
    fn lose_it_again(&self, disk: &MemoryDisk, outcome: &Mutex<Outcome>) {
        let mut random = Pcg64Mcg::seed_from_u64(self.seed);
        let tape = disk.tape();
        let mut platter = tape.platter();
        platter.advance_to(usize::try_from(random.next_u64() % (tape.len() as u64 + 1)).unwrap());
        let loss = Loss::ALL[usize::try_from(random.next_u64() % 6).unwrap()];
        let again = platter.after(loss, random.next_u64());
        let found = witness::examine(&again, self.life.acknowledged_at(self.position));
        let lines = found.as_ref().ok().copied();
        self.count(found.map(drop), |tally| tally.again += 1, outcome);
        let once_more = witness::examine(&again, self.life.acknowledged_at(self.position));
        if let (Some(lines), Ok(more)) = (lines, &once_more)
            && lines != *more
        {
            let told = format!("the start after a start had something to write: {lines} lines became {more}");
            self.count(Err(Finding::Wrong(told)), |_| {}, outcome);
        }
    }

    fn count(&self, found: Result<(), Finding>, state: impl FnOnce(&mut Tally), outcome: &Mutex<Outcome>) {
        let mut outcome = outcome.lock().unwrap();
        let tally = outcome.tallies.entry(self.loss.in_words()).or_default();
        state(tally);
        let Err(finding) = found else { return };
        match &finding {
            Finding::NotOpened(_) => tally.not_opened += 1,
            Finding::Lost(_) => tally.lost += 1,
            Finding::Doubled(_) => tally.doubled += 1,
            Finding::Wrong(_) => tally.wrong += 1,
        }
        if outcome.told.len() < TOLD {
            let Self { position, loss, seed, .. } = self;
            let what = self.life.tape.in_words(*position);
            outcome.told.push(format!("position {position} ({what}), {loss:?}, seed {seed}: {finding:?}"));
        }
    }
}

impl Outcome {
    fn sum(&self, of: impl Fn(&Tally) -> usize) -> usize {
        self.tallies.values().map(of).sum()
    }

    fn failures(&self) -> usize {
        self.sum(|tally| tally.lost + tally.doubled + tally.not_opened + tally.wrong)
    }

    fn table(&self) -> String {
        let mut table = format!(
            "{:<20}{:>9}{:>8}{:>8}{:>7}{:>9}{:>12}{:>7}\n",
            "damage", "states", "same", "twice", "lost", "doubled", "not opened", "wrong"
        );
        for (kind, tally) in &self.tallies {
            let Tally { states, same, again, lost, doubled, not_opened, wrong } = tally;
            // Writing into a String cannot fail.
            let _ = writeln!(
                table,
                "{kind:<20}{states:>9}{same:>8}{again:>8}{lost:>7}{doubled:>9}{not_opened:>12}{wrong:>7}"
            );
        }
        table + &self.told.join("\n")
    }
}

/// Loses the power of a life after every `stride`th operation, in each of these ways.
fn crash_everywhere(life: &Life, losses: &[Loss], stride: usize, seed: u64, outcome: &Mutex<Outcome>) {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let mut platter = life.tape.platter();
                for position in (0..=life.tape.len()).step_by(stride).skip(thread).step_by(threads) {
                    platter.advance_to(position);
                    for (kind, &loss) in losses.iter().enumerate() {
                        let seed = seed ^ (position as u64 * 6 + kind as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                        let crash = Crash { life, position, loss, seed };
                        if stride == 1 && crash.is_as_before(platter.same_since(loss)) {
                            crash.count(Ok(()), |tally| tally.same += 1, outcome);
                            continue;
                        }
                        crash.try_it(&platter.after(loss, seed), outcome);
                    }
                }
            });
        }
    });
}

#[test]
fn no_loss_of_power_costs_an_acknowledged_fact_or_doubles_one_or_needs_help() {
    let wanted = std::env::var("NEO_POWER_STATES").map_or(STATES, |states| states.parse().expect("a number"));
    let outcome = Mutex::new(Outcome::default());
    for seed in 1.. {
        let life = Life::on(&MemoryDisk::new(seed), seed);
        // The last life is only tried at every few operations; the ones before at each.
        let left = wanted.saturating_sub(outcome.lock().unwrap().sum(|tally| tally.states + tally.same));
        if left == 0 {
            break;
        }
        let stride = if seed == 1 { 1 } else { (life.tape.len() * Loss::ALL.len()).div_ceil(left) };
        crash_everywhere(&life, &Loss::ALL, stride, seed, &outcome);
    }
    let outcome = outcome.into_inner().unwrap();
    println!("{}", outcome.table());
    assert_eq!(outcome.failures(), 0, "\n{}", outcome.table());
}

/// A checkpoint is cut off when the newest rows are half in the database, and the start that follows loses the power while
/// it writes behind their log, whose last sector goes with it. Found by a million states, once.
#[test]
fn a_start_after_a_checkpoint_that_was_cut_off_writes_nothing_behind_its_log() {
    /// A life whose last checkpoint comes right behind a payment: a fact whose rows nothing later writes again.
    const LIFE: u64 = 188;
    let life = Life::on(&MemoryDisk::new(LIFE), LIFE);
    let is_of_a_checkpoint =
        |at: &usize| life.tape.in_words(*at).contains("bytes at") && life.tape.in_words(*at).ends_with("s.db.new");
    let cut_off: Vec<usize> = (life.tape.len() / 2..=life.tape.len()).filter(is_of_a_checkpoint).collect();
    let mut platter = life.tape.platter();
    let outcome = Mutex::new(Outcome::default());
    for position in cut_off {
        platter.advance_to(position);
        let crash = Crash { life: &life, position, loss: Loss::Tail, seed: position as u64 };
        let disk = platter.after(crash.loss, crash.seed);
        crash.count(
            witness::examine(&disk, life.acknowledged_at(position)).map(drop),
            |tally| tally.states += 1,
            &outcome,
        );
        let start = disk.tape();
        let mut once_more = start.platter();
        for second in (0..=start.len()).filter(|at| start.in_words(*at).contains("s.db-wal")).take(3) {
            once_more.advance_to(second);
            let again = once_more.after(Loss::Neighbour, crash.seed);
            let found = witness::examine(&again, life.acknowledged_at(position));
            crash.count(found.map(drop), |tally| tally.again += 1, &outcome);
        }
    }
    let outcome = outcome.into_inner().unwrap();
    assert!(outcome.sum(|tally| tally.again) > 50, "{}", outcome.table());
    assert_eq!(outcome.failures(), 0, "\n{}", outcome.table());
}

/// What the same test finds on a disk that it must fail on.
fn losses_found(disk: &MemoryDisk) -> Outcome {
    let life = Life::on(disk, 1);
    assert!(life.acknowledged.len() > 20, "{} facts prove nothing", life.acknowledged.len());
    let outcome = Mutex::new(Outcome::default());
    crash_everywhere(&life, &[Loss::Unsynced, Loss::Sectors], 20, 1, &outcome);
    outcome.into_inner().unwrap()
}

#[test]
fn control_a_journal_that_is_never_synced_loses_facts() {
    let outcome = losses_found(&MemoryDisk::lying_about(".jsonl", 1));
    println!("{}", outcome.table());
    assert!(outcome.sum(|tally| tally.lost) > 0, "{}", outcome.table());
}

#[test]
fn control_a_disk_that_lies_about_its_syncs_loses_facts() {
    let outcome = losses_found(&MemoryDisk::lying(1));
    println!("{}", outcome.table());
    assert!(outcome.sum(|tally| tally.lost) > 0, "{}", outcome.table());
}
