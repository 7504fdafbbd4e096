//! One past session: its summary as on the receipt, its incidents and its fills, scrolled together.
//!
//! ```text
//! ╭ Session 38 · CLOSED ──────────────────────────────────────────────────────────────────────────╮
//! │ ended by    the end of its duration              lasted 2:00:00, of which quoting 1:51:12     │
//! │ inventory   XRP 100.000000 → 104.203117          RLUSD 140.000000 → 133.871204                │
//! │ profit      +0.4212   spread +0.3120  inventory +0.1093  fees −0.0001                         │
//! │                                                                                               │
//! │ Fills, newest first                                                                           │
//! │ 12:41:07  39-11   sell  1.42214   7.390000 …                                                  │
//! ╰───────────────────────────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::style::Style;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::frame::dialog;
use crate::console::ui::theme::Theme;
use crate::console::ui::widget::table::{self, Column, Written, numbers, words};
use crate::console::ui::{fills, format, history};
use crate::domain::aim::Aim;
use crate::domain::fact::Totals;
use crate::domain::inventory::Inventory;
use crate::domain::money::Value;
use crate::domain::order::OrderId;
use crate::domain::pnl::Holding;
use crate::domain::session::SessionId;
use crate::store::rows::{AdoptedDetail, AdoptedFill, SessionDetail};

const WIDTH: u16 = 132;
const TEXT_AT: u16 = 12;

