//! Strange things among the segments: what a machine can decide goes into the quarantine, and of the rest the refusal has
//! the command that is needed, as a shell takes it.
#![cfg(unix)]

mod support;

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::House;

/// Puts something under the name that the next segment will have.
type Put<'a> = &'a dyn Fn(&House, &Path) -> io::Result<()>;

/// A house in which a session has ended, and the name that its next segment will have.
fn lived_in() -> (House, PathBuf) {
    let house = House::new();
    house.short_session(1);
    let next = house.journal().join(format!("{:010}.jsonl", house.chain().links.len()));
    (house, next)
}

/// The last segment of a house in which three sessions have ended.
fn another_houses_segment() -> (House, PathBuf) {
    let other = House::new();
    for seed in 7..10 {
        other.short_session(seed);
    }
    let last = support::chain::segments(&other.journal()).pop().expect("a segment");
    (other, last)
}

/// The start is refused for the sake of `stray`; the command in the refusal, carried out, lets the next one begin, and
/// nothing is gone.
#[track_caller]
fn expect_a_command_that_helps(house: &House, stray: &Path, code: i32) {
    let name = stray.file_name().expect("a name").to_string_lossy();
    let refused = house.run(&["run", "--headless", "--speed", "max", "--duration", "10s"]);
    refused.expect_refusal(code, &[&name, "move it away"]);
    let command = refused.stderr.rsplit('`').find(|text| text.starts_with("mv ")).expect("a command").to_owned();
    let done = Command::new("sh").arg("-c").arg(&command).current_dir(house.folder()).status().expect("a shell");
    assert!(done.success(), "{command}");
    assert!(!stray.is_symlink() && !stray.exists(), "{command}");
    let kept = house.folder().join(format!("s.{name}.moved"));
    assert!(kept.exists() || kept.is_symlink(), "{command}");
    house.short_session(2);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_link_that_leads_nowhere_is_refused_with_the_command_that_moves_it_away() {
    let (house, next) = lived_in();
    symlink("/nowhere/at/all", &next).expect("a link");
    house.run(&["verify", "--all"]).expect_refusal(5, &["leads nowhere", "mv -n"]);
    expect_a_command_that_helps(&house, &next, 5);
}

#[test]
fn a_folder_that_is_named_like_a_segment_is_refused_with_the_command_that_moves_it_away() {
    let (house, next) = lived_in();
    fs::create_dir(&next).expect("a folder");
    expect_a_command_that_helps(&house, &next, 5);
}

#[test]
fn another_houses_segment_far_behind_the_last_is_refused_with_the_command_that_moves_it_away() {
    let ((house, _), (_other, last)) = (lived_in(), another_houses_segment());
    let stray = house.journal().join(last.file_name().expect("a name"));
    fs::copy(&last, &stray).expect("a segment to copy");
    let mend = house.run(&["verify", "--all", "--mend"]);
    mend.expect_refusal(7, &["no whole copy", "if ", "another database's", "mv -n"]);
    let refused = house.run(&["run", "--headless"]);
    assert!(!refused.stderr.contains("neo restore"), "no backup here has those lines: {}", refused.stderr);
    expect_a_command_that_helps(&house, &stray, 3);
}

#[test]
fn what_bears_the_next_number_and_continues_nothing_goes_into_the_quarantine() {
    let other = House::new();
    other.short_session(7);
    let first = |house: &House| house.journal().join("0000000000.jsonl");
    let (own, link, anothers): (Put, Put, Put) = (
        &|house, next| fs::copy(first(house), next).map(|_| ()),
        &|house, next| symlink(first(house), next),
        &|_, next| fs::copy(first(&other), next).map(|_| ()),
    );
    for put in [own, link, anothers] {
        let (house, next) = lived_in();
        put(&house, &next).expect("a folder that takes a file");
        let ended = house.short_session(2);
        assert!(ended.stdout.contains("Put right at the start"), "{}", ended.stdout);
        assert_eq!(house.files("s.quarantine").len(), 1);
        house.run(&["verify", "--all"]).expect_code(0);
    }
}
