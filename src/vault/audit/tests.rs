//! The judgement and the story, tried on examinations that nobody has to produce on a disk.

use proptest::prelude::*;

use super::files::{Header, Maker, Mode};
use super::inside::{DatabaseKind, Version};
use super::sessions::{ClockKind, KeyedReason, Origin, Session};
use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_776_000_000_000 + seconds * 1_000)
}

fn session(number: i64) -> Session {
    Session {
        number,
        started_at: Some(at(number * 10_000)),
        ended_at: Some(at(number * 10_000 + 600)),
        status: Some("CLOSED".to_owned()),
        halt_reason: Some("duration_elapsed".to_owned()),
        pid: None,
        origin: Origin::Own,
        clock: ClockKind::Real,
    }
}

fn inside(kind: DatabaseKind, sessions: Vec<Session>) -> Inside {
    let mut inside = Inside { kind, ..Inside::default() };
    inside.sessions.all = sessions;
    inside
}

fn seen(role: Role, bytes: u64, modified: Timestamp) -> Seen {
    Seen { role, name: format!("{role:?}"), bytes, files: None, modified: Some(modified) }
}

/// A database of ours after those sessions, with a backup that holds them all.
fn house(sessions: &[Session]) -> Examined {
    let ours = || inside(DatabaseKind::Ours { version: Version::This }, sessions.to_vec());
    let copy = OneCopy {
        name: "20260418T192119Z-post.db".to_owned(),
        path: "/s.backups/20260418T192119Z-post.db".into(),
        bytes: 4_096,
        taken_at: Some(at(90_000)),
        state: CopyState::Sound { inside: Box::new(ours()), newest_session: None },
    };
    let header = Header { page_bytes: 4_096, pages: Some(1), mode: Mode::Wal, maker: Maker::Neo };
    Examined {
        now: at(100_000),
        database: "/s.db".to_owned(),
        running: None,
        in_the_way: None,
        files: Files {
            main: Main::Database(header),
            seen: vec![seen(Role::Database, 4_096, at(90_000))],
            strange_log: None,
        },
        inside: Some(ours()),
        chain: Some(Chain { lines: 9, segments: 1, head: Some(8), ..Chain::default() }),
        shelf: Shelf { copies: vec![copy], baselines: vec![] },
    }
}

fn told(seen: &Examined) -> String {
    let found = judge(seen);
    format!("{} {}", likely(seen, &found), next(seen, &found).command)
}

#[test]
fn a_house_without_a_fault_is_not_accused() {
    for sessions in [vec![], vec![session(1)], (1..40).map(session).collect()] {
        assert_eq!(judge(&house(&sessions)), []);
    }
}

#[test]
fn an_empty_log_beside_its_index_is_ordinary_even_if_the_database_is_old() {
    let mut house = house(&[session(1), session(2)]);
    house.files.seen = vec![
        seen(Role::Database, 4_096, at(0)),
        seen(Role::Log, 0, at(90_000)),
        seen(Role::LogIndex, 32_768, at(90_000)),
    ];
    assert_eq!(judge(&house), []);
}

#[test]
fn the_same_with_a_malformed_database_is_the_story_of_a_lost_log() {
    let mut house = house(&[session(1), session(2)]);
    house.files.seen = vec![
        seen(Role::Database, 4_096, at(0)),
        seen(Role::Log, 0, at(90_000)),
        seen(Role::LogIndex, 32_768, at(90_000)),
    ];
    house.inside = Some(Inside { damage: vec!["page 9".to_owned()], ..Inside::default() });
    house.chain = None;
    assert!(judge(&house).iter().any(|finding| matches!(finding, Finding::LogLost { .. })));
    let told = told(&house);
    assert!(told.contains("write-ahead log was lost"), "{told}");
    assert!(told.contains("neo restore --from /s.backups/20260418T192119Z-post.db --db /s.db"), "{told}");
}

#[test]
fn a_malformed_database_beside_a_whole_journal_is_rebuilt_and_nothing_is_lost() {
    let mut house = house(&[session(1)]);
    house.inside = Some(Inside { damage: vec!["page 9".to_owned()], ..Inside::default() });
    let told = told(&house);
    assert!(told.contains("nothing is lost") && told.contains("neo rebuild --db /s.db"), "{told}");
}

