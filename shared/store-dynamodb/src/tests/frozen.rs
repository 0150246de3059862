//! One frozen sample of each kind of item: names and forms of what is stored never change.
//!
//! `items.json` is never edited, only added to. What this release writes is what is frozen, and what is frozen is read as what was written.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use interpreter::{ExecutionStatus, ValueHash};
use serde_json::{Value, json};
use store::contract::samples::{at, entry, execution_id, head, held, identity, item, key, machine, revoked, succeeded};
use store::{HeadRecord, Item, LedgerEntry, LedgerExpectation};

use super::endpoint::new_store;
use crate::attributes::Attributes;
use crate::key::Key;
use crate::ledger::Heartbeat;
use crate::{definitions, head_item, items, journal, ledger, machines, values};

/// The frozen items by name, as DynamoDB writes them in JSON.
fn frozen() -> BTreeMap<String, BTreeMap<String, Value>> {
    serde_json::from_str(include_str!("items.json")).unwrap()
}

fn as_json(item: &Attributes) -> BTreeMap<String, Value> {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::B(blob) => json!({"B": STANDARD.encode(blob)}),
        other => panic!("{other:?}"),
    };
    item.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect()
}

fn from_json(item: &BTreeMap<String, Value>) -> Attributes {
    let value = |value: &Value| match (&value["S"], &value["N"], &value["B"]) {
        (Value::String(text), ..) => AttributeValue::S(text.clone()),
        (_, Value::String(number), _) => AttributeValue::N(number.clone()),
        (.., Value::String(base64)) => AttributeValue::B(Blob::new(STANDARD.decode(base64).unwrap())),
        other => panic!("{other:?}"),
    };
    item.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect()
}

/// What this release writes, by the names of the frozen items.
async fn written() -> BTreeMap<&'static str, Attributes> {
    let mut closed = HeadRecord::new(head("orders", "o-2", 1));
    closed.report(ExecutionStatus::TimedOut, Some(at(9)), None, 7);
    let execution = execution_id("values");
    let (text, long) = (r#"{"a":1}"#, "long ".repeat(1_000));
    let expiring = Item { expires_at: Some(at(10)), ..item("SKU-2", json!({"held": 2}), None, 3) };
    let mut written = BTreeMap::from([
        ("head, open", head_item::written(&HeadRecord::new(head("orders", "o-1", 0))).unwrap()),
        ("head, closed", head_item::written(&closed).unwrap()),
        ("head, by an alias", {
            let mut by_alias = head("orders", "o-3", 2);
            by_alias.identity.version_arn = Some(format!("{}:7", by_alias.identity.machine_arn));
            by_alias.identity.alias_arn = Some(format!("{}:live", by_alias.identity.machine_arn));
            head_item::written(&HeadRecord::new(by_alias)).unwrap()
        }),
        ("head, renewed", head_item::written(&renewed()).unwrap()),
        ("head of", {
            let mut item = Key::HeadOf(&execution_id("orders:o-1")).new_item();
            item.insert("arn".to_owned(), AttributeValue::S(identity("orders", "o-1").arn));
            item
        }),
        ("listed machine", Key::ListedMachine { arn: &identity("orders", "").machine_arn }.new_item()),
        ("value", values::written(&Key::Value { execution: &execution, hash: &ValueHash::of(text) }, text).unwrap()),
        ("value, packed", values::written(&Key::Value { execution: &execution, hash: &ValueHash::of(&long) }, &long).unwrap()),
        ("definition", definitions::written(&machine("orders", 1).definition, "{}").unwrap()),
        ("machine", machines::written(&machine("orders", 2)).unwrap()),
        ("item", items::written(&item("SKU-1", json!({"name": "Lamp"}), Some(-3), 4)).unwrap()),
        ("item, expiring", items::written(&expiring).unwrap()),
    ]);
    for (name, entry) in ledger_entries() {
        written.insert(name, written_ledger_item(name, &entry).await);
    }
    written
}

