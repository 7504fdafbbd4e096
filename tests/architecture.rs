//! Who may use whom. Arrows only point down; a new one is a decision, made here.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own source has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may use. The order is the house's, ground floor first: every room names only rooms
/// above its own line.
const MAY_USE: &[(&str, &[&str])] = &[
    ("beat", &[]),
    ("domain", &[]),
    ("disk", &["domain"]),
    ("engine", &["domain"]),
    ("journal", &["domain", "disk"]),
    ("store", &["domain", "disk", "journal"]),
    ("keeper", &["beat", "domain", "disk", "journal", "store"]),
    ("vault", &["domain", "disk", "journal", "store", "keeper"]),
    ("legacy", &["domain", "disk", "journal", "store", "vault"]),
    ("venue", &["domain"]),
    ("logging", &["domain"]),
    ("session", &["beat", "domain", "disk", "engine", "journal", "keeper", "store", "vault", "venue", "logging"]),
    ("console", &["domain", "disk", "engine", "keeper", "store", "session", "logging"]),
    ("config", &["domain", "engine", "keeper", "venue", "console", "logging"]),
    (
        "cli",
        &[
            "beat", "domain", "disk", "engine", "journal", "keeper", "store", "vault", "legacy", "venue", "session",
            "console", "config", "logging",
        ],
    ),
    ("main", &["cli"]),
];

#[test]
fn arrows_only_point_down() {
    let found = arrows(&source());
    let allowed: BTreeSet<(String, String)> = MAY_USE
        .iter()
        .flat_map(|(room, uses)| uses.iter().map(|used| ((*room).to_owned(), (*used).to_owned())))
        .collect();
    let wrong: Vec<_> =
        found.iter().filter(|arrow| !allowed.contains(&(arrow.from.clone(), arrow.to.clone()))).collect();
    assert!(wrong.is_empty(), "arrows that are not on the list: {wrong:#?}");
}

#[test]
fn the_list_itself_points_down() {
    for (place, (room, uses)) in MAY_USE.iter().enumerate() {
        for used in *uses {
            let below = MAY_USE[..place].iter().any(|(other, _)| other == used);
            assert!(below, "{room} would use {used}, which is not below it");
        }
    }
}

#[test]
fn an_arrow_that_points_up_would_be_found() {
    for line in
        ["use crate::session::view;", "let x = crate::session::view::Pace::Real;", "pub use crate::{session, disk};"]
    {
        let found = arrows_in("domain", Path::new("domain/x.rs"), line);
        assert!(found.iter().any(|arrow| arrow.to == "session"), "{line}");
    }
    assert!(arrows_in("domain", Path::new("domain/x.rs"), "//! see [`crate::session`]").is_empty());
}

#[test]
fn nothing_but_main_uses_the_command_line() {
    assert!(arrows(&source()).iter().all(|arrow| arrow.to != "cli" || arrow.from == "main"));
}

#[derive(Debug)]
#[allow(dead_code, reason = "the place is for the reader of a failure")]
struct Arrow {
    from: String,
    to: String,
    place: String,
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every `crate::room` in every file, in `use` lines, in groups and inline; comments aside.
fn arrows(source: &Path) -> Vec<Arrow> {
    let mut found = Vec::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(source).unwrap();
                let room = inside.components().next().unwrap().as_os_str().to_string_lossy();
                let room = room.trim_end_matches(".rs");
                if room != "lib" {
                    found.extend(arrows_in(room, inside, &fs::read_to_string(&path).unwrap()));
                }
            }
        }
    }
    assert!(found.len() > 50, "the test looks in the wrong place");
    found
}

fn arrows_in(room: &str, file: &Path, text: &str) -> Vec<Arrow> {
    let code: String = text
        .lines()
        .map(|line| if line.trim_start().starts_with("//") { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = Vec::new();
    for root in ["crate::", "neo_console::"] {
        for (start, _) in code.match_indices(root) {
            let rest = &code[start + root.len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(group) => group.split('}').next().unwrap_or("").split(',').collect(),
                None => vec![rest],
            };
            for name in names {
                let name: String = name.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let place = format!("{}:{}", file.display(), code[..start].matches('\n').count() + 1);
                let known = MAY_USE.iter().any(|(other, _)| *other == name);
                if known && name != room {
                    found.push(Arrow { from: room.to_owned(), to: name, place });
                }
            }
        }
    }
    found
}
