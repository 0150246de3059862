//! What an execution owes, told in the order in which the program put it.

use interpreter::{
    Activity, Branch, EndingStage, Execution, IdempotencyKey, IterationStage, MapItem, MapProgress, Owed, OwedBranch, OwedTask,
    StateFailure, UndoPhase, Visit,
};

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

/// What an execution owes: what its unwinding has not undone yet or, while it goes forward, what it would undo.
pub fn owed_actions(execution: &Execution) -> Vec<OwedAction> {
    let mut actions = Vec::new();
    match execution.ending.as_ref().map(|ending| &ending.stage) {
        Some(EndingStage::Unwinding(owed)) => all(owed, &mut actions),
        Some(EndingStage::AwaitingPivot) | None => of_branch(&execution.root, &mut actions),
    }
    actions
}

fn of_branch(branch: &Branch, actions: &mut Vec<OwedAction>) {
    all(&branch.owed, actions);
    if let Some(visit) = &branch.visit {
        of_visit(visit, actions);
    }
}

fn of_visit(visit: &Visit, actions: &mut Vec<OwedAction>) {
    match &visit.activity {
        Activity::Parallel(branches) => branches.iter().for_each(|branch| of_branch(branch, actions)),
        Activity::Map(map) => of_map(map, actions),
        Activity::Unwinding { owed, .. } => all(owed, actions),
        Activity::Runnable { .. }
        | Activity::Waiting { .. }
        | Activity::Waited
        | Activity::Task(_)
        | Activity::Backoff { .. }
        | Activity::Failed(_) => {}
    }
}

fn of_map(map: &MapProgress, actions: &mut Vec<OwedAction>) {
    branches(&map.owed, actions);
    for iteration in &map.active {
        match &iteration.stage {
            IterationStage::Running(branch) => of_branch(branch, actions),
            IterationStage::Unwinding { owed, .. } => all(owed, actions),
        }
    }
}

fn all(owed: &[Owed], actions: &mut Vec<OwedAction>) {
    for owed in owed {
        match owed {
            Owed::Task(task) => actions.push(action(task)),
            Owed::Group(group) => branches(&group.branches, actions),
        }
    }
}

fn branches(owed: &[OwedBranch], actions: &mut Vec<OwedAction>) {
    owed.iter().for_each(|branch| all(&branch.owed, actions));
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
