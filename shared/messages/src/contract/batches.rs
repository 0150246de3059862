//! What a call that sends takes, and what it says of each message.

use super::{Check, QueueBench, bodies, check, receive, send, send_all, sorted_bodies};
use crate::queue_limits::{BATCH_BYTES, BATCH_MESSAGES, MESSAGE_ATTRIBUTES, MESSAGE_BYTES};
use crate::{Outgoing, QueueError, QueueSettings, SendFailure};

pub(super) const CHECKS: &[Check] = &[
    check!(an_empty_batch_is_answered),
    check!(each_message_of_a_batch_is_answered_for_itself),
    check!(a_message_at_the_limit_is_taken),
    check!(a_message_over_the_limit_is_refused_and_the_others_are_sent),
    check!(a_batch_of_ten_is_taken_and_one_of_eleven_is_refused_whole),
    check!(a_batch_over_its_limit_is_refused_whole),
    check!(a_queue_that_does_not_exist_is_refused),
    check!(characters_that_no_message_may_have_are_refused),
    check!(attributes_are_limited),
];

async fn an_empty_batch_is_answered(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    assert_eq!(send(bench, &queue, &[]).await, []);
}

async fn each_message_of_a_batch_is_answered_for_itself(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let answers = send(bench, &queue, &["a", "", "b"].map(Outgoing::standard)).await;
    assert!(matches!(answers.as_slice(), [Ok(()), Err(SendFailure::Permanent(_)), Ok(())]), "{answers:?}");
    assert_eq!(sorted_bodies(&receive(bench, &queue, 2).await), ["a", "b"]);
}

async fn a_message_at_the_limit_is_taken(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    send_all(bench, &queue, &[Outgoing::standard("x".repeat(MESSAGE_BYTES))]).await;
    let received = receive(bench, &queue, 1).await;
    assert_eq!(received[0].body.len(), MESSAGE_BYTES);
}

async fn a_message_over_the_limit_is_refused_and_the_others_are_sent(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let too_large = Outgoing::standard("x".repeat(MESSAGE_BYTES + 1));
    let answers = send(bench, &queue, &[too_large, Outgoing::standard("small")]).await;
    assert!(matches!(answers.as_slice(), [Err(SendFailure::Permanent(_)), Ok(())]), "{answers:?}");
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["small"]);

    let mut by_its_attributes = Outgoing::standard("x".repeat(MESSAGE_BYTES - 10));
    by_its_attributes.attributes.insert("reason".to_owned(), "long enough".to_owned());
    let answers = send(bench, &queue, &[by_its_attributes]).await;
    assert!(matches!(answers.as_slice(), [Err(SendFailure::Permanent(_))]), "{answers:?}");
}

async fn a_batch_of_ten_is_taken_and_one_of_eleven_is_refused_whole(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let eleven: Vec<Outgoing> = (0..=BATCH_MESSAGES).map(|number| Outgoing::standard(format!("{number}"))).collect();
    let answer = bench.queue().send(&queue, &eleven).await;
    assert!(matches!(answer, Err(QueueError::Refused { .. })), "{answer:?}");
    assert_eq!(super::receive_now(bench, &queue).await, []);
    send_all(bench, &queue, &eleven[..BATCH_MESSAGES]).await;
    receive(bench, &queue, BATCH_MESSAGES).await;
}

async fn a_batch_over_its_limit_is_refused_whole(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let half = Outgoing::standard("x".repeat(BATCH_BYTES / 2));
    let answer = bench.queue().send(&queue, &[half.clone(), half.clone(), Outgoing::standard("x")]).await;
    assert!(matches!(answer, Err(QueueError::Refused { .. })), "{answer:?}");
    assert_eq!(super::receive_now(bench, &queue).await, []);
    send_all(bench, &queue, &[half.clone(), half]).await;
}

async fn a_queue_that_does_not_exist_is_refused(bench: &dyn QueueBench) {
    let sent = bench.queue().send("no-such-queue", &[Outgoing::standard("a")]).await;
    assert!(matches!(sent, Err(QueueError::Refused { .. })), "{sent:?}");
    let received = bench.source().receive("no-such-queue", 1, std::time::Duration::ZERO).await;
    assert!(matches!(received, Err(QueueError::Refused { .. })), "{received:?}");
}

async fn characters_that_no_message_may_have_are_refused(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let answers = send(bench, &queue, &["a\u{0}", "b\u{ffff}", "c\u{1f600}\t\r\n\u{fffd}"].map(Outgoing::standard)).await;
    assert!(
        matches!(answers.as_slice(), [Err(SendFailure::Permanent(_)), Err(SendFailure::Permanent(_)), Ok(())]),
        "{answers:?}"
    );
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["c\u{1f600}\t\r\n\u{fffd}"]);
}

async fn attributes_are_limited(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let with_attributes = |count: usize, value: &str| {
        let mut message = Outgoing::standard("a");
        message.attributes.extend((0..count).map(|number| (format!("name-{number}"), value.to_owned())));
        message
    };
    let messages =
        [with_attributes(MESSAGE_ATTRIBUTES, "value"), with_attributes(MESSAGE_ATTRIBUTES + 1, "value"), with_attributes(1, "")];
    let answers = send(bench, &queue, &messages).await;
    assert!(
        matches!(answers.as_slice(), [Ok(()), Err(SendFailure::Permanent(_)), Err(SendFailure::Permanent(_))]),
        "{answers:?}"
    );
    assert_eq!(receive(bench, &queue, 1).await[0].attributes.len(), MESSAGE_ATTRIBUTES);
}
