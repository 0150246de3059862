//! The ledger has one entry per key, changed from version to version.

use serde_json::json;

use super::SharedStore;
use super::samples::{at, failed, held, key, noise, revoked, succeeded, versioned};
use crate::LedgerExpectation::{Absent, Version};
use crate::{LedgerEntry, LedgerState};

async fn read(store: &SharedStore, name: &str) -> LedgerEntry {
    store.ledger(&key(name)).await.unwrap().unwrap()
}

pub(super) async fn an_absent_entry_is_taken_once(store: SharedStore) {
    assert_eq!(store.ledger(&key("a")).await, Ok(None));
    assert_eq!(store.put_ledger(&key("a"), &held("one", 1), Absent).await, Ok(true));
    assert_eq!(store.put_ledger(&key("a"), &held("other", 1), Absent).await, Ok(false));
    assert_eq!(read(&store, "a").await, versioned(held("one", 1), 1), "the first version is 1");
    assert_eq!(store.put_ledger(&key("b"), &held("other", 1), Absent).await, Ok(true), "another key is free");
}

pub(super) async fn an_entry_is_written_over_by_its_version_only(store: SharedStore) {
    store.put_ledger(&key("a"), &held("one", 1), Absent).await.unwrap();
    for version in [0, 2, 3] {
        assert_eq!(store.put_ledger(&key("a"), &held("two", 2), Version(version)).await, Ok(false), "{version}");
    }
    assert_eq!(store.put_ledger(&key("a"), &held("two", 2), Version(1)).await, Ok(true));
    assert_eq!(read(&store, "a").await, versioned(held("two", 2), 2));
    assert_eq!(store.put_ledger(&key("a"), &held("three", 3), Version(1)).await, Ok(false), "its version has changed");
}

pub(super) async fn every_state_reads_back_as_it_was_written(store: SharedStore) {
    let states = [
        held("one", 3),
        failed("OutOfStock", true),
        failed("Lambda.Unknown", false),
        succeeded(json!({"Größe": [1, 2.5, null, 12_345_678_901_234_567_u64], "": {}})),
        succeeded(json!(null)),
        revoked(),
        LedgerEntry { heartbeat_at: Some(at(3)), ..held("two", 1) },
    ];
    for (number, entry) in states.into_iter().enumerate() {
        let name = format!("key {number}/ä");
        assert_eq!(store.put_ledger(&key(&name), &entry, Absent).await, Ok(true));
        assert_eq!(read(&store, &name).await, versioned(entry, 1));
    }
}

pub(super) async fn a_lost_answer_met_again_is_a_success(store: SharedStore) {
    for _ in 0..2 {
        assert_eq!(store.put_ledger(&key("a"), &held("one", 1), Absent).await, Ok(true));
    }
    for _ in 0..2 {
        assert_eq!(store.put_ledger(&key("a"), &succeeded(json!(1)), Version(1)).await, Ok(true));
    }
    assert_eq!(read(&store, "a").await, versioned(succeeded(json!(1)), 2), "written once");
}

pub(super) async fn what_another_wrote_at_that_version_is_no_success(store: SharedStore) {
    store.put_ledger(&key("a"), &held("one", 1), Absent).await.unwrap();
    store.put_ledger(&key("a"), &held("two", 2), Version(1)).await.unwrap();
    assert_eq!(store.put_ledger(&key("a"), &held("other", 2), Version(1)).await, Ok(false), "another owner");
    assert_eq!(store.put_ledger(&key("a"), &held("two", 3), Version(1)).await, Ok(false), "another attempt");
    assert_eq!(store.put_ledger(&key("a"), &held("two", 2), Version(2)).await, Ok(true), "a later version of the same");
    assert_eq!(store.put_ledger(&key("a"), &held("two", 2), Version(1)).await, Ok(false), "and now an earlier one");
}

