//! The transition: from an execution and its messages to the next execution and its new history events.

use std::sync::Arc;

use asl::Definition;
use serde::{Deserialize, Serialize};

use crate::{
    DefinitionHash, Execution, HistoryEvent, Identity, Limits, Message, MessageOutcome, Needs, Payload, Reads, Routes, Timestamp,
    ValueHash,
};

/// Randomness for one commit; recorded in its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub [u8; 16]);

/// What a transition works with besides the execution.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The execution's pinned definition.
    pub definition: &'a Definition,
    /// The routes of the day.
    pub routes: &'a Routes,
    /// The limits.
    pub limits: &'a Limits,
    /// What was loaded.
    pub reads: &'a Reads,
}

/// What came of the messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The next execution, to be committed at its revision; `None` if nothing changed and there is nothing to commit.
    pub execution: Option<Execution>,
    /// The new history events.
    pub events: Vec<HistoryEvent>,
    /// New value items, to be written before the entry: hash and JSON text.
    pub values: Vec<(ValueHash, Arc<str>)>,
    /// What became of each message, in their order.
    pub outcomes: Vec<MessageOutcome>,
}

/// Why there is no transition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// Something has to be read first; call again with it.
    #[error("{} values and {} leases are to be read first", .0.values.len(), .0.heartbeats.len())]
    Missing(Needs),
    /// The execution does not fit its definition.
    #[error("execution `{execution}` is corrupt: {reason}")]
    Corrupt {
        /// Its id.
        execution: String,
        /// What does not fit.
        reason: String,
    },
}

impl Execution {
    /// An execution that is to begin: revision 0, for the first [`Message::Start`].
    pub fn new(identity: Identity, definition: DefinitionHash, input: Payload, started_at: Timestamp) -> Self {
        Self {
            identity,
            definition,
            status: crate::ExecutionStatus::Running,
            revision: 0,
            started_at,
            updated_at: started_at,
            closed_at: None,
            input,
            output: None,
            failure: None,
            deadline: None,
            next_event: 1,
            next_visit: 1,
            root: crate::Branch::default(),
            pivot_passed: false,
            ending: None,
            parked: None,
            armed: None,
            wake_at: started_at,
            redrive_count: 0,
            redriven_at: None,
            revocations: Vec::new(),
            ended_in: None,
        }
    }
}

/// Applies messages to an execution. Overdue deadlines fire first, in their order, then the messages in theirs.
///
/// Pure: `now` is the time (the later of the clock's and the latest entry's), `seed` all the randomness there is.
///
/// # Errors
///
/// [`TransitionError::Missing`] if a value or lease item has to be read first; [`TransitionError::Corrupt`] if the execution does
/// not fit its definition.
pub fn transition(
    _surroundings: Surroundings<'_>,
    execution: &Execution,
    _messages: &[Message],
    _now: Timestamp,
    _seed: Seed,
) -> Result<Transition, TransitionError> {
    Err(TransitionError::Corrupt { execution: execution.identity.id.to_string(), reason: String::new() })
}
