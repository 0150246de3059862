//! Objects in memory: for tests, and for systems that end with their process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::{ObjectError, ObjectPage, ObjectPart, ObjectStore, ObjectSummary};

type Buckets = BTreeMap<String, BTreeMap<String, Arc<[u8]>>>;

/// Objects in memory; clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct MemoryObjects {
    buckets: Arc<Mutex<Buckets>>,
}

impl MemoryObjects {
    /// A store without buckets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a bucket, if there is none of this name.
    pub fn create_bucket(&self, bucket: &str) {
        self.with(|buckets| {
            buckets.entry(bucket.to_owned()).or_default();
        });
    }

    fn with<T>(&self, use_them: impl FnOnce(&mut Buckets) -> T) -> T {
        use_them(&mut self.buckets.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl ObjectStore for MemoryObjects {
    async fn get(&self, bucket: &str, key: &str, from: u64, most: u64) -> Result<ObjectPart, ObjectError> {
        let object = self.with(|buckets| {
            let objects = buckets.get(bucket).ok_or_else(|| ObjectError::NoSuchBucket(bucket.to_owned()))?;
            let missing = || ObjectError::NoSuchKey { bucket: bucket.to_owned(), key: key.to_owned() };
            objects.get(key).cloned().ok_or_else(missing)
        })?;
        Ok(part(&object, from, most))
    }

    async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError> {
        self.with(|buckets| {
            let objects = buckets.get_mut(bucket).ok_or_else(|| ObjectError::NoSuchBucket(bucket.to_owned()))?;
            objects.insert(key.to_owned(), bytes.into());
            Ok(())
        })
    }

    async fn list(&self, bucket: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<ObjectPage, ObjectError> {
        self.with(|buckets| {
            let objects = buckets.get(bucket).ok_or_else(|| ObjectError::NoSuchBucket(bucket.to_owned()))?;
            let from = after.map_or(Bound::Included(prefix), Bound::Excluded);
            let behind = objects.range::<str, _>((from, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(prefix));
            let found = behind.map(|(key, bytes)| summary(key, &bytes[..], 0));
            Ok(page(found, limit))
        })
    }
}

/// A part of what is at hand.
pub(crate) fn part(object: &[u8], from: u64, most: u64) -> ObjectPart {
    let start = usize::try_from(from).unwrap_or(usize::MAX).min(object.len());
    let end = start.saturating_add(usize::try_from(most).unwrap_or(usize::MAX)).min(object.len());
    let bytes = object.get(start..end).unwrap_or_default().to_vec();
    ObjectPart { bytes, total_bytes: u64::try_from(object.len()).unwrap_or(u64::MAX) }
}

/// An object in a list; its ETag is made of its length and content, and says nothing else.
pub(crate) fn summary(key: &str, bytes: &[u8], modified_seconds: i64) -> ObjectSummary {
    let digest =
        bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    ObjectSummary {
        key: key.to_owned(),
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        etag: format!("\"{digest:032x}\""),
        modified_seconds,
        storage_class: "STANDARD".to_owned(),
    }
}

/// The first page of what follows.
pub(crate) fn page(objects: impl Iterator<Item = ObjectSummary>, limit: usize) -> ObjectPage {
    let mut objects: Vec<ObjectSummary> = objects.take(limit.saturating_add(1)).collect();
    let more = objects.len() > limit;
    objects.truncate(limit);
    let next = objects.last().filter(|_| more).map(|object| object.key.clone());
    ObjectPage { objects, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn objects_in_memory_keep_the_contract() {
        let objects = MemoryObjects::new();
        objects.create_bucket("orders");
        crate::contract::check(&objects, "orders").await;
    }
}
