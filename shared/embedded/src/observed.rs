//! A store whose commits can be watched: whoever shows executions, or waits for one, need not ask again and again.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use interpreter::{DefinitionHash, ExecutionId, ExecutionStatus, Identity, Timestamp, ValueHash};
use store::{
    DueHead, Entries, Entry, ExecutionStore, Head, HeadCreation, HeadPage, HeadQuery, MachineChange, PutEntry, Renewal,
    Retention, StateMachine, StoreError,
};
use tokio::sync::broadcast;

/// Entries that who watches may be behind.
const BEHIND_MAX: usize = 4_096;

/// A store that tells of each entry that was committed through it.
pub struct Observed {
    store: Arc<dyn ExecutionStore>,
    entries: broadcast::Sender<Arc<Entry>>,
}

impl Observed {
    /// The same store, observed.
    pub fn new(store: Arc<dyn ExecutionStore>) -> Self {
        Self { store, entries: broadcast::Sender::new(BEHIND_MAX) }
    }

    /// Where the entries are told: subscribe to it. An entry whose write was answered twice is told twice.
    pub fn sender(&self) -> broadcast::Sender<Arc<Entry>> {
        self.entries.clone()
    }
}

#[async_trait]
impl ExecutionStore for Observed {
    fn retention(&self) -> Option<&Retention> {
        self.store.retention()
    }

    async fn renewal_is_due(&self, identity: &Identity) -> Result<bool, StoreError> {
        self.store.renewal_is_due(identity).await
    }

    async fn renew(&self, identity: &Identity, renewal: &Renewal, limit: usize) -> Result<Option<Renewal>, StoreError> {
        self.store.renew(identity, renewal, limit).await
    }

    async fn create_head(&self, head: &Head) -> Result<HeadCreation, StoreError> {
        self.store.create_head(head).await
    }

    async fn head(&self, execution_arn: &str) -> Result<Option<Head>, StoreError> {
        self.store.head(execution_arn).await
    }

    async fn head_of(&self, execution: &ExecutionId) -> Result<Option<Head>, StoreError> {
        self.store.head_of(execution).await
    }

    async fn list_heads(&self, query: &HeadQuery) -> Result<HeadPage, StoreError> {
        self.store.list_heads(query).await
    }

    async fn lower_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<(), StoreError> {
        self.store.lower_wake(identity, wake_at, revision).await
    }

    async fn raise_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<bool, StoreError> {
        self.store.raise_wake(identity, wake_at, revision).await
    }

    async fn report(
        &self,
        identity: &Identity,
        status: ExecutionStatus,
        closed_at: Option<Timestamp>,
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> Result<(), StoreError> {
        self.store.report(identity, status, closed_at, wake_at, revision).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError> {
        self.store.due(now, limit).await
    }

    async fn latest_entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        self.store.latest_entry(execution).await
    }

    async fn entries(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Entries, StoreError> {
        self.store.entries(execution, from, limit).await
    }

    async fn put_entry(&self, entry: &Entry) -> Result<PutEntry, StoreError> {
        let put = self.store.put_entry(entry).await?;
        if put == PutEntry::Committed && self.entries.receiver_count() > 0 {
            // Nobody may be listening any more by now, which is as good.
            let _ = self.entries.send(Arc::new(entry.clone()));
        }
        Ok(put)
    }

    async fn put_values(&self, execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<(), StoreError> {
        self.store.put_values(execution, values).await
    }

    async fn values(&self, execution: &ExecutionId, hashes: &[ValueHash]) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        self.store.values(execution, hashes).await
    }

    async fn put_definition(&self, hash: &DefinitionHash, text: &str) -> Result<(), StoreError> {
        self.store.put_definition(hash, text).await
    }

    async fn definition(&self, hash: &DefinitionHash) -> Result<Option<Arc<str>>, StoreError> {
        self.store.definition(hash).await
    }

    async fn put_machine(&self, machine: &StateMachine) -> Result<MachineChange, StoreError> {
        self.store.put_machine(machine).await
    }

    async fn machine(&self, arn: &str) -> Result<Option<StateMachine>, StoreError> {
        self.store.machine(arn).await
    }

    async fn list_machines(&self, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, StoreError> {
        self.store.list_machines(after, limit).await
    }

    async fn delete_machine(&self, arn: &str) -> Result<(), StoreError> {
        self.store.delete_machine(arn).await
    }
}
