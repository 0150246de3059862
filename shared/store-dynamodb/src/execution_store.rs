//! The ExecutionStore port over the table. Each kind of item has its own file.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use interpreter::{DefinitionHash, ExecutionId, ExecutionStatus, Identity, Timestamp, ValueHash};
use store::{
    DueHead, Entries, Entry, ExecutionStore, Head, HeadCreation, HeadPage, HeadQuery, MachineChange, PutEntry, Renewal,
    Retention, StateMachine, StoreError,
};

use crate::key::Key;
use crate::table_store::DynamoStore;

#[async_trait]
impl ExecutionStore for DynamoStore {
    fn retention(&self) -> Option<&Retention> {
        self.own_retention()
    }

    async fn renewal_is_due(&self, identity: &Identity) -> Result<bool, StoreError> {
        self.head_is_half_way(identity).await
    }

    async fn renew(&self, identity: &Identity, renewal: &Renewal, limit: usize) -> Result<Option<Renewal>, StoreError> {
        self.renew_page(identity, renewal, limit).await
    }

    async fn create_head(&self, head: &Head) -> Result<HeadCreation, StoreError> {
        self.create_head_item(head).await
    }

    async fn head(&self, execution_arn: &str) -> Result<Option<Head>, StoreError> {
        self.head_at(execution_arn).await
    }

    async fn head_of(&self, execution: &ExecutionId) -> Result<Option<Head>, StoreError> {
        self.head_with_id(execution).await
    }

    async fn list_heads(&self, query: &HeadQuery) -> Result<HeadPage, StoreError> {
        self.list_head_items(query).await
    }

    async fn lower_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<(), StoreError> {
        self.lower_wake_at(identity, wake_at, revision).await
    }

    async fn raise_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<bool, StoreError> {
        self.raise_wake_at(identity, wake_at, revision).await
    }

    async fn report(
        &self,
        identity: &Identity,
        status: ExecutionStatus,
        closed_at: Option<Timestamp>,
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> Result<(), StoreError> {
        self.report_to_head(identity, (status, closed_at), wake_at, revision).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError> {
        self.due_heads(now, limit).await
    }

    async fn latest_entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        self.latest_entry_item(execution).await
    }

    async fn entries(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Entries, StoreError> {
        self.entry_items(execution, from, limit).await
    }

    async fn put_entry(&self, entry: &Entry) -> Result<PutEntry, StoreError> {
        self.put_entry_item(entry).await
    }

    async fn put_values(&self, execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<(), StoreError> {
        self.put_value_items(execution, values).await
    }

    async fn values(&self, execution: &ExecutionId, hashes: &[ValueHash]) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        self.value_items(execution, hashes).await
    }

    async fn put_definition(&self, hash: &DefinitionHash, text: &str) -> Result<(), StoreError> {
        self.put_definition_item(hash, text).await
    }

    async fn definition(&self, hash: &DefinitionHash) -> Result<Option<Arc<str>>, StoreError> {
        self.definition_item(hash).await
    }

    async fn put_machine(&self, machine: &StateMachine) -> Result<MachineChange, StoreError> {
        self.put_machine_item(machine).await
    }

    async fn machine(&self, arn: &str) -> Result<Option<StateMachine>, StoreError> {
        self.machine_item(arn).await
    }

    async fn list_machines(&self, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, StoreError> {
        self.machine_items(after, limit).await
    }

    async fn delete_machine(&self, arn: &str) -> Result<(), StoreError> {
        self.delete(&Key::Machine { arn }).await
    }
}
