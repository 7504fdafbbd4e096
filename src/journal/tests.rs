//! The chain as a whole: what a writer leaves, what a reader makes of it, and what a broken disk does to both.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;

use super::reader::{Broken, ChainReport, Damage, Missing, ReadError, Stray, Void, newest_line, read_chain};
use super::record::{Entry, Hash, Line};
use super::segment;
use super::writer::{Attempt, WriteError, Writer};
use crate::disk::memory::{Fault, Loss, MemoryDisk};
use crate::disk::{Disk, RealDisk};
use crate::domain::fact::{Fact, OperatorCommand};
use crate::domain::money::Drops;
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

mod what_a_writer_leaves {
    use super::*;

    #[test]
    fn a_segment_is_its_lines_and_room_made_of_newlines() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        let lines = [write(&mut writer, [1, 2]), write(&mut writer, [3])].concat();
        let text = disk.read(&file(0)).unwrap();
        let written: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|raw| !raw.is_empty()).collect();
        assert_eq!(written, lines.iter().map(|line| line.text.as_bytes()).collect::<Vec<_>>());
        assert!(text.len() > text_of(&lines).len() + 60_000, "room is kept ready");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn whatever_becomes_of_the_sectors_of_one_group_no_other_group_is_hurt(
            groups in prop::collection::vec(1_u32..120, 2..6),
            room in any::<bool>(),
            filler in prop::sample::select(vec![0_u8, b'\n', b'#', 0xff]),
        ) {
            let disk = ready(MemoryDisk::new(1));
            let mut writer = writer(&disk);
            let groups: Vec<Vec<Line>> = groups.into_iter().map(|size| {
                if room {
                    writer.make_room().unwrap();
                }
                write(&mut writer, 0..size)
            }).collect();
            let whole = disk.read(&file(0)).unwrap();
            for hurt in &groups {
                let text = text_of(hurt);
                let start = whole.windows(text.len()).position(|window| window == text.as_bytes()).unwrap();
                prop_assert!(start % 512 <= 1, "a group begins a sector");
                let mut bytes = whole.clone();
                bytes[start - start % 512..(start + text.len()).next_multiple_of(512)].fill(filler);
                disk.put(&file(0), &bytes);
                let others: Vec<Line> =
                    groups.iter().filter(|group| *group != hurt).flatten().cloned().collect();
                prop_assert_eq!(read(&disk, None).0, others);
            }
        }
    }

    #[test]
    fn numbers_hashes_and_acknowledgements_follow_one_another() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        let lines = [write(&mut writer, [1, 2]), write(&mut writer, [3])].concat();
        assert_eq!(lines.iter().map(|line| (line.n, line.ack)).collect::<Vec<_>>(), [(0, -1), (1, -1), (2, 1)]);
        assert_eq!(lines[0].prev, Hash::default());
        assert!(lines.windows(2).all(|pair| pair[1].prev == pair[0].hash));
        assert_eq!(read(&disk, None).0, lines, "what was returned is what is read back");
        assert_eq!(writer.head(), Some(lines[2].head()));
    }

    #[test]
    fn a_run_that_has_nothing_to_say_leaves_nothing() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        assert!(writer.write_group(&[]).unwrap().lines.is_empty());
        writer.make_room().unwrap();
        assert!(disk.names(folder()).unwrap().is_empty());
    }

    #[test]
    fn each_run_begins_a_segment_behind_the_last_one() {
        let disk = ready(MemoryDisk::new(1));
        for run in 0..3 {
            write(&mut writer(&disk), [run, run]);
        }
        assert_eq!(segment::firsts(&disk.names(folder()).unwrap()), [0, 2, 4]);
        let (lines, report) = read(&disk, Some(5));
        assert_eq!(lines.iter().map(|line| line.ack).collect::<Vec<_>>(), [-1, -1, 1, 1, 3, 3]);
        assert!(report.is_sound() && report.void.is_empty());
        assert_eq!((report.segments, report.highest_ack), (3, Some(3)));
    }

    #[test]
    fn room_made_in_time_keeps_the_file_from_growing_under_a_group() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        let group: Vec<u32> = (0..40).collect();
        for _ in 0..20 {
            writer.make_room().unwrap();
            let before = disk.look(&file(0)).map_or(0, |found| found.bytes);
            write(&mut writer, group.clone());
            assert!(before == 0 || disk.look(&file(0)).unwrap().bytes == before);
        }
        assert_eq!(read(&disk, None).1.lines, 800);
    }

    #[test]
    fn without_room_a_group_brings_its_own() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        for _ in 0..20 {
            write(&mut writer, 0..40);
        }
        let (lines, report) = read(&disk, Some(799));
        assert_eq!((lines.len(), report.segments, report.is_sound()), (800, 1, true));
        assert!(!disk.read(&file(0)).unwrap().contains(&0), "never a NUL");
    }

    #[test]
    fn the_real_disk_keeps_a_chain_as_well() {
        let place = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(Arc::new(RealDisk), place.path(), None).unwrap();
        let lines = write(&mut writer, [1, 2, 3]);
        let mut found = Vec::new();
        let report = read_chain(&RealDisk, place.path(), None, |line| found.push(line.to_line())).unwrap();
        assert_eq!((found, report.is_sound()), (lines, true));
    }
}

