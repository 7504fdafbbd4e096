use super::*;
use crate::domain::fact::Totals;
use crate::domain::fill::Fill;
use crate::domain::incident::{Incident, Severity, Source};
use crate::domain::money::{Drops, Price, Rlusd};
use crate::domain::order::{OrderId, Side as Trade};
use crate::domain::session::SessionId;

fn row() -> SessionRow {
    SessionRow {
        session_id: 39,
        label: "evening".to_owned(),
        mode: "paper".to_owned(),
        venue: "paper".to_owned(),
        status: "CLOSED".to_owned(),
        started_at: "2026-11-22T12:39:17.100Z".to_owned(),
        ended_at: Some("2026-11-22T12:52:03.200Z".to_owned()),
        ended_at_source: Some("closed".to_owned()),
        halt_reason: Some("operator_quit".to_owned()),
        halt_detail: Some("[]".to_owned()),
        fills: 14,
        profit: Some("0.421316".to_owned()),
        ..SessionRow::default()
    }
}

fn open() -> SessionRow {
    SessionRow {
        session_id: 40,
        status: "OPEN".to_owned(),
        mode: "paper".to_owned(),
        started_at: "2026-11-22T13:00:00.000Z".to_owned(),
        ..SessionRow::default()
    }
}

fn detail() -> SessionDetail {
    let at = "2026-11-22T12:40:00.500Z".parse().unwrap();
    let quantity = Drops::from_xrp(5);
    let price = Price::new(141_862, 5).unwrap();
    let fill = Fill {
        id: "f1".to_owned(),
        order: OrderId { session: SessionId(39), number: 1 },
        side: Trade::Buy,
        price,
        quantity,
        rlusd: Rlusd::of(quantity, price),
        mid: Price::new(142, 2).unwrap(),
        ledger: 7,
    };
    let incident = Incident {
        id: 1,
        severity: Severity::Warning,
        source: Source::Backup,
        title: "Backup failed".to_owned(),
        tried: "to copy the store".to_owned(),
        happened: "no space left on device".to_owned(),
        means: String::new(),
        done: String::new(),
        you_can: "free 20 MB".to_owned(),
        retry: None,
    };
    SessionDetail {
        row: row(),
        totals: Some(Totals::default()),
        fills: vec![(at, fill)],
        incidents: vec![(at, incident)],
        ..SessionDetail::default()
    }
}

const TEXT: Form = Form::Text(Colour::Off);

fn printed(print: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> String {
    let mut out = vec![];
    print(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_list_has_a_line_a_session() {
    insta::assert_snapshot!(printed(|out| print_list(out, &[open(), row()], TEXT)), @r"
    session  started               lasted  status  halt reason    mode   fills  incidents    profit  label
         40  2026-11-22 13:00:00        –  OPEN    –              paper      0          0         –
         39  2026-11-22 12:39:17  0:12:46  CLOSED  operator_quit  paper     14          0  0.421316  evening
    ");
}

#[test]
fn an_empty_list_says_so_and_is_an_empty_array_in_json() {
    assert_eq!(printed(|out| print_list(out, &[], TEXT)), "There are no sessions.\n");
    assert_eq!(printed(|out| print_list(out, &[], Form::Json)), "[]\n");
}

#[test]
fn one_session_is_its_receipt_its_fills_and_its_incidents() {
    insta::assert_snapshot!(printed(|out| print_detail(out, &detail(), "paper.db", TEXT)), @r"
    Session 39 (evening) closed.
      ended by    the operator (q)                    2026-11-22 12:52:03 UTC
      lasted      0:12:46, of which quoting 0:00:00   since 2026-11-22 12:39:17
      inventory   XRP – → –                           RLUSD – → –
      value       – → – RLUSD                         residual –
      profit      0 RLUSD                             spread 0  inventory 0  fees 0
      fills       0 (0 bought, 0 sold)
      orders      0 intended, 0 cancelled
                  all proven gone, nothing of ours rests
      incidents   Backup failed
      database    paper.db

    filled               order  side       XRP    price   mid  spread bps
    2026-11-22 12:40:00   39-1  BUY   5.000000  1.41862  1.42         9.7

    2026-11-22 12:40:00  Backup failed
      tried     to copy the store
      happened  no space left on device
      you can   free 20 MB
    ");
}

#[test]
fn an_open_session_says_that_it_is() {
    let detail = SessionDetail { row: open(), ..SessionDetail::default() };
    assert_eq!(
        printed(|out| print_detail(out, &detail, "paper.db", TEXT)),
        "Session 40 is OPEN: it began 2026-11-22 13:00:00 UTC and runs now, or the next `neo run` recovers it.\n"
    );
}

#[test]
fn json_has_the_names_of_the_table_and_money_as_text() {
    let text = printed(|out| print_detail(out, &detail(), "paper.db", Form::Json));
    let document: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(document["session"]["halt_detail"], json!([]));
    assert_eq!(document["session"]["profit"], "0.421316");
    assert_eq!(document["fills"][0]["fill"]["quantity"], "5.000000");
    assert_eq!(document["receipt"]["reason"], "operator_quit");
}
