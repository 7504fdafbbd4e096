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
fn a_segment_that_was_cut_is_told_of_before_anything_is_written_behind_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(std::sync::Arc::new(RealDisk), folder.path(), None).unwrap();
    assert_eq!(writer.cut(), None, "there is no segment yet");
    write(&mut writer, [1]);
    writer.make_room().unwrap();
    assert_eq!(writer.cut(), None);
    let path = folder.path().join(segment::name(0));
    std::fs::File::options().write(true).open(&path).unwrap().set_len(512).unwrap();
    let told = writer.cut().unwrap().to_string();
    assert!(told.contains(&*path.to_string_lossy()) && told.contains("to 512 bytes"), "{told}");
    writer.leave_segment();
    assert_eq!(writer.cut(), None);
    write(&mut writer, [2]);
    assert_eq!(segment::firsts(&RealDisk.names(folder.path()).unwrap()), [0, 1]);
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
