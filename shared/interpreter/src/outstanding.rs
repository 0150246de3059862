//! What an execution says is to be done outside now: derived, never stored (ARCHITECTURE.md, invariant 10).

use crate::{Execution, ExecutionStatus, IdempotencyKey, Payload, TaskToken, Timestamp};

/// Something to be done outside. Everything may be done twice.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Publish a request to a worker.
    Perform(Box<TaskRequest>),
    /// Revoke a key: its request is not to be executed any more.
    Revoke {
        /// The key.
        key: IdempotencyKey,
    },
    /// Send a timer hint.
    Timer {
        /// When something is due.
        due: Timestamp,
        /// The revision that armed it: a hint that comes too late says what may not have been published.
        revision: u64,
    },
    /// Tell the head how the execution ended.
    Report(EndReport),
}

/// A request to a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRequest {
    /// The attempt's token; the answer brings it back.
    pub token: TaskToken,
    /// The name of the function that serves it; [`crate::Routes`] know its queue.
    pub function: String,
    /// The state, for logs.
    pub state: String,
    /// What the handler receives.
    pub input: Payload,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// When the attempt times out.
    pub deadline: Option<Timestamp>,
    /// Seconds within which a heartbeat is to come.
    pub heartbeat_seconds: Option<u64>,
    /// The idempotency key.
    pub key: IdempotencyKey,
    /// The key of the action that this compensates.
    pub undoes: Option<IdempotencyKey>,
    /// The revision that scheduled the attempt.
    pub revision: u64,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EndReport {
    /// Its status.
    pub status: ExecutionStatus,
    /// When.
    pub closed_at: Timestamp,
}

/// What is outstanding and was created at or after revision `since`, in the order of its creation.
pub fn outstanding(_execution: &Execution, _since: u64) -> Vec<Command> {
    Vec::new()
}
