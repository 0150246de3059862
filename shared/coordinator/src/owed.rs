//! What an execution owes, told in the order in which the program put it.

use interpreter::{Execution, ExecutionStatus, IdempotencyKey, MapItem, OwedTask, StateFailure, UndoPhase};

/// An action that is not undone yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwedAction {
    /// The action's state.
    pub state: String,
    /// The action's key.
    pub key: IdempotencyKey,
    /// The index of the Map iteration that it stands in.
    pub iteration: Option<u64>,
    /// Whether the action is known to have succeeded; otherwise it may have had an effect.
    pub succeeded: bool,
    /// Why its compensation was given up, if it was.
    pub given_up: Option<StateFailure>,
}

/// What an execution owes: what its unwinding has not undone yet or, while it goes forward, what it would undo. Success discharges all of it.
pub fn owed_actions(execution: &Execution) -> Vec<OwedAction> {
    if execution.status == ExecutionStatus::Succeeded {
        return Vec::new();
    }
    execution.owed_tasks().into_iter().map(action).collect()
}

fn action(task: &OwedTask) -> OwedAction {
    let given_up = match &task.undo.phase {
        UndoPhase::Spent(failure) => Some(failure.clone()),
        UndoPhase::Registered
        | UndoPhase::Due { .. }
        | UndoPhase::InFlight(_)
        | UndoPhase::Backoff { .. }
        | UndoPhase::Ended(_) => None,
    };
    OwedAction {
        state: task.state.clone(),
        key: task.key.clone(),
        iteration: task.iteration.as_ref().map(|MapItem { index, .. }| *index),
        succeeded: task.succeeded,
        given_up,
    }
}
