//! How a name becomes a URL.

use std::collections::BTreeMap;

use messages::{MessageQueue, Outgoing, QueueError};

use super::queues_at;
use super::service::{Plan, Service};
use crate::{Naming, QueueAddresses, SqsQueues};

async fn send(queues: &SqsQueues, queue: &str) -> Result<(), QueueError> {
    let message = if queue == "answers" { Outgoing::fifo("body", "group", "id") } else { Outgoing::standard("body") };
    queues.send(queue, &[message]).await.map(|answers| assert_eq!(answers, [Ok(())]))
}

/// The operations that were asked for, each with what it named.
fn asked(service: &Service) -> Vec<String> {
    let named = |(operation, body): (String, serde_json::Value)| {
        let name = body["QueueName"].as_str().or(body["QueueUrl"].as_str());
        format!("{operation} {}", name.expect("each request names its queue"))
    };
    service.bodies().into_iter().map(named).collect()
}

#[tokio::test]
async fn a_listed_queue_is_at_its_url_and_another_is_refused_without_asking() {
    let service = Service::start().await;
    let urls = BTreeMap::from([("hints".to_owned(), "https://sqs.test/1/Stack-Hints-ABC".to_owned())]);
    let queues = queues_at(&service, QueueAddresses::Listed(urls));
    assert_eq!(send(&queues, "hints").await, Ok(()));
    let answer = send(&queues, "payment").await;
    assert!(matches!(&answer, Err(QueueError::Refused { queue, .. }) if queue == "payment"), "{answer:?}");
    assert_eq!(asked(&service), ["SendMessageBatch https://sqs.test/1/Stack-Hints-ABC"]);
}

#[tokio::test]
async fn the_url_of_a_located_queue_is_made_of_its_name() {
    for account_url in ["https://sqs.test/1", "https://sqs.test/1/"] {
        let service = Service::start().await;
        let located = QueueAddresses::Located { account_url: account_url.to_owned(), naming: Naming::new("orders-") };
        let queues = queues_at(&service, located);
        assert_eq!(send(&queues, "answers").await, Ok(()));
        assert_eq!(asked(&service), ["SendMessageBatch https://sqs.test/1/orders-answers.fifo"]);
    }
}

#[tokio::test]
async fn a_named_queue_is_asked_for_once() {
    let service = Service::start().await;
    let queues = queues_at(&service, QueueAddresses::Named(Naming::new("orders-")));
    for _ in 0..2 {
        assert_eq!(send(&queues, "answers").await, Ok(()));
    }
    assert_eq!(send(&queues.clone(), "answers").await, Ok(()));
    assert_eq!(send(&queues, "hints").await, Ok(()));
    let (answers, hints) = ("https://sqs.test/1/orders-answers.fifo", "https://sqs.test/1/orders-hints");
    let expected = [
        "GetQueueUrl orders-answers.fifo".to_owned(),
        format!("SendMessageBatch {answers}"),
        format!("SendMessageBatch {answers}"),
        format!("SendMessageBatch {answers}"),
        "GetQueueUrl orders-hints".to_owned(),
        format!("SendMessageBatch {hints}"),
    ];
    assert_eq!(asked(&service), expected);
}

#[tokio::test]
async fn a_name_that_was_not_found_is_asked_for_again() {
    let service = Service::start().await;
    let queues = queues_at(&service, QueueAddresses::Named(Naming::new("orders-")));
    service.plan([Plan::error(400, "AWS.SimpleQueueService.NonExistentQueue"), Plan::error(403, "ExpiredToken")]);
    assert!(matches!(send(&queues, "hints").await, Err(QueueError::Refused { .. })));
    assert!(matches!(send(&queues, "hints").await, Err(QueueError::Unavailable { .. })));
    assert_eq!(send(&queues, "hints").await, Ok(()));
}
