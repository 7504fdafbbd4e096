use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::disk::memory::{Fault, Loss, MemoryDisk};
use crate::domain::fact::{Fact, OperatorCommand};
use crate::domain::session::SessionId;
use crate::journal::record::Entry;
use crate::journal::writer::Writer;

const NOW: Timestamp = Timestamp::from_millis(1_795_372_801_000);

fn place() -> Place {
    Place::around("/house/s.db")
}

fn file(first: u64) -> PathBuf {
    place().journal().join(segment::name(first))
}

fn entry(incident: u32) -> Entry {
    let fact = Fact::Command(OperatorCommand::Acknowledge { incident });
    Entry { at: Timestamp::from_millis(i64::from(incident)), session: Some(SessionId(1)), fact }
}

/// A journal of three runs, three lines each, and its lines: what a store has of it.
fn three_runs() -> (MemoryDisk, Vec<Line>) {
    let disk = MemoryDisk::new(1);
    disk.create_folder(&place().journal()).unwrap();
    let mut lines: Vec<Line> = Vec::new();
    for run in 0..3 {
        let head = lines.last().map(Line::head);
        let mut writer = Writer::open(Arc::new(disk.clone()), place().journal(), head).unwrap();
        for nth in 0..3 {
            lines.extend(writer.write_group(&[entry(run * 3 + nth)]).unwrap().lines);
        }
    }
    (disk, lines)
}

fn mend_with(disk: &MemoryDisk, lines: &[Line], copies: &mut Copies<'_>) -> Result<Mended, MendError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    mend(&disk, &place(), lines.last().map(Line::head), copies, NOW, &mut |_| ())
}

/// Mends from a store that has every line.
fn mend_it(disk: &MemoryDisk, lines: &[Line]) -> Result<Mended, MendError> {
    mend_with(disk, lines, &mut |n| lines.iter().filter(|line| line.n == n).map(|line| line.text.clone()).collect())
}

fn read(disk: &MemoryDisk, lines: &[Line]) -> Vec<Line> {
    let mut found = Vec::new();
    let cursor = lines.last().map(|line| line.n);
    let report = read_chain(disk, &place().journal(), cursor, |line| found.push(line.to_line())).unwrap();
    assert!(report.is_sound(), "{report:?}");
    found
}

fn journal_files(disk: &MemoryDisk) -> BTreeMap<String, Vec<u8>> {
    let folder = place().journal();
    let names = disk.names(&folder).unwrap();
    names.into_iter().map(|name| (name.clone(), disk.read(&folder.join(name)).unwrap())).collect()
}

fn change(disk: &MemoryDisk, first: u64, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = disk.read(&file(first)).unwrap();
    change(&mut bytes);
    disk.put(&file(first), &bytes);
}

/// Where line `n` begins in the file of its run.
fn offset(disk: &MemoryDisk, line: &Line) -> usize {
    let bytes = disk.read(&file(line.n / 3 * 3)).unwrap();
    bytes.windows(line.text.len()).position(|window| window == line.text.as_bytes()).unwrap()
}

#[test]
fn a_sound_journal_is_left_alone() {
    let (disk, lines) = three_runs();
    let before = journal_files(&disk);
    assert_eq!(mend_it(&disk, &lines).unwrap(), Mended::default());
    assert_eq!(journal_files(&disk), before);
}

#[test]
fn a_broken_line_is_put_right_and_the_damaged_segment_is_kept() {
    let (disk, lines) = three_runs();
    change(&disk, 3, |bytes| bytes[40] ^= 1);
    let damaged = disk.read(&file(3)).unwrap();
    let mended = mend_it(&disk, &lines).unwrap();
    assert_eq!((mended.lines.as_slice(), mended.segments.as_slice()), (&[3][..], &["0000000003.jsonl".to_owned()][..]));
    assert_eq!(read(&disk, &lines), lines);
    let kept = place().quarantine().join(mended.quarantine.unwrap()).join("0000000003.jsonl");
    assert_eq!(disk.read(&kept).unwrap(), damaged);
}

