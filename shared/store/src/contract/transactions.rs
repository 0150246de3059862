//! A transaction writes all or nothing, and says what stood in the way.

use serde_json::json;

use super::SharedStore;
use super::samples::{
    add, at, delete, held, item, item_key, key, put, put_until, require, revoked, succeeded, taking, versioned,
};
use crate::LedgerExpectation::{Absent, Version};
use crate::{Condition, Item, StoreError, TransactError, Write};

async fn write(store: &SharedStore, writes: &[Write]) -> Result<(), TransactError> {
    store.transact(&[], writes, at(0)).await
}

async fn read(store: &SharedStore, sort: &str) -> Option<Item> {
    store.item(&item_key("stock", sort), at(0)).await.unwrap()
}

async fn units(store: &SharedStore, sort: &str) -> Option<i64> {
    read(store, sort).await.and_then(|item| item.counters.get("units").copied())
}

fn refused(answer: &Result<(), TransactError>) -> bool {
    matches!(answer, Err(TransactError::Store(StoreError::Refused(_))))
}

pub(super) async fn ledger_and_items_are_written_together(store: SharedStore) {
    let writes = [put("a", json!({"n": 1}), Condition::Absent), add("b", 5, None)];
    assert_eq!(store.transact(&[taking("k", "one")], &writes, at(0)).await, Ok(()));
    assert_eq!(store.ledger(&key("k")).await, Ok(Some(versioned(held("one", 1), 1))));
    assert_eq!(read(&store, "a").await, Some(item("a", json!({"n": 1}), None, 1)));
    assert_eq!(read(&store, "b").await, Some(item("b", json!({}), Some(5), 0)));
    let done = (key("k"), succeeded(json!("ok")), Version(1));
    let writes = [put("a", json!({"n": 2}), Condition::Version(1)), delete("b", Condition::Always)];
    assert_eq!(store.transact(&[done], &writes, at(0)).await, Ok(()));
    assert_eq!(store.ledger(&key("k")).await, Ok(Some(versioned(succeeded(json!("ok")), 2))));
    assert_eq!(read(&store, "a").await, Some(item("a", json!({"n": 2}), None, 2)));
    assert_eq!(read(&store, "b").await, None);
}

pub(super) async fn nothing_is_written_if_the_ledger_is_not_as_expected(store: SharedStore) {
    store.put_ledger(&key("k"), &held("one", 1), Absent).await.unwrap();
    let writes = [put("a", json!({}), Condition::Always), add("b", 5, None)];
    assert_eq!(store.transact(&[taking("k", "other")], &writes, at(0)).await, Err(TransactError::Ledger));
    let late = (key("k"), held("other", 2), Version(7));
    assert_eq!(store.transact(&[late], &writes, at(0)).await, Err(TransactError::Ledger));
    assert_eq!((read(&store, "a").await, read(&store, "b").await), (None, None));
    assert_eq!(store.ledger(&key("k")).await, Ok(Some(versioned(held("one", 1), 1))));
}

pub(super) async fn nothing_is_written_if_a_condition_does_not_hold(store: SharedStore) {
    let writes = [put("a", json!({}), Condition::Absent), add("b", -1, Some(0)), put("c", json!({}), Condition::Always)];
    let answer = store.transact(&[taking("k", "one")], &writes, at(0)).await;
    assert_eq!(answer, Err(TransactError::Conditions(vec![1])));
    assert_eq!(store.ledger(&key("k")).await, Ok(None));
    assert_eq!((read(&store, "a").await, read(&store, "b").await, read(&store, "c").await), (None, None, None));
}

pub(super) async fn a_lost_lease_is_reported_before_failed_conditions(store: SharedStore) {
    store.put_ledger(&key("k"), &revoked(), Absent).await.unwrap();
    let answer = store.transact(&[taking("k", "one")], &[add("b", -1, Some(0))], at(0)).await;
    assert_eq!(answer, Err(TransactError::Ledger), "a revoked key is never answered with business");
}

pub(super) async fn failed_conditions_are_named_by_their_indexes(store: SharedStore) {
    write(&store, &[put("a", json!({}), Condition::Absent), add("b", 3, None)]).await.unwrap();
    let writes = [
        put("a", json!({}), Condition::Absent),
        put("c", json!({}), Condition::Absent),
        add("b", -4, Some(0)),
        require("d", Condition::Absent),
        delete("e", Condition::Version(1)),
        require("f", Condition::Version(2)),
    ];
    // With and without a ledger entry before them: the indexes are those of the writes.
    assert_eq!(write(&store, &writes).await, Err(TransactError::Conditions(vec![0, 2, 4, 5])));
    let answer = store.transact(&[taking("k", "one"), taking("l", "one")], &writes, at(0)).await;
    assert_eq!(answer, Err(TransactError::Conditions(vec![0, 2, 4, 5])));
}

