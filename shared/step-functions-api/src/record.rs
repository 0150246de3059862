//! What the API keeps besides machines and executions (versions, aliases, activities): items of the ledger store, a JSON object each.
//!
//! All their partitions begin with [`PARTITIONS`], so that one leading key in a policy is theirs and no handler's. Each body has a format version
//! `v`. What stands in several items is changed by one transaction; one whose answer was lost is read and decided again.

use interpreter::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::{Condition, Item, ItemKey, TransactError, Write};

use crate::{Api, ApiError, ErrorName};

/// What the partitions of the API's own items begin with.
const PARTITIONS: &str = "api";

/// The format of what is written here.
const FORMAT: u64 = 1;

/// How often what others change meanwhile is read and decided again.
pub(crate) const ROUNDS: u32 = 8;

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record<T> {
    /// What it says.
    pub(crate) value: T,
    /// The version that the next write of it may depend on.
    pub(crate) version: u64,
}

impl<T> Record<T> {
    /// The condition that it is as it was read; of none, that there is none.
    pub(crate) fn unchanged(record: Option<&Self>) -> Condition {
        record.map_or(Condition::Absent, |record| Condition::Version(record.version))
    }
}

/// The key of a record: of a kind, under whatever it belongs to.
pub(crate) fn key(kind: &str, owner: &str, sort: &str) -> ItemKey {
    ItemKey { partition: partition(kind, owner), sort: sort.to_owned() }
}

/// The partition of the records of a kind that belong to one owner.
pub(crate) fn partition(kind: &str, owner: &str) -> String {
    format!("{PARTITIONS}#{kind}#{owner}")
}

/// A write of a record that never expires.
pub(crate) fn put<T: Serialize>(key: ItemKey, value: &T, condition: Condition) -> Result<Write, ApiError> {
    put_until(key, value, condition, None)
}

/// A write of a record that expires at this time, if at any.
pub(crate) fn put_until<T: Serialize>(
    key: ItemKey,
    value: &T,
    condition: Condition,
    expires_at: Option<Timestamp>,
) -> Result<Write, ApiError> {
    let failed = |reason: &str| ApiError::new(ErrorName::InternalFailure, format!("a record cannot be written: {reason}"));
    let mut body = serde_json::to_value(value).map_err(|error| failed(&error.to_string()))?;
    body.as_object_mut().ok_or_else(|| failed("it is no object"))?.insert("v".to_owned(), FORMAT.into());
    Ok(Write::Put { key, body, expires_at, condition })
}

fn read<T: DeserializeOwned>(item: &Item) -> Result<Record<T>, ApiError> {
    let failed = |reason: String| {
        let ItemKey { partition, sort } = &item.key;
        ApiError::new(ErrorName::InternalFailure, format!("the record `{partition}`/`{sort}` cannot be read: {reason}"))
    };
    match item.body.get("v").and_then(Value::as_u64) {
        Some(FORMAT) => {}
        Some(newer) => return Err(failed(format!("it has format {newer}, which is newer than this release"))),
        None => return Err(failed("it has no format".to_owned())),
    }
    let value = serde_json::from_value(item.body.clone()).map_err(|error| failed(error.to_string()))?;
    Ok(Record { value, version: item.version })
}

/// What became of writes that depend on what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// They were made.
    Done,
    /// Somebody else was first, or the answer to an earlier try was lost: read again.
    Changed,
}

impl Api<'_> {
    /// The record with this key.
    pub(crate) async fn record<T: DeserializeOwned>(&self, key: &ItemKey) -> Result<Option<Record<T>>, ApiError> {
        self.items().item(key, self.now()).await?.as_ref().map(read).transpose()
    }

    /// Records of a partition in the order of their sort keys, from behind `after` on, with their sort keys.
    pub(crate) async fn records<T: DeserializeOwned>(
        &self,
        partition: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Record<T>)>, ApiError> {
        let items = self.items().items(partition, after, limit, self.now()).await?;
        items.iter().map(|item| Ok((item.key.sort.clone(), read(item)?))).collect()
    }

    /// Makes writes, all or none.
    pub(crate) async fn write(&self, writes: &[Write]) -> Result<Written, ApiError> {
        match self.items().transact(&[], writes, self.now()).await {
            Ok(()) => Ok(Written::Done),
            Err(TransactError::Conditions(_) | TransactError::Ledger) => Ok(Written::Changed),
            Err(TransactError::Store(error)) => Err(error.into()),
        }
    }

    /// Deletes all records of a partition.
    pub(crate) async fn delete_records(&self, partition: &str) -> Result<(), ApiError> {
        loop {
            let page = self.items().items(partition, None, store::TRANSACTION_WRITES_MAX, self.now()).await?;
            if page.is_empty() {
                return Ok(());
            }
            let deletions = page.into_iter().map(|item| Write::Delete { key: item.key, condition: Condition::Always });
            self.write(&deletions.collect::<Vec<_>>()).await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn item(body: Value) -> Item {
        Item { key: key("versions", "arn", "1"), body, counters: BTreeMap::new(), version: 4, expires_at: None }
    }

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let value = json!({"name": "order"});
        let Write::Put { key, body, condition, .. } = put(key("versions", "arn", "1"), &value, Condition::Absent).unwrap() else {
            panic!("no put");
        };
        assert_eq!((key.partition.as_str(), key.sort.as_str(), condition), ("api#versions#arn", "1", Condition::Absent));
        assert_eq!(body, json!({"name": "order", "v": 1}));
        let record: Record<Value> = read(&item(body)).unwrap();
        assert_eq!((record.version, &record.value["name"]), (4, &json!("order")));
        assert_eq!(Record::unchanged(Some(&record)), Condition::Version(4));
        assert_eq!(Record::<Value>::unchanged(None), Condition::Absent);
    }

    #[test]
    fn what_a_later_release_wrote_is_not_misread() {
        for (body, told) in [(json!({"v": 2}), "newer"), (json!({}), "no format")] {
            let error = read::<Value>(&item(body)).unwrap_err();
            assert_eq!(error.name, ErrorName::InternalFailure);
            assert!(error.message.contains(told), "{error}");
        }
    }
}
