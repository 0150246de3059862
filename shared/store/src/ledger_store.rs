//! The LedgerStore port: one record per idempotency key, and handlers' own items written together with it.

use async_trait::async_trait;
use interpreter::{IdempotencyKey, StateFailure, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::StoreError;

/// What the ledger says about one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The latest attempt that acted on the key; 0 if it was revoked before any.
    pub attempt: u32,
    /// What came of it.
    pub state: LedgerState,
    /// When the task was last heard of, where it sends heartbeats.
    pub heartbeat_at: Option<Timestamp>,
    /// Incremented with each write: the condition of the next.
    pub version: u64,
}

/// What came of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LedgerState {
    /// A worker's invocation may act on it until the lease ends.
    InProgress {
        /// The lease's end.
        lease_until: Timestamp,
        /// Who holds it: drawn by each invocation.
        owner: String,
    },
    /// The attempt failed.
    Failed {
        /// With what.
        failure: StateFailure,
        /// Whether it proves that there was no effect.
        refusal: bool,
    },
    /// It succeeded: answers every attempt.
    Succeeded {
        /// Its result, as JSON.
        result: Value,
    },
    /// It is never to be executed.
    Revoked,
    /// Only a heartbeat was recorded: a callback task that no worker holds.
    HeardOf,
}

/// What a ledger write expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerExpectation {
    /// No entry.
    Absent,
    /// The entry with this version.
    Version(u64),
}

/// The key of an item of a handler's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemKey {
    /// The partition, e.g. `stock`, `reservation`: policies by leading key let a worker reach only its own.
    pub partition: String,
    /// The item in it.
    pub sort: String,
}

/// An item of a handler's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its key.
    pub key: ItemKey,
    /// Its body: a JSON object. Counters (see [`Write::Add`]) stand in `counters`, not here.
    pub body: Value,
    /// Whole numbers that are added to without being read.
    pub counters: std::collections::BTreeMap<String, i64>,
    /// Incremented with each put; 0 if it was made by an addition. Additions do not change it.
    pub version: u64,
    /// Reads skip it from then on.
    pub expires_at: Option<Timestamp>,
}

/// On what a write of an item depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// On nothing.
    Always,
    /// There is no such item (an expired one counts as none).
    Absent,
    /// It has this version.
    Version(u64),
}

/// A conditional write of a handler's own item.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Puts a body; counters that exist stay as they are. (Those of an item that has expired are lost or stay: what expires should have none.)
    Put {
        /// The key.
        key: ItemKey,
        /// The body: a JSON object.
        body: Value,
        /// When it expires.
        expires_at: Option<Timestamp>,
        /// On what it depends.
        condition: Condition,
    },
    /// Adds to a counter (0 when absent; the item is made when absent, with an empty object as its body), if the sum is at least `floor`.
    Add {
        /// The key.
        key: ItemKey,
        /// The counter.
        counter: String,
        /// What is added.
        delta: i64,
        /// The least that the sum may be; none for no bound.
        floor: Option<i64>,
    },
    /// Deletes an item.
    Delete {
        /// The key.
        key: ItemKey,
        /// On what it depends.
        condition: Condition,
    },
    /// Requires a condition of an item without writing it.
    Check {
        /// The key.
        key: ItemKey,
        /// The condition.
        condition: Condition,
    },
}

/// Why a transaction wrote nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactError {
    /// The ledger entry is not as expected: the lease was lost, or the key revoked.
    #[error("the ledger entry is not as expected")]
    Ledger,
    /// The conditions of these writes (by index) do not hold: a business matter. Reported only if nothing else stood in the way.
    #[error("conditions of writes {0:?} do not hold")]
    Conditions(Vec<usize>),
    /// Anything else; conflicts and throttling are retryable and never taken for a business answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The ledger, where it is kept, and handlers' own items. Every read is consistent unless it says otherwise.
#[async_trait]
pub trait LedgerStore: Send + Sync + 'static {
    /// The entry of a key.
    async fn ledger(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError>;

    /// Writes the entry of a key (its version becomes the expected one plus 1; 1 when absent) if it is as expected. Answers whether it was.
    /// A write whose answer was lost and that then meets itself (equal entry at the version it would have) answers `true`.
    /// `heartbeat_at` becomes the later of what it is and the entry's, and is no part of that comparison.
    async fn put_ledger(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError>;

    /// Writes several ledger entries, each as expected, and items, each on its condition, all or nothing. An item that has expired by `now` counts
    /// as absent. At most 100 writes in all, each of another item: more, or the same item twice, is [`StoreError::Refused`].
    /// A transaction whose answer was lost and that then meets itself (each of its ledger entries as it would have written it) succeeds and writes nothing
    /// again; one without ledger entries cannot know itself.
    async fn transact(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError>;

    /// Records that a task was heard of at `at`: sets `heartbeat_at` of its entry to the later of what it is and `at`, without changing its version; makes a
    /// [`LedgerState::HeardOf`] entry (attempt 0, version 1) where there is none.
    async fn heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError>;

    /// An item of a handler's own; none if it has expired by `now`.
    async fn item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError>;

    /// Items of a partition in the order of their sort keys, from behind `after` on, at most `limit`; expired ones are skipped.
    async fn items(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Result<Vec<Item>, StoreError>;
}
