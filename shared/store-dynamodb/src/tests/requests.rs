//! How many requests a call takes: what `docs/items.md` says an execution costs.

use interpreter::ExecutionStatus::{Failed, Running};
use serde_json::json;
use store::contract::samples::{at, entry, head, held, identity, item_key, key, put, put_until};
use store::{Condition, ExecutionStore, HeadQuery, LedgerExpectation, LedgerStore, PutEntry, TransactError, Write};

use super::endpoint::{embedded, new_store_at};
use super::proxy::Proxy;
use crate::DynamoStore;

async fn behind_proxy() -> (DynamoStore, Proxy) {
    let proxy = Proxy::before(embedded()).await;
    let store = new_store_at(&proxy.endpoint).await;
    proxy.reset();
    (store, proxy)
}

/// The operations since the last look.
fn operations(proxy: &Proxy) -> Vec<String> {
    let mut operations: Vec<String> = proxy.seen().into_iter().map(|seen| seen.operation).collect();
    operations.sort();
    proxy.reset();
    operations
}

#[tokio::test]
async fn a_transition_is_one_conditional_put() {
    let (store, proxy) = behind_proxy().await;
    let identity = identity("orders", "o-1");
    assert_eq!(store.put_entry(&entry(&identity, 1, 1)).await, Ok(PutEntry::Committed));
    let seen = proxy.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].operation, "PutItem");
    assert_eq!(seen[0].body["ConditionExpression"], json!("(attribute_not_exists(#pk))"));
    assert_eq!(store.put_entry(&entry(&identity, 1, 2)).await, Ok(PutEntry::Conflict));
    assert_eq!(proxy.seen().len(), 2, "a conflict is told without a read");
    proxy.reset();
    store.latest_entry(&identity.id).await.unwrap();
    assert_eq!(proxy.seen_of("Query")[0]["Limit"], json!(1));
}

#[tokio::test]
async fn a_start_writes_the_pointer_then_the_head() {
    let (store, proxy) = behind_proxy().await;
    store.create_head(&head("orders", "o-1", 0)).await.unwrap();
    assert_eq!(operations(&proxy).len(), 3, "once per process it is noted that the machine has heads");
    store.create_head(&head("orders", "o-2", 0)).await.unwrap();
    let written: Vec<_> =
        proxy.seen_of("PutItem").iter().map(|body| body["Item"]["pk"]["S"].as_str().unwrap()[..2].to_owned()).collect();
    assert_eq!(written, ["I#", "H#"]);
}

