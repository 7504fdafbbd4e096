//! The matrix of ends: every way to end, come upon a session at every moment, through a real terminal.
//!
//! `cargo test` lives through each cell once. `NEO_MATRIX=20 cargo test --release --test matrix -- --nocapture` does it
//! twenty times and prints how long each took.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "how long each end took is the test's account")]

mod cells;
mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cells::{Moment, Way, live_and_end};

/// Most of a cell's time is waiting for ledgers and disks: this many share two cores well.
const AT_ONCE: usize = 4;

/// Lives through a moment's cells, as often as asked, and prints what they took.
fn end_in_every_way(moment: Moment) {
    let runs = std::env::var("NEO_MATRIX").map_or(1, |runs| runs.parse().expect("NEO_MATRIX is a number"));
    let todo: Vec<Way> = (0..runs).flat_map(|_| Way::ALL).collect();
    let (next, took) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(&way) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = live_and_end(way, moment);
                    took.lock().expect("no other cell failed").push((way, ended.took));
                }
            });
        }
    });
    let took = took.into_inner().expect("no cell failed");
    println!("{:<16} {:>6} {:>10} {:>10}   while {moment:?}", "way", "runs", "p50", "max");
    for way in Way::ALL {
        let mut times: Vec<Duration> = took.iter().filter(|(of, _)| *of == way).map(|(_, took)| *took).collect();
        times.sort_unstable();
        let (p50, max) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{:<16} {:>6} {:>7} ms {:>7} ms", format!("{way:?}"), times.len(), p50.as_millis(), max.as_millis());
    }
}

#[test]
fn every_end_while_starting() {
    end_in_every_way(Moment::Starting);
}

#[test]
fn every_end_while_quoting() {
    end_in_every_way(Moment::Quoting);
}

#[test]
fn every_end_while_a_backup_runs() {
    end_in_every_way(Moment::BackupRuns);
}

#[test]
fn every_end_while_another_end_runs() {
    end_in_every_way(Moment::AnotherEndRuns);
}

#[test]
fn every_end_with_the_history_open() {
    end_in_every_way(Moment::HistoryOpen);
}