fn renewed() -> HeadRecord {
    let mut renewed = HeadRecord::new(head("orders", "o-3", 2));
    renewed.renew(at(60));
    renewed
}

fn ledger_entries() -> [(&'static str, LedgerEntry); 4] {
    [
        ("ledger, in progress", LedgerEntry { heartbeat_at: Some(at(5)), version: 1, ..held("one", 2) }),
        ("ledger, failed", LedgerEntry { version: 1, ..store::contract::samples::failed("OutOfStock", true) }),
        ("ledger, succeeded", LedgerEntry { version: 1, ..succeeded(json!({"id": 7})) }),
        ("ledger, revoked", LedgerEntry { version: 1, ..revoked() }),
    ]
}

/// The item that an update makes, by way of the table.
async fn written_ledger_item(name: &str, entry: &LedgerEntry) -> Attributes {
    let ((store, _table), key) = (new_store().await, key(name));
    let change = ledger::change(entry, LedgerExpectation::Absent, Heartbeat::Told).unwrap();
    store.update(&Key::Ledger(&key), &change).await.unwrap();
    store.get(&Key::Ledger(&key)).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_written_is_what_is_frozen() {
    let frozen = frozen();
    let written = written().await;
    assert_eq!(written.keys().copied().collect::<Vec<_>>(), frozen.keys().map(String::as_str).collect::<Vec<_>>());
    for (name, item) in written {
        let mut written = as_json(&item);
        if let Some(packed) = written.get_mut("text").filter(|text| text["B"].is_string()) {
            // Another release of the compressor may write other bytes, which read the same.
            *packed = frozen[name]["text"].clone();
        }
        assert_eq!(written, frozen[name], "{name}: {}", serde_json::to_string(&written).unwrap());
    }
}

#[test]
fn what_is_frozen_is_read() {
    let frozen = frozen();
    let item_named = |name: &str| from_json(&frozen[name]);
    assert_eq!(head_item::read(&item_named("head, open")).unwrap(), HeadRecord::new(head("orders", "o-1", 0)));
    let closed = head_item::read(&item_named("head, closed")).unwrap();
    assert_eq!((closed.head.status, closed.told_revision), (ExecutionStatus::TimedOut, 7));
    assert_eq!(head_item::read(&item_named("head, renewed")).unwrap(), renewed());
    let by_alias = head_item::read(&item_named("head, by an alias")).unwrap().head.identity;
    assert_eq!(by_alias.version_arn.as_deref(), Some("arn:aws:states:us-east-1:123456789012:stateMachine:orders:7"));
    assert_eq!(by_alias.alias_arn.as_deref(), Some("arn:aws:states:us-east-1:123456789012:stateMachine:orders:live"));
    assert_eq!(machines::read(&item_named("machine")).unwrap(), machine("orders", 2));
    assert_eq!(values::read(&item_named("value")).unwrap().1.as_ref(), r#"{"a":1}"#);
    assert_eq!(values::read(&item_named("value, packed")).unwrap().1.as_ref(), "long ".repeat(1_000));
    assert_eq!(items::read(&item_named("item")).unwrap(), item("SKU-1", json!({"name": "Lamp"}), Some(-3), 4));
    assert_eq!(items::read(&item_named("item, expiring")).unwrap().expires_at, Some(at(10)));
    for (name, entry) in ledger_entries() {
        assert_eq!(ledger::read(&item_named(name)).unwrap(), entry, "{name}");
    }
}

/// The bytes of an entry are frozen where they are made (`store`); here the names around them are.
#[test]
fn an_entry_stands_under_these_names() {
    let entry = entry(&identity("orders", "o-1"), 3, 7);
    let key = Key::Entry { execution: &entry.execution.identity.id, revision: entry.revision };
    let item = journal::written(&key, &entry).unwrap();
    let names: Vec<&str> = ["entry", "format", "pk", "seed", "sk"].into();
    let mut found: Vec<&str> = item.keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, names);
    assert_eq!(as_json(&item)["seed"], json!({"B": STANDARD.encode([7; 16])}));
    assert_eq!(journal::read(&item).unwrap(), entry);
}
