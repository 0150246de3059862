//! What a standard queue does with what it took.

use std::time::Duration;

use super::{Check, QueueBench, bodies, check, delete, receive, receive_now, send, send_all, send_bodies};
use crate::queue_limits::DELAY_SECONDS;
use crate::{Outgoing, QueueSettings, SendFailure};

pub(super) const CHECKS: &[Check] = &[
    check!(what_is_sent_is_received_as_it_was),
    check!(none_of_a_hundred_messages_is_lost),
    check!(a_receive_takes_no_more_than_it_asks_for),
    check!(a_delayed_message_comes_after_its_delay),
    check!(a_delay_of_900_s_is_taken_and_a_longer_one_refused),
    check!(groups_and_deduplication_are_refused_on_a_standard_queue),
    check!(queues_do_not_see_each_others_messages),
];

async fn what_is_sent_is_received_as_it_was(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let mut message = Outgoing::standard("{\"text\": \"<&>\\\" \u{e9}\u{1f600}\"}");
    message.attributes.insert("reason".to_owned(), "why \u{e9}".to_owned());
    send_all(bench, &queue, std::slice::from_ref(&message)).await;
    let received = receive(bench, &queue, 1).await;
    assert_eq!(received[0].body, message.body);
    assert_eq!(received[0].attributes, message.attributes);
    assert_eq!(received[0].receive_count, 1);
    assert!(!received[0].id.is_empty() && !received[0].receipt.0.is_empty());
}

async fn none_of_a_hundred_messages_is_lost(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard().with_visibility_timeout(Duration::from_secs(60))).await;
    let names: Vec<String> = (0..100).map(|number| format!("{number:03}")).collect();
    let messages: Vec<Outgoing> = names.iter().map(Outgoing::standard).collect();
    send_all(bench, &queue, &messages).await;
    let received = receive(bench, &queue, 100).await;
    delete(bench, &queue, &received).await;
    assert_eq!(super::sorted_bodies(&received), names);
}

async fn a_receive_takes_no_more_than_it_asks_for(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    send_bodies(bench, &queue, &["a", "b", "c"]).await;
    let first = bench.source().receive(&queue, 2, super::WAIT).await.expect("it is there");
    assert!((1..=2).contains(&first.len()), "{first:?}");
    receive(bench, &queue, 3 - first.len()).await;
}

async fn a_delayed_message_comes_after_its_delay(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    send_all(bench, &queue, &[Outgoing::delayed("late", Duration::from_secs(3))]).await;
    send_bodies(bench, &queue, &["at once"]).await;
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["at once"]);
    assert_eq!(receive_now(bench, &queue).await, []);
    bench.pass(Duration::from_secs(3)).await;
    assert_eq!(bodies(&receive(bench, &queue, 1).await), ["late"]);
}

async fn a_delay_of_900_s_is_taken_and_a_longer_one_refused(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let longest = Duration::from_secs(DELAY_SECONDS);
    let messages = [Outgoing::delayed("a", longest), Outgoing::delayed("b", longest + Duration::from_secs(1))];
    let answers = send(bench, &queue, &messages).await;
    assert!(matches!(answers.as_slice(), [Ok(()), Err(SendFailure::Permanent(_))]), "{answers:?}");
}

async fn groups_and_deduplication_are_refused_on_a_standard_queue(bench: &dyn QueueBench) {
    let queue = bench.make(QueueSettings::standard()).await;
    let grouped = Outgoing { deduplication: None, ..Outgoing::fifo("a", "group", "id") };
    let deduplicated = Outgoing { group: None, ..Outgoing::fifo("b", "group", "id") };
    let answers = send(bench, &queue, &[grouped, deduplicated]).await;
    assert!(matches!(answers.as_slice(), [Err(SendFailure::Permanent(_)), Err(SendFailure::Permanent(_))]), "{answers:?}");
}

async fn queues_do_not_see_each_others_messages(bench: &dyn QueueBench) {
    let one = bench.make(QueueSettings::standard()).await;
    let other = bench.make(QueueSettings::standard()).await;
    send_bodies(bench, &one, &["a"]).await;
    assert_eq!(receive_now(bench, &other).await, []);
    assert_eq!(bodies(&receive(bench, &one, 1).await), ["a"]);
}
