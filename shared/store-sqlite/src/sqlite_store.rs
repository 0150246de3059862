//! The store: the ports over the thread that writes and the connections that read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use interpreter::{DefinitionHash, ExecutionId, ExecutionStatus, IdempotencyKey, Identity, Timestamp, ValueHash};
use rusqlite::Connection;
use store::{
    DueHead, Entries, Entry, ExecutionStore, Head, HeadCreation, HeadPage, HeadQuery, Item, ItemKey, LedgerEntry,
    LedgerExpectation, LedgerStore, MachineChange, PutEntry, Renewal, Retention, StateMachine, StoreError, TransactError, Write,
};

use crate::directory_lock::DirectoryLock;
use crate::failure::Failure;
use crate::journal::NewEntry;
use crate::purge::Purged;
use crate::readers::Readers;
use crate::values::NewValues;
use crate::writer::Writer;
use crate::{OpenError, data_directory, definitions, heads, items, journal, ledger, machines, open, purge, values};

/// The database's name in its directory.
pub const DATABASE_FILE: &str = "backstep.sqlite";

/// A store in a data directory. It keeps for ever, until somebody [purges](Self::purge) what has ended: an open execution never expires, and nothing has
/// to be renewed. Clones are the same store; the directory is given up when the last one is dropped, which waits for what is being
/// written.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    parts: Arc<Parts>,
}

/// In the order in which they end: the lock last.
#[derive(Debug)]
struct Parts {
    writer: Writer,
    /// None for a store in memory, whose one connection does everything.
    readers: Option<Arc<Readers>>,
    _lock: Option<DirectoryLock>,
}

impl SqliteStore {
    /// Opens the store in the directory `path`, which is made if there is none.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: in use by another process, written by a newer release, no database of ours, or not usable.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        data_directory::make(path)?;
        let lock = DirectoryLock::take(path)?;
        let file = path.join(DATABASE_FILE);
        let writer = Writer::start(open::for_writing(&file)?)?;
        Ok(Self { parts: Arc::new(Parts { writer, readers: Some(Readers::of(file)), _lock: Some(lock) }) })
    }

    /// Opens an empty store that is gone when it is dropped.
    ///
    /// # Errors
    ///
    /// [`OpenError::Database`] or [`OpenError::Directory`], if memory or threads are short.
    pub fn open_in_memory() -> Result<Self, OpenError> {
        let writer = Writer::start(open::in_memory()?)?;
        Ok(Self { parts: Arc::new(Parts { writer, readers: None, _lock: None }) })
    }

    /// How many transactions were committed since it was opened: concurrent writes share them.
    pub fn commits(&self) -> u64 {
        self.parts.writer.commits()
    }

    /// Deletes executions that ended more than `retention` before `now`, with their journals, value items and ledgers, and handlers' items that have
    /// expired by `now`: at most [`PURGED_EXECUTIONS_MAX`](crate::PURGED_EXECUTIONS_MAX) of each, the oldest first.
    ///
    /// # Errors
    ///
    /// As any write.
    pub async fn purge(&self, now: Timestamp, retention: Duration) -> Result<Purged, StoreError> {
        let millis = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
        let ended_before = Timestamp::from_millis(now.millis().saturating_sub(millis));
        self.write(move |connection| purge::purge(connection, now, ended_before)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.parts.writer.write(act).await
    }

    async fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.parts.readers {
            Some(readers) => readers.read(act).await,
            None => self.write(act).await,
        }
    }
}

#[async_trait]
impl ExecutionStore for SqliteStore {
    fn retention(&self) -> Option<&Retention> {
        None
    }

    async fn renewal_is_due(&self, _identity: &Identity) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn renew(&self, _identity: &Identity, _renewal: &Renewal, _limit: usize) -> Result<Option<Renewal>, StoreError> {
        Ok(None)
    }

    async fn create_head(&self, head: &Head) -> Result<HeadCreation, StoreError> {
        let head = head.clone();
        self.write(move |connection| heads::create(connection, &head)).await
    }

    async fn head(&self, execution_arn: &str) -> Result<Option<Head>, StoreError> {
        let arn = execution_arn.to_owned();
        self.read(move |connection| heads::by_arn(connection, &arn)).await
    }

    async fn head_of(&self, execution: &ExecutionId) -> Result<Option<Head>, StoreError> {
        let execution = execution.clone();
        self.read(move |connection| heads::by_execution(connection, &execution)).await
    }