/// A name, what there is to say, and how it looks.
type Line = (&'static str, String, Style);

/// What stands in one row below the summary.
enum Row {
    Empty,
    Heading(&'static str),
    Incident(usize),
    Happened(usize),
    Fills,
}

/// Draws the overlay, scrolled by `scroll` lines.
pub fn draw(session: SessionId, detail: Option<&SessionDetail>, scroll: usize, aim: &Aim, canvas: &mut Canvas<'_>) {
    let Some(detail) = detail else {
        let mut canvas = canvas.middle(44, 3);
        let mut canvas = dialog(&mut canvas, &format!("Session {session}"));
        let style = canvas.theme().dim;
        canvas.put(0, 0, "reading its facts…", style);
        return;
    };
    let theme = canvas.theme();
    let summary = summary(detail, theme);
    let rows = rows(detail);
    // The last of `rows` is the table of fills: its heads, and a line a fill.
    let total = summary.len() + rows.len() + fill_count(detail);
    let height = u16::try_from(total.saturating_add(2)).unwrap_or(u16::MAX).min(canvas.height());
    let scroll = scroll.min(total.saturating_sub(usize::from(height.saturating_sub(2))));
    let more = if total > usize::from(height.saturating_sub(2)) { ", j k scroll" } else { "" };
    let status = if detail.row.has_no_known_end() { "no end known" } else { &detail.row.status };
    let title = format!("Session {session} · {status} · Esc closes{more}");
    let mut canvas = canvas.middle(WIDTH, height);
    let mut canvas = dialog(&mut canvas, &title);
    for (y, index) in (0..canvas.height()).zip(scroll..total) {
        match index.checked_sub(summary.len()) {
            None => line(&summary[index], y, &mut canvas),
            Some(below) => match rows.get(below.min(rows.len() - 1)) {
                Some(Row::Heading(text)) => {
                    canvas.put(0, y, text, theme.title);
                }
                Some(Row::Incident(n)) => incident(detail, *n, y, &mut canvas),
                Some(Row::Happened(n)) => happened(detail, *n, y, aim, &mut canvas),
                Some(Row::Fills) => {
                    let skipped = below - (rows.len() - 1);
                    let (width, height) = (canvas.width(), canvas.height());
                    table_of_fills(detail, skipped, &mut canvas.part(0, y, width, height - y));
                    return;
                }
                Some(Row::Empty) | None => {}
            },
        }
    }
}

fn line((name, text, style): &Line, y: u16, canvas: &mut Canvas<'_>) {
    let (theme, room) = (canvas.theme(), canvas.width().saturating_sub(TEXT_AT));
    canvas.put(0, y, name, theme.dim);
    canvas.put_within(TEXT_AT, y, room, text, *style);
}

fn rows(detail: &SessionDetail) -> Vec<Row> {
    let mut rows = Vec::new();
    if !detail.incidents.is_empty() {
        rows.extend([Row::Empty, Row::Heading("Incidents")]);
        rows.extend((0..detail.incidents.len()).flat_map(|n| [Row::Incident(n), Row::Happened(n)]));
    }
    rows.extend([Row::Empty, Row::Heading("Fills, newest first"), Row::Fills]);
    rows
}

fn incident(detail: &SessionDetail, n: usize, y: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let (at, incident) = &detail.incidents[n];
    let x = canvas.put(1, y, &format::clock(*at), theme.dim) + 2;
    let room = canvas.width().saturating_sub(x);
    canvas.put_within(x, y, room, &format!("▲ {} ({})", incident.title, incident.severity.as_str()), theme.warn);
}

fn happened(detail: &SessionDetail, n: usize, y: u16, aim: &Aim, canvas: &mut Canvas<'_>) {
    let (theme, room) = (canvas.theme(), canvas.width().saturating_sub(13));
    let (_, incident) = &detail.incidents[n];
    canvas.put_within(13, y, room, &aim.aimed(&format!("{}; {}", incident.happened, incident.means)), theme.text);
}

/// The fills from the `skipped`th line of their table on; line 0 is its heads.
fn table_of_fills(detail: &SessionDetail, skipped: usize, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme();
    let left = fill_count(detail).saturating_sub(skipped);
    if fill_count(detail) == 0 {
        canvas.put(1, 0, "none", theme.dim);
        return;
    }
    if let Some(adopted) = &detail.adopted {
        return table::draw(canvas, &ADOPTED_COLUMNS, left, None, |row, column| {
            adopted_cell(&adopted.fills[left - 1 - row], column, theme)
        });
    }
    let fills = &detail.fills;
    table::draw(canvas, &fills::COLUMNS, left, None, |row, column| {
        let (at, fill) = &fills[left - 1 - row];
        fills::cell(*at, fill, column, theme)
    });
}

/// What the earlier engine kept of a fill.
const ADOPTED_COLUMNS: [Column; 6] = [
    words("time", 8, 0),
    words("order", 12, 0),
    words("side", 4, 0),
    numbers("price", 10, 0),
    numbers("quantity", 12, 0),
    numbers("mid", 10, 1),
];

fn adopted_cell(fill: &AdoptedFill, column: usize, theme: &Theme) -> Written {
    match column {
        0 => (fill.at.parse().map_or_else(|_| format::UNKNOWN.to_owned(), format::clock), theme.dim),
        1 => (fill.order.clone(), theme.text),
        2 => (fill.side.to_lowercase(), theme.text),
        3 => (fill.price.clone(), theme.text),
        4 => (fill.quantity.clone(), theme.text),
        _ => (fill.mid.clone().unwrap_or_else(|| format::UNKNOWN.to_owned()), theme.dim),
    }
}

fn fill_count(detail: &SessionDetail) -> usize {
    detail.adopted.as_ref().map_or(detail.fills.len(), |adopted| adopted.fills.len())
}

fn summary(detail: &SessionDetail, theme: &Theme) -> Vec<Line> {
    let row = &detail.row;
    let mut lines = vec![
        ("started", format!("{} UTC", format::day_and_time(&row.started_at)), theme.text),
        ("ended", ended(detail), history::status_style(&row.status, theme)),
        ("because", because(detail), theme.text),
    ];
    match &detail.totals {
        Some(totals) => lines.extend(came_to(totals, theme)),
        None => match &detail.adopted {
            Some(adopted) => lines.extend(of_earlier_engine(detail, adopted, theme)),
            None => lines.push(("came to", "not known: it is still open".to_owned(), theme.dim)),
        },
    }
    if detail.totals.is_some() {
        lines.push(residual(detail.residual, theme));
        lines.push(proof(detail, theme));
    }
    lines.extend(
        detail.failures.iter().map(|failure| ("failed", format!("✗ {}: {}", failure.phase, failure.why), theme.bad)),
    );
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| format::UNKNOWN.to_owned());
    let (config, build, host) = (known(&row.config_hash), known(&row.build), known(&row.host));
    let made_by = format!("{} on {}, config {config}, build {build}, host {host}", row.mode, row.venue);
    lines.push(("made by", made_by, theme.dim));
    lines
}

/// What the rows say that were taken over: the earlier engine kept no facts, so nothing is computed.
fn of_earlier_engine(detail: &SessionDetail, adopted: &AdoptedDetail, theme: &Theme) -> Vec<Line> {
    let row = &detail.row;
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| format::UNKNOWN.to_owned());
    let from_to = |start, end| format!("{} → {}", known(start), known(end));
    let (xrp, rlusd) = (from_to(&row.starting_xrp, &row.ending_xrp), from_to(&row.starting_rlusd, &row.ending_rlusd));
    let orders = format!("{}, {} cancelled; {} fills", adopted.orders, adopted.cancelled, adopted.fills.len());
    let mut lines = vec![
        ("origin", format!("the earlier engine, adopted from {}", adopted.source), theme.text),
        ("evidence", known(&row.ended_at_evidence), theme.text),
        ("inventory", format!("XRP {xrp}   RLUSD {rlusd}"), theme.text),
        ("orders", orders, theme.text),
    ];
    if !adopted.unproven.is_empty() {
        lines.push(("proof", format!("✗ not proven gone: {}", adopted.unproven.join(", ")), theme.bad));
    }
    lines
}

