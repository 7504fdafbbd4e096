//! A whole life of a house on one disk, in the order in which the keeper does things: a group is appended, synced and
//! acknowledged, then projected; readings come now and then; checkpoints come in the middle and at the end.

use std::ops::ControlFlow;
use std::sync::Arc;

use neo_console::disk::Disk;
use neo_console::disk::sim::{MemoryDisk, Tape};
use neo_console::domain::session::SessionId;
use neo_console::journal::reader::read_chain;
use neo_console::journal::record::Line;
use neo_console::store::Store;
use neo_console::vault::backup::{self, BackupKind, Order};
use neo_console::vault::gate::{self, Opened};

use super::story::{self, Story};
use super::{at, place, prepare};

/// How many orders each session has: the one that counts, between two short ones.
const ORDERS: [u32; 3] = [1, 3, 1];

/// What was recorded of a life.
pub struct Life {
    /// Every operation of its disk.
    pub tape: Tape,
    /// Every line that was acknowledged, in order, and the moment of the tape since when it was.
    pub acknowledged: Vec<(usize, Line)>,
}

impl Life {
    /// Three sessions, each with a start and an end of its own, all from `seed`.
    pub fn on(disk: &MemoryDisk, seed: u64) -> Self {
        prepare(disk);
        let mut acknowledged = Vec::new();
        for (number, orders) in ORDERS.into_iter().enumerate() {
            let opened = open(disk);
            note_all(disk, &mut acknowledged);
            live(disk, opened, orders, seed + number as u64, &mut acknowledged);
        }
        Self { tape: disk.tape(), acknowledged }
    }

    /// What was acknowledged when the power was lost at that moment.
    pub fn acknowledged_at(&self, position: usize) -> impl Iterator<Item = &Line> {
        self.acknowledged.iter().take_while(move |(since, _)| *since <= position).map(|(_, line)| line)
    }
}

fn open(disk: &MemoryDisk) -> Opened {
    let arc: Arc<dyn Disk> = Arc::new(disk.clone());
    gate::open(&arc, &place(), at(0, 0), &mut |_| {}).expect("a sound house opens")
}

/// What a start may have written by itself: safe when it returns.
fn note_all(disk: &MemoryDisk, acknowledged: &mut Vec<(usize, Line)>) {
    let (known, now) = (acknowledged.len(), disk.position());
    let mut new = Vec::new();
    read_chain(disk, &place().journal(), None, |line| new.push((now, line.to_line()))).unwrap();
    acknowledged.extend(new.into_iter().skip(known));
}

fn live(disk: &MemoryDisk, opened: Opened, orders: u32, seed: u64, acknowledged: &mut Vec<(usize, Line)>) {
    let Opened { mut writer, mut store, next_session: session, parent, .. } = opened;
    let groups = Story::of(session, parent, orders, seed);
    let half = groups.len() / 2;
    for (number, group) in groups.iter().enumerate() {
        let lines = writer.write_group(group).unwrap().lines;
        acknowledged.extend(lines.iter().map(|line| (disk.position(), line.clone())));
        writer.make_room().unwrap();
        store.project(&lines).unwrap();
        if number % 5 == 4 {
            read(&mut store, session, u32::try_from(number).unwrap());
        }
        if number == half {
            assert!(!store.checkpoint().unwrap().busy);
        }
    }
    assert!(!store.checkpoint().unwrap().busy);
    if orders == ORDERS[1] {
        back_up(&mut store, session);
    }
}

/// The copy that the end of a session takes.
fn back_up(store: &mut Store, session: SessionId) {
    let order = Order { kind: BackupKind::Post, folder: place().backups(), now: at(session.0, 9_999) };
    backup::take(store, order, |_| ControlFlow::Continue(())).unwrap();
}

fn read(store: &mut Store, session: SessionId, ledger: u32) {
    store.write_readings(session, &story::readings(session, ledger)).unwrap();
}