#[test]
fn segments_that_are_gone_come_back_even_all_of_them() {
    for gone in [&[0][..], &[3], &[6], &[0, 3], &[3, 6], &[0, 3, 6]] {
        let (disk, lines) = three_runs();
        for first in gone {
            disk.remove(&file(*first)).unwrap();
        }
        let mended = mend_it(&disk, &lines).unwrap();
        assert_eq!((mended.lines.len(), read(&disk, &lines)), (gone.len() * 3, lines), "{gone:?}");
    }
}

#[test]
fn rubbish_duplicates_and_a_missing_newline_are_cleaned_up() {
    let rubbish: [fn(&mut Vec<u8>); 4] = [
        |bytes| *bytes = b"rubbish\nand more\n".to_vec(),
        |bytes| bytes.splice(0..0, *b"#\n").for_each(drop),
        |bytes| bytes.extend_from_within(..bytes.len()),
        |bytes| bytes.retain(|byte| *byte != b'\n'),
    ];
    for make in rubbish {
        let (disk, lines) = three_runs();
        change(&disk, 3, make);
        mend_it(&disk, &lines).unwrap();
        assert_eq!(read(&disk, &lines), lines);
    }
}

#[test]
fn a_line_exchanged_for_another_whole_one_is_found_by_what_follows_it() {
    for exchanged in 0..9_usize {
        let (disk, lines) = three_runs();
        let before = exchanged.checked_sub(1).map(|before| lines[before].head());
        let elsewhere = MemoryDisk::new(1);
        elsewhere.create_folder(&place().journal()).unwrap();
        let mut forger = Writer::open(Arc::new(elsewhere), place().journal(), before).unwrap();
        let lie = forger.write_group(&[entry(77)]).unwrap().lines.remove(0);
        let start = offset(&disk, &lines[exchanged]);
        let end = start + lines[exchanged].text.len();
        change(&disk, lines[exchanged].n / 3 * 3, |bytes| {
            bytes.splice(start..end, lie.text.bytes());
        });
        // Of the newest line nothing in the journal says which of two it was: what the store knows does.
        assert_eq!(mend_it(&disk, &lines).unwrap().lines, [exchanged as u64]);
        assert_eq!(read(&disk, &lines), lines, "{exchanged}");
    }
}

#[test]
fn a_longer_journal_of_another_database_makes_way_for_the_stores_own_and_is_kept() {
    let (disk, lines) = three_runs();
    let known = &lines[..5];
    for first in [0, 3, 6] {
        disk.remove(&file(first)).unwrap();
    }
    let mut head = None;
    for run in 0..4 {
        let mut writer = Writer::open(Arc::new(disk.clone()), place().journal(), head).unwrap();
        writer.write_group(&[entry(70 + run), entry(80 + run)]).unwrap();
        head = writer.head();
    }
    let others = journal_files(&disk);
    let mended = mend_it(&disk, known).unwrap();
    assert_eq!(
        (mended.lines.as_slice(), mended.taken_out.as_slice()),
        ([0, 1, 2, 3, 4].as_slice(), [segment::name(6)].as_slice())
    );
    assert_eq!(read(&disk, known), known);
    let kept = place().quarantine().join(mended.quarantine.unwrap());
    assert!(others.iter().all(|(name, bytes)| disk.read(&kept.join(name)).unwrap() == *bytes), "all four are kept");
    assert_eq!(mend_it(&disk, known).unwrap(), Mended::default());
}

#[test]
fn a_line_without_a_whole_copy_is_named_and_nothing_is_touched() {
    let (disk, lines) = three_runs();
    change(&disk, 0, |bytes| bytes[40] ^= 1);
    change(&disk, 6, |bytes| bytes[40] ^= 1);
    let before = journal_files(&disk);
    let refusal = mend_with(&disk, &lines, &mut |n| match n {
        6 => vec![lines[6].text.replace("acknowledge", "Acknowledge"), lines[5].text.clone()],
        n => lines.iter().filter(|line| line.n == n).map(|line| line.text.clone()).collect(),
    });
    assert!(matches!(&refusal, Err(MendError::NoCopy { numbers, .. }) if numbers == &[6]), "{refusal:?}");
    assert_eq!(journal_files(&disk), before);
    assert!(disk.names(&place().quarantine()).is_err(), "nothing was put away either");
}

