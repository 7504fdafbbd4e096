use super::*;
use crate::domain::time::Timestamp;
use proptest::prelude::*;

/// Carries a plan out, each phase ending as `outcome` says; returns the phases that were started.
fn carry_out(hurry: Hurry, outcome: impl Fn(Phase) -> Event) -> (Vec<Phase>, Plan) {
    let (mut plan, mut next) = Plan::begin(hurry);
    let mut started = Vec::new();
    loop {
        next = match next {
            Next::Start { phase, .. } => {
                started.push(phase);
                plan.on(outcome(phase))
            }
            Next::Offer { .. } => plan.on(Event::Enough),
            Next::Over => break,
            Next::KeepGoing | Next::Shorten { .. } => panic!("{next:?} after a phase that is over"),
        };
    }
    (started, plan)
}

#[test]
fn an_orderly_end_runs_every_phase_once_and_in_order() {
    let (started, plan) = carry_out(Hurry::Orderly, Event::Finished);
    assert_eq!(started, Phase::ALL);
    assert!(plan.left_out().is_empty());
}

#[test]
fn a_phase_that_fails_never_keeps_the_next_from_running() {
    let (started, _) = carry_out(Hurry::Orderly, Event::Failed);
    assert_eq!(started, Phase::ALL);
}

#[test]
fn a_hurried_end_fits_into_four_seconds_and_still_closes() {
    let (started, plan) = carry_out(Hurry::Hurried, Event::TimeUp);
    let total: Duration = started.iter().filter_map(|phase| phase.budget(Hurry::Hurried)).sum();
    assert!(total <= Duration::from_secs(4), "{total:?}");
    assert!(started.contains(&Phase::Close));
    assert_eq!(plan.left_out(), [Phase::Checkpoint, Phase::Backup]);
}

#[test]
fn one_cause_that_hurries_is_enough_wherever_it_stands() {
    let cause = |reason| Cause { reason, detail: String::new(), at: Timestamp::from_millis(0) };
    let (quit, gone) = (cause(HaltReason::OperatorQuit), cause(HaltReason::TerminalClosed));
    assert_eq!(Hurry::of_all(&[], Windows::Yes), Hurry::Orderly);
    assert_eq!(Hurry::of_all(&[quit.clone(), gone.clone()], Windows::Yes), Hurry::Hurried);
    assert_eq!(Hurry::of_all(&[gone, quit], Windows::No), Hurry::Orderly);
}

#[test]
fn impatience_stops_the_waiting_but_not_the_closing() {
    let (mut plan, _) = Plan::begin(Hurry::Orderly);
    assert!(matches!(plan.on(Event::Finished(Phase::Seal)), Next::Start { phase: Phase::Cancel, .. }));
    assert!(matches!(plan.on(Event::Impatient), Next::Start { phase: Phase::Settle, .. }));
    assert!(matches!(plan.on(Event::Finished(Phase::Settle)), Next::Start { phase: Phase::Close, .. }));
    assert!(matches!(plan.on(Event::Finished(Phase::Close)), Next::Start { phase: Phase::Release, .. }));
    assert_eq!(plan.left_out(), [Phase::Cancel, Phase::Checkpoint, Phase::Backup]);
}

#[test]
fn impatience_during_the_seal_still_sends_the_cancels() {
    let (mut plan, _) = Plan::begin(Hurry::Orderly);
    assert_eq!(plan.on(Event::Impatient), Next::KeepGoing);
    let next = plan.on(Event::Finished(Phase::Seal));
    assert_eq!(next, Next::Start { phase: Phase::Cancel, within: Duration::ZERO });
}

#[test]
fn the_windows_x_during_an_orderly_end_shortens_what_runs() {
    let (mut plan, _) = Plan::begin(Hurry::Orderly);
    plan.on(Event::Finished(Phase::Seal));
    assert_eq!(plan.on(Event::Hurry), Next::Shorten { within: Duration::from_secs(2) });
}

#[test]
fn late_news_of_a_phase_that_was_given_up_changes_nothing() {
    let (mut plan, _) = Plan::begin(Hurry::Orderly);
    plan.on(Event::Finished(Phase::Seal));
    plan.on(Event::TimeUp(Phase::Cancel));
    assert_eq!(plan.on(Event::Finished(Phase::Cancel)), Next::KeepGoing);
}

/// A plan that has come to where its last phases failed as named, and what it answered there.
fn with_failed(which: &[Phase]) -> (Plan, Next) {
    let (mut plan, mut next) = Plan::begin(Hurry::Orderly);
    while let Next::Start { phase, .. } = next {
        next = plan.on(if which.contains(&phase) { Event::Failed(phase) } else { Event::Finished(phase) });
    }
    (plan, next)
}

