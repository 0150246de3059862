//! What the workers' functions are started with.

use std::collections::BTreeSet;

use aws_lambda_events::event::sqs::SqsEvent;
use messages::{Disposition, queue_name};
use order::inventory::{available, stock};

use super::{Bench, deliveries, every_payload_is_tried, routes, text};
use crate::{InventoryEvent, order_workers};

/// A payload, and what must come of it: answers that were sent, messages that were parked, messages that come again.
type Case = (&'static str, usize, usize, usize);

const INVENTORY: &[Case] = &[
    ("inventory/first-delivery.json", 1, 0, 0),
    ("inventory/redelivery.json", 1, 0, 0),
    ("inventory/compensation.json", 1, 0, 0),
    ("inventory/batch-with-one-bad-message.json", 1, 2, 0),
    ("inventory/poison.json", 0, 1, 0),
    ("inventory/newer-format.json", 0, 0, 1),
];
const PAYMENT: &[Case] = &[
    ("payment/first-delivery.json", 1, 0, 0),
    ("payment/redelivery.json", 1, 0, 0),
    ("payment/declined.json", 1, 0, 0),
    ("payment/compensation.json", 1, 0, 0),
    ("payment/poison.json", 0, 1, 0),
];
const SHIPPING: &[Case] =
    &[("shipping/first-delivery.json", 1, 0, 0), ("shipping/redelivery.json", 1, 0, 0), ("shipping/poison.json", 0, 1, 0)];
const NOTIFICATION: &[Case] = &[
    ("notification/first-delivery.json", 1, 0, 0),
    ("notification/redelivery.json", 1, 0, 0),
    ("notification/batch.json", 3, 0, 0),
    ("notification/poison.json", 0, 1, 0),
];
const REVIEW: &[Case] = &[
    ("review/validate-order.json", 1, 0, 0),
    ("review/invalid-order.json", 1, 0, 0),
    // That the token was handed out is answered; the task itself is by whoever has it.
    ("review/request-review.json", 1, 0, 0),
    ("review/redelivery.json", 1, 0, 0),
    ("review/poison.json", 0, 1, 0),
];

async fn check(queues: &[&str], cases: &[Case]) {
    for (path, answers, parked, again) in cases {
        let bench = Bench::new();
        stock(&*bench.ports.ledger, "MUG-BLUE", 10, bench.ports.now()).await.unwrap();
        let serving = order_workers(&bench.ports, &routes(), queues);
        let dispositions = serving.invoke(deliveries(path), None).await;
        let given_back = dispositions.iter().filter(|disposition| **disposition != Disposition::Done).count();
        let queued = (bench.queued(queue_name::ANSWERS).len(), bench.reasons().len());
        assert_eq!((queued, given_back), ((*answers, *parked), *again), "{path}: {dispositions:?} {:?}", bench.reasons());
    }
}

#[tokio::test]
async fn each_event_of_a_worker_comes_to_its_answers() {
    check(&["tasks-inventory"], INVENTORY).await;
    check(&["tasks-payment"], PAYMENT).await;
    check(&["tasks-shipping"], SHIPPING).await;
    check(&["tasks-notification"], NOTIFICATION).await;
    check(&["tasks-order", "tasks-review"], REVIEW).await;
}

#[test]
fn no_event_of_a_worker_is_left_out() {
    let own = ["inventory/stock.json", "inventory/expire-reservations.json"];
    every_payload_is_tried("inventory", INVENTORY.iter().map(|case| case.0).chain(own));
    every_payload_is_tried("payment", PAYMENT.iter().map(|case| case.0));
    every_payload_is_tried("shipping", SHIPPING.iter().map(|case| case.0));
    every_payload_is_tried("notification", NOTIFICATION.iter().map(|case| case.0));
    every_payload_is_tried("review", REVIEW.iter().map(|case| case.0));
}

#[tokio::test]
async fn a_redelivered_reservation_is_made_once() {
    let bench = Bench::new();
    let (ledger, now) = (&*bench.ports.ledger, bench.ports.now());
    let stocked: InventoryEvent = serde_json::from_str(&text("inventory/stock.json")).unwrap();
    stocked.perform(ledger, now).await.unwrap();
    let serving = order_workers(&bench.ports, &routes(), &["tasks-inventory"]);
    for path in ["inventory/first-delivery.json", "inventory/redelivery.json"] {
        assert_eq!(serving.invoke(deliveries(path), None).await, [Disposition::Done]);
        assert_eq!(available(ledger, "MUG-BLUE", now).await.unwrap(), 998);
    }
    serving.invoke(deliveries("inventory/compensation.json"), None).await;
    assert_eq!(available(ledger, "MUG-BLUE", now).await.unwrap(), 1_000);
}

#[tokio::test]
async fn stocking_twice_stocks_once_and_what_is_held_too_long_returns() {
    let bench = Bench::new();
    let (ledger, now) = (&*bench.ports.ledger, bench.ports.now());
    let stocked: InventoryEvent = serde_json::from_str(&text("inventory/stock.json")).unwrap();
    let first = stocked.perform(ledger, now).await.unwrap();
    assert_eq!(first["stocked"].as_array().unwrap().len(), 7);
    assert_eq!(stocked.perform(ledger, now).await.unwrap()["stocked"].as_array().unwrap().len(), 0);
    order_workers(&bench.ports, &routes(), &["tasks-inventory"]).invoke(deliveries("inventory/first-delivery.json"), None).await;
    let expire: InventoryEvent = serde_json::from_str(&text("inventory/expire-reservations.json")).unwrap();
    assert_eq!(expire.perform(ledger, now.plus_seconds(599)).await.unwrap()["expired"], 0);
    assert_eq!(expire.perform(ledger, now.plus_seconds(601)).await.unwrap()["expired"], 1);
    assert_eq!(available(ledger, "MUG-BLUE", now).await.unwrap(), 1_000);
}

#[test]
fn the_functions_own_events_are_no_batches() {
    for path in ["inventory/stock.json", "inventory/expire-reservations.json"] {
        assert!(serde_json::from_str::<SqsEvent>(&text(path)).is_err(), "{path}");
    }
    let batches: BTreeSet<bool> =
        INVENTORY.iter().map(|case| serde_json::from_str::<InventoryEvent>(&text(case.0)).is_err()).collect();
    assert_eq!(batches, BTreeSet::from([true]));
}
