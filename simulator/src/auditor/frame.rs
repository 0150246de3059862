//! Where an execution stands, by the auditor's reckoning: threads of control, each with the state that it is in.

use std::collections::BTreeMap;

use asl::State;
use asl::state::Task;
use interpreter::{Payload, Timestamp};

use super::failure::{Fault, Handling, Retries};
use super::obligation::Item;
use super::program::FlowId;

/// The number of a frame; the outermost is 0.
pub(super) type FrameId = usize;
/// The number of a task's visit.
pub(super) type TaskId = usize;

/// A thread of control: the outermost one, a branch of a Parallel, an iteration of a Map.
pub(super) struct Frame<'c> {
    pub(super) flow: FlowId,
    pub(super) parent: Option<FrameId>,
    /// The branch's or iteration's index.
    pub(super) index: u64,
    pub(super) visit: Option<Visit<'c>>,
    /// Where it may go next; several where the history does not tell.
    pub(super) next: Vec<Goal<'c>>,
    /// What the next state enters with, where that is known.
    pub(super) data: Option<Payload>,
    /// What it owes, in the order of the program.
    pub(super) owed: Vec<Item>,
    /// Whether it was stopped, or its part is over.
    pub(super) closed: bool,
}

impl<'c> Frame<'c> {
    /// A thread that is about to enter a state.
    pub(super) fn new(flow: FlowId, parent: Option<FrameId>, index: u64, start: &'c str) -> Self {
        Self { flow, parent, index, visit: None, next: vec![Goal::State(start)], data: None, owed: Vec::new(), closed: false }
    }

    /// Whether it may have finished.
    pub(super) fn may_be_finished(&self) -> bool {
        self.visit.is_none() && self.next.contains(&Goal::End)
    }

    pub(super) fn is_in(&self, state: &str) -> bool {
        self.visit.as_ref().is_some_and(|visit| visit.state.name == state)
    }
}

/// Where a thread goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal<'c> {
    /// Into this state.
    State(&'c str),
    /// To its end.
    End,
}

impl<'c> Goal<'c> {
    pub(super) fn of(next: &'c asl::Next) -> Self {
        match next {
            asl::Next::State(name) => Self::State(name),
            asl::Next::End => Self::End,
        }
    }
}

/// A state that a thread is in.
#[derive(Clone)]
pub(super) struct Visit<'c> {
    pub(super) state: &'c State,
    pub(super) entered_at: Timestamp,
    pub(super) input: Payload,
    /// How often each of its retriers was used.
    pub(super) retries: Retries,
    pub(super) body: Body,
    /// Its part is being unwound before its failure is used.
    pub(super) unwinding: Option<Unwinding>,
    /// What it failed with, where the history says that it failed and nothing caught that.
    pub(super) told_failed: Option<Fault>,
    /// The retries that a redrive may have found it waiting for, between two rounds.
    pub(super) waited_for: Vec<Handling>,
}

/// What a visit does.
#[derive(Clone)]
pub(super) enum Body {
    /// Nothing outside.
    Simple,
    /// A Task.
    Task(TaskId),
    /// A Parallel or a Map.
    Composite(Composite),
}

/// A Parallel or a Map, in its latest round.
#[derive(Clone, Default)]
pub(super) struct Composite {
    /// Whether this round has started.
    pub(super) started: bool,
    /// Whether the history says that it has succeeded.
    pub(super) succeeded: bool,
    /// Its branches or iterations, by index.
    pub(super) children: BTreeMap<u64, FrameId>,
    /// Of a Map: how many items there are.
    pub(super) length: u64,
    /// Of a Map: iterations that have ended, and whether well.
    pub(super) ended: BTreeMap<u64, bool>,
    /// Of a Map: what iterations that failed and are tolerated have to undo.
    pub(super) undoing: BTreeMap<u64, Vec<Item>>,
    /// Of a Map: the failure of an iteration too many.
    pub(super) fault: Option<Fault>,
}

/// A part that is being unwound.
#[derive(Clone)]
pub(super) struct Unwinding {
    /// What is to be undone, the last one first.
    pub(super) items: Vec<Item>,
    /// How many of them the part does not owe itself: with `"Compensate": "Execution"`, those of before.
    pub(super) before: usize,
    /// What the part failed with.
    pub(super) fault: Fault,
    /// How that may be used: decided when the unwinding began.
    pub(super) handlings: Vec<Handling>,
    /// Whether a redrive has come since: retriers begin anew, but what was decided before it stays so.
    pub(super) redriven: bool,
    /// When it has ended.
    pub(super) ended_at: Option<Timestamp>,
}

/// A visit of a Task, with all its attempts: what one key stands for.
pub(super) struct TaskVisit<'c> {
    pub(super) state: &'c str,
    pub(super) task: &'c Task,
    pub(super) attempts: Vec<Attempt>,
    /// Its result, once it has succeeded.
    pub(super) result: Option<Payload>,
    /// The place of the attempt that was the latest when it succeeded: a later one may have been begun since.
    pub(super) result_of: usize,
    /// Whether its latest attempt was that success: a state that can make nothing of it tries again.
    pub(super) succeeded: bool,
    /// Its number among the obligations, once it is owed.
    pub(super) obligation: Option<usize>,
    /// The redrive that its latest event came after.
    pub(super) segment: u32,
}

/// An attempt of a task.
pub(super) struct Attempt {
    pub(super) at: Timestamp,
    /// What the event shows: of `lambda:invoke`, the function and its payload.
    pub(super) parameters: Payload,
    pub(super) timeout_seconds: Option<u64>,
    /// How and when it ended, if it did otherwise than well.
    pub(super) end: Option<(End, Timestamp)>,
}

/// How an attempt ended, if not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// It failed with this error.
    Failed(String),
    /// Its time was over.
    TimedOut,
    /// Its request could not be published.
    NotSent(String),
}

impl End {
    pub(super) fn fault(&self) -> Fault {
        Fault::Named(match self {
            Self::Failed(error) | Self::NotSent(error) => error.clone(),
            Self::TimedOut => asl::error_name::TIMEOUT.to_owned(),
        })
    }
}

impl TaskVisit<'_> {
    /// The end of the latest attempt; none while that is under way, or before the first.
    pub(super) fn latest_end(&self) -> Option<&(End, Timestamp)> {
        self.attempts.last().and_then(|attempt| attempt.end.as_ref())
    }

    pub(super) fn is_in_flight(&self) -> bool {
        !self.succeeded && self.attempts.last().is_some_and(|attempt| attempt.end.is_none())
    }
}
