//! What becomes of the messages of a batch, and where they are sent anew.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clock::ManualClock;
use futures::FutureExt;
use messages::{MemoryQueue, Peeked, QueueSettings};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Queues in memory, by the names that URLs and ARNs end in.
fn queues() -> (Arc<MemoryQueue>, Queues<MemoryQueue>) {
    let (_, memory, queues) = clocked_queues();
    (memory, queues)
}

/// The same with their clock.
fn clocked_queues() -> (Arc<ManualClock>, Arc<MemoryQueue>, Queues<MemoryQueue>) {
    let clock = Arc::new(ManualClock::at_millis(NOW.millis()));
    let memory = MemoryQueue::new(clock.clone());
    let memory = ["hints", "parking", "tasks-inventory"]
        .into_iter()
        .fold(memory, |memory, queue| memory.with_queue(queue, QueueSettings::standard()))
        .with_queue("answers", QueueSettings::fifo())
        .with_queue("orders-dead-letters", QueueSettings::standard())
        .with_queue("orders", QueueSettings::standard().with_redrive("orders-dead-letters", RECEIVES));
    let memory = Arc::new(memory);
    let url = |queue: &str| format!("https://sqs.us-east-1.amazonaws.com/000000000000/backstep-test-{queue}");
    let mut urls: BTreeMap<String, String> =
        ["hints", "parking", "tasks-inventory", "orders"].into_iter().map(|queue| (queue.to_owned(), url(queue))).collect();
    urls.insert("answers".to_owned(), url("answers.fifo"));
    (clock, Arc::clone(&memory), Queues::new(&urls, memory))
}

fn event(path: &str) -> SqsEvent {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events").join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn received(path: &str, receives: u32) -> SqsEvent {
    let mut event = event(path);
    for record in &mut event.records {
        record.attributes.insert(RECEIVE_COUNT.to_owned(), receives.to_string());
    }
    event
}

/// The messages that come again of a batch whose messages come to this.
async fn failures(event: SqsEvent, dispositions: &[Disposition]) -> (Vec<String>, Arc<MemoryQueue>) {
    let (memory, queues) = queues();
    let answer = queues.settled(event, NOW, |_| async { dispositions.to_vec() }).await.unwrap();
    (answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect(), memory)
}

fn peeked(memory: &MemoryQueue, queue: &str) -> Vec<Peeked> {
    memory.peek(queue, 10)
}

const LATER: Disposition = Disposition::GiveBack { delay: Duration::from_secs(7) };

#[tokio::test]
async fn what_comes_again_is_named_by_its_id_and_what_is_done_is_not() {
    let batch = || event("inventory/batch-with-one-bad-message.json");
    let ids: Vec<String> = batch().records.iter().map(|record| record.message_id.clone().unwrap()).collect();
    let check = async |dispositions: &[Disposition], expected: &[usize]| {
        let expected: Vec<String> = expected.iter().map(|place| ids[*place].clone()).collect();
        assert_eq!(failures(batch(), dispositions).await.0, expected, "{dispositions:?}");
    };
    check(&[Disposition::Done; 3], &[]).await;
    check(&[Disposition::Done, LATER, Disposition::Done], &[1]).await;
    check(&[LATER; 3], &[0, 1, 2]).await;
    // A message that nothing was said about is not acknowledged.
    check(&[Disposition::Done], &[1, 2]).await;
}

#[tokio::test]
async fn a_batch_says_where_it_is_from_what_it_holds_and_how_long_there_is() {
    let (_, queues) = queues();
    let handle = |batch: Batch| async move {
        assert_eq!((batch.queue.as_str(), batch.deadline), ("answers", NOW));
        assert_eq!(batch.deliveries[0].receive_count, 1);
        assert!(batch.deliveries[0].body.contains("bs1."), "{:?}", batch.deliveries);
        vec![Disposition::Done]
    };
    queues.settled(event("coordinator/answer.json"), NOW, handle).await.unwrap();
    let mut foreign = event("coordinator/wake.json");
    foreign.records[0].event_source_arn = Some("arn:aws:sqs:x:1:other".to_owned());
    let refused = queues.settled(foreign, NOW, |_| async { vec![Disposition::Done] }).await;
    assert!(refused.unwrap_err().to_string().contains("`arn:aws:sqs:x:1:other`"));
}

#[tokio::test]
async fn attributes_of_a_message_are_delivered() {
    let deliveries = deliveries(event("start/other-machine.json")).unwrap();
    assert_eq!(deliveries[0].attributes, BTreeMap::from([("machine".to_owned(), "order-fulfillment-labelled".to_owned())]));
}

#[tokio::test]
async fn a_message_without_an_id_fails_its_batch() {
    let mut unnamed = event("coordinator/wake.json");
    unnamed.records[0].message_id = Some(String::new());
    assert!(deliveries(unnamed).is_err());
}

