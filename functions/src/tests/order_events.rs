//! What the function that starts executions is started with.

use messages::Disposition;
use order::definition::ORDER_FULFILLMENT;

use super::{ARNS, Bench, deliveries, every_payload_is_tried};
use crate::OrderIntake;

/// A payload, the executions that it starts, and what the reasons of parked orders say.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

const START: &[Case] = &[
    ("start/first-delivery.json", &["order-fulfillment:ord-2001"], &[]),
    ("start/redelivery.json", &["order-fulfillment:ord-2001"], &[]),
    ("start/other-machine.json", &["order-fulfillment-labelled:ord-2002"], &[]),
    (
        "start/batch-with-one-bad-message.json",
        &["order-fulfillment:ord-2003", "order-fulfillment:ord-2005"],
        &["the order is malformed"],
    ),
    ("start/poison.json", &[], &["the order is malformed", "there is no state machine `no-such-machine`"]),
];

async fn intake(bench: &Bench, path: &str) -> Vec<Disposition> {
    OrderIntake::new(bench.coordinator(), ARNS, ORDER_FULFILLMENT).handle(&deliveries(path)).await
}

#[tokio::test]
async fn each_order_starts_its_execution_or_is_parked_with_its_reason() {
    for (path, executions, reasons) in START {
        let bench = Bench::new().with_machines().await;
        let dispositions = intake(&bench, path).await;
        assert!(dispositions.iter().all(|disposition| *disposition == Disposition::Done), "{path}: {dispositions:?}");
        for execution in *executions {
            let arn = format!("{}{execution}", ARNS.replace(":stateMachine:", ":execution:"));
            assert!(bench.coordinator().describe(&arn).await.is_ok(), "{path}: {arn}");
        }
        assert_eq!(bench.queued("tasks-order").len(), executions.len(), "{path}");
        let found = bench.reasons();
        assert_eq!(found.len(), reasons.len(), "{path}: {found:?}");
        for reason in *reasons {
            assert!(found.iter().any(|found| found.contains(reason)), "{path}: {found:?}");
        }
    }
    every_payload_is_tried("start", START.iter().map(|case| case.0));
}

#[tokio::test]
async fn an_order_that_comes_twice_is_one_execution_and_one_with_other_content_is_parked() {
    let bench = Bench::new().with_machines().await;
    for _ in 0..2 {
        assert_eq!(intake(&bench, "start/first-delivery.json").await, [Disposition::Done]);
    }
    let mut other = deliveries("start/first-delivery.json");
    other[0].body = other[0].body.replace("\"quantity\":2", "\"quantity\":3").replace("\"totalMinor\":2999,", "");
    let dispositions = OrderIntake::new(bench.coordinator(), ARNS, ORDER_FULFILLMENT).handle(&other).await;
    assert_eq!(dispositions, [Disposition::Done]);
    assert_eq!(bench.reasons(), ["an order `ord-2001` with other content was submitted before"]);
}
