use clap::CommandFactory as _;

use super::*;

fn read(line: &str) -> CommandLine {
    CommandLine::try_parse_from(line.split(' ')).unwrap()
}

/// The help of `neo` or of one of its commands, as on a terminal of 100 columns.
fn help(path: &[&str]) -> String {
    let mut command = CommandLine::command().term_width(100);
    command.build();
    let found = path.iter().fold(&mut command, |command, name| command.find_subcommand_mut(name).unwrap());
    found.render_help().to_string()
}

#[test]
fn the_command_line_is_well_made() {
    CommandLine::command().debug_assert();
}

#[test]
fn every_help_text_is_as_it_was_reviewed() {
    let commands: [&[&str]; 21] = [
        &[],
        &["run"],
        &["sessions"],
        &["sessions", "list"],
        &["sessions", "show"],
        &["verify"],
        &["backup"],
        &["backup", "create"],
        &["backup", "list"],
        &["backup", "verify"],
        &["backup", "prune"],
        &["restore"],
        &["adopt"],
        &["backfill"],
        &["audit"],
        &["rebuild"],
        &["query"],
        &["config"],
        &["config", "init"],
        &["config", "check"],
        &["config", "show"],
    ];
    for path in commands {
        let name = ["help", &path.join("_")].join("_");
        insta::assert_snapshot!(name.trim_end_matches('_'), help(path));
    }
}

#[test]
fn run_without_anything_is_what_neo_alone_means() {
    assert_eq!(read("neo run").verb, Some(Verb::Run(RunArgs::default())));
    assert_eq!(read("neo").verb, None);
}

#[test]
fn sessions_list_without_anything_is_what_sessions_alone_means() {
    let list = SessionsArgs { verb: Some(SessionsVerb::List(ListArgs::default())) };
    assert_eq!(read("neo sessions list").verb, Some(Verb::Sessions(list)));
}

#[test]
fn a_seed_without_a_speed_is_real_time() {
    let Some(Verb::Run(run)) = read("neo run --seed 7").verb else { panic!("it is run") };
    assert_eq!((run.seed, run.pace()), (Some(7), Pace::Real));
    let Some(Verb::Run(run)) = read("neo run --seed 7 --speed 0.5 --duration 1h30m").verb else { panic!("it is run") };
    assert_eq!(run.pace(), Pace::Simulated { permille: 500 });
    assert_eq!(run.duration, Some(Duration::from_mins(90)));
}

#[test]
fn what_holds_everywhere_can_be_said_before_and_after_the_command() {
    let before = read("neo --json -vv --db a.db sessions");
    assert_eq!(before, read("neo sessions --db a.db -v --json -v"));
    assert_eq!(before.global.verbose, 2);
}

#[test]
fn wrong_usage_says_what_would_be_right_and_exits_with_2() {
    let refused = |line: &str| CommandLine::try_parse_from(line.split(' ')).unwrap_err();
    for line in ["neo run --duration 2x", "neo run --speed 0", "neo sessions show 0", "neo verify 3 --all", "neo fly"] {
        assert_eq!(refused(line).exit_code(), 2, "{line}");
    }
    assert!(refused("neo run --duration 2x").to_string().contains("like 2h, 10m, 90s or 1h30m"));
    assert!(refused("neo sessions show 0").to_string().contains("numbered from 1 on"));
}
