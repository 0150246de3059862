//! The store in memory: for tests, the simulator, and `--in-memory`.
//!
//! Everything stands in ordered maps behind one lock, so that one sequence of calls gives one sequence of answers. What other
//! stores keep as bytes is written and read back here too, only not packed: what cannot be stored is not found out on AWS first.

mod definitions;
mod expiring;
mod heads;
mod items;
mod journal;
mod ledger;
mod machines;
mod renew;
mod sweep;
mod values;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use interpreter::{DefinitionHash, ExecutionId, ExecutionStatus, IdempotencyKey, Identity, Timestamp, ValueHash};

use crate::{
    DueHead, Entries, Entry, ExecutionStore, Head, HeadCreation, HeadPage, HeadQuery, Item, ItemKey, LedgerEntry,
    LedgerExpectation, LedgerStore, MachineChange, PutEntry, Renewal, Retention, StateMachine, StoreError, TransactError, Write,
};

/// A store in memory. Clones share what is kept.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    kept: Arc<Mutex<Kept>>,
    retention: Option<Retention>,
}

/// What is kept, by kind.
#[derive(Debug, Default)]
struct Kept {
    heads: heads::Heads,
    journals: journal::Journals,
    values: values::Values,
    definitions: definitions::Definitions,
    machines: machines::Machines,
    ledger: ledger::Ledger,
    items: items::Items,
}

impl MemoryStore {
    /// An empty store that keeps for ever.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that keeps what belongs to executions for so long. What has expired is not read, and is there until
    /// [`sweep`](Self::sweep) deletes it.
    pub fn keeping(retention: Retention) -> Self {
        Self { retention: Some(retention), ..Self::default() }
    }

    /// When it is, for what expires; without a retention nothing does.
    fn now(&self) -> Timestamp {
        self.retention.as_ref().map_or(Timestamp::from_millis(i64::MIN), Retention::now)
    }

    /// When an item of an execution expires that is written now.
    fn item_expires_at(&self) -> Option<Timestamp> {
        self.retention.as_ref().map(|retention| retention.item_expires_at(retention.now()))
    }

    /// When a ledger entry expires that is written now.
    fn ledger_expires_at(&self) -> Option<Timestamp> {
        self.retention.as_ref().map(|retention| retention.ledger_expires_at(retention.now()))
    }

    /// Does something while nobody else does. Never awaits; what a panic left is whole, since nothing panics between two changes.
    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl ExecutionStore for MemoryStore {
    fn retention(&self) -> Option<&Retention> {
        self.retention.as_ref()
    }

    async fn renewal_is_due(&self, identity: &Identity) -> Result<bool, StoreError> {
        let Some(retention) = &self.retention else { return Ok(false) };
        Ok(self.with(|kept| kept.heads.renewal_is_due(identity, retention)))
    }

    async fn renew(&self, identity: &Identity, renewal: &Renewal, limit: usize) -> Result<Option<Renewal>, StoreError> {
        let Some(retention) = &self.retention else { return Ok(None) };
        self.with(|kept| kept.renew(identity, renewal, limit, retention))
    }

    async fn create_head(&self, head: &Head) -> Result<HeadCreation, StoreError> {
        let expires_at = self.retention.as_ref().map(|retention| retention.head_expires_at(head.kept_since()));
        Ok(self.with(|kept| kept.heads.create(head, expires_at, self.now())))
    }

    async fn head(&self, execution_arn: &str) -> Result<Option<Head>, StoreError> {
        Ok(self.with(|kept| kept.heads.by_arn(execution_arn, self.now())))
    }

    async fn head_of(&self, execution: &ExecutionId) -> Result<Option<Head>, StoreError> {
        Ok(self.with(|kept| kept.heads.by_id(execution, self.now())))
    }

    async fn list_heads(&self, query: &HeadQuery) -> Result<HeadPage, StoreError> {
        self.with(|kept| kept.heads.list(query, self.now()))
    }

    async fn lower_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<(), StoreError> {
        self.with(|kept| kept.heads.change(identity, self.now(), |record| record.lower_wake(wake_at, revision)));
        Ok(())
    }

    async fn raise_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<bool, StoreError> {
        Ok(self.with(|kept| kept.heads.change(identity, self.now(), |record| record.raise_wake(wake_at, revision))))
    }

    async fn report(
        &self,
        identity: &Identity,
        status: ExecutionStatus,
        closed_at: Option<Timestamp>,
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> Result<(), StoreError> {
        let report = |record: &mut crate::HeadRecord| record.report(status, closed_at, wake_at, revision);
        self.with(|kept| kept.heads.change(identity, self.now(), report));
        Ok(())
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError> {
        Ok(self.with(|kept| kept.heads.due(now, limit, self.now())))
    }

    async fn latest_entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        Ok(self.with(|kept| kept.journals.latest(execution, self.now())))
    }

    async fn entries(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Entries, StoreError> {
        Ok(self.with(|kept| kept.journals.range(execution, from, limit, self.now())))
    }

    async fn put_entry(&self, entry: &Entry) -> Result<PutEntry, StoreError> {
        let read_back = entry.read_back()?;
        Ok(self.with(|kept| kept.journals.put(read_back, self.item_expires_at())))
    }

    async fn put_values(&self, execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<(), StoreError> {
        self.with(|kept| kept.values.put(execution, values, self.item_expires_at()))
    }

    async fn values(&self, execution: &ExecutionId, hashes: &[ValueHash]) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        Ok(self.with(|kept| kept.values.get(execution, hashes, self.now())))
    }

    async fn put_definition(&self, hash: &DefinitionHash, text: &str) -> Result<(), StoreError> {
        self.with(|kept| kept.definitions.put(hash, text));
        Ok(())
    }

    async fn definition(&self, hash: &DefinitionHash) -> Result<Option<Arc<str>>, StoreError> {
        Ok(self.with(|kept| kept.definitions.get(hash)))
    }

    async fn put_machine(&self, machine: &StateMachine) -> Result<MachineChange, StoreError> {
        self.with(|kept| kept.machines.put(machine))
    }

    async fn machine(&self, arn: &str) -> Result<Option<StateMachine>, StoreError> {
        Ok(self.with(|kept| kept.machines.get(arn)))
    }

    async fn list_machines(&self, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, StoreError> {
        Ok(self.with(|kept| kept.machines.list(after, limit)))
    }

    async fn delete_machine(&self, arn: &str) -> Result<(), StoreError> {
        self.with(|kept| kept.machines.delete(arn));
        Ok(())
    }
}

#[async_trait]
impl LedgerStore for MemoryStore {
    async fn ledger(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        Ok(self.with(|kept| kept.ledger.get(key).cloned()))
    }

    async fn put_ledger(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError> {
        Ok(self.with(|kept| kept.ledger.put(key, entry, expected, self.ledger_expires_at())))
    }

    async fn transact(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError> {
        crate::check_transaction(ledger, writes)?;
        self.with(|kept| {
            let Some(entries) = kept.ledger.decide(ledger)? else { return Ok(()) };
            let changes = kept.items.decide(writes, now)?;
            kept.ledger.write(entries, self.ledger_expires_at());
            kept.items.write(changes);
            Ok(())
        })
    }

    async fn heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError> {
        self.with(|kept| kept.ledger.heartbeat(key, at, self.ledger_expires_at()));
        Ok(())
    }

    async fn item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError> {
        Ok(self.with(|kept| kept.items.get(key, now).cloned()))
    }

    async fn items(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        Ok(self.with(|kept| kept.items.list(partition, after, limit, now)))
    }
}

#[cfg(test)]
mod tests;