mod when_the_disk_fails {
    use super::*;

    fn failing_from(disk: &MemoryDisk, operation: u64) {
        disk.fail(Fault::once(disk.operations() + operation, io::ErrorKind::Other));
    }

    #[test]
    fn a_failed_sync_moves_the_same_lines_into_a_new_segment_and_says_so() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        let first = write(&mut writer, [1]);
        failing_from(&disk, 1);
        let acknowledged = writer.write_group(&[entry(2), entry(3)]).unwrap();
        assert!(matches!(acknowledged.moved, Some(WriteError { attempt: Attempt::Sync, .. })));
        assert_eq!(writer.segment().as_deref(), Some("0000000001.jsonl"));
        let last = write(&mut writer, [4]);
        let (lines, report) = read(&disk, Some(3));
        assert_eq!(lines, [first, acknowledged.lines, last].concat());
        assert!(report.is_sound());
        assert_eq!((report.void_lines(), report.void[0].from), (2, 1), "the first attempt is counted and never counts");
    }

    #[test]
    fn a_segment_that_fails_with_its_first_group_is_set_aside() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        failing_from(&disk, 2);
        assert!(writer.write_group(&[entry(1)]).unwrap().moved.is_some());
        let (lines, report) = read(&disk, Some(0));
        assert_eq!((lines.len(), report.set_aside.as_slice()), (1, ["0000000000.void-1".to_owned()].as_slice()));
        assert!(report.is_sound() && report.void.is_empty());
    }

    #[test]
    fn when_both_attempts_fail_nothing_is_acknowledged_and_a_later_one_succeeds() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        let first = write(&mut writer, [1]);
        // Write and sync of the open segment, then creation of the new one.
        failing_from(&disk, 0);
        failing_from(&disk, 1);
        let failure = writer.write_group(&[entry(2)]).unwrap_err();
        assert!(failure.to_string().contains("Before that: cannot write facts"), "{failure}");
        assert_eq!((writer.head(), writer.segment()), (Some(first[0].head()), None));
        let later = write(&mut writer, [3]);
        assert_eq!(later[0].n, 1, "the number was not spent");
        let (lines, report) = read(&disk, Some(1));
        assert_eq!((lines, report.is_sound()), ([first, later].concat(), true));
    }

    #[test]
    fn room_that_cannot_be_made_costs_a_new_segment_and_no_fact() {
        let disk = ready(MemoryDisk::new(1));
        let mut writer = writer(&disk);
        let mut lines = Vec::new();
        // More than half of the room, and less than all of it.
        for _ in 0..70 {
            lines.extend(write(&mut writer, [1]));
        }
        failing_from(&disk, 1);
        assert_eq!(writer.make_room().unwrap_err().attempt, Attempt::MakeRoom);
        lines.extend(write(&mut writer, [2]));
        assert_eq!(writer.segment(), Some(segment::name(lines.len() as u64 - 1)));
        assert_eq!(read(&disk, None).0, lines);
    }

    #[test]
    fn lines_that_a_killed_process_left_unsynced_are_safe_before_anybody_counts_on_them() {
        let (whole, lines) = single_file(3);
        let disk = ready(MemoryDisk::new(1));
        disk.create(&file(0)).unwrap().write_at(0, &whole.read(&file(0)).unwrap()).unwrap();
        assert!(disk.after_power_loss(Loss::Unsynced).read(&file(0)).is_err());
        let writer = writer(&disk);
        assert_eq!(writer.head(), Some(lines[2].head()));
        assert_eq!(read(&disk.after_power_loss(Loss::Unsynced), Some(2)).0, lines);
    }

    /// A session of groups on a disk that fails and then loses power. Returns what was acknowledged, and the disk found.
    fn lived_through(disk: &MemoryDisk, groups: &[u32], faults: &[Fault], loss: Loss) -> (Vec<Line>, MemoryDisk) {
        for fault in faults {
            disk.fail(*fault);
        }
        let mut writer = writer(disk);
        let mut acknowledged = Vec::new();
        for (group, size) in groups.iter().enumerate() {
            let entries: Vec<Entry> = (0..*size).map(|nth| entry(u32::try_from(group).unwrap() * 100 + nth)).collect();
            if let Ok(group) = writer.write_group(&entries) {
                acknowledged.extend(group.lines);
            }
            // Room that could not be made is no loss: the next group begins a new segment.
            drop(writer.make_room());
        }
        (acknowledged, disk.after_power_loss(loss))
    }

    fn losses() -> impl Strategy<Value = Loss> {
        prop::sample::select(vec![Loss::Unsynced, Loss::Nothing, Loss::Sectors, Loss::Tail])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn no_failure_and_no_loss_of_power_costs_an_acknowledged_fact_or_doubles_one(
            seed in any::<u64>(),
            groups in prop::collection::vec(1_u32..60, 1..8),
            faults in prop::collection::vec((0_u64..40, any::<bool>()), 0..4),
            loss in losses(),
        ) {
            let fault = |(operation, once): &(u64, bool)| if *once {
                Fault::once(*operation, io::ErrorKind::Other)
            } else {
                Fault::from_then_on(*operation, io::ErrorKind::StorageFull)
            };
            let faults: Vec<Fault> = faults.iter().map(fault).collect();
            let (acknowledged, found) = lived_through(&ready(MemoryDisk::new(seed)), &groups, &faults, loss);
            let (lines, report) = read(&found, None);
            prop_assert!(report.is_sound(), "{:?}", report);
            prop_assert!(lines.starts_with(&acknowledged));
            prop_assert!(lines.iter().enumerate().all(|(place, line)| line.n == place as u64));

            let more = write(&mut writer(&found), [7, 7]);
            let newest = more.last().map(|line| line.n);
            let (after, report) = read(&found.after_power_loss(Loss::Unsynced), newest);
            prop_assert!(report.is_sound(), "{:?}", report);
            prop_assert_eq!(after, [lines, more].concat());
        }
    }

    #[test]
    fn control_a_disk_that_lies_about_its_syncs_does_cost_facts() {
        let (acknowledged, found) = lived_through(&ready(MemoryDisk::lying(1)), &[1, 1], &[], Loss::Unsynced);
        assert_eq!((acknowledged.len(), read(&found, None).0.len()), (2, 0));
        let newest = acknowledged.last().map(|line| line.n);
        assert_eq!(
            read(&found, newest).1.missing,
            [Missing { from: 0, to: 1, hash: None }],
            "the store's cursor shows it"
        );
    }
}

