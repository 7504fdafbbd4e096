//! The chain as a whole: what a writer leaves, what a reader makes of it, and what a broken disk does to both.

mod what_a_writer_leaves;
mod what_is_damaged;
mod what_never_counted;
mod what_was_written_long_ago;
mod when_the_disk_fails;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::reader::{
    Broken, ChainReport, Damage, Missing, ReadError, Stray, Void, first_line, newest_line, read_chain,
};
use super::record::{Entry, Hash, Line};
use super::segment;
use super::writer::{Attempt, WriteError, Writer};
use crate::disk::memory::{Fault, Loss, MemoryDisk};
use crate::disk::{Disk, RealDisk};
use crate::domain::fact::{Fact, Intent, OperatorCommand};
use crate::domain::money::Drops;
use crate::domain::order::OrderId;
use crate::domain::session::SessionId;
use crate::domain::time::Timestamp;

fn folder() -> &'static Path {
    Path::new("/s.journal")
}

fn file(first: u64) -> PathBuf {
    folder().join(segment::name(first))
}

fn ready(disk: MemoryDisk) -> MemoryDisk {
    disk.create_folder(folder()).unwrap();
    disk
}

/// A fact that can be told from others.
fn entry(incident: u32) -> Entry {
    Entry {
        at: Timestamp::from_millis(1_795_372_801_000 + i64::from(incident)),
        session: Some(SessionId(39)),
        fact: Fact::Command(OperatorCommand::Acknowledge { incident }),
    }
}

fn read(disk: &dyn Disk, cursor: Option<u64>) -> (Vec<Line>, ChainReport) {
    let mut lines = Vec::new();
    let report = read_chain(disk, folder(), cursor, |line| lines.push(line.to_line())).unwrap();
    assert_eq!(report.lines, lines.len() as u64);
    assert_eq!(report.head, lines.last().map(Line::head));
    (lines, report)
}

/// A writer behind whatever is there.
fn writer(disk: &MemoryDisk) -> Writer {
    let head = read(disk, None).1.head;
    Writer::open(Arc::new(disk.clone()), folder(), head).unwrap()
}

fn write(writer: &mut Writer, incidents: impl IntoIterator<Item = u32>) -> Vec<Line> {
    let entries: Vec<Entry> = incidents.into_iter().map(entry).collect();
    let acknowledged = writer.write_group(&entries).unwrap();
    assert!(acknowledged.moved.is_none());
    acknowledged.lines
}

fn text_of(lines: &[Line]) -> String {
    lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
}

/// Lines 0 to `count` − 1, each acknowledged alone, in one file without room behind them.
fn single_file(count: u32) -> (MemoryDisk, Vec<Line>) {
    let disk = ready(MemoryDisk::new(1));
    let mut writer = writer(&disk);
    let lines: Vec<Line> = (0..count).flat_map(|incident| write(&mut writer, [incident])).collect();
    let text = text_of(&lines);
    disk.put(&file(0), text.as_bytes());
    (disk, lines)
}

/// Where line `n` starts in the file of [`single_file`].
fn offset(lines: &[Line], n: usize) -> usize {
    lines[..n].iter().map(|line| line.text.len() + 1).sum()
}

fn change(disk: &MemoryDisk, first: u64, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = disk.read(&file(first)).unwrap();
    change(&mut bytes);
    disk.put(&file(first), &bytes);
}
