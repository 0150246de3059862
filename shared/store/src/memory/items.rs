//! Handlers' items, by key.

use std::collections::BTreeMap;
use std::ops::Bound;

use interpreter::Timestamp;

use crate::{Item, ItemChange, ItemKey, TransactError, Write, item_changes};

#[derive(Debug, Default)]
pub(super) struct Items(BTreeMap<ItemKey, Item>);

impl Items {
    pub(super) fn get(&self, key: &ItemKey, now: Timestamp) -> Option<&Item> {
        self.0.get(key).filter(|item| item.is_live(now))
    }

    pub(super) fn list(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Vec<Item> {
        let place = |sort: &str| ItemKey { partition: partition.to_owned(), sort: sort.to_owned() };
        let start = after.map_or_else(|| Bound::Included(place("")), |after| Bound::Excluded(place(after)));
        self.0
            .range((start, Bound::Unbounded))
            .take_while(|(key, _)| key.partition == partition)
            .map(|(_, item)| item)
            .filter(|item| item.is_live(now))
            .take(limit)
            .cloned()
            .collect()
    }

    /// The items that have expired by `now`, and are there still.
    pub(super) fn expired(&self, now: Timestamp) -> Vec<ItemKey> {
        let has_expired = |item: &Item| item.expires_at.is_some_and(|expires_at| expires_at <= now);
        self.0.iter().filter(|(_, item)| has_expired(item)).map(|(key, _)| key.clone()).collect()
    }

    /// What a transaction is to change.
    pub(super) fn decide(&self, writes: &[Write], now: Timestamp) -> Result<Vec<(ItemKey, ItemChange)>, TransactError> {
        item_changes(writes.iter().map(|write| (write, write.applied_to(self.get(write.key(), now)))))
    }

    pub(super) fn write(&mut self, changes: Vec<(ItemKey, ItemChange)>) {
        for (key, change) in changes {
            match change {
                ItemChange::Put(item) => {
                    self.0.insert(key, item);
                }
                ItemChange::Delete => {
                    self.0.remove(&key);
                }
                ItemChange::Keep => {}
            }
        }
    }
}