#[test]
fn a_second_source_helps_where_the_first_is_damaged_as_well() {
    let (disk, lines) = three_runs();
    change(&disk, 3, |bytes| bytes[40] ^= 1);
    let broken = lines[3].text.replace("acknowledge", "Acknowledge");
    let mended = mend_with(&disk, &lines, &mut |_| vec![broken.clone(), lines[3].text.clone()]).unwrap();
    assert_eq!((mended.lines, read(&disk, &lines)), (vec![3], lines));
}

#[test]
fn killed_anywhere_each_segment_is_old_or_new_and_saying_it_again_finishes() {
    for operation in 0.. {
        let (disk, lines) = three_runs();
        for first in [0, 3, 6] {
            change(&disk, first, |bytes| bytes[40] ^= 1);
        }
        let old = journal_files(&disk);
        disk.fail(Fault::from_then_on(disk.operations() + operation, io::ErrorKind::Other));
        let outcome = mend_it(&disk, &lines);
        if outcome.is_ok() {
            assert!(operation > 9, "the failures must have met something");
            return;
        }
        for loss in [Loss::Unsynced, Loss::Nothing, Loss::Sectors] {
            let found = disk.after_power_loss(loss);
            for (name, bytes) in journal_files(&found) {
                let first = segment::first(&name);
                let new = first.map(|first| text_of(&lines[usize::try_from(first).unwrap()..][..3]).into_bytes());
                assert!(first.is_none() || bytes == old[&name] || Some(bytes) == new, "{operation}: {name}");
            }
            mend_it(&found, &lines).unwrap();
            assert_eq!(read(&found, &lines), lines);
        }
    }
}

fn text_of(lines: &[Line]) -> String {
    lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_byte_changed_in_any_acknowledged_line_is_found_and_mended(
        line in 0_usize..9,
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (disk, lines) = three_runs();
        let hurt = &lines[line];
        let at = offset(&disk, hurt) + place.index(hurt.text.len());
        prop_assume!(disk.read(&file(hurt.n / 3 * 3)).unwrap()[at] != byte);
        change(&disk, hurt.n / 3 * 3, |bytes| bytes[at] = byte);
        let mended = mend_it(&disk, &lines).unwrap();
        prop_assert_eq!(mended.lines, vec![hurt.n]);
        prop_assert_eq!(read(&disk, &lines), lines);
    }

    #[test]
    fn whatever_becomes_of_the_files_a_whole_copy_mends_the_journal(
        cuts in prop::collection::vec((0_u64..3, any::<prop::sample::Index>(), 0_usize..700, any::<u8>(), 0_u8..4), 1..5),
    ) {
        let (disk, lines) = three_runs();
        for (run, at, length, byte, how) in cuts {
            change(&disk, run * 3, |bytes| {
                // Behind the lines is room; after a cut there may be nothing at all.
                let at = at.index(bytes.len().clamp(1, 2_000));
                let end = (at + length).min(bytes.len());
                match how {
                    0 => drop(bytes.drain(at..end)),
                    1 => bytes[at..end].fill(byte),
                    2 => bytes.insert(at, byte),
                    _ => bytes.truncate(at),
                }
            });
        }
        mend_it(&disk, &lines).unwrap();
        prop_assert_eq!(read(&disk, &lines), lines);
    }
}

fn strays(mended: &Mended) -> Vec<(&str, &Was)> {
    mended.strays.iter().map(|stray| (stray.segment.as_str(), &stray.was)).collect()
}

