//! Whether what orders left behind is what their executions say: everything or nothing, and otherwise exactly what is named.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use interpreter::{ExecutionStatus, Parked};
use serde_json::Value;

use crate::effects::Effects;
use crate::inventory::ReservationState;
use crate::notification::{EMAIL, RECENT_ORDERS_CHANNEL, WAREHOUSE};

/// How the execution of an order stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its name: the order's id.
    pub name: String,
    /// Its status.
    pub status: ExecutionStatus,
    /// The states whose compensation is owed.
    pub owed: Vec<String>,
    /// Whether it is parked.
    pub parked: Option<Parked>,
    /// Its output, where it succeeded.
    pub output: Option<Value>,
}

/// What of an order still stands.
#[derive(Debug, Clone, Copy, Default)]
struct Left {
    reservation: Option<ReservationState>,
    /// By our ledger.
    charges: usize,
    /// By the processor's books.
    provider_charges: usize,
    /// By our items.
    shipments: usize,
    /// By the carrier's books.
    provider_labels: usize,
}

/// Effects of the order saga that a compensation undoes, as the balance speaks of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reservation,
    Charge,
    Shipment,
}

const KINDS: [Kind; 3] = [Kind::Reservation, Kind::Charge, Kind::Shipment];

impl Kind {
    /// What the action of a state of either definition leaves.
    fn of_state(state: &str) -> Option<Self> {
        match state {
            "ReserveInventory" => Some(Self::Reservation),
            "ChargePayment" | "CapturePayment" => Some(Self::Charge),
            "CreateShipment" | "BuyLabel" => Some(Self::Shipment),
            _ => None,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Reservation => "a reservation",
            Self::Charge => "a charge",
            Self::Shipment => "a shipment",
        }
    }

    /// Whether anything of this kind stands.
    fn stands(self, left: &Left) -> bool {
        match self {
            Self::Reservation => left.reservation.is_some_and(|state| !state.is_over()),
            Self::Charge => left.charges.max(left.provider_charges) > 0,
            Self::Shipment => left.shipments.max(left.provider_labels) > 0,
        }
    }

    /// Whether it stands as it does once the carrier has the order and the money is there.
    fn is_complete(self, left: &Left) -> bool {
        match self {
            Self::Reservation => left.reservation == Some(ReservationState::Shipped),
            Self::Charge => left.charges == 1,
            Self::Shipment => left.shipments == 1,
        }
    }
}

/// What does not balance, in words; empty if all does.
///
/// Executions that succeeded have reservation, charge, shipment and each notification that their output does not report as failed. Those that were
/// undone have none. Those parked while unwinding have exactly what they owe; those parked past the pivot everything up to it. The
/// providers' books agree with ours, no order is charged twice, and the stock is conserved.
pub fn balance(executions: &[Outcome], effects: &Effects) -> Vec<String> {
    let left = left_by_order(effects);
    let known: BTreeMap<&str, &Outcome> = executions.iter().map(|outcome| (outcome.name.as_str(), outcome)).collect();
    let mut findings: Vec<String> = Vec::new();
    for outcome in executions {
        let left = left.get(outcome.name.as_str()).copied().unwrap_or_default();
        findings.extend(of_execution(outcome, &left, effects));
    }
    for (order, left) in &left {
        if !known.contains_key(order) && KINDS.iter().any(|kind| kind.stands(left)) {
            findings.push(format!("`{order}` has no execution and has left something behind"));
        }
    }
    findings.extend(of_providers(&known, effects));
    findings.extend(of_stock(effects));
    findings
}

fn left_by_order(effects: &Effects) -> BTreeMap<&str, Left> {
    let mut left = BTreeMap::<&str, Left>::new();
    for found in &effects.reservations {
        left.entry(&found.order_id).or_default().reservation = Some(found.state);
    }
    for charge in effects.charges.iter().filter(|charge| !charge.refunded) {
        left.entry(&charge.order_id).or_default().charges += 1;
    }
    for charge in &effects.providers.charges {
        left.entry(&charge.order_id).or_default().provider_charges += 1;
    }
    for shipment in effects.shipments.iter().filter(|shipment| !shipment.cancelled) {
        left.entry(&shipment.order_id).or_default().shipments += 1;
    }
    for label in &effects.providers.labels {
        left.entry(&label.order_id).or_default().provider_labels += 1;
    }
    left
}

fn of_execution(outcome: &Outcome, left: &Left, effects: &Effects) -> Vec<String> {
    let name = &outcome.name;
    let mut findings = match (outcome.status, outcome.parked) {
        (ExecutionStatus::Running, _) => return vec![format!("`{name}` is still open")],
        (_, Some(Parked::Unwinding)) => of_unwinding(outcome, left),
        (_, Some(Parked::Forward)) => of_complete(name, "is parked past the pivot", left),
        (ExecutionStatus::Succeeded, None) => {
            let mut findings = of_complete(name, "succeeded", left);
            findings.extend(of_notifications(outcome, effects));
            findings
        }
        (ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted, None) => of_undone(name, left),
    };
    if outcome.parked != Some(Parked::Unwinding) && !outcome.owed.is_empty() {
        findings.push(format!("`{name}` owes {} and is not parked", outcome.owed.join(", ")));
    }
    let went_forward = outcome.status == ExecutionStatus::Succeeded || outcome.parked == Some(Parked::Forward);
    if !went_forward {
        let told = effects.notifications.iter().filter(|sent| &sent.order_id == name);
        findings.extend(told.map(|sent| format!("`{name}` was not shipped, and its {} notification went out", sent.channel)));
    }
    if left.provider_charges > 1 {
        findings.push(format!("`{name}` was charged {} times", left.provider_charges));
    }
    findings
}