pub(super) async fn several_ledger_entries_are_written_together(store: SharedStore) {
    // A compensation revokes its action's key and takes its own in one write.
    let revoking = (key("action"), revoked(), Absent);
    let done = (key("undo"), succeeded(json!({})), Absent);
    assert_eq!(store.transact(&[revoking, done], &[add("a", 1, None)], at(0)).await, Ok(()));
    assert_eq!(store.ledger(&key("action")).await, Ok(Some(versioned(revoked(), 1))));
    assert_eq!(store.ledger(&key("undo")).await, Ok(Some(versioned(succeeded(json!({})), 1))));
    assert_eq!(units(&store, "a").await, Some(1));
}

pub(super) async fn one_unexpected_ledger_entry_of_several_spoils_all(store: SharedStore) {
    store.put_ledger(&key("b"), &held("one", 1), Absent).await.unwrap();
    let entries = [taking("a", "other"), taking("b", "other"), taking("c", "other")];
    assert_eq!(store.transact(&entries, &[], at(0)).await, Err(TransactError::Ledger));
    assert_eq!(store.ledger(&key("a")).await, Ok(None));
    assert_eq!(store.ledger(&key("c")).await, Ok(None));
}

pub(super) async fn an_absent_item_can_be_required(store: SharedStore) {
    assert_eq!(write(&store, &[put("a", json!(1), Condition::Absent)]).await, Ok(()));
    assert_eq!(write(&store, &[put("a", json!(2), Condition::Absent)]).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(write(&store, &[require("a", Condition::Absent)]).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(write(&store, &[require("b", Condition::Absent)]).await, Ok(()));
    assert_eq!(read(&store, "a").await, Some(item("a", json!(1), None, 1)));
}

pub(super) async fn a_version_can_be_required(store: SharedStore) {
    write(&store, &[put("a", json!(1), Condition::Absent)]).await.unwrap();
    write(&store, &[put("a", json!(2), Condition::Always)]).await.unwrap();
    for version in [0, 1, 3] {
        let condition = Condition::Version(version);
        for write_of_it in [put("a", json!(3), condition), delete("a", condition), require("a", condition)] {
            assert_eq!(write(&store, &[write_of_it]).await, Err(TransactError::Conditions(vec![0])), "{version}");
        }
    }
    assert_eq!(write(&store, &[require("a", Condition::Version(2))]).await, Ok(()));
    assert_eq!(write(&store, &[put("a", json!(3), Condition::Version(2))]).await, Ok(()));
    assert_eq!(write(&store, &[delete("a", Condition::Version(3))]).await, Ok(()));
    assert_eq!(read(&store, "a").await, None);
}

pub(super) async fn a_required_condition_writes_nothing(store: SharedStore) {
    assert_eq!(write(&store, &[require("a", Condition::Absent), require("b", Condition::Always)]).await, Ok(()));
    assert_eq!((read(&store, "a").await, read(&store, "b").await), (None, None));
    write(&store, &[put("a", json!(1), Condition::Absent)]).await.unwrap();
    write(&store, &[require("a", Condition::Version(1))]).await.unwrap();
    assert_eq!(read(&store, "a").await, Some(item("a", json!(1), None, 1)));
}

pub(super) async fn an_addition_makes_the_item(store: SharedStore) {
    write(&store, &[add("a", 5, None)]).await.unwrap();
    assert_eq!(read(&store, "a").await, Some(item("a", json!({}), Some(5), 0)));
    assert_eq!(write(&store, &[require("a", Condition::Version(0))]).await, Ok(()), "nothing was put yet");
    assert_eq!(write(&store, &[require("a", Condition::Absent)]).await, Err(TransactError::Conditions(vec![0])));
    write(&store, &[put("a", json!({"n": 1}), Condition::Version(0))]).await.unwrap();
    assert_eq!(read(&store, "a").await, Some(item("a", json!({"n": 1}), Some(5), 1)));
}

pub(super) async fn an_addition_stops_at_its_floor(store: SharedStore) {
    write(&store, &[add("a", 5, None)]).await.unwrap();
    assert_eq!(write(&store, &[add("a", -6, Some(0))]).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(units(&store, "a").await, Some(5));
    assert_eq!(write(&store, &[add("a", -6, None)]).await, Ok(()), "without a floor there is no bound");
    assert_eq!(units(&store, "a").await, Some(-1));
    assert_eq!(write(&store, &[add("a", 2, Some(3))]).await, Err(TransactError::Conditions(vec![0])), "the sum is what counts");
}

pub(super) async fn an_addition_exactly_to_the_floor_is_made(store: SharedStore) {
    write(&store, &[add("a", 5, None)]).await.unwrap();
    assert_eq!(write(&store, &[add("a", -5, Some(0))]).await, Ok(()));
    assert_eq!(write(&store, &[add("a", -3, Some(-3))]).await, Ok(()));
    assert_eq!(units(&store, "a").await, Some(-3));
}

pub(super) async fn an_addition_to_an_absent_counter_starts_from_zero(store: SharedStore) {
    assert_eq!(write(&store, &[add("a", -1, Some(0))]).await, Err(TransactError::Conditions(vec![0])), "of an absent item");
    assert_eq!(read(&store, "a").await, None);
    write(&store, &[put("a", json!({"units": 9}), Condition::Absent)]).await.unwrap();
    assert_eq!(write(&store, &[add("a", -1, Some(0))]).await, Err(TransactError::Conditions(vec![0])), "the body is not counted");
    let other = Write::Add { key: item_key("stock", "a"), counter: "held-back".to_owned(), delta: 2, floor: Some(2) };
    assert_eq!(write(&store, &[other]).await, Ok(()));
    assert_eq!(write(&store, &[add("a", 0, Some(0))]).await, Ok(()));
    let counters = read(&store, "a").await.unwrap().counters;
    assert_eq!(counters, [("held-back".to_owned(), 2), ("units".to_owned(), 0)].into());
}

pub(super) async fn counters_survive_a_put(store: SharedStore) {
    write(&store, &[put("a", json!({"n": 1}), Condition::Always)]).await.unwrap();
    write(&store, &[add("a", 5, None)]).await.unwrap();
    write(&store, &[put("a", json!({"n": 2}), Condition::Version(1))]).await.unwrap();
    assert_eq!(read(&store, "a").await, Some(item("a", json!({"n": 2}), Some(5), 2)));
}

pub(super) async fn additions_do_not_change_the_version(store: SharedStore) {
    write(&store, &[put("a", json!({"n": 1}), Condition::Always)]).await.unwrap();
    write(&store, &[add("a", 5, None)]).await.unwrap();
    write(&store, &[add("a", -2, Some(0))]).await.unwrap();
    assert_eq!(read(&store, "a").await, Some(item("a", json!({"n": 1}), Some(3), 1)));
}

pub(super) async fn a_deletion_takes_its_counters_with_it(store: SharedStore) {
    write(&store, &[put("a", json!({"n": 1}), Condition::Always)]).await.unwrap();
    write(&store, &[add("a", 5, None)]).await.unwrap();
    write(&store, &[delete("a", Condition::Always)]).await.unwrap();
    assert_eq!(read(&store, "a").await, None);
    write(&store, &[put("a", json!({"n": 2}), Condition::Absent)]).await.unwrap();
    assert_eq!(read(&store, "a").await, Some(item("a", json!({"n": 2}), None, 1)), "a new item");
}

pub(super) async fn deleting_an_absent_item_needs_no_condition(store: SharedStore) {
    assert_eq!(write(&store, &[delete("a", Condition::Always)]).await, Ok(()));
    assert_eq!(write(&store, &[delete("a", Condition::Absent)]).await, Ok(()));
    assert_eq!(write(&store, &[delete("a", Condition::Version(1))]).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(read(&store, "a").await, None);
}

pub(super) async fn an_expired_item_counts_as_absent(store: SharedStore) {
    write(&store, &[put_until("a", json!({"n": 1}), at(10), Condition::Absent)]).await.unwrap();
    let late = async |write: Write| store.transact(&[], &[write], at(10)).await;
    assert_eq!(late(require("a", Condition::Version(1))).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(late(put("a", json!({}), Condition::Version(1))).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(late(delete("a", Condition::Version(1))).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(late(require("a", Condition::Absent)).await, Ok(()));
    assert_eq!(late(put_until("a", json!({"n": 2}), at(30), Condition::Absent)).await, Ok(()));
    let read = store.item(&item_key("stock", "a"), at(20)).await.unwrap().unwrap();
    assert_eq!((read.body, read.expires_at), (json!({"n": 2}), Some(at(30))));
}

pub(super) async fn an_item_that_expires_later_counts_as_present(store: SharedStore) {
    write(&store, &[put_until("a", json!({"n": 1}), at(10), Condition::Absent)]).await.unwrap();
    let early = async |write: Write| store.transact(&[], &[write], at(9)).await;
    assert_eq!(early(put("a", json!({}), Condition::Absent)).await, Err(TransactError::Conditions(vec![0])));
    assert_eq!(early(require("a", Condition::Version(1))).await, Ok(()));
}

pub(super) async fn a_put_without_expiry_ends_an_expiry(store: SharedStore) {
    write(&store, &[put_until("a", json!({"n": 1}), at(10), Condition::Absent)]).await.unwrap();
    write(&store, &[put("a", json!({"n": 2}), Condition::Version(1))]).await.unwrap();
    let read = store.item(&item_key("stock", "a"), at(9999)).await.unwrap();
    assert_eq!(read, Some(item("a", json!({"n": 2}), None, 2)));
}

pub(super) async fn a_hundred_writes_are_possible_and_one_more_is_refused(store: SharedStore) {
    let writes: Vec<Write> = (0..100).map(|number| add(&format!("{number:03}"), 1, None)).collect();
    let answer = store.transact(&[taking("k", "one")], &writes, at(0)).await;
    assert!(refused(&answer), "the ledger counts: {answer:?}");
    assert_eq!(store.items("stock", None, 1, at(0)).await, Ok(vec![]));
    assert_eq!(store.transact(&[taking("k", "one")], &writes[..99], at(0)).await, Ok(()));
    assert_eq!(write(&store, &writes).await, Ok(()));
    let read = store.items("stock", None, 1000, at(0)).await.unwrap();
    assert_eq!(read.len(), 100);
    assert_eq!((units(&store, "000").await, units(&store, "099").await), (Some(2), Some(1)));
}

pub(super) async fn the_same_item_twice_is_refused(store: SharedStore) {
    for second in [add("a", 1, None), put("a", json!({}), Condition::Always), delete("a", Condition::Always)] {
        let answer = write(&store, &[add("a", 1, None), add("b", 1, None), second]).await;
        assert!(refused(&answer), "{answer:?}");
    }
    let answer = write(&store, &[require("a", Condition::Absent), put("a", json!({}), Condition::Always)]).await;
    assert!(refused(&answer), "a condition is a write too: {answer:?}");
    assert_eq!((read(&store, "a").await, read(&store, "b").await), (None, None));
}

pub(super) async fn the_same_ledger_key_twice_is_refused(store: SharedStore) {
    let answer = store.transact(&[taking("k", "one"), taking("k", "one")], &[], at(0)).await;
    assert!(refused(&answer), "{answer:?}");
    assert_eq!(store.ledger(&key("k")).await, Ok(None));
}

pub(super) async fn an_empty_transaction_succeeds(store: SharedStore) {
    assert_eq!(store.transact(&[], &[], at(0)).await, Ok(()));
}

pub(super) async fn a_transaction_whose_answer_was_lost_is_not_applied_again(store: SharedStore) {
    store.put_ledger(&key("k"), &held("one", 1), Absent).await.unwrap();
    let done = [(key("k"), succeeded(json!(1)), Version(1)), (key("action"), revoked(), Absent)];
    let writes = [add("a", -1, None), put("b", json!({}), Condition::Absent)];
    for _ in 0..3 {
        assert_eq!(store.transact(&done, &writes, at(0)).await, Ok(()));
    }
    assert_eq!(units(&store, "a").await, Some(-1));
    assert_eq!(read(&store, "b").await, Some(item("b", json!({}), None, 1)));
    assert_eq!(store.ledger(&key("k")).await, Ok(Some(versioned(succeeded(json!(1)), 2))));
}

pub(super) async fn a_transaction_that_meets_only_part_of_itself_fails(store: SharedStore) {
    store.put_ledger(&key("action"), &revoked(), Absent).await.unwrap();
    let entries = [(key("action"), revoked(), Absent), taking("k", "one")];
    assert_eq!(store.transact(&entries, &[add("a", 1, None)], at(0)).await, Err(TransactError::Ledger));
    assert_eq!((store.ledger(&key("k")).await, read(&store, "a").await), (Ok(None), None));
}

pub(super) async fn a_transaction_without_ledger_writes_items(store: SharedStore) {
    assert_eq!(write(&store, &[add("a", 1, None)]).await, Ok(()));
    assert_eq!(write(&store, &[add("a", 1, None)]).await, Ok(()), "it cannot know itself");
    assert_eq!(units(&store, "a").await, Some(2));
}
