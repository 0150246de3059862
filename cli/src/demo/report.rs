//! What a run came to: trees and tables for people, one JSON object for programs.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use coordinator::Description;
use interpreter::{ExecutionStatus, HistoryEvent, HistoryEventKind, Parked};
use order::Effects;
use order::scenario::{Expectation, Scenario};
use serde_json::{Value, json};

use super::{Books, Played};
use crate::terminal::{Style, Terminal};
use crate::tree;

/// `{"executions", "refused", "effects", "balanced"}`, as the README describes it.
pub(crate) fn json(played: &[Played], books: &Books) -> Value {
    let executions = played.iter().filter_map(|played| match played {
        Played::Ended { description, events, .. } => Some(execution(description, events)),
        Played::Refused { .. } => None,
    });
    let refused = played.iter().filter_map(|played| match played {
        Played::Refused { scenario, reason } => Some(json!({ "file": scenario.file, "reason": reason })),
        Played::Ended { .. } => None,
    });
    json!({
        "executions": executions.collect::<Vec<_>>(),
        "refused": refused.collect::<Vec<_>>(),
        "effects": books.effects,
        "balanced": books.findings.is_empty(),
    })
}

fn execution(description: &Description, events: &[HistoryEvent]) -> Value {
    json!({
        "name": description.identity.name,
        "status": description.status.as_str(),
        "error": description.failure.as_ref().map(|failure| &failure.error),
        "compensated": compensated(events),
        "owed": owed(description),
        "parked": description.parked,
    })
}

/// The states that were undone, in that order.
fn compensated(events: &[HistoryEvent]) -> Vec<&str> {
    let states = events.iter().filter_map(|event| match &event.kind {
        HistoryEventKind::CompensationSucceeded { state } => Some(state.as_str()),
        _ => None,
    });
    states.collect()
}

/// The states that are still owed, in the order of the program.
fn owed(description: &Description) -> Vec<&str> {
    if description.status == ExecutionStatus::Succeeded {
        return Vec::new();
    }
    description.owed.iter().map(|owed| owed.state.as_str()).collect()
}

/// Trees, effects and the verdict.
pub(crate) fn text(played: &[Played], books: &Books, terminal: &Terminal) -> String {
    let mut text = String::new();
    for played in played {
        match played {
            Played::Refused { scenario, reason } => refused(&mut text, scenario, reason, terminal),
            Played::Ended { scenario, description, events } => ended(&mut text, scenario, description, events, terminal),
        }
    }
    effects(&mut text, &books.effects, terminal);
    verdict(&mut text, played, books, terminal);
    text
}

fn refused(text: &mut String, scenario: &Scenario, reason: &str, terminal: &Terminal) {
    let _ = writeln!(text, "{} {}  refused", terminal.paint(Style::Yellow, "⊘"), terminal.paint(Style::Bold, &scenario.file));
    shows(text, scenario, terminal);
    let _ = writeln!(text, "    {reason}\n");
}

fn ended(text: &mut String, scenario: &Scenario, description: &Description, events: &[HistoryEvent], terminal: &Terminal) {
    let (symbol, style) = match (description.status, description.parked) {
        (_, Some(_)) => ("⏸", Style::Yellow),
        (ExecutionStatus::Succeeded, None) => ("✓", Style::Green),
        _ => ("✗", Style::Red),
    };
    let took = description.closed_at.and_then(|closed_at| tree::time(closed_at.since(description.started_at)));
    let name = terminal.paint(Style::Bold, &description.identity.name);
    let status = terminal.paint(style, description.status.as_str());
    let _ = writeln!(
        text,
        "{} {name}  {status}  {}",
        terminal.paint(style, symbol),
        terminal.paint(Style::Dim, &took.unwrap_or_default())
    );
    shows(text, scenario, terminal);
    text.push_str(&tree::draw(&tree::build(events), terminal, "    "));
    if let Some(failure) = &description.failure {
        let cause = failure.cause.as_deref().unwrap_or_default();
        let _ = writeln!(text, "    {} {cause}", terminal.paint(Style::Red, &failure.error));
    }
    if let Some(parked) = description.parked {
        let _ = writeln!(text, "    {}", terminal.paint(Style::Yellow, &parked_line(parked, description)));
    }
    if let Some(other) = unexpected(scenario, description, events) {
        let _ = writeln!(text, "    {} {other}", terminal.paint(Style::Yellow, "otherwise than its scenario says:"));
    }
    text.push('\n');
}

fn shows(text: &mut String, scenario: &Scenario, terminal: &Terminal) {
    if !scenario.shows.is_empty() {
        let _ = writeln!(text, "  {}", terminal.paint(Style::Dim, &format!("{}: {}", scenario.file, scenario.shows)));
    }
}