#[tokio::test]
async fn what_a_living_function_gives_back_is_sent_anew_before_it_is_a_dead_letter() {
    let check = async |path: &str, receives: u32, to: &str, sent: usize| {
        let (failures, memory) = failures(received(path, receives), &[LATER]).await;
        assert_eq!((failures.len(), peeked(&memory, to).len()), (1 - sent, sent), "{path} {receives}");
    };
    check("inventory/first-delivery.json", SENT_ANEW_FROM - 1, "tasks-inventory", 0).await;
    check("inventory/first-delivery.json", SENT_ANEW_FROM, "tasks-inventory", 1).await;
    check("start/first-delivery.json", SENT_ANEW_FROM, "orders", 1).await;
    check("coordinator/wake.json", SENT_ANEW_FROM, "hints", 1).await;
    // A FIFO queue delays no message, and would have its group wait.
    check("coordinator/answer.json", SENT_ANEW_FROM, "hints", 1).await;
}

#[tokio::test]
async fn what_is_sent_anew_says_so_and_is_otherwise_the_same() {
    let sent = async |path: &str, queue: &str| {
        let (_, memory) = failures(received(path, SENT_ANEW_FROM), &[LATER]).await;
        peeked(&memory, queue).remove(0).body
    };
    let body = |path: &str| event(path).records.remove(0).body.unwrap();
    let resent = body("coordinator/answer.json").replace("\"resent\":0", "\"resent\":1");
    assert_eq!(sent("coordinator/answer.json", "hints").await, resent);
    // What only a newer release reads keeps what this one does not know.
    let newer = body("coordinator/newer-format.json").replace('}', "") + "},\"resent\":1}";
    assert_eq!(sent("coordinator/newer-format.json", "hints").await, newer);
    let request = body("inventory/first-delivery.json");
    assert_eq!(sent("inventory/first-delivery.json", "tasks-inventory").await, request);
}

/// An event of what a queue delivers now.
fn event_of(queue: &str, deliveries: &[Delivery]) -> SqsEvent {
    let record = |delivery: &Delivery| {
        serde_json::json!({
            "messageId": delivery.id, "receiptHandle": delivery.receipt.0, "body": delivery.body,
            "attributes": { RECEIVE_COUNT: delivery.receive_count.to_string() }, "messageAttributes": {},
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:000000000000:backstep-test-{queue}"), "awsRegion": "us-east-1"
        })
    };
    serde_json::from_value(serde_json::json!({ "Records": deliveries.iter().map(record).collect::<Vec<_>>() })).unwrap()
}

/// Has an invocation handle what the orders' queue delivers, as Lambda does: it dies when it comes to a message that says so, and what is done is deleted
/// if it lives. Answers the bodies that came.
async fn invoked(memory: &MemoryQueue, queues: &Queues<MemoryQueue>) -> Vec<Delivery> {
    let delivered = memory.receive("orders", 10, Duration::ZERO).await.unwrap();
    if delivered.is_empty() {
        return delivered;
    }
    let dies = |batch: Batch| async move {
        if batch.deliveries.iter().any(|delivery| delivery.body == "kills") {
            std::future::pending::<()>().await;
        }
        vec![Disposition::Done; batch.deliveries.len()]
    };
    let lived = queues.settled(event_of("orders", &delivered), NOW, dies).now_or_never();
    if let Some(answer) = lived {
        assert_eq!(answer.unwrap().batch_item_failures, []);
        for delivery in &delivered {
            memory.delete("orders", &delivery.receipt).await.unwrap();
        }
    }
    delivered
}

/// Receives after which the template's queues give up on a message.
const RECEIVES: u32 = 2 * SENT_ANEW_FROM;

// Fails if a batch is handled together however often it came: the nine others would become dead letters with the one that kills.
#[tokio::test]
async fn what_kills_its_invocation_takes_nobody_with_it_to_the_dead_letters() {
    for place in 0..10 {
        let (clock, memory, queues) = clocked_queues();
        let bodies = (0..10).map(|number| if number == place { "kills".to_owned() } else { format!("order {number}") });
        let messages: Vec<Outgoing> = bodies.map(Outgoing::standard).collect();
        assert!(memory.send("orders", &messages).await.unwrap().iter().all(Result::is_ok));
        for _ in 0..=RECEIVES {
            invoked(&memory, &queues).await;
            clock.advance(QueueSettings::standard().visibility_timeout);
        }
        assert_eq!(memory.depths("orders").unwrap().total(), 0);
        let dead: Vec<String> = peeked(&memory, "orders-dead-letters").into_iter().map(|message| message.body).collect();
        assert_eq!(dead, ["kills"], "at place {place}");
    }
}

// Fails if an ordinary batch is taken apart: that costs a request for each message, and the folding of an execution's answers.
#[tokio::test]
async fn a_batch_is_taken_apart_only_when_it_came_several_times() {
    let check = async |receives: u32, batches: usize| {
        let (_, queues) = queues();
        let calls = std::cell::Cell::new(0);
        let handle = |batch: Batch| {
            calls.set(calls.get() + 1);
            async move { vec![Disposition::Done; batch.deliveries.len()] }
        };
        queues.settled(received("inventory/batch-with-one-bad-message.json", receives), NOW, handle).await.unwrap();
        assert_eq!(calls.get(), batches, "after {receives} receives");
    };
    check(1, 1).await;
    check(ALONE_FROM - 1, 1).await;
    check(ALONE_FROM, 3).await;
}
