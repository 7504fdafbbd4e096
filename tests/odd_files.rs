//! Odd files in a house: copies, renamed ones, another house's, folders where files belong. What a machine can put right
//! is put right once and for ever; everything else is refused by name, with what helps, and not touched.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use support::chain::segments;
use support::{Ended, House};

fn closed(seeds: [u64; 2]) -> House {
    let house = House::new();
    for seed in seeds {
        house.short_session(seed);
    }
    house
}

fn copy_of_first(house: &House, name: &str) -> PathBuf {
    let copy = house.journal().join(name);
    fs::copy(segments(&house.journal()).remove(0), &copy).expect("a copy");
    copy
}

/// Whether a file of that name lies in one of the quarantine's folders.
fn in_quarantine(house: &House, name: &str) -> bool {
    house.files("s.quarantine").iter().any(|folder| folder.join(name).exists())
}

fn exchange(one: &Path, other: &Path) {
    let aside = one.with_extension("aside");
    fs::rename(one, &aside).expect("ours");
    fs::rename(other, one).expect("ours");
    fs::rename(&aside, other).expect("ours");
}

#[test]
fn a_segment_that_was_copied_under_the_last_name_is_taken_out_and_every_start_is_clean() {
    let house = closed([1, 2]);
    let before = house.chain();
    let copy = copy_of_first(&house, "0000009999.jsonl");
    let found = house.run(&["verify", "--all"]);
    found.expect_code(7);
    assert!(found.said().contains("0000009999.jsonl is no part of the journal"), "{}", found.said());
    let told = house.short_session(3).said();
    assert!(told.contains("a copy of lines that stand elsewhere") && told.contains("quarantine"), "{told}");
    assert!(!copy.exists() && in_quarantine(&house, "0000009999.jsonl"));
    assert!(!house.short_session(4).said().contains("Put right"), "once is enough");
    assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn a_segment_that_was_renamed_gets_its_name_back_even_without_the_database() {
    let house = closed([1, 2]);
    let before = house.chain();
    let last = segments(&house.journal()).remove(1);
    fs::rename(&last, house.journal().join("0000009999.jsonl")).expect("ours");
    fs::remove_file(house.database()).expect("ours");
    fs::remove_dir_all(house.folder().join("s.backups")).expect("ours");
    let told = house.short_session(3).said();
    assert!(last.exists() && told.contains("again, as its first line says"), "{told}");
    assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
}

#[test]
fn a_segment_of_another_house_under_a_wrong_name_is_kept_and_told_of() {
    let (house, other) = (closed([1, 2]), closed([3, 4]));
    fs::copy(segments(&other.journal()).remove(0), house.journal().join("0000009999.jsonl")).expect("a copy");
    let told = house.short_session(3).said();
    assert!(told.contains("stand nowhere else"), "{told}");
    assert!(in_quarantine(&house, "0000009999.jsonl"));
    assert!(!house.short_session(4).said().contains("nowhere else"));
}

#[test]
fn a_segment_of_another_house_that_could_be_ours_is_left_to_the_operator_by_its_name() {
    let (house, other) = (closed([1, 2]), closed([3, 4]));
    other.short_session(5);
    other.short_session(6);
    let theirs = segments(&other.journal()).pop().expect("a segment");
    let name = theirs.file_name().expect("a name");
    let odd = house.journal().join(name);
    fs::copy(&theirs, &odd).expect("a copy");
    let before = house.possessions();
    house.run(&["run", "--headless"]).expect_refusal(3, &["lost lines", "move it away", &name.to_string_lossy()]);
    assert!(house.possessions() == before, "nothing was touched");
    fs::remove_file(odd).expect("ours");
    assert!(!house.short_session(3).said().contains("Put right"));
}

#[test]
fn files_among_the_segments_that_nobody_reads_are_named() {
    let house = closed([1, 2]);
    for name in ["notes.jsonl", "0000000001 (1).jsonl~"] {
        copy_of_first(&house, name);
        let verified = house.run(&["verify", "--all"]);
        assert!(verified.expect_code(0).said().contains(name), "{}", verified.said());
        let audited = house.run(&["audit"]);
        assert!(audited.expect_code(7).said().contains(name), "{}", audited.said());
    }
}

#[test]
fn what_lies_where_something_else_belongs_is_refused_by_name() {
    for name in ["s.backups", "s.quarantine", "s.receipts"] {
        let house = closed([1, 2]);
        let folder = house.folder().join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("ours");
        }
        fs::write(&folder, "a file").expect("a file");
        for command in [&["run", "--headless"][..], &["rebuild"], &["restore"], &["verify", "--mend"]] {
            house.run(command).expect_refusal(5, &[name, "move it away"]);
        }
        assert_eq!(fs::read(&folder).expect("the file"), b"a file");
    }
    let house = closed([1, 2]);
    let first = segments(&house.journal()).remove(0);
    fs::remove_file(&first).expect("ours");
    fs::create_dir(&first).expect("a folder");
    for command in [&["run", "--headless"][..], &["rebuild"], &["restore"], &["verify", "--mend"]] {
        house.run(command).expect_refusal(5, &["0000000000.jsonl", "is a folder", "move it away"]);
    }
    house.run(&["verify", "--all"]).expect_code(7);
    fs::remove_dir(&first).expect("untouched and empty");
    house.short_session(3);
    house.run(&["verify", "--all"]).expect_code(0);
}

