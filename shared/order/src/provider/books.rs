//! What every provider in test mode has: books, a count of requests per key, and answers that come late or never.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use interpreter::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Condition, ItemKey, LedgerStore};

use super::ProviderUnavailable;
use crate::item::{self, ItemError, PROVIDER_REQUESTS, Stored};

/// A lost answer is waited for this long beyond the asker's deadline: who waits must give up by itself.
const LOST_BEYOND_DEADLINE_SECONDS: u64 = 60;
/// A slow provider answers after this long.
const SLOW_MILLIS: u64 = 1_000;
/// The counter of requests under a key.
const REQUESTS: &str = "requests";

/// The books of one provider.
#[derive(Clone)]
pub(super) struct Books {
    pub(super) ledger: Arc<dyn LedgerStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) partition: &'static str,
}

impl From<ItemError> for ProviderUnavailable {
    fn from(error: ItemError) -> Self {
        Self(error.to_string())
    }
}

impl Books {
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now_millis())
    }

    fn place(&self, key: &str) -> ItemKey {
        item::key(self.partition, key)
    }

    /// Counts a request of some kind under a key: 1 for the first.
    pub(super) async fn count(&self, kind: &str, key: &str) -> Result<i64, ProviderUnavailable> {
        let place = item::key(PROVIDER_REQUESTS, &format!("{}/{kind}/{key}", self.partition));
        let now = self.now();
        item::write(self.ledger.as_ref(), &[item::add(place.clone(), REQUESTS, 1, None)], now).await.map_err(ItemError::from)?;
        let item = self.ledger.item(&place, now).await.map_err(ItemError::from)?;
        Ok(item.and_then(|item| item.counters.get(REQUESTS).copied()).unwrap_or(1))
    }

    /// What stands under a key.
    pub(super) async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Stored<T>>, ProviderUnavailable> {
        Ok(item::read(self.ledger.as_ref(), &self.place(key), self.now()).await?)
    }

    /// Writes what stands under a key, if it is as it was read. Answers whether it was.
    pub(super) async fn write<T: Serialize>(
        &self,
        key: &str,
        record: &T,
        condition: Condition,
    ) -> Result<bool, ProviderUnavailable> {
        let now = self.now();
        let write = item::put(self.place(key), record, condition, Some(now.plus_seconds(item::KEPT_SECONDS)));
        Ok(item::write(self.ledger.as_ref(), &[write], now).await.map_err(ItemError::from)?)
    }

    /// Does not answer until well after the deadline.
    pub(super) async fn lose_answer(&self, deadline: Timestamp) {
        let lost_until = deadline.plus_seconds(LOST_BEYOND_DEADLINE_SECONDS);
        self.clock.sleep(lost_until.since(self.now())).await;
    }

    /// Takes its time.
    pub(super) async fn be_slow(&self) {
        self.clock.sleep(Duration::from_millis(SLOW_MILLIS)).await;
    }
}

/// A number that a provider gives out, made of a key: the same key always gets the same.
pub(super) fn number_of(prefix: &str, key: &str, digits: usize) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(key.as_bytes());
    let number: String = digest.iter().map(|byte| char::from(b'0' + byte % 10)).take(digits).collect();
    format!("{prefix}{number}")
}
