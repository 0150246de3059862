//! Expiry in the table: what DynamoDB deletes, what a renewal costs, and that nothing is made by it.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use interpreter::ValueHash;
use serde_json::json;
use store::contract::retention::{clock, retention};
use store::contract::samples::{at, entry, head, held, identity, succeeded};
use store::{ExecutionStore, LedgerExpectation, LedgerStore, Renewal};

use super::endpoint::{embedded, new_store, new_store_at};
use super::proxy::Proxy;
use crate::DynamoStore;
use crate::key::{EXPIRES_AT, Key, PARTITION_KEY, SORT_KEY};

/// Does what DynamoDB does by itself, some time: deletes whatever has expired. Answers how many items.
pub(super) async fn sweep(store: &DynamoStore, now_seconds: i64) -> usize {
    let mut pages = store
        .client()
        .scan()
        .table_name(store.table())
        .consistent_read(true)
        .filter_expression("expires_at <= :now")
        .expression_attribute_values(":now", AttributeValue::N(now_seconds.to_string()))
        .into_paginator()
        .items()
        .send();
    let mut count = 0;
    while let Some(item) = pages.next().await {
        let mut key = item.unwrap();
        key.retain(|name, _| name == PARTITION_KEY || name == SORT_KEY);
        store.client().delete_item().table_name(store.table()).set_key(Some(key)).send().await.unwrap();
        count += 1;
    }
    count
}

/// The expiry of an item, in seconds after the beginning.
async fn expiry(store: &DynamoStore, key: Key<'_>) -> i64 {
    let item = store.get(&key).await.unwrap().unwrap();
    item[EXPIRES_AT].as_n().unwrap().parse::<i64>().unwrap() - at(0).millis() / 1000
}

#[tokio::test]
async fn each_kind_of_item_is_written_with_its_expiry() {
    let ((store, _table), clock) = (new_store().await, clock());
    let store = store.keeping(retention(&clock));
    let identity = identity("orders", "o-1");
    let (id, text) = (&identity.id, r#"{"a":1}"#);
    let (hash, key) = (ValueHash::of(text), interpreter::IdempotencyKey::of_action(id, "Task", 1, None));
    store.create_head(&head("orders", "o-1", 0)).await.unwrap();
    // A part of a second counts as a whole one: nothing is to be deleted while it is read.
    clock.advance(std::time::Duration::from_millis(1));
    store.put_values(id, &[(hash.clone(), Arc::from(text))]).await.unwrap();
    store.put_entry(&entry(&identity, 1, 1)).await.unwrap();
    store.put_ledger(&key, &held("one", 1), LedgerExpectation::Absent).await.unwrap();
    assert_eq!(expiry(&store, Key::Head { execution_arn: &identity.arn }).await, 100);
    assert_eq!(expiry(&store, Key::HeadOf(id)).await, 110);
    assert_eq!(expiry(&store, Key::Value { execution: id, hash: &hash }).await, 111);
    assert_eq!(expiry(&store, Key::Entry { execution: id, revision: 1 }).await, 111);
    assert_eq!(expiry(&store, Key::Ledger(&key)).await, 111);
    clock.set_millis(at(20).millis());
    store.transact(&[(key.clone(), succeeded(json!(1)), LedgerExpectation::Version(1))], &[], at(20)).await.unwrap();
    assert_eq!(expiry(&store, Key::Ledger(&key)).await, 130);
}

// Fails without `attribute_exists`: an update makes what does not exist. Items are deleted between the look and the write.
#[tokio::test]
async fn an_item_that_was_deleted_is_not_made_by_its_renewal() {
    let (store, _table) = new_store().await;
    let identity = identity("orders", "o-1");
    store.put_entry(&entry(&identity, 1, 1)).await.unwrap();
    let key = |revision| Key::Entry { execution: &identity.id, revision };
    for revision in [1, 2] {
        store.renew_item(key(revision).attributes(), at(500)).await.unwrap();
    }
    assert_eq!(expiry(&store, key(1)).await, 500);
    assert!(store.get(&key(2)).await.unwrap().is_none());
}

// Fails if a page that comes twice is written twice.
#[tokio::test]
async fn a_page_writes_what_expires_earlier_and_nothing_else() {
    let proxy = Proxy::before(embedded()).await;
    let clock = clock();
    let store = new_store_at(&proxy.endpoint).await.keeping(retention(&clock));
    let identity = identity("orders", "o-1");
    store.create_head(&head("orders", "o-1", 0)).await.unwrap();
    for revision in 1..=4 {
        store.put_entry(&entry(&identity, revision, 1)).await.unwrap();
    }
    clock.set_millis(at(60).millis());
    let page = async |renewal: &Renewal, updates: usize| {
        proxy.reset();
        let next = store.renew(&identity, renewal, 3).await.unwrap();
        assert_eq!(proxy.seen_of("UpdateItem").len(), updates, "{renewal:?}");
        next
    };
    let first = Renewal::beginning(at(60));
    let second = page(&first, 3).await.unwrap();
    assert_eq!(page(&first, 0).await, Some(second.clone()), "again");
    assert_eq!(page(&second, 3).await, None, "an entry, the pointer, the head");
    assert_eq!(page(&second, 2).await, None, "the pointer and the head are asked");
}
