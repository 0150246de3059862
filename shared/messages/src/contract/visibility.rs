//! What becomes of a message that was received: deleted, given back, forgotten, received too often.

use std::time::Duration;

use super::{Check, QueueBench, bodies, check, delete, receive, receive_now, send_all, send_bodies};
use crate::queue_limits::VISIBILITY_SECONDS;
use crate::{Delivery, GiveBack, Outgoing, QueueError, QueueSettings};

pub(super) const CHECKS: &[Check] = &[
    check!(a_message_in_flight_does_not_come_to_another_receiver),
    check!(a_message_that_is_not_deleted_comes_again),
    check!(a_deleted_message_does_not_come_again),
    check!(deleting_what_is_gone_succeeds),
    check!(an_expired_receipt_still_deletes),
    check!(a_receipt_of_an_earlier_delivery_deletes_nothing),
    check!(a_message_given_back_comes_again_at_once),
    check!(a_message_given_back_with_a_delay_comes_after_it),
    check!(giving_back_replaces_what_was_left_of_the_timeout),
    check!(a_delay_of_more_than_12_hours_is_refused),
    check!(what_is_no_longer_in_flight_cannot_be_given_back),
    check!(a_message_received_too_often_goes_to_the_dead_letters),
];

const TIMEOUT: Duration = Duration::from_secs(2);

/// A standard queue with one message, and its first delivery.
async fn received_once(bench: &dyn QueueBench) -> (String, Delivery) {
    let queue = bench.make(QueueSettings::standard().with_visibility_timeout(TIMEOUT)).await;
    send_bodies(bench, &queue, &["a"]).await;
    let delivery = receive(bench, &queue, 1).await.remove(0);
    (queue, delivery)
}

async fn give_back(bench: &dyn QueueBench, queue: &str, delivery: &Delivery, delay: Duration) -> Result<(), QueueError> {
    bench.source().give_back(queue, &GiveBack { receipt: delivery.receipt.clone(), delay }).await
}

async fn a_message_in_flight_does_not_come_to_another_receiver(bench: &dyn QueueBench) {
    let (queue, _) = received_once(bench).await;
    assert_eq!(receive_now(bench, &queue).await, []);
}

async fn a_message_that_is_not_deleted_comes_again(bench: &dyn QueueBench) {
    let (queue, first) = received_once(bench).await;
    bench.pass(TIMEOUT).await;
    let again = receive(bench, &queue, 1).await.remove(0);
    assert_eq!((again.id, again.receive_count), (first.id, 2));
    assert_ne!(again.receipt, first.receipt);
}

async fn a_deleted_message_does_not_come_again(bench: &dyn QueueBench) {
    let (queue, delivery) = received_once(bench).await;
    delete(bench, &queue, &[delivery]).await;
    bench.pass(TIMEOUT).await;
    assert_eq!(receive_now(bench, &queue).await, []);
}

async fn deleting_what_is_gone_succeeds(bench: &dyn QueueBench) {
    let (queue, delivery) = received_once(bench).await;
    delete(bench, &queue, &[delivery.clone(), delivery]).await;
}

async fn an_expired_receipt_still_deletes(bench: &dyn QueueBench) {
    let (queue, delivery) = received_once(bench).await;
    bench.pass(TIMEOUT).await;
    delete(bench, &queue, &[delivery]).await;
    assert_eq!(receive_now(bench, &queue).await, []);
}

async fn a_receipt_of_an_earlier_delivery_deletes_nothing(bench: &dyn QueueBench) {
    let (queue, first) = received_once(bench).await;
    bench.pass(TIMEOUT).await;
    receive(bench, &queue, 1).await;
    delete(bench, &queue, &[first]).await;
    bench.pass(TIMEOUT).await;
    assert_eq!(receive(bench, &queue, 1).await[0].receive_count, 3);
}

async fn a_message_given_back_comes_again_at_once(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard().with_visibility_timeout(Duration::from_secs(600))).await;
    send_bodies(bench, &queue, &["a"]).await;
    let delivery = receive(bench, &queue, 1).await.remove(0);
    give_back(bench, &queue, &delivery, Duration::ZERO).await.expect("it is in flight");
    assert_eq!(receive(bench, &queue, 1).await[0].receive_count, 2);
}

async fn a_message_given_back_with_a_delay_comes_after_it(bench: &dyn QueueBench) {
    let (queue, delivery) = received_once(bench).await;
    give_back(bench, &queue, &delivery, TIMEOUT + Duration::from_secs(2)).await.expect("it is in flight");
    bench.pass(TIMEOUT).await;
    assert_eq!(receive_now(bench, &queue).await, []);
    bench.pass(Duration::from_secs(2)).await;
    assert_eq!(receive(bench, &queue, 1).await[0].receive_count, 2);
}

async fn giving_back_replaces_what_was_left_of_the_timeout(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard().with_visibility_timeout(Duration::from_secs(600))).await;
    send_bodies(bench, &queue, &["a"]).await;
    let delivery = receive(bench, &queue, 1).await.remove(0);
    give_back(bench, &queue, &delivery, Duration::from_secs(60)).await.expect("it is in flight");
    give_back(bench, &queue, &delivery, Duration::from_secs(1)).await.expect("it is in flight still");
    bench.pass(Duration::from_secs(1)).await;
    receive(bench, &queue, 1).await;
}

async fn a_delay_of_more_than_12_hours_is_refused(bench: &dyn QueueBench) {
    let (queue, delivery) = received_once(bench).await;
    let answer = give_back(bench, &queue, &delivery, Duration::from_secs(VISIBILITY_SECONDS + 1)).await;
    assert!(matches!(answer, Err(QueueError::Refused { .. })), "{answer:?}");
}

async fn what_is_no_longer_in_flight_cannot_be_given_back(bench: &dyn QueueBench) {
    let (queue, delivery) = received_once(bench).await;
    bench.pass(TIMEOUT).await;
    let answer = give_back(bench, &queue, &delivery, Duration::ZERO).await;
    assert!(matches!(answer, Err(QueueError::Refused { .. })), "{answer:?}");
}

async fn a_message_received_too_often_goes_to_the_dead_letters(bench: &dyn QueueBench) {
    let dead_letters = bench.make(QueueSettings::standard()).await;
    let settings = QueueSettings::standard().with_visibility_timeout(TIMEOUT).with_redrive(dead_letters.clone(), 2);
    let queue = bench.make(settings).await;
    let mut message = Outgoing::standard("a");
    message.attributes.insert("name".to_owned(), "value".to_owned());
    send_all(bench, &queue, &[message]).await;
    for receive_count in 1..=2 {
        let delivery = receive(bench, &queue, 1).await.remove(0);
        assert_eq!(delivery.receive_count, receive_count);
        give_back(bench, &queue, &delivery, Duration::ZERO).await.expect("it is in flight");
    }
    assert_eq!(receive_now(bench, &queue).await, []);
    let dead = receive(bench, &dead_letters, 1).await;
    assert_eq!(bodies(&dead), ["a"]);
    assert_eq!(dead[0].attributes["name"], "value");
}