#[tokio::test]
async fn a_start_that_lost_its_name_leaves_no_pointer() {
    let (store, proxy) = behind_proxy().await;
    store.create_head(&head("orders", "o-1", 0)).await.unwrap();
    let mut second = head("orders", "o-1", 0);
    second.identity.id = head("orders", "o-2", 0).identity.id;
    store.create_head(&second).await.unwrap();
    assert_eq!(proxy.seen_of("DeleteItem").len(), 1);
    assert_eq!(store.head_of(&second.identity.id).await, Ok(None));
    proxy.reset();
    store.create_head(&head("orders", "o-1", 0)).await.unwrap();
    assert!(proxy.seen_of("DeleteItem").is_empty(), "its own pointer stays");
    assert!(store.head_of(&head("orders", "o-1", 0).identity.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_wake_is_lowered_by_one_request_or_two() {
    let (store, proxy) = behind_proxy().await;
    let head = head("orders", "o-1", 100);
    store.create_head(&head).await.unwrap();
    proxy.reset();
    let check = async |wake_at: i64, revision: u64, requests: usize, expected: (i64, u64)| {
        store.lower_wake(&head.identity, at(wake_at), revision).await.unwrap();
        assert_eq!(operations(&proxy), vec!["UpdateItem"; requests], "to {wake_at} for {revision}");
        let found = store.head(&head.identity.arn).await.unwrap().unwrap();
        assert_eq!((found.wake_at, found.wake_revision), (Some(at(expected.0)), expected.1), "to {wake_at} for {revision}");
        operations(&proxy);
    };
    check(90, 5, 1, (90, 5)).await;
    check(80, 4, 2, (80, 5)).await;
    check(85, 6, 2, (80, 6)).await;
    check(85, 6, 1, (80, 6)).await;
}

#[tokio::test]
async fn calls_cost_what_the_layout_page_says() {
    let (store, proxy) = behind_proxy().await;
    let mut head = head("order-fulfillment", "order-0123456789", 0);
    head.input = interpreter::Payload::item(head.input_hash.clone(), 200_000);
    let identity = &head.identity;
    let units = |what: &str, expected: f64| {
        assert!((proxy.units() - expected).abs() < 0.01, "{what}: {} units, not {expected}: {:?}", proxy.units(), proxy.seen());
        proxy.reset();
    };
    store.create_head(&self::head("order-fulfillment", "another", 0)).await.unwrap();
    proxy.reset();
    store.create_head(&head).await.unwrap();
    units("start: pointer, head, `due`, `list`", 4.0);
    store.put_entry(&entry(identity, 1, 1)).await.unwrap();
    units("an entry of less than a KiB", 1.0);
    store.raise_wake(identity, at(900), 1).await.unwrap();
    units("raise: head, out of `due` and in again", 3.0);
    store.lower_wake(identity, at(60), 2).await.unwrap();
    units("lower: head, out of `due` and in again", 3.0);
    store.report(identity, Failed, Some(at(5)), None, 3).await.unwrap();
    units("end: head, out of `due`, out of `list` and in again", 4.0);
    store.put_ledger(&key("task"), &held("one", 1), LedgerExpectation::Absent).await.unwrap();
    units("take", 1.0);
    store.heartbeat(&key("task"), at(1)).await.unwrap();
    units("heartbeat", 1.0);
    let answer = (key("task"), store::contract::samples::succeeded(json!({})), LedgerExpectation::Version(1));
    store.transact(&[answer], &[put("SKU-1", json!({}), Condition::Absent)], at(0)).await.unwrap();
    units("transaction of an answer and an item", 4.0);
    store.latest_entry(&identity.id).await.unwrap();
    units("reading the latest entry", 1.0);
    store.head_of(&identity.id).await.unwrap();
    units("reading a head by id", 2.0);
}

#[tokio::test]
async fn reports_and_raises_are_one_request() {
    let (store, proxy) = behind_proxy().await;
    let head = head("orders", "o-1", 0);
    let identity = &head.identity;
    store.create_head(&head).await.unwrap();
    proxy.reset();
    assert_eq!(store.raise_wake(identity, at(900), 3).await, Ok(true));
    store.report(identity, Failed, Some(at(5)), None, 4).await.unwrap();
    store.report(identity, Failed, Some(at(5)), None, 4).await.unwrap();
    assert_eq!(store.raise_wake(identity, at(900), 9).await, Ok(false));
    store.report(identity, Running, None, Some(at(6)), 5).await.unwrap();
    store.report(identity, Failed, Some(at(5)), None, 4).await.unwrap();
    assert_eq!(operations(&proxy), ["UpdateItem"; 6]);
    assert_eq!(store.due(at(6), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_ledger_write_is_one_request_unless_a_later_heartbeat_stands_there() {
    let (store, proxy) = behind_proxy().await;
    let entry = store::LedgerEntry { heartbeat_at: Some(at(10)), ..held("one", 1) };
    assert_eq!(store.put_ledger(&key("task"), &entry, LedgerExpectation::Absent).await, Ok(true));
    assert_eq!(store.put_ledger(&key("task"), &entry, LedgerExpectation::Version(1)).await, Ok(true));
    assert_eq!(operations(&proxy), ["UpdateItem"; 2]);
    store.heartbeat(&key("task"), at(20)).await.unwrap();
    store.heartbeat(&key("task"), at(15)).await.unwrap();
    assert_eq!(operations(&proxy), ["UpdateItem"; 2]);
    assert_eq!(store.put_ledger(&key("task"), &entry, LedgerExpectation::Version(2)).await, Ok(true));
    assert_eq!(operations(&proxy), ["UpdateItem"; 2]);
    let stored = store.ledger(&key("task")).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.heartbeat_at), (3, Some(at(20))));

    proxy.reset();
    store.transact(&[(key("task"), entry, LedgerExpectation::Version(3))], &[], at(0)).await.unwrap();
    assert_eq!(operations(&proxy), ["TransactWriteItems"; 2]);
    let stored = store.ledger(&key("task")).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.heartbeat_at), (4, Some(at(20))));
}

#[tokio::test]
async fn what_has_expired_is_made_afresh() {
    let (store, proxy) = behind_proxy().await;
    let units = |delta, floor| Write::Add { key: item_key("stock", "SKU-1"), counter: "units".to_owned(), delta, floor };
    let expiring = put_until("SKU-1", json!({"old": true}), at(10), Condition::Always);
    store.transact(&[], std::slice::from_ref(&expiring), at(0)).await.unwrap();
    store.transact(&[], &[units(5, None)], at(9)).await.unwrap();
    proxy.reset();

    // At its expiry nothing is there: neither a version, nor a body, nor units.
    let gone = at(10);
    assert_eq!(store.item(&item_key("stock", "SKU-1"), gone).await, Ok(None));
    let versioned = put("SKU-1", json!({}), Condition::Version(1));
    assert_eq!(store.transact(&[], &[versioned], gone).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(store.transact(&[], &[units(-1, Some(0))], gone).await, Err(TransactError::Conditions(vec![0])));
    operations(&proxy);
    store.transact(&[], &[units(2, Some(2))], gone).await.unwrap();
    assert_eq!(operations(&proxy), ["TransactWriteItems"; 2]);
    let item = store.item(&item_key("stock", "SKU-1"), gone).await.unwrap().unwrap();
    assert_eq!((item.version, item.body, item.counters["units"], item.expires_at), (0, json!({}), 2, None));

    store.transact(&[], &[expiring], at(0)).await.unwrap();
    let absent = put("SKU-1", json!({"new": true}), Condition::Absent);
    assert_eq!(store.transact(&[], std::slice::from_ref(&absent), at(9)).await, Err(TransactError::Conditions(vec![0])));
    store.transact(&[], &[absent], gone).await.unwrap();
    let item = store.item(&item_key("stock", "SKU-1"), gone).await.unwrap().unwrap();
    assert_eq!((item.version, item.body, item.counters.len()), (1, json!({"new": true}), 0));
}

#[tokio::test]
async fn a_condition_on_nothing_is_not_sent() {
    let (store, proxy) = behind_proxy().await;
    let check = |sort: &str, condition| Write::Check { key: item_key("stock", sort), condition };
    store.transact(&[], &[check("a", Condition::Always)], at(0)).await.unwrap();
    assert_eq!(operations(&proxy), Vec::<String>::new());
    let writes = [check("a", Condition::Always), check("b", Condition::Version(3)), put("c", json!({}), Condition::Absent)];
    assert_eq!(store.transact(&[], &writes, at(0)).await, Err(TransactError::Conditions(vec![1])), "by its index among all");
}

#[tokio::test]
async fn listing_reads_the_partitions_of_what_is_asked_for() {
    let (store, proxy) = behind_proxy().await;
    store.create_head(&head("orders", "o-1", 0)).await.unwrap();
    proxy.reset();
    let query = |machine: Option<&str>, status| HeadQuery {
        machine_arn: machine.map(|name| identity(name, "").machine_arn),
        status,
        limit: 10,
        after: None,
    };
    let check = async |query: HeadQuery, queries: usize, heads: usize| {
        assert_eq!(store.list_heads(&query).await.unwrap().heads.len(), heads, "{query:?}");
        assert_eq!(proxy.seen_of("Query").len(), queries, "{query:?}");
        proxy.reset();
    };
    check(query(Some("orders"), Some(Running)), 4, 1).await;
    check(query(Some("orders"), Some(Failed)), 4, 0).await;
    check(query(Some("orders"), None), 20, 1).await;
    check(query(None, Some(Running)), 5, 1).await;
}
