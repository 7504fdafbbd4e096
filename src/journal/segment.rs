//! Segments: files `0000001234.jsonl`, named by the number of their first line.
//!
//! A file of that name with nothing in it that counts may be in the way of a new one. It is kept under another name,
//! `0000001234.void-1` and so on, so that `*.jsonl` in the order of their names are the chain.

use std::io;
use std::path::Path;

use crate::disk::Disk;

const EXTENSION: &str = ".jsonl";
const VOID: &str = ".void-";
const MENDED: &str = ".mended";
const DIGITS: usize = 10;

/// The file name of the segment whose first line has that number.
pub fn name(first: u64) -> String {
    format!("{first:010}{EXTENSION}")
}

/// The number of a segment's first line, by its file name; `None` if that is no segment's.
pub fn first(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(EXTENSION)?;
    let plain = digits.len() >= DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
    let first = digits.parse().ok().filter(|_| plain)?;
    (self::name(first) == name).then_some(first)
}

/// The first numbers of all segments among these names, ascending.
pub fn firsts(names: &[String]) -> Vec<u64> {
    let mut firsts: Vec<u64> = names.iter().filter_map(|name| first(name)).collect();
    firsts.sort_unstable();
    firsts
}

/// Those of these names that belong to files that were set aside, sorted.
pub fn set_aside_among(names: &[String]) -> Vec<String> {
    let mut aside: Vec<String> = names.iter().filter(|name| name.contains(VOID)).cloned().collect();
    aside.sort_unstable();
    aside
}

/// Those of these names that are nobody's here, sorted: neither a segment's, nor of what was set aside, nor of a segment
/// that is being mended.
pub fn foreign_among(names: &[String]) -> Vec<String> {
    let is_ours =
        |name: &String| first(name).is_some() || name.contains(VOID) || name.ends_with(MENDED) || is_probe(name);
    let mut foreign: Vec<String> = names.iter().filter(|name| !is_ours(name)).cloned().collect();
    foreign.sort_unstable();
    foreign
}

/// Left by an attempt to write into the folder that was cut off.
fn is_probe(name: &str) -> bool {
    name.starts_with(".neo-")
}

/// Gives way for a new segment: a file that has its name already is kept under another.
pub(super) fn set_aside(disk: &dyn Disk, folder: &Path, first: u64) -> io::Result<()> {
    let taken = disk.names(folder)?;
    if !taken.contains(&name(first)) {
        return Ok(());
    }
    let free = (1..=u32::MAX).map(|nth| format!("{first:010}{VOID}{nth}")).find(|name| !taken.contains(name));
    let free = free.ok_or(io::ErrorKind::AlreadyExists)?;
    disk.rename(&folder.join(name(first)), &folder.join(free))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::MemoryDisk;

    #[test]
    fn a_segment_is_named_by_its_first_line() {
        assert_eq!(name(1234), "0000001234.jsonl");
        assert_eq!(first("0000001234.jsonl"), Some(1234));
        assert_eq!(first(&name(12_345_678_901)), Some(12_345_678_901));
    }

    #[test]
    fn other_names_are_no_segments() {
        for other in
            ["1234.jsonl", "0000001234.json", "0000001234.void-1", "+000001234.jsonl", "00000001234.jsonl", ".jsonl"]
        {
            assert_eq!(first(other), None, "{other}");
        }
    }

    #[test]
    fn segments_are_listed_in_the_order_of_the_chain() {
        let disk = MemoryDisk::new(1);
        let folder = Path::new("/s.journal");
        disk.create_folder(folder).unwrap();
        for file in [
            "0000000020.jsonl",
            "0000000003.jsonl",
            "notes.txt",
            "0000000020.void-1",
            "9999999999.jsonl",
            "10000000000.jsonl",
        ] {
            disk.put(&folder.join(file), b"");
        }
        let names = disk.names(folder).unwrap();
        assert_eq!(firsts(&names), [3, 20, 9_999_999_999, 10_000_000_000]);
        assert_eq!(set_aside_among(&names), ["0000000020.void-1"]);
        assert_eq!(foreign_among(&names), ["notes.txt"]);
    }

    #[test]
    fn what_is_in_the_way_is_kept_under_another_name_each_time() {
        let disk = MemoryDisk::new(1);
        let folder = Path::new("/s.journal");
        disk.create_folder(folder).unwrap();
        for attempt in ["first", "second"] {
            disk.put(&folder.join(name(5)), attempt.as_bytes());
            set_aside(&disk, folder, 5).unwrap();
        }
        assert_eq!(disk.read(&folder.join("0000000005.void-2")).unwrap(), b"second");
        assert!(firsts(&disk.names(folder).unwrap()).is_empty());
    }
}
