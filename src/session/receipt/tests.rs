//! The exact text of receipts, and what their outcome is.

use super::*;
use crate::domain::money::Drops;
use crate::domain::pnl::{Holding, Split};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn order(number: u32) -> OrderId {
    OrderId { session: SessionId(39), number }
}

fn cause(reason: HaltReason, detail: &str) -> Cause {
    Cause { reason, detail: detail.to_owned(), at: at("2026-11-22T12:51:57.900Z") }
}

fn totals() -> Totals {
    let holding = |xrp: &str, rlusd: &str, mid: &str| {
        let inventory = Inventory { xrp: xrp.parse().unwrap(), rlusd: rlusd.parse().unwrap() };
        Holding::new(inventory, mid.parse().unwrap())
    };
    let split = Split {
        spread: "0.312".parse().unwrap(),
        inventory: "0.10935".parse().unwrap(),
        fees: "0.000034".parse().unwrap(),
    };
    Totals {
        starting: Some(holding("100", "140", "1.4147")),
        ending: Some(holding("104.203117", "133.871204", "1.420155")),
        split,
        capital: Value::ZERO,
        bought: 8,
        sold: 6,
        notional: "371.428".parse().unwrap(),
        orders: 31,
        cancelled: 17,
        quoting_ms: 718_400,
        incidents: 0,
    }
}

/// A session that ended as it should.
fn clean() -> Receipt {
    Receipt {
        reason: HaltReason::OperatorQuit,
        causes: vec![cause(HaltReason::OperatorQuit, "")],
        totals: totals(),
        residual: Some(Inventory::default()),
        phases: [(Phase::Seal, 3), (Phase::Cancel, 4_130), (Phase::Settle, 0), (Phase::Close, 9), (Phase::Backup, 31)]
            .map(|(phase, took_ms)| PhaseTook { phase, took_ms })
            .into(),
        checkpoint: Some(Kept::Done { took_ms: 4 }),
        backup: Some(Kept::Done { took_ms: 31 }),
        head: Some(Head { n: 1_262, hash: "9f31c0ffee12".repeat(5) + "00c2" }),
        verification: Verification::Verified,
        ..Receipt::blank(SessionId(39), "paper.db", at("2026-11-22T12:39:17.100Z"), at("2026-11-22T12:52:03.200Z"))
    }
}

