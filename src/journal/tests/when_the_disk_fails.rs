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
    assert_eq!(read(&found, newest).1.missing, [Missing { from: 0, to: 1, hash: None }], "the store's cursor shows it");
}