fn of_complete(name: &str, how: &str, left: &Left) -> Vec<String> {
    let missing = KINDS.iter().filter(|kind| !kind.is_complete(left));
    missing.map(|kind| format!("`{name}` {how} without {} that stands", kind.noun())).collect()
}

fn of_undone(name: &str, left: &Left) -> Vec<String> {
    KINDS.iter().filter(|kind| kind.stands(left)).map(|kind| format!("`{name}` was undone and keeps {}", kind.noun())).collect()
}

fn of_unwinding(outcome: &Outcome, left: &Left) -> Vec<String> {
    let name = &outcome.name;
    let owed: Vec<Option<Kind>> = outcome.owed.iter().map(|state| Kind::of_state(state)).collect();
    let mut findings = Vec::new();
    if owed.is_empty() {
        findings.push(format!("`{name}` is parked while unwinding and owes nothing"));
    }
    for (state, _) in outcome.owed.iter().zip(&owed).filter(|(_, kind)| kind.is_none()) {
        findings.push(format!("`{name}` owes `{state}`, which leaves nothing to undo"));
    }
    for kind in KINDS {
        // A reservation that is owed may have expired meanwhile.
        let expired = kind == Kind::Reservation && left.reservation == Some(ReservationState::Expired);
        match (owed.contains(&Some(kind)), kind.stands(left)) {
            (true, false) if !expired => findings.push(format!("`{name}` owes {}, and there is none", kind.noun())),
            (false, true) => findings.push(format!("`{name}` keeps {} that it does not owe", kind.noun())),
            _ => {}
        }
    }
    findings
}

/// Each notification went out, or the output says that it did not.
fn of_notifications(outcome: &Outcome, effects: &Effects) -> Vec<String> {
    let name = &outcome.name;
    let reports = outcome.output.as_ref().and_then(|output| output.get("notifications")).and_then(Value::as_array);
    let failed = |channel: &str| {
        let is_it = |report: &&Value| report.get("channel").and_then(Value::as_str) == Some(channel);
        let report = reports.and_then(|reports| reports.iter().find(is_it));
        report.and_then(|report| report.get("status")).and_then(Value::as_str) == Some("failed")
    };
    [EMAIL, RECENT_ORDERS_CHANNEL, WAREHOUSE]
        .into_iter()
        .filter(|channel| !failed(channel) && !effects.notified(name, channel))
        .map(|channel| format!("`{name}` succeeded without its {channel} notification"))
        .collect()
}

/// The books of the providers against ours. Where an order still owes, an answer may never have come: then the provider alone knows.
fn of_providers(known: &BTreeMap<&str, &Outcome>, effects: &Effects) -> Vec<String> {
    let owes = |order: &str| known.get(order).is_some_and(|outcome| !outcome.owed.is_empty());
    let mut findings = Vec::new();
    for charge in effects.charges.iter().filter(|charge| !charge.refunded && !owes(&charge.order_id)) {
        let theirs = effects.providers.charges.iter().find(|theirs| theirs.key == charge.key);
        if theirs.is_none_or(|theirs| theirs.amount != charge.amount) {
            findings.push(format!("`{}` is charged {} by our ledger, not by the processor's", charge.order_id, charge.amount));
        }
    }
    for theirs in effects.providers.charges.iter().filter(|theirs| !owes(&theirs.order_id)) {
        if !effects.charges.iter().any(|charge| charge.key == theirs.key && !charge.refunded) {
            findings.push(format!("`{}` is charged {} by the processor's books, not by ours", theirs.order_id, theirs.amount));
        }
    }
    for shipment in effects.shipments.iter().filter(|shipment| !shipment.cancelled && !owes(&shipment.order_id)) {
        if !effects.providers.labels.iter().any(|label| label.key == shipment.key) {
            findings.push(format!("`{}` is shipped by our items, not by the carrier's books", shipment.order_id));
        }
    }
    for label in effects.providers.labels.iter().filter(|label| !owes(&label.order_id)) {
        if !effects.shipments.iter().any(|shipment| shipment.key == label.key && !shipment.cancelled) {
            findings.push(format!("`{}` is shipped by the carrier's books, not by our items", label.order_id));
        }
    }
    findings
}

fn of_stock(effects: &Effects) -> Vec<String> {
    let mut shipped = BTreeMap::<&str, i64>::new();
    let gone = effects.reservations.iter().filter(|found| found.state == ReservationState::Shipped);
    for (sku, quantity) in gone.flat_map(|found| &found.pieces) {
        *shipped.entry(sku).or_default() += i64::try_from(*quantity).unwrap_or(i64::MAX);
    }
    let mut findings = Vec::new();
    for stock in &effects.stock {
        let (sku, initial) = (&stock.sku, stock.initial);
        let found = stock.available + stock.reserved + stock.sold;
        if stock.available < 0 {
            findings.push(format!("`{sku}` is oversold: {} in stock", stock.available));
        }
        if found != initial {
            findings.push(format!("`{sku}`: {initial} were stocked, {found} are in stock, reserved or sold"));
        }
        let shipped = shipped.get(sku.as_str()).copied().unwrap_or(0);
        if shipped != stock.sold {
            findings.push(format!("`{sku}`: {} were sold, {shipped} were shipped", stock.sold));
        }
    }
    findings
}
