//! The ExecutionStore port: heads, journal, value items, definitions, state machines.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use interpreter::{DefinitionHash, ExecutionId, ExecutionStatus, Identity, Parent, Payload, Timestamp, ValueHash};
use serde::{Deserialize, Serialize};

use crate::{Entry, MachineChange, Renewal, Retention, StateMachine};

/// One small item per execution: a projection of its journal, never the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The execution's names.
    pub identity: Identity,
    /// Its definition.
    pub definition: DefinitionHash,
    /// Its input.
    pub input: Payload,
    /// The hash of its input's text, for repeated starts.
    pub input_hash: ValueHash,
    /// Its status; RUNNING until the end report.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// When the watch is to look at it; none once it has ended, unless it is parked: what it owes is kept until somebody redrives it.
    pub wake_at: Option<Timestamp>,
    /// The revision for which `wake_at` was lowered last: a raise for an earlier revision is refused.
    pub wake_revision: u64,
    /// As of when the execution was renewed last; none if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed_at: Option<Timestamp>,
    /// Who waits for the execution's end, where somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<Parent>>,
}

impl Head {
    /// As of when all of its execution's items are kept for the retention: its start, or the latest renewal.
    pub fn kept_since(&self) -> Timestamp {
        self.renewed_at.unwrap_or(self.started_at).max(self.started_at)
    }

    /// Whether the execution is renewed before it expires: while it is open, and while the watch is to look at it although it has ended.
    pub fn is_renewed(&self) -> bool {
        self.status == ExecutionStatus::Running || self.wake_at.is_some()
    }
}

/// What came of creating a head.
#[derive(Debug, Clone, PartialEq)]
pub enum HeadCreation {
    /// It is new.
    Created,
    /// The name is taken.
    Exists(Box<Head>),
}

/// A head that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueHead {
    /// The execution.
    pub execution: ExecutionId,
    /// When it came due.
    pub wake_at: Timestamp,
}

/// Which heads to list, newest start first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeadQuery {
    /// Of this state machine; all when absent.
    pub machine_arn: Option<String>,
    /// With this status.
    pub status: Option<ExecutionStatus>,
    /// At most this many.
    pub limit: usize,
    /// Go on behind this token of an earlier page.
    pub after: Option<String>,
}

/// A page of heads.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeadPage {
    /// The heads.
    pub heads: Vec<Head>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// A page of journal entries, in ascending order.
pub type Entries = Vec<Entry>;

/// What came of putting an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutEntry {
    /// It was written, now or by an earlier try of the same writer whose answer was lost (recognised by the seed).
    Committed,
    /// Another writer's entry stands at this revision.
    Conflict,
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Throttled or unreachable; it may have taken effect all the same. Retryable.
    #[error("store is unavailable: {0}")]
    Unavailable(String),
    /// Stored bytes cannot be read.
    #[error(transparent)]
    Entry(crate::EntryError),
    /// The request can never succeed: denied, no such table, item too large.
    #[error("store refuses: {0}")]
    Refused(String),
}

impl From<crate::EntryError> for StoreError {
    /// What is too large to be stored is refused; the rest is about what is stored.
    fn from(error: crate::EntryError) -> Self {
        match error {
            crate::EntryError::TooLarge { .. } => Self::Refused(error.to_string()),
            crate::EntryError::Newer(_) | crate::EntryError::Corrupt(_) => Self::Entry(error),
        }
    }
}

impl StoreError {
    /// Whether trying again can help.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Executions, where they are kept. Every read is consistent unless it says otherwise.
///
/// A store with a [`Retention`] gives each item of an execution (entries, value items, ledger entries, the head) an expiry when it is written, and
/// deletes it some time after that. What has expired and was not deleted yet is not read, but for ledger entries; a head that has expired is as
/// none, and its name free.
#[async_trait]
pub trait ExecutionStore: Send + Sync + 'static {
    /// How long it keeps what belongs to executions; none: for ever.
    fn retention(&self) -> Option<&Retention>;

    /// Whether an open execution is half-way between what it was renewed as of and its expiry, by the store's clock
    /// ([`Retention::is_due`]). Never of a store that keeps for ever.
    async fn renewal_is_due(&self, identity: &Identity) -> Result<bool, StoreError>;

