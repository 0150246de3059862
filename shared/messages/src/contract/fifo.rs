//! What a FIFO queue promises besides: the order of each group, and each deduplication id once.

use std::time::Duration;

use super::{Check, QueueBench, bodies, check, delete, receive, receive_now, send, send_all};
use crate::{Delivery, GiveBack, Outgoing, QueueError, QueueSettings, SendFailure};

pub(super) const CHECKS: &[Check] = &[
    check!(a_group_comes_in_its_order_up_to_ten_at_once),
    check!(a_group_waits_while_one_of_it_is_in_flight),
    check!(another_group_does_not_wait),
    check!(a_group_waits_for_all_that_were_received_together),
    check!(a_message_given_back_comes_before_those_behind_it),
    check!(a_group_goes_on_after_the_visibility_timeout),
    check!(a_deduplication_id_counts_once),
    check!(a_deduplication_id_counts_once_even_after_its_message_is_deleted),
    check!(a_fifo_queue_needs_group_and_deduplication_id_and_has_no_delay),
    check!(an_expired_receipt_is_refused_on_a_fifo_queue),
    check!(a_group_goes_on_when_its_first_message_goes_to_the_dead_letters),
];

const TIMEOUT: Duration = Duration::from_secs(2);

/// Sends messages `group` + number, in order.
async fn send_group(bench: &dyn QueueBench, queue: &str, group: &str, numbers: std::ops::Range<u32>) {
    let message = |number: u32| {
        let name = format!("{group}{number}");
        Outgoing::fifo(name.clone(), group, name)
    };
    send_all(bench, queue, &numbers.map(message).collect::<Vec<_>>()).await;
}

async fn fifo(bench: &dyn QueueBench) -> String {
    bench.make(QueueSettings::fifo().with_visibility_timeout(Duration::from_secs(600))).await
}

async fn give_back_now(bench: &dyn QueueBench, queue: &str, delivery: &Delivery) {
    let give_back = GiveBack { receipt: delivery.receipt.clone(), delay: Duration::ZERO };
    bench.source().give_back(queue, &give_back).await.expect("it is in flight");
}

async fn a_group_comes_in_its_order_up_to_ten_at_once(bench: &dyn QueueBench) {
    let queue = fifo(bench).await;
    send_group(bench, &queue, "a", 0..12).await;
    let mut came = Vec::new();
    while came.len() < 12 {
        let batch = bench.source().receive(&queue, 10, super::WAIT).await.expect("the queue exists");
        assert!(!batch.is_empty());
        delete(bench, &queue, &batch).await;
        came.extend(batch);
    }
    let expected: Vec<String> = (0..12).map(|number| format!("a{number}")).collect();
    assert_eq!(bodies(&came), expected);
}

async fn a_group_waits_while_one_of_it_is_in_flight(bench: &dyn QueueBench) {
    let queue = fifo(bench).await;
    send_group(bench, &queue, "a", 0..2).await;
    let first = bench.source().receive(&queue, 1, super::WAIT).await.expect("the queue exists");
    assert_eq!(bodies(&first), ["a0"]);
    assert_eq!(receive_now(bench, &queue).await, []);
    delete(bench, &queue, &first).await;
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["a1"]);
}

async fn another_group_does_not_wait(bench: &dyn QueueBench) {
    let queue = fifo(bench).await;
    send_group(bench, &queue, "a", 0..2).await;
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["a0"]);
    send_group(bench, &queue, "b", 0..1).await;
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["b0"]);
}

async fn a_group_waits_for_all_that_were_received_together(bench: &dyn QueueBench) {
    let queue = fifo(bench).await;
    send_group(bench, &queue, "a", 0..2).await;
    let both = bench.source().receive(&queue, 10, super::WAIT).await.expect("the queue exists");
    assert_eq!(bodies(&both), ["a0", "a1"]);
    send_group(bench, &queue, "a", 2..3).await;
    delete(bench, &queue, &both[..1]).await;
    assert_eq!(receive_now(bench, &queue).await, []);
    delete(bench, &queue, &both[1..]).await;
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["a2"]);
}

