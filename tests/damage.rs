//! Bits flip, files are cut off, lose a piece or are deleted, in database, log, journal and backups. What touches a fact is
//! found out, and put right whenever one whole copy is left; what no copy can heal is refused, with nothing changed.
//!
//! Here are a few. Two thousand: `NEO_DAMAGE=2000 cargo test --release --test damage -- --nocapture`; other blows follow
//! from `NEO_DAMAGE_SEED`, and one case alone is tried with `NEO_DAMAGE_CASE`.
#![cfg(unix)]

mod hurt;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use hurt::blow::{Blow, Chance, Hit, Target};
use hurt::case::{Case, Ending, Usual, Verifying};
use hurt::eyes::Touch;
use hurt::original::Original;

/// How many cases there are when nobody says.
const CASES: usize = 160;
/// So many words about failures are enough to understand them.
const TOLD: usize = 12;

/// What became of all.
#[derive(Default)]
struct Outcome {
    /// By what was hit, how, and how near it came to a fact.
    ends: BTreeMap<(String, &'static str, Touch), BTreeMap<Ending, usize>>,
    failures: Vec<String>,
}

impl Outcome {
    fn count(&mut self, number: usize, case: &Case<'_>) {
        let hit = match &case.hits[..] {
            [one] => (one.target.in_words().to_owned(), one.blow.in_words()),
            [one, other] => {
                let (first, second) = (one.target.min(other.target), one.target.max(other.target));
                (format!("{} + {}", first.in_words(), second.in_words()), "both hit")
            }
            _ => unreachable!("one blow or two"),
        };
        match &case.ending {
            Ok(ending) => *self.ends.entry((hit.0, hit.1, case.touch)).or_default().entry(*ending).or_default() += 1,
            Err(why) => {
                let hits: Vec<String> = case.hits.iter().map(Hit::to_string).collect();
                let (house, touch) = (case.original.name, case.touch);
                self.failures.push(format!("case {number}, {house} house, {} ({touch:?}): {why}", hits.join(" and ")));
            }
        }
    }

    fn table(&self) -> String {
        let mut table = format!("{:<20}{:<13}{:<10}", "hit", "how", "touched");
        // Writing into a String cannot fail.
        for ending in Ending::ALL {
            let _ = write!(table, "{:>13}", ending.in_words());
        }
        for ((target, blow, touch), ends) in &self.ends {
            let _ = write!(table, "\n{target:<20}{blow:<13}{:<10}", format!("{touch:?}").to_lowercase());
            for ending in Ending::ALL {
                let _ = write!(table, "{:>13}", ends.get(&ending).copied().unwrap_or(0));
            }
        }
        table
    }

    fn with(&self, touch: Touch, ending: Ending) -> usize {
        let such = self.ends.iter().filter(|((_, _, touched), _)| *touched == touch);
        such.filter_map(|(_, ends)| ends.get(&ending)).sum()
    }
}

fn number(name: &str, or: usize) -> usize {
    std::env::var(name).map_or(or, |text| text.parse().expect("a number"))
}

#[test]
fn whatever_is_damaged_every_fact_is_there_afterwards_or_the_start_is_refused() {
    let (cases, seed) = (number("NEO_DAMAGE", CASES), number("NEO_DAMAGE_SEED", 1) as u64);
    let only = std::env::var("NEO_DAMAGE_CASE").is_ok().then(|| number("NEO_DAMAGE_CASE", 0));
    let originals = Original::both();
    let houses = originals.each_ref().map(Usual::of);
    let outcome = Mutex::new(Outcome::default());
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let (houses, outcome) = (&houses, &outcome);
            scope.spawn(move || {
                for case in (thread..cases).step_by(2).filter(|case| only.is_none_or(|only| only == *case)) {
                    // Two of three blows fall on the house whose session was killed.
                    let house = &houses[usize::from(case % 3 == 2)];
                    let tried = house.try_one(&mut Chance::of(seed, case));
                    outcome.lock().expect("nobody panics with it").count(case, &tried);
                }
            });
        }
    });
    let outcome = outcome.into_inner().expect("nobody panics with it");
    println!("{}", outcome.table());
    let failures = &outcome.failures;
    let told = &failures[..failures.len().min(TOLD)];
    assert!(failures.is_empty(), "{} of {cases} cases of seed {seed}:\n{}", failures.len(), told.join("\n"));
    assert!(only.is_some() || outcome.with(Touch::Fact, Ending::HealedAtStart) > 0, "some blow hit a fact");
    assert_eq!(outcome.with(Touch::Fact, Ending::Unnoticed), 0, "a fact was hit and nobody noticed");
}

/// A bit in the price of a fill, where the store keeps it in its table.
fn in_a_fill(house: &Usual<'_>) -> Option<Hit> {
    let original = house.original;
    let database = Path::new("s.db").to_owned();
    let fill = original.seen.stores[&database]["fills"].rows.first().expect("a house with fills").clone();
    let (id, bytes) = (fill.split('\x1f').next().unwrap_or_default(), &original.files[&database]);
    let places = bytes.windows(id.len()).enumerate().filter(|(_, found)| *found == id.as_bytes());
    let hits = places.map(|(at, _)| Hit {
        target: Target::Database,
        file: database.clone(),
        blow: Blow::Flip { at: at + id.len() + 3, bit: 1 },
    });
    hits.into_iter().find(|hit| {
        let case = house.try_these(vec![hit.clone()]);
        case.touch == Touch::Fact && case.ending == Ok(Ending::HealedByRebuild)
    })
}

#[test]
fn control_damage_that_nobody_looks_for_fails_the_case() {
    let [_, closed] = Original::both();
    let mut house = Usual::of(&closed);
    let hit = in_a_fill(&house).expect("a bit that verification finds, and nothing else");
    house.verifying = Verifying::Never;
    let case = house.try_these(vec![hit]);
    assert!(case.ending.is_err(), "{:?}", case.ending);
}

#[test]
fn control_a_line_that_is_not_what_it_was_fails_the_case() {
    let [killed, _] = Original::both();
    let mut other = Original { lines: killed.lines.clone(), ..killed };
    other.lines[5] = other.lines[5].replace("20", "21");
    let case = Usual::of(&other).try_these(Vec::new());
    assert!(case.ending.as_ref().is_err_and(|why| why.contains("lost in silence")), "{:?}", case.ending);
}
