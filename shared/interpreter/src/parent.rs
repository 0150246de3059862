//! Executions that others start and wait for: of whom a child is, which part of its definition it runs, and what its end answers.
//!
//! # How to use it (docs/adr/0024)
//!
//! An execution has a parent where its head was created with one ([`Parent`]): a Map Run and its items are, and so is whatever a task starts and waits
//! for (`states:startExecution.sync`). The parent is named by a task token of *its own*: of the task attempt or of the Map that waits.
//!
//! * The child's end is told to its parent as [`crate::Message::ChildEnded`] with that token, before the child's head is told: what was lost on the way
//!   is repaired by the child's wakes. A start that is repeated after the end tells it again. So a parent that asks again for what it waits for (its
//!   own wakes do) is told in any case.
//! * The answer may come twice and late. One whose visit is over is stale, like a worker's answer.
//! * A child whose parent has ended stops at its next wake at the latest; a Map that fails or is stopped stops its children at once.
//! * For a Task the end is its attempt's outcome: see [`ChildEnd::outcome`]. Its integration makes its result of [`ChildEnd`], whose members are those
//!   of DescribeExecution.

use asl::{Definition, StateKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ExecutionStatus, IdempotencyKey, Identity, Payload, StateFailure, TaskOutcome, TaskToken, Timestamp, ValueHash};

/// Who waits for an execution's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// What the end answers: a token of the parent's, which names the parent too.
    pub token: TaskToken,
    /// The parent's ARN: an execution's, or of the items of a distributed Map their Map Run's.
    pub arn: String,
    /// What of its definition the child runs.
    #[serde(default, skip_serializing_if = "Part::is_machine")]
    pub part: Part,
}

/// What of its definition an execution runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Part {
    /// All of it.
    #[default]
    Machine,
    /// The Map Run of this distributed Map: it starts an execution per item, and its output is the Map's result.
    MapRun {
        /// The Map's name.
        state: String,
    },
    /// The processor of this distributed Map, for one item or batch.
    Item {
        /// The Map's name.
        state: String,
    },
}

impl Part {
    fn is_machine(&self) -> bool {
        *self == Self::Machine
    }

    /// The state that this part enters first.
    pub(crate) fn start_at<'d>(&self, definition: &'d Definition) -> Option<&'d str> {
        match self {
            Self::Machine => Some(&definition.flow.start_at),
            Self::MapRun { state } => definition.state(state).map(|state| state.name.as_str()),
            Self::Item { state } => match &definition.state(state)?.kind {
                StateKind::Map(map) => Some(&map.processor.start_at),
                _ => None,
            },
        }
    }
}

/// How a child ended, as its parent is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildEnd {
    /// The child's ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its status; never RUNNING.
    pub status: ExecutionStatus,
    /// Its output, if it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// Its error and cause, if it ended in another way and has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<StateFailure>,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub closed_at: Timestamp,
}

impl ChildEnd {
    /// What it is for a Task that waits for it: its output, or a failure of which nobody knows whether it had an effect.
    pub fn outcome(&self) -> TaskOutcome {
        match &self.output {
            Some(output) if self.status == ExecutionStatus::Succeeded => TaskOutcome::Succeeded { result: output.clone() },
            _ => TaskOutcome::Failed { failure: self.failure(), refusal: false },
        }
    }

    /// What it failed with; an execution that was stopped or timed out need not say.
    pub(crate) fn failure(&self) -> StateFailure {
        self.failure.clone().unwrap_or_else(|| StateFailure::new(asl::error_name::TASK_FAILED, ""))
    }
}

/// The end of a child that is to be told to its parent.
#[derive(Debug, Clone, PartialEq)]
pub struct EndOfChild {
    /// To whom.
    pub parent: Parent,
    /// The child's status.
    pub status: ExecutionStatus,
    /// Its output.
    pub output: Option<Payload>,
    /// Its error and cause.
    pub failure: Option<StateFailure>,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub closed_at: Timestamp,
}

/// A child that an execution wants started, or stopped. Both may be asked for twice, and in either order: a child that is stopped before it was
/// started is started as stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildRequest {
    /// All its names. They follow from the parent's state: asked for again it is the same.
    pub identity: Identity,
    /// Who it will answer to.
    pub parent: Parent,
    /// Its input.
    pub input: ChildInput,
    /// Value items of the parent's that its input refers to.
    pub carried: Vec<ValueHash>,
    /// Its key among the parent's commands.
    pub key: IdempotencyKey,
    /// Whether it is to be stopped.
    pub stop: bool,
}

/// The input of a child, in the parent's partition.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildInput {
    /// As it is.
    Whole(Payload),
    /// The one of the child with this index, in a page of inputs.
    Listed {
        /// The page: `{"inputs": [[index, payload], ...]}`.
        page: ValueHash,
        /// The child.
        index: u64,
    },
}

/// A page of children's inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputPage {
    /// Each child's index with its input.
    pub inputs: Vec<(u64, Payload)>,
}

/// 128 bits as AWS writes the names of Map Runs and of their executions.
pub(crate) fn uuid_of(bits: u128) -> String {
    let digits = format!("{bits:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// The id of a child: whoever asks again asks for the same, and nobody can guess it.
pub(crate) fn child_bits(secret: u128, index: u64) -> u128 {
    use sha2::Digest;
    let mut digest = sha2::Sha256::new();
    digest.update(b"child");
    digest.update(secret.to_be_bytes());
    digest.update(index.to_be_bytes());
    let mut bits = [0; 16];
    for (place, byte) in bits.iter_mut().zip(digest.finalize()) {
        *place = byte;
    }
    u128::from_be_bytes(bits)
}