#[test]
fn two_houses_whose_journals_were_exchanged_are_told_so_and_mended_by_what_is_offered() {
    // One journal is longer than its new database, one is shorter.
    let (house, other) = (closed([1, 2]), closed([3, 4]));
    other.short_session(5);
    let (mine, others) = (house.chain(), other.chain());
    exchange(&house.journal(), &other.journal());
    for (house, before) in [(&house, mine), (&other, others)] {
        let refused = house.run(&["run", "--headless"]);
        refused.expect_refusal(3, &["their first lines differ", "agrees with the database", "neo verify --mend"]);
        assert!(
            !refused.said().contains("neo rebuild") && !refused.said().contains("neo restore"),
            "{}",
            refused.said()
        );
        house.run(&["verify", "--mend"]).expect_code(0);
        house.short_session(6);
        assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
        assert!(in_quarantine(house, "0000000000.jsonl"), "the other house's journal is kept");
        house.run(&["verify", "--all"]).expect_code(0);
    }
}

#[test]
fn another_houses_database_is_told_so_and_no_journal_is_mended_from_it() {
    let (house, other) = (closed([1, 2]), closed([3, 4]));
    let before = house.chain();
    fs::copy(other.database(), house.database()).expect("a database");
    let refused = house.run(&["run", "--headless"]);
    refused.expect_refusal(3, &["their first lines differ", "agrees with the journal", "neo rebuild"]);
    assert!(!refused.said().contains("--mend"), "{}", refused.said());
    house.run(&["verify", "--mend"]).expect_refusal(3, &["agrees with the journal", "neo rebuild"]);
    house.run(&["rebuild"]).expect_code(0);
    assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
    assert!(in_quarantine(&house, "s.db"));
    house.run(&["verify", "--all"]).expect_code(0);
}

/// The folder's files of one house in the place of another's.
fn replace_journal(house: &House, other: &House) {
    fs::remove_dir_all(house.journal()).expect("ours");
    fs::create_dir(house.journal()).expect("ours");
    for segment in segments(&other.journal()) {
        fs::copy(&segment, house.journal().join(segment.file_name().expect("a name"))).expect("a copy");
    }
}

#[track_caller]
fn expect_untouched(house: &House, arguments: &[&str], words: &[&str]) {
    let before = house.possessions();
    house.run(arguments).expect_refusal(3, words);
    assert!(house.possessions() == before, "a refusal changes nothing");
}

#[test]
fn another_houses_journal_beside_a_lost_or_broken_database_is_not_believed_and_what_is_said_helps() {
    let breaks: [fn(&House); 3] = [
        |house| fs::remove_file(house.database()).expect("ours"),
        |house| fs::write(house.database(), "").expect("ours"),
        |house| fs::File::options().write(true).open(house.database()).and_then(|it| it.set_len(99_999)).expect("ours"),
    ];
    let other = closed([3, 4]);
    for break_it in breaks {
        let house = closed([1, 2]);
        let before = house.chain();
        break_it(&house);
        replace_journal(&house, &other);
        let words = ["the journal is another database's", "that of the backup", "put it back to", "neo restore --from"];
        expect_untouched(&house, &["run", "--headless"], &words);
        expect_untouched(&house, &["rebuild"], &words);
        expect_untouched(&house, &["rebuild", "--dry-run"], &words);
        let audit = house.run(&["audit", house.database().to_str().expect("plain")]);
        audit.expect_code(7);
        let said = audit.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("The journal beside it is another house's") && !said.contains("nothing is lost"),
            "{said}"
        );
        assert!(said.contains("Next: `neo restore --from"), "{said}");
        fs::remove_dir_all(house.journal()).expect("ours");
        house.run(&["restore"]).expect_code(0);
        assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
    }
}

