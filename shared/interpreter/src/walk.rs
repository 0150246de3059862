//! Visiting everything in an execution that can be answered or come due.

use crate::{Activity, Branch, EndingStage, Execution, IterationStage, MapProgress, Owed, OwedTask, Visit};

/// Something that can be answered or come due.
pub(crate) enum Node<'n> {
    /// A visit, of whatever type of state.
    Visit(&'n Visit),
    /// A record of what a Task owes.
    Owed(&'n OwedTask),
    /// A Map, for its unstarted iterations.
    Map(&'n MapProgress),
}

/// The same, to change it.
pub(crate) enum NodeMut<'n> {
    /// A visit.
    Visit(&'n mut Visit),
    /// A record of what a Task owes.
    Owed(&'n mut OwedTask),
}

/// Visits everything in an execution.
pub(crate) fn walk<'e>(execution: &'e Execution, see: &mut dyn FnMut(Node<'e>)) {
    walk_branch(&execution.root, see);
    if let Some(ending) = &execution.ending
        && let EndingStage::Unwinding(owed) = &ending.stage
    {
        walk_owed(owed, see);
    }
}

/// Visits everything in a branch.
pub(crate) fn walk_branch<'e>(branch: &'e Branch, see: &mut dyn FnMut(Node<'e>)) {
    walk_owed(&branch.owed, see);
    let Some(visit) = &branch.visit else { return };
    see(Node::Visit(visit));
    match &visit.activity {
        Activity::Parallel(branches) => branches.iter().for_each(|branch| walk_branch(branch, see)),
        Activity::Map(map) => {
            see(Node::Map(map));
            map.owed.iter().for_each(|branch| walk_owed(&branch.owed, see));
            for iteration in &map.active {
                match &iteration.stage {
                    IterationStage::Running(branch) => walk_branch(branch, see),
                    IterationStage::Unwinding { owed, .. } => walk_owed(owed, see),
                }
            }
        }
        Activity::Unwinding { owed, .. } => walk_owed(owed, see),
        Activity::Task(_)
        | Activity::MapRun(_)
        | Activity::Items(_)
        | Activity::Waiting { .. }
        | Activity::Waited
        | Activity::Backoff { .. }
        | Activity::Runnable { .. }
        | Activity::Failed(_) => {}
    }
}

fn walk_owed<'e>(owed: &'e [Owed], see: &mut dyn FnMut(Node<'e>)) {
    for owed in owed {
        match owed {
            Owed::Task(task) => see(Node::Owed(task)),
            Owed::Group(group) => group.branches.iter().for_each(|branch| walk_owed(&branch.owed, see)),
        }
    }
}

/// Visits everything in an execution, to change it, until `see` answers true. Answers whether it did.
pub(crate) fn walk_mut(execution: &mut Execution, see: &mut dyn FnMut(NodeMut<'_>) -> bool) -> bool {
    if walk_branch_mut(&mut execution.root, see) {
        return true;
    }
    match &mut execution.ending {
        Some(ending) => match &mut ending.stage {
            EndingStage::Unwinding(owed) => walk_owed_mut(owed, see),
            EndingStage::AwaitingPivot => false,
        },
        None => false,
    }
}

fn walk_branch_mut(branch: &mut Branch, see: &mut dyn FnMut(NodeMut<'_>) -> bool) -> bool {
    if walk_owed_mut(&mut branch.owed, see) {
        return true;
    }
    let Some(visit) = &mut branch.visit else { return false };
    if see(NodeMut::Visit(visit)) {
        return true;
    }
    match &mut visit.activity {
        Activity::Parallel(branches) => branches.iter_mut().any(|branch| walk_branch_mut(branch, see)),
        Activity::Map(map) => {
            map.owed.iter_mut().any(|branch| walk_owed_mut(&mut branch.owed, see))
                || map.active.iter_mut().any(|iteration| match &mut iteration.stage {
                    IterationStage::Running(branch) => walk_branch_mut(branch, see),
                    IterationStage::Unwinding { owed, .. } => walk_owed_mut(owed, see),
                })
        }
        Activity::Unwinding { owed, .. } => walk_owed_mut(owed, see),
        Activity::Task(_)
        | Activity::MapRun(_)
        | Activity::Items(_)
        | Activity::Waiting { .. }
        | Activity::Waited
        | Activity::Backoff { .. }
        | Activity::Runnable { .. }
        | Activity::Failed(_) => false,
    }
}

fn walk_owed_mut(owed: &mut [Owed], see: &mut dyn FnMut(NodeMut<'_>) -> bool) -> bool {
    owed.iter_mut().any(|owed| match owed {
        Owed::Task(task) => see(NodeMut::Owed(task)),
        Owed::Group(group) => group.branches.iter_mut().any(|branch| walk_owed_mut(&mut branch.owed, see)),
    })
}
