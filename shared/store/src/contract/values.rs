//! Value items are written once.

use std::collections::BTreeMap;
use std::sync::Arc;

use interpreter::{ExecutionId, ValueHash};

use super::SharedStore;
use super::samples::{execution_id, noise};
use crate::{StoreError, VALUE_BYTES_MAX};

fn value(text: &str) -> (ValueHash, Arc<str>) {
    (ValueHash::of(text), Arc::from(text))
}

async fn read(store: &SharedStore, execution: &ExecutionId, texts: &[&str]) -> BTreeMap<ValueHash, Arc<str>> {
    let hashes: Vec<ValueHash> = texts.iter().map(|text| ValueHash::of(text)).collect();
    store.values(execution, &hashes).await.unwrap()
}

pub(super) async fn values_read_back_as_they_were_put(store: SharedStore) {
    let (id, texts) = (execution_id("a"), ["{\"ä\": \"\\u0000\"}", "[]", "\"x\""]);
    store.put_values(&id, &texts.map(value)).await.unwrap();
    assert_eq!(read(&store, &id, &texts).await, texts.map(value).into());
    assert_eq!(read(&store, &id, &["[]"]).await, [value("[]")].into(), "only what is asked for");
    assert_eq!(read(&store, &id, &["[]", "[]"]).await, [value("[]")].into(), "asked for twice, read once");
}

pub(super) async fn a_value_is_written_once(store: SharedStore) {
    let (id, hash) = (execution_id("a"), ValueHash::of("1"));
    store.put_values(&id, &[(hash.clone(), Arc::from("1"))]).await.unwrap();
    store.put_values(&id, &[(hash.clone(), Arc::from("2")), value("3")]).await.unwrap();
    assert_eq!(read(&store, &id, &["1", "3"]).await, [(hash, Arc::from("1")), value("3")].into());
}

pub(super) async fn what_does_not_exist_is_left_out(store: SharedStore) {
    let id = execution_id("a");
    assert_eq!(read(&store, &id, &["1", "2"]).await, BTreeMap::new());
    store.put_values(&id, &[value("1")]).await.unwrap();
    assert_eq!(read(&store, &id, &["1", "2"]).await, [value("1")].into());
}

pub(super) async fn large_values_are_kept(store: SharedStore) {
    let id = execution_id("a");
    let texts: Vec<String> = ["a", "b", "c"].iter().map(|first| format!("\"{first}{}\"", noise(300 * 1024))).collect();
    let values: Vec<_> = texts.iter().map(|text| value(text)).collect();
    store.put_values(&id, &values).await.unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(read(&store, &id, &texts).await, values.into_iter().collect());
}

pub(super) async fn the_largest_value_is_kept_and_a_larger_one_refused(store: SharedStore) {
    let (id, text) = (execution_id("a"), noise(VALUE_BYTES_MAX + 1));
    let largest = &text[..VALUE_BYTES_MAX];
    store.put_values(&id, &[value(largest)]).await.unwrap();
    assert!(matches!(store.put_values(&id, &[value(&text)]).await, Err(StoreError::Refused(_))));
    assert_eq!(read(&store, &id, &[largest, &text]).await, [value(largest)].into());
}

pub(super) async fn executions_have_values_of_their_own(store: SharedStore) {
    store.put_values(&execution_id("a"), &[value("1")]).await.unwrap();
    store.put_values(&execution_id("b"), &[value("2")]).await.unwrap();
    assert_eq!(read(&store, &execution_id("a"), &["1", "2"]).await, [value("1")].into());
    assert_eq!(read(&store, &execution_id("b"), &["1", "2"]).await, [value("2")].into());
}

pub(super) async fn many_values_are_put_and_read_at_once(store: SharedStore) {
    // More than DynamoDB takes in one batch: 25 to write, 100 to read.
    let (id, texts) = (execution_id("a"), (0..230).map(|number| number.to_string()).collect::<Vec<_>>());
    let values: Vec<_> = texts.iter().map(|text| value(text)).collect();
    store.put_values(&id, &values).await.unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(read(&store, &id, &texts).await, values.into_iter().collect());
}

pub(super) async fn nothing_asked_for_is_nothing_read(store: SharedStore) {
    store.put_values(&execution_id("a"), &[]).await.unwrap();
    assert_eq!(read(&store, &execution_id("a"), &[]).await, BTreeMap::new());
}
