use super::*;

/// Written by the first version that had a journal. It must be readable for ever: never change it, add another.
const FIRST: &[u8] = include_bytes!("../../../tests/fixtures/journal/v1/0000000000.jsonl");

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
