//! Of writers at the same time, exactly one wins.

use serde_json::json;

use super::samples::{add, at, entry, execution_id, head, held, identity, item_key, key, machine, put};
use super::{SharedStore, at_once, patiently};
use crate::{Condition, HeadCreation, LedgerExpectation, MachineChange, PutEntry, StateMachine, TransactError};

const WRITERS: std::ops::Range<u64> = 0..16;

fn seed(number: u64) -> u8 {
    u8::try_from(number).unwrap() + 1
}

pub(super) async fn of_many_writers_of_a_revision_exactly_one_wins(store: SharedStore) {
    let id = identity("order", "o-1");
    for revision in 1..=5 {
        let answers = at_once(WRITERS, |number| {
            let (store, entry) = (store.clone(), entry(&id, revision, seed(number)));
            async move { patiently(|| store.put_entry(&entry)).await.unwrap() }
        });
        let answers = answers.await;
        let winners: Vec<usize> = (0..answers.len()).filter(|number| answers[*number] == PutEntry::Committed).collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        let stored = store.latest_entry(&id.id).await.unwrap().unwrap();
        assert_eq!((stored.revision, stored.seed.0[0]), (revision, seed(u64::try_from(winners[0]).unwrap())), "the winner's");
    }
}

pub(super) async fn of_many_starts_of_a_name_exactly_one_creates(store: SharedStore) {
    let answers = at_once(WRITERS, |number| {
        let (store, mut head) = (store.clone(), head("order", "o-1", 5));
        head.identity.id = execution_id(&number.to_string());
        async move { (head.identity.id.clone(), patiently(|| store.create_head(&head)).await.unwrap()) }
    });
    let answers = answers.await;
    let stored = store.head(&identity("order", "o-1").arn).await.unwrap().unwrap();
    for (id, answer) in answers {
        match answer {
            HeadCreation::Created => assert_eq!(id, stored.identity.id, "one created it"),
            HeadCreation::Exists(found) => {
                assert!(*found == stored && id != stored.identity.id, "the others were told which one")
            }
        }
    }
}

pub(super) async fn of_many_takers_of_a_key_exactly_one_has_it(store: SharedStore) {
    let answers = at_once(WRITERS, |number| {
        let (store, key, entry) = (store.clone(), key("k"), held(&number.to_string(), 1));
        async move { patiently(|| store.put_ledger(&key, &entry, LedgerExpectation::Absent)).await.unwrap() }
    });
    let answers = answers.await;
    let winner = answers.iter().position(|taken| *taken).unwrap();
    assert_eq!(answers.iter().filter(|taken| **taken).count(), 1, "{answers:?}");
    let stored = store.ledger(&key("k")).await.unwrap().unwrap();
    assert_eq!((stored.state, stored.version), (held(&winner.to_string(), 1).state, 1));
}

pub(super) async fn concurrent_additions_all_count(store: SharedStore) {
    let answers = at_once(WRITERS, |number| {
        let store = store.clone();
        let writes = [add("a", i64::try_from(number).unwrap() + 1, None)];
        async move { patiently(|| store.transact(&[], &writes, at(0))).await }
    });
    assert!(answers.await.iter().all(Result::is_ok));
    let stored = store.item(&item_key("stock", "a"), at(0)).await.unwrap().unwrap();
    assert_eq!(stored.counters["units"], 136, "the sum of 1 to 16");
}

pub(super) async fn stock_is_never_oversold_by_concurrent_orders(store: SharedStore) {
    store.transact(&[], &[add("sku", 5, None)], at(0)).await.unwrap();
    let answers = at_once(WRITERS, |number| {
        let store = store.clone();
        async move {
            let writes = [add("sku", -1, Some(0)), put(&format!("order {number}"), json!({}), Condition::Absent)];
            patiently(|| store.transact(&[], &writes, at(0))).await
        }
    });
    let answers = answers.await;
    let sold = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(sold, 5, "{answers:?}");
    assert!(answers.iter().all(|answer| answer.is_ok() || *answer == Err(TransactError::Conditions(vec![0]))));
    let items = store.items("stock", None, 100, at(0)).await.unwrap();
    assert_eq!(items.len(), 6, "the stock, and an order for each unit");
}

pub(super) async fn of_many_transactions_on_a_version_exactly_one_writes(store: SharedStore) {
    store.transact(&[], &[put("a", json!({}), Condition::Absent)], at(0)).await.unwrap();
    let answers = at_once(WRITERS, |number| {
        let store = store.clone();
        async move {
            let writes = [put("a", json!({"by": number}), Condition::Version(1)), add("count", 1, None)];
            patiently(|| store.transact(&[], &writes, at(0))).await
        }
    });
    let answers = answers.await;
    let winner = answers.iter().position(Result::is_ok).unwrap();
    let losers = answers.iter().filter(|answer| **answer == Err(TransactError::Conditions(vec![0]))).count();
    assert_eq!(losers, answers.len() - 1, "{answers:?}");
    let stored = store.items("stock", None, 10, at(0)).await.unwrap();
    assert_eq!((&stored[0].body, stored[1].counters["units"]), (&json!({"by": winner}), 1));
}

pub(super) async fn concurrent_lowerings_leave_the_earliest(store: SharedStore) {
    let created = head("order", "o-1", 100);
    store.create_head(&created).await.unwrap();
    let answers = at_once(WRITERS, |number| {
        let (store, identity) = (store.clone(), created.identity.clone());
        let seconds = 20 + i64::try_from(number).unwrap();
        async move { patiently(|| store.lower_wake(&identity, at(seconds), 100 - number)).await }
    });
    assert!(answers.await.iter().all(Result::is_ok));
    let stored = store.head(&created.identity.arn).await.unwrap().unwrap();
    assert_eq!((stored.wake_at, stored.wake_revision), (Some(at(20)), 100));
}

pub(super) async fn of_many_updates_of_a_machine_exactly_one_is_written(store: SharedStore) {
    store.put_machine(&machine("order", 1)).await.unwrap();
    let answers = at_once(WRITERS, |number| {
        let (store, updated_at) = (store.clone(), at(i64::try_from(number).unwrap()));
        let update = StateMachine { updated_at, ..machine("order", 2) };
        async move { patiently(|| store.put_machine(&update)).await.unwrap() }
    });
    let answers = answers.await;
    let winner = answers.iter().position(|change| *change == MachineChange::Written).unwrap();
    assert_eq!(answers.iter().filter(|change| **change == MachineChange::Written).count(), 1, "{answers:?}");
    let stored = store.machine(&machine("order", 1).arn).await.unwrap().unwrap();
    assert_eq!(stored.updated_at, at(i64::try_from(winner).unwrap()));
}