mod what_never_counted {
    use super::*;

    #[test]
    fn a_torn_tail_is_void_wherever_it_is_torn() {
        let (disk, lines) = single_file(2);
        let mut last = writer(&disk);
        let group = write(&mut last, [10, 11]);
        let text = text_of(&group);
        let first_ends = group[0].text.len();
        for end in 0..text.len() {
            for filler in [&b""[..], b"\n\n\n", b"\0\0\0", b"{\"v\":"] {
                let torn = ready(MemoryDisk::new(1));
                torn.put(&file(0), &disk.read(&file(0)).unwrap());
                torn.put(&file(2), &[&text.as_bytes()[..end], filler].concat());
                let (found, report) = read(&torn, Some(1));
                assert!(report.is_sound(), "{end}: {report:?}");
                let whole = lines.len() + usize::from(found.len() > 2) + usize::from(found.len() > 3);
                assert_eq!(found.len(), whole, "{end}");
                assert!(found.len() > 2 || end <= first_ends || filler != b"\n\n\n", "{end}: a whole line counts");
                if end % 32 == 0 {
                    let next = write(&mut writer(&torn), [99]);
                    assert_eq!(read(&torn, None).0, [found, next].concat(), "{end}: and the chain goes on");
                }
            }
        }
    }

    #[test]
    fn what_lies_behind_a_later_segments_first_number_is_void() {
        let (disk, lines) = single_file(4);
        let other = ready(MemoryDisk::new(2));
        let head = Some(lines[1].head());
        let mut replacing = Writer::open(Arc::new(other.clone()), folder(), head).unwrap();
        let after = write(&mut replacing, [50]);
        disk.put(&file(2), &other.read(&file(2)).unwrap());
        let (found, report) = read(&disk, Some(2));
        assert_eq!(found, [&lines[..2], &after].concat());
        let start = offset(&lines, 2) as u64;
        assert_eq!(report.void, [Void { segment: segment::name(0), from: 2, offset: start, lines: 2 }]);
        assert_eq!(report.damage, []);
    }

