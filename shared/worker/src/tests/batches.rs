//! Each message of a batch is handled for itself, and done only when its answer was taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use clock::SeededEntropy;
use interpreter::IdempotencyKey;
use messages::{Disorder, Disposition, MessageQueue, Outgoing, QueueError, QueueSource, RequestBody, SendFailure, queue_name};
use serde_json::Value;

use super::bench::{
    Act, REQUESTS, START, action_key, bench, declined, delivery, give_back_seconds, live, request, settings, settle, succeeded,
};
use crate::{Effect, Harness, REASON_ATTRIBUTE, SOURCE_ATTRIBUTE};

fn other_request(number: u32) -> RequestBody {
    RequestBody { key: IdempotencyKey(format!("other/{number}")), ..request(number) }
}

#[tokio::test]
async fn one_message_of_a_batch_does_not_decide_over_another() {
    let bench = bench(Effect::Table, [Act::Complete(Value::Null), Act::Refuse, Act::Panic]);
    bench.write_ledger(&IdempotencyKey("other/4".to_owned()), 4, live(START.plus_seconds(7))).await;
    let bodies = [
        request(1).encode(),
        other_request(2).encode(),
        "no JSON".to_owned(),
        other_request(3).encode(),
        other_request(4).encode(),
        r#"{"v":2}"#.to_owned(),
    ];
    let deliveries = bodies.iter().map(|body| delivery(body.clone(), 1)).collect();
    let dispositions = bench.with_time(bench.harness.handle(deliveries, START.plus_seconds(60))).await;
    assert_eq!(dispositions[..4], [Disposition::Done; 4]);
    assert_eq!(give_back_seconds(dispositions[4]), 7.0);
    assert!((0.5..=1.0).contains(&give_back_seconds(dispositions[5])), "what a newer release wrote is not corrupt");
    let mut answers = bench.answers().await;
    answers.sort_by_key(|(attempt, _)| *attempt);
    assert_eq!(answers[..2], [(1, succeeded(Value::Null)), (2, declined(true))]);
    assert_eq!(answers.len(), 3);
}

#[tokio::test]
async fn what_nobody_can_read_is_parked_with_its_reason() {
    let bench = bench(Effect::Table, []);
    let misrouted = RequestBody { function: "release-inventory".to_owned(), ..request(1) }.encode();
    let bodies = ["{\"v\":1}".to_owned(), misrouted];
    let mut deliveries: Vec<_> = bodies.iter().map(|body| delivery(body.clone(), 1)).collect();
    deliveries[0].attributes.insert("trace".to_owned(), "1-2".to_owned());
    let dispositions = bench.with_time(bench.harness.handle(deliveries, START.plus_seconds(60))).await;
    assert_eq!(dispositions, [Disposition::Done; 2]);
    assert_eq!(bench.calls(), 0);
    let parked = bench.queue.peek(queue_name::PARKING, 10);
    assert_eq!(parked.iter().map(|parked| parked.body.clone()).collect::<Vec<_>>(), bodies);
    assert!(parked[0].attributes[REASON_ATTRIBUTE].contains("missing field `token`"), "{:?}", parked[0].attributes);
    assert_eq!((parked[0].attributes[SOURCE_ATTRIBUTE].as_str(), parked[0].attributes["trace"].as_str()), (REQUESTS, "1-2"));
    assert!(parked[1].attributes[REASON_ATTRIBUTE].contains("`release-inventory`"));
}

#[tokio::test]
async fn what_cannot_be_parked_is_not_lost() {
    let bench = bench(Effect::Table, []);
    bench.queue.refuse(queue_name::PARKING, "denied");
    let dispositions = bench.harness.handle(vec![delivery("no JSON", 1)], START.plus_seconds(60)).await;
    give_back_seconds(dispositions[0]);
}

#[tokio::test]
async fn a_request_whose_answer_was_not_taken_comes_again_and_is_answered_from_the_ledger() {
    for effect in [Effect::Table, Effect::Outside] {
        let bench = bench(effect, []);
        bench.queue.refuse(queue_name::ANSWERS, "denied");
        give_back_seconds(bench.handle(&request(1)).await);
        assert_eq!(bench.effects(&action_key()).await, 1);
        bench.queue.permit(queue_name::ANSWERS);
        assert_eq!(bench.handle(&request(1)).await, Disposition::Done);
        assert_eq!((bench.calls(), bench.answers().await), (1, vec![(1, succeeded(Value::Null))]));
    }
}

