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
