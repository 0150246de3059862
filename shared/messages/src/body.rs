//! The bodies of messages: JSON with a format version. A newer version than known is given back to the queue, not corrupt.

use interpreter::{ExecutionId, IdempotencyKey, TaskOutcome, TaskToken, Timestamp, ValueHash};
use serde::{Deserialize, Serialize};

/// The version that this release writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// A body on the coordinator's queues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CoordinatorBody {
    /// The format version.
    pub v: u32,
    /// The execution.
    pub execution: ExecutionId,
    /// What is said about it.
    pub message: CoordinatorMessage,
    /// How often this was sent again because of contention (its own counter: receives do not count).
    #[serde(default)]
    pub resent: u32,
}

/// What is said about an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CoordinatorMessage {
    /// A worker's harness answers a task.
    Answer {
        /// Which attempt.
        token: TaskToken,
        /// What came of it.
        #[serde(flatten)]
        outcome: TaskOutcome,
    },
    /// A timer hint.
    Timer {
        /// When something is due.
        due: Timestamp,
        /// The revision that armed it.
        revision: u64,
    },
    /// The watch function's.
    Wake,
}

/// A request to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestBody {
    /// The format version.
    pub v: u32,
    /// The attempt's token.
    pub token: TaskToken,
    /// The execution.
    pub execution: ExecutionId,
    /// The execution's name: the correlation id of logs.
    pub execution_name: String,
    /// The state, for logs.
    pub state: String,
    /// The function that is to serve it.
    pub function: String,
    /// What the handler receives.
    #[serde(flatten)]
    pub input: InputBody,
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
}

/// An input, in the body or, above 48 KiB, by reference to a value item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputBody {
    /// JSON.
    Input(serde_json::Value),
    /// The value item's hash, in the execution's own partition.
    InputRef(ValueHash),
}

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Written by a newer release: give it back.
    #[error("format {0} is newer than this release knows")]
    Newer(u32),
    /// Not one of ours: park it.
    #[error("not a message of ours: {0}")]
    Malformed(String),
}