/// A crash between the ledger and the answer looks like this to the next delivery.
#[tokio::test]
async fn an_answer_that_may_have_been_sent_is_sent_again_as_another_message() {
    let bench = bench(Effect::Table, []);
    bench.queue.set_disorder(Some(Disorder { lost_answers_per_mille: 1_000, ..Disorder::default() }));
    give_back_seconds(bench.handle(&request(1)).await);
    bench.queue.set_disorder(None);
    assert_eq!(bench.handle(&request(1)).await, Disposition::Done);
    // Not taken for a duplicate of the first: that one may have been handled, or lost with its queue.
    assert_eq!(bench.answers().await.len(), 2);
}

#[tokio::test]
async fn of_a_batch_of_answers_only_those_that_were_taken_are_done() {
    let bench = bench(Effect::Table, []);
    bench.queue.set_disorder(Some(Disorder { failed_entries_per_mille: 500, seed: 1, ..Disorder::default() }));
    let deliveries = (1..=10).map(|number| delivery(other_request(number).encode(), 1)).collect();
    let dispositions = bench.harness.handle(deliveries, START.plus_seconds(60)).await;
    let answered: Vec<u32> = bench.answers().await.into_iter().map(|(attempt, _)| attempt).collect();
    assert!((1..10).contains(&answered.len()));
    for (number, disposition) in (1..=10).zip(dispositions) {
        assert_eq!(disposition == Disposition::Done, answered.contains(&number), "{number}: {disposition:?}");
    }
}

#[tokio::test]
async fn a_slow_task_does_not_keep_others_from_being_answered() {
    let bench = bench(Effect::Table, [Act::Hang]);
    let deliveries = vec![delivery(request(1).encode(), 1), delivery(other_request(2).encode(), 1)];
    let handling = bench.harness.handle(deliveries, START.plus_seconds(60));
    let looking = async {
        bench.handler.hanging.notified().await;
        settle().await;
        let before = bench.answers().await;
        bench.handler.go_on.notify_one();
        before
    };
    let (dispositions, before) = futures::join!(handling, looking);
    assert_eq!(before, [(2, succeeded(Value::Null))]);
    assert_eq!(dispositions, [Disposition::Done; 2]);
}

/// Counts the calls that send.
struct Counting {
    queue: Arc<dyn MessageQueue>,
    calls: AtomicUsize,
}

#[async_trait]
impl MessageQueue for Counting {
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Vec<Result<(), SendFailure>>, QueueError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.queue.send(queue, messages).await
    }
}

#[tokio::test]
async fn ten_answers_travel_in_one_call() {
    let bench = bench(Effect::Table, []);
    let counting = Arc::new(Counting { queue: Arc::clone(&bench.queue) as _, calls: AtomicUsize::new(0) });
    let harness = Harness::new(
        Arc::clone(&bench.handler) as _,
        Arc::clone(&bench.store) as _,
        Arc::clone(&bench.store) as _,
        Arc::clone(&counting) as _,
        Arc::clone(&bench.clock) as _,
        Arc::new(SeededEntropy::new(1)),
        settings(),
    );
    let deliveries = (1..=10).map(|number| delivery(other_request(number).encode(), 1)).collect();
    let dispositions = harness.handle(deliveries, START.plus_seconds(60)).await;
    assert_eq!(dispositions, [Disposition::Done; 10]);
    assert_eq!(counting.calls.load(Ordering::SeqCst), 1);
    assert_eq!(bench.queue.receive(queue_name::ANSWERS, 10, Duration::ZERO).await.unwrap().len(), 10);
}

#[tokio::test]
async fn an_empty_batch_is_handled() {
    let bench = bench(Effect::Table, []);
    assert_eq!(bench.harness.handle(Vec::new(), START).await, []);
}

#[tokio::test]
async fn a_harness_is_handled_by_any_thread() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let bench = bench(Effect::Table, []);
    assert_eq!(sendable(bench.harness.handle(Vec::new(), START)).await, []);
}
