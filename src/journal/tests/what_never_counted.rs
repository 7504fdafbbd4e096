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
    assert_eq!((found.len(), report.void_lines(), report.void[0].from), (0, 3, 0), "nobody says so of a first group");
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

#[test]
fn the_first_line_is_found_however_long_it_is_and_only_if_it_is_whole() {
    let disk = ready(MemoryDisk::new(1));
    assert_eq!(first_line(&disk, folder()), None);
    let order = OrderId { session: SessionId(39), number: 1 };
    let long = Entry { fact: Fact::Intent(Intent::Cancel { order, why: "x".repeat(100_000) }), ..entry(0) };
    let lines = writer(&disk).write_group(&[long, entry(1)]).unwrap().lines;
    assert_eq!(first_line(&disk, folder()), Some(lines[0].head()));
    change(&disk, 0, |bytes| bytes[50_000] ^= 1);
    assert_eq!(first_line(&disk, folder()), None, "the second one is not the first");
}
