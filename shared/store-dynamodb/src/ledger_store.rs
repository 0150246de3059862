//! The LedgerStore port over the table. Each kind of item has its own file.

use async_trait::async_trait;
use interpreter::{IdempotencyKey, Timestamp};
use store::{Item, ItemKey, LedgerEntry, LedgerExpectation, LedgerStore, StoreError, TransactError, Write};

use crate::table_store::DynamoStore;

#[async_trait]
impl LedgerStore for DynamoStore {
    async fn ledger(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        self.ledger_item(key).await
    }

    async fn put_ledger(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError> {
        self.put_ledger_item(key, entry, expected).await
    }

    async fn transact(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError> {
        self.transact_items(ledger, writes, now).await
    }

    async fn heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError> {
        self.put_heartbeat(key, at).await
    }

    async fn item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError> {
        self.handler_item(key, now).await
    }

    async fn items(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        self.handler_items(partition, after, limit, now).await
    }
}