#[test]
fn an_open_session_is_a_finding_unless_its_process_runs() {
    let open = Session { ended_at: None, status: Some("OPEN".to_owned()), halt_reason: None, ..session(2) };
    let mut house = house(&[session(1), open]);
    assert_eq!(judge(&house), [Finding::LeftOpen { sessions: vec![2] }]);
    house.running = Some(Holder { pid: 7, host: "blackbird".to_owned(), since: at(20_000) });
    assert_eq!(judge(&house), []);
}

#[test]
fn adopted_sessions_that_were_backfilled_are_not_accused_and_the_others_are_sent_to_backfill() {
    let adopted = |number| Session {
        origin: Origin::Adopted,
        halt_reason: None,
        status: Some("RECOVERED".to_owned()),
        ..session(number)
    };
    let mut house = house(&[adopted(1), adopted(2), session(3)]);
    assert_eq!(judge(&house), []);
    if let Some(inside) = &mut house.inside {
        inside.sessions.all[1].ended_at = None;
    }
    assert_eq!(judge(&house), [Finding::NotEnded { sessions: vec![2] }]);
    assert!(told(&house).contains("neo backfill"));
}

#[test]
fn a_reason_that_nobody_gives_and_one_of_another_day_are_found() {
    let mut house = house(&[Session { halt_reason: Some("boredom".to_owned()), ..session(1) }]);
    assert!(matches!(&judge(&house)[..], [Finding::ImpossibleReason { session: 1, .. }]));
    house.inside = Some(inside(DatabaseKind::Earlier, vec![Session { origin: Origin::Earlier, ..session(5) }]));
    house.shelf = Shelf::default();
    let written_at = at(40_000);
    if let Some(inside) = &mut house.inside {
        inside.sessions.keyed_reason = Some(KeyedReason { reason: "xrp exposure".to_owned(), written_at });
    }
    assert!(judge(&house).iter().any(|finding| matches!(finding, Finding::ReasonOfAnotherTime { session: 5, .. })));
}

#[test]
fn sessions_that_overlap_or_are_missing_are_found_and_simulated_time_is_not() {
    let long = Session { ended_at: Some(at(25_000)), ..session(1) };
    assert_eq!(judge(&house(&[long.clone(), session(2)])), [Finding::Overlap { earlier: 1, later: 2 }]);
    let simulated = Session { clock: ClockKind::Simulated, ..long };
    assert_eq!(judge(&house(&[simulated, session(2)])), []);
    assert_eq!(judge(&house(&[session(1), session(4)])), [Finding::NumbersMissing { sessions: vec![2, 3] }]);
}

#[test]
fn a_log_without_its_database_is_never_to_be_opened() {
    let mut house = house(&[]);
    house.files = Files { main: Main::Missing, seen: vec![seen(Role::Log, 9_000, at(0))], strange_log: None };
    (house.inside, house.chain) = (None, None);
    let told = told(&house);
    assert!(told.contains("keep it") && told.contains("neo restore --from"), "{told}");
}

proptest! {
    #[test]
    fn whatever_was_seen_there_is_one_story_and_one_command(
        numbers in proptest::collection::btree_set(-5_i64..60, 0..12),
        statuses in proptest::collection::vec(0_usize..4, 12),
        damage in 0_usize..3,
        (log, index, age) in (0_u64..3, 0_u64..3, -90_000_i64..90_000),
        (has_inside, has_chain, has_copy) in (any::<bool>(), any::<bool>(), any::<bool>()),
    ) {
        let status = |of: usize| ["OPEN", "CLOSING", "CLOSED", "?"][of];
        let sessions: Vec<Session> = numbers
            .iter()
            .zip(&statuses)
            .map(|(&number, &of)| Session { status: Some(status(of).to_owned()), ..session(number) })
            .collect();
        let mut house = house(&sessions);
        house.files.seen.extend([seen(Role::Log, log, at(age)), seen(Role::LogIndex, index, at(age))]);
        if let Some(inside) = &mut house.inside {
            inside.damage = vec!["page".to_owned(); damage];
        }
        if !has_inside { house.inside = None; }
        if !has_chain { house.chain = None; }
        if !has_copy { house.shelf = Shelf::default(); }
        let found = judge(&house);
        prop_assert!(found.is_sorted_by_key(Finding::severity));
        let lost = found.iter().any(|finding| matches!(finding, Finding::LogLost { .. }));
        prop_assert!(!lost || damage > 0, "a sound database is never accused of a lost log");
        prop_assert!(!likely(&house, &found).is_empty());
        prop_assert!(next(&house, &found).command.starts_with("neo "));
    }
}
