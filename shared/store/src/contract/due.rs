//! What is due, for the watch.

use interpreter::ExecutionStatus::{Failed, Running};
use interpreter::{ExecutionId, Timestamp};

use super::samples::{at, head, identity};
use super::{SharedStore, eventually};

async fn due(store: &SharedStore, now: Timestamp, limit: usize) -> Vec<(ExecutionId, Timestamp)> {
    store.due(now, limit).await.unwrap().into_iter().map(|head| (head.execution, head.wake_at)).collect()
}

/// Creates the executions `names`, each due at its seconds.
async fn create(store: &SharedStore, names: &[(&str, i64)]) {
    for (name, seconds) in names {
        store.create_head(&head("order", name, *seconds)).await.unwrap();
    }
}

fn id(name: &str) -> ExecutionId {
    identity("order", name).id
}

pub(super) async fn what_is_due_comes_earliest_first(store: SharedStore) {
    create(&store, &[("b", 20), ("c", 30), ("a", 10), ("later", 99)]).await;
    let expected = vec![(id("a"), at(10)), (id("b"), at(20)), (id("c"), at(30))];
    eventually(|| due(&store, at(50), 10), expected).await;
}

pub(super) async fn what_is_due_now_is_due_and_what_is_due_a_millisecond_later_is_not(store: SharedStore) {
    create(&store, &[("a", 10)]).await;
    eventually(|| due(&store, at(10), 10), vec![(id("a"), at(10))]).await;
    assert_eq!(due(&store, Timestamp::from_millis(at(10).millis() - 1), 10).await, []);
}

pub(super) async fn at_most_as_many_as_asked_for_are_due(store: SharedStore) {
    create(&store, &[("a", 3), ("b", 1), ("c", 2)]).await;
    eventually(|| due(&store, at(50), 2), vec![(id("b"), at(1)), (id("c"), at(2))]).await;
}

pub(super) async fn a_closed_execution_is_due_only_while_it_is_parked(store: SharedStore) {
    create(&store, &[("a", 1), ("b", 2), ("c", 3)]).await;
    store.report(&identity("order", "a"), Failed, Some(at(3)), None, 2).await.unwrap();
    store.report(&identity("order", "c"), Failed, Some(at(3)), Some(at(40)), 2).await.unwrap();
    eventually(|| due(&store, at(39), 10), vec![(id("b"), at(2))]).await;
    eventually(|| due(&store, at(40), 10), vec![(id("b"), at(2)), (id("c"), at(40))]).await;
}

pub(super) async fn a_lowered_wake_is_due_earlier_and_a_raised_one_later(store: SharedStore) {
    create(&store, &[("a", 10)]).await;
    store.lower_wake(&identity("order", "a"), at(5), 2).await.unwrap();
    eventually(|| due(&store, at(5), 10), vec![(id("a"), at(5))]).await;
    assert_eq!(store.raise_wake(&identity("order", "a"), at(40), 2).await, Ok(true));
    eventually(|| due(&store, at(39), 10), vec![]).await;
    eventually(|| due(&store, at(40), 10), vec![(id("a"), at(40))]).await;
}

pub(super) async fn a_redriven_execution_is_due_again(store: SharedStore) {
    create(&store, &[("a", 1)]).await;
    store.report(&identity("order", "a"), Failed, Some(at(3)), None, 2).await.unwrap();
    eventually(|| due(&store, at(50), 10), vec![]).await;
    store.report(&identity("order", "a"), Running, None, Some(at(20)), 3).await.unwrap();
    eventually(|| due(&store, at(50), 10), vec![(id("a"), at(20))]).await;
}