    /// Renews at most `limit` items of an execution behind the renewal's place: they expire as if they were written at `renewal.began_at`, or later
    /// where they did already. Answers where to go on. When nothing is left it renews the head, if that was renewed as of an earlier time, and
    /// answers none. What does not exist is not made. A store that keeps for ever has nothing to do, and answers none.
    async fn renew(&self, identity: &Identity, renewal: &Renewal, limit: usize) -> Result<Option<Renewal>, StoreError>;

    /// Creates a head if the name is free in its state machine: if there is none of its ARN.
    async fn create_head(&self, head: &Head) -> Result<HeadCreation, StoreError>;

    /// The head of an execution by its ARN.
    async fn head(&self, execution_arn: &str) -> Result<Option<Head>, StoreError>;

    /// The head of an execution by its id.
    async fn head_of(&self, execution: &ExecutionId) -> Result<Option<Head>, StoreError>;

    /// Lists heads; may lag behind. A page may be shorter than the limit although another follows. A token that no page had is
    /// [`StoreError::Refused`].
    async fn list_heads(&self, query: &HeadQuery) -> Result<HeadPage, StoreError>;

    /// Lowers `wake_at` for the entry of `revision` that is about to be committed: sets it to the earlier of what it is and `wake_at`, and
    /// `wake_revision` to the later of what it is and `revision`. Does nothing to a closed head, or where there is none.
    async fn lower_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<(), StoreError>;

    /// Raises `wake_at` for the committed entry of `revision`, unless it was lowered for a later one (`wake_revision > revision`) or the head is
    /// closed without a `wake_at` (or there is none). Only a wake does this. Answers whether it did. `wake_revision` stays as it is.
    async fn raise_wake(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<bool, StoreError>;

    /// Tells the head the execution's end (with a `wake_at` if it is parked), or (redrive) that it is RUNNING again with a new `wake_at`. Idempotent; refused (quietly) if the
    /// head was *told* by a later revision, or told the same status by this one; having been lowered for a later one is no reason (that one may
    /// never have been committed). `wake_revision` becomes the later of what it is and `revision`. RUNNING told to an open head only lowers
    /// `wake_at`. [`HeadRecord::report`](crate::HeadRecord::report) decides this for every store.
    async fn report(
        &self,
        identity: &Identity,
        status: ExecutionStatus,
        closed_at: Option<Timestamp>,
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> Result<(), StoreError>;

    /// Executions whose `wake_at` is at or before `now`, open or parked, earliest first; may lag behind.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError>;

    /// The latest entry of an execution's journal.
    async fn latest_entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError>;

    /// At most `limit` entries from revision `from` on, ascending; fewer only at the end of the journal.
    async fn entries(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Entries, StoreError>;

    /// Puts an entry at its revision, if none stands there: the one conditional write of a transition. One that is longer than
    /// [`ENTRY_BYTES_MAX`](crate::ENTRY_BYTES_MAX) when encoded is [`StoreError::Refused`].
    async fn put_entry(&self, entry: &Entry) -> Result<PutEntry, StoreError>;

    /// Writes value items, each put-if-absent under its hash. One that is longer than [`VALUE_BYTES_MAX`](crate::VALUE_BYTES_MAX) is
    /// [`StoreError::Refused`].
    async fn put_values(&self, execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<(), StoreError>;

    /// Reads value items; what does not exist is left out.
    async fn values(&self, execution: &ExecutionId, hashes: &[ValueHash]) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError>;

    /// Keeps a definition's text under its hash; put-if-absent.
    async fn put_definition(&self, hash: &DefinitionHash, text: &str) -> Result<(), StoreError>;

    /// A definition's text.
    async fn definition(&self, hash: &DefinitionHash) -> Result<Option<Arc<str>>, StoreError>;

    /// Writes a state machine if its stored version is `machine.version - 1` (absent counts as 0). A write whose answer was lost and that then
    /// meets itself is `Written`. Version 0 is [`StoreError::Refused`].
    async fn put_machine(&self, machine: &StateMachine) -> Result<MachineChange, StoreError>;

    /// A state machine by its ARN.
    async fn machine(&self, arn: &str) -> Result<Option<StateMachine>, StoreError>;

    /// All state machines, by name, from behind `after` on.
    async fn list_machines(&self, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, StoreError>;

    /// Deletes a state machine; deleting what does not exist succeeds.
    async fn delete_machine(&self, arn: &str) -> Result<(), StoreError>;
}