    #[test]
    fn a_broken_line_is_void_above_all_that_is_known_and_damage_at_it() {
        let (disk, lines) = single_file(4);
        // The last line says that line 2 was on disk.
        change(&disk, 0, |bytes| bytes[offset(&lines, 3)] = b'X');
        let (found, report) = read(&disk, Some(2));
        assert_eq!((found.len(), report.void_lines(), report.is_sound()), (3, 1, true));
        let (_, report) = read(&disk, Some(3));
        assert_eq!((report.damage[0].n, report.void_lines()), (3, 0), "the store has it: it was acknowledged");
    }

    #[test]
    fn the_border_of_the_acknowledged_is_exact_without_a_cursor() {
        let (disk, lines) = single_file(4);
        change(&disk, 0, |bytes| bytes[offset(&lines, 2)] = b'X');
        assert_eq!(read(&disk, None).1.damage[0].n, 2, "line 3 says that line 2 was on disk");

        let disk = ready(MemoryDisk::new(1));
        write(&mut writer(&disk), [0, 1, 2]);
        change(&disk, 0, |bytes| bytes[0] = b'X');
        let (found, report) = read(&disk, None);
        assert_eq!(
            (found.len(), report.void_lines(), report.void[0].from),
            (0, 3, 0),
            "nobody says so of a first group"
        );
        assert!(report.is_sound());
        assert_eq!(read(&disk, Some(0)).1.damage[0].n, 0);
    }

    #[test]
    fn an_empty_segment_ends_nothing() {
        let (disk, lines) = single_file(3);
        disk.put(&file(1), b"");
        disk.put(&file(2), b"{torn");
        disk.put(&file(3), b"\n\n{torn");
        let (found, report) = read(&disk, Some(2));
        assert_eq!((found, report.is_sound()), (lines, true));
        assert_eq!(report.void, [Void { segment: segment::name(3), from: 3, offset: 2, lines: 1 }]);
        assert_eq!(report.strays, [Stray { segment: segment::name(2), begins: None }], "no writer begins there");
    }

    #[test]
    fn a_copy_under_another_name_is_told_of_and_read_by_nobody() {
        let (disk, lines) = single_file(3);
        for name in [2, 9] {
            disk.put(&file(name), &disk.read(&file(0)).unwrap());
        }
        disk.put(&folder().join("0000000000.jsonl~"), b"a friend's backup");
        let (found, report) = read(&disk, None);
        assert_eq!((&found, report.is_sound(), report.void_lines()), (&lines, true, 0));
        assert_eq!(report.strays.iter().map(|stray| stray.begins).collect::<Vec<_>>(), [Some(0), Some(0)]);
        assert_eq!(report.foreign, ["0000000000.jsonl~"]);
        assert_eq!(newest_line(&disk, folder()).unwrap(), lines.last().map(Line::head));
    }

    #[test]
    fn a_segment_that_lost_its_first_lines_is_still_one() {
        let (disk, lines) = single_file(3);
        let bytes = disk.read(&file(0)).unwrap();
        disk.put(&file(0), &bytes[lines[0].text.len() + 1..]);
        let (found, report) = read(&disk, None);
        assert_eq!((found.as_slice(), report.strays.len()), (&lines[1..], 0));
    }
}

mod what_was_written_long_ago {
    use super::*;

