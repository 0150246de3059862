//! A store that fails as planned: for tests of what goes through a crash, a lost answer, a conflict.
//!
//! ```
//! # use store::{Fault, FaultPlan, FaultyStore, MemoryStore, Operation};
//! // The second entry is written, but its writer does not hear of it.
//! let plan = FaultPlan::none().at(Operation::PutEntry, 2, Fault::LostAnswer);
//! let store = FaultyStore::new(MemoryStore::new(), plan);
//! ```

mod plan;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use interpreter::{DefinitionHash, ExecutionId, ExecutionStatus, IdempotencyKey, Identity, Timestamp, ValueHash};

use crate::{
    DueHead, Entries, Entry, EntryError, ExecutionStore, Head, HeadCreation, HeadPage, HeadQuery, Item, ItemKey, LedgerEntry,
    LedgerExpectation, LedgerStore, MachineChange, PutEntry, Renewal, Retention, StateMachine, Store, StoreError, TransactError,
    Write,
};
use plan::Counted;
pub use plan::{Fault, FaultPlan, Operation};

/// A store that fails as planned. Clones share plan and counts.
#[derive(Debug, Clone)]
pub struct FaultyStore<S> {
    store: S,
    progress: Arc<Mutex<Progress>>,
}

#[derive(Debug, Default)]
struct Progress {
    plan: FaultPlan,
    calls: BTreeMap<Operation, u64>,
    faults: Vec<(Operation, u64, Fault)>,
}

impl Progress {
    fn next_fault(&mut self, operation: Operation) -> Option<Fault> {
        let of_operation = self.calls.entry(operation).or_insert(0);
        *of_operation += 1;
        let of_operation = *of_operation;
        let of_writes = self.calls.iter().filter(|(operation, _)| operation.is_write()).map(|(_, calls)| calls).sum();
        let counted = Counted { of_operation, of_writes, of_all: self.calls.values().sum() };
        let fault = self.plan.fault(operation, counted)?;
        self.faults.push((operation, of_operation, fault));
        Some(fault)
    }
}

impl<S> FaultyStore<S> {
    /// `store`, failing by `plan`.
    pub fn new(store: S, plan: FaultPlan) -> Self {
        Self { store, progress: Arc::new(Mutex::new(Progress { plan, ..Progress::default() })) }
    }

    /// The store behind it, which does not fail.
    pub fn inner(&self) -> &S {
        &self.store
    }

    /// From now on fails by another plan; calls are counted anew, and the faults so far forgotten.
    pub fn follow(&self, plan: FaultPlan) {
        self.with(|progress| *progress = Progress { plan, ..Progress::default() });
    }

    /// How often an operation was called, failed calls included.
    pub fn calls(&self, operation: Operation) -> u64 {
        self.with(|progress| progress.calls.get(&operation).copied().unwrap_or(0))
    }

    /// How often anything was written or tried to be: one more than the last point at which [`FaultPlan::killed_before`] makes a difference.
    pub fn writes(&self) -> u64 {
        Operation::WRITES.iter().map(|operation| self.calls(*operation)).sum()
    }

    /// The faults so far: which call of which operation (from 1) failed how.
    pub fn faults(&self) -> Vec<(Operation, u64, Fault)> {
        self.with(|progress| progress.faults.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Progress) -> T) -> T {
        act(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does a call, failing as planned; `conflict` is what it answers to a conflict.
    async fn call<T, E: From<StoreError>>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, E>> + Send,
        conflict: Option<T>,
    ) -> Result<T, E> {
        let unavailable = |why: &str| Err(StoreError::Unavailable(format!("{why} ({operation:?})")).into());
        match (self.with(|progress| progress.next_fault(operation)), conflict) {
            (None, _) => call.await,
            (Some(Fault::Conflict), Some(conflict)) => Ok(conflict),
            (Some(Fault::Conflict), None) => unavailable("conflict"),
            (Some(Fault::Unavailable), _) => unavailable("throttled"),
            (Some(Fault::NewerFormat), _) => Err(StoreError::Entry(EntryError::Newer(u8::MAX)).into()),
            (Some(Fault::LostAnswer), _) => {
                call.await?;
                unavailable("the answer was lost")
            }
        }
    }
}

#[async_trait]
impl<S: Store> ExecutionStore for FaultyStore<S> {
    fn retention(&self) -> Option<&Retention> {
        self.store.retention()
    }