async fn a_message_given_back_comes_before_those_behind_it(bench: &dyn QueueBench) {
    let queue = fifo(bench).await;
    send_group(bench, &queue, "a", 0..3).await;
    let first = bench.source().receive(&queue, 1, super::WAIT).await.expect("the queue exists").remove(0);
    give_back_now(bench, &queue, &first).await;
    assert_eq!(bodies(&receive(bench, &queue, 3).await), ["a0", "a1", "a2"]);
}

async fn a_group_goes_on_after_the_visibility_timeout(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::fifo().with_visibility_timeout(TIMEOUT)).await;
    send_group(bench, &queue, "a", 0..2).await;
    assert_eq!(bodies(&bench.source().receive(&queue, 1, super::WAIT).await.expect("the queue exists")), ["a0"]);
    bench.pass(TIMEOUT).await;
    assert_eq!(bodies(&receive(bench, &queue, 2).await), ["a0", "a1"]);
}

async fn a_deduplication_id_counts_once(bench: &dyn QueueBench) {
    let queue = fifo(bench).await;
    let messages =
        [Outgoing::fifo("first", "a", "same"), Outgoing::fifo("second", "a", "same"), Outgoing::fifo("third", "a", "other")];
    send_all(bench, &queue, &messages).await;
    assert_eq!(bodies(&receive(bench, &queue, 2).await), ["first", "third"]);
}

async fn a_deduplication_id_counts_once_even_after_its_message_is_deleted(bench: &dyn QueueBench) {
    let queue = fifo(bench).await;
    send_group(bench, &queue, "a", 0..1).await;
    let first = receive(bench, &queue, 1).await;
    delete(bench, &queue, &first).await;
    send_group(bench, &queue, "a", 0..1).await;
    assert_eq!(receive_now(bench, &queue).await, []);
}

async fn a_fifo_queue_needs_group_and_deduplication_id_and_has_no_delay(bench: &dyn QueueBench) {
    let queue = fifo(bench).await;
    let valid = Outgoing::fifo("a", "a", "a");
    let messages = [
        Outgoing { group: None, ..valid.clone() },
        Outgoing { deduplication: None, ..valid.clone() },
        Outgoing { delay: Duration::from_secs(1), ..valid.clone() },
        Outgoing { group: Some("g".repeat(129)), ..valid.clone() },
        Outgoing { deduplication: Some(String::new()), ..valid.clone() },
        valid,
    ];
    let answers = send(bench, &queue, &messages).await;
    let refused = |answer: &Result<(), SendFailure>| matches!(answer, Err(SendFailure::Permanent(_)));
    assert!(answers[..5].iter().all(refused) && answers[5].is_ok(), "{answers:?}");
}

async fn an_expired_receipt_is_refused_on_a_fifo_queue(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::fifo().with_visibility_timeout(TIMEOUT)).await;
    send_group(bench, &queue, "a", 0..1).await;
    let delivery = receive(bench, &queue, 1).await.remove(0);
    bench.pass(TIMEOUT).await;
    let answer = bench.source().delete(&queue, &delivery.receipt).await;
    assert!(matches!(answer, Err(QueueError::Refused { .. })), "{answer:?}");
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["a0"]);
}

async fn a_group_goes_on_when_its_first_message_goes_to_the_dead_letters(bench: &dyn QueueBench) {
    let dead_letters = fifo(bench).await;
    let settings = QueueSettings::fifo().with_visibility_timeout(Duration::from_secs(600)).with_redrive(dead_letters.clone(), 1);
    let queue = bench.make(settings).await;
    send_group(bench, &queue, "a", 0..2).await;
    let first = bench.source().receive(&queue, 1, super::WAIT).await.expect("the queue exists").remove(0);
    give_back_now(bench, &queue, &first).await;
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["a1"]);
    assert_eq!(bodies(&receive(bench, &dead_letters, 1).await), ["a0"]);
}