#[test]
fn beside_a_sound_database_nothing_is_rebuilt_from_another_houses_journal() {
    let (house, other) = (closed([1, 2]), closed([3, 4]));
    let before = house.chain();
    replace_journal(&house, &other);
    expect_untouched(&house, &["rebuild"], &["the journal is another database's", "that of the backup"]);
    fs::remove_dir_all(house.folder().join("s.backups")).expect("ours");
    expect_untouched(&house, &["rebuild", "--dry-run"], &["that of the database", "start again"]);
    expect_untouched(&house, &["rebuild"], &["that of the database", "start again"]);
    fs::remove_dir_all(house.journal()).expect("ours");
    house.short_session(5);
    assert_eq!(house.chain().links[..before.links.len()], before.links[..], "as it was said");
}

#[test]
fn another_houses_database_without_any_journal_is_not_believed_either() {
    let (house, other) = (closed([1, 2]), closed([3, 4]));
    let before = house.chain();
    fs::remove_dir_all(house.journal()).expect("ours");
    fs::copy(other.database(), house.database()).expect("a database");
    expect_untouched(&house, &["run", "--headless"], &["there is no journal", "first line", "neo restore --from"]);
    fs::remove_file(house.database()).expect("ours");
    house.run(&["restore"]).expect_code(0);
    assert_eq!(house.chain().links[..before.links.len()], before.links[..], "as it was said");
}

#[test]
fn a_whole_journal_is_not_written_over_from_another_houses_database_that_is_longer() {
    let (house, other) = (House::new(), closed([3, 4]));
    house.short_session(1);
    let before = house.chain();
    fs::remove_dir_all(house.folder().join("s.backups")).expect("ours");
    fs::copy(other.database(), house.database()).expect("a database");
    let audit = house.run(&["audit", house.database().to_str().expect("plain")]);
    assert!(
        audit.stdout.contains("begin with different") && audit.stdout.contains("Next: `neo run"),
        "{}",
        audit.stdout
    );
    let refused = house.run(&["run", "--headless"]);
    refused.expect_refusal(3, &["their first lines differ", "does not belong here away"]);
    assert!(!refused.said().contains("--mend") && !refused.said().contains("neo rebuild"), "{}", refused.said());
    expect_untouched(&house, &["verify", "--mend"], &["the journal is whole", "does not belong here away"]);
    fs::remove_file(house.database()).expect("ours");
    house.short_session(5);
    assert_eq!(house.chain().links[..before.links.len()], before.links[..], "as it was said");
}

#[test]
fn another_programs_database_beside_our_journal_is_refused_with_what_brings_ours_back() {
    let house = closed([1, 2]);
    let before = house.chain();
    for left in fs::read_dir(house.folder()).expect("ours").map(|entry| entry.expect("one").path()) {
        if left.to_string_lossy().contains("s.db") {
            fs::remove_file(left).expect("ours");
        }
    }
    let theirs = rusqlite::Connection::open(house.database()).expect("a database");
    theirs.execute_batch("CREATE TABLE notes (text)").expect("a table");
    theirs.close().expect("a database that closes");
    let untouched = fs::read(house.database()).expect("a file");
    house.run(&["run", "--headless"]).expect_refusal(3, &["another program's", "notes", "neo rebuild", "neo restore"]);
    assert_eq!(fs::read(house.database()).expect("a file"), untouched);
    let audited = house.run(&["audit"]);
    assert!(audited.expect_code(7).said().contains("neo rebuild"), "{}", audited.said());
    house.run(&["rebuild"]).expect_code(0);
    assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
    house.short_session(3);
}

