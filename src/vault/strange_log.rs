//! What lies in the place of the write-ahead log and cannot be one, or not one as SQLite writes it. Only what is certain is
//! said: dead frames behind a new head are ordinary, they are what a log that was begun anew has left.

use std::fmt;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::disk::{Disk, Kind};

/// The head of a log, in bytes (sqlite.org/fileformat2.html, 4.1).
const HEAD: usize = 32;

/// How many bytes of a frame's head are looked at.
const FRAME: usize = 16;

/// How often a log can have been begun anew without a frame in it; the first salt is counted up each time.
const BEGUN_ANEW: u32 = 1 << 16;

/// Why SQLite reads nothing from a log that has something in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StrangeLog {
    /// It does not begin as a log does.
    NoLog,
    /// Its head does not come to its own checksum.
    BrokenHead,
    /// Its first frame is no earlier one of this log.
    AnothersFrames,
}

impl fmt::Display for StrangeLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLog => "what lies in the write-ahead log's place and is none",
            Self::BrokenHead => "a write-ahead log of which nobody reads a line, as its head was damaged",
            Self::AnothersFrames => "a write-ahead log of which nobody reads a line, as its frames are another log's",
        })
    }
}

impl StrangeLog {
    /// Looks at the file at `path`, without opening it as a log; `None` if it is none of these, or not there.
    pub fn look(disk: &dyn Disk, path: &Path) -> io::Result<Option<Self>> {
        match disk.find(path)? {
            Some(look) if look.kind == Kind::File && look.bytes > 0 => {
                Ok(Self::of(&disk.read_part(path, 0, HEAD + FRAME)?))
            }
            _ => Ok(None),
        }
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        if is_no_log(bytes) {
            return Some(Self::NoLog);
        }
        let (head, frame) = bytes.split_at_checked(HEAD)?;
        let frame = frame.get(..FRAME)?;
        // Zeros are what a loss of power leaves of either.
        if head.iter().all(|byte| *byte == 0) || frame.iter().all(|byte| *byte == 0) {
            return None;
        }
        let number =
            |bytes: &[u8], at: usize| bytes[at..].first_chunk().map_or(0, |number| u32::from_be_bytes(*number));
        if checksum(&head[..24], head[3] & 1 == 1) != (number(head, 24), number(head, 28)) {
            return Some(Self::BrokenHead);
        }
        let ago = number(head, 16).wrapping_sub(number(frame, 8));
        // Of one that was never begun anew every try has salts of its own.
        let was_begun_anew = number(head, 12) > 0;
        (was_begun_anew && ago > BEGUN_ANEW).then_some(Self::AnothersFrames)
    }
}

/// Whether the first bytes of a file are no log's. Zeros are what a loss of power leaves of one, and a beginning that is cut
/// off is not known to be strange.
fn is_no_log(head: &[u8]) -> bool {
    const BEGINNINGS: [[u8; 8]; 2] = [*b"\x37\x7f\x06\x82\x00\x2d\xe2\x18", *b"\x37\x7f\x06\x83\x00\x2d\xe2\x18"];
    let head = &head[..head.len().min(HEAD)];
    let known = head.len().min(8);
    head.iter().any(|byte| *byte != 0) && BEGINNINGS.iter().all(|log| log[..known] != head[..known])
}

/// SQLite's own, over words of four bytes in the order that the head names.
fn checksum(bytes: &[u8], big_endian: bool) -> (u32, u32) {
    let word = if big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
    let (words, _) = bytes.as_chunks::<4>();
    words.as_chunks::<2>().0.iter().fold((0_u32, 0_u32), |(first, second), [one, other]| {
        let first = first.wrapping_add(word(*one)).wrapping_add(second);
        (first, second.wrapping_add(word(*other)).wrapping_add(first))
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::disk::RealDisk;

    /// A log that was begun anew twice, with what the second time left behind it.
    fn begun_anew() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let store = Connection::open(&path).unwrap();
        store.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)").unwrap();
        for _ in 0..2 {
            store.execute_batch("INSERT INTO t VALUES (zeroblob(20000))").unwrap();
            store.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
            store.execute_batch("INSERT INTO t VALUES (1)").unwrap();
            let log = folder.path().join("s.db-wal");
            assert_eq!(StrangeLog::look(&RealDisk, &log).unwrap(), None);
        }
        std::fs::read(folder.path().join("s.db-wal")).unwrap()
    }

    #[test]
    fn a_log_that_was_begun_anew_is_ordinary_and_so_is_one_that_was_cut_off_before_its_first_frame() {
        let log = begun_anew();
        assert_eq!(StrangeLog::of(&log), None);
        assert_eq!(StrangeLog::of(&log[..40]), None);
        assert_eq!(StrangeLog::of(&[0; 64]), None);
        let mut earlier = log;
        // The frame is of the time before: the head was written, and power was lost.
        let salt = u32::from_be_bytes(*earlier[40..].first_chunk().unwrap());
        earlier[40..44].copy_from_slice(&(salt - 1).to_be_bytes());
        assert_eq!(StrangeLog::of(&earlier), None);
    }

    #[test]
    fn what_cannot_be_a_log_as_sqlite_writes_it_is_told_by_what_is_wrong() {
        let log = begun_anew();
        let changed = |at: usize| {
            let mut bytes = log.clone();
            bytes[at] ^= 0x40;
            StrangeLog::of(&bytes)
        };
        assert_eq!(changed(0), Some(StrangeLog::NoLog));
        assert_eq!(changed(17), Some(StrangeLog::BrokenHead));
        assert_eq!(changed(40), Some(StrangeLog::AnothersFrames));
    }

    #[test]
    fn what_lies_in_a_logs_place_and_is_none_is_known_by_its_first_bytes() {
        assert!(is_no_log(b"not a log at all, and long enough to be one"));
        assert!(is_no_log(b"D"));
        assert!(!is_no_log(b""));
        assert!(!is_no_log(&[0; HEAD]));
        assert!(!is_no_log(b"\x37\x7f\x06"));
    }
}