fn started(next: Next) -> Option<Phase> {
    match next {
        Next::Start { phase, .. } => Some(phase),
        _ => None,
    }
}

#[test]
fn what_failed_may_be_tried_again_before_the_files_are_given_back() {
    let (mut plan, next) = with_failed(&[Phase::Checkpoint, Phase::Backup]);
    assert!(matches!(next, Next::Offer { .. }), "{next:?}");
    assert_eq!(started(plan.on(Event::Again(Phase::Backup))), Some(Phase::Backup));
    assert!(matches!(plan.on(Event::Finished(Phase::Backup)), Next::Offer { .. }), "the checkpoint is still to be had");
    assert_eq!(started(plan.on(Event::Again(Phase::Checkpoint))), Some(Phase::Checkpoint));
    assert!(matches!(plan.on(Event::Failed(Phase::Checkpoint)), Next::Offer { .. }), "and once more");
    assert_eq!(started(plan.on(Event::TimeUp(Phase::Checkpoint))), Some(Phase::Release));
}

#[test]
fn a_wish_that_comes_while_another_phase_runs_is_kept() {
    let (mut plan, mut next) = Plan::begin(Hurry::Orderly);
    while let Some(phase) = started(next).filter(|&phase| phase != Phase::Backup) {
        next = plan.on(if phase == Phase::Checkpoint { Event::Failed(phase) } else { Event::Finished(phase) });
    }
    assert_eq!(plan.on(Event::Again(Phase::Checkpoint)), Next::KeepGoing);
    assert_eq!(started(plan.on(Event::Finished(Phase::Backup))), Some(Phase::Checkpoint));
    assert_eq!(started(plan.on(Event::Finished(Phase::Checkpoint))), Some(Phase::Release));
}

#[test]
fn what_was_too_late_counts_when_it_is_done_after_all() {
    let (mut plan, next) = with_failed(&[Phase::Backup]);
    assert!(matches!(next, Next::Offer { .. }));
    assert_eq!(started(plan.on(Event::Finished(Phase::Backup))), Some(Phase::Release));
}

#[test]
fn an_offer_ends_with_impatience_with_hurry_and_when_nobody_is_there() {
    for event in [Event::Impatient, Event::Hurry, Event::Enough] {
        let (mut plan, _) = with_failed(&[Phase::Backup]);
        assert_eq!(started(plan.on(event)), Some(Phase::Release), "{event:?}");
    }
}

#[test]
fn what_closes_the_session_is_never_tried_again() {
    let (mut plan, next) = with_failed(&[Phase::Seal, Phase::Cancel, Phase::Settle, Phase::Close]);
    assert_eq!(next, Next::Over);
    for phase in [Phase::Seal, Phase::Cancel, Phase::Settle, Phase::Close, Phase::Release] {
        assert_eq!(plan.on(Event::Again(phase)), Next::KeepGoing);
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_session_is_sealed_closed_and_released_once_each(
        hurried: bool,
        events in proptest::collection::vec((0_u8..7, 0_usize..7), 0..60),
    ) {
        let (mut plan, first) = Plan::begin(if hurried { Hurry::Hurried } else { Hurry::Orderly });
        let mut started = Vec::new();
        let mut note = |next: Next| match next {
            Next::Start { phase, .. } => { started.push(phase); true }
            Next::KeepGoing | Next::Shorten { .. } | Next::Offer { .. } => true,
            Next::Over => false,
        };
        let mut going = note(first);
        for (what, which) in events {
            if !going { break }
            let phase = Phase::ALL[which];
            going = note(plan.on(match what {
                0 => Event::Finished(phase),
                1 => Event::Failed(phase),
                2 => Event::TimeUp(phase),
                3 => Event::Impatient,
                4 => Event::Again(phase),
                5 => Event::Enough,
                _ => Event::Hurry,
            }));
        }
        while going {
            going = note(plan.on(Event::TimeUp(plan.current())));
        }
        let mut first_times = started.clone();
        first_times.dedup();
        let repeated = |phase: &Phase| matches!(phase, Phase::Checkpoint | Phase::Backup);
        first_times.retain(|phase| !repeated(phase));
        prop_assert!(first_times.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", started);
        prop_assert_eq!(started.last(), Some(&Phase::Release));
        for phase in [Phase::Seal, Phase::Cancel, Phase::Close, Phase::Release] {
            prop_assert!(started.contains(&phase), "{:?} is missing in {:?}", phase, started);
        }
    }
}