#[test]
fn a_name_that_cannot_be_kept_is_refused_before_anything_is_made() {
    let house = House::new();
    let long = "n".repeat(240) + ".db";
    for name in [std::ffi::OsString::from_vec(b"\xffs.db".to_vec()), long.into()] {
        let mut command = house.neo(&["run", "--headless", "--duration", "10s", "--db"]);
        command.arg(house.folder().join(name));
        support::Headless::spawn(command).ended().expect_refusal(5, &["the name of", "--db"]);
    }
    let names = fs::read_dir(house.folder()).expect("ours").map(|entry| entry.expect("one").file_name());
    assert!(names.into_iter().all(|name| name == "logs" || name == "home"), "nothing was made");
}

#[test]
fn a_log_that_may_not_be_used_is_refused_by_name() {
    let house = closed([1, 2]);
    fs::write(house.wal(), b"").expect("ours");
    for mode in ["0400", "0000"] {
        // A superuser may read everything, so somebody else is asked.
        let script = format!(
            "chmod {mode} s.db-wal; if [ $(id -u) = 0 ]; then chown -R 65534 . && exec setpriv --reuid=65534 --regid=65534 \
             --clear-groups \"$@\"; else exec \"$@\"; fi"
        );
        let neo = house.neo(&["run", "--headless", "--duration", "10s"]);
        let mut command = std::process::Command::new("sh");
        command.env_clear().envs(house.environment()).current_dir(house.folder()).args(["-c", &script, "sh"]);
        command.arg(neo.get_program()).args(neo.get_args());
        support::Headless::spawn(command).ended().expect_refusal(5, &["s.db-wal", "permissions"]);
    }
}

#[test]
fn a_link_among_the_backups_that_leads_nowhere_is_unfit_and_in_nobodys_way() {
    let house = closed([1, 2]);
    let (nowhere, circle) = ("20991123T070632Z-pre-7.db", "20261123T070633Z-manual.db");
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, house.folder().join("s.backups").join(name)).expect("a link");
    };
    link("/mnt/gone/x.db", nowhere);
    link(circle, circle);
    house.short_session(3);
    house.run(&["backup"]).expect_code(0);
    assert!(house.run(&["backup", "list"]).expect_code(0).said().contains(nowhere));
    let verified = house.run(&["backup", "verify"]);
    let said = verified.expect_code(7).said();
    assert!(said.contains("a link to a file that is not there") && said.contains(circle), "{said}");
    let audited = in_one_line(&house.run(&["audit"]));
    assert!(audited.contains(nowhere), "{audited}");
    house.run(&["restore"]).expect_code(0);
    house.run(&["backup", "prune"]).expect_code(0);
    fs::remove_file(house.database()).expect("ours");
    house.run(&["rebuild"]).expect_code(0);
    house.short_session(4);
    house.run(&["verify", "--all"]).expect_code(0);
}

/// What it said, however its lines were broken.
fn in_one_line(ended: &Ended) -> String {
    ended.said().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo");
    assert!(made.success());
}

/// What lies in the house's folder, by its names.
fn names(house: &House) -> Vec<std::ffi::OsString> {
    let entries = fs::read_dir(house.folder()).expect("ours");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("one").file_name()).collect();
    names.retain(|name| name != "s.lock" && name != "s.db-shm" && name != "s.db-wal");
    names.sort();
    names
}

#[test]
fn a_pipe_where_a_file_belongs_is_never_waited_for_and_named_by_all() {
    for name in ["s.db", "s.db-journal", "s.db-wal", "s.db-shm", "s.lock"] {
        let house = closed([1, 2]);
        let path = house.folder().join(name);
        if path.exists() {
            fs::remove_file(&path).expect("ours");
        }
        pipe(&path);
        let before = names(&house);
        for command in [&["run", "--headless"][..], &["rebuild"], &["restore"], &["backup"], &["verify", "--mend"]] {
            house.run(command).expect_refusal(5, &[name, "a pipe", "move it away"]);
        }
        let audited = house.run(&["audit"]);
        let said = in_one_line(audited.expect_code(7));
        assert!(said.contains("a pipe") && said.contains("move it away"), "{name}: {said}");
        if name != "s.lock" {
            for command in [&["verify", "--all"][..], &["sessions"], &["query", "SELECT 1"]] {
                let read = house.run(command);
                assert!(read.code != Some(0) && read.said().contains(name), "{name}, {command:?}: {}", read.said());
            }
        }
        assert_eq!(names(&house), before, "nothing is left behind");
    }
}