#[test]
fn a_clean_end_reads_calmly() {
    insta::assert_snapshot!(clean(), @r"
    Session 39 closed, verified.
      ended by    the operator (q)                         2026-11-22 12:52:03 UTC
      lasted      0:12:46, of which quoting 0:11:58
                  since 2026-11-22 12:39:17
      the end     4.1 s: seal 3 ms, cancel 4.1 s, settle 0 ms, close 9 ms
                  backup 31 ms
      inventory   XRP 100.000000 → 104.203117
                  RLUSD 140.000000 → 133.871204
      value       281.4700 → 281.8558 RLUSD                residual 0
      profit      +0.4213 RLUSD
                  spread +0.3120  inventory +0.1094  fees −0.00003
      fills       14 (8 bought, 6 sold)                    spread 8.4 bps
      orders      31 intended, 17 cancelled
                  all proven gone, nothing of ours rests
      files       journal 1 263 lines, head 9f31c0ffee12
                  checkpoint ok, WAL empty  backup verified in 31 ms
      incidents   none
      database    paper.db
    ");
}

#[test]
fn what_went_wrong_comes_first_and_by_name() {
    let mut receipt = clean();
    receipt.label = "evening\nrun".to_owned();
    receipt.reason = HaltReason::EnginePanic;
    receipt.causes = vec![
        cause(HaltReason::EnginePanic, "index out of bounds:\nthe len is 5"),
        cause(HaltReason::InterruptedSigint, ""),
        cause(HaltReason::StoreFailure, "disk full"),
    ];
    receipt.unproven = vec![order(30), order(31)];
    receipt.failures = vec![PhaseFailure { phase: "cancel".to_owned(), why: "no answer within 15 s".to_owned() }];
    receipt.backup = Some(Kept::Failed { why: "no space left on device".to_owned() });
    receipt.verification =
        Verification::NotVerified { what: vec!["the row's ending_xrp is not the journal's".to_owned()] };
    receipt.residual = Some(Inventory { xrp: Drops::from_xrp(-1), rlusd: "1.42".parse().unwrap() });
    receipt.left_out = vec![Phase::Settle];
    receipt.incidents = ["Backup failed", "Venue is silent", "Backup failed"].map(str::to_owned).to_vec();
    receipt.totals.capital = "-20".parse().unwrap();
    insta::assert_snapshot!(receipt, @r"
    Session 39 (evening run) closed, NOT verified.
      NOT PROVEN  39-30, 39-31: they may rest at the venue; look there
      FAILED      cancel: no answer within 15 s
      FAILED      backup: no space left on device
      UNVERIFIED  the row's ending_xrp is not the journal's
      RESIDUAL    the venue has XRP −1.000000 and RLUSD +1.42 against our books
      ended by    a panic of the engine                    2026-11-22 12:52:03 UTC
                  index out of bounds: the len is 5
      also        Ctrl+C
      also        a failure to keep facts: disk full
      lasted      0:12:46, of which quoting 0:11:58
                  since 2026-11-22 12:39:17
      the end     4.1 s: seal 3 ms, cancel 4.1 s, settle 0 ms, close 9 ms
                  backup 31 ms
      inventory   XRP 100.000000 → 104.203117
                  RLUSD 140.000000 → 133.871204
      value       281.4700 → 281.8558 RLUSD
                  residual NOT 0  capital moved −20.0000 RLUSD
      profit      +0.4213 RLUSD
                  spread +0.3120  inventory +0.1094  fees −0.00003
      fills       14 (8 bought, 6 sold)                    spread 8.4 bps
      orders      31 intended, 17 cancelled                2 NOT proven gone
      files       journal 1 263 lines, head 9f31c0ffee12
                  checkpoint ok, WAL empty  backup FAILED
      left out    settle
      incidents   Backup failed (2 times), Venue is silent
      database    paper.db
    ");
}

#[test]
fn a_recovered_session_says_what_tells_its_end() {
    let recovered = SessionRecovered {
        reason: HaltReason::RecoveredCrash,
        causes: vec![],
        ended_at: at("2026-11-22T12:52:03.200Z"),
        source: EndedAtSource::Heartbeat,
        totals: Totals { starting: None, ..totals() },
        unproven: vec![],
        venue_ended: vec![order(30), order(31)],
    };
    let receipt = Receipt::of_recovered(SessionId(39), "paper.db", at("2026-11-22T12:39:17.100Z"), &recovered);
    insta::assert_snapshot!(receipt, @r"
    Session 39 recovered.
      ended by    a crash, recovered at the next start
                  2026-11-22 12:52:03 UTC, its last heartbeat
      lasted      0:12:46, of which quoting 0:11:58      since 2026-11-22 12:39:17
      inventory   XRP – → 104.203117                     RLUSD – → 133.871204
      value       – → 281.8558 RLUSD                     residual –
      profit      +0.4213 RLUSD
                  spread +0.3120  inventory +0.1094  fees −0.00003
      fills       14 (8 bought, 6 sold)                  spread 8.4 bps
      orders      31 intended, 17 cancelled
                  39-30, 39-31 ended with the venue, nothing of ours rests
      incidents   none
      database    paper.db
    ");
}

#[test]
fn a_session_that_could_not_be_closed_says_so() {
    let receipt = Receipt { status: Status::Closing, verification: Verification::NotLooked, ..clean() };
    assert!(receipt.to_string().starts_with("Session 39 is NOT closed: the next start recovers it.\n"));
    assert_eq!(receipt.outcome(), Outcome::Failed);
}

#[test]
fn only_a_closed_verified_session_with_nothing_resting_is_clean() {
    let changed = |change: fn(&mut Receipt)| {
        let mut receipt = clean();
        change(&mut receipt);
        receipt.outcome()
    };
    let failed = || Some(Kept::Failed { why: String::new() });
    assert_eq!(clean().outcome(), Outcome::Clean);
    assert_eq!(changed(|r| r.reason = HaltReason::RiskDrawdown), Outcome::Clean);
    assert_eq!(changed(|r| r.left_out = vec![Phase::Cancel, Phase::Backup]), Outcome::Clean);
    assert_eq!(changed(|r| r.backup = Some(Kept::LeftOut)), Outcome::Clean);
    assert_eq!(changed(|r| r.venue_ended = vec![order(1)]), Outcome::Clean);
    assert_eq!(changed(|r| r.unproven = vec![order(1)]), Outcome::Incomplete);
    assert_eq!(changed(|r| r.verification = Verification::NotLooked), Outcome::Incomplete);
    assert_eq!(Receipt { checkpoint: failed(), ..clean() }.outcome(), Outcome::Incomplete);
    assert_eq!(Receipt { backup: failed(), ..clean() }.outcome(), Outcome::Incomplete);
}

#[test]
fn a_panic_is_a_failure_even_as_a_later_cause_and_even_with_others() {
    let mut receipt = clean();
    receipt.causes.push(cause(HaltReason::ConsolePanic, ""));
    assert_eq!(receipt.outcome(), Outcome::Failed);
    receipt.unproven = vec![order(1)];
    assert_eq!(receipt.outcome(), Outcome::Failed);
}

#[test]
fn a_checkpoint_that_left_pages_behind_has_failed() {
    let kept = |busy, log, checkpointed| {
        let result = Ok(CheckpointAnswer { busy, log, checkpointed });
        Kept::from(&Done { at: Timestamp::default(), took: std::time::Duration::from_millis(4), result })
    };
    assert_eq!(kept(false, 0, 0), Kept::Done { took_ms: 4 });
    assert_eq!(kept(false, -1, -1), Kept::Done { took_ms: 4 });
    assert!(matches!(kept(true, 7, 7), Kept::Failed { .. }));
    assert_eq!(kept(false, 7, 5), Kept::Failed { why: "5 of 7 pages were moved".to_owned() });
}

#[test]
fn a_receipt_is_read_back_from_its_json_with_every_digit() {
    let receipt = clean();
    let json = serde_json::to_string(&receipt).unwrap();
    assert!(json.contains(r#""spread":"0.312","inventory":"0.10935","fees":"0.000034""#), "{json}");
    assert_eq!(serde_json::from_str::<Receipt>(&json).unwrap(), receipt);
}

mod from_the_history {
    use super::*;
    use crate::store::rows::SessionRow;

    fn detail() -> SessionDetail {
        let receipt = clean();
        let row = SessionRow {
            session_id: 39,
            status: "CLOSED".to_owned(),
            started_at: receipt.started_at.to_string(),
            ended_at: Some(receipt.ended_at.to_string()),
            ended_at_source: Some("closed".to_owned()),
            halt_reason: Some("operator_quit".to_owned()),
            ..SessionRow::default()
        };
        let (totals, causes, residual) = (Some(receipt.totals), receipt.causes, receipt.residual);
        SessionDetail { row, totals, causes, residual, ..SessionDetail::default() }
    }

    #[test]
    fn a_receipt_is_the_same_but_for_what_was_only_known_then() {
        let then = Receipt {
            phases: vec![],
            checkpoint: None,
            backup: None,
            head: None,
            verification: Verification::NotLooked,
            ..clean()
        };
        assert_eq!(Receipt::from_detail(&detail(), "paper.db"), Ok(then));
    }

    #[test]
    fn an_open_session_has_no_receipt() {
        let open = SessionDetail { totals: None, ..detail() };
        assert_eq!(Receipt::from_detail(&open, "paper.db"), Err(NoReceipt::NotClosed(SessionId(39))));
    }

    #[test]
    fn a_row_that_we_never_wrote_is_named() {
        let mut strange = detail();
        strange.row.halt_reason = Some("bored".to_owned());
        let said = Receipt::from_detail(&strange, "paper.db").unwrap_err().to_string();
        assert_eq!(
            said,
            "session 39 has a row with `bored` in halt_reason, which cannot be read\nRun `neo verify 39`."
        );
    }
}
