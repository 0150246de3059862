//! How handlers' items change: decided here, once for the stores that hold a lock while they decide.

use std::collections::{BTreeMap, BTreeSet};

use breaks::Break;
use interpreter::{IdempotencyKey, Timestamp};
use serde_json::Value;

use crate::{Condition, Item, ItemKey, LedgerEntry, LedgerExpectation, StoreError, TransactError, Write};

/// The most writes of one transaction, ledger entries included (DynamoDB's limit).
pub const TRANSACTION_WRITES_MAX: usize = 100;

/// What a write does to an item whose condition holds.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemChange {
    /// This is to be written.
    Put(Item),
    /// It is to be deleted.
    Delete,
    /// Nothing is to be written.
    Keep,
}

impl Write {
    /// The item it is about.
    pub fn key(&self) -> &ItemKey {
        match self {
            Self::Put { key, .. } | Self::Add { key, .. } | Self::Delete { key, .. } | Self::Check { key, .. } => key,
        }
    }

    /// What it does where `stored` stands (expired ones left out, see [`Item::is_live`]); `None` if its condition does not hold.
    pub fn applied_to(&self, stored: Option<&Item>) -> Option<ItemChange> {
        match self {
            Self::Put { key, body, expires_at, condition } => condition.holds(stored).then(|| {
                ItemChange::Put(Item {
                    key: key.clone(),
                    body: body.clone(),
                    counters: stored.map(|stored| stored.counters.clone()).unwrap_or_default(),
                    version: stored.map_or(0, |stored| stored.version).saturating_add(1),
                    expires_at: *expires_at,
                })
            }),
            Self::Add { key, counter, delta, floor } => {
                let mut item = stored.cloned().unwrap_or_else(|| Item::made_by_adding(key));
                let sum = item.counters.get(counter).copied().unwrap_or(0).checked_add(*delta)?;
                item.counters.insert(counter.clone(), sum);
                floor.is_none_or(|floor| sum >= floor).then_some(ItemChange::Put(item))
            }
            Self::Delete { condition, .. } => condition.holds(stored).then_some(ItemChange::Delete),
            Self::Check { condition, .. } => condition.holds(stored).then_some(ItemChange::Keep),
        }
    }
}

impl Condition {
    fn holds(self, stored: Option<&Item>) -> bool {
        match self {
            Self::Always => true,
            Self::Absent => stored.is_none(),
            Self::Version(version) => stored.is_some_and(|stored| stored.version == version),
        }
    }
}

impl Item {
    /// Whether it has not expired by `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| expires_at > now || breaks::active(Break::ExpiredItemRead))
    }

    /// The item that an addition makes: version 0, since nothing was put yet.
    fn made_by_adding(key: &ItemKey) -> Self {
        let body = Value::Object(serde_json::Map::new());
        Self { key: key.clone(), body, counters: BTreeMap::new(), version: 0, expires_at: None }
    }
}

/// Refuses a transaction that no store takes: more than [`TRANSACTION_WRITES_MAX`] writes, or two of the same item.
///
/// # Errors
///
/// [`StoreError::Refused`].
pub fn check_transaction(
    ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
    writes: &[Write],
) -> Result<(), StoreError> {
    let count = ledger.len() + writes.len();
    if count > TRANSACTION_WRITES_MAX {
        return Err(StoreError::Refused(format!(
            "{count} writes in one transaction, at most {TRANSACTION_WRITES_MAX} are possible"
        )));
    }
    let mut keys = BTreeSet::new();
    if let Some((key, ..)) = ledger.iter().find(|(key, ..)| !keys.insert(key)) {
        return Err(StoreError::Refused(format!("the ledger entry `{key}` is written twice in one transaction")));
    }
    let mut items = BTreeSet::new();
    if let Some(write) = writes.iter().find(|write| !items.insert(write.key())) {
        let ItemKey { partition, sort } = write.key();
        return Err(StoreError::Refused(format!("the item `{partition}`/`{sort}` is written twice in one transaction")));
    }
    Ok(())
}

/// What a transaction is to change, from what becomes of each of its writes.
///
/// # Errors
///
/// [`TransactError::Conditions`] with the indexes of all writes whose conditions do not hold.
pub fn item_changes<'a>(
    decided: impl Iterator<Item = (&'a Write, Option<ItemChange>)>,
) -> Result<Vec<(ItemKey, ItemChange)>, TransactError> {
    let (mut changes, mut failed) = (Vec::new(), Vec::new());
    for (index, (write, change)) in decided.enumerate() {
        match change {
            Some(change) => changes.push((write.key().clone(), change)),
            None => failed.push(index),
        }
    }
    if failed.is_empty() { Ok(changes) } else { Err(TransactError::Conditions(failed)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::samples::{at, item};
    use crate::frozen;

    /// What stands here never changes.
    #[test]
    fn items_of_version_1_are_read_and_written() {
        let text = r#"{
            "key": {"partition": "stock", "sort": "sku-1"},
            "body": {"name": "Nut"},
            "counters": {"units": -3},
            "version": 2,
            "expires_at": 1793534405000
        }"#;
        let item = Item { expires_at: Some(at(5)), ..item("sku-1", json!({"name": "Nut"}), Some(-3), 2) };
        frozen::check(text, &item);
    }
}