#[test]
fn a_copy_of_a_segment_under_another_name_goes_into_the_quarantine_and_no_line_with_it() {
    // Behind all others, in the middle of the last, before and within the one that it is a copy of.
    for (of, name) in [(3, 99), (3, 8), (6, 4), (3, 4), (0, 9)] {
        let (disk, lines) = three_runs();
        disk.put(&file(name), &disk.read(&file(of)).unwrap());
        let mended = mend_it(&disk, &lines).unwrap();
        assert_eq!(strays(&mended), [(segment::name(name).as_str(), &Was::Copy)], "{of} as {name}");
        assert!(mended.lines.is_empty() && mended.segments.is_empty(), "{mended:?}");
        assert_eq!(read(&disk, &lines), lines);
        let kept = place().quarantine().join(mended.quarantine.unwrap()).join(segment::name(name));
        assert_eq!(disk.read(&kept).unwrap(), disk.read(&file(of)).unwrap());
        assert_eq!(mend_it(&disk, &lines).unwrap(), Mended::default(), "once, and for ever");
    }
}

#[test]
fn segments_that_were_renamed_get_their_names_back_and_need_no_copy() {
    let (disk, lines) = three_runs();
    let before = journal_files(&disk);
    disk.rename(&file(3), &file(50)).unwrap();
    disk.rename(&file(6), &file(40)).unwrap();
    let mended = mend_with(&disk, &[], &mut |_| Vec::new()).unwrap();
    assert_eq!(mended.strays.len(), 2);
    assert_eq!((journal_files(&disk), mended.quarantine), (before, None));
    assert_eq!(read(&disk, &lines), lines);
}

#[test]
fn a_segment_of_another_database_under_a_wrong_name_is_kept_and_counted() {
    let ((disk, lines), (other, _)) = (three_runs(), three_runs());
    let mut writer = Writer::open(Arc::new(other.clone()), place().journal(), None).unwrap();
    other.remove(&file(0)).unwrap();
    writer.write_group(&[entry(77), entry(78)]).unwrap();
    disk.put(&file(30), &other.read(&file(0)).unwrap());
    disk.put(&file(31), b"no line at all\n");
    let mended = mend_it(&disk, &lines).unwrap();
    let mut found = strays(&mended);
    found.sort_unstable_by_key(|(name, _)| *name);
    assert_eq!(found, [("0000000030.jsonl", &Was::Unknown(2)), ("0000000031.jsonl", &Was::Nothing)]);
    assert!(mended.in_words().iter().any(|told| told.contains("2 lines in it stand nowhere else")), "{mended:?}");
    assert_eq!(read(&disk, &lines), lines);
}

#[test]
fn a_stray_is_a_copy_from_which_a_line_can_be_put_right() {
    let (disk, lines) = three_runs();
    disk.put(&file(60), &disk.read(&file(3)).unwrap());
    let mut bytes = disk.read(&file(3)).unwrap();
    bytes[20] ^= 1;
    disk.put(&file(3), &bytes);
    let mended = mend_with(&disk, &lines, &mut |_| Vec::new()).unwrap();
    assert_eq!(mended.lines, [3]);
    assert_eq!(strays(&mended), [("0000000060.jsonl", &Was::Copy)]);
    assert_eq!(read(&disk, &lines), lines);
}

#[test]
fn a_segment_that_was_covered_by_a_copy_of_another_is_written_anew_in_its_place() {
    let (disk, lines) = three_runs();
    disk.put(&file(0), &disk.read(&file(3)).unwrap());
    let mended = mend_it(&disk, &lines).unwrap();
    assert_eq!((mended.lines.as_slice(), mended.strays.len()), ([0, 1, 2].as_slice(), 0));
    assert_eq!(read(&disk, &lines), lines);
}

#[test]
fn what_was_put_right_is_told_in_numbers_of_english() {
    let segments = vec![segment::name(3)];
    let told =
        |lines: &[u64]| Mended { lines: lines.to_vec(), segments: segments.clone(), ..Mended::default() }.in_words();
    assert!(told(&[])[0].starts_with("what stood between the journal's lines was taken out, in"));
    assert!(told(&[4])[0].starts_with("line 4 of the journal was broken or gone"));
    assert!(told(&[4, 5])[0].starts_with("2 lines of the journal (lines 4 to 5) were broken or gone"));
    assert!(Mended::default().in_words().is_empty());
}
