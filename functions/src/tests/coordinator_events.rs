//! What the coordinator's function and the watch are started with.

use messages::{CoordinatorBody, CoordinatorMessage, Disposition, RequestBody, queue_name};
use order::definition::ORDER_FULFILLMENT;

use super::{ARNS, Bench, deliveries, every_payload_is_tried, text};
use crate::OrderIntake;

/// A payload, how many of its messages are parked, and how many come again. The execution that they name does not exist, which is no reason to have
/// them again.
const CASES: &[(&str, usize, usize)] = &[
    ("coordinator/answer.json", 0, 0),
    ("coordinator/hint.json", 0, 0),
    ("coordinator/wake.json", 0, 0),
    ("coordinator/redelivery.json", 0, 0),
    ("coordinator/batch-with-one-bad-message.json", 1, 0),
    ("coordinator/poison.json", 2, 0),
    ("coordinator/newer-format.json", 0, 1),
];

#[tokio::test]
async fn what_can_be_read_is_done_and_what_cannot_is_parked_and_what_is_newer_comes_again() {
    for (path, parked, again) in CASES {
        let bench = Bench::new();
        let dispositions = bench.coordinator().handle(&deliveries(path)).await;
        let given_back = dispositions.iter().filter(|disposition| **disposition != Disposition::Done).count();
        assert_eq!((bench.reasons().len(), given_back), (*parked, *again), "{path}: {:?}", bench.reasons());
    }
    every_payload_is_tried("coordinator", CASES.iter().map(|case| case.0).chain(["coordinator/dead-letter.json"]));
}

#[tokio::test]
async fn a_dead_letter_is_answered_as_unknown() {
    let bench = Bench::new().with_machines().await;
    OrderIntake::new(bench.coordinator(), ARNS, ORDER_FULFILLMENT).handle(&deliveries("start/first-delivery.json")).await;
    let request = RequestBody::decode(&bench.queued("tasks-order")[0].body).unwrap();
    let mut dead = deliveries("coordinator/dead-letter.json");
    dead[0].body = request.encode();
    let coordinator = bench.coordinator();
    assert_eq!(coordinator.answer_dead_letters(&dead).await, [Disposition::Done]);
    let arn = format!("{}order-fulfillment:ord-2001", ARNS.replace(":stateMachine:", ":execution:"));
    assert_eq!(coordinator.describe(&arn).await.unwrap().revision, 2);
}

#[tokio::test]
async fn what_is_due_is_woken_each_minute() {
    serde_json::from_str::<serde_json::Value>(&text("watch/each-minute.json")).unwrap();
    every_payload_is_tried("watch", ["watch/each-minute.json"]);
    let bench = Bench::new().with_machines().await;
    OrderIntake::new(bench.coordinator(), ARNS, ORDER_FULFILLMENT).handle(&deliveries("start/first-delivery.json")).await;
    let hints = bench.queued(queue_name::HINTS).len();
    let report = bench.coordinator().watch().await.unwrap();
    assert_eq!((report.due, report.woken), (1, 1));
    let woken = bench.queued(queue_name::HINTS);
    assert_eq!(woken.len(), hints + 1);
    let wakes = woken.iter().filter_map(|message| CoordinatorBody::decode(&message.body).ok());
    assert!(wakes.into_iter().any(|body| body.message == CoordinatorMessage::wake()));
}