pub(super) async fn a_key_expected_at_a_version_must_exist(store: SharedStore) {
    assert_eq!(store.put_ledger(&key("a"), &held("one", 1), Version(0)).await, Ok(false));
    assert_eq!(store.put_ledger(&key("a"), &held("one", 1), Version(1)).await, Ok(false));
    assert_eq!(store.ledger(&key("a")).await, Ok(None));
}

pub(super) async fn a_large_result_is_kept(store: SharedStore) {
    let large = succeeded(json!({"text": noise(200 * 1024)}));
    assert_eq!(store.put_ledger(&key("a"), &large, Absent).await, Ok(true));
    assert_eq!(read(&store, "a").await, versioned(large, 1));
}

pub(super) async fn a_heartbeat_leaves_the_version_alone(store: SharedStore) {
    store.put_ledger(&key("a"), &held("one", 1), Absent).await.unwrap();
    store.heartbeat(&key("a"), at(5)).await.unwrap();
    let expected = LedgerEntry { heartbeat_at: Some(at(5)), ..versioned(held("one", 1), 1) };
    assert_eq!(read(&store, "a").await, expected);
    assert_eq!(store.put_ledger(&key("a"), &succeeded(json!(1)), Version(1)).await, Ok(true), "the holder notices nothing");
}

pub(super) async fn a_heartbeat_without_an_entry_makes_one(store: SharedStore) {
    store.heartbeat(&key("a"), at(5)).await.unwrap();
    let expected = LedgerEntry { attempt: 0, state: LedgerState::HeardOf, heartbeat_at: Some(at(5)), version: 1 };
    assert_eq!(read(&store, "a").await, expected);
    store.heartbeat(&key("a"), at(8)).await.unwrap();
    assert_eq!(read(&store, "a").await, LedgerEntry { heartbeat_at: Some(at(8)), ..expected });
}

pub(super) async fn an_entry_made_by_a_heartbeat_is_not_absent(store: SharedStore) {
    store.heartbeat(&key("a"), at(5)).await.unwrap();
    assert_eq!(store.put_ledger(&key("a"), &held("one", 1), Absent).await, Ok(false));
    assert_eq!(store.put_ledger(&key("a"), &held("one", 1), Version(1)).await, Ok(true));
    assert_eq!(read(&store, "a").await.state, held("one", 1).state);
}

pub(super) async fn an_earlier_heartbeat_changes_nothing(store: SharedStore) {
    store.put_ledger(&key("a"), &held("one", 1), Absent).await.unwrap();
    store.heartbeat(&key("a"), at(9)).await.unwrap();
    store.heartbeat(&key("a"), at(5)).await.unwrap();
    assert_eq!(read(&store, "a").await.heartbeat_at, Some(at(9)));
}

pub(super) async fn a_write_takes_no_heartbeat_back(store: SharedStore) {
    // Heartbeats come between a holder's read and its write.
    store.put_ledger(&key("a"), &held("one", 1), Absent).await.unwrap();
    store.heartbeat(&key("a"), at(9)).await.unwrap();
    store.put_ledger(&key("a"), &held("one", 1), Version(1)).await.unwrap();
    assert_eq!(read(&store, "a").await.heartbeat_at, Some(at(9)));
    let earlier = LedgerEntry { heartbeat_at: Some(at(4)), ..held("two", 2) };
    store.put_ledger(&key("a"), &earlier, Version(2)).await.unwrap();
    assert_eq!(read(&store, "a").await.heartbeat_at, Some(at(9)));
    let later = LedgerEntry { heartbeat_at: Some(at(12)), ..held("two", 2) };
    store.put_ledger(&key("a"), &later, Version(3)).await.unwrap();
    assert_eq!(read(&store, "a").await.heartbeat_at, Some(at(12)));
}

pub(super) async fn a_heartbeat_between_two_tries_does_not_hide_the_first(store: SharedStore) {
    store.put_ledger(&key("a"), &held("one", 1), Absent).await.unwrap();
    store.heartbeat(&key("a"), at(9)).await.unwrap();
    assert_eq!(store.put_ledger(&key("a"), &held("one", 1), Absent).await, Ok(true));
    assert_eq!(read(&store, "a").await.version, 1);
}
