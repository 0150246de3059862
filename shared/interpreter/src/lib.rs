//! The pure transition function: language semantics, no I/O.
//!
//! [`transition`] takes a definition, an execution, the messages that came for it, the time and a seed, and returns the next
//! execution with its new history events. [`outstanding`] derives from an execution what is to be done outside. Nothing here reads
//! a clock, draws a random number or awaits: same binary, same inputs, same transition (ARCHITECTURE.md, invariant 1).

mod comparison;
mod evaluation;
mod execution;
mod failure;
pub mod history;
mod identity;
mod intrinsic;
mod json_path;
pub mod limits;
mod message;
mod number;
mod outstanding;
mod payload;
mod read;
mod route;
mod template;
mod timestamp;
mod token;
mod transition;
mod value_size;

pub use execution::{
    Activity, Armed, AttemptEnd, Branch, Ending, EndingStage, Execution, ExecutionStatus, Iteration, IterationStage, MapItem,
    MapProgress, Owed, OwedBranch, OwedGroup, OwedTask, Parked, Revocation, TaskAttempt, TaskPhase, TaskProgress, Undo,
    UndoPhase, UnwindingThen, Visit,
};
pub use failure::StateFailure;
pub use history::{HistoryEvent, HistoryEventKind};
pub use identity::{DefinitionHash, ExecutionId, IdempotencyKey, Identity};
pub use limits::Limits;
pub use message::{Message, MessageOutcome, PublishFailure, Rejection, Staleness, TaskAnswer, TaskOutcome};
pub use outstanding::{Command, EndReport, TaskRequest, outstanding};
pub use payload::{Payload, ValueHash};
pub use read::{Needs, Reads};
pub use route::{Route, Routes};
pub use timestamp::Timestamp;
pub use token::{TaskToken, TokenError};
pub use transition::{Seed, Surroundings, Transition, TransitionError, transition};