    async fn list_heads(&self, query: &HeadQuery) -> Result<HeadPage, StoreError> {
        let query = query.clone();
        self.read(move |connection| heads::list(connection, &query)).await
    }

    async fn lower_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<(), StoreError> {
        let identity = identity.clone();
        let lower =
            move |connection: &Connection| heads::change(connection, &identity, |record| record.lower_wake(wake_at, revision));
        self.write(lower).await.map(|_| ())
    }

    async fn raise_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<bool, StoreError> {
        let identity = identity.clone();
        self.write(move |connection| heads::change(connection, &identity, |record| record.raise_wake(wake_at, revision))).await
    }

    async fn report(
        &self,
        identity: &Identity,
        status: ExecutionStatus,
        closed_at: Option<Timestamp>,
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> Result<(), StoreError> {
        let identity = identity.clone();
        let report = move |connection: &Connection| {
            heads::change(connection, &identity, |record| record.report(status, closed_at, wake_at, revision))
        };
        self.write(report).await.map(|_| ())
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError> {
        self.read(move |connection| heads::due(connection, now, limit)).await
    }

    async fn latest_entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        let execution = execution.clone();
        self.read(move |connection| journal::latest(connection, &execution)).await
    }

    async fn entries(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Entries, StoreError> {
        let execution = execution.clone();
        self.read(move |connection| journal::range(connection, &execution, from, limit)).await
    }

    async fn put_entry(&self, entry: &Entry) -> Result<PutEntry, StoreError> {
        let entry = NewEntry::of(entry)?;
        self.write(move |connection| journal::put(connection, &entry)).await
    }

    async fn put_values(&self, execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<(), StoreError> {
        if values.is_empty() {
            return Ok(());
        }
        let values = NewValues::of(execution, values)?;
        self.write(move |connection| values::put(connection, &values)).await
    }

    async fn values(&self, execution: &ExecutionId, hashes: &[ValueHash]) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        let (execution, hashes) = (execution.clone(), hashes.to_vec());
        self.read(move |connection| values::get(connection, &execution, &hashes)).await
    }

    async fn put_definition(&self, hash: &DefinitionHash, text: &str) -> Result<(), StoreError> {
        let (hash, packed) = (hash.clone(), store::pack(text.as_bytes())?);
        self.write(move |connection| definitions::put(connection, &hash, &packed)).await
    }

    async fn definition(&self, hash: &DefinitionHash) -> Result<Option<Arc<str>>, StoreError> {
        let hash = hash.clone();
        self.read(move |connection| definitions::get(connection, &hash)).await
    }

    async fn put_machine(&self, machine: &StateMachine) -> Result<MachineChange, StoreError> {
        let machine = machine.clone();
        self.write(move |connection| machines::put(connection, &machine)).await
    }

    async fn machine(&self, arn: &str) -> Result<Option<StateMachine>, StoreError> {
        let arn = arn.to_owned();
        self.read(move |connection| machines::get(connection, &arn)).await
    }

    async fn list_machines(&self, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, StoreError> {
        let after = after.map(str::to_owned);
        self.read(move |connection| machines::list(connection, after.as_deref(), limit)).await
    }

    async fn delete_machine(&self, arn: &str) -> Result<(), StoreError> {
        let arn = arn.to_owned();
        self.write(move |connection| machines::delete(connection, &arn)).await
    }
}

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn ledger(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        let key = key.clone();
        self.read(move |connection| ledger::get(connection, &key)).await
    }

    async fn put_ledger(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError> {
        let write = (key.clone(), entry.clone(), expected);
        self.write(move |connection| ledger::put(connection, &write)).await
    }

    async fn transact(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError> {
        store::check_transaction(ledger, writes)?;
        let (ledger, writes) = (ledger.to_vec(), writes.to_vec());
        self.write(move |connection| items::transact(connection, &ledger, &writes, now)).await?
    }

    async fn heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError> {
        let key = key.clone();
        self.write(move |connection| ledger::heartbeat(connection, &key, at)).await
    }

    async fn item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError> {
        let key = key.clone();
        self.read(move |connection| items::get(connection, &key, now)).await
    }

    async fn items(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        let (partition, after) = (partition.to_owned(), after.map(str::to_owned));
        self.read(move |connection| items::list(connection, &partition, after.as_deref(), limit, now)).await
    }
}