fn parked_line(parked: Parked, description: &Description) -> String {
    match parked {
        Parked::Unwinding => format!("parked while unwinding; still owed: {}", owed(description).join(", ")),
        Parked::Forward => "parked past the pivot; a redrive goes on where it stands".to_owned(),
    }
}

/// How an execution ended otherwise than its scenario says: no mistake where a run was interrupted, since a customer may then cancel later.
fn unexpected(scenario: &Scenario, description: &Description, events: &[HistoryEvent]) -> Option<String> {
    let Expectation::Ended(expected) = &scenario.expect else { return Some("it was not refused".to_owned()) };
    let mut other = Vec::new();
    let error = description.failure.as_ref().map(|failure| failure.error.as_str());
    if expected.status != description.status {
        other.push(format!("{} instead of {}", description.status.as_str(), expected.status.as_str()));
    }
    if expected.error.is_some() && expected.error.as_deref() != error {
        other.push(format!("error {error:?} instead of {:?}", expected.error));
    }
    if expected.compensated != compensated(events) {
        other.push(format!("undone {:?} instead of {:?}", compensated(events), expected.compensated));
    }
    if expected.owed != owed(description) && expected.status != ExecutionStatus::Succeeded {
        other.push(format!("owed {:?} instead of {:?}", owed(description), expected.owed));
    }
    if expected.parked != description.parked {
        other.push(format!("parked {:?} instead of {:?}", description.parked, expected.parked));
    }
    (!other.is_empty()).then(|| other.join("; "))
}

fn effects(text: &mut String, effects: &Effects, terminal: &Terminal) {
    let heading = |text: &mut String, title: &str| {
        let _ = writeln!(text, "{}", terminal.paint(Style::Bold, title));
    };
    heading(text, "Stock");
    let rows = effects.stock.iter().map(|stock| {
        vec![
            stock.sku.clone(),
            stock.initial.to_string(),
            stock.available.to_string(),
            stock.reserved.to_string(),
            stock.sold.to_string(),
        ]
    });
    text.push_str(&table(&["SKU", "stocked", "available", "reserved", "sold"], rows.collect()));
    heading(text, "Orders");
    text.push_str(&table(&["order", "reservation", "charge", "shipment", "notified"], orders(effects)));
}

/// A row per order that left anything behind.
fn orders(effects: &Effects) -> Vec<Vec<String>> {
    let mut names: Vec<&str> = effects.reservations.iter().map(|found| found.order_id.as_str()).collect();
    names.extend(effects.charges.iter().map(|found| found.order_id.as_str()));
    names.extend(effects.shipments.iter().map(|found| found.order_id.as_str()));
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| row(name, effects)).collect()
}

fn row(name: &str, effects: &Effects) -> Vec<String> {
    let reservation = effects.reservations.iter().find(|found| found.order_id == name);
    let reservation = reservation.map(|found| serde_json::to_value(found.state).unwrap_or_default());
    let charge = effects.charges.iter().find(|found| found.order_id == name);
    let charge = charge.map(|found| if found.refunded { format!("{} refunded", found.amount) } else { found.amount.to_string() });
    let shipment = effects.shipments.iter().find(|found| found.order_id == name);
    let shipment = shipment.map(|found| if found.cancelled { "cancelled".to_owned() } else { found.tracking_number.clone() });
    let notified: Vec<&str> =
        effects.notifications.iter().filter(|sent| sent.order_id == name).map(|sent| sent.channel.as_str()).collect();
    vec![
        name.to_owned(),
        reservation.and_then(|state| state.as_str().map(ToOwned::to_owned)).unwrap_or_default(),
        charge.unwrap_or_default(),
        shipment.unwrap_or_default(),
        notified.join(", "),
    ]
}

fn table(columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.to_vec());
    table.add_rows(rows);
    format!("{table}\n\n")
}

fn verdict(text: &mut String, played: &[Played], books: &Books, terminal: &Terminal) {
    let count = |wanted: fn(&Played) -> bool| played.iter().filter(|played| wanted(played)).count();
    let succeeded =
        count(|played| matches!(played, Played::Ended { description, .. } if description.status == ExecutionStatus::Succeeded));
    let parked = count(|played| matches!(played, Played::Ended { description, .. } if description.parked.is_some()));
    let refused = count(|played| matches!(played, Played::Refused { .. }));
    let undone = played.len() - succeeded - parked - refused;
    let _ = writeln!(text, "{succeeded} fulfilled, {undone} undone, {parked} parked, {refused} refused");
    if books.findings.is_empty() {
        let _ = writeln!(text, "{} the books balance", terminal.paint(Style::Green, "✓"));
        return;
    }
    let _ = writeln!(text, "{} the books do not balance:", terminal.paint(Style::Red, "✗"));
    for finding in &books.findings {
        let _ = writeln!(text, "  {finding}");
    }
}
