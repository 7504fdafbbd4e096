//! The file that is being written: groups in sectors of their own, over room that was prepared.

use std::io;
use std::path::Path;

use super::sums::{Stretch, Sums};
use super::{Attempt, Room, WriteError};
use crate::disk::DiskFile;
use crate::disk::faults::{self, Point};

/// What a disk writes as one; larger sectors are multiples of it and are written over by the system as pages.
const SECTOR: u64 = 512;

/// The file that is being written.
#[derive(Debug)]
pub(super) struct Segment {
    file: Box<dyn DiskFile>,
    pub(super) first: u64,
    /// Where the next group goes: the beginning of a sector, like `room_end`.
    end: u64,
    /// How far the file reaches: between `end` and here are newlines.
    room_end: u64,
    sums: Sums,
}

impl Segment {
    /// A new and empty file whose first line will have that number.
    pub(super) fn begun(file: Box<dyn DiskFile>, first: u64) -> Self {
        Self { file, first, end: 0, room_end: 0, sums: Sums::default() }
    }

    /// How much room is prepared in it.
    pub(super) const fn room(&self) -> u64 {
        self.room_end - self.end
    }

    /// How long it was and is, if somebody made it shorter. A file that does not say is told of by the next write.
    pub(super) fn cut(&self) -> Option<(u64, u64)> {
        let found = self.file.bytes().ok()?;
        (found < self.room_end).then_some((self.room_end, found))
    }

    /// In how many stretches it is read back.
    pub(super) fn stretches(&self) -> usize {
        self.sums.count()
    }

    /// The stretch whose turn it is to be read back.
    pub(super) fn next_stretch(&mut self) -> Option<&Stretch> {
        self.sums.next()
    }

    pub(super) fn put(&mut self, text: &[u8], room: Room, path: &Path) -> Result<(), WriteError> {
        self.write(text, room).map_err(Attempt::Write.on(path))?;
        faults::hit(Point::JournalSync).and_then(|()| self.file.sync_data()).map_err(Attempt::Sync.on(path))
    }

    /// Writes a group over prepared room, or, where there is too little, with new room behind it in the same write.
    fn write(&mut self, text: &[u8], room: Room) -> io::Result<()> {
        let apart: &[u8] = if self.end == 0 { b"" } else { b"\n" };
        let end = (self.end + (apart.len() + text.len()) as u64).next_multiple_of(SECTOR);
        let room_end = if end <= self.room_end { self.room_end } else { end + room.after(end) };
        // Whole sectors of our own; and the room behind them, if it is new.
        let write_end = if room_end == self.room_end { end } else { room_end };
        let mut sectors = vec![b'\n'; len(write_end - self.end)?];
        sectors[apart.len()..][..text.len()].copy_from_slice(text);
        self.file.write_at(self.end, &sectors)?;
        // Whoever changed a group that failed later changed nothing: its file is not used again.
        self.sums.add(self.end, &sectors[..len(end - self.end)?]);
        (self.end, self.room_end) = (end, room_end);
        Ok(())
    }

    pub(super) fn grow(&mut self) -> io::Result<()> {
        let more = Room::Ahead.after(self.room_end);
        self.file.write_at(self.room_end, &vec![b'\n'; len(more)?])?;
        self.file.sync_data()?;
        self.room_end += more;
        Ok(())
    }
}

fn len(bytes: u64) -> io::Result<usize> {
    usize::try_from(bytes).map_err(io::Error::other)
}
