//! How a receive waits.

use std::time::Duration;

use super::{Check, QueueBench, bodies, check, receive, send_all, send_bodies};
use crate::queue_limits::{BATCH_MESSAGES, WAIT_SECONDS};
use crate::{Outgoing, QueueError, QueueSettings};

pub(super) const CHECKS: &[Check] = &[
    check!(a_wait_ends_with_the_first_message),
    check!(a_wait_without_a_message_ends_empty),
    check!(a_wait_ends_when_a_delay_does),
    check!(a_wait_ends_when_another_receiver_lets_a_message_go),
    check!(what_no_call_may_ask_for_is_refused),
];

async fn a_wait_ends_with_the_first_message(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let source = bench.source();
    let sending = async {
        bench.pass(Duration::from_secs(1)).await;
        send_bodies(bench, &queue, &["a"]).await;
    };
    let (received, ()) = futures::join!(source.receive(&queue, 10, Duration::from_secs(WAIT_SECONDS)), sending);
    assert_eq!(bodies(&received.expect("the queue exists")), ["a"]);
}

async fn a_wait_without_a_message_ends_empty(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let received = bench.source().receive(&queue, 10, Duration::from_secs(1)).await;
    assert_eq!(received, Ok(Vec::new()));
}

async fn a_wait_ends_when_a_delay_does(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    send_all(bench, &queue, &[Outgoing::delayed("a", Duration::from_secs(2))]).await;
    let received = bench.source().receive(&queue, 10, Duration::from_secs(WAIT_SECONDS)).await;
    assert_eq!(bodies(&received.expect("the queue exists")), ["a"]);
}

async fn a_wait_ends_when_another_receiver_lets_a_message_go(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard().with_visibility_timeout(Duration::from_secs(3))).await;
    let source = bench.source();
    let other = async {
        bench.pass(Duration::from_secs(1)).await;
        send_bodies(bench, &queue, &["a", "b"]).await;
        // Takes one of them, or both, and never says anything about them again.
        source.receive(&queue, 1, Duration::ZERO).await.expect("the queue exists");
    };
    let (_, ()) = futures::join!(source.receive(&queue, 1, Duration::from_secs(WAIT_SECONDS)), other);
    receive(bench, &queue, 2).await;
}

async fn what_no_call_may_ask_for_is_refused(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    for (most, wait_seconds) in [(0, 0), (BATCH_MESSAGES + 1, 0), (1, WAIT_SECONDS + 1)] {
        let answer = bench.source().receive(&queue, most, Duration::from_secs(wait_seconds)).await;
        assert!(matches!(answer, Err(QueueError::Refused { .. })), "{most} {wait_seconds}: {answer:?}");
    }
}