    async fn renewal_is_due(&self, identity: &Identity) -> Result<bool, StoreError> {
        self.call(Operation::RenewalIsDue, self.store.renewal_is_due(identity), None).await
    }

    async fn renew(&self, identity: &Identity, renewal: &Renewal, limit: usize) -> Result<Option<Renewal>, StoreError> {
        self.call(Operation::Renew, self.store.renew(identity, renewal, limit), None).await
    }

    async fn create_head(&self, head: &Head) -> Result<HeadCreation, StoreError> {
        self.call(Operation::CreateHead, self.store.create_head(head), None).await
    }

    async fn head(&self, execution_arn: &str) -> Result<Option<Head>, StoreError> {
        self.call(Operation::Head, self.store.head(execution_arn), None).await
    }

    async fn head_of(&self, execution: &ExecutionId) -> Result<Option<Head>, StoreError> {
        self.call(Operation::HeadOf, self.store.head_of(execution), None).await
    }

    async fn list_heads(&self, query: &HeadQuery) -> Result<HeadPage, StoreError> {
        self.call(Operation::ListHeads, self.store.list_heads(query), None).await
    }

    async fn lower_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<(), StoreError> {
        self.call(Operation::LowerWake, self.store.lower_wake(identity, wake_at, revision), None).await
    }

    async fn raise_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<bool, StoreError> {
        self.call(Operation::RaiseWake, self.store.raise_wake(identity, wake_at, revision), Some(false)).await
    }

    async fn report(
        &self,
        identity: &Identity,
        status: ExecutionStatus,
        closed_at: Option<Timestamp>,
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> Result<(), StoreError> {
        self.call(Operation::Report, self.store.report(identity, status, closed_at, wake_at, revision), None).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError> {
        self.call(Operation::Due, self.store.due(now, limit), None).await
    }

    async fn latest_entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        self.call(Operation::LatestEntry, self.store.latest_entry(execution), None).await
    }

    async fn entries(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Entries, StoreError> {
        self.call(Operation::Entries, self.store.entries(execution, from, limit), None).await
    }

    async fn put_entry(&self, entry: &Entry) -> Result<PutEntry, StoreError> {
        self.call(Operation::PutEntry, self.store.put_entry(entry), Some(PutEntry::Conflict)).await
    }

    async fn put_values(&self, execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<(), StoreError> {
        self.call(Operation::PutValues, self.store.put_values(execution, values), None).await
    }

    async fn values(&self, execution: &ExecutionId, hashes: &[ValueHash]) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        self.call(Operation::Values, self.store.values(execution, hashes), None).await
    }

    async fn put_definition(&self, hash: &DefinitionHash, text: &str) -> Result<(), StoreError> {
        self.call(Operation::PutDefinition, self.store.put_definition(hash, text), None).await
    }

    async fn definition(&self, hash: &DefinitionHash) -> Result<Option<Arc<str>>, StoreError> {
        self.call(Operation::Definition, self.store.definition(hash), None).await
    }

    async fn put_machine(&self, machine: &StateMachine) -> Result<MachineChange, StoreError> {
        self.call(Operation::PutMachine, self.store.put_machine(machine), Some(MachineChange::Conflict)).await
    }

    async fn machine(&self, arn: &str) -> Result<Option<StateMachine>, StoreError> {
        self.call(Operation::Machine, self.store.machine(arn), None).await
    }

    async fn list_machines(&self, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, StoreError> {
        self.call(Operation::ListMachines, self.store.list_machines(after, limit), None).await
    }

    async fn delete_machine(&self, arn: &str) -> Result<(), StoreError> {
        self.call(Operation::DeleteMachine, self.store.delete_machine(arn), None).await
    }
}

#[async_trait]
impl<S: Store> LedgerStore for FaultyStore<S> {
    async fn ledger(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        self.call(Operation::Ledger, self.store.ledger(key), None).await
    }

    async fn put_ledger(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError> {
        self.call(Operation::PutLedger, self.store.put_ledger(key, entry, expected), Some(false)).await
    }

    async fn transact(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError> {
        self.call(Operation::Transact, self.store.transact(ledger, writes, now), None).await
    }

    async fn heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError> {
        self.call(Operation::Heartbeat, self.store.heartbeat(key, at), None).await
    }

    async fn item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError> {
        self.call(Operation::Item, self.store.item(key, now), None).await
    }

    async fn items(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        self.call(Operation::Items, self.store.items(partition, after, limit, now), None).await
    }
}

#[cfg(test)]
mod tests;