    /// Written by the first version that had a journal. It must be readable for ever: never change it, add another.
    const FIRST: &[u8] = include_bytes!("../../tests/fixtures/journal/v1/0000000000.jsonl");

    #[test]
    fn the_first_version_is_read_for_ever() {
        let disk = ready(MemoryDisk::new(1));
        disk.put(&file(0), FIRST);
        let (lines, report) = read(&disk, Some(12));
        assert!(report.is_sound() && report.void.is_empty(), "{report:?}");
        let kinds: Vec<&str> = lines.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!(
            kinds,
            [
                "session_opened",
                "truth",
                "mode",
                "intent",
                "order",
                "fill",
                "capital",
                "guard",
                "command",
                "incident",
                "end_begun",
                "session_closed",
                "session_recovered"
            ]
        );
        assert!(lines.iter().all(|line| line.fact().unwrap().kind() == line.kind));
        let Ok(Fact::Fill(fill)) = lines[5].fact() else { panic!("{:?}", lines[5]) };
        assert_eq!((fill.quantity, fill.price.to_string().as_str()), (Drops::new(4_000_000), "1.4186"));
    }
}

mod what_is_damaged {
    use super::*;

    #[test]
    fn every_flipped_bit_of_an_acknowledged_line_is_found() {
        let (disk, lines) = single_file(3);
        let whole = disk.read(&file(0)).unwrap();
        for byte in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[byte] ^= 1 << bit;
                disk.put(&file(0), &bytes);
                let (found, report) = read(&disk, Some(2));
                assert!(!report.is_sound(), "bit {bit} of byte {byte}");
                assert!(found.iter().all(|line| lines.contains(line)));
            }
        }
    }

    #[test]
    fn one_broken_line_is_located_between_its_neighbours_and_its_copy_can_be_proved() {
        let (disk, lines) = single_file(5);
        change(&disk, 0, |bytes| bytes[offset(&lines, 2) + 20] ^= 1);
        let (found, report) = read(&disk, None);
        assert_eq!(found.iter().map(|line| line.n).collect::<Vec<_>>(), [0, 1, 3, 4]);
        let [Damage { segment, n: 2, offset: start, why: Broken::Unreadable(_), hash }] = &report.damage[..] else {
            panic!("{report:?}");
        };
        assert_eq!((segment.as_str(), *start), ("0000000000.jsonl", offset(&lines, 2) as u64));
        assert_eq!(*hash, Some(lines[2].hash));
        assert!(report.missing.is_empty() && report.void.is_empty());
    }

    #[test]
    fn all_damage_is_found_not_only_the_first() {
        let (disk, lines) = single_file(8);
        change(&disk, 0, |bytes| [1, 4, 5].iter().for_each(|n| bytes[offset(&lines, *n)] = b'X'));
        assert_eq!(read(&disk, Some(7)).1.damage.iter().map(|damage| damage.n).collect::<Vec<_>>(), [1, 4, 5]);
    }

    #[test]
    fn two_lines_without_the_newline_between_them_are_two_lost_lines() {
        let (disk, lines) = single_file(5);
        change(&disk, 0, |bytes| bytes[offset(&lines, 3) - 1] = b' ');
        let report = read(&disk, None).1;
        assert_eq!(report.damage.iter().map(|damage| damage.n).collect::<Vec<_>>(), [2]);
        assert_eq!(report.missing, [Missing { from: 3, to: 3, hash: Some(lines[3].hash) }]);
    }

    #[test]
    fn a_line_that_was_exchanged_with_a_right_hash_breaks_the_chain() {
        let (disk, lines) = single_file(3);
        let other = ready(MemoryDisk::new(1));
        let mut other_hand = Writer::open(Arc::new(other), folder(), Some(lines[0].head())).unwrap();
        let forged = other_hand.write_group(&[entry(4)]).unwrap().lines.remove(0);
        let text = [&lines[0].text, &forged.text, &lines[2].text].map(|text| format!("{text}\n")).concat();
        disk.put(&file(0), text.as_bytes());
        let report = read(&disk, None).1;
        assert_eq!((report.damage[0].n, &report.damage[0].why), (2, &Broken::FollowsAnother));
    }

    #[test]
    fn a_line_that_is_there_twice_and_bytes_between_lines_are_damage() {
        let (disk, lines) = single_file(3);
        let twice = [&lines[0].text, &lines[1].text, &lines[1].text, &lines[2].text].map(|text| format!("{text}\n"));
        disk.put(&file(0), twice.concat().as_bytes());
        assert_eq!((read(&disk, None).0.len(), &read(&disk, None).1.damage[0].why), (3, &Broken::Again));
        let stray = [&lines[0].text, &lines[1].text, "#", &lines[2].text].map(|text| format!("{text}\n"));
        disk.put(&file(0), stray.concat().as_bytes());
        assert_eq!((read(&disk, Some(2)).0.len(), &read(&disk, Some(2)).1.damage[0].why), (3, &Broken::StrayBytes));
    }

    #[test]
    fn a_segment_that_is_gone_is_missing_with_its_numbers() {
        let disk = ready(MemoryDisk::new(1));
        let lines: Vec<Line> = (0..3).flat_map(|run| write(&mut writer(&disk), [run, run])).collect();
        disk.remove(&file(2)).unwrap();
        let (found, report) = read(&disk, None);
        assert_eq!(found, [&lines[..2], &lines[4..]].concat());
        assert_eq!(report.missing, [Missing { from: 2, to: 3, hash: Some(lines[3].hash) }]);
        disk.remove(&file(4)).unwrap();
        assert_eq!(read(&disk, Some(5)).1.missing, [Missing { from: 2, to: 5, hash: None }], "the store knows of them");
        assert!(read(&disk, None).1.is_sound(), "and nobody else");
    }

    #[test]
    fn a_segment_of_rubbish_is_damage_where_its_lines_are_missed() {
        let disk = ready(MemoryDisk::new(1));
        (0..3).for_each(|run| drop(write(&mut writer(&disk), [run, run])));
        disk.put(&file(2), b"rubbish\nand more\n");
        let report = read(&disk, None).1;
        assert_eq!((report.damage[0].n, report.damage[0].segment.as_str()), (2, "0000000002.jsonl"));
        assert_eq!((report.missing[0].from, report.missing[0].to), (2, 3));
    }

    #[test]
    fn a_journal_that_is_gone_is_missing_as_a_whole() {
        let report = read(&MemoryDisk::new(1), Some(9)).1;
        assert_eq!(report.missing, [Missing { from: 0, to: 9, hash: None }]);
        assert!(read(&MemoryDisk::new(1), None).1.is_sound(), "a house that was never lived in");
    }

    #[test]
    fn a_journal_from_a_newer_program_is_refused() {
        use sha2::{Digest, Sha256};
        let (disk, _) = single_file(1);
        let text = r#"{"v":2,"n":1,"ack":0,"new":true"#;
        let hash = Hash(Sha256::digest(text).into());
        disk.put(&file(1), format!("{text},\"hash\":\"{hash}\"}}\n").as_bytes());
        let refusal = read_chain(&disk, folder(), None, |_| ()).unwrap_err();
        assert!(matches!(&refusal, ReadError::Newer { version: 2, .. }), "{refusal}");
        assert!(refusal.to_string().contains("newer neo"), "{refusal}");
    }

    proptest! {
        #[test]
        fn no_damage_makes_reading_panic_or_tell_of_lines_that_were_never_written(
            cuts in prop::collection::vec((0_usize..4000, 0_usize..300, any::<u8>(), 0_u8..3), 1..8),
            names in prop::collection::vec(0_u64..12, 0..3),
            cursor in prop::option::of(0_u64..12),
        ) {
            let (disk, lines) = single_file(8);
            change(&disk, 0, |bytes| for (at, length, byte, how) in cuts {
                let at = at.min(bytes.len());
                let end = (at + length).min(bytes.len());
                match how {
                    0 => drop(bytes.drain(at..end)),
                    1 => bytes[at..end].fill(byte),
                    _ => bytes.insert(at, byte),
                }
            });
            let damaged = disk.read(&file(0)).unwrap();
            for first in names {
                disk.put(&file(first), &damaged);
            }
            let (found, report) = read(&disk, cursor);
            prop_assert!(found.iter().all(|line| lines.contains(line)));
            prop_assert!(found.windows(2).all(|pair| pair[0].n < pair[1].n));
            let lost = cursor.is_some_and(|cursor| found.iter().filter(|line| line.n <= cursor).count() as u64 <= cursor);
            prop_assert!(!lost || !report.is_sound(), "{:?}", report);
        }
    }
}
