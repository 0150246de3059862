//! A journal has one entry per revision.

use interpreter::Payload;

use super::samples::{entry, execution_id, identity, noise};
use super::{SharedStore, at_once};
use crate::{Entry, PutEntry, StoreError};

fn order(revision: u64, seed: u8) -> Entry {
    entry(&identity("order", "o-1"), revision, seed)
}

async fn revisions(store: &SharedStore, from: u64, limit: usize) -> Vec<u64> {
    let entries = store.entries(&identity("order", "o-1").id, from, limit).await.unwrap();
    entries.into_iter().map(|entry| entry.revision).collect()
}

pub(super) async fn an_entry_reads_back_as_it_was_put(store: SharedStore) {
    let put = order(1, 1);
    assert_eq!(store.put_entry(&put).await, Ok(PutEntry::Committed));
    assert_eq!(store.latest_entry(&put.execution.identity.id).await, Ok(Some(put.clone())));
    assert_eq!(store.entries(&put.execution.identity.id, 0, 10).await, Ok(vec![put]));
}

pub(super) async fn a_revision_is_written_once(store: SharedStore) {
    let (first, second) = (order(1, 1), order(1, 2));
    assert_eq!(store.put_entry(&first).await, Ok(PutEntry::Committed));
    assert_eq!(store.put_entry(&second).await, Ok(PutEntry::Conflict));
    assert_eq!(store.latest_entry(&first.execution.identity.id).await, Ok(Some(first)));
}

pub(super) async fn a_writer_recognizes_its_own_entry_by_the_seed(store: SharedStore) {
    assert_eq!(store.put_entry(&order(1, 1)).await, Ok(PutEntry::Committed));
    assert_eq!(store.put_entry(&order(1, 1)).await, Ok(PutEntry::Committed));
    assert_eq!(revisions(&store, 0, 10).await, [1]);
}

pub(super) async fn an_earlier_entry_met_again_is_still_recognized(store: SharedStore) {
    for revision in 1..=3 {
        store.put_entry(&order(revision, 1)).await.unwrap();
    }
    assert_eq!(store.put_entry(&order(2, 1)).await, Ok(PutEntry::Committed));
    assert_eq!(store.put_entry(&order(2, 9)).await, Ok(PutEntry::Conflict));
}

pub(super) async fn the_latest_entry_is_the_one_of_the_highest_revision(store: SharedStore) {
    // Revisions as numbers, not as text: 10 comes after 9, and 2^32 after that.
    for revision in [9, 10, 2, 4_294_967_296, 100] {
        store.put_entry(&order(revision, 1)).await.unwrap();
    }
    let latest = store.latest_entry(&identity("order", "o-1").id).await.unwrap();
    assert_eq!(latest, Some(order(4_294_967_296, 1)));
}

pub(super) async fn entries_are_read_in_order_from_a_revision_on(store: SharedStore) {
    for revision in [3, 1, 12, 2, 9] {
        store.put_entry(&order(revision, 1)).await.unwrap();
    }
    assert_eq!(revisions(&store, 0, 10).await, [1, 2, 3, 9, 12]);
    assert_eq!(revisions(&store, 3, 10).await, [3, 9, 12], "the first one included");
    assert_eq!(revisions(&store, 4, 2).await, [9, 12]);
    assert_eq!(revisions(&store, 1, 2).await, [1, 2], "not more than asked for");
    assert_eq!(revisions(&store, 13, 10).await, Vec::<u64>::new());
}

pub(super) async fn an_empty_journal_has_no_entries(store: SharedStore) {
    assert_eq!(store.latest_entry(&execution_id("nobody")).await, Ok(None));
    assert_eq!(store.entries(&execution_id("nobody"), 0, 10).await, Ok(vec![]));
}

pub(super) async fn executions_have_journals_of_their_own(store: SharedStore) {
    let (one, other) = (identity("order", "o-1"), identity("order", "o-2"));
    assert_eq!(store.put_entry(&entry(&one, 1, 1)).await, Ok(PutEntry::Committed));
    assert_eq!(store.put_entry(&entry(&other, 1, 2)).await, Ok(PutEntry::Committed));
    assert_eq!(store.latest_entry(&one.id).await, Ok(Some(entry(&one, 1, 1))));
    assert_eq!(store.entries(&other.id, 0, 10).await, Ok(vec![entry(&other, 1, 2)]));
}

pub(super) async fn a_thousand_entries_are_paged(store: SharedStore) {
    let put = |revision| {
        let store = store.clone();
        async move { store.put_entry(&order(revision, 1)).await }
    };
    let answers = at_once(1..1001, put).await;
    assert!(answers.iter().all(|answer| *answer == Ok(PutEntry::Committed)));
    let mut read = Vec::new();
    while read.len() < 1000 {
        let from = read.last().map_or(0, |last| last + 1);
        let page = revisions(&store, from, 300).await;
        assert_eq!(page.len(), 300.min(1000 - read.len()), "a page is full unless it is the last");
        read.extend(page);
    }
    assert_eq!(read, (1..=1000).collect::<Vec<_>>());
}

pub(super) async fn an_entry_too_large_for_any_store_is_refused(store: SharedStore) {
    let mut large = order(1, 1);
    large.execution.input = Payload::inline(noise(600 * 1024));
    assert!(matches!(store.put_entry(&large).await, Err(StoreError::Refused(_))));
    assert_eq!(store.latest_entry(&large.execution.identity.id).await, Ok(None));
}

pub(super) async fn a_large_entry_is_kept(store: SharedStore) {
    let mut large = order(1, 1);
    large.execution.input = Payload::inline(noise(500 * 1024));
    assert!(large.encode().unwrap().len() > 370 * 1024, "close to the limit");
    assert_eq!(store.put_entry(&large).await, Ok(PutEntry::Committed));
    assert_eq!(store.latest_entry(&large.execution.identity.id).await, Ok(Some(large)));
}