#[test]
fn a_refusal_leaves_no_copy_that_was_made_to_look() {
    let (house, other) = (closed([1, 2]), closed([3, 4]));
    let mut session = house.session(&["--seed", "5"]);
    house.until_chain("a line of session 3", |chain| !chain.of_session(3).is_empty());
    session.signal(rustix::process::Signal::KILL);
    session.ended();
    exchange(&house.journal(), &other.journal());
    let before = names(&house);
    house.run(&["run", "--headless"]).expect_code(3);
    assert_eq!(names(&house), before);
    house.run(&["verify", "--mend"]);
    assert!(!names(&house).iter().any(|name| name.to_string_lossy().contains("salvage")), "{:?}", names(&house));
}

#[test]
fn a_folder_in_the_place_of_a_database_whose_journal_is_there_is_told_as_such() {
    let house = closed([1, 2]);
    let before = house.chain();
    fs::remove_file(house.database()).expect("ours");
    fs::create_dir(house.database()).expect("a folder");
    for command in [&["run", "--headless"][..], &["rebuild"], &["restore"]] {
        let refused = house.run(command);
        refused.expect_refusal(5, &["is a folder", "s.journal", "move it away", "made anew from the journal"]);
        assert!(!refused.said().contains("paper.db"), "{}", refused.said());
    }
    let audited = house.run(&["audit"]);
    let said = in_one_line(audited.expect_code(7));
    assert!(said.contains("s.journal") && said.contains("move it away"), "{said}");
    fs::remove_dir(house.database()).expect("empty still");
    house.short_session(3);
    assert_eq!(house.chain().links[..before.links.len()], before.links[..]);
}

#[test]
fn what_keeps_a_session_from_starting_is_found_by_an_audit() {
    type Put = fn(&Path);
    let link: Put = |path| std::os::unix::fs::symlink("nowhere", path).expect("a link");
    let folder: Put = |path| fs::create_dir(path).expect("a folder");
    let file: Put = |path| fs::write(path, "a file").expect("a file");
    let odd = [
        ("s.quarantine", file),
        ("s.receipts", file),
        ("s.lock", folder),
        ("s.lock", link),
        ("s.db-wal", link),
        ("s.db-wal", folder),
    ];
    let house = closed([1, 2]);
    for (name, put) in odd {
        let (path, aside) = (house.folder().join(name), house.folder().join("aside"));
        let was_there = path.exists();
        if was_there {
            fs::rename(&path, &aside).expect("ours");
        }
        put(&path);
        let audited = house.run(&["audit"]);
        let said = in_one_line(audited.expect_code(7));
        assert!(said.contains(name) && said.contains("move it away") && !said.contains("all is well"), "{said}");
        house.run(&["run", "--headless"]).expect_refusal(5, &[name, "move it away"]);
        if name == "s.db-wal" {
            house.run(&["sessions"]).expect_refusal(3, &[name, "move it away"]);
        }
        if path.is_dir() { fs::remove_dir(&path) } else { fs::remove_file(&path) }.expect("untouched");
        if was_there {
            fs::rename(&aside, &path).expect("ours");
        }
    }
    house.run(&["audit"]).expect_code(0);
}

#[test]
fn a_folder_that_may_not_be_written_into_is_named_and_no_file_in_it() {
    let house = closed([1, 2]);
    fs::write(house.wal(), b"").expect("ours");
    // A superuser may write everywhere, so somebody else is asked.
    let script = "chmod 0400 s.db-wal; if [ $(id -u) = 0 ]; then chown -R 65534 . && chmod 0555 . && exec setpriv \
                  --reuid=65534 --regid=65534 --clear-groups \"$@\"; else chmod 0555 .; exec \"$@\"; fi";
    let neo = house.neo(&["run", "--headless", "--duration", "10s"]);
    let mut command = std::process::Command::new("sh");
    command.env_clear().envs(house.environment()).current_dir(house.folder()).args(["-c", script, "sh"]);
    command.arg(neo.get_program()).args(neo.get_args());
    let refused = support::Headless::spawn(command).ended();
    fs::set_permissions(house.folder(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("ours");
    refused.expect_refusal(5, &["cannot write into", &house.folder().display().to_string()]);
    assert!(!refused.said().contains("s.db-wal"), "{}", refused.said());
}