fn ended(detail: &SessionDetail) -> String {
    let row = &detail.row;
    let Some(at) = &row.ended_at else {
        return if row.is_adopted() { "no end known" } else { "not yet" }.to_owned();
    };
    let source = row.ended_at_source.as_deref().unwrap_or(format::UNKNOWN);
    let quoting = detail.totals.as_ref().map(|totals| std::time::Duration::from_millis(totals.quoting_ms));
    let quoting = quoting.map_or_else(String::new, |quoting| format!(", of which quoting {}", format::lasted(quoting)));
    format!("{} UTC ({source}), lasted {}{quoting}", format::day_and_time(at), history::lasted(row))
}

fn because(detail: &SessionDetail) -> String {
    let causes = detail.causes.iter().map(|cause| match cause.detail.as_str() {
        "" => cause.reason.in_words().to_owned(),
        detail => format!("{} ({detail})", cause.reason.in_words()),
    });
    let causes: Vec<String> = causes.collect();
    if causes.is_empty() {
        return detail.row.halt_reason.clone().unwrap_or_else(|| format::UNKNOWN.to_owned());
    }
    causes.join(", then ")
}

fn came_to(totals: &Totals, theme: &Theme) -> [Line; 5] {
    let split = &totals.split;
    let part = |part: Value| format::change(part.to_decimal(), 4);
    let from_to = |of: fn(&Holding) -> String| {
        let text = |holding: &Option<Holding>| holding.as_ref().map_or_else(|| format::UNKNOWN.to_owned(), of);
        format!("{} → {}", text(&totals.starting), text(&totals.ending))
    };
    let xrp = from_to(|holding| format::xrp(holding.xrp));
    let rlusd = from_to(|holding| format::rounded(holding.rlusd.to_decimal(), 6));
    let value = from_to(|holding| format::rounded(holding.value.to_decimal(), 2));
    let (spread, inventory, fees) = (part(split.spread), part(split.inventory), part(-split.fees));
    let bought_and_sold = format!("{} bought, {} sold", totals.bought, totals.sold);
    let earned = format::bps(split.spread.bps_of(totals.notional));
    [
        ("inventory", format!("XRP {xrp}   RLUSD {rlusd}"), theme.text),
        (
            "value",
            format!("{value} RLUSD, capital moved {}", format::change(totals.capital.to_decimal(), 2)),
            theme.text,
        ),
        (
            "profit",
            format!("{}   spread {spread}   inventory {inventory}   fees {fees}", part(split.profit())),
            fills_style(split.profit(), theme),
        ),
        (
            "fills",
            format!(
                "{bought_and_sold}, {earned} bps of spread on {} RLUSD",
                format::rounded(totals.notional.to_decimal(), 2)
            ),
            theme.text,
        ),
        ("orders", format!("{}, {} cancelled", totals.orders, totals.cancelled), theme.text),
    ]
}

fn fills_style(profit: Value, theme: &Theme) -> Style {
    crate::console::ui::live::gain_style(profit, theme)
}

fn residual(residual: Option<Inventory>, theme: &Theme) -> Line {
    match residual {
        None => ("residual", format!("{} (the venue did not say)", format::UNKNOWN), theme.dim),
        Some(residual) if residual == Inventory::default() => {
            ("residual", "0 XRP, 0 RLUSD: books and venue agree".to_owned(), theme.good)
        }
        Some(residual) => {
            let (xrp, rlusd) = (format::exact(residual.xrp.to_decimal()), format::exact(residual.rlusd.to_decimal()));
            ("residual", format!("✗ {xrp} XRP, {rlusd} RLUSD"), theme.bad)
        }
    }
}

fn proof(detail: &SessionDetail, theme: &Theme) -> Line {
    let named = |orders: &[OrderId]| orders.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (detail.unproven.as_slice(), detail.venue_ended.as_slice()) {
        ([], []) => ("proof", "every order is proven gone".to_owned(), theme.good),
        ([], ended) => ("proof", format!("{} ended with the venue", named(ended)), theme.text),
        (unproven, _) => ("proof", format!("✗ not proven gone: {}", named(unproven)), theme.bad),
    }
}
