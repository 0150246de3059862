//! Many orders while functions are killed, messages come twice, and a queue is purged: every execution ends, and the balance is exact.

use std::time::{Duration, Instant};

use coordinator::Description;
use interpreter::ExecutionStatus;
use order::definition::ORDER_FULFILLMENT;
use serde_json::Value;

use crate::stack::Stack;

/// How long all orders together may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// How many of the executions that do not balance are told in full.
const TOLD: usize = 10;
/// Orders that nobody has to answer or to stop, in turn.
const KINDS: [&str; 10] = [
    "success.json",
    "payment-declined.json",
    "success.json",
    "carrier-refuses.json",
    "payment-transient.json",
    "out-of-stock.json",
    "notification-transient.json",
    "carrier-answer-lost.json",
    "refund-fails-once.json",
    "payment-answer-lost-once.json",
];

fn body(kind: &str, number: usize) -> (String, String) {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events/orders").join(kind);
    let mut order: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let name = format!("crowd-{number:04}");
    order["orderId"] = name.clone().into();
    (name, order.to_string())
}

fn crowd_size() -> usize {
    std::env::var("BACKSTEP_CROWD").ok().and_then(|count| count.parse().ok()).unwrap_or(500)
}

#[tokio::test]
async fn every_order_of_a_crowd_ends_and_the_balance_is_exact() {
    let stack = Stack::connect().await;
    let orders: Vec<(String, String)> = (0..crowd_size()).map(|number| body(KINDS[number % KINDS.len()], number)).collect();
    let began = Instant::now();
    for some in orders.chunks(10) {
        futures::future::join_all(some.iter().map(|(_, body)| stack.submit(ORDER_FULFILLMENT, body))).await;
    }
    println!("{} orders were submitted in {:.1} s", orders.len(), began.elapsed().as_secs_f32());
    let mut ended: Vec<Description> = Vec::new();
    let mut open: Vec<String> = orders.iter().map(|(name, _)| stack.execution_arn(ORDER_FULFILLMENT, name)).collect();
    while !open.is_empty() {
        assert!(began.elapsed() < PATIENCE, "{} of {} have not ended: {:?}", open.len(), orders.len(), open.first());
        stack.cloud.ports.clock.sleep(Duration::from_secs(2)).await;
        let mut still = Vec::new();
        for some in open.chunks(16) {
            let looks = futures::future::join_all(some.iter().map(|arn| stack.look(arn))).await;
            for (arn, look) in some.iter().zip(looks) {
                match look.filter(|description| description.status != ExecutionStatus::Running) {
                    Some(description) => ended.push(description),
                    None => still.push(arn.clone()),
                }
            }
        }
        open = still;
        println!("{:.0} s: {} ended", began.elapsed().as_secs_f32(), ended.len());
    }
    let mut findings = stack.findings(&ended).await;
    // Nothing here is given up while its outcome is unknown: durations are longer than what was lost takes to come again. So nobody is owed anything.
    let parked = ended.iter().filter(|description| description.parked.is_some());
    findings.extend(parked.map(|description| format!("`{}` is parked", description.identity.name)));
    let unbalanced = |description: &&Description| findings.iter().any(|finding| finding.contains(&description.identity.name));
    for description in ended.iter().filter(unbalanced).take(TOLD) {
        println!("{}", stack.told(description).await);
    }
    assert_eq!(findings, Vec::<String>::new());
    let succeeded = ended.iter().filter(|description| description.status == ExecutionStatus::Succeeded).count();
    println!("{} orders ended in {:.0} s, {succeeded} succeeded, balanced", ended.len(), began.elapsed().as_secs_f32());
}
