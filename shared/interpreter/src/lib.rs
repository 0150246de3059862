//! The pure transition function: language semantics, no I/O.
//!
//! [`transition`] takes a definition, an execution, the messages that came for it, the time and a seed, and returns the next
//! execution with its new history events. [`outstanding`] derives from an execution what is to be done outside. Nothing here reads
//! a clock, draws a random number or awaits: same binary, same inputs, same transition (ARCHITECTURE.md, invariant 1).

mod aborted;
mod advance;
mod answer;
mod child;
mod comparison;
mod compensation;
mod context_object;
mod data_flow;
mod deadline;
mod ending;
mod evaluation;
mod execution;
mod failing;
mod failure;
mod halt;
pub mod history;
mod identity;
mod intrinsic;
mod json_path;
pub mod limits;
mod map_run;
mod message;
mod number;
mod outstanding;
mod parent;
mod partition;
mod payload;
mod read;
mod redrive;
mod retry;
mod route;
mod runaway;
mod scope;
mod state;
mod surrender;
mod template;
mod test_state;
#[cfg(test)]
mod tests;
mod timestamp;
mod token;
mod transition;
mod turn;
mod unwind;
mod value_size;
mod walk;

pub use execution::{
    Activity, Armed, AttemptEnd, Branch, CompensationCall, Ending, EndingStage, Execution, ExecutionStatus, Iteration,
    IterationStage, MapItem, MapProgress, Owed, OwedBranch, OwedGroup, OwedTask, Parked, Revocation, StoppingRun, TaskAttempt,
    TaskPhase, TaskProgress, Undo, UndoPhase, UnwindingThen, Visit,
};
pub use failure::StateFailure;
pub use history::{HistoryEvent, HistoryEventKind};
pub use identity::{DefinitionHash, ExecutionId, IdempotencyKey, Identity};
pub use limits::Limits;
pub use map_run::{
    BatchSpec, EndedChild, ItemsPage, ItemsRequest, MapRun, MapRunFacts, MapRunPhase, OpenPage, ReaderInput, ReaderSource,
    ReaderSpec, RunCounts, RunProgress, RunResults, RunSpec, RunStage, RunTolerance, Selection, WriteRequest, WriterSpec,
};
pub use message::{
    ActivityPoll, MapRunUpdate, Message, MessageOutcome, PublishFailure, Rejection, Staleness, TaskAnswer, TaskOutcome,
};
pub use outstanding::{Command, CommandPlace, EndReport, TaskRequest, outstanding, outstanding_by_place};
pub use parent::{ChildEnd, ChildInput, ChildRequest, EndOfChild, InputPage, Parent, Part};
pub use partition::partition_of;
pub use payload::{Payload, ValueHash};
pub use read::{Needs, Reads};
pub use route::{Route, Routes};
pub use test_state::{Brought, StateInspection, StateOutcome, StateTest, test_state};
pub use timestamp::Timestamp;
pub use token::{TaskToken, TokenError};
pub use transition::{Seed, Surroundings, Transition, TransitionError, transition};
