//! What a task handler is: the code between a request and its answer.

use async_trait::async_trait;
use interpreter::{ExecutionId, IdempotencyKey, Timestamp};
use messages::Caller;
use serde_json::Value;
use store::Write;

/// A task as its handler sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// What it is to work on.
    pub input: Value,
    /// The idempotency key, the same for all attempts: pass it on to providers outside.
    pub key: IdempotencyKey,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// The key of the action that this compensation undoes.
    pub undoes: Option<IdempotencyKey>,
    /// The earlier of the function's and the task's deadline: an effect after it may meet its own compensation.
    pub deadline: Timestamp,
    /// The time now.
    pub now: Timestamp,
    /// The execution.
    pub execution: ExecutionId,
    /// The execution's name: the correlation id of logs.
    pub execution_name: String,
    /// The state, for logs.
    pub state: String,
    /// Who asks, if a service is to be called.
    pub caller: Option<Caller>,
}

/// Where a handler's effect lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// In our table: it is returned as writes, which the harness commits in one transaction with the ledger.
    Table,
    /// Outside (a provider): it has happened, by the task's key, when `perform` returns.
    Outside,
}

/// What a handler has done, or wants done.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The task's result, as JSON.
    pub result: Value,
    /// What is to be written in one transaction with the ledger; may be empty.
    pub writes: Vec<Write>,
}

impl Completion {
    /// A result without writes.
    pub fn of(result: Value) -> Self {
        Self { result, writes: Vec::new() }
    }
}

/// Why a handler has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    /// Refused: provably without effect. The task's error name, and what happened.
    #[error("refused: {error}: {cause}")]
    Refused {
        /// The error's name, e.g. `OutOfStock`.
        error: String,
        /// What happened.
        cause: String,
    },
    /// Failed: there may have been an effect.
    #[error("failed: {error}: {cause}")]
    Failed {
        /// The error's name.
        error: String,
        /// What happened.
        cause: String,
    },
    /// Cannot be done now, nothing was done: the request is given back to its queue, and no attempt is spent.
    #[error("not now: {0}")]
    NotNow(String),
}

/// Performs the tasks of one function.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The function's name, as `Resource` ARNs end.
    fn function(&self) -> &str;

    /// Where the effect lies.
    fn effect(&self) -> Effect;

    /// Performs a task. Called again (with what is stored by then) when the conditions of the writes it returned do not hold, so that it can
    /// answer in business terms; called again by any later delivery unless the ledger knows its answer.
    ///
    /// # Errors
    ///
    /// [`HandlerError`]; a store error inside a handler is `NotNow` where nothing was done yet.
    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError>;
}
