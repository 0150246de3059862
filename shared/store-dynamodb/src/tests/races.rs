//! Many at once on one item.

use std::sync::Arc;

use futures::future::join_all;
use interpreter::{ExecutionStatus, Timestamp};
use serde_json::json;
use store::contract::samples::{add, at, entry, head, held, identity, item_key, key, put};
use store::{Condition, ExecutionStore, LedgerExpectation, LedgerStore, PutEntry, TransactError};

use super::endpoint::new_store;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_units_are_sold_ten_times() {
    let (store, _table) = new_store().await;
    let store = Arc::new(store);
    store.transact(&[], &[add("SKU-1", 10, None)], at(0)).await.unwrap();
    let buyers = (0..30).map(|buyer| {
        let store = Arc::clone(&store);
        let taken = (key(&format!("task-{buyer}")), held("one", 1), LedgerExpectation::Absent);
        tokio::spawn(async move { store.transact(&[taken], &[add("SKU-1", -1, Some(0))], at(0)).await })
    });
    let outcomes: Vec<_> = join_all(buyers).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 10, "{outcomes:?}");
    assert_eq!(
        outcomes.iter().filter(|outcome| **outcome == Err(TransactError::Conditions(vec![0]))).count(),
        20,
        "{outcomes:?}"
    );
    let item = store.item(&item_key("stock", "SKU-1"), at(0)).await.unwrap().unwrap();
    assert_eq!(item.counters["units"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_writers_commits_a_revision() {
    let (store, _table) = new_store().await;
    let store = Arc::new(store);
    let writers = (0..20).map(|seed| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.put_entry(&entry(&identity("orders", "o-1"), 1, seed)).await })
    });
    let outcomes = join_all(writers).await;
    assert_eq!(outcomes.iter().filter(|outcome| *outcome.as_ref().unwrap() == Ok(PutEntry::Committed)).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_earliest_of_many_wakes_stands_whoever_raises_meanwhile() {
    let (store, _table) = new_store().await;
    let store = Arc::new(store);
    let head = head("orders", "o-1", 1_000);
    store.create_head(&head).await.unwrap();
    let lowering = (1..=10_u64).map(|revision| {
        let (store, identity) = (Arc::clone(&store), head.identity.clone());
        let wake_at = at(500 - i64::try_from(revision).unwrap());
        tokio::spawn(async move { store.lower_wake(&identity, wake_at, revision).await.map(|()| true) })
    });
    let raising = (0..10_u64).map(|revision| {
        let (store, identity) = (Arc::clone(&store), head.identity.clone());
        tokio::spawn(async move { store.raise_wake(&identity, Timestamp::from_millis(i64::MAX), revision).await })
    });
    for outcome in join_all(lowering.chain(raising)).await {
        outcome.unwrap().unwrap();
    }
    let found = store.head(&head.identity.arn).await.unwrap().unwrap();
    // Nobody raises for revision 10 or later: what was lowered for it stands.
    assert_eq!((found.wake_at, found.wake_revision), (Some(at(490)), 10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_latest_of_many_reports_stands() {
    let (store, _table) = new_store().await;
    let store = Arc::new(store);
    let head = head("orders", "o-1", 0);
    store.create_head(&head).await.unwrap();
    let reports = (1..=12_u64).map(|revision| {
        let (store, identity) = (Arc::clone(&store), head.identity.clone());
        let runs = revision % 2 == 0;
        let status = if runs { ExecutionStatus::Running } else { ExecutionStatus::Failed };
        let wake_at = runs.then(|| at(60));
        tokio::spawn(async move { store.report(&identity, status, (!runs).then(|| at(5)), wake_at, revision).await })
    });
    for outcome in join_all(reports).await {
        outcome.unwrap().unwrap();
    }
    let found = store.head(&head.identity.arn).await.unwrap().unwrap();
    assert_eq!((found.status, found.closed_at, found.wake_revision), (ExecutionStatus::Running, None, 12));
    assert_eq!(store.due(at(60), 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_puts_of_an_absent_item_is_done() {
    let (store, _table) = new_store().await;
    let store = Arc::new(store);
    let puts = (0..20).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.transact(&[], &[put("SKU-1", json!({"n": n}), Condition::Absent)], at(0)).await })
    });
    let outcomes: Vec<_> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
}
